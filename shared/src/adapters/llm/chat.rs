//! Chat Completions (`POST chat/completions`), which almost every server speaks.

use reqwest::header::{HeaderMap, HeaderName};
use serde::Serialize;
use serde_json::Value;

use super::models::Effort;
use super::object::Object;
use super::schema::portable_json;
use super::settings::Structured;
use super::wire::{Ask, HttpBody, Wire, bearer, count, schema_name, secret_header, some_text, system, text, unreadable};
use crate::adapters::http::Secret;
use crate::ports::{LlmError, Prompt, Usage};

/// More than a body takes beside its messages and its schema.
const FRAME: usize = 512;

/// See the module.
#[derive(Debug)]
pub struct Chat;

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

impl Wire for Chat {
    fn encode(&self, prompt: &Prompt, ask: &Ask) -> HttpBody {
        let form = ask.form_of(prompt);
        let instructions = system(prompt, form);
        let messages = [Message { role: "system", content: &instructions }, Message { role: "user", content: &prompt.user }];
        let schema = portable_json(&prompt.schema);
        let room = instructions.len() + prompt.user.len() + prompt.user.len() / 8 + schema.len() + FRAME;
        let mut body = Object::with_room(room)
            .with("model", &ask.model)
            .with("messages", &messages)
            .with(ask.token_param.as_str(), &ask.room_for(prompt));
        body = match form {
            Structured::JsonSchema => {
                let named = Object::with_room(schema.len() + FRAME)
                    .with("name", &schema_name(prompt.name))
                    .with_json("schema", &schema)
                    .with("strict", &true);
                body.with_object(
                    "response_format",
                    Object::with_room(0).with("type", "json_schema").with_object("json_schema", named),
                )
            }
            Structured::JsonObject => body.with_json("response_format", r#"{"type":"json_object"}"#),
            Structured::None => body,
        };
        body = body.with_some("temperature", ask.temperature).with_some("reasoning_effort", ask.effort.map(Effort::as_str));
        for (name, json) in ask.server.fields {
            body = body.with_json(name, json);
        }
        HttpBody { path: vec!["chat".into(), "completions".into()], json: body.into_bytes() }
    }

    fn headers(&self, key: Option<&Secret>, ask: &Ask) -> HeaderMap {
        match (key, ask.server.key_header) {
            (Some(key), Some(name)) => {
                let mut headers = HeaderMap::new();
                secret_header(&mut headers, HeaderName::from_static(name), key.expose());
                headers
            }
            _ => bearer(key),
        }
    }

    fn reply(&self, answer: &Value) -> Result<String, LlmError> {
        let choice = answer.pointer("/choices/0").ok_or_else(|| unreadable("no choices; check the base URL"))?;
        let finish = text(choice, "/finish_reason");
        let refusal = text(choice, "/message/refusal");
        if !refusal.is_empty() || finish == "content_filter" {
            return Err(LlmError::Refused(if finish == "content_filter" { finish } else { "refusal" }.to_owned()));
        }
        match finish {
            // Also when there is no text: thinking may have used the whole limit.
            "length" | "model_length" => return Err(LlmError::Truncated),
            "error" => return Err(unreadable("the provider broke the reply off")),
            _ => {}
        }
        some_text(spoken(choice.pointer("/message/content")))
    }

    fn usage(&self, answer: &Value) -> Option<Usage> {
        let usage = answer.get("usage").filter(|usage| usage.is_object())?;
        Some(Usage {
            input_tokens: count(usage, "/prompt_tokens"),
            output_tokens: count(usage, "/completion_tokens"),
            cached_tokens: count(usage, "/prompt_tokens_details/cached_tokens"),
            cache_write_tokens: count(usage, "/prompt_tokens_details/cache_write_tokens"),
            reasoning_tokens: count(usage, "/completion_tokens_details/reasoning_tokens"),
            cost_nano_usd: None,
        })
    }
}

/// The text of a content.
pub(super) fn spoken(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(part_text).collect(),
        _ => String::new(),
    }
}

/// Some servers send parts, thoughts among them.
fn part_text(part: &Value) -> Option<&str> {
    let is_text = part.get("type").and_then(Value::as_str).is_none_or(|kind| kind == "text" || kind == "output_text");
    part.get("text").filter(|_| is_text).and_then(Value::as_str)
}
