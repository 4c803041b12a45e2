//! Who is asking, what the site is, what fields it has.

use axum::Json;
use axum::extract::{Path, Query, State as With};
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::front::Account;
use crate::clock::{now, stamp};
use crate::options::Deployment;
use crate::site::catalogue::{FIELDS, ISSUE_TYPES, PRIORITIES, STATUSES, priority_view, raven, status_view, type_view};
use crate::site::people;
use crate::site::problem::{Answer, Problem};
use crate::state::State;

pub(super) async fn tenant() -> Json<Value> {
    Json(json!({"cloudId": "5a4db0c5-0000-4000-8000-000000000001"}))
}

pub(super) async fn myself(With(state): With<State>, account: Account) -> Json<Value> {
    let mut user = people::user(&account.name, &state.site().base);
    user["emailAddress"] = json!(account.email);
    user["locale"] = json!("en_US");
    Json(user)
}

pub(super) async fn server_info(With(state): With<State>) -> Json<Value> {
    let base = state.site().base.clone();
    Json(json!({
        "baseUrl": base, "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0], "deploymentType": "Cloud",
        "buildNumber": 100_291, "serverTime": stamp(now()), "serverTitle": "Jira sandbox", "serverTimeZone": "Europe/Berlin",
    }))
}

pub(super) async fn configuration() -> Json<Value> {
    Json(json!({
        "votingEnabled": true, "watchingEnabled": true, "unassignedIssuesAllowed": true, "subTasksEnabled": true,
        "issueLinkingEnabled": true, "timeTrackingEnabled": false, "attachmentsEnabled": true,
    }))
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Asked {
    permissions: String,
    issue_key: Option<String>,
    project_key: Option<String>,
}

pub(super) async fn permissions(With(state): With<State>, Query(asked): Query<Asked>) -> Answer {
    const KNOWN: &[&str] = &[
        "BROWSE_PROJECTS",
        "EDIT_ISSUES",
        "ADD_COMMENTS",
        "EDIT_OWN_COMMENTS",
        "EDIT_ALL_COMMENTS",
        "DELETE_OWN_COMMENTS",
        "CREATE_ISSUES",
        "LINK_ISSUES",
        "CREATE_ATTACHMENTS",
        "DELETE_ISSUES",
        "TRANSITION_ISSUES",
        "ADMINISTER_PROJECTS",
        "ADMINISTER",
    ];
    let names: Vec<&str> = asked.permissions.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Err(Problem::bad("The 'permissions' query parameter is required."));
    }
    if let Some(unknown) = names.iter().find(|name| !KNOWN.contains(name)) {
        return Err(Problem::bad(format!("Unrecognized permission: {unknown}")));
    }
    let site = state.site();
    if asked.issue_key.is_some_and(|key| site.find(&key).is_none()) {
        return Err(Problem::no_issue());
    }
    if let Some(key) = asked.project_key.filter(|key| !site.projects.contains_key(key)) {
        return Err(Problem::missing(format!("No project could be found with key '{key}'.")));
    }
    let admin = state.options().admin;
    let held = |name: &str| admin || !name.starts_with("ADMINISTER");
    let permissions: Map<String, Value> = names
        .iter()
        .map(|name| {
            (
                (*name).to_owned(),
                json!({"id": "1", "key": name, "name": name, "type": "PROJECT", "description": "", "havePermission": held(name)}),
            )
        })
        .collect();
    Ok(Json(json!({"permissions": permissions})).into_response())
}

pub(super) async fn fields(With(state): With<State>) -> Json<Value> {
    let of_xray =
        if state.options().deployment == Deployment::DataCenter && !state.options().xray_off { raven::FIELDS } else { &[] };
    let view = FIELDS.iter().chain(of_xray).map(|field| {
        let clauses =
            field.schema()["customId"].as_u64().map_or_else(|| json!([field.id]), |id| json!([format!("cf[{id}]"), field.name]));
        json!({
            "id": field.id, "key": field.id, "name": field.name, "custom": !field.custom.is_empty(), "orderable": field.writable,
            "navigable": true, "searchable": true, "clauseNames": clauses, "schema": field.schema(),
        })
    });
    Json(view.collect())
}

pub(super) async fn issue_types(With(state): With<State>) -> Json<Value> {
    let base = state.site().base.clone();
    Json((0..ISSUE_TYPES.len()).map(|index| type_view(index, &base)).collect())
}

pub(super) async fn priorities(With(state): With<State>) -> Json<Value> {
    let base = state.site().base.clone();
    Json(PRIORITIES.iter().map(|name| priority_view(name, &base)).collect())
}

pub(super) async fn statuses(With(state): With<State>) -> Json<Value> {
    let base = state.site().base.clone();
    Json(STATUSES.iter().map(|status| status_view(status.1, &base)).collect())
}

pub(super) async fn attachment(With(state): With<State>, Path(id): Path<String>) -> Answer {
    let site = state.site();
    let files = site.issues.values().filter_map(|issue| issue.fields.get("attachment")?.as_array()).flatten();
    let file = files.into_iter().find(|file| file["id"] == id.as_str());
    let file = file.ok_or_else(|| Problem::missing(format!("The attachment with id '{id}' does not exist")))?;
    let content = format!("Contents of {}\n", file["filename"].as_str().unwrap_or_default());
    Ok(([(header::CONTENT_TYPE, "text/plain")], content).into_response())
}
