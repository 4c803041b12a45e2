//! A place webhooks can be sent to.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as With};
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;

use crate::clock;
use crate::state::State;

const MOST: usize = 10_000;

/// One delivered webhook.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    /// When it came, in milliseconds since 1970.
    pub at_ms: i64,
    /// Its headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, parsed; a string when it is not JSON.
    pub body: Value,
    /// The body as it came, for checking signatures.
    pub raw: String,
}

/// `POST /_hooks/{name}`.
pub(crate) async fn receive(With(state): With<State>, Path(name): Path<String>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let raw = String::from_utf8_lossy(&body).into_owned();
    let headers =
        headers.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect();
    let parsed = serde_json::from_slice(&body).unwrap_or_else(|_| Value::String(raw.clone()));
    let mut hooks = state.hooks();
    let deliveries = hooks.entry(name).or_default();
    if deliveries.len() >= MOST {
        deliveries.remove(0);
    }
    deliveries.push(Delivery { at_ms: clock::now(), headers, body: parsed, raw });
    StatusCode::NO_CONTENT
}

/// `GET /_hooks/{name}`.
pub(crate) async fn list(With(state): With<State>, Path(name): Path<String>) -> Json<Vec<Delivery>> {
    Json(state.deliveries(&name))
}
