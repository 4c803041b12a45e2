//! What became of a call: the same few classes for every provider, told apart by status, code and words of the answer. Each
//! calls for something else to be done (see [`LlmError`]).

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::salvage::salvage;
use super::wire::{Wire, unreadable};
use crate::adapters::http::{excerpt, retry_after};
use crate::ports::{Completion, LlmError, LlmFailure};

/// A provider's words are shown up to this length.
const SHOWN: usize = 300;

/// Codes of an account that has no money or no allowance left: waiting does not help.
const USED_UP: &[&str] = &[
    "insufficient_quota",
    "billing_hard_limit_reached",
    "billing_error",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "enforced_spend_limit_reached",
];

/// The same in words: Anthropic answers 400 to a limit that the customer has set.
const USED_UP_WORDS: &[&str] = &["you have reached your specified api usage limits"];

/// Codes of a service that has too much to do.
const OVERLOADED: &[&str] = &["slow_down", "server_is_overloaded", "overloaded_error"];

/// Codes and words of a prompt that is longer than the model reads.
const TOO_LONG: &[&str] = &[
    "context_length_exceeded",
    "request_too_large",
    "prompt is too long",
    "exceeds the maximum number of tokens",
    "maximum context length",
];

/// Codes and words of a schema that the provider will not enforce.
const SCHEMA_REJECTED: &[&str] = &[
    "invalid_json_schema",
    "too complex for compilation",
    "too many states for serving",
    "response_format",
    "responsejsonschema",
    "response_json_schema",
    "output_config.format",
    "text.format",
];

/// Codes of a prompt that the provider's filter does not let through.
const FILTERED: &[&str] = &["content_filter", "responsibleaipolicyviolation", "content_policy_violation"];

/// Reads an answer. The text of a completion is one whole JSON object; everything else is an error.
pub fn decode(
    wire: &dyn Wire,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Completion, LlmFailure> {
    let answer = whole(status, headers, body, now)?;
    let usage = wire.usage(&answer);
    match reply(wire, &answer, headers, now) {
        Ok(text) => Ok(Completion { text, model: wire.model(&answer).to_owned(), usage: usage.unwrap_or_default() }),
        Err(error) => Err(LlmFailure { error, usage }),
    }
}

/// Reads a list of models.
pub fn decode_models(
    wire: &dyn Wire,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Vec<String>, LlmError> {
    let listed = whole(status, headers, body, now)?;
    let models = wire.models(&listed).ok_or_else(|| unreadable("no list of models; check the base URL"))?;
    Ok(models.iter().map(|id| excerpt(id, SHOWN)).collect())
}

/// The JSON object of a successful answer.
fn whole(status: u16, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<Value, LlmError> {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    if !matches!(status, 200..=299) {
        return Err(failure(status, headers, parsed.as_ref(), now));
    }
    let page = body.trim_ascii_start().first() == Some(&b'<');
    let why = if page { "a web page; check the base URL" } else { "no JSON object; check the base URL" };
    parsed.filter(Value::is_object).ok_or_else(|| unreadable(why))
}

fn reply(wire: &dyn Wire, answer: &Value, headers: &HeaderMap, now: DateTime<Utc>) -> Result<String, LlmError> {
    for place in [Some(answer), answer.pointer("/choices/0")].into_iter().flatten() {
        if place.get("error").is_some_and(|error| !error.is_null()) {
            return Err(in_band(place, headers, now));
        }
    }
    let text = wire.reply(answer)?;
    salvage(&text).map(str::to_owned).ok_or_else(|| unreadable("no whole JSON object in the reply"))
}

/// An error in an answer that calls itself a success, as gateways and Responses send it.
fn in_band(answer: &Value, headers: &HeaderMap, now: DateTime<Utc>) -> LlmError {
    let told = Told::of(Some(answer));
    let number = answer.pointer("/error/code").and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    match number.and_then(|number| u16::try_from(number).ok()).filter(|status| (400..=599).contains(status)) {
        Some(status) => failure(status, headers, Some(answer), now),
        None if told.says(USED_UP) => LlmError::QuotaExhausted(told.words()),
        None if told.says(&["rate_limit_exceeded"]) => LlmError::RateLimited { retry_after: retry_after(headers, now) },
        None if told.says(OVERLOADED) => LlmError::Overloaded(200),
        None if told.says(&["server_error", "api_error"]) => LlmError::Unavailable(500),
        None => unreadable(&format!("an error instead of a reply: {}", told.words())),
    }
}

/// The class of an answer that is no success.
fn failure(status: u16, headers: &HeaderMap, body: Option<&Value>, now: DateTime<Utc>) -> LlmError {
    let told = Told::of(body);
    let wait = retry_after(headers, now).or(told.wait);
    let told_not_to = headers.get("x-should-retry").is_some_and(|value| value.as_bytes() == b"false");
    match status {
        300..=399 => unreadable(&format!("a redirect, {status}; check the base URL")),
        _ if told.says(USED_UP) || told.mentions(USED_UP_WORDS) => LlmError::QuotaExhausted(told.words()),
        401 | 403 => LlmError::Unauthorized,
        402 | 503 if wait.is_some() => LlmError::RateLimited { retry_after: wait },
        402 => LlmError::QuotaExhausted(told.words()),
        429 if told.says(OVERLOADED) && wait.is_none() => LlmError::Overloaded(status),
        429 if told_not_to || (told.is_for_the_day && wait.is_none()) => LlmError::QuotaExhausted(told.words()),
        429 => LlmError::RateLimited { retry_after: wait },
        503 | 529 => LlmError::Overloaded(status),
        408 | 409 | 425 | 500.. => LlmError::Unavailable(status),
        404 if body.is_none() => {
            LlmError::Rejected { status, message: "there is no such address; check the base URL".to_owned() }
        }
        413 => LlmError::TooLong,
        400 | 422 if told.says(TOO_LONG) || told.mentions(TOO_LONG) => LlmError::TooLong,
        400 | 422 if told.says(FILTERED) => LlmError::Refused("content_filter".to_owned()),
        400 | 422 if told.says(SCHEMA_REJECTED) || told.mentions(SCHEMA_REJECTED) => LlmError::SchemaRejected(told.words()),
        400..=499 => LlmError::Rejected { status, message: told.words() },
        _ => unreadable(&format!("status {status}")),
    }
}

/// What an error says of itself, wherever the provider puts it.
#[derive(Debug, Default)]
struct Told {
    message: String,
    codes: Vec<String>,
    wait: Option<Duration>,
    /// A quota of the day is used up (Gemini).
    is_for_the_day: bool,
}

impl Told {
    fn of(body: Option<&Value>) -> Self {
        // Gemini sometimes wraps it into a list of one.
        let Some(body) = body.map(|body| body.get(0).unwrap_or(body)) else { return Self::default() };
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
        let message = ["/error/message", "/error", "/message", "/detail", "/detail/0/msg"].into_iter().find_map(text);
        let codes = [
            "/error/code",
            "/error/type",
            "/error/status",
            "/error/param",
            "/error/details/error_code",
            "/error/innererror/code",
            "/code",
            "/type",
            "/param",
        ];
        let details = body.pointer("/error/details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let violations = details.iter().filter_map(|detail| detail.get("violations")?.as_array()).flatten();
        let quotas: Vec<&str> = violations.filter_map(|violation| violation.get("quotaId")?.as_str()).collect();
        Self {
            message: message.unwrap_or_default().to_owned(),
            codes: codes.into_iter().filter_map(text).map(str::to_owned).collect(),
            wait: details.iter().find_map(|detail| seconds(detail.get("retryDelay")?.as_str()?)),
            is_for_the_day: quotas.iter().any(|id| id.contains("PerDay")),
        }
    }

    fn says(&self, codes: &[&str]) -> bool {
        self.codes.iter().any(|code| codes.iter().any(|known| code.eq_ignore_ascii_case(known)))
    }

    fn mentions(&self, words: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        words.iter().any(|word| message.contains(word))
    }

    /// Its message and first code; never anything that is echoed in other fields.
    fn words(&self) -> String {
        let message = if self.message.is_empty() { "it gave no reason" } else { &self.message };
        let code = self.codes.first().filter(|code| !message.contains(code.as_str()));
        let code = code.map(|code| format!(" [{}]", excerpt(code, 60))).unwrap_or_default();
        format!("{}{code}", excerpt(message, SHOWN))
    }
}

/// `36s`, `1.5s`.
fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.strip_suffix('s')?.parse().ok()?).ok()
}
