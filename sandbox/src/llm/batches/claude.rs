//! Anthropic's batches.

use std::collections::{HashMap, HashSet};

use axum::body::Bytes;
use axum::extract::{Path, Query, State as With};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::course::{End, has_stranger, is_cut};
use super::shelf::{Batch, Call, Outcome};
use super::{bad, cut_last, not_found, noted, page, stamp, told, without_key};
use crate::llm::wire::Wire;
use crate::state::State;

const WIRE: Wire = Wire::Claude;

/// How long a batch may take.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// `POST messages/batches`.
pub(super) async fn create(With(state): With<State>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let asked = request["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (mut calls, mut ids) = (Vec::new(), HashSet::new());
    for one in asked {
        let custom_id = one["custom_id"].as_str().unwrap_or_default();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if custom_id.is_empty() || custom_id.len() > 64 || !custom_id.chars().all(fits) || !ids.insert(custom_id) {
            return bad(WIRE, "requests.0.custom_id: Input should be unique and match '^[a-zA-Z0-9_-]{1,64}$'");
        }
        calls.push(Call::new(WIRE, custom_id, &one["params"], &headers));
    }
    let Some(model) = calls.first().and_then(|call| call.body["model"].as_str()).map(str::to_owned) else {
        return bad(WIRE, "requests: List should have at least 1 item");
    };
    let batch = Batch::new(WIRE, &model, None, calls);
    let mut shelf = state.batches();
    told("/messages/batches", view(shelf.begin(&mut state.llm(), batch)))
}

/// `GET messages/batches`.
pub(super) async fn list(With(state): With<State>, headers: HeaderMap, query: Query<HashMap<String, String>>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let shelf = state.batches();
    let newest: Vec<&Batch> = shelf.batches.iter().rev().filter(|batch| batch.wire == WIRE).collect();
    let (page, more) = page(&newest, query.get("after_id"), |batch| &batch.id);
    let (first, last) = (page.first().map(|batch| &batch.id), page.last().map(|batch| &batch.id));
    let data: Vec<Value> = page.iter().map(|batch| view(batch)).collect();
    told("/messages/batches", json!({ "data": data, "has_more": more, "first_id": first, "last_id": last }))
}

/// `GET messages/batches/{id}`.
pub(super) async fn read(With(state): With<State>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let mut shelf = state.batches();
    let Some(batch) = shelf.batch(&id).filter(|batch| batch.wire == WIRE) else { return not_found(WIRE) };
    batch.look(&mut state.llm());
    told("/messages/batches/{id}", view(batch))
}

/// `GET messages/batches/{id}/results`.
pub(super) async fn results(With(state): With<State>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let mut shelf = state.batches();
    let Some(batch) = shelf.batch(&id).filter(|batch| batch.wire == WIRE && batch.end.is_some()) else {
        return not_found(WIRE);
    };
    let stranger =
        has_stranger(&batch.model).then(|| json!({ "custom_id": "of-somebody-else", "result": { "type": "expired" } }));
    let mut lines: String = batch.calls.iter().rev().map(line).chain(stranger).map(|line| format!("{line}\n")).collect();
    if is_cut(&batch.model) {
        cut_last(&mut lines);
    }
    noted("/messages/batches/{id}/results", lines.into_response())
}

/// `POST messages/batches/{id}/cancel`.
pub(super) async fn cancel(With(state): With<State>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let mut shelf = state.batches();
    let Some(batch) = shelf.batch(&id).filter(|batch| batch.wire == WIRE) else { return not_found(WIRE) };
    if batch.end.is_some() {
        return bad(WIRE, "A batch that has ended cannot be cancelled.");
    }
    batch.cancelled = true;
    told("/messages/batches/{id}/cancel", view(batch))
}

/// `DELETE messages/batches/{id}`.
pub(super) async fn delete(With(state): With<State>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    if !state.batches().forget(WIRE, &id) {
        return not_found(WIRE);
    }
    told("/messages/batches/{id}", json!({ "id": id, "type": "message_batch_deleted" }))
}

fn view(batch: &Batch) -> Value {
    let status = match batch.end {
        None if batch.cancelled => "canceling",
        None => "in_progress",
        Some(_) => "ended",
    };
    let ended = batch.end.map(|_| stamp(batch.created));
    let results = batch.end.map(|_| format!("https://elsewhere.example/v1/messages/batches/{}/results", batch.id));
    let is_cancelled = batch.cancelled || batch.end == Some(End::Cancelled);
    json!({
        "id": batch.id, "type": "message_batch", "processing_status": status, "created_at": stamp(batch.created),
        "expires_at": stamp(batch.created + DAY_MS), "ended_at": ended, "archived_at": null, "results_url": results,
        "cancel_initiated_at": is_cancelled.then(|| stamp(batch.created)),
        "request_counts": {
            "processing": batch.count(|call| batch.end.is_none() && call.is_open()),
            "succeeded": batch.count(Call::succeeded),
            "errored": batch.count(|call| call.failed() || (batch.end.is_some() && call.is_open())),
            "canceled": batch.count(|call| matches!(call.outcome, Outcome::Cancelled)),
            "expired": batch.count(|call| matches!(call.outcome, Outcome::Expired)),
        },
    })
}

/// A batch never fails as a whole here: each of its calls does.
fn line(call: &Call) -> Value {
    let result = match &call.outcome {
        Outcome::Answered(200, message) => json!({ "type": "succeeded", "message": message }),
        Outcome::Answered(status, error) => json!({ "type": "errored", "error": in_own_words(*status, error) }),
        Outcome::Expired => json!({ "type": "expired" }),
        Outcome::Cancelled => json!({ "type": "canceled" }),
        Outcome::Open => {
            let error = json!({ "type": "not_found_error", "message": "model: not found" });
            json!({ "type": "errored", "error": { "type": "error", "error": error, "request_id": "req_sandbox" } })
        }
    };
    json!({ "custom_id": call.custom_id, "result": result })
}

/// A line tells no status, so that the kind of error must be one of its own.
fn in_own_words(status: u16, error: &Value) -> Value {
    let kind = match status {
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        _ => "invalid_request_error",
    };
    let message = match error["error"]["type"].as_str() {
        Some("context_length_exceeded") => "prompt is too long: 20 tokens > 10 maximum",
        _ => error["error"]["message"].as_str().unwrap_or_default(),
    };
    json!({ "type": "error", "error": { "type": kind, "message": message }, "request_id": "req_sandbox" })
}
