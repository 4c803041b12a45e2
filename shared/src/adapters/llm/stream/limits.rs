//! How long a call may take, and what is said when it takes longer.

use std::time::Duration;

use crate::adapters::http::{ExchangeError, Trouble};
use crate::adapters::llm::settings::LlmSettings;
use crate::ports::LlmError;

/// See the module.
#[derive(Clone, Copy, Debug)]
pub(in crate::adapters::llm) struct Limits {
    /// Of the connection.
    pub(in crate::adapters::llm) connect: Duration,
    /// Of the first byte of a stream.
    pub(in crate::adapters::llm) first_byte: Duration,
    /// What raises that.
    first_byte_setting: &'static str,
    /// Of the silence after that.
    pub(in crate::adapters::llm) idle: Duration,
    /// Of everything.
    pub(in crate::adapters::llm) total: Duration,
}

impl Limits {
    /// Those of a connection. A provider that is silent while its model thinks is given the time of silence for its first byte,
    /// too.
    pub(in crate::adapters::llm) fn new(settings: &LlmSettings, begins_at_once: bool) -> Self {
        let (first, idle) = (settings.first_byte_timeout, settings.idle_timeout);
        let (first_byte, first_byte_setting) =
            if begins_at_once || first > idle { (first, "JQA_LLM_FIRST_BYTE_TIMEOUT") } else { (idle, "JQA_LLM_IDLE_TIMEOUT") };
        Self { connect: settings.connect_timeout, first_byte, first_byte_setting, idle, total: settings.timeout }
    }

    /// No byte of a stream came.
    pub(super) fn nothing_came(&self) -> LlmError {
        let help = format!("{} raises it, JQA_LLM_STREAM=off asks for no stream", self.first_byte_setting);
        passed("the first byte of the stream", self.first_byte, &help)
    }

    /// A stream fell silent.
    pub(super) fn fell_silent(&self) -> LlmError {
        passed("silence within the stream", self.idle, "JQA_LLM_IDLE_TIMEOUT raises it")
    }

    /// An exchange that failed, in the words of these limits.
    pub(in crate::adapters::llm) fn failed(&self, error: ExchangeError) -> LlmError {
        match error.trouble {
            Trouble::TooLong => LlmError::InvalidReply(error.message),
            Trouble::Timeout => passed("the whole answer", self.total, "JQA_LLM_TIMEOUT raises it"),
            Trouble::ConnectTimeout => LlmError::NoAnswer(format!(
                "no connection within {}, which is a fixed limit; check the address",
                in_words(self.connect)
            )),
            Trouble::Unsendable | Trouble::Connect | Trouble::Broken => LlmError::NoAnswer(error.message),
        }
    }
}

fn passed(what: &str, limit: Duration, help: &str) -> LlmError {
    LlmError::NoAnswer(format!("the time limit of {what} passed, {}; {help}", in_words(limit)))
}

fn in_words(limit: Duration) -> String {
    if limit.subsec_millis() == 0 { format!("{} s", limit.as_secs()) } else { format!("{} ms", limit.as_millis()) }
}
