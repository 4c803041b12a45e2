//! Events of Messages: a message without content, its blocks piece by piece, then why it stopped and what it cost.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::sse::Event;
use super::{Assembly, Progress, Streams, append, object, said, with_fields};
use crate::adapters::llm::claude::Claude;
use crate::adapters::llm::wire::{Ask, HttpBody, text};
use crate::ports::LlmError;

impl Streams for Claude {
    fn streamed(&self, body: HttpBody, _: &Ask) -> HttpBody {
        HttpBody { json: with_fields(&body.json, r#""stream":true"#), ..body }
    }

    fn begins_at_once(&self) -> bool {
        true
    }

    fn assembly(&self) -> Box<dyn Assembly> {
        Box::<ClaudeAnswer>::default()
    }
}

#[derive(Debug, Default)]
struct ClaudeAnswer {
    message: Map<String, Value>,
    blocks: BTreeMap<u64, Map<String, Value>>,
    held: usize,
    has_ended: bool,
}

impl ClaudeAnswer {
    fn begin_block(&mut self, data: &mut Map<String, Value>, bytes: usize) {
        if let (Some(index), Some(Value::Object(block))) = (index(data), data.remove("content_block")) {
            self.blocks.insert(index, block);
            self.held += bytes;
        }
    }

    fn add_to_block(&mut self, data: &Map<String, Value>) {
        let Some(block) = index(data).and_then(|index| self.blocks.get_mut(&index)) else { return };
        let Some(delta) = data.get("delta") else { return };
        let name = match text(delta, "/type") {
            "text_delta" => "text",
            "thinking_delta" => "thinking",
            "signature_delta" => "signature",
            // Citations and calls of tools are not asked for.
            _ => return,
        };
        let more = text(delta, &format!("/{name}"));
        append(block, name, more);
        self.held += more.len();
    }

    /// Counts are of the whole message until now; those that are not told stay as the beginning told them.
    fn change_message(&mut self, data: &Map<String, Value>) {
        if let Some(delta) = data.get("delta").and_then(Value::as_object) {
            self.message.extend(delta.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        let Some(counts) = data.get("usage").and_then(Value::as_object) else { return };
        let told = counts.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.clone(), value.clone()));
        match self.message.get_mut("usage") {
            Some(Value::Object(usage)) => usage.extend(told),
            _ => {
                self.message.insert("usage".to_owned(), Value::Object(told.collect()));
            }
        }
    }
}

impl Assembly for ClaudeAnswer {
    fn take(&mut self, event: &Event) -> Result<(), LlmError> {
        let Some(mut data) = object(event)? else { return Ok(()) };
        let kind = data.get("type").and_then(Value::as_str).unwrap_or(&event.name).to_owned();
        match kind.as_str() {
            "message_start" => {
                if let Some(Value::Object(message)) = data.remove("message") {
                    self.message = message;
                    self.held += event.data.len();
                }
            }
            "content_block_start" => self.begin_block(&mut data, event.data.len()),
            "content_block_delta" => self.add_to_block(&data),
            "message_delta" => self.change_message(&data),
            "message_stop" => self.has_ended = true,
            "error" => {
                self.message.insert("error".to_owned(), data.remove("error").unwrap_or_else(|| Value::from("it gave no reason")));
                self.has_ended = true;
            }
            // `ping`, the end of a block, and what the API may add.
            _ => {}
        }
        Ok(())
    }

    fn progress(&self) -> Progress {
        if self.has_ended {
            Progress::Ended
        } else if said(&self.message, "stop_reason").is_some() {
            Progress::Whole
        } else {
            Progress::Open
        }
    }

    fn held(&self) -> usize {
        self.held
    }

    fn answer(&mut self) -> Value {
        let mut message = std::mem::take(&mut self.message);
        let blocks = std::mem::take(&mut self.blocks).into_values().map(Value::Object).collect();
        message.insert("content".to_owned(), Value::Array(blocks));
        Value::Object(message)
    }
}

fn index(data: &Map<String, Value>) -> Option<u64> {
    data.get("index").and_then(Value::as_u64)
}
