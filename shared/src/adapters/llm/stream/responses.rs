//! Events of Responses: the last one carries the whole answer, so that what comes before it need not be kept.

use serde_json::{Map, Value, json};

use super::sse::Event;
use super::{Assembly, Progress, Streams, object, said, with_fields};
use crate::adapters::llm::responses::Responses;
use crate::adapters::llm::wire::{Ask, HttpBody, unreadable};
use crate::ports::LlmError;

/// Events that end a stream with an answer.
const LAST: &[&str] = &["response.completed", "response.incomplete", "response.failed"];

/// The event that ends it without one.
const ERROR: &str = "error";

impl Streams for Responses {
    fn streamed(&self, body: HttpBody, _: &Ask) -> HttpBody {
        HttpBody { json: with_fields(&body.json, r#""stream":true"#), ..body }
    }

    fn begins_at_once(&self) -> bool {
        true
    }

    fn assembly(&self) -> Box<dyn Assembly> {
        Box::<ResponsesAnswer>::default()
    }
}

#[derive(Debug, Default)]
struct ResponsesAnswer {
    answer: Option<Value>,
    held: usize,
}

impl Assembly for ResponsesAnswer {
    fn take(&mut self, event: &Event) -> Result<(), LlmError> {
        let is_last = |kind: &str| LAST.contains(&kind) || kind == ERROR;
        // Thousands of pieces come before; gateways that leave the names out have the type in the data.
        if !event.name.is_empty() && !is_last(&event.name) {
            return Ok(());
        }
        let Some(mut data) = object(event)? else { return Ok(()) };
        let kind = data.get("type").and_then(Value::as_str).unwrap_or(&event.name);
        if !is_last(kind) {
            return Ok(());
        }
        self.answer = Some(if kind == ERROR { error(&data) } else { whole(data.remove("response"))? });
        self.held = event.data.len();
        Ok(())
    }

    fn progress(&self) -> Progress {
        if self.answer.is_some() { Progress::Ended } else { Progress::Open }
    }

    fn held(&self) -> usize {
        self.held
    }

    fn answer(&mut self) -> Value {
        self.answer.take().unwrap_or_else(|| json!({}))
    }
}

fn whole(response: Option<Value>) -> Result<Value, LlmError> {
    response.filter(Value::is_object).ok_or_else(|| unreadable("a last event without a response"))
}

/// An error as it stands in an answer: in the event itself, as the documentation says, or one level below.
fn error(data: &Map<String, Value>) -> Value {
    let told = said(data, "error").and_then(Value::as_object).unwrap_or(data);
    let fields = ["code", "type", "message", "param"].into_iter();
    let pairs = fields.filter_map(|name| Some((name.to_owned(), said(told, name)?.clone())));
    // The type of the event itself says nothing.
    let error: Map<String, Value> = pairs.filter(|(_, value)| value != ERROR).collect();
    json!({ "error": error })
}
