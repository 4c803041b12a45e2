//! Anthropic's Messages (`POST messages`).

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::models::Effort;
use super::object::Object;
use super::schema::portable_json;
use super::settings::Structured;
use super::wire::{Ask, HttpBody, Wire, count, secret_header, some_text, system, text};
use crate::adapters::http::Secret;
use crate::ports::{LlmError, Prompt, Usage};

/// More than a body takes beside its texts and its schema.
const FRAME: usize = 512;

/// See the module.
#[derive(Debug)]
pub struct Claude;

impl Wire for Claude {
    fn encode(&self, prompt: &Prompt, ask: &Ask) -> HttpBody {
        let form = ask.form_of(prompt);
        let instructions = system(prompt, form);
        let schema = portable_json(&prompt.schema);
        // The instructions are the same for every story: what stands before this mark is cached.
        let cached = json!([{ "type": "text", "text": instructions, "cache_control": { "type": "ephemeral" } }]);
        let mut body = Object::with_room(instructions.len() + prompt.user.len() + prompt.user.len() / 8 + schema.len() + FRAME)
            .with("model", &ask.model)
            .with("max_tokens", &ask.room_for(prompt))
            .with("system", &cached)
            .with("messages", &json!([{ "role": "user", "content": prompt.user }]))
            .with_some("temperature", ask.temperature);
        let format = (form == Structured::JsonSchema)
            .then(|| Object::with_room(schema.len() + FRAME).with("type", "json_schema").with_json("schema", &schema));
        if ask.effort.is_some() || format.is_some() {
            let mut output = Object::with_room(schema.len() + FRAME).with_some("effort", ask.effort.map(Effort::as_str));
            if let Some(format) = format {
                output = output.with_object("format", format);
            }
            body = body.with_object("output_config", output);
        }
        HttpBody { path: vec!["messages".into()], json: body.into_bytes() }
    }

    fn headers(&self, key: Option<&Secret>, ask: &Ask) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            secret_header(&mut headers, HeaderName::from_static("x-api-key"), key.expose());
        }
        if let Ok(version) = HeaderValue::from_str(&ask.anthropic_version) {
            headers.insert(HeaderName::from_static("anthropic-version"), version);
        }
        headers
    }

    fn reply(&self, answer: &Value) -> Result<String, LlmError> {
        match text(answer, "/stop_reason") {
            "refusal" => {
                let category = text(answer, "/stop_details/category");
                return Err(LlmError::Refused(if category.is_empty() { "refusal" } else { category }.to_owned()));
            }
            "max_tokens" => return Err(LlmError::Truncated),
            "model_context_window_exceeded" => return Err(LlmError::TooLong),
            _ => {}
        }
        let blocks = answer.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        some_text(blocks.iter().filter(|block| text(block, "/type") == "text").map(|block| text(block, "/text")).collect())
    }

    fn usage(&self, answer: &Value) -> Option<Usage> {
        let usage = answer.get("usage").filter(|usage| usage.is_object())?;
        let (cached, written) = (count(usage, "/cache_read_input_tokens"), count(usage, "/cache_creation_input_tokens"));
        Some(Usage {
            // Theirs are those that were neither read from the cache nor written to it.
            input_tokens: count(usage, "/input_tokens") + cached + written,
            output_tokens: count(usage, "/output_tokens"),
            cached_tokens: cached,
            cache_write_tokens: written,
            reasoning_tokens: count(usage, "/output_tokens_details/thinking_tokens"),
            cost_nano_usd: None,
        })
    }
}
