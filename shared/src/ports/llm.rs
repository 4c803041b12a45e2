//! A model that answers a prompt with JSON of a given schema.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::llm_batches::LlmBatches;
use crate::domain::verdict::{Failure, Verdict};

/// One call.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Name of the call: `criteria` or `scenarios`.
    pub name: &'static str,
    /// Instructions: trusted.
    pub system: String,
    /// The story (and accepted criteria) as JSON: untrusted data.
    pub user: String,
    /// JSON schema of the reply; the same one for all calls of a kind, so that what is made of it is made once.
    pub schema: Arc<Value>,
    /// The provider did not take the schema: it stands in the instructions, and the reply is JSON of any form.
    pub without_schema: bool,
    /// The answer before was cut: this one may be longer.
    pub roomier: bool,
}

impl Prompt {
    /// A call as it is made first.
    #[must_use]
    pub fn new(name: &'static str, system: String, user: String, schema: Arc<Value>) -> Self {
        Self { name, system, user, schema, without_schema: false, roomier: false }
    }
}

/// What calls used. Nothing used costs nothing; what cost an unknown price cost an unknown sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Usage {
    /// Tokens in, cached ones included.
    pub input_tokens: i64,
    /// Tokens out, reasoning included.
    pub output_tokens: i64,
    /// Those of the input that came from the provider's cache.
    #[serde(default)]
    pub cached_tokens: i64,
    /// Those of the input that were written to it.
    #[serde(default)]
    pub cache_write_tokens: i64,
    /// Those of the output that nobody sees.
    #[serde(default)]
    pub reasoning_tokens: i64,
    /// What it cost, in nano-dollars (10⁻⁹ USD); `null` where a price is not known.
    #[serde(default)]
    #[schema(required = true)]
    pub cost_nano_usd: Option<i64>,
}

impl Default for Usage {
    fn default() -> Self {
        Self {
            input_tokens: 0,
            output_tokens: 0,
            cached_tokens: 0,
            cache_write_tokens: 0,
            reasoning_tokens: 0,
            cost_nano_usd: Some(0),
        }
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cached_tokens += other.cached_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.reasoning_tokens += other.reasoning_tokens;
        self.cost_nano_usd = self.cost_nano_usd.zip(other.cost_nano_usd).and_then(|(one, other)| one.checked_add(other));
    }
}

/// A reply: whole, not truncated, not refused.
#[derive(Debug, Clone)]
pub struct Completion {
    /// The text of the reply; JSON is parsed and validated by the caller.
    pub text: String,
    /// The model that answered, as the provider named it.
    pub model: String,
    /// What it cost.
    pub usage: Usage,
}

/// A model's ways to fail, by what the caller does about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
pub enum LlmError {
    /// 401, 403.
    #[error("the model provider did not accept the API key; check it (`jqa doctor`)")]
    Unauthorized,
    /// 402, or a 429 that does not clear.
    #[error("the model provider's quota or budget is used up: {0}")]
    QuotaExhausted(String),
    /// 429.
    #[error("the model provider asks to slow down")]
    RateLimited {
        /// How long to wait, when it said so.
        retry_after: Option<Duration>,
    },
    /// 400, 404, 422: wrong model, parameter or schema.
    #[error("the model provider refused the request ({status}): {message}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// Its words, shortened.
        message: String,
    },
    /// The schema alone: the same may be asked without it.
    #[error("the model provider does not take the schema of the reply: {0}")]
    SchemaRejected(String),
    /// 413, or the model reads no more.
    #[error("the story with what belongs to it is longer than the model reads; choose a model that reads more")]
    TooLong,
    /// The model or the provider's filter declined to answer; with its word for why.
    #[error("the model declined to answer ({0})")]
    Refused(String),
    /// The reply was cut at the token limit.
    #[error("the model's reply was cut off at its token limit; raise JQA_LLM_MAX_OUTPUT_TOKENS or choose another model")]
    Truncated,
    /// Not an answer of the API: HTML, broken JSON.
    #[error("the model provider's answer cannot be read: {0}")]
    InvalidReply(String),
    /// 5xx.
    #[error("the model provider answered {0}")]
    Unavailable(u16),
    /// 503, 529: it has too much to do.
    #[error("the model provider is overloaded ({0})")]
    Overloaded(u16),
    /// No answer within the time limit, or no connection.
    #[error("no answer from the model provider: {0}")]
    NoAnswer(String),
    /// Of a call that was given away in a batch: it was not made.
    #[error("the call came back unmade: {0}")]
    NotMade(String),
    /// The same: nobody knows whether it was made.
    #[error("nobody knows what became of the call: {0}")]
    Lost(String),
    /// The same: a person gave it up.
    #[error("an administrator gave up the batch that the call was in; it may have been made")]
    GivenUp,
}

impl LlmError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "llm.unauthorized",
            Self::QuotaExhausted(_) => "llm.quota_exhausted",
            Self::RateLimited { .. } => "llm.rate_limited",
            Self::Rejected { .. } => "llm.rejected",
            Self::SchemaRejected(_) => "llm.schema_rejected",
            Self::TooLong => "llm.too_long",
            Self::Refused(_) => "llm.refused",
            Self::Truncated => "llm.truncated",
            Self::InvalidReply(_) => "llm.invalid_reply",
            Self::Unavailable(_) => "llm.unavailable",
            Self::Overloaded(_) => "llm.overloaded",
            Self::NoAnswer(_) => "llm.no_answer",
            Self::NotMade(_) => "llm.not_made",
            Self::Lost(_) => "llm.batch_lost",
            Self::GivenUp => "llm.batch_given_up",
        }
    }
}

/// Whether a model may have written, and been billed for, what a gateway then failed to pass on.
const fn may_have_worked(status: u16) -> bool {
    matches!(status, 408 | 500 | 502 | 504 | 520..=524 | 598 | 599)
}

impl LlmError {
    /// Whether another provider may do what this one has no room for. A call that may have been carried out is not made twice.
    #[must_use]
    pub const fn is_overload(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Overloaded(_) => true,
            Self::Unavailable(status) => !may_have_worked(*status),
            _ => false,
        }
    }

    /// Whether the provider did no work, so that the call cost nothing.
    #[must_use]
    pub const fn is_free(&self) -> bool {
        match self {
            Self::Unauthorized
            | Self::QuotaExhausted(_)
            | Self::RateLimited { .. }
            | Self::Rejected { .. }
            | Self::SchemaRejected(_)
            | Self::TooLong
            | Self::Overloaded(_)
            | Self::NotMade(_) => true,
            Self::Unavailable(status) => !may_have_worked(*status),
            Self::Refused(_) | Self::Truncated | Self::InvalidReply(_) | Self::NoAnswer(_) | Self::Lost(_) | Self::GivenUp => {
                false
            }
        }
    }
}

/// A call that failed, and what it cost all the same: a reply that was cut or cannot be read is billed too.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct LlmFailure {
    /// What happened.
    pub error: LlmError,
    /// What it cost; `None` when the provider did not say.
    pub usage: Option<Usage>,
}

impl From<LlmError> for LlmFailure {
    fn from(error: LlmError) -> Self {
        Self { error, usage: None }
    }
}

impl From<LlmError> for Failure {
    fn from(error: LlmError) -> Self {
        let verdict = match &error {
            LlmError::Unauthorized
            | LlmError::QuotaExhausted(_)
            | LlmError::Rejected { .. }
            | LlmError::SchemaRejected(_)
            | LlmError::TooLong
            | LlmError::Refused(_)
            | LlmError::Truncated
            | LlmError::GivenUp => Verdict::Fail,
            LlmError::RateLimited { retry_after } => {
                Verdict::Snooze(retry_after.unwrap_or(Duration::from_secs(10)).min(Duration::from_secs(3600)))
            }
            LlmError::InvalidReply(_)
            | LlmError::Unavailable(_)
            | LlmError::Overloaded(_)
            | LlmError::NoAnswer(_)
            | LlmError::NotMade(_)
            | LlmError::Lost(_) => Verdict::Retry,
        };
        Self { verdict, code: error.code(), message: error.to_string() }
    }
}

/// A model.
#[async_trait]
pub trait Llm: Send + Sync + 'static {
    /// Asks once. The prompt is given away, because an answer may take minutes.
    async fn complete(&self, prompt: Prompt) -> Result<Completion, LlmFailure>;

    /// The models that the provider says it has; asking costs nothing.
    async fn models(&self) -> Result<Vec<String>, LlmError>;

    /// Provider name for metrics and records.
    fn provider(&self) -> &'static str;

    /// The model asked for.
    fn model(&self) -> &str;

    /// A hash of all that would be sent, and of where it would be sent to: the same = the same question.
    fn question(&self, prompt: &Prompt) -> String;

    /// What a call costs that uses so much; `None` where no price is known.
    fn cost(&self, usage: Usage) -> Option<i64>;

    /// The most that a call may use and cost: every byte of it a token, and the longest answer.
    fn most(&self, prompt: &Prompt) -> Usage;

    /// Whether a [`Prompt::roomier`] call may answer more than others.
    fn has_more_room(&self) -> bool {
        false
    }

    /// Its batches, where the provider takes them.
    fn batches(&self) -> Option<&dyn LlmBatches> {
        None
    }
}
