//! What each provider's file holds: pure functions from a prompt to a body, and from an answer to a reply.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::models::Effort;
use super::schema::portable_json;
use super::servers::Server;
use super::settings::{ANTHROPIC_VERSION, Structured, TokenParam};
use super::stream::Streams;
use crate::adapters::http::Secret;
use crate::ports::{LlmError, Prompt, Usage};

/// What is the same for every call of a connection: only what may be sent to its model.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The model.
    pub model: String,
    /// Limit of output tokens, thinking included.
    pub max_output_tokens: u32,
    /// What it may be raised to when an answer was cut; the same = nothing.
    pub most_output_tokens: u32,
    /// How the shape is asked for.
    pub structured: Structured,
    /// Where the model takes it.
    pub temperature: Option<f64>,
    /// Where the model takes it.
    pub effort: Option<Effort>,
    /// The limit's name on Chat Completions.
    pub token_param: TokenParam,
    /// What a server of Chat Completions wants besides.
    pub server: &'static Server,
    /// The version of Anthropic's API.
    pub anthropic_version: String,
}

impl Ask {
    /// What may be sent to any model: nothing that need not be.
    #[must_use]
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            max_output_tokens: 16_384,
            most_output_tokens: 32_768,
            structured: Structured::default(),
            temperature: None,
            effort: None,
            token_param: TokenParam::default(),
            server: Server::other(),
            anthropic_version: ANTHROPIC_VERSION.to_owned(),
        }
    }

    /// The limit of output tokens for a prompt.
    pub(super) fn room_for(&self, prompt: &Prompt) -> u32 {
        if prompt.roomier { self.most_output_tokens } else { self.max_output_tokens }
    }

    /// How the shape is asked for in a prompt.
    pub(super) fn form_of(&self, prompt: &Prompt) -> Structured {
        match self.structured {
            Structured::JsonSchema if prompt.without_schema => Structured::JsonObject,
            form => form,
        }
    }
}

/// A request without address and credentials.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpBody {
    /// Path segments below the base URL.
    pub path: Vec<Cow<'static, str>>,
    /// The body, as JSON; copies share it.
    pub json: Bytes,
}

/// What a provider speaks.
pub trait Wire: Streams + fmt::Debug + Send + Sync + 'static {
    /// Writes a call down.
    fn encode(&self, prompt: &Prompt, ask: &Ask) -> HttpBody;

    /// What goes with each request: the key, a version.
    fn headers(&self, key: Option<&Secret>, ask: &Ask) -> HeaderMap;

    /// The text of an answer that is neither refused nor cut nor empty.
    fn reply(&self, answer: &Value) -> Result<String, LlmError>;

    /// What the call cost, if it says so.
    fn usage(&self, answer: &Value) -> Option<Usage>;

    /// The model that answered, as the provider names it.
    fn model<'a>(&self, answer: &'a Value) -> &'a str {
        text(answer, "/model")
    }

    /// The models in an answer to a request for them (`GET models`).
    fn models(&self, listed: &Value) -> Option<Vec<String>> {
        let ids = listed.get("data")?.as_array()?.iter().filter_map(|model| model.get("id")?.as_str());
        Some(ids.map(str::to_owned).collect())
    }
}

/// The instructions; with the schema in them where it does not go over the wire.
pub(super) fn system<'a>(prompt: &'a Prompt, form: Structured) -> Cow<'a, str> {
    match form {
        Structured::JsonSchema => Cow::Borrowed(&prompt.system),
        Structured::JsonObject | Structured::None => Cow::Owned(format!(
            "{}\n\nAnswer with one JSON object and nothing else. It must conform to this JSON schema:\n{}",
            prompt.system,
            portable_json(&prompt.schema)
        )),
    }
}

/// At most 64 letters, digits, `_` and `-`.
pub(super) fn schema_name(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(64).collect();
    if name.is_empty() { "reply".to_owned() } else { name }
}

/// A key as a header that no log shows.
pub(super) fn secret_header(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // A key that is no header value was refused with the settings.
    if let Ok(mut value) = HeaderValue::from_str(value) {
        value.set_sensitive(true);
        headers.insert(name, value);
    }
}

/// `Authorization: Bearer …`.
pub(super) fn bearer(key: Option<&Secret>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(key) = key {
        secret_header(&mut headers, AUTHORIZATION, &format!("Bearer {}", key.expose()));
    }
    headers
}

/// A text in an answer; empty where there is none.
pub(super) fn text<'a>(answer: &'a Value, path: &str) -> &'a str {
    answer.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// A count in an answer; zero where there is none.
pub(super) fn count(answer: &Value, path: &str) -> i64 {
    answer.pointer(path).and_then(Value::as_i64).unwrap_or(0).max(0)
}

/// An answer that cannot be used, and why.
pub(super) fn unreadable(why: &str) -> LlmError {
    LlmError::InvalidReply(why.to_owned())
}

/// A reply's text, unless there is none.
pub(super) fn some_text(text: String) -> Result<String, LlmError> {
    if text.trim().is_empty() { Err(unreadable("an empty reply")) } else { Ok(text) }
}
