//! OpenAI's Responses (`POST responses`).

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::object::Object;
use super::schema::portable_json;
use super::settings::Structured;
use super::wire::{Ask, HttpBody, Wire, bearer, count, schema_name, some_text, system, text, unreadable};
use crate::adapters::http::Secret;
use crate::ports::{LlmError, Prompt, Usage};

/// More than a body takes beside its texts and its schema.
const FRAME: usize = 512;

/// See the module.
#[derive(Debug)]
pub struct Responses;

impl Wire for Responses {
    fn encode(&self, prompt: &Prompt, ask: &Ask) -> HttpBody {
        let form = ask.form_of(prompt);
        let instructions = system(prompt, form);
        let schema = portable_json(&prompt.schema);
        let format = match form {
            Structured::JsonSchema => Object::with_room(schema.len() + FRAME)
                .with("type", "json_schema")
                .with("name", &schema_name(prompt.name))
                .with_json("schema", &schema)
                .with("strict", &true),
            Structured::JsonObject => Object::with_room(0).with("type", "json_object"),
            Structured::None => Object::with_room(0).with("type", "text"),
        };
        let effort = ask.effort.map(|effort| serde_json::json!({ "effort": effort.as_str() }));
        let body = Object::with_room(instructions.len() + prompt.user.len() + prompt.user.len() / 8 + schema.len() + FRAME)
            .with("model", &ask.model)
            .with("instructions", &*instructions)
            .with("input", &prompt.user)
            .with("max_output_tokens", &ask.room_for(prompt))
            .with_object("text", Object::with_room(schema.len() + FRAME).with_object("format", format))
            .with_some("reasoning", effort)
            .with_some("temperature", ask.temperature)
            // The same instructions come again with the next story.
            .with("prompt_cache_key", &format!("jqa-{}", schema_name(prompt.name)))
            // Kept for a month otherwise.
            .with("store", &false);
        HttpBody { path: vec!["responses".into()], json: body.into_bytes() }
    }

    fn headers(&self, key: Option<&Secret>, _: &Ask) -> HeaderMap {
        bearer(key)
    }

    fn reply(&self, answer: &Value) -> Result<String, LlmError> {
        let output = answer.get("output").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let messages = output.iter().filter(|item| text(item, "/type") == "message");
        let parts: Vec<&Value> = messages.filter_map(|item| item.get("content")?.as_array()).flatten().collect();
        if parts.iter().any(|part| text(part, "/type") == "refusal") {
            return Err(LlmError::Refused("refusal".to_owned()));
        }
        match (text(answer, "/status"), text(answer, "/incomplete_details/reason")) {
            ("incomplete", "content_filter") => return Err(LlmError::Refused("content_filter".to_owned())),
            ("incomplete", _) => return Err(LlmError::Truncated),
            ("completed" | "", _) => {}
            (status, _) => return Err(unreadable(&format!("a response that is {status}"))),
        }
        some_text(parts.iter().filter(|part| text(part, "/type") == "output_text").map(|part| text(part, "/text")).collect())
    }

    fn usage(&self, answer: &Value) -> Option<Usage> {
        let usage = answer.get("usage").filter(|usage| usage.is_object())?;
        Some(Usage {
            input_tokens: count(usage, "/input_tokens"),
            output_tokens: count(usage, "/output_tokens"),
            cached_tokens: count(usage, "/input_tokens_details/cached_tokens"),
            cache_write_tokens: count(usage, "/input_tokens_details/cache_write_tokens"),
            reasoning_tokens: count(usage, "/output_tokens_details/reasoning_tokens"),
            cost_nano_usd: None,
        })
    }
}
