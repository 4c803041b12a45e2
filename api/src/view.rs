//! What goes out: jobs and the addresses around them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use shared::domain::job::{JobKind, JobStatus, Lane, Stage};
use shared::domain::provider_batch::waits_for_batch;
use shared::domain::publish::Published;
use shared::domain::request::Review;
use shared::store::StoreError;
use shared::store::job::Job;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where to go from a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Links {
    /// The job; `?wait=30s` waits for its end.
    #[serde(rename = "self")]
    pub this: String,
    /// Its events as a stream.
    pub events: String,
    /// Its result.
    pub result: String,
    /// `POST` here to cancel it.
    pub cancel: String,
}

impl Links {
    /// The addresses of a job.
    #[must_use]
    pub fn of(id: Uuid) -> Self {
        let this = job_path(id);
        Self { events: format!("{this}/events"), result: format!("{this}/result"), cancel: format!("{this}/cancel"), this }
    }
}

/// The path of a job.
#[must_use]
pub fn job_path(id: Uuid) -> String {
    format!("/api/v1/jobs/{id}")
}

/// A request that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Accepted {
    /// The job.
    pub id: Uuid,
    /// `queued`.
    pub status: JobStatus,
    /// Where to go from here.
    pub links: Links,
}

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StageState {
    /// Not begun, or to be begun again.
    Pending,
    /// Under way; a review runs while it waits for a person.
    Running,
    /// Stored.
    Done,
}

/// A stage of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct StageView {
    /// Which one.
    pub stage: Stage,
    /// Where it stands.
    pub state: StageState,
}

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Progress {
    /// Stages that are stored.
    pub done: usize,
    /// All stages.
    pub total: usize,
}

/// The last failure of a job: final when the job failed, otherwise the reason for another try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobFailure {
    /// Stable code.
    pub code: String,
    /// What happened, to what, and what to do.
    pub message: String,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Job)]
pub struct JobView {
    /// UUIDv7.
    pub id: Uuid,
    /// What it makes.
    pub kind: JobKind,
    /// Where it stands.
    pub status: JobStatus,
    /// The stage that runs, or runs next.
    pub stage: Stage,
    /// All its stages.
    pub stages: Vec<StageView>,
    /// The story.
    pub issue_key: String,
    /// Name of the Jira connection.
    pub connection: String,
    /// Who asked.
    pub owner_id: Uuid,
    /// Its queue.
    pub lane: Lane,
    /// Higher first.
    pub priority: i32,
    /// Tries of the current stage that will be repeated.
    pub attempt: i32,
    /// Limit of `attempt`.
    pub max_attempts: i32,
    /// What it waits for that is neither a slot nor a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_on: Option<WaitingOn>,
    /// Not before.
    pub due_at: String,
    /// When it fails for good; waiting for a person does not count.
    pub deadline_at: String,
    /// Accepted.
    pub created_at: String,
    /// First begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// Last changed.
    pub updated_at: String,
    /// Ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Whether somebody asked to cancel it while it was running.
    pub cancel_requested: bool,
    /// The last failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<JobFailure>,
    /// Hash of the result, once there is one; `approve` is bound to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<String>,
    /// The history entry of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history_id: Option<Uuid>,
    /// What a job published that succeeded or, by then, was cancelled; one for each target. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Vec<Published>>,
    /// How far it is.
    pub progress: Progress,
    /// Where to go from here.
    pub links: Links,
}

impl JobView {
    /// A row as callers see it.
    pub fn of(row: &Job) -> Result<Self, StoreError> {
        let (kind, status, stage): (JobKind, JobStatus, Stage) =
            (word(row, &row.kind)?, word(row, &row.status)?, word(row, &row.stage)?);
        let stages = stages(row, kind, status, stage);
        let done = stages.iter().filter(|view| view.state == StageState::Done).count();
        Ok(Self {
            id: row.id,
            kind,
            status,
            stage,
            progress: Progress { done, total: stages.len() },
            stages,
            issue_key: row.issue_key.clone(),
            connection: row.connection.clone(),
            owner_id: row.owner_id,
            lane: word(row, &row.lane)?,
            priority: row.priority,
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            waiting_on: waiting_on(row),
            due_at: rfc3339(row.due_at),
            deadline_at: rfc3339(row.deadline_at),
            created_at: rfc3339(row.created_at),
            started_at: row.started_at.map(rfc3339),
            updated_at: rfc3339(row.updated_at),
            ended_at: row.ended_at.map(rfc3339),
            cancel_requested: row.cancel_requested_at.is_some(),
            error: row.error_code.clone().map(|code| JobFailure { code, message: row.error_message.clone().unwrap_or_default() }),
            content_hash: row.content_hash.clone(),
            history_id: row.history_id,
            published: None,
            links: Links::of(row.id),
        })
    }
}

/// What a job waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitingOn {
    /// A batch of the model's provider.
    ProviderBatch,
}

fn waiting_on(row: &Job) -> Option<WaitingOn> {
    let waits = row.status == JobStatus::Queued.as_str() && row.error_code.as_deref().is_some_and(waits_for_batch);
    waits.then_some(WaitingOn::ProviderBatch)
}

/// A word of a row.
pub fn word<T: std::str::FromStr<Err: std::fmt::Display>>(row: &Job, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|error| StoreError::Bug(format!("job {}: {error}", row.id)))
}

/// Epoch milliseconds as RFC 3339 in UTC.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The part of a request that decides about the stages.
#[derive(Deserialize)]
struct Asked {
    review: Review,
    #[serde(default)]
    publish: Vec<serde::de::IgnoredAny>,
}

fn stages(row: &Job, kind: JobKind, status: JobStatus, current: Stage) -> Vec<StageView> {
    let asked = serde_json::from_str(&row.request).unwrap_or(Asked { review: Review::None, publish: Vec::new() });
    let all = kind.stages(asked.review == Review::Required, !asked.publish.is_empty());
    let at = all.iter().position(|stage| *stage == current).unwrap_or(0);
    let state = |n: usize| match status {
        JobStatus::Succeeded => StageState::Done,
        _ if n < at => StageState::Done,
        JobStatus::Running | JobStatus::AwaitingReview if n == at => StageState::Running,
        _ => StageState::Pending,
    };
    all.iter().enumerate().map(|(n, stage)| StageView { stage: *stage, state: state(n) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn row(status: &str, stage: &str) -> Job {
        Job {
            id: Uuid::from_u128(1),
            kind: "full-pipeline".into(),
            status: status.into(),
            stage: stage.into(),
            issue_key: "SHOP-1".into(),
            issue_id: None,
            connection: "default".into(),
            request:
                r#"{"issue_key":"SHOP-1","connection":"default","review":"required","publish":[{"mode":"comment","what":"all"}]}"#
                    .into(),
            owner_id: Uuid::from_u128(2),
            request_id: "r".into(),
            lane: "interactive".into(),
            priority: 0,
            due_at: 0,
            ring_at: 0,
            deadline_at: 86_400_000,
            deadline_left: None,
            lease_owner: None,
            epoch: 0,
            attempt: 0,
            max_attempts: 8,
            crashes: 0,
            solo_crashes: 0,
            solo: false,
            woken: false,
            event_seq: 1,
            cancel_requested_at: None,
            error_code: None,
            error_message: None,
            content_hash: None,
            approved_hash: None,
            approved_by: None,
            history_id: None,
            batch_id: None,
            created_at: 1_700_000_000_123,
            started_at: None,
            updated_at: 0,
            ended_at: None,
        }
    }

    fn states(status: &str, stage: &str) -> Vec<StageState> {
        JobView::of(&row(status, stage)).unwrap().stages.iter().map(|view| view.state).collect()
    }

    #[test]
    fn stages_are_done_up_to_the_one_that_runs() {
        use StageState::{Done, Pending, Running};
        assert_eq!(states("queued", "fetch"), [Pending, Pending, Pending, Pending, Pending]);
        assert_eq!(states("running", "scenarios"), [Done, Done, Running, Pending, Pending]);
        assert_eq!(states("awaiting_review", "review"), [Done, Done, Done, Running, Pending]);
        assert_eq!(states("failed", "publish"), [Done, Done, Done, Done, Pending]);
        assert_eq!(states("succeeded", "publish"), [Done; 5]);
    }

    #[test]
    fn a_job_looks_as_documented() {
        let json = serde_json::to_value(JobView::of(&row("queued", "fetch")).unwrap()).unwrap();
        assert_eq!(json["created_at"], "2023-11-14T22:13:20.123Z");
        assert_eq!(json["links"]["self"], "/api/v1/jobs/00000000-0000-0000-0000-000000000001");
        assert_eq!(json["progress"], serde_json::json!({ "done": 0, "total": 5 }));
        assert_eq!(json["stages"][0], serde_json::json!({ "stage": "fetch", "state": "pending" }));
        assert_eq!(json.get("error"), None);
    }
}
