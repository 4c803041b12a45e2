//! Reading and writing issues.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as With};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::front::{Account, json_of};
use crate::site::catalogue::FIELDS;
use crate::site::problem::{Answer, Problem};
use crate::site::view::{Extras, Wanted};
use crate::state::State;

#[derive(Default, Deserialize)]
pub(super) struct Shape {
    #[serde(default)]
    fields: String,
    #[serde(default)]
    expand: String,
    #[serde(default)]
    properties: String,
}

impl Extras {
    /// From the lists a client sends.
    pub(super) fn parse<'a>(expand: impl Iterator<Item = &'a str>, properties: impl Iterator<Item = &'a str>) -> Self {
        let expand: Vec<&str> = expand.map(str::trim).collect();
        let properties = properties.map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned).collect();
        Self {
            names: expand.contains(&"names"),
            schema: expand.contains(&"schema"),
            rendered: expand.contains(&"renderedFields"),
            properties,
        }
    }
}

pub(super) async fn read(With(state): With<State>, Path(key): Path<String>, Query(shape): Query<Shape>) -> Answer {
    let site = state.site();
    let issue = site.find(&key).ok_or_else(Problem::no_issue)?;
    let wanted = Wanted::parse(shape.fields.split(','), "*all");
    let extras = Extras::parse(shape.expand.split(','), shape.properties.split(','));
    let mut view = site.issue_view(issue, &wanted, &extras, state.options().inline_comments);
    if shape.expand.split(',').any(|part| part.trim() == "changelog") {
        view["changelog"] = site.changelog(issue);
    }
    Ok(Json(view).into_response())
}

pub(super) async fn create(With(state): With<State>, account: Account, body: Bytes) -> Answer {
    let body = json_of(&body)?;
    let mut site = state.site();
    let id = site.create(&body, &account.name)?;
    site.note_created(id, &account.name);
    let issue = site.find(&id.to_string()).ok_or_else(Problem::no_issue)?;
    let created = json!({"id": id.to_string(), "key": issue.key, "self": format!("{}/rest/api/3/issue/{id}", site.base)});
    Ok((StatusCode::CREATED, Json(created)).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Editing {
    notify_users: Option<bool>,
    #[serde(default)]
    return_issue: bool,
}

pub(super) async fn edit(
    With(state): With<State>,
    Path(key): Path<String>,
    Query(how): Query<Editing>,
    account: Account,
    body: Bytes,
) -> Answer {
    let body = json_of(&body)?;
    let mut site = state.site();
    let id = site.id_of(&key).ok_or_else(Problem::no_issue)?;
    if how.notify_users == Some(false) && !state.options().admin {
        return Err(Problem::bad("To discard the user notification either admin or project admin permissions are required."));
    }
    let before = site.find(&key).map(|issue| issue.fields.clone()).unwrap_or_default();
    site.edit(id, &body)?;
    site.note_change(id, &before, &account.name);
    if !how.return_issue {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let issue = site.find(&key).ok_or_else(Problem::no_issue)?;
    let wanted = Wanted::parse(std::iter::empty(), "*all");
    Ok(Json(site.issue_view(issue, &wanted, &Extras::default(), state.options().inline_comments)).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deleting {
    #[serde(default)]
    delete_subtasks: bool,
}

pub(super) async fn delete(With(state): With<State>, Path(key): Path<String>, Query(how): Query<Deleting>) -> Answer {
    let mut site = state.site();
    let issue = site.find(&key).ok_or_else(Problem::no_issue)?;
    let (id, children) = (issue.id, issue.children.clone());
    if !children.is_empty() && !how.delete_subtasks {
        return Err(Problem::bad(format!(
            "The issue '{}' has subtasks. You must specify the 'deleteSubtasks' parameter to delete this issue and all its subtasks.",
            issue.key
        )));
    }
    children.into_iter().for_each(|child| site.remove(child));
    site.remove(id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn bulk_fetch(With(state): With<State>, body: Bytes) -> Answer {
    let body = json_of(&body)?;
    let asked: Vec<&str> = strings(&body["issueIdsOrKeys"]).collect();
    if asked.is_empty() || asked.len() > 100 {
        return Err(Problem::bad("The number of issues requested must be between 1 and 100."));
    }
    let wanted = Wanted::parse(strings(&body["fields"]), "*navigable");
    let extras = Extras::parse(strings(&body["expand"]), strings(&body["properties"]));
    let site = state.site();
    let mut ids: Vec<u64> = asked.iter().filter_map(|key| site.id_of(key)).collect();
    ids.sort_unstable();
    ids.dedup();
    let found = ids.iter().filter_map(|id| site.issues.get(id));
    let issues: Vec<Value> =
        found.map(|issue| site.issue_view(issue, &wanted, &extras, state.options().inline_comments)).collect();
    let missing: Vec<Value> = asked
        .iter()
        .filter(|key| site.id_of(key).is_none())
        .map(|key| json!({"id": key, "errorMessage": "Issue does not exist or you do not have permission to see it."}))
        .collect();
    Ok(Json(json!({"expand": "names,schema", "issues": issues, "issueErrors": missing})).into_response())
}

pub(super) async fn edit_meta(With(state): With<State>, Path(key): Path<String>) -> Answer<Response> {
    state.site().find(&key).ok_or_else(Problem::no_issue)?;
    let fields: Map<String, Value> = FIELDS
        .iter()
        .filter(|field| field.writable && field.id != "project")
        .map(|field| {
            let operations = if field.kind == "array" { json!(["add", "set", "remove"]) } else { json!(["set"]) };
            let required = field.id == "summary" || field.id == "issuetype";
            (field.id.to_owned(), json!({"required": required, "schema": field.schema(), "name": field.name, "key": field.id, "operations": operations}))
        })
        .collect();
    Ok(Json(json!({"fields": fields})).into_response())
}

/// The strings of a list.
pub(super) fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}
