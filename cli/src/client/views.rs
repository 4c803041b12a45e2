//! What the server answers, as far as the commands look at it; what they do not know is kept and printed with `--json`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::domain::batch::BatchStatus;
use shared::domain::criterion::CriteriaSet;
use shared::domain::diff::PartDiff;
use shared::domain::job::{JobKind, JobStatus, Stage};
use shared::domain::publish::Published;
use shared::domain::scenario::Suite;
use uuid::Uuid;

/// The answer to a login.
#[derive(Deserialize)]
pub(crate) struct LoginView {
    /// Sent with each request.
    pub(crate) access_token: String,
    /// Seconds it is good for.
    pub(crate) expires_in: i64,
    /// What it is renewed with.
    pub(crate) refresh_token: String,
    /// Who is logged in.
    pub(crate) user: UserView,
}

/// A user.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct UserView {
    /// E-mail address.
    pub(crate) email: String,
    /// What others see.
    #[serde(default)]
    pub(crate) name: String,
    /// Role.
    #[serde(default)]
    pub(crate) role: String,
}

/// The answer to a request that made a job.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct AcceptedView {
    /// The job.
    pub(crate) id: Uuid,
    /// Where it stands.
    pub(crate) status: JobStatus,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What a job would send to a model, and does not.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PreviewView {
    /// The provider.
    pub(crate) provider: String,
    /// The model; empty for the drafter.
    pub(crate) model: String,
    /// The calls.
    pub(crate) calls: Vec<PreviewedCall>,
    /// Dollars at most, where prices are known.
    pub(crate) at_most_usd: Option<f64>,
    /// What else is to be known.
    pub(crate) notes: Vec<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A call that is not made.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct PreviewedCall {
    /// For which stage.
    pub(crate) stage: Stage,
    /// Version of the instructions.
    pub(crate) prompt_version: String,
    /// The instructions.
    pub(crate) system: String,
    /// The story, as it is sent.
    pub(crate) user: Value,
    /// Tokens of the input, about.
    pub(crate) input_tokens: i64,
    /// Dollars, about.
    pub(crate) about_usd: Option<f64>,
    /// Dollars at most.
    pub(crate) at_most_usd: Option<f64>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A job.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct JobView {
    /// Its id.
    pub(crate) id: Uuid,
    /// What it makes.
    pub(crate) kind: JobKind,
    /// Where it stands.
    pub(crate) status: JobStatus,
    /// The stages it goes through.
    #[serde(default)]
    pub(crate) stages: Vec<StageView>,
    /// The story.
    pub(crate) issue_key: String,
    /// Tries of the current stage.
    #[serde(default)]
    pub(crate) attempt: i64,
    /// How many there may be.
    #[serde(default)]
    pub(crate) max_attempts: i64,
    /// When it was submitted.
    pub(crate) created_at: DateTime<Utc>,
    /// When it ended.
    #[serde(default)]
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// Whether somebody asked to cancel it.
    #[serde(default)]
    pub(crate) cancel_requested: bool,
    /// Why it failed.
    #[serde(default)]
    pub(crate) error: Option<JobErrorView>,
    /// The hash of its result.
    #[serde(default)]
    pub(crate) content_hash: Option<String>,
    /// What it had published when it ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) published: Vec<Published>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl JobView {
    /// Whether nothing more happens unless a person does something.
    pub(crate) fn is_at_rest(&self) -> bool {
        rests(self.status)
    }

    /// What to look at and to type when it waits for review.
    pub(crate) fn how_to_approve(&self) -> String {
        let changed = self.error.as_ref().is_some_and(|error| error.code == "story.changed");
        let flag = if changed { " --publish-stale" } else { "" };
        format!("`jqa result {id}`, then `jqa jobs approve {id}{flag}`", id = self.id)
    }
}

/// Whether nothing more happens in this state unless a person does something.
pub(crate) fn rests(status: JobStatus) -> bool {
    status.is_ended() || status == JobStatus::AwaitingReview
}

/// A stage of a job.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct StageView {
    /// Which.
    pub(crate) stage: Stage,
    /// `pending`, `running` or `done`.
    pub(crate) state: String,
}

/// Why a job failed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct JobErrorView {
    /// Stable code.
    pub(crate) code: String,
    /// What happened, and what to do.
    pub(crate) message: String,
}

/// A fact about a job. Kinds that this version does not know pass through.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct EventView {
    /// The job.
    pub(crate) job_id: Uuid,
    /// Its number within the job.
    pub(crate) seq: i64,
    /// What happened, `job.stage_stored`.
    pub(crate) kind: String,
    /// When.
    pub(crate) at: DateTime<Utc>,
    /// Details by kind.
    #[serde(default)]
    pub(crate) data: Value,
}

/// What a job made.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct ResultView {
    /// The story it was made for.
    pub(crate) story: ResultStoryView,
    /// Names exactly this result.
    pub(crate) content_hash: String,
    /// The criteria.
    #[serde(default)]
    pub(crate) criteria: Option<CriteriaSet>,
    /// The scenarios.
    #[serde(default)]
    pub(crate) suite: Option<Suite>,
    /// What was written to Jira.
    #[serde(default)]
    pub(crate) published: Vec<Published>,
    /// Whether it is out of date.
    #[serde(default)]
    pub(crate) suspect: Option<SuspectView>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// What of its story a result does not rest on any more.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct SuspectView {
    /// When that was noticed.
    pub(crate) since: DateTime<Utc>,
    /// The parts that came, went or changed.
    #[serde(default)]
    pub(crate) parts: Vec<PartDiff>,
}

/// A result in the history.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct HistoryView {
    /// The job that made it.
    pub(crate) job_id: Uuid,
    /// The story.
    pub(crate) issue_key: String,
    /// What it is.
    pub(crate) kind: JobKind,
    /// Its number among those of the story.
    pub(crate) version: i64,
    /// Whether it is out of date.
    #[serde(default)]
    pub(crate) suspect: Option<SuspectView>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The story of a result.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct ResultStoryView {
    /// Its key.
    pub(crate) key: String,
    /// Its summary.
    #[serde(default)]
    pub(crate) summary: String,
    /// Its language.
    #[serde(default)]
    pub(crate) language: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// An API key.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ApiKeyView {
    /// Its id.
    pub(crate) id: Uuid,
    /// What it is for.
    pub(crate) name: String,
    /// How it begins.
    pub(crate) prefix: String,
    /// What it may be used for.
    #[serde(default)]
    pub(crate) permissions: Vec<String>,
    /// When it ends.
    pub(crate) expires_at: Option<DateTime<Utc>>,
    /// When it was used.
    pub(crate) last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub(crate) revoked_at: Option<DateTime<Utc>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// An API key that was just made.
#[derive(Deserialize, Serialize)]
pub(crate) struct CreatedApiKeyView {
    /// The key itself.
    pub(crate) key: String,
    #[serde(flatten)]
    pub(crate) about: ApiKeyView,
}

/// A webhook endpoint.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct WebhookView {
    /// Its id.
    pub(crate) id: Uuid,
    /// What it is for.
    pub(crate) name: String,
    /// Where to.
    pub(crate) url: String,
    /// What it is told.
    pub(crate) events: Vec<String>,
    /// Whether it is told anything.
    pub(crate) enabled: bool,
    /// Why not, if that was no person.
    pub(crate) disabled_why: Option<String>,
    /// Since when it took nothing.
    pub(crate) failing_since: Option<DateTime<Utc>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Webhook endpoints.
#[derive(Debug, Deserialize)]
pub(crate) struct WebhooksView {
    /// All of them.
    pub(crate) items: Vec<WebhookView>,
}

/// A webhook endpoint and its secret.
#[derive(Deserialize, Serialize)]
pub(crate) struct WebhookWithSecretView {
    /// `whsec_…`.
    pub(crate) secret: String,
    #[serde(flatten)]
    pub(crate) about: WebhookView,
}

/// A message that is on its way.
#[derive(Debug, Deserialize)]
pub(crate) struct SentView {
    /// The delivery.
    pub(crate) id: Uuid,
}

/// Messages that are on their way again.
#[derive(Debug, Deserialize)]
pub(crate) struct SentAgainView {
    /// How many.
    pub(crate) count: u64,
}

/// A message to an endpoint.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct DeliveryView {
    /// Its id.
    pub(crate) id: Uuid,
    /// What it tells.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// Where it stands.
    pub(crate) status: String,
    /// Tries made.
    pub(crate) attempts: u32,
    /// When it is tried again.
    pub(crate) next_try_at: Option<DateTime<Utc>>,
    /// When it was last tried.
    pub(crate) tried_at: Option<DateTime<Utc>>,
    /// HTTP status of the last try.
    pub(crate) last_status: Option<u16>,
    /// Why it did not succeed.
    pub(crate) last_error: Option<String>,
    /// How the last answer began.
    pub(crate) last_answer: Option<String>,
    /// When it was made.
    pub(crate) created_at: DateTime<Utc>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A batch of stories.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct BatchView {
    /// Its id.
    pub(crate) id: Uuid,
    /// Where it stands.
    pub(crate) status: BatchStatus,
    /// The query, unless the stories were listed.
    pub(crate) jql: Option<String>,
    /// Most jobs.
    pub(crate) max_issues: u32,
    /// Whether there were more.
    pub(crate) has_more: bool,
    /// How many stories are where.
    pub(crate) counts: BatchCountsView,
    /// What the calls have cost.
    pub(crate) cost_usd: f64,
    /// Why it paused by itself.
    pub(crate) pause_code: Option<String>,
    /// Why not all stories could be found.
    pub(crate) error: Option<JobErrorView>,
    /// When it was made.
    pub(crate) created_at: DateTime<Utc>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// How many stories are where, by the words of the server.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct BatchCountsView {
    /// Jobs by status.
    pub(crate) jobs: BTreeMap<String, u64>,
    /// Stories without a job, by reason.
    pub(crate) skipped: BTreeMap<String, u64>,
}

impl BatchView {
    /// Jobs of a status.
    pub(crate) fn count(&self, status: &str) -> u64 {
        self.counts.jobs.get(status).copied().unwrap_or(0)
    }

    /// All jobs.
    pub(crate) fn jobs(&self) -> u64 {
        self.counts.jobs.values().sum()
    }

    /// Jobs that do not go on by themselves.
    pub(crate) fn at_rest(&self) -> u64 {
        ["succeeded", "failed", "cancelled", "awaiting_review"].iter().map(|status| self.count(status)).sum()
    }

    /// Stories without a job.
    pub(crate) fn skipped(&self) -> u64 {
        self.counts.skipped.values().sum()
    }
}

/// A story of a batch.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct BatchItemView {
    /// Its place.
    pub(crate) number: i64,
    /// Its key.
    pub(crate) issue_key: String,
    /// Its job.
    pub(crate) job_id: Option<Uuid>,
    /// Where that stands.
    pub(crate) status: Option<JobStatus>,
    /// Why it has none.
    pub(crate) skip: Option<String>,
    /// Of one that is unchanged: since when there is a result.
    pub(crate) since: Option<DateTime<Utc>>,
    /// The last failure.
    pub(crate) error: Option<JobErrorView>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A batch at a provider of models.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ProviderBatchView {
    /// Its id.
    pub(crate) id: Uuid,
    /// Where it is.
    pub(crate) state: String,
    /// Name of the model connection.
    pub(crate) connection: String,
    /// The model.
    pub(crate) model: String,
    /// Calls in it.
    pub(crate) calls: i64,
    /// Those that have no answer yet.
    pub(crate) unanswered: i64,
    /// Its id at the provider.
    pub(crate) remote_id: Option<String>,
    /// Ids at the provider of which one may be it.
    #[serde(default)]
    pub(crate) candidates: Vec<String>,
    /// When it was made.
    pub(crate) created_at: DateTime<Utc>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct PageView<T> {
    /// The entries.
    pub(crate) items: Vec<T>,
    /// Leads to the next page.
    #[serde(default)]
    pub(crate) next_cursor: Option<String>,
}
