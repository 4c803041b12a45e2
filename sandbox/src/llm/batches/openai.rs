//! OpenAI's files and batches.

use std::collections::{HashMap, HashSet};

use axum::body::Bytes;
use axum::extract::{Path, Query, State as With};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::course::{End, has_stranger, is_cut};
use super::shelf::{Batch, Call, File, Outcome};
use super::upload::Upload;
use super::{bad, cut_last, not_found, noted, page, told, without_key};
use crate::clock::now;
use crate::llm::wire::Wire;
use crate::state::State;

const WIRE: Wire = Wire::Responses;

/// `POST files`.
pub(super) async fn upload(With(state): With<State>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let Some(Upload { purpose, name, content }) = Upload::read(&headers, &body) else {
        return bad(WIRE, "A form with 'purpose' and 'file' is required.");
    };
    told("/files", file_view(state.batches().keep(name, purpose, content)))
}

/// `GET files`.
pub(super) async fn files(With(state): With<State>, headers: HeaderMap, query: Query<HashMap<String, String>>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let shelf = state.batches();
    let purpose = query.get("purpose");
    let newest: Vec<&File> =
        shelf.files.iter().rev().filter(|file| purpose.is_none_or(|wanted| *wanted == file.purpose)).collect();
    let (page, more) = page(&newest, query.get("after"), |file| &file.id);
    let data: Vec<Value> = page.into_iter().map(file_view).collect();
    told("/files", json!({ "object": "list", "data": data, "has_more": more }))
}

/// `GET files/{id}/content`.
pub(super) async fn content(With(state): With<State>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    match state.batches().file(&id) {
        Some(file) => noted("/files/content", file.content.clone().into_response()),
        None => not_found(WIRE),
    }
}

/// `DELETE files/{id}`.
pub(super) async fn delete(With(state): With<State>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let files = &mut state.batches().files;
    let before = files.len();
    files.retain(|file| file.id != id);
    if files.len() == before {
        return not_found(WIRE);
    }
    told("/files/{id}", json!({ "id": id, "object": "file", "deleted": true }))
}

/// `POST batches`.
pub(super) async fn create(With(state): With<State>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let wire = match request["endpoint"].as_str() {
        Some("/v1/responses") => Wire::Responses,
        Some("/v1/chat/completions") => Wire::Chat,
        _ => return bad(WIRE, "'endpoint' is not supported."),
    };
    if request["completion_window"] != "24h" {
        return bad(WIRE, "'completion_window' must be 24h.");
    }
    let mut shelf = state.batches();
    let input = request["input_file_id"].as_str().unwrap_or_default();
    let Some(file) = shelf.file(input).filter(|file| file.purpose == "batch") else { return not_found(WIRE) };
    let mut batch = read_calls(wire, &file.content, &headers);
    batch.own = Some(request["metadata"].to_string());
    input.clone_into(&mut batch.input);
    told("/batches", view(shelf.begin(&mut state.llm(), batch)))
}

/// `GET batches`.
pub(super) async fn batches(With(state): With<State>, headers: HeaderMap, query: Query<HashMap<String, String>>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let shelf = state.batches();
    let newest: Vec<&Batch> = shelf.batches.iter().rev().filter(|batch| is_ours(batch)).collect();
    let (page, more) = page(&newest, query.get("after"), |batch| &batch.id);
    let data: Vec<Value> = page.into_iter().map(view).collect();
    told("/batches", json!({ "object": "list", "data": data, "has_more": more }))
}

/// `GET batches/{id}`.
pub(super) async fn read(With(state): With<State>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let mut shelf = state.batches();
    let Some(batch) = shelf.batch(&id).filter(|batch| is_ours(batch)) else { return not_found(WIRE) };
    let was_open = batch.end.is_none();
    batch.look(&mut state.llm());
    let (view, files) = (view(batch), if was_open && batch.end.is_some() { result_files(batch) } else { Vec::new() });
    let kept = files.into_iter().map(|(id, content)| File {
        name: format!("{id}.jsonl"),
        id,
        purpose: "batch_output".to_owned(),
        content,
        created: now(),
    });
    shelf.files.extend(kept);
    told("/batches/{id}", view)
}

/// `POST batches/{id}/cancel`.
pub(super) async fn cancel(With(state): With<State>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = without_key(WIRE, &headers) {
        return refusal;
    }
    let mut shelf = state.batches();
    let Some(batch) = shelf.batch(&id).filter(|batch| is_ours(batch)) else { return not_found(WIRE) };
    if batch.end.is_some() {
        return bad(WIRE, "A batch that has ended cannot be cancelled.");
    }
    batch.cancelled = true;
    told("/batches/{id}/cancel", view(batch))
}

fn is_ours(batch: &Batch) -> bool {
    matches!(batch.wire, Wire::Responses | Wire::Chat)
}

/// The calls of a file, or what is wrong with it.
fn read_calls(wire: Wire, content: &str, headers: &HeaderMap) -> Batch {
    let url = if wire == Wire::Chat { "/v1/chat/completions" } else { "/v1/responses" };
    let (mut calls, mut ids, mut models, mut problem) = (Vec::new(), HashSet::new(), HashSet::new(), None);
    for (at, line) in content.lines().enumerate() {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        let custom_id = line["custom_id"].as_str().unwrap_or_default();
        let wrong = match () {
            () if custom_id.is_empty() || !line["body"].is_object() => "invalid_json_line",
            () if line["method"] != "POST" || line["url"] != url => "invalid_url",
            () if !ids.insert(custom_id.to_owned()) => "duplicate_custom_id",
            () if models.insert(line["body"]["model"].to_string()) && models.len() > 1 => "mismatched_model",
            () => {
                calls.push(Call::new(wire, custom_id, &line["body"], headers));
                continue;
            }
        };
        problem = problem.or(Some((wrong, at + 1)));
    }
    let model = calls.first().and_then(|call: &Call| call.body["model"].as_str()).unwrap_or_default().to_owned();
    let mut batch = Batch::new(wire, &model, None, calls);
    batch.problem = problem.or(batch.problem).or_else(|| batch.calls.is_empty().then_some(("empty_file", 0)));
    batch
}

fn file_view(file: &File) -> Value {
    json!({ "id": file.id, "object": "file", "bytes": file.content.len(), "created_at": file.created / 1000,
        "filename": file.name, "purpose": file.purpose, "status": "processed" })
}

fn view(batch: &Batch) -> Value {
    let status = match batch.end {
        None if batch.cancelled => "cancelling",
        None if batch.polls == 0 => "validating",
        None => "in_progress",
        Some(End::Done) => "completed",
        Some(End::Failed) => "failed",
        Some(End::Expired) => "expired",
        Some(End::Cancelled) => "cancelled",
    };
    let errors = batch.problem.filter(|_| batch.end == Some(End::Failed)).map(|(code, line)| {
        json!({ "object": "list", "data": [{ "code": code, "message": "The file is not accepted.", "line": line, "param": null }] })
    });
    let files = if batch.end.is_some() { result_files(batch) } else { Vec::new() };
    let file = |kind: &str| files.iter().map(|(name, _)| name).find(|name| name.contains(kind));
    let metadata: Value = batch.own.as_deref().and_then(|own| serde_json::from_str(own).ok()).unwrap_or_default();
    let endpoint = if batch.wire == Wire::Chat { "/v1/chat/completions" } else { "/v1/responses" };
    json!({
        "id": batch.id, "object": "batch", "endpoint": endpoint, "completion_window": "24h", "status": status,
        "input_file_id": batch.input, "created_at": batch.created / 1000, "metadata": metadata, "errors": errors,
        "output_file_id": file("output"), "error_file_id": file("error"),
        "request_counts": { "completed": batch.count(Call::succeeded), "total": batch.calls.len(),
            "failed": batch.count(|call| !call.is_open() && !call.succeeded()) },
    })
}

/// The names and contents of the files of results; those of calls that failed are in a file of their own.
fn result_files(batch: &Batch) -> Vec<(String, String)> {
    let answered = batch.calls.iter().rev().filter(|call| call.succeeded()).map(line);
    let stranger = has_stranger(&batch.model).then(|| {
        json!({ "id": "batch_req_x", "custom_id": "of-somebody-else", "error": null,
            "response": { "status_code": 200, "request_id": "req_x", "body": {} } })
    });
    let mut output = lines(answered.chain(stranger));
    if is_cut(&batch.model) {
        cut_last(&mut output);
    }
    let errors = lines(batch.calls.iter().rev().filter(|call| !call.is_open() && !call.succeeded()).map(line));
    let named = |kind: &str, content: String| (format!("file-{kind}-{}", batch.id), content);
    let files = [named("output", output), named("error", errors)];
    files.into_iter().filter(|(_, content)| !content.is_empty()).collect()
}

fn lines(values: impl Iterator<Item = Value>) -> String {
    values.map(|value| format!("{value}\n")).collect()
}

fn line(call: &Call) -> Value {
    let error = |code: &str, message: &str| json!({ "code": code, "message": message });
    let (response, error) = match &call.outcome {
        Outcome::Answered(status, body) => {
            (json!({ "status_code": status, "request_id": "req_sandbox", "body": body }), Value::Null)
        }
        Outcome::Cancelled => (Value::Null, error("batch_cancelled", "This request was not made, as the batch was cancelled.")),
        Outcome::Expired | Outcome::Open => {
            (Value::Null, error("batch_expired", "This request could not be executed before the completion window expired."))
        }
    };
    json!({ "id": "batch_req_sandbox", "custom_id": call.custom_id, "response": response, "error": error })
}
