//! What others tell of their own accord.

use axum::extract::State;
use axum::http::StatusCode;
use shared::domain::jira_event::Incoming;
use shared::store::jira_event::{self, NewEvent};

use crate::extract::{FromJira, json_of};
use crate::problem::Problem;
use crate::state::Api;

/// Jira tells that an issue changed.
///
/// For Jira alone: signed with the connection's webhook secret (`X-Hub-Signature: sha256=…`), without a token. The same webhook
/// again is answered alike and does nothing, and one that is not about an issue does nothing. What it says is not used: a worker
/// reads the issue. An unknown connection and a wrong signature are answered alike.
#[utoipa::path(post, path = "/hooks/jira/{connection}", operation_id = "receive_jira_webhook", tag = "hooks", security(()),
    params(("connection" = String, Path, description = "Name of the Jira connection"),
        ("X-Hub-Signature" = String, Header, description = "`sha256=` and the HMAC of the body in hex"),
        ("X-Atlassian-Webhook-Identifier" = Option<String>, Header, description = "The same for each try of a delivery")),
    request_body(content = serde_json::Value, content_type = "application/json"),
    responses((status = 202, description = "Taken, or had been")))]
pub(super) async fn jira(State(api): State<Api>, hook: FromJira) -> Result<StatusCode, Problem> {
    let Some(incoming) = Incoming::of_webhook(&json_of(&hook.body)?) else { return Ok(StatusCode::ACCEPTED) };
    let is_new = jira_event::keep(api.db(), &event(&api, hook, incoming)).await?;
    api.metrics.jira_event(if is_new { "received" } else { "duplicate" });
    Ok(StatusCode::ACCEPTED)
}

fn event(api: &Api, hook: FromJira, incoming: Incoming) -> NewEvent {
    NewEvent {
        id: api.jobs.clock().new_id(),
        connection: hook.connection,
        dedupe_key: hook.identifier,
        event: incoming.event,
        issue_id: incoming.issue_id,
        issue_key: incoming.issue_key,
        author: incoming.author,
        changes: incoming.changes,
        seen: None,
    }
}
