//! Google's Gemini (`POST models/…:generateContent`).

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use super::models::Effort;
use super::object::Object;
use super::schema::portable_json;
use super::settings::Structured;
use super::wire::{Ask, HttpBody, Wire, count, secret_header, some_text, system, text, unreadable};
use crate::adapters::http::Secret;
use crate::ports::{LlmError, Prompt, Usage};

/// More than a body takes beside its texts and its schema.
const FRAME: usize = 512;

/// See the module.
#[derive(Debug)]
pub struct Gemini;

impl Wire for Gemini {
    fn encode(&self, prompt: &Prompt, ask: &Ask) -> HttpBody {
        let form = ask.form_of(prompt);
        let instructions = system(prompt, form);
        let schema = portable_json(&prompt.schema);
        let mut config = Object::with_room(schema.len() + FRAME).with("maxOutputTokens", &ask.room_for(prompt));
        if form != Structured::None {
            config = config.with("responseMimeType", "application/json");
        }
        if form == Structured::JsonSchema {
            config = config.with_json("responseJsonSchema", &schema);
        }
        config = config
            .with_some("temperature", ask.temperature)
            .with_some("thinkingConfig", ask.effort.map(|effort| json!({ "thinkingLevel": level(effort) })));
        let body = Object::with_room(instructions.len() + prompt.user.len() + prompt.user.len() / 8 + schema.len() + FRAME)
            .with("systemInstruction", &json!({ "parts": [{ "text": instructions }] }))
            .with("contents", &json!([{ "role": "user", "parts": [{ "text": prompt.user }] }]))
            .with_object("generationConfig", config)
            // Paid projects keep what is sent otherwise.
            .with("store", &false);
        let model = ask.model.strip_prefix("models/").unwrap_or(&ask.model);
        HttpBody { path: vec!["models".into(), format!("{model}:generateContent").into()], json: body.into_bytes() }
    }

    fn headers(&self, key: Option<&Secret>, _: &Ask) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            // Never in the address, which ends up in logs.
            secret_header(&mut headers, HeaderName::from_static("x-goog-api-key"), key.expose());
        }
        headers
    }

    fn reply(&self, answer: &Value) -> Result<String, LlmError> {
        let blocked = text(answer, "/promptFeedback/blockReason");
        if !blocked.is_empty() {
            return Err(LlmError::Refused(blocked.to_owned()));
        }
        let candidate = answer.pointer("/candidates/0").ok_or_else(|| unreadable("no candidates; check the base URL"))?;
        match text(candidate, "/finishReason") {
            "STOP" | "" => {}
            "MAX_TOKENS" | "CONTINUATION" => return Err(LlmError::Truncated),
            reason @ ("MALFORMED_RESPONSE" | "OTHER") => return Err(unreadable(&format!("it ended as {reason}"))),
            reason => return Err(LlmError::Refused(reason.to_owned())),
        }
        let parts = candidate.pointer("/content/parts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let spoken = parts.iter().filter(|part| part.get("thought") != Some(&Value::Bool(true)));
        some_text(spoken.map(|part| text(part, "/text")).collect())
    }

    fn usage(&self, answer: &Value) -> Option<Usage> {
        let usage = answer.get("usageMetadata").filter(|usage| usage.is_object())?;
        let thoughts = count(usage, "/thoughtsTokenCount");
        Some(Usage {
            input_tokens: count(usage, "/promptTokenCount"),
            output_tokens: count(usage, "/candidatesTokenCount") + thoughts,
            cached_tokens: count(usage, "/cachedContentTokenCount"),
            cache_write_tokens: 0,
            reasoning_tokens: thoughts,
            cost_nano_usd: None,
        })
    }

    fn model<'a>(&self, answer: &'a Value) -> &'a str {
        text(answer, "/modelVersion")
    }

    fn models(&self, listed: &Value) -> Option<Vec<String>> {
        let names = listed.get("models")?.as_array()?.iter().filter_map(|model| model.get("name")?.as_str());
        Some(names.map(|name| name.strip_prefix("models/").unwrap_or(name).to_owned()).collect())
    }
}

/// Its word for how much to think; it knows no more than high and no less than minimal.
const fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High => "HIGH",
        Effort::Xhigh | Effort::Max => "XHIGH",
    }
}
