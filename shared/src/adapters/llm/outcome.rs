//! What became of a call: the same few classes for every provider, told apart by status, code and words of the answer. Each
//! calls for something else to be done (see [`LlmError`]).

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::salvage::salvage;
use super::wire::{Wire, unreadable};
use crate::adapters::http::{Answer, excerpt, retry_after};
use crate::ports::{Completion, LlmError, LlmFailure, Usage};

/// What was used where the provider does not say it: nobody knows the cost.
const UNTOLD: Usage = Usage {
    input_tokens: 0,
    output_tokens: 0,
    cached_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    cost_nano_usd: None,
};

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

/// Codes of errors within a success or a stream, and the status that they have as answers of their own; the closest first.
const TWINS: &[(&str, u16)] = &[
    ("context_length_exceeded", 400),
    ("rate_limit_exceeded", 429),
    ("rate_limit_error", 429),
    ("slow_down", 503),
    ("server_is_overloaded", 503),
    ("overloaded_error", 529),
    ("timeout_error", 504),
    ("server_error", 500),
    ("api_error", 500),
    ("authentication_error", 401),
    ("permission_error", 403),
    ("not_found_error", 404),
    ("request_too_large", 413),
    ("invalid_json_schema", 400),
    ("invalid_prompt", 400),
    ("invalid_request_error", 400),
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
    decode_object(wire, &whole(status, headers, body, now)?, headers, now)
}

/// Reads the JSON object of an answer that calls itself a success.
pub fn decode_object(wire: &dyn Wire, answer: &Value, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Completion, LlmFailure> {
    completion(wire, answer, headers, now, Told::of)
}

/// Reads an answer that did not come by itself, such as a line of a batch. What it was asked is not at hand, so that its words
/// might repeat a story unnoticed: errors tell its codes alone.
pub(super) fn decode_line(wire: &dyn Wire, status: u16, answer: &Value, now: DateTime<Utc>) -> Result<Completion, LlmFailure> {
    let headers = HeaderMap::new();
    if !matches!(status, 200..=299) {
        return Err(failure(status, &headers, &Told::in_codes(Some(answer)), now).into());
    }
    completion(wire, answer, &headers, now, Told::in_codes)
}

/// Reads the JSON object of an answer that is no model's. Words of the provider are told only where they cannot repeat a story.
pub(super) fn object_of(answer: &Answer, shows_words: bool, now: DateTime<Utc>) -> Result<Value, LlmError> {
    let tell = if shows_words { Told::of } else { Told::in_codes };
    told_whole(answer.status, &answer.headers, &answer.body, now, tell)
}

fn completion(
    wire: &dyn Wire,
    answer: &Value,
    headers: &HeaderMap,
    now: DateTime<Utc>,
    tell: Tell,
) -> Result<Completion, LlmFailure> {
    let usage = wire.usage(answer);
    match reply(wire, answer, headers, now, tell) {
        Ok(text) => Ok(Completion { text, model: wire.model(answer).to_owned(), usage: usage.unwrap_or(UNTOLD) }),
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
    told_whole(status, headers, body, now, Told::of)
}

fn told_whole(status: u16, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>, tell: Tell) -> Result<Value, LlmError> {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    if !matches!(status, 200..=299) {
        return Err(failure(status, headers, &tell(parsed.as_ref()), now));
    }
    let page = body.trim_ascii_start().first() == Some(&b'<');
    let why = if page { "a web page; check the base URL" } else { "no JSON object; check the base URL" };
    parsed.filter(Value::is_object).ok_or_else(|| unreadable(why))
}

fn reply(wire: &dyn Wire, answer: &Value, headers: &HeaderMap, now: DateTime<Utc>, tell: Tell) -> Result<String, LlmError> {
    for place in [Some(answer), answer.pointer("/choices/0")].into_iter().flatten() {
        if place.get("error").is_some_and(|error| !error.is_null()) {
            return Err(in_band(place, &tell(Some(place)), headers, now));
        }
    }
    let text = wire.reply(answer)?;
    salvage(&text).map(str::to_owned).ok_or_else(|| unreadable("no whole JSON object in the reply"))
}

/// An error in an answer that calls itself a success, as gateways and Responses send it.
fn in_band(answer: &Value, told: &Told, headers: &HeaderMap, now: DateTime<Utc>) -> LlmError {
    let number = answer.pointer("/error/code").and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    match number.and_then(|number| u16::try_from(number).ok()).filter(|status| (400..=599).contains(status)) {
        Some(status) => failure(status, headers, told, now),
        None if told.says(USED_UP) => LlmError::QuotaExhausted(told.words()),
        None => match TWINS.iter().find(|(code, _)| told.says(&[code])) {
            Some((_, status)) => failure(*status, headers, told, now),
            None => unreadable(&format!("an error instead of a reply: {}", told.words())),
        },
    }
}

/// The class of an answer that is no success.
fn failure(status: u16, headers: &HeaderMap, told: &Told, now: DateTime<Utc>) -> LlmError {
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
        404 if told.nothing => LlmError::Rejected { status, message: "there is no such address; check the base URL".to_owned() },
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
    /// There was no JSON to tell anything.
    nothing: bool,
    /// Its message is for us to judge by, and not to be shown.
    only_codes: bool,
}

/// How an error is read: [`Told::of`] or [`Told::in_codes`].
type Tell = fn(Option<&Value>) -> Told;

impl Told {
    fn of(body: Option<&Value>) -> Self {
        // Gemini sometimes wraps it into a list of one.
        let Some(body) = body.map(|body| body.get(0).unwrap_or(body)) else {
            return Self { nothing: true, ..Self::default() };
        };
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
            nothing: false,
            only_codes: false,
        }
    }

    fn in_codes(body: Option<&Value>) -> Self {
        Self { only_codes: true, ..Self::of(body) }
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
        let message = match self.message.as_str() {
            "" => "it gave no reason",
            _ if self.only_codes => "its message may repeat the story and is not shown",
            message => message,
        };
        let code = self.codes.first().filter(|code| !message.contains(code.as_str()));
        let code = code.map(|code| format!(" [{}]", excerpt(code, 60))).unwrap_or_default();
        format!("{}{code}", excerpt(message, SHOWN))
    }
}

/// `36s`, `1.5s`.
fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.strip_suffix('s')?.parse().ok()?).ok()
}
