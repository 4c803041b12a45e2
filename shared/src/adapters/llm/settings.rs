//! What a connection to a model needs.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::models::{Effort, Models};
use crate::adapters::http::{Secret, USER_AGENT};
use crate::adapters::webhook::Guard;
use crate::domain::story::sha256_hex;

/// The version of Anthropic's API that is asked for unless the settings say otherwise.
pub(super) const ANTHROPIC_VERSION: &str = "2026-10-21";

/// How the provider is told the shape of the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Structured {
    /// `response_format: json_schema`, strict: the provider enforces the schema.
    #[default]
    JsonSchema,
    /// `response_format: json_object`; the schema stands in the instructions.
    JsonObject,
    /// Nothing is asked of the provider; the schema stands in the instructions.
    None,
}

/// The name under which the limit of output tokens is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenParam {
    /// `max_tokens`: almost every compatible server.
    #[default]
    MaxTokens,
    /// `max_completion_tokens`: OpenAI's reasoning models, which refuse the other.
    MaxCompletionTokens,
}

/// Whether answers are asked for as streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamMode {
    /// Of providers and servers that are known to stream.
    #[default]
    Auto,
    /// Of whoever it is.
    On,
    /// Of nobody.
    Off,
}

impl StreamMode {
    /// Their names.
    pub const ALL: &[&str] = &["auto", "on", "off"];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

impl FromStr for StreamMode {
    type Err = ConfigProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err(ConfigProblem::new("JQA_LLM_STREAM", "one of auto, on, off is expected")),
        }
    }
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {message}")]
pub struct ConfigProblem {
    /// The setting's name.
    pub setting: &'static str,
    /// What is wrong with it and what would be right.
    pub message: String,
}

impl ConfigProblem {
    pub(super) fn new(setting: &'static str, message: impl Into<String>) -> Self {
        Self { setting, message: message.into() }
    }
}

impl FromStr for Structured {
    type Err = ConfigProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json_schema" => Ok(Self::JsonSchema),
            "json_object" => Ok(Self::JsonObject),
            "none" => Ok(Self::None),
            _ => Err(ConfigProblem::new("JQA_LLM_STRUCTURED", "one of json_schema, json_object, none is expected")),
        }
    }
}

impl FromStr for TokenParam {
    type Err = ConfigProblem;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "max_tokens" => Ok(Self::MaxTokens),
            "max_completion_tokens" => Ok(Self::MaxCompletionTokens),
            _ => Err(ConfigProblem::new("JQA_LLM_TOKEN_PARAM", "max_tokens or max_completion_tokens is expected")),
        }
    }
}

impl TokenParam {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

/// Settings of one connection.
#[derive(Clone, Debug)]
pub struct LlmSettings {
    /// Name of a provider in [`PROVIDERS`](super::PROVIDERS).
    pub provider: String,
    /// Where its API begins, such as `http://localhost:11434/v1`.
    pub base_url: Option<Url>,
    /// The key; local servers need none.
    pub api_key: Option<Secret>,
    /// The model; `None` = the provider's default, where it has one.
    pub model: Option<String>,
    /// Time limit of one call; long, because models think.
    pub timeout: Duration,
    /// Time limit of the connection.
    pub connect_timeout: Duration,
    /// Time limit of the first byte of a stream, where the provider says something before its model has thought.
    pub first_byte_timeout: Duration,
    /// Time limit of silence within a stream; before it, too, where the provider is silent while its model thinks.
    pub idle_timeout: Duration,
    /// Whether answers are asked for as streams.
    pub stream: StreamMode,
    /// How many calls may be under way at once.
    pub max_in_flight: usize,
    /// Limit of output tokens; reasoning counts.
    pub max_output_tokens: u32,
    /// How the shape of the reply is asked for.
    pub structured: Structured,
    /// The name of the token limit on Chat Completions; `None` = what the server is known to take.
    pub token_param: Option<TokenParam>,
    /// Sent only when set, and to models that take it.
    pub temperature: Option<f64>,
    /// How much the model should think; `None` = as it does by itself.
    pub effort: Option<Effort>,
    /// Name of a server of Chat Completions ([`SERVERS`](super::servers::SERVERS)); `None` = known by its address.
    pub server: Option<String>,
    /// The version of Anthropic's API.
    pub anthropic_version: String,
    /// What is known of models.
    pub models: Arc<Models>,
    /// How we name ourselves.
    pub user_agent: String,
    /// What keeps the calls to allowed addresses, where the address is not the operator's own.
    pub guard: Option<Guard>,
}

impl LlmSettings {
    /// The account at the provider, as a name that tells nothing of its key: connections with the same address and key are
    /// one account.
    #[must_use]
    pub fn account(&self) -> String {
        let address = self.base_url.as_ref().map_or(self.provider.as_str(), Url::as_str);
        let key = self.api_key.as_ref().map_or("", Secret::expose);
        sha256_hex(format!("{address}\n{key}").as_bytes())[..16].to_owned()
    }

    /// Settings with the usual limits.
    #[must_use]
    pub fn new(provider: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            base_url: None,
            api_key: None,
            model: None,
            timeout: Duration::from_secs(300),
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(180),
            stream: StreamMode::default(),
            max_in_flight: 4,
            max_output_tokens: 16_384,
            structured: Structured::default(),
            token_param: None,
            temperature: None,
            effort: None,
            server: None,
            anthropic_version: ANTHROPIC_VERSION.to_owned(),
            models: Models::ours(),
            user_agent: USER_AGENT.to_owned(),
            guard: None,
        }
    }

    /// The key, if there is one.
    pub(super) fn key(&self) -> Option<&Secret> {
        self.api_key.as_ref().filter(|key| !key.is_empty())
    }
}
