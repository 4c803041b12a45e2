//! A model that answers a prompt with JSON of a given schema.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

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
}

/// What a call cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Usage {
    /// Tokens in, cached ones included.
    pub input_tokens: i64,
    /// Tokens out, reasoning included.
    pub output_tokens: i64,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    /// The model declined to answer.
    #[error("the model declined to answer")]
    Refused,
    /// The reply was cut at the token limit.
    #[error("the model's reply was cut off at its token limit; raise JQA_LLM_MAX_OUTPUT_TOKENS or choose another model")]
    Truncated,
    /// Not an answer of the API: HTML, broken JSON.
    #[error("the model provider's answer cannot be read: {0}")]
    InvalidReply(String),
    /// 5xx, 529.
    #[error("the model provider answered {0}")]
    Unavailable(u16),
    /// No answer within the time limit, or no connection.
    #[error("no answer from the model provider: {0}")]
    NoAnswer(String),
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
            Self::Refused => "llm.refused",
            Self::Truncated => "llm.truncated",
            Self::InvalidReply(_) => "llm.invalid_reply",
            Self::Unavailable(_) => "llm.unavailable",
            Self::NoAnswer(_) => "llm.no_answer",
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
            | LlmError::Refused
            | LlmError::Truncated => Verdict::Fail,
            LlmError::RateLimited { retry_after } => {
                Verdict::Snooze(retry_after.unwrap_or(Duration::from_secs(10)).min(Duration::from_secs(3600)))
            }
            LlmError::InvalidReply(_) | LlmError::Unavailable(_) | LlmError::NoAnswer(_) => Verdict::Retry,
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
}
