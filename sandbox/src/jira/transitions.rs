//! Bringing issues from one status to another. Every status can be reached from every other.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as With};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::front::{Account, json_of};
use crate::options::Options;
use crate::site::catalogue::{STATUSES, status_view};
use crate::site::problem::{Answer, Problem};
use crate::state::State;

/// Id of a transition, and the name of the status that it leads to.
fn steps(options: &Options) -> impl Iterator<Item = (String, &str)> {
    let open = STATUSES.iter().filter(|status| status.2 != "done").map(|status| status.1);
    open.chain(options.ends.iter().map(String::as_str)).enumerate().map(|(n, name)| (format!("{}1", n + 1), name))
}

pub(super) async fn list(With(state): With<State>, Path(key): Path<String>) -> Answer {
    let site = state.site();
    site.find(&key).ok_or_else(Problem::no_issue)?;
    let transitions: Vec<Value> = steps(state.options())
        .map(|(id, name)| {
            let to = status_view(name, &site.base);
            let is_end = to["statusCategory"]["key"] == "done";
            let required = state.options().end_requires.iter().filter(|_| is_end);
            let fields: Value = required
                .map(|field| (field.clone(), json!({ "required": true, "name": field, "hasDefaultValue": false })))
                .collect::<serde_json::Map<_, _>>()
                .into();
            json!({ "id": id, "name": name, "to": to, "hasScreen": is_end, "isAvailable": true, "fields": fields })
        })
        .collect();
    Ok(Json(json!({ "expand": "transitions", "transitions": transitions })).into_response())
}

pub(super) async fn step(With(state): With<State>, Path(key): Path<String>, account: Account, body: Bytes) -> Answer {
    let body = json_of(&body)?;
    let wanted = body["transition"]["id"].as_str().ok_or_else(|| Problem::bad("Missing 'transition' identifier"))?;
    let mut found = steps(state.options());
    let (_, name) = found
        .find(|(id, _)| id == wanted)
        .ok_or_else(|| Problem::bad("It seems that you have tried to perform an illegal workflow operation."))?;
    let mut site = state.site();
    let id = site.id_of(&key).ok_or_else(Problem::no_issue)?;
    let before = site.find(&key).map(|issue| issue.fields.clone()).unwrap_or_default();
    site.enter(id, name);
    site.note_change(id, &before, &account.name);
    Ok(StatusCode::NO_CONTENT.into_response())
}
