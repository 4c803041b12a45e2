//! `/_…`: everything a test or a demo wants to do from outside.

use axum::body::Bytes;
use axum::extract::{Path, Query, State as With};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::faults::Fault;
use super::webhooks::Webhook;
use super::{hooks, pages};
use crate::loader;
use crate::site::problem::Problem;
use crate::site::view::entity_properties;
use crate::state::State;

/// All of them.
pub(crate) fn router() -> Router<State> {
    Router::new()
        .route("/", get(pages::list))
        .route("/browse/{key}", get(pages::browse))
        .route("/_health", get(async || Json(json!({"status": "ok"}))))
        .route("/_faults", get(faults).post(order).delete(clear_faults))
        .route("/_journal", get(journal).delete(clear_journal))
        .route("/_state", get(whole))
        .route("/_stories", post(load))
        .route("/_edit/{key}", post(edit))
        .route("/_edit/{key}/comments/{id}", post(edit_comment))
        .route("/_move/{key}", post(relocate))
        .route("/_webhooks", post(send_webhooks).delete(no_webhooks))
        .route("/_hooks/{name}", get(hooks::list).post(hooks::receive))
}

async fn faults(With(state): With<State>) -> Json<Value> {
    Json(json!({"faults": state.faults().list(), "latency_ms": state.faults().latency()}))
}

async fn order(With(state): With<State>, body: Bytes) -> Response {
    let orders = match serde_json::from_slice(&body) {
        Ok(Value::Array(orders)) => orders,
        Ok(order) => vec![order],
        Err(error) => return Problem::bad(error.to_string()).into_response(),
    };
    let mut ids = Vec::new();
    for order in orders {
        if let Some(latency) = order["latency_ms"].as_u64() {
            state.faults().set_latency(latency);
            continue;
        }
        match serde_json::from_value::<Fault>(order) {
            Ok(fault) => ids.push(state.order(fault)),
            Err(error) => return Problem::bad(error.to_string()).into_response(),
        }
    }
    (StatusCode::CREATED, Json(json!({"ids": ids}))).into_response()
}

async fn clear_faults(With(state): With<State>) -> StatusCode {
    state.faults().clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
    #[serde(default)]
    path: String,
}

async fn journal(With(state): With<State>, Query(query): Query<Since>) -> Response {
    Json(state.records().entries(query.since, &query.path)).into_response()
}

async fn clear_journal(With(state): With<State>) -> StatusCode {
    state.clear_journal();
    StatusCode::NO_CONTENT
}

async fn whole(With(state): With<State>) -> Json<Value> {
    let mut issues = Map::new();
    for key in state.keys() {
        let Some(mut issue) = state.issue(&key) else { continue };
        issue["comments"] = Value::Array(state.comments(&key));
        if let Some(known) = state.site().find(&key) {
            issue["properties"] = entity_properties(&known.properties);
            issue["remoteLinks"] = known.remote_links.iter().map(|link| link.body.clone()).collect();
        }
        issues.insert(key, issue);
    }
    Json(json!({"issues": issues, "counts": state.counts(), "llm": state.llm_counts()}))
}

async fn load(With(state): With<State>, body: Bytes) -> Response {
    let Ok(values) = serde_json::from_slice::<Vec<Value>>(&body) else {
        return Problem::bad("a JSON array of stories is expected").into_response();
    };
    match loader::stories_from_values(values, "REAL") {
        Ok(stories) => {
            state.load(&stories);
            let keys: Vec<&str> = stories.iter().map(|story| story.key.as_str()).collect();
            (StatusCode::CREATED, Json(json!({"keys": keys}))).into_response()
        }
        Err(error) => Problem::bad(error.to_string()).into_response(),
    }
}

async fn edit(With(state): With<State>, Path(key): Path<String>, Json(fields): Json<Map<String, Value>>) -> Response {
    done(state.edit(&key, |stored| stored.extend(fields)))
}

async fn edit_comment(With(state): With<State>, Path((_, id)): Path<(String, String)>, Json(body): Json<Value>) -> Response {
    let words = body.get("body").unwrap_or(&body);
    done(state.edit_comment(&id, words))
}

async fn relocate(With(state): With<State>, Path(key): Path<String>, Json(body): Json<Value>) -> Response {
    done(state.move_issue(&key, body["to"].as_str().unwrap_or_default()))
}

async fn send_webhooks(With(state): With<State>, Json(webhook): Json<Webhook>) -> StatusCode {
    state.send_webhooks(Some(webhook));
    StatusCode::NO_CONTENT
}

async fn no_webhooks(With(state): With<State>) -> StatusCode {
    state.send_webhooks(None);
    StatusCode::NO_CONTENT
}

fn done(done: bool) -> Response {
    if done { StatusCode::NO_CONTENT.into_response() } else { Problem::no_issue().into_response() }
}
