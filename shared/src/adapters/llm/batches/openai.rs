//! OpenAI's batches, which some servers of Chat Completions have too: a file of calls is uploaded, then a batch made of it
//! (`POST files`, `POST batches`).
//!
//! Limits and the form of lines: OpenAI's Batch API guide and reference; checked with the types of its client 3.54.

use chrono::DateTime;
use serde_json::{Value, json};

use super::{BatchWire, Entry, Frame, Line, Listing, Outcome, Page, Path, Results, Shelf, sound, taken};
use crate::adapters::http::excerpt;
use crate::adapters::llm::object::Object;
use crate::adapters::llm::wire::{Ask, HttpBody, count, text};
use crate::ports::{BatchInput, BatchLimits, BatchState};

/// Our own id in a batch's metadata.
const OWN_ID: &str = "jqa_batch";

/// See the module.
#[derive(Debug)]
pub struct OpenAiBatches {
    /// What all calls of a batch go to, such as `/v1/responses`.
    pub endpoint: &'static str,
}

/// The name of the file that holds the calls of a batch.
pub(super) fn file_name(own_id: &str) -> String {
    format!("jqa-{own_id}.jsonl")
}

impl BatchWire for OpenAiBatches {
    fn limits(&self) -> BatchLimits {
        BatchLimits { most_requests: 50_000, most_bytes: 200_000_000 }
    }

    fn finds_own(&self) -> bool {
        true
    }

    fn uploads(&self) -> bool {
        true
    }

    fn frame(&self, _: &str) -> Frame {
        Frame { open: String::new(), between: "\n", close: "\n" }
    }

    fn call(&self, custom_id: &str, body: &HttpBody) -> String {
        Object::with_room(body.json.len() + 256)
            .with("custom_id", custom_id)
            .with("method", "POST")
            .with("url", self.endpoint)
            .with_json("body", &String::from_utf8_lossy(&body.json))
            .done()
    }

    fn create(&self, own_id: &str, input: &BatchInput, _: &Ask) -> HttpBody {
        let file = match input {
            BatchInput::Uploaded(upload) => upload.0.as_str(),
            // Of another provider: refused as a file that does not exist.
            BatchInput::Inline(_) => "",
        };
        let body = Object::with_room(256)
            .with("input_file_id", file)
            .with("endpoint", self.endpoint)
            .with("completion_window", "24h")
            .with("metadata", &json!({ OWN_ID: own_id }));
        HttpBody { path: vec!["batches".into()], json: body.into_bytes() }
    }

    fn path(&self, id: &str) -> Path {
        vec!["batches".into(), id.to_owned().into()]
    }

    fn cancel(&self, id: &str) -> Path {
        vec!["batches".into(), id.to_owned().into(), "cancel".into()]
    }

    fn list(&self, shelf: Shelf, after: Option<&str>) -> Option<Listing> {
        let (path, mut query) = match shelf {
            Shelf::Batches => ("batches", vec![("limit", "100".to_owned())]),
            Shelf::Files => {
                ("files", vec![("purpose", "batch".to_owned()), ("order", "desc".to_owned()), ("limit", "1000".to_owned())])
            }
        };
        query.extend(after.map(|after| ("after", after.to_owned())));
        Some(Listing { path: vec![path.into()], query, newest_first: true })
    }

    fn page(&self, listed: &Value) -> Option<Page> {
        let entries: Vec<Entry> = listed.get("data")?.as_array()?.iter().filter_map(|told| self.entry(told)).collect();
        let more = listed.get("has_more") == Some(&Value::Bool(true));
        let next = entries.last().filter(|_| more).map(|last| last.id.clone());
        // More that cannot be asked for is not the end of the list.
        (!more || next.is_some()).then_some(Page { entries, next })
    }

    fn entry(&self, told: &Value) -> Option<Entry> {
        let name = text(told, "/filename").strip_prefix("jqa-").and_then(|name| name.strip_suffix(".jsonl"));
        let own_id = told.get("metadata").and_then(|own| own.get(OWN_ID)?.as_str()).or(name);
        let created = told.get("created_at").and_then(Value::as_i64).and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        Some(Entry { id: sound(text(told, "/id"))?, own_id: own_id.map(str::to_owned), created })
    }

    fn state(&self, told: &Value) -> Option<BatchState> {
        Some(match text(told, "/status") {
            "validating" | "in_progress" | "finalizing" | "cancelling" => {
                let number = |name: &str| u64::try_from(count(told, &format!("/request_counts/{name}"))).unwrap_or(0);
                BatchState::Running { done: number("completed") + number("failed"), total: number("total") }
            }
            "completed" => BatchState::Ended,
            "expired" => BatchState::Expired,
            "cancelled" => BatchState::Cancelled,
            "failed" => BatchState::Failed(problems(told)),
            _ => return None,
        })
    }

    fn results(&self, _: &str, told: Value) -> Results {
        let files = ["/output_file_id", "/error_file_id"].into_iter().filter_map(|file| sound(text(&told, file)));
        Results::Files(files.map(|id| vec!["files".into(), id.into(), "content".into()]).collect())
    }

    fn kept(&self, _: &str, told: &Value) -> Vec<Path> {
        let files = ["/input_file_id", "/output_file_id", "/error_file_id"].into_iter();
        files.filter_map(|file| sound(text(told, file))).map(|id| vec!["files".into(), id.into()]).collect()
    }

    fn line(&self, mut line: Value) -> Option<Line> {
        let custom_id = text(&line, "/custom_id").to_owned();
        let error = line.get_mut("error").map(Value::take).filter(|error| !error.is_null());
        let outcome = match (error, line.get_mut("response").map(Value::take).filter(Value::is_object)) {
            (_, Some(mut response)) => {
                let status = u16::try_from(response.get("status_code")?.as_u64()?).ok()?;
                Outcome::Answered { status, body: response.get_mut("body").map(Value::take)? }
            }
            (Some(error), None) => match text(&error, "/code") {
                "batch_expired" => Outcome::Expired,
                "batch_cancelled" => Outcome::Cancelled,
                _ => Outcome::Answered { status: 200, body: json!({ "error": error }) },
            },
            (None, None) => return None,
        };
        Some(Line { custom_id, outcome })
    }
}

/// The codes of what is wrong with a batch, and the lines of its file. The messages might repeat the lines.
fn problems(told: &Value) -> String {
    let mut told = told.clone();
    let problems = taken(&mut told, "/errors/data").unwrap_or_default();
    let named = problems.iter().take(3).map(|problem| {
        let code = excerpt(text(problem, "/code"), 60);
        let line = problem.get("line").and_then(Value::as_u64).map(|line| format!(" (line {line})"));
        format!("{code}{}", line.unwrap_or_default())
    });
    let named: Vec<String> = named.filter(|problem| !problem.is_empty()).collect();
    if named.is_empty() { "it gave no reason".to_owned() } else { named.join(", ") }
}
