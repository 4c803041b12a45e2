//! What leaves the process, as traits. Nothing else is a trait.

mod clock;
mod event_bus;
mod items;
mod jira;
mod llm;
mod llm_batches;
mod pacer;
mod queue;
mod rate_limiter;
mod webhook_sender;

pub use clock::{Clock, SystemClock, TestClock};
pub use event_bus::EventBus;
pub use items::{Closing, Form, ItemStory, ItemText, Items, Mark, Standing, Survey};
pub use jira::{
    Ability, Comment, FieldInfo, IssueSummary, Jira, JiraError, NewComment, ProjectFields, RawIssue, SearchPage, TypeFields,
};
pub use llm::{Completion, Llm, LlmError, LlmFailure, Prompt, Usage};
pub use llm_batches::{
    BatchError, BatchInput, BatchLimits, BatchLine, BatchRef, BatchRequest, BatchState, Found, LlmBatches, Stray, Unanswered,
    UploadRef,
};
pub use pacer::{Pacer, Turn};
pub use queue::{Queue, QueueError};
pub use rate_limiter::{Draw, RateLimiter};
pub use webhook_sender::{Delivered, WebhookError, WebhookRequest, WebhookSender};
