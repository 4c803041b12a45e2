//! What the API itself writes into the audit log: who looked at what belongs to others, and what was refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use serde_json::json;
use shared::store::audit;
use uuid::Uuid;

use crate::extract::{Caller, Client};
use crate::problem::Problem;
use crate::state::Api;

/// Refusals of one caller that are written each minute.
const EACH: u32 = 20;

/// Refusals of everybody that are written each minute.
const ALL: u32 = 600;

/// Writes that a caller looks at what belongs to somebody else. Nobody's own looks are written.
pub(crate) async fn looked(
    api: &Api,
    caller: &Caller,
    owner_id: Uuid,
    action: &'static str,
    (resource, id): (&'static str, Uuid),
) -> Result<(), Problem> {
    if owner_id == caller.id() {
        return Ok(());
    }
    let details = json!({ "owner_id": owner_id });
    let entry = audit::entry(api.jobs.clock().new_id(), &caller.actor(), action, resource, &id.to_string(), &details);
    api.db().execute(entry).await?;
    Ok(())
}

/// Where the caller of a request is told, for whoever answers after the handler.
#[derive(Debug, Clone, Default)]
pub(crate) struct Who(Arc<OnceLock<Uuid>>);

impl Who {
    pub(crate) fn is(&self, user_id: Uuid) {
        let _ = self.0.set(user_id);
    }
}

/// Writes what was refused with 403, as a layer (`axum::middleware::from_fn_with_state`).
pub(crate) async fn refusals(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let who = Who::default();
    request.extensions_mut().insert(who.clone());
    let (parts, body) = request.into_parts();
    let client = Client::of(&parts);
    let route = parts.extensions.get::<MatchedPath>().cloned();
    let method = parts.method.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(problem) = response.extensions().get::<Problem>().filter(|_| response.status() == StatusCode::FORBIDDEN) else {
        return response;
    };
    let user_id = who.0.get().copied();
    if let Some(left_out) = api.refusals.room(user_id, api.jobs.clock().now_ms() / 60_000) {
        let details =
            json!({ "method": method.as_str(), "code": problem.code().code, "why": problem.detail(), "left_out": left_out });
        let route = route.as_ref().map_or("", MatchedPath::as_str);
        let id = api.jobs.clock().new_id();
        let entry = audit::refused(id, &client.actor(user_id), "access.refused", "route", route, &details);
        if let Err(error) = api.db().execute(entry).await {
            tracing::warn!(%error, request_id = %client.request_id, "a refusal is not in the audit log");
        }
    }
    response
}

/// How many refusals are written: a flood must not fill the disk.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    number: i64,
    all: u32,
    each: HashMap<Option<Uuid>, u32>,
    /// Since the last one that was written.
    left_out: u64,
}

impl Refusals {
    /// Room for one more; answers how many were left out since the last one.
    fn room(&self, user_id: Option<Uuid>, minute: i64) -> Option<u64> {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.number != minute {
            *now = Minute { number: minute, left_out: now.left_out, ..Minute::default() };
        }
        let each = now.each.get(&user_id).copied().unwrap_or(0);
        if now.all >= ALL || each >= EACH {
            now.left_out += 1;
            return None;
        }
        now.all += 1;
        now.each.insert(user_id, each + 1);
        Some(std::mem::take(&mut now.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_is_counted_and_hides_nobody_else() {
        let (refusals, loud, quiet) = (Refusals::default(), Some(Uuid::from_u128(1)), Some(Uuid::from_u128(2)));
        let written = (0..100).filter(|_| refusals.room(loud, 7).is_some()).count();
        assert_eq!(written, 20);
        assert_eq!(refusals.room(quiet, 7), Some(80));
        assert_eq!(refusals.room(loud, 7), None);
        assert_eq!(refusals.room(loud, 8), Some(1), "the next minute");
    }
}
