//! What leaves the process, as traits. Nothing else is a trait.

mod clock;
mod event_bus;
mod jira;
mod llm;
mod queue;
mod rate_limiter;
mod webhook_sender;

pub use clock::{Clock, SystemClock, TestClock};
pub use event_bus::EventBus;
pub use jira::{Comment, IssueSummary, Jira, JiraError, NewComment, RawIssue, SearchPage};
pub use llm::{Completion, Llm, LlmError, LlmFailure, Prompt, Usage};
pub use queue::{Queue, QueueError};
pub use rate_limiter::{Draw, RateLimiter};
pub use webhook_sender::{Delivered, WebhookError, WebhookRequest, WebhookSender};
