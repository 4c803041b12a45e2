//! Anthropic's batches (`POST messages/batches`).
//!
//! Limits and the form of lines: Anthropic's reference of Message Batches; checked with the types of its client 2.12. Nothing of
//! ours is kept with a batch.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{BatchWire, Entry, Frame, Line, Listing, Outcome, Page, Path, Results, Shelf, sound};
use crate::adapters::llm::object::Object;
use crate::adapters::llm::wire::{Ask, HttpBody, count, text};
use crate::ports::{BatchInput, BatchLimits, BatchState};

/// See the module.
#[derive(Debug)]
pub struct ClaudeBatches;

impl BatchWire for ClaudeBatches {
    fn limits(&self) -> BatchLimits {
        BatchLimits { most_requests: 100_000, most_bytes: 256_000_000 }
    }

    fn finds_own(&self) -> bool {
        false
    }

    fn uploads(&self) -> bool {
        false
    }

    fn frame(&self, _: &str) -> Frame {
        Frame { open: "{\"requests\":[".to_owned(), between: ",", close: "]}" }
    }

    fn call(&self, custom_id: &str, body: &HttpBody) -> String {
        Object::with_room(body.json.len() + 256)
            .with("custom_id", custom_id)
            .with_json("params", &String::from_utf8_lossy(&body.json))
            .done()
    }

    fn create(&self, _: &str, input: &BatchInput, _: &Ask) -> HttpBody {
        let json = match input {
            BatchInput::Inline(body) => body.clone(),
            // Of another provider: refused as a batch without calls.
            BatchInput::Uploaded(_) => b"{\"requests\":[]}".as_slice().into(),
        };
        HttpBody { path: vec!["messages".into(), "batches".into()], json }
    }

    fn path(&self, id: &str) -> Path {
        vec!["messages".into(), "batches".into(), id.to_owned().into()]
    }

    fn cancel(&self, id: &str) -> Path {
        vec!["messages".into(), "batches".into(), id.to_owned().into(), "cancel".into()]
    }

    fn list(&self, shelf: Shelf, after: Option<&str>) -> Option<Listing> {
        if shelf == Shelf::Files {
            return None;
        }
        let mut query = vec![("limit", "100".to_owned())];
        query.extend(after.map(|after| ("after_id", after.to_owned())));
        Some(Listing { path: vec!["messages".into(), "batches".into()], query, newest_first: true })
    }

    fn page(&self, listed: &Value) -> Option<Page> {
        let entries: Vec<Entry> = listed.get("data")?.as_array()?.iter().filter_map(|told| self.entry(told)).collect();
        let more = listed.get("has_more") == Some(&Value::Bool(true));
        let next = entries.last().filter(|_| more).map(|last| last.id.clone());
        // More that cannot be asked for is not the end of the list.
        (!more || next.is_some()).then_some(Page { entries, next })
    }

    fn entry(&self, told: &Value) -> Option<Entry> {
        let created = text(told, "/created_at").parse::<DateTime<Utc>>().ok();
        Some(Entry { id: sound(text(told, "/id"))?, own_id: None, created })
    }

    fn state(&self, told: &Value) -> Option<BatchState> {
        let number = |name: &str| u64::try_from(count(told, &format!("/request_counts/{name}"))).unwrap_or(0);
        let done = ["succeeded", "errored", "canceled", "expired"].into_iter().map(number).sum();
        Some(match text(told, "/processing_status") {
            "in_progress" | "canceling" => BatchState::Running { done, total: done + number("processing") },
            "ended" if !text(told, "/cancel_initiated_at").is_empty() => BatchState::Cancelled,
            "ended" if number("expired") > 0 => BatchState::Expired,
            "ended" => BatchState::Ended,
            _ => return None,
        })
    }

    fn results(&self, id: &str, _: Value) -> Results {
        // Not where `results_url` says: the key goes to the configured address only.
        let mut path = self.path(id);
        path.push("results".into());
        Results::Files(vec![path])
    }

    fn kept(&self, id: &str, _: &Value) -> Vec<Path> {
        vec![self.path(id)]
    }

    fn line(&self, mut line: Value) -> Option<Line> {
        let custom_id = text(&line, "/custom_id").to_owned();
        let result = line.get_mut("result").map(Value::take)?;
        let outcome = match text(&result, "/type") {
            "succeeded" => Outcome::Answered { status: 200, body: result.get("message")?.clone() },
            "errored" => {
                let error = result.get("error")?.clone();
                Outcome::Answered { status: status_of(text(&error, "/error/type")), body: error }
            }
            "expired" => Outcome::Expired,
            "canceled" => Outcome::Cancelled,
            _ => return None,
        };
        Some(Line { custom_id, outcome })
    }
}

/// The status that goes with a kind of error, which a line does not tell (Anthropic's reference of errors).
fn status_of(kind: &str) -> u16 {
    match kind {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    }
}
