//! Batches: many jobs from one JQL query or list of keys.

use serde::{Deserialize, Serialize};

use super::issue_key::IssueKey;
use super::job::{JobKind, Stage};
use super::language::Language;
use super::publish::{OnConflict, PublishTarget};
use super::request::{JobRequest, LlmChoice, Review};

/// Most jobs of a batch.
pub const MOST_JOBS: u32 = 10_000;

/// Most jobs of a batch at once.
pub const MOST_AT_ONCE: u32 = 256;

super::words::words! {
    /// Where a batch stands.
    BatchStatus {
        /// Its stories are being found; those that are found are worked on.
        Expanding = "expanding",
        /// Its stories are worked on.
        Running = "running",
        /// Nothing new is begun until somebody resumes it.
        Paused = "paused",
        /// Nothing new is begun, and what runs is asked to stop.
        Cancelling = "cancelling",
        /// All jobs are at rest.
        Completed = "completed",
        /// Somebody cancelled it, and nothing runs any more.
        Cancelled = "cancelled",
        /// Its stories could not all be found; those that were are at rest.
        Failed = "failed",
    }
}

impl BatchStatus {
    /// Whether nothing more will happen by itself.
    #[must_use]
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Cancelled | Self::Failed)
    }
}

super::words::words! {
    /// Why a story of a batch has no job.
    Skip {
        /// The latest accepted result of this kind says what the story says.
        Unchanged = "unchanged",
        /// The same story was found before under another key.
        Duplicate = "duplicate",
        /// It does not exist, or the connection's account may not see it.
        NotFound = "not_found",
    }
}

/// Which stories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// Those that a query finds, in its order.
    Jql(String),
    /// These.
    IssueKeys(Vec<IssueKey>),
}

/// What a batch was asked for: its stories, and what each job of it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchRequest {
    /// Which stories.
    pub select: Selection,
    /// Most jobs; what is found beyond is left out.
    pub max_issues: u32,
    /// Make a new result even where the latest accepted one still says what the story says.
    pub force: bool,
    /// Which model writes; `None` = the configured one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub llm: Option<LlmChoice>,
    /// A fixed output language; `None` = each story's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Whether a person must approve each result.
    pub review: Review,
    /// Where to publish what.
    pub publish: Vec<PublishTarget>,
    /// What to do with what a person changed.
    pub on_conflict: OnConflict,
    /// See [`JobRequest::close_obsolete`].
    pub close_obsolete: bool,
    /// See [`JobRequest::fresh`].
    pub fresh: bool,
    /// See [`JobRequest::economy`].
    pub economy: bool,
    /// See [`JobRequest::delta`].
    pub delta: bool,
}

impl BatchRequest {
    /// The request of a job of it.
    #[must_use]
    pub fn of_job(&self, issue_key: IssueKey, connection: &str) -> JobRequest {
        JobRequest {
            issue_key,
            connection: connection.to_owned(),
            llm: self.llm.clone(),
            language: self.language,
            review: self.review,
            publish: self.publish.clone(),
            on_conflict: self.on_conflict,
            close_obsolete: self.close_obsolete,
            publish_stale: false,
            from: None,
            content_hash: None,
            callback_url: None,
            fresh: self.fresh,
            economy: self.economy,
            delta: self.delta,
        }
    }

    /// The first stage of each job.
    #[must_use]
    pub fn first_stage(&self, kind: JobKind) -> Stage {
        let stages = kind.stages(self.review == Review::Required, !self.publish.is_empty());
        stages.first().copied().unwrap_or(Stage::Publish)
    }
}
