//! Searching with JQL, page by page from an offset.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State as With};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::front::json_of;
use super::super::issues::strings;
use crate::site::problem::{Answer, Problem};
use crate::site::view::{Extras, Wanted};
use crate::state::State;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    jql: String,
    start_at: usize,
    max_results: Option<usize>,
    fields: String,
}

pub(super) async fn by_query(With(state): With<State>, Query(asked): Query<Asked>) -> Answer {
    run(&state, &asked.jql, asked.start_at, asked.max_results, &Wanted::parse(asked.fields.split(','), "*navigable"))
}

pub(super) async fn by_body(With(state): With<State>, body: Bytes) -> Answer {
    let body = json_of(&body)?;
    let known = ["jql", "startAt", "maxResults", "fields", "expand", "properties", "validateQuery", "fieldsByKeys"];
    if let Some(unknown) =
        body.as_object().into_iter().flatten().map(|(name, _)| name).find(|name| !known.contains(&name.as_str()))
    {
        return Err(Problem::bad(format!("Unrecognized field \"{unknown}\" (class SearchRequestBean), not marked as ignorable")));
    }
    let number = |name: &str| body[name].as_u64().and_then(|number| usize::try_from(number).ok());
    let wanted = Wanted::parse(strings(&body["fields"]), "*navigable");
    run(&state, body["jql"].as_str().unwrap_or_default(), number("startAt").unwrap_or(0), number("maxResults"), &wanted)
}

/// More than the server gives at once is silently cut.
fn run(state: &State, jql: &str, start: usize, size: Option<usize>, wanted: &Wanted) -> Answer {
    let site = state.site();
    let query = site.query(jql).map_err(Problem::bad)?;
    let found = site.matching(&query, state.options().search_lag_ms, &[]);
    let size = size.unwrap_or(50).min(state.options().search_page);
    let page = found.iter().skip(start).take(size).filter_map(|id| site.issues.get(id));
    let extras = Extras::default();
    let issues: Vec<Value> = page.map(|issue| site.issue_view(issue, wanted, &extras, state.options().inline_comments)).collect();
    Ok(Json(json!({"expand": "schema,names", "startAt": start, "maxResults": size, "total": found.len(), "issues": issues}))
        .into_response())
}
