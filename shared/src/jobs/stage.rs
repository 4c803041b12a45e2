//! `advance`: store what a stage produced, then go on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use super::claim::{Claimed, Fence};
use super::error::Fenced;
use super::{Jobs, submit::deliveries};
use crate::domain::event::EventKind;
use crate::domain::job::{JobStatus, Stage};
use crate::domain::webhook::WebhookEvent;
use crate::store::delivery::{self, About};
use crate::store::history::NewHistory;
use crate::store::job::Job;
use crate::store::llm_call::{NewCall, Settled};
use crate::store::llm_reply::Reply;
use crate::store::{Sql, StoreError, Verb, artifact, event, history, job, llm_call, llm_reply};

/// A verb that is refused more often is refused for another reason than a version that was just taken.
const MOST_CONFLICTS: u32 = 50;

/// What a stage leaves behind.
#[derive(Debug, Clone)]
pub struct Advance {
    /// The stage that ended.
    pub stage: Stage,
    /// What it produced, as JSON.
    pub artifact: String,
    /// Jira's numeric id, when the stage learned it.
    pub issue_id: Option<String>,
    /// Jira's key as it is now, when the stage learned it: calls are booked under it, and count against its project's budgets.
    pub issue_key: Option<String>,
    /// Facts for the event, such as counts.
    pub summary: serde_json::Value,
    /// Model calls that ended in this stage.
    pub settled: Vec<Settled>,
    /// The model call that the next stage begins with.
    pub reserve: Option<NewCall>,
    /// The result to keep, when this stage completes it.
    pub history: Option<NewHistory>,
}

/// Where a job stands after a stage was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Run this stage.
    Run(Stage),
    /// Somebody asked to cancel: no stage begins any more.
    Cancelled,
    /// It waits for a person.
    Waits,
}

impl Jobs {
    /// Stores the artifacts of one or more stages in a row, the last of which has a successor. Usage, events and result go
    /// into the same commit.
    pub async fn advance(&self, claimed: &Claimed, stages: &[Advance], next: Stage) -> Result<Result<Next, Fenced>, StoreError> {
        let waits = next == Stage::Review;
        let mut stored = self.store_stages(claimed, stages, next, waits).await?;
        if waits && stored.is_err() && self.was_done(claimed, |job| job.cancel_requested_at.is_some()).await?.is_some() {
            // A job that somebody asked to cancel does not begin to wait; what was made is kept all the same.
            stored = self.store_stages(claimed, stages, next, false).await?;
        }
        let row = match stored {
            Ok(row) => row,
            Err(Fenced) => match self.was_done(claimed, |job| job.stage == next.as_str()).await? {
                Some(row) => row,
                None => return Ok(Err(Fenced)),
            },
        };
        self.told(&row);
        Ok(Ok(if row.cancel_requested_at.is_some() {
            Next::Cancelled
        } else if waits {
            Next::Waits
        } else {
            Next::Run(next)
        }))
    }

    async fn store_stages(
        &self,
        claimed: &Claimed,
        stages: &[Advance],
        next: Stage,
        waits: bool,
    ) -> Result<Result<Job, Fenced>, StoreError> {
        let kind = if waits { EventKind::AwaitingReview } else { EventKind::StageStored };
        let last = stages.last().map_or_else(|| json!({}), |stage| stored_data(stage, next));
        self.guarded(claimed, || {
            Verb::new("jobs", claimed.fence.job_id, update(&claimed.fence, stages, next, waits))
                .then_all(left_behind(stages))
                .then_all(stored_events(stages, kind, &last))
                .then_all(stages.iter().flat_map(|stage| &stage.reserve).map(llm_call::reserve))
                .then_all(waits.then(|| delivery::tell_endpoints(&self.db, WebhookEvent::AwaitingReview, About::Job)))
        })
        .await
    }

    /// Runs a verb of a worker until the database answers. A transient failure leaves open whether it was carried out,
    /// so the caller confirms a refusal with [`Jobs::was_done`]. Of two results of a story that take its next version at
    /// once, one is refused, and takes the version after it.
    pub(super) async fn guarded(&self, claimed: &Claimed, verb: impl Fn() -> Verb) -> Result<Result<Job, Fenced>, StoreError> {
        use backon::{ExponentialBuilder, Retryable};

        let attempt = || async { verb().run::<Job>(&self.db).await };
        let waits = ExponentialBuilder::default()
            .with_min_delay(std::time::Duration::from_millis(50))
            .with_max_delay(std::time::Duration::from_secs(2))
            .with_jitter()
            .without_max_times();
        let refused = AtomicU32::new(0);
        let is_to_be_repeated = |error: &StoreError| match error {
            StoreError::Conflict => refused.fetch_add(1, Ordering::Relaxed) < MOST_CONFLICTS,
            error => error.is_transient(),
        };
        let row = attempt
            .retry(waits)
            .when(is_to_be_repeated)
            .notify(|error, wait| tracing::warn!(job.id = %claimed.fence.job_id, %error, ?wait, "a result is kept until the database answers"))
            .await?;
        Ok(row.ok_or(Fenced))
    }

    /// Whether a write that was refused had in fact been carried out before, by this very claim.
    pub(super) async fn was_done(&self, claimed: &Claimed, done: impl Fn(&Job) -> bool) -> Result<Option<Job>, StoreError> {
        let row = job::find(&self.db, claimed.fence.job_id).await?;
        Ok(row.filter(|row| row.epoch == claimed.fence.epoch && done(row)))
    }
}

/// What stages leave behind, whatever comes after them.
pub(super) fn left_behind(stages: &[Advance]) -> Vec<Sql> {
    let mut statements: Vec<Sql> = stages.iter().map(|stage| artifact::store(stage.stage, &stage.artifact)).collect();
    let calls = || stages.iter().flat_map(|stage| &stage.settled);
    statements.extend(calls().map(llm_call::settle));
    // A statement of PostgreSQL must not write the same row twice.
    let replies: BTreeMap<&str, &Reply> =
        calls().filter_map(|call| call.reply.as_ref()).map(|reply| (reply.question.as_str(), reply)).collect();
    statements.extend(replies.into_values().map(llm_reply::keep));
    statements.extend(stages.iter().filter_map(|stage| stage.history.as_ref()).map(history::keep));
    statements
}

/// An event for each stage; the last of them is of a kind of its own.
pub(super) fn stored_events(stages: &[Advance], kind: EventKind, data: &serde_json::Value) -> Vec<Sql> {
    let stored = stages.iter().zip(stages.iter().skip(1)).enumerate().map(|(n, (stage, next))| {
        event::append_before(stages.len() - 1 - n, EventKind::StageStored, &stored_data(stage, next.stage))
    });
    stored.chain([event::append(kind, data)]).collect()
}

fn stored_data(stage: &Advance, next: Stage) -> serde_json::Value {
    json!({ "stage": stage.stage, "next": next, "summary": stage.summary })
}

/// The facts about a job that its stages found.
pub(super) struct Facts {
    issue_id: Option<String>,
    issue_key: Option<String>,
    content_hash: Option<String>,
    history_id: Option<uuid::Uuid>,
    events: i64,
}

impl Facts {
    pub(super) fn of(stages: &[Advance]) -> Self {
        let history = stages.iter().find_map(|stage| stage.history.as_ref());
        Self {
            issue_id: stages.iter().find_map(|stage| stage.issue_id.clone()),
            issue_key: stages.iter().find_map(|stage| stage.issue_key.clone()),
            content_hash: history.map(|history| history.content_hash.clone()),
            history_id: history.map(|history| history.id),
            events: i64::try_from(stages.len()).unwrap_or(i64::MAX),
        }
    }

    /// Binds what a guard asks for as `stage = ?, event_seq + ?, issue_id, issue_key, content_hash, history_id` and `id = ? AND epoch = ?`.
    pub(super) fn bind_to(self, sql: Sql, stage: &'static str, fence: &Fence) -> Sql {
        let sql = sql.bind(stage).bind(self.events).bind(self.issue_id).bind(self.issue_key);
        let sql = sql.bind(self.content_hash).bind(self.history_id);
        sql.bind(fence.job_id).bind(fence.epoch)
    }
}

fn update(fence: &Fence, stages: &[Advance], next: Stage, waits: bool) -> Sql {
    let text = if waits {
        "UPDATE jobs SET status = 'awaiting_review', stage = ?, lease_owner = NULL, deadline_left = deadline_at - {now}, attempt = 0, \
         crashes = 0, solo_crashes = 0, event_seq = event_seq + ?, issue_id = COALESCE(?, issue_id), issue_key = COALESCE(?, issue_key), content_hash = COALESCE(?, content_hash), \
         history_id = COALESCE(history_id, ?), error_code = NULL, error_message = NULL, updated_at = {now} \
         WHERE id = ? AND epoch = ? AND status = 'running' AND stage = ? AND cancel_requested_at IS NULL"
    } else {
        "UPDATE jobs SET stage = ?, attempt = 0, crashes = 0, solo_crashes = 0, solo = FALSE, event_seq = event_seq + ?, \
         issue_id = COALESCE(?, issue_id), issue_key = COALESCE(?, issue_key), content_hash = COALESCE(?, content_hash), history_id = COALESCE(history_id, ?), error_code = NULL, error_message = NULL, \
         updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running' AND stage = ?"
    };
    let guard = Facts::of(stages).bind_to(Sql::new(text), next.as_str(), fence);
    guard.bind(stages.first().map_or("", |stage| stage.stage.as_str()))
}

/// Statements that end a job: its deliveries and its targets.
pub(super) fn ending_statements(jobs: &Jobs, job: &Job, event: WebhookEvent, held_a_target: bool) -> Vec<Sql> {
    let mut statements = deliveries(jobs, job, event);
    if held_a_target {
        statements.push(crate::store::publication::release_of_held());
    }
    statements
}

/// The states a worker can leave a job in.
pub(super) fn is(status: JobStatus) -> impl Fn(&Job) -> bool {
    move |job| job.status == status.as_str()
}
