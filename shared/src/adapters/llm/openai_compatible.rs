//! Chat Completions as pure functions: a prompt becomes a body, an answer becomes a completion or an error.

use std::borrow::Cow;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::salvage::salvage;
use super::schema::portable_json;
use super::settings::{Structured, TokenParam};
use crate::adapters::http::{excerpt, retry_after};
use crate::domain::json::to_json;
use crate::ports::{Completion, LlmError, LlmFailure, Prompt, Usage};

/// More than a body takes beside its messages and its schema.
const FRAME: usize = 512;

/// A provider's words are shown up to this length.
const SHOWN: usize = 300;

/// 429s with these codes do not clear by waiting.
const USED_UP: &[&str] = &[
    "insufficient_quota",
    "billing_hard_limit_reached",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
];

/// What is the same for every call of a connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    /// The model.
    pub model: String,
    /// Limit of output tokens.
    pub max_output_tokens: u32,
    /// The limit's name.
    pub token_param: TokenParam,
    /// How the shape is asked for.
    pub structured: Structured,
    /// Sent only when set.
    pub temperature: Option<f64>,
}

/// A request without address and credentials.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpBody {
    /// Path segments below the base URL.
    pub path: &'static [&'static str],
    /// The body, as JSON; copies share it.
    pub json: Bytes,
}

/// Writes the call down.
#[must_use]
pub fn encode(prompt: &Prompt, params: &Params) -> HttpBody {
    let schema = portable_json(&prompt.schema);
    let system = match params.structured {
        Structured::JsonSchema => Cow::Borrowed(prompt.system.as_str()),
        Structured::JsonObject | Structured::None => Cow::Owned(format!(
            "{}\n\nAnswer with one JSON object and nothing else. It must conform to this JSON schema:\n{schema}",
            prompt.system
        )),
    };
    let messages = [Message { role: "system", content: &system }, Message { role: "user", content: &prompt.user }];
    // Put together from what is JSON already: the schema is the longest part of it and always the same.
    let messages = to_json(&messages);
    let mut json = String::with_capacity(messages.len() + schema.len() + FRAME);
    json.push_str(&format!(
        r#"{{"model":{},"messages":{messages},"{}":{}"#,
        to_json(&params.model),
        params.token_param.as_str(),
        params.max_output_tokens
    ));
    match params.structured {
        Structured::JsonSchema => {
            let name = schema_name(prompt.name);
            json.push_str(&format!(
                r#","response_format":{{"type":"json_schema","json_schema":{{"name":"{name}","schema":{schema},"strict":true}}}}"#
            ));
        }
        Structured::JsonObject => json.push_str(r#","response_format":{"type":"json_object"}"#),
        Structured::None => {}
    }
    if let Some(temperature) = params.temperature {
        json.push_str(&format!(r#","temperature":{}"#, to_json(&temperature)));
    }
    json.push('}');
    HttpBody { path: &["chat", "completions"], json: json.into_boxed_str().into_boxed_bytes().into() }
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

/// The texts of the messages that a body holds.
pub fn texts(body: &HttpBody) -> Vec<String> {
    #[derive(Deserialize)]
    struct Sent {
        messages: Vec<Text>,
    }
    #[derive(Deserialize)]
    struct Text {
        content: String,
    }
    let sent = serde_json::from_slice::<Sent>(&body.json);
    sent.map_or_else(|_| Vec::new(), |sent| sent.messages.into_iter().map(|text| text.content).collect())
}

/// At most 64 letters, digits, `_` and `-`.
fn schema_name(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(64).collect();
    if name.is_empty() { "reply".to_owned() } else { name }
}

/// Reads the answer. The text of a completion is one whole JSON object; everything else is an error.
pub fn decode(status: u16, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<Completion, LlmFailure> {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    if !matches!(status, 200..=299) {
        return Err(failure(status, headers, parsed.as_ref(), now).into());
    }
    let Some(answer) = parsed.filter(Value::is_object) else {
        return Err(unreadable(if looks_like_a_page(body) { "a web page; check the base URL" } else { "no JSON" }).into());
    };
    let usage = usage(&answer);
    match reply(&answer, headers, now) {
        Ok(text) => Ok(Completion {
            text,
            model: answer.get("model").and_then(Value::as_str).unwrap_or_default().to_owned(),
            usage: usage.unwrap_or_default(),
        }),
        Err(error) => Err(LlmFailure { error, usage }),
    }
}

/// Where the models are listed, as path segments below the base URL.
pub const MODELS: &[&str] = &["models"];

/// Reads the list of models.
pub fn decode_models(status: u16, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<Vec<String>, LlmError> {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    if !matches!(status, 200..=299) {
        return Err(failure(status, headers, parsed.as_ref(), now));
    }
    let listed = parsed.as_ref().and_then(|answer| answer.get("data")).and_then(Value::as_array);
    let listed = listed.ok_or_else(|| {
        unreadable(if looks_like_a_page(body) {
            "a web page; check the base URL"
        } else {
            "no list of models; check the base URL"
        })
    })?;
    Ok(listed.iter().filter_map(|model| model.get("id")?.as_str()).map(|id| excerpt(id, SHOWN)).collect())
}

/// The JSON object that an answer holds.
fn reply(answer: &Value, headers: &HeaderMap, now: DateTime<Utc>) -> Result<String, LlmError> {
    if answer.get("error").is_some_and(|error| !error.is_null()) {
        return Err(in_band(answer, headers, now));
    }
    let choice = answer.pointer("/choices/0").ok_or_else(|| unreadable("no choices; check the base URL"))?;
    if choice.get("error").is_some_and(|error| !error.is_null()) {
        return Err(in_band(choice, headers, now));
    }
    let text = reply_text(choice)?;
    salvage(&text).map(str::to_owned).ok_or_else(|| unreadable("no whole JSON object in the reply"))
}

/// The text of a choice that is neither refused nor cut.
fn reply_text(choice: &Value) -> Result<String, LlmError> {
    let refusal = choice.pointer("/message/refusal").and_then(Value::as_str);
    let finish = choice.get("finish_reason").and_then(Value::as_str).unwrap_or_default();
    if refusal.is_some_and(|refusal| !refusal.is_empty()) || finish == "content_filter" {
        return Err(LlmError::Refused);
    }
    // Also when there is no text: thinking may have used the whole limit.
    if finish == "length" {
        return Err(LlmError::Truncated);
    }
    if finish == "error" {
        return Err(unreadable("the provider broke the reply off"));
    }
    let text = match choice.pointer("/message/content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(part_text).collect(),
        _ => String::new(),
    };
    if text.trim().is_empty() { Err(unreadable("an empty reply")) } else { Ok(text) }
}

/// Some servers send parts, thoughts among them.
fn part_text(part: &Value) -> Option<&str> {
    let is_text = part.get("type").and_then(Value::as_str).is_none_or(|kind| kind == "text" || kind == "output_text");
    part.get("text").filter(|_| is_text).and_then(Value::as_str)
}

fn usage(answer: &Value) -> Option<Usage> {
    let usage = answer.get("usage").filter(|usage| usage.is_object())?;
    let count = |name: &str| usage.get(name).and_then(Value::as_i64).unwrap_or(0).max(0);
    Some(Usage { input_tokens: count("prompt_tokens"), output_tokens: count("completion_tokens") })
}

/// An error in an answer that calls itself a success, as gateways send it.
fn in_band(answer: &Value, headers: &HeaderMap, now: DateTime<Utc>) -> LlmError {
    let code = answer.pointer("/error/code");
    let number = code.and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    match number.and_then(|number| u16::try_from(number).ok()).filter(|status| (400..=599).contains(status)) {
        Some(status) => failure(status, headers, Some(answer), now),
        None if is_used_up(answer) => LlmError::QuotaExhausted(words(Some(answer))),
        None => unreadable(&format!("an error instead of a reply: {}", words(Some(answer)))),
    }
}

fn failure(status: u16, headers: &HeaderMap, body: Option<&Value>, now: DateTime<Utc>) -> LlmError {
    let wait = retry_after(headers, now);
    match status {
        300..=399 => unreadable(&format!("a redirect, {status}; check the base URL")),
        401 | 403 => LlmError::Unauthorized,
        402 | 503 if wait.is_some() => LlmError::RateLimited { retry_after: wait },
        402 => LlmError::QuotaExhausted(words(body)),
        429 if never_clears(headers, body) => LlmError::QuotaExhausted(words(body)),
        429 => LlmError::RateLimited { retry_after: wait },
        408 | 409 | 425 | 500.. => LlmError::Unavailable(status),
        404 if body.is_none() => {
            LlmError::Rejected { status, message: "there is no such address; check the base URL".to_owned() }
        }
        400..=499 => LlmError::Rejected { status, message: words(body) },
        _ => unreadable(&format!("status {status}")),
    }
}

fn never_clears(headers: &HeaderMap, body: Option<&Value>) -> bool {
    let told_not_to = headers.get("x-should-retry").is_some_and(|value| value.as_bytes() == b"false");
    told_not_to || body.is_some_and(is_used_up)
}

fn is_used_up(body: &Value) -> bool {
    let word = |path: &str| body.pointer(path).and_then(Value::as_str);
    [word("/error/code"), word("/error/type"), word("/code"), word("/type")].iter().flatten().any(|word| USED_UP.contains(word))
}

/// The provider's message and code, wherever it keeps them; never anything it echoes in other fields.
fn words(body: Option<&Value>) -> String {
    let Some(body) = body else { return "it gave no reason".to_owned() };
    let text = |path: &str| body.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let message = text("/error/message").or_else(|| text("/error")).or_else(|| text("/message")).or_else(|| text("/detail"));
    let message = message.or_else(|| text("/detail/0/msg")).unwrap_or("it gave no reason");
    let code = text("/error/code").or_else(|| text("/error/type")).filter(|code| !message.contains(code));
    let code = code.map(|code| format!(" [{}]", excerpt(code, 60))).unwrap_or_default();
    format!("{}{code}", excerpt(message, SHOWN))
}

fn looks_like_a_page(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

fn unreadable(why: &str) -> LlmError {
    LlmError::InvalidReply(why.to_owned())
}

#[cfg(test)]
mod tests;
