//! Batches behind three wires, with memory: what is given away is answered when the model's name says.
//!
//! * [`shelf`]: what is remembered; [`course`]: how a batch goes, by the name of its model
//! * [`openai`], [`claude`], [`gemini`]: the endpoints and forms of each; [`upload`]: a file in a form

mod claude;
mod course;
mod gemini;
mod openai;
pub(crate) mod shelf;
mod upload;

use std::collections::HashMap;

use axum::extract::{Path, Query, State as With};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use super::answer::NO_KEY;
use super::wire::{Trouble, Wire};
use crate::control::journal::Note;
use crate::state::State;

pub(super) use gemini::create as create_gemini;

/// The most that a page of a list holds, whatever was asked for.
const PAGE: usize = 10;

/// OpenAI's and Gemini's addresses are the same: who asks is told by where the key is.
pub(super) fn router() -> Router<State> {
    Router::new()
        .route("/llm/v1/files", post(openai::upload).get(openai::files))
        .route("/llm/v1/files/{id}", delete(openai::delete))
        .route("/llm/v1/files/{id}/content", get(openai::content))
        .route("/llm/v1/batches", post(openai::create).get(list))
        .route("/llm/v1/batches/{id}", get(read).post(gemini::cancel).delete(gemini::delete))
        .route("/llm/v1/batches/{id}/cancel", post(openai::cancel))
        .route("/llm/v1/messages/batches", post(claude::create).get(claude::list))
        .route("/llm/v1/messages/batches/{id}", get(claude::read).delete(claude::delete))
        .route("/llm/v1/messages/batches/{id}/results", get(claude::results))
        .route("/llm/v1/messages/batches/{id}/cancel", post(claude::cancel))
}

async fn list(state: With<State>, headers: HeaderMap, query: Query<HashMap<String, String>>) -> Response {
    if Wire::Gemini.has_key(&headers) { gemini::list(state, query).await } else { openai::batches(state, headers, query).await }
}

async fn read(state: With<State>, headers: HeaderMap, id: Path<String>) -> Response {
    if Wire::Gemini.has_key(&headers) { gemini::read(state, id).await } else { openai::read(state, headers, id).await }
}

/// The provider's answer without a key where it looks for one.
fn without_key(wire: Wire, headers: &HeaderMap) -> Option<Response> {
    (!wire.has_key(headers)).then(|| wire.error(NO_KEY))
}

fn bad(wire: Wire, message: &'static str) -> Response {
    wire.error(Trouble { status: StatusCode::BAD_REQUEST, kind: "invalid_request_error", code: None, message })
}

fn not_found(wire: Wire) -> Response {
    let code = if wire == Wire::Gemini { "NOT_FOUND" } else { "not_found_error" };
    let message = "There is nothing with this id.";
    wire.error(Trouble { status: StatusCode::NOT_FOUND, kind: "not_found_error", code: Some(code), message })
}

/// An answer that the journal counts under this address.
fn told(template: &str, body: Value) -> Response {
    noted(template, Json(body).into_response())
}

fn noted(template: &str, mut response: Response) -> Response {
    response.extensions_mut().insert(Note { template: template.to_owned(), ..Note::default() });
    response
}

/// The part of a list, newest first, that comes after an id, and whether there is more.
fn page<'a, T>(newest_first: &[&'a T], after: Option<&String>, id: impl Fn(&T) -> &str) -> (Vec<&'a T>, bool) {
    let start = after.and_then(|after| newest_first.iter().position(|one| id(one) == after)).map_or(0, |at| at + 1);
    let rest = newest_first.get(start..).unwrap_or_default();
    (rest.iter().take(PAGE).copied().collect(), rest.len() > PAGE)
}

/// Cuts the last line in half.
fn cut_last(lines: &mut String) {
    let mut end = lines.len() - lines.lines().last().map_or(0, str::len) / 2;
    while !lines.is_char_boundary(end) {
        end -= 1;
    }
    lines.truncate(end);
}

/// `2026-11-23T10:00:00.000Z`
fn stamp(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}
