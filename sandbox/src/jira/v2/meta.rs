//! What the server is, and what can be created on it.

use axum::Json;
use axum::extract::{Path, Query, State as With};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::projects::{self, Page};
use crate::clock::{now, stamp};
use crate::site::problem::{Answer, Problem};
use crate::state::State;

/// Servers before it have one answer for all that can be created, and later ones have not.
const PAGED_SINCE: &str = "9.";

fn is_old(state: &State) -> bool {
    !state.options().server_version.starts_with(PAGED_SINCE) && !state.options().server_version.starts_with("1")
}

pub(super) async fn server_info(With(state): With<State>) -> Json<Value> {
    let base = state.site().base.clone();
    Json(json!({
        "baseUrl": base, "version": state.options().server_version, "deploymentType": "Server", "buildNumber": 912_000,
        "serverTime": stamp(now()), "serverTitle": "Jira sandbox",
    }))
}

pub(super) async fn create_types(With(state): With<State>, key: Path<String>, page: Query<Page>) -> Answer {
    if is_old(&state) {
        return Err(Problem::missing("null for uri"));
    }
    let mut answer = projects::types_of(&state, &key.0, &page.0)?;
    rename(&mut answer, "issueTypes");
    Ok(Json(answer).into_response())
}

pub(super) async fn create_fields(With(state): With<State>, path: Path<(String, String)>, page: Query<Page>) -> Answer {
    if is_old(&state) {
        return Err(Problem::missing("null for uri"));
    }
    let (key, kind) = &path.0;
    let mut answer = projects::fields_of(&state, key, kind, &page.0)?;
    rename(&mut answer, "fields");
    Ok(Json(answer).into_response())
}

/// A page is `values` and `isLast` here.
fn rename(answer: &mut Value, name: &str) {
    let values = answer[name].take();
    let reached = answer["startAt"].as_u64().unwrap_or(0) + values.as_array().map_or(0, |values| values.len() as u64);
    let is_last = reached >= answer["total"].as_u64().unwrap_or(0);
    if let Some(answer) = answer.as_object_mut() {
        answer.remove(name);
        answer.insert("values".to_owned(), values);
        answer.insert("isLast".to_owned(), json!(is_last));
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    project_ids: String,
    issuetype_ids: String,
}

/// One answer for all, as old servers have it.
pub(super) async fn create_all(With(state): With<State>, Query(asked): Query<Asked>) -> Answer {
    if !is_old(&state) {
        return Err(Problem::missing("Issue Does Not Exist"));
    }
    let page = Page::of(200);
    let answer = projects::fields_of(&state, &asked.project_ids, &asked.issuetype_ids, &page)?;
    let fields: Map<String, Value> = answer["fields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|field| {
            let mut field = field.clone();
            let id = field.as_object_mut()?.remove("fieldId")?.as_str()?.to_owned();
            Some((id, field))
        })
        .collect();
    let kind = json!({"id": asked.issuetype_ids, "subtask": true, "fields": fields});
    Ok(Json(json!({"expand": "projects", "projects": [{"id": asked.project_ids, "issuetypes": [kind]}]})).into_response())
}
