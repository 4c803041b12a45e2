//! What a caller asked for; stored with the job as it was accepted.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::issue_key::IssueKey;
use super::language::Language;
use super::publish::{OnConflict, PublishTarget};

super::words::words! {
    /// Whether a person must approve before the job goes on.
    Review {
        /// No.
        None = "none",
        /// Yes.
        Required = "required",
    }
}

/// Which model writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LlmChoice {
    /// Name of a provider, such as `offline` or `openai_compatible`.
    pub provider: String,
    /// A model of that provider; empty or absent = its configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// The request of a job, whatever its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRequest {
    /// The story.
    pub issue_key: IssueKey,
    /// Name of the Jira connection.
    pub connection: String,
    /// Which model writes; `None` = the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub llm: Option<LlmChoice>,
    /// A fixed output language; `None` = the story's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Whether a person must approve.
    pub review: Review,
    /// Where to publish what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publish: Vec<PublishTarget>,
    /// What to do with a section that a person changed.
    #[serde(default)]
    pub on_conflict: OnConflict,
    /// Close what stands in Jira for items that the result does not have any more.
    #[serde(default)]
    pub close_obsolete: bool,
    /// Publish even if the story changed since it was read.
    #[serde(default)]
    pub publish_stale: bool,
    /// A job or history id that holds the criteria (test scenarios) or the result (publication).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Uuid>,
    /// For a publication, the hash of the result it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<String>,
    /// Where to announce the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
    /// Ask the model even if it was asked the same before.
    #[serde(default)]
    pub fresh: bool,
    /// Ask the model by batches of its provider: half the price, answered within a day.
    #[serde(default)]
    pub economy: bool,
    /// Keep what still holds of the latest accepted result, and write only what the story's changes touch.
    #[serde(default)]
    pub delta: bool,
}
