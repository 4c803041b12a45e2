//! Entity properties of issues and comments.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as With};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::site::Site;
use crate::site::edit::check_property;
use crate::site::problem::{Answer, Problem};
use crate::state::State;

type Properties = BTreeMap<String, Value>;

pub(super) async fn of_issue(With(state): With<State>, Path(key): Path<String>) -> Answer {
    let mut site = state.site();
    let kind = format!("{}/rest/api/3/issue/{key}", site.base);
    Ok(list(issue(&mut site, &key)?, &kind))
}

pub(super) async fn of_comment(With(state): With<State>, Path(id): Path<String>) -> Answer {
    let mut site = state.site();
    let kind = format!("{}/rest/api/3/comment/{id}", site.base);
    Ok(list(comment(&mut site, &id)?, &kind))
}

pub(super) async fn read_issue(With(state): With<State>, Path((key, name)): Path<(String, String)>) -> Answer {
    read(issue(&mut state.site(), &key)?, &name)
}

pub(super) async fn read_comment(With(state): With<State>, Path((id, name)): Path<(String, String)>) -> Answer {
    read(comment(&mut state.site(), &id)?, &name)
}

pub(super) async fn write_issue(With(state): With<State>, Path((key, name)): Path<(String, String)>, body: Bytes) -> Answer {
    write(issue(&mut state.site(), &key)?, name, &body)
}

pub(super) async fn write_comment(With(state): With<State>, Path((id, name)): Path<(String, String)>, body: Bytes) -> Answer {
    write(comment(&mut state.site(), &id)?, name, &body)
}

pub(super) async fn delete_issue(With(state): With<State>, Path((key, name)): Path<(String, String)>) -> Answer {
    delete(issue(&mut state.site(), &key)?, &name)
}

pub(super) async fn delete_comment(With(state): With<State>, Path((id, name)): Path<(String, String)>) -> Answer {
    delete(comment(&mut state.site(), &id)?, &name)
}

fn issue<'a>(site: &'a mut Site, key: &str) -> Answer<&'a mut Properties> {
    Ok(&mut site.find_mut(key).ok_or_else(Problem::no_issue)?.properties)
}

fn comment<'a>(site: &'a mut Site, id: &str) -> Answer<&'a mut Properties> {
    let number = id.parse().map_err(|_| Problem::bad(format!("The comment id '{id}' is not a number.")))?;
    Ok(&mut site.comment_mut(number)?.properties)
}

fn list(properties: &Properties, owner: &str) -> axum::response::Response {
    let keys: Value = properties.keys().map(|key| json!({"self": format!("{owner}/properties/{key}"), "key": key})).collect();
    Json(json!({"keys": keys})).into_response()
}

fn read(properties: &Properties, name: &str) -> Answer {
    let value = properties.get(name).ok_or_else(|| missing(name))?;
    Ok(Json(json!({"key": name, "value": value})).into_response())
}

fn write(properties: &mut Properties, name: String, body: &Bytes) -> Answer {
    let value = serde_json::from_slice(body).unwrap_or(Value::Null);
    check_property(&name, &value)?;
    let status = if properties.insert(name, value).is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok(status.into_response())
}

fn delete(properties: &mut Properties, name: &str) -> Answer {
    properties.remove(name).ok_or_else(|| missing(name))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn missing(name: &str) -> Problem {
    Problem::missing(format!("The property '{name}' does not exist."))
}
