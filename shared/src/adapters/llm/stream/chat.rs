//! Chunks of Chat Completions: data without names, `[DONE]` at the end, what it cost in a chunk of its own before.

use serde_json::{Map, Value, json};

use super::sse::Event;
use super::{Assembly, Progress, Streams, object, said, with_fields};
use crate::adapters::llm::chat::{Chat, spoken};
use crate::adapters::llm::wire::{Ask, HttpBody};
use crate::ports::LlmError;

/// The last event.
const DONE: &str = "[DONE]";

/// What all chunks of an answer say alike.
const FRAME: &[&str] = &["id", "created", "model", "service_tier", "system_fingerprint"];

impl Streams for Chat {
    fn streamed(&self, body: HttpBody, ask: &Ask) -> HttpBody {
        let fields = if ask.server.takes_stream_options {
            r#""stream":true,"stream_options":{"include_usage":true}"#
        } else {
            r#""stream":true"#
        };
        HttpBody { json: with_fields(&body.json, fields), ..body }
    }

    fn begins_at_once(&self) -> bool {
        false
    }

    fn assembly(&self) -> Box<dyn Assembly> {
        Box::<ChatAnswer>::default()
    }
}

#[derive(Debug, Default)]
struct ChatAnswer {
    frame: Map<String, Value>,
    role: Option<Value>,
    content: Option<String>,
    refusal: Option<String>,
    finish: Option<Value>,
    choice_error: Option<Value>,
    usage: Option<Value>,
    error: Option<Value>,
    is_done: bool,
}

impl ChatAnswer {
    fn take_choice(&mut self, choice: &Map<String, Value>) {
        // Some servers send a whole message where others send a piece of one.
        if let Some(delta) = said(choice, "delta").or_else(|| said(choice, "message")).and_then(Value::as_object) {
            if let Some(role) = said(delta, "role") {
                self.role = Some(role.clone());
            }
            if let Some(content) = said(delta, "content") {
                self.content.get_or_insert_default().push_str(&spoken(Some(content)));
            }
            if let Some(refusal) = said(delta, "refusal").and_then(Value::as_str) {
                self.refusal.get_or_insert_default().push_str(refusal);
            }
        }
        self.finish = said(choice, "finish_reason").cloned().or(self.finish.take());
        self.choice_error = said(choice, "error").cloned().or(self.choice_error.take());
    }
}

impl Assembly for ChatAnswer {
    fn take(&mut self, event: &Event) -> Result<(), LlmError> {
        if event.data.trim() == DONE {
            self.is_done = true;
            return Ok(());
        }
        let Some(chunk) = object(event)? else { return Ok(()) };
        for name in FRAME {
            if let Some(value) = said(&chunk, name) {
                self.frame.insert((*name).to_owned(), value.clone());
            }
        }
        let choices = chunk.get("choices").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
        let is_first = |choice: &&Map<String, Value>| said(choice, "index").is_none_or(|index| index == 0);
        choices.filter(is_first).for_each(|choice| self.take_choice(choice));
        self.usage = said(&chunk, "usage").cloned().or(self.usage.take());
        self.error = said(&chunk, "error").cloned().or(self.error.take());
        Ok(())
    }

    fn progress(&self) -> Progress {
        if self.is_done || self.error.is_some() || self.choice_error.is_some() {
            Progress::Ended
        } else if self.finish.is_some() {
            Progress::Whole
        } else {
            Progress::Open
        }
    }

    fn held(&self) -> usize {
        [&self.content, &self.refusal].into_iter().flatten().map(String::len).sum()
    }

    fn answer(&mut self) -> Value {
        let role = self.role.take().unwrap_or_else(|| Value::from("assistant"));
        let message = json!({ "role": role, "content": self.content.take(), "refusal": self.refusal.take() });
        let mut choice = json!({ "index": 0, "message": message, "logprobs": null, "finish_reason": self.finish.take() });
        if let Some(error) = self.choice_error.take() {
            choice["error"] = error;
        }
        let mut answer = std::mem::take(&mut self.frame);
        answer.insert("object".to_owned(), Value::from("chat.completion"));
        answer.insert("choices".to_owned(), json!([choice]));
        let told = [("usage", self.usage.take()), ("error", self.error.take())];
        answer.extend(told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        Value::Object(answer)
    }
}
