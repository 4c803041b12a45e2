//! The one place that does I/O: limits, time, credentials.

mod long;

use std::fmt;
use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::settings::{ConfigProblem, LlmSettings};
use super::stream::limits::Limits;
use super::stream::receive::{Received, receive};
use super::wire::{HttpBody, Wire};
use crate::adapters::http::{self, Answer, ExchangeError, Secret, Trouble, exchange};
use crate::ports::{LlmError, LlmFailure};

/// A reply of a hundred thousand tokens is far below this.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Time limit of what is no model's work.
const SHORT: Duration = Duration::from_secs(10);

/// A provider's words that share so many bytes with the prompt are not shown.
const ECHO: usize = 40;

/// A connection to a provider.
pub(super) struct Transport {
    client: Client,
    base: Url,
    headers: HeaderMap,
    key: Option<Secret>,
    slots: Semaphore,
    limits: Limits,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("base", &self.base.as_str()).field("key", &self.key).finish_non_exhaustive()
    }
}

impl Transport {
    /// `headers` go with each request: the key, a version.
    pub(super) fn new(settings: &LlmSettings, base: Url, headers: HeaderMap, limits: Limits) -> Result<Self, ConfigProblem> {
        let client = http::client().user_agent(&settings.user_agent).timeout(limits.total).connect_timeout(limits.connect);
        let client = match &settings.guard {
            Some(guard) => guard.over(client, &base),
            None => client,
        };
        let client = client.build().map_err(|error| ConfigProblem::new("JQA_LLM_BASE_URL", error.without_url().to_string()))?;
        let key = settings.key().cloned();
        let slots = Semaphore::new(settings.max_in_flight.clamp(1, Semaphore::MAX_PERMITS));
        Ok(Self { client, base, headers, key, slots, limits })
    }

    /// Where the API begins.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// Sends one call, once: a repeated call is billed twice, so that repetition is for the job to decide.
    pub(super) async fn post(&self, body: &HttpBody) -> Result<Answer, LlmError> {
        let _slot = self.slot().await?;
        let request = self.client.post(self.url(&body.path));
        let request = request.header(CONTENT_TYPE, "application/json").body(body.json.clone());
        self.send(request).await.map_err(|error| self.limits.failed(error))
    }

    /// Sends one call that asks for a stream, once, and reads what comes of it.
    pub(super) async fn post_for_stream(&self, body: &HttpBody, wire: &dyn Wire) -> Result<Received, LlmFailure> {
        let _slot = self.slot().await?;
        let mut url = self.url(&body.path);
        url.set_query(wire.query());
        let request = self.client.post(url).header(CONTENT_TYPE, "application/json").body(body.json.clone());
        let request = request.header(ACCEPT, "text/event-stream, application/json");
        // Who compresses a stream holds events back until there is enough to compress.
        let request = request.header(ACCEPT_ENCODING, "identity").headers(self.headers.clone());
        receive(request, wire, &self.limits, LONGEST_ANSWER).await
    }

    async fn slot(&self) -> Result<SemaphorePermit<'_>, LlmError> {
        self.slots.acquire().await.map_err(|_| LlmError::NoAnswer("the connection is being closed".to_owned()))
    }

    /// Reads what costs nothing and is there at once.
    pub(super) async fn get(&self, path: &[&str]) -> Result<Answer, LlmError> {
        self.send(self.client.get(self.url(path)).timeout(SHORT)).await.map_err(|error| match error.trouble {
            // No setting changes this one.
            Trouble::Timeout => LlmError::NoAnswer(error.message),
            _ => self.limits.failed(error),
        })
    }

    fn url(&self, path: &[impl AsRef<str>]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.iter().map(AsRef::as_ref));
        }
        url
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, ExchangeError> {
        let request = request.header(ACCEPT, "application/json").headers(self.headers.clone());
        exchange(request, LONGEST_ANSWER).await
    }

    /// Providers repeat keys and prompts in their messages; neither may stay in an error.
    pub(super) fn cleaned(&self, error: LlmError, sent: &HttpBody) -> LlmError {
        let prompts = texts(&serde_json::from_slice(&sent.json).unwrap_or_default());
        let is_echo = |text: &str| prompts.iter().any(|prompt| echoes(text, prompt));
        let shown = |text: String| {
            if is_echo(&text) { "its message repeats the prompt and is not shown".to_owned() } else { text }
        };
        self.hidden(reworded(error, shown))
    }

    /// The error without the key.
    pub(super) fn hidden(&self, error: LlmError) -> LlmError {
        reworded(error, |text| self.key.as_ref().map_or(text.clone(), |key| key.hidden_in(&text)))
    }
}

/// What a lost answer is to the caller.
pub(super) fn no_answer(error: ExchangeError) -> LlmError {
    match error.trouble {
        Trouble::TooLong => LlmError::InvalidReply(error.message),
        _ => LlmError::NoAnswer(error.message),
    }
}

/// All texts of a body, but those of its schema.
fn texts(body: &Value) -> Vec<String> {
    match body {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => {
            let schema = |name: &str| matches!(name, "schema" | "responseJsonSchema");
            fields.iter().filter(|(name, _)| !schema(name)).flat_map(|(_, value)| texts(value)).collect()
        }
        _ => Vec::new(),
    }
}

/// The error with the provider's words changed.
fn reworded(error: LlmError, change: impl Fn(String) -> String) -> LlmError {
    match error {
        LlmError::QuotaExhausted(message) => LlmError::QuotaExhausted(change(message)),
        LlmError::Rejected { status, message } => LlmError::Rejected { status, message: change(message) },
        LlmError::InvalidReply(message) => LlmError::InvalidReply(change(message)),
        LlmError::Refused(message) => LlmError::Refused(change(message)),
        LlmError::SchemaRejected(message) => LlmError::SchemaRejected(change(message)),
        LlmError::NoAnswer(message) => LlmError::NoAnswer(change(message)),
        other => other,
    }
}

fn echoes(text: &str, prompt: &str) -> bool {
    let prompt = prompt.as_bytes();
    text.as_bytes().windows(ECHO).any(|piece| prompt.windows(ECHO).any(|other| other == piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_common_piece_is_an_echo_and_a_short_one_is_not() {
        let prompt = format!("{{\"story\":\"{}\"}}", "A customer may pay by invoice when the basket is above 20 EUR.");
        assert!(echoes("invalid value: A customer may pay by invoice when the basket is", &prompt));
        assert!(!echoes("invalid value: A customer may pay", &prompt));
    }
}
