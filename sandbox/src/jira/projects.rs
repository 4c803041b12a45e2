//! Projects, and what can be created in them.

use axum::Json;
use axum::extract::{Path, Query, State as With};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::site::Site;
use crate::site::catalogue::{FIELDS, ISSUE_TYPES, project_view, type_view};
use crate::site::problem::{Answer, Problem};
use crate::state::State;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Page {
    start_at: usize,
    max_results: Option<usize>,
    project_id: String,
    level: Option<i64>,
}

impl Page {
    /// So much from the beginning.
    pub(super) fn of(size: usize) -> Self {
        Self { max_results: Some(size), ..Self::default() }
    }

    fn size(&self) -> Answer<usize> {
        match self.max_results.unwrap_or(50) {
            size if size > 200 => Err(Problem::bad("The value of 'maxResults' must be at most 200.")),
            size => Ok(size),
        }
    }
}

pub(super) async fn read(With(state): With<State>, Path(key): Path<String>) -> Answer {
    let site = state.site();
    let (key, id) = find(&site, &key)?;
    let mut view = project_view(&key, id, &site.base);
    view["style"] = json!("classic");
    view["description"] = json!("");
    view["issueTypes"] = (0..ISSUE_TYPES.len()).map(|index| type_view(index, &site.base)).collect();
    Ok(Json(view).into_response())
}

pub(super) async fn search(With(state): With<State>) -> Json<Value> {
    let site = state.site();
    let values: Vec<Value> = site.projects.iter().map(|(key, id)| project_view(key, *id, &site.base)).collect();
    let total = values.len();
    Json(json!({"values": values, "startAt": 0, "maxResults": 50, "total": total, "isLast": true}))
}

pub(super) async fn issue_types_by_id(With(state): With<State>, Query(page): Query<Page>) -> Answer {
    let site = state.site();
    find(&site, &page.project_id)?;
    let chosen = (0..ISSUE_TYPES.len()).filter(|index| page.level.is_none_or(|level| ISSUE_TYPES[*index].level == level));
    Ok(Json(chosen.map(|index| type_view(index, &site.base)).collect::<Value>()).into_response())
}

pub(super) async fn create_types(With(state): With<State>, Path(key): Path<String>, Query(page): Query<Page>) -> Answer {
    Ok(Json(types_of(&state, &key, &page)?).into_response())
}

/// The types of issues that a project has.
pub(super) fn types_of(state: &State, key: &str, page: &Page) -> Answer<Value> {
    let size = page.size()?;
    let site = state.site();
    find(&site, key)?;
    let types: Value = (0..ISSUE_TYPES.len()).skip(page.start_at).take(size).map(|index| type_view(index, &site.base)).collect();
    Ok(json!({"issueTypes": types, "startAt": page.start_at, "maxResults": size, "total": ISSUE_TYPES.len()}))
}

pub(super) async fn create_fields(
    With(state): With<State>,
    Path((key, kind)): Path<(String, String)>,
    Query(page): Query<Page>,
) -> Answer {
    Ok(Json(fields_of(&state, &key, &kind, &page)?).into_response())
}

/// The fields that an issue of a type is created with.
pub(super) fn fields_of(state: &State, key: &str, kind: &str, page: &Page) -> Answer<Value> {
    let size = page.size()?;
    find(&state.site(), key)?;
    let kind = ISSUE_TYPES.iter().find(|known| known.id == kind);
    let subtask = kind.ok_or_else(|| Problem::missing("The issue type could not be found."))?.subtask;
    let all: Vec<Value> = FIELDS
        .iter()
        .filter(|field| field.writable)
        .map(|field| {
            let required = matches!(field.id, "summary" | "issuetype" | "project") || (subtask && field.id == "parent");
            let operations = if field.kind == "array" { json!(["add", "set", "remove"]) } else { json!(["set"]) };
            json!({
                "fieldId": field.id, "key": field.id, "name": field.name, "required": required, "hasDefaultValue": false,
                "operations": operations, "schema": field.schema(),
            })
        })
        .collect();
    let total = all.len();
    let fields: Vec<Value> = all.into_iter().skip(page.start_at).take(size).collect();
    Ok(json!({"fields": fields, "startAt": page.start_at, "maxResults": size, "total": total}))
}

fn find(site: &Site, key_or_id: &str) -> Answer<(String, u64)> {
    let known = site.projects.iter().find(|(key, id)| key.eq_ignore_ascii_case(key_or_id) || id.to_string() == key_or_id);
    let known = known.map(|(key, id)| (key.clone(), *id));
    known.ok_or_else(|| Problem::missing(format!("No project could be found with key '{key_or_id}'.")))
}
