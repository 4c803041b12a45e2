//! Gemini's batches.

use std::collections::HashMap;

use axum::extract::{Path, Query, State as With};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

use super::course::{End, has_stranger, is_cut};
use super::shelf::{Batch, Call, Outcome};
use super::{bad, not_found, page, stamp, told, without_key};
use crate::llm::wire::Wire;
use crate::state::State;

const WIRE: Wire = Wire::Gemini;

/// `POST models/{model}:batchGenerateContent`.
pub(in crate::llm) fn create(state: &State, model: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    if let Some(refusal) = without_key(WIRE, headers) {
        return refusal;
    }
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let batch = &request["batch"];
    let Some(name) = batch["displayName"].as_str() else { return bad(WIRE, "batch.displayName is required") };
    let asked = batch["inputConfig"]["requests"]["requests"].as_array().map(Vec::as_slice).unwrap_or_default();
    if asked.is_empty() {
        return bad(WIRE, "batch.inputConfig.requests is required");
    }
    let call = |one: &Value| Call::new(WIRE, one["metadata"]["key"].as_str().unwrap_or_default(), &one["request"], headers);
    let batch = Batch::new(WIRE, model, Some(name.to_owned()), asked.iter().map(call).collect());
    told("/models/{model}:batchGenerateContent", view(state.batches().begin(&mut state.llm(), batch)))
}

/// `GET batches`.
pub(super) async fn list(With(state): With<State>, query: Query<HashMap<String, String>>) -> Response {
    let shelf = state.batches();
    // Google promises no order: the oldest come first here.
    let all: Vec<&Batch> = shelf.batches.iter().filter(|batch| batch.wire == WIRE).collect();
    let (page, more) = page(&all, query.get("pageToken"), |batch| &batch.id);
    let next = page.last().filter(|_| more).map(|batch| &batch.id);
    let operations: Vec<Value> = page.iter().map(|batch| view(batch)).collect();
    let mut listed = json!({});
    if !operations.is_empty() {
        listed["operations"] = operations.into();
    }
    if let Some(next) = next {
        listed["nextPageToken"] = json!(next);
    }
    told("/batches", listed)
}

/// `GET batches/{id}`.
pub(super) async fn read(With(state): With<State>, Path(id): Path<String>) -> Response {
    let mut shelf = state.batches();
    let Some(batch) = shelf.batch(&id).filter(|batch| batch.wire == WIRE) else { return not_found(WIRE) };
    batch.look(&mut state.llm());
    told("/batches/{id}", view(batch))
}

/// `POST batches/{id}:cancel`.
pub(super) async fn cancel(With(state): With<State>, headers: HeaderMap, Path(call): Path<String>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let mut shelf = state.batches();
    let id = call.strip_suffix(":cancel").unwrap_or_default();
    let Some(batch) = shelf.batch(id).filter(|batch| batch.wire == WIRE) else { return not_found(WIRE) };
    if batch.end.is_some() {
        return bad(WIRE, "A batch that has ended cannot be cancelled.");
    }
    batch.cancelled = true;
    told("/batches/{id}:cancel", json!({}))
}

/// `DELETE batches/{id}`.
pub(super) async fn delete(With(state): With<State>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    if !state.batches().forget(WIRE, &id) {
        return not_found(WIRE);
    }
    told("/batches/{id}", json!({}))
}

fn view(batch: &Batch) -> Value {
    let state = match batch.end {
        None if batch.polls == 0 => "BATCH_STATE_PENDING",
        None => "BATCH_STATE_RUNNING",
        Some(End::Done) => "BATCH_STATE_SUCCEEDED",
        Some(End::Failed) => "BATCH_STATE_FAILED",
        Some(End::Expired) => "BATCH_STATE_EXPIRED",
        Some(End::Cancelled) => "BATCH_STATE_CANCELLED",
    };
    // Counts are written as texts, as all long numbers of Google's are.
    let count = |wanted: fn(&Call) -> bool| batch.count(wanted).to_string();
    let mut metadata = json!({
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
        "name": format!("batches/{}", batch.id), "model": format!("models/{}", batch.model), "displayName": batch.own,
        "state": state, "createTime": stamp(batch.created), "updateTime": stamp(batch.created),
        "batchStats": { "requestCount": batch.calls.len().to_string(), "pendingRequestCount": count(Call::is_open),
            "successfulRequestCount": count(Call::succeeded), "failedRequestCount": count(|call| !call.is_open() && !call.succeeded()) },
    });
    let mut operation = json!({ "name": format!("batches/{}", batch.id), "done": batch.end.is_some() });
    match batch.end {
        Some(End::Failed) => operation["error"] = json!({ "code": 5, "message": "The model is not found." }),
        Some(End::Expired) | None => {}
        Some(End::Done | End::Cancelled) => {
            metadata["output"] = json!({ "inlinedResponses": { "inlinedResponses": lines(batch) } });
        }
    }
    operation["metadata"] = metadata;
    operation
}

fn lines(batch: &Batch) -> Vec<Value> {
    let mut lines: Vec<Value> = batch.calls.iter().map(line).collect();
    if is_cut(&batch.model)
        && let Some(Value::Object(last)) = lines.last_mut()
    {
        last.remove("response");
    }
    let stranger = json!({ "metadata": { "key": "of-somebody-else" }, "error": { "code": 13, "message": "x" } });
    lines.extend(has_stranger(&batch.model).then_some(stranger));
    lines
}

fn line(call: &Call) -> Value {
    let metadata = json!({ "key": call.custom_id });
    let error = |code: u16, message: &str| json!({ "metadata": metadata, "error": { "code": code, "message": message } });
    match &call.outcome {
        Outcome::Answered(200, response) => json!({ "metadata": metadata, "response": response }),
        Outcome::Answered(status, told) => {
            let words = told["error"]["message"].as_str().unwrap_or_default();
            match status {
                429 => error(8, words),
                503 => error(14, words),
                400 => error(3, words),
                _ => error(13, words),
            }
        }
        Outcome::Cancelled => error(1, "The batch was cancelled."),
        Outcome::Expired | Outcome::Open => error(4, "The call was not made."),
    }
}
