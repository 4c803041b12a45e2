//! What becomes of a stage that did not succeed.

use std::time::Duration;

/// Retry, later, or never: decided by type, never by reading a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try again after a back-off; counts an attempt.
    Retry,
    /// Try again after this long; counts nothing.
    Snooze(Duration),
    /// Give up.
    Fail,
}

/// A failure as it is stored, shown and counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Failure {
    /// What becomes of the stage.
    pub verdict: Verdict,
    /// Stable code, `area.reason`.
    pub code: &'static str,
    /// What happened, to what, and what to do. Never a secret, a prompt or a story's text.
    pub message: String,
}

impl Failure {
    /// A failure that another try may mend.
    pub fn retry(code: &'static str, message: impl Into<String>) -> Self {
        Self { verdict: Verdict::Retry, code, message: message.into() }
    }

    /// A failure that goes away by waiting.
    pub fn snooze(after: Duration, code: &'static str, message: impl Into<String>) -> Self {
        Self { verdict: Verdict::Snooze(after), code, message: message.into() }
    }

    /// A failure that stays.
    pub fn fail(code: &'static str, message: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, code, message: message.into() }
    }
}
