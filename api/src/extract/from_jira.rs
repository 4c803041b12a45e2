//! A webhook of Jira whose signature was verified.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::HeaderMap;
use shared::adapters::http::Secret;
use shared::domain::jira_event::signature;
use shared::domain::story::sha256_hex;

use super::body;
use crate::problem::{Problem, codes};
use crate::state::Api;

/// The largest webhook. Jira keeps fewer than 33,000 characters in a field, and tells old and new.
const LARGEST: usize = 2 * 1024 * 1024;

/// No identifier of Jira's is longer.
const LONGEST_IDENTIFIER: usize = 200;

/// What signatures are compared with where there is nothing to compare them with, so that it takes as long.
const NOBODY: &str = "nobody-signs-with-this-one-either";

/// See the module.
#[derive(Debug)]
pub struct FromJira {
    /// Name of the connection whose secret it was signed with.
    pub connection: String,
    /// The same for each try of a delivery.
    pub identifier: String,
    /// As it came.
    pub body: Bytes,
}

impl FromRequest<Api> for FromJira {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let connection =
            Path::<String>::from_request_parts(&mut parts, api).await.map_or_else(|_| String::new(), |Path(name)| name);
        let body = body::whole(&parts.headers, body, LARGEST).await?;
        let known = api.connections.now().await?;
        let secret = known.jira(Some(&connection)).and_then(|connection| connection.hooks.secret.clone());
        let is_signed =
            signature::is_of(secret.as_ref().map_or(NOBODY, Secret::expose), text(&parts.headers, "x-hub-signature"), &body);
        if secret.is_none() || !is_signed {
            let detail = "There is no Jira connection of this name that takes webhooks, or the signature is not of its secret \
                          (X-Hub-Signature: sha256=…, over the body as it was sent).";
            return Err(Problem::new(codes::HOOK_NOT_AUTHENTIC, detail));
        }
        Ok(Self { connection, identifier: identifier(&parts.headers, &body), body })
    }
}

/// Jira's, or what stands for it where there is none.
fn identifier(headers: &HeaderMap, body: &Bytes) -> String {
    let given = text(headers, "x-atlassian-webhook-identifier").trim();
    let is_usable = (1..=LONGEST_IDENTIFIER).contains(&given.len());
    if is_usable { format!("hook:{given}") } else { format!("body:{}", sha256_hex(body)) }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
