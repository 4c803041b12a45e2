//! Batches at providers of models, and what a person decides about one that is lost.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::domain::provider_batch::{BatchDecision, ProviderBatchState};
use shared::store::provider_batch::{self, Counted};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::jobs::cut;
use crate::extract::{Administer, Allowed, Body, Fields, FromFields, FromParams, Id, Params, Query};
use crate::problem::{Problem, codes};
use crate::state::Api;
use crate::view::rfc3339;

/// No provider's ids are longer.
const LONGEST_REMOTE_ID: usize = 200;

/// Which batches.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BatchParams {
    /// Only those in this state.
    state: Option<ProviderBatchState>,
    /// How many at most: 1 to 100; absent = 20.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 100)]
    limit: u64,
    /// `next_cursor` of the page before.
    cursor: Option<Uuid>,
}

impl FromParams for BatchParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self { state: params.optional("state"), limit: params.limit(20), cursor: params.cursor() })
    }
}

/// A batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderBatch)]
pub(super) struct BatchView {
    id: Uuid,
    /// Name of the model connection.
    connection: String,
    model: String,
    state: ProviderBatchState,
    /// Its id at the provider, where it is known.
    remote_id: Option<String>,
    /// Calls in it.
    calls: i64,
    /// Those that have no answer yet.
    unanswered: i64,
    /// Of a batch that is `unknown`: ids at the provider of which one may be it.
    candidates: Vec<String>,
    /// What went wrong last, or why a person is to decide.
    error: Option<TroubleView>,
    created_at: String,
    ended_at: Option<String>,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderBatchTrouble)]
pub(super) struct TroubleView {
    code: String,
    message: String,
}

/// A page of batches, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderBatchPage)]
pub(super) struct BatchPage {
    items: Vec<BatchView>,
    /// `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// What to do about a batch that is `unknown`.
#[derive(Debug, ToSchema)]
#[schema(as = DecideProviderBatch)]
pub(super) struct DecideBody {
    /// `adopt` = it is there, under `remote_id`; `send_again` = it is not, or may be paid twice; `give_up` = its jobs fail.
    decision: BatchDecision,
    /// Its id at the provider; with `adopt` alone.
    #[schema(required = false)]
    remote_id: Option<String>,
}

impl FromFields for DecideBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let decision = fields.required::<BatchDecision>("decision");
        let remote_id: Option<String> = fields.optional("remote_id");
        let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
        let is_id =
            |id: &String| !id.is_empty() && id.len() <= LONGEST_REMOTE_ID && id.bytes().all(may_stand) && !id.contains("..");
        match (decision, &remote_id) {
            (Some(BatchDecision::Adopt), None) => fields.refuse("remote_id", "is needed to adopt a batch"),
            (Some(BatchDecision::SendAgain | BatchDecision::GiveUp), Some(_)) => {
                fields.refuse("remote_id", "goes with the decision 'adopt' alone");
            }
            (_, Some(id)) if !is_id(id) => fields.refuse("remote_id", "is no id of a batch"),
            _ => {}
        }
        Some(Self { decision: decision?, remote_id })
    }
}

/// Batches at providers of models.
///
/// Needs `administer`.
#[utoipa::path(get, path = "/provider-batches", operation_id = "list_provider_batches", tag = "usage", params(BatchParams),
    responses((status = 200, body = BatchPage)))]
pub(super) async fn list(
    State(api): State<Api>,
    _caller: Allowed<Administer>,
    Query(asked): Query<BatchParams>,
) -> Result<Json<BatchPage>, Problem> {
    let mut rows = provider_batch::list(api.db(), asked.state, asked.cursor, asked.limit + 1).await?;
    let next_cursor = cut(&mut rows, asked.limit, |row| row.batch.id);
    let items = rows.into_iter().map(shown).collect::<Result<_, _>>()?;
    Ok(Json(BatchPage { items, next_cursor }))
}

/// One batch.
///
/// Needs `administer`.
#[utoipa::path(get, path = "/provider-batches/{id}", operation_id = "show_provider_batch", tag = "usage",
    params(("id" = Uuid, Path)), responses((status = 200, body = BatchView)))]
pub(super) async fn show(State(api): State<Api>, _caller: Allowed<Administer>, Id(id): Id) -> Result<Json<BatchView>, Problem> {
    Ok(Json(shown(found(&api, id).await?)?))
}

/// Decide about a batch that is lost.
///
/// Needs `administer`. A batch is `unknown` when its creation got no answer and its provider keeps no name of ours: it may be
/// worked on, and paid for. Its jobs wait until somebody decides.
#[utoipa::path(post, path = "/provider-batches/{id}/decide", operation_id = "decide_provider_batch", tag = "usage",
    params(("id" = Uuid, Path)), request_body = DecideBody, responses((status = 200, body = BatchView)))]
pub(super) async fn decide(
    State(api): State<Api>,
    caller: Allowed<Administer>,
    Id(id): Id,
    Body(body): Body<DecideBody>,
) -> Result<Json<BatchView>, Problem> {
    let row = found(&api, id).await?;
    if !api.jobs.decide(&row.batch, body.decision, body.remote_id.as_deref(), &caller.actor()).await? {
        return Err(Problem::new(
            codes::PROVIDER_BATCH_NOT_UNKNOWN,
            "Nothing is to be decided about this batch: its state is known.",
        ));
    }
    Ok(Json(shown(found(&api, id).await?)?))
}

async fn found(api: &Api, id: Uuid) -> Result<Counted, Problem> {
    let missing = || Problem::new(codes::PROVIDER_BATCH_NOT_FOUND, "There is no batch of this id at a provider.");
    provider_batch::find(api.db(), id).await?.ok_or_else(missing)
}

fn shown(row: Counted) -> Result<BatchView, Problem> {
    let Counted { batch, calls, unanswered } = row;
    let (state, candidates) = (batch.state()?, batch.candidates());
    let error = batch.error_code.zip(batch.error_message).map(|(code, message)| TroubleView { code, message });
    Ok(BatchView {
        id: batch.id,
        connection: batch.connection,
        model: batch.model,
        state,
        remote_id: batch.remote_id,
        calls,
        unanswered,
        candidates,
        error,
        created_at: rfc3339(batch.created_at),
        ended_at: batch.ended_at.map(rfc3339),
    })
}
