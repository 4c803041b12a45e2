//! Gemini's batches, with the calls in the request that creates them (`POST models/…:batchGenerateContent`).
//!
//! Limits and forms: Google's guide and reference of the Batch API; checked with its discovery document. A batch is an
//! operation: what it says of itself stands in its `metadata`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{BatchWire, Entry, Frame, Line, Listing, Outcome, Page, Path, Results, Shelf, sound, taken};
use crate::adapters::llm::object::Object;
use crate::adapters::llm::wire::{Ask, HttpBody, text};
use crate::domain::json::to_json;
use crate::ports::{BatchInput, BatchLimits, BatchState};

/// See the module.
#[derive(Debug)]
pub struct GeminiBatches;

impl BatchWire for GeminiBatches {
    fn limits(&self) -> BatchLimits {
        // Google says twenty megabytes with everything, and no number of calls: that is ours, because the results come in one
        // answer, which must not become too long to be read.
        BatchLimits { most_requests: 1_000, most_bytes: 20_000_000 }
    }

    fn finds_own(&self) -> bool {
        true
    }

    fn uploads(&self) -> bool {
        false
    }

    fn frame(&self, own_id: &str) -> Frame {
        let name = to_json(own_id);
        let open = format!("{{\"batch\":{{\"displayName\":{name},\"inputConfig\":{{\"requests\":{{\"requests\":[");
        Frame { open, between: ",", close: "]}}}}" }
    }

    fn call(&self, custom_id: &str, body: &HttpBody) -> String {
        Object::with_room(body.json.len() + 256)
            .with_json("request", &String::from_utf8_lossy(&body.json))
            .with("metadata", &json!({ "key": custom_id }))
            .done()
    }

    fn create(&self, _: &str, input: &BatchInput, ask: &Ask) -> HttpBody {
        let json = match input {
            BatchInput::Inline(body) => body.clone(),
            // Of another provider: refused as a batch without calls.
            BatchInput::Uploaded(_) => b"{}".as_slice().into(),
        };
        let model = ask.model.strip_prefix("models/").unwrap_or(&ask.model);
        HttpBody { path: vec!["models".into(), format!("{model}:batchGenerateContent").into()], json }
    }

    fn path(&self, id: &str) -> Path {
        vec!["batches".into(), id.to_owned().into()]
    }

    fn cancel(&self, id: &str) -> Path {
        vec!["batches".into(), format!("{id}:cancel").into()]
    }

    fn list(&self, shelf: Shelf, after: Option<&str>) -> Option<Listing> {
        if shelf == Shelf::Files {
            return None;
        }
        let mut query = vec![("pageSize", "100".to_owned())];
        query.extend(after.map(|after| ("pageToken", after.to_owned())));
        Some(Listing { path: vec!["batches".into()], query, newest_first: false })
    }

    fn page(&self, listed: &Value) -> Option<Page> {
        // An empty list is an empty object.
        let operations = match listed.get("operations") {
            Some(operations) => operations.as_array()?.as_slice(),
            None => &[],
        };
        let next = Some(text(listed, "/nextPageToken")).filter(|next| !next.is_empty());
        Some(Page { entries: operations.iter().filter_map(|told| self.entry(told)).collect(), next: next.map(str::to_owned) })
    }

    fn entry(&self, told: &Value) -> Option<Entry> {
        let name = text(told, "/name");
        let own_id = Some(text(batch(told), "/displayName")).filter(|name| !name.is_empty());
        let created = text(batch(told), "/createTime").parse::<DateTime<Utc>>().ok();
        let id = sound(name.strip_prefix("batches/").unwrap_or(name))?;
        Some(Entry { id, own_id: own_id.map(str::to_owned), created })
    }

    fn state(&self, told: &Value) -> Option<BatchState> {
        let state = text(batch(told), "/state");
        let state = state.strip_prefix("BATCH_STATE_").or_else(|| state.strip_prefix("JOB_STATE_"))?;
        Some(match state {
            "SUCCEEDED" | "PARTIALLY_SUCCEEDED" => BatchState::Ended,
            "FAILED" => BatchState::Failed(why(told)),
            "CANCELLED" => BatchState::Cancelled,
            "EXPIRED" => BatchState::Expired,
            "UNSPECIFIED" | "PENDING" | "QUEUED" | "RUNNING" | "CANCELLING" => {
                let number = |name: &str| number(batch(told).pointer(&format!("/batchStats/{name}")));
                let done = number("successfulRequestCount") + number("failedRequestCount");
                BatchState::Running { done, total: number("requestCount") }
            }
            _ => return None,
        })
    }

    fn results(&self, _: &str, mut told: Value) -> Results {
        let places = ["/metadata/output", "/response", "/response/output", "/output"];
        for place in places {
            if let Some(lines) = taken(&mut told, &format!("{place}/inlinedResponses/inlinedResponses")) {
                return Results::Inline(lines);
            }
            if !text(&told, &format!("{place}/responsesFile")).is_empty() {
                return Results::Elsewhere;
            }
        }
        Results::Inline(Vec::new())
    }

    fn kept(&self, id: &str, _: &Value) -> Vec<Path> {
        vec![self.path(id)]
    }

    fn line(&self, mut line: Value) -> Option<Line> {
        let custom_id = text(&line, "/metadata/key").to_owned();
        let outcome = match (line.get_mut("response").map(Value::take), line.get_mut("error").map(Value::take)) {
            (Some(body), _) if body.is_object() => Outcome::Answered { status: 200, body },
            (_, Some(error)) if error.is_object() => match error.get("code").and_then(Value::as_u64).unwrap_or(2) {
                1 => Outcome::Cancelled,
                code => answered(code, &error),
            },
            _ => return None,
        };
        Some(Line { custom_id, outcome })
    }
}

/// What a batch says of itself, wherever that stands.
fn batch(told: &Value) -> &Value {
    told.get("metadata").unwrap_or(told)
}

/// A count, which Google writes as a text.
fn number(value: Option<&Value>) -> u64 {
    value.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok())).unwrap_or(0)
}

/// The name of what is wrong; a message might repeat a call.
fn why(told: &Value) -> String {
    match told.pointer("/error/code").and_then(Value::as_u64) {
        Some(code) => status_of(code).1.to_owned(),
        None => "it gave no reason".to_owned(),
    }
}

/// An error of a line in the form that a single call gets.
fn answered(code: u64, error: &Value) -> Outcome {
    let (status, name) = status_of(code);
    let mut told = json!({ "code": status, "status": name });
    for field in ["message", "details"] {
        if let Some(value) = error.get(field) {
            told[field] = value.clone();
        }
    }
    Outcome::Answered { status, body: json!({ "error": told }) }
}

/// The HTTP status and the name of a `google.rpc.Code`.
fn status_of(code: u64) -> (u16, &'static str) {
    match code {
        3 => (400, "INVALID_ARGUMENT"),
        4 => (504, "DEADLINE_EXCEEDED"),
        5 => (404, "NOT_FOUND"),
        6 => (409, "ALREADY_EXISTS"),
        7 => (403, "PERMISSION_DENIED"),
        8 => (429, "RESOURCE_EXHAUSTED"),
        9 => (400, "FAILED_PRECONDITION"),
        10 => (409, "ABORTED"),
        11 => (400, "OUT_OF_RANGE"),
        12 => (501, "UNIMPLEMENTED"),
        13 => (500, "INTERNAL"),
        14 => (503, "UNAVAILABLE"),
        16 => (401, "UNAUTHENTICATED"),
        _ => (500, "UNKNOWN"),
    }
}
