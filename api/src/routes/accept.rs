//! From a checked request to 202.

use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::domain::job::{JobKind, JobStatus, Lane};
use shared::domain::json::to_json;
use shared::domain::request::JobRequest;
use shared::domain::story::sha256_hex;
use shared::jobs::{Submission, Submitted};
use shared::store::idempotency::NewKey;
use uuid::Uuid;

use crate::extract::{Caller, IdempotencyKey};
use crate::problem::Problem;
use crate::state::Api;
use crate::view::{Accepted, Links, job_path};

pub(super) const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A job that the caller may have.
pub(super) struct Wanted {
    pub(super) path: &'static str,
    pub(super) kind: JobKind,
    pub(super) request: JobRequest,
    pub(super) issue_id: Option<String>,
    pub(super) priority: i32,
}

/// Submits it. `body` is what came in, parsed: a repetition must be the same.
pub(super) async fn accept<B: Serialize>(
    api: &Api,
    caller: &Caller,
    key: IdempotencyKey,
    body: &B,
    wanted: Wanted,
) -> Result<Response, Problem> {
    let id = api.jobs.clock().new_id();
    let response = to_json(&Accepted { id, status: JobStatus::Queued, links: Links::of(id) });
    let key = once(caller, key, wanted.path, body, StatusCode::ACCEPTED, response.clone());
    // Who can wait a day has a week, and nobody's place.
    let lane = if wanted.request.economy { Lane::Bulk } else { Lane::Interactive };
    let submission = Submission {
        id,
        kind: wanted.kind,
        request: wanted.request,
        issue_id: wanted.issue_id,
        actor: caller.actor(),
        owner_id: caller.id(),
        lane,
        priority: wanted.priority,
        key,
    };
    match api.jobs.submit(submission).await? {
        Submitted::Accepted(_) => Ok(accepted(StatusCode::ACCEPTED, id, response)),
        Submitted::Replayed(stored) => {
            let status = u16::try_from(stored.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
            let mut answer = accepted(status.unwrap_or(StatusCode::ACCEPTED), stored.job_id, stored.response);
            answer.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
            Ok(answer)
        }
    }
}

/// The key that came with a POST, and the answer that repetitions get.
pub(super) fn once<B: Serialize>(
    caller: &Caller,
    key: IdempotencyKey,
    path: &'static str,
    body: &B,
    status: StatusCode,
    response: String,
) -> Option<NewKey> {
    Some(NewKey {
        caller: caller.id(),
        method: "POST",
        path: path.to_owned(),
        key: key.0?,
        body_hash: sha256_hex(to_json(body).as_bytes()),
        status: status.as_u16(),
        response,
    })
}

fn accepted(status: StatusCode, id: Uuid, json: String) -> Response {
    let headers = [(CONTENT_TYPE, "application/json".to_owned()), (LOCATION, job_path(id)), (RETRY_AFTER, "1".to_owned())];
    (status, headers, json).into_response()
}
