//! `claim`: take a due row under a lease.

use std::sync::Arc;

use serde_json::json;
use uuid::Uuid;

use super::Jobs;
use super::limits::CRASHES_BEFORE_SOLO;
use super::stage::ending_statements;
use crate::domain::job::{JobKind, Lane, Stage};
use crate::domain::request::JobRequest;
use crate::domain::webhook::WebhookEvent;
use crate::store::audit::Actor;
use crate::store::job::Job;
use crate::store::{Sql, StoreError, Verb, job};

/// The right to write to a job: void as soon as somebody else claims it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// The job.
    pub job_id: Uuid,
    /// The number of the claim.
    pub epoch: i64,
    /// The worker.
    pub owner: Arc<str>,
}

/// A job in our hands.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The right to write to it.
    pub fence: Fence,
    /// What it makes.
    pub kind: JobKind,
    /// The stage to run.
    pub stage: Stage,
    /// What was asked for.
    pub request: JobRequest,
    /// The row as claimed.
    pub row: Job,
}

impl Claimed {
    /// Whether it must run without neighbours, because it may be what kills workers. One that is to be cancelled runs no
    /// stage any more.
    #[must_use]
    pub fn must_run_alone(&self) -> bool {
        self.row.crashes >= CRASHES_BEFORE_SOLO && !self.is_to_be_cancelled()
    }

    /// Whether somebody had asked to cancel it before it was claimed.
    #[must_use]
    pub fn is_to_be_cancelled(&self) -> bool {
        self.row.cancel_requested_at.is_some()
    }

    /// Follows the row after a stage was stored: the next one begins with fresh attempts.
    pub fn moved_on_to(&mut self, next: Stage) {
        self.stage = next;
        next.as_str().clone_into(&mut self.row.stage);
        self.row.attempt = 0;
        self.row.crashes = 0;
        self.row.solo_crashes = 0;
    }

    /// The stages of this job, in order.
    #[must_use]
    pub fn stages(&self) -> Vec<Stage> {
        use crate::domain::request::Review;

        self.kind.stages(self.request.review == Review::Required, !self.request.publish.is_empty())
    }

    /// The stage after `stage`.
    #[must_use]
    pub fn stage_after(&self, stage: Stage) -> Option<Stage> {
        let stages = self.stages();
        let at = stages.iter().position(|&s| s == stage)?;
        stages.get(at + 1).copied()
    }
}

impl Jobs {
    /// Takes a row if it is queued and due; `None` costs nothing and means that the message was doubled, stale or early.
    pub async fn claim(&self, id: Uuid, owner: &Arc<str>) -> Result<Option<Claimed>, StoreError> {
        match job::claim(&self.db, id, owner).await? {
            Some(row) => self.begin(row, owner).await,
            None => Ok(None),
        }
    }

    /// Takes rows of a lane whose bell was not heard in time, or any due row while the queue is away.
    pub async fn claim_overdue(&self, lane: Lane, limit: usize, owner: &Arc<str>) -> Result<Vec<Claimed>, StoreError> {
        let rows = job::claim_overdue(&self.db, lane, self.overdue_ms(), limit, owner).await?;
        let mut taken = Vec::with_capacity(rows.len());
        for row in rows {
            taken.extend(self.begin(row, owner).await?);
        }
        Ok(taken)
    }

    /// A row that this version cannot read (a newer one wrote it) is put off, so that it neither spins nor takes others with it.
    async fn begin(&self, row: Job, owner: &Arc<str>) -> Result<Option<Claimed>, StoreError> {
        match Content::of(&row) {
            Ok(content) => self.begin_or_cancel(content.claimed(row, owner)).await,
            Err(error) => {
                tracing::error!(job.id = %row.id, %error, "a job cannot be read by this version; another worker may");
                self.put_off(&row).await?;
                Ok(None)
            }
        }
    }

    /// At its deadline it fails, whoever could have read it.
    async fn put_off(&self, row: &Job) -> Result<(), StoreError> {
        let late = row.deadline_at <= row.updated_at;
        let guard = if late { fail_unreadable() } else { wait_for_another() };
        let mut verb = Verb::new("jobs", row.id, guard.bind(UNREADABLE).bind(row.id).bind(row.epoch));
        if late {
            let data = json!({ "status": "failed", "stage": row.stage, "code": "job.unreadable", "message": UNREADABLE });
            verb = verb.then_all(self.failed(row.id, &Actor::default(), &data)).then_all(ending_statements(
                self,
                row,
                WebhookEvent::Failed,
                true,
            ));
        }
        if let Some(row) = verb.run::<Job>(&self.db).await? {
            self.told(&row);
        }
        Ok(())
    }

    /// A job that somebody asked to cancel ends here: no stage begins any more. One whose last write is unknown goes to the
    /// worker, which can look for it.
    async fn begin_or_cancel(&self, claimed: Claimed) -> Result<Option<Claimed>, StoreError> {
        if claimed.row.cancel_requested_at.is_none() || !self.open_intents(claimed.fence.job_id).await?.is_empty() {
            return Ok(Some(claimed));
        }
        let _ended_or_taken = self.end_cancelled(&claimed).await?;
        Ok(None)
    }

    /// How long a row must have been due before it is taken without a bell.
    #[must_use]
    pub fn overdue_ms(&self) -> i64 {
        if self.bell.is_away() { 0 } else { crate::domain::duration::ms(self.limits.direct_after) }
    }

    /// Records that the job starts without neighbours, so that a crash from now on is its own.
    pub async fn starts_alone(&self, fence: &Fence) -> Result<bool, StoreError> {
        let rows = self
            .db
            .execute(
                Sql::new("UPDATE jobs SET solo = TRUE WHERE id = ? AND epoch = ? AND status = 'running'")
                    .bind(fence.job_id)
                    .bind(fence.epoch),
            )
            .await?;
        Ok(rows == 1)
    }
}

const UNREADABLE: &str = "this job was written by another version of the program; upgrade the workers";

/// For a minute.
fn wait_for_another() -> Sql {
    Sql::new(
        "UPDATE jobs SET status = 'queued', lease_owner = NULL, error_code = 'job.unreadable', error_message = ?, due_at = {now} + 60000, \
         ring_at = {now} + 60000, updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running'",
    )
}

fn fail_unreadable() -> Sql {
    Sql::new(
        "UPDATE jobs SET status = 'failed', lease_owner = NULL, error_code = 'job.unreadable', error_message = ?, \
         event_seq = event_seq + 1, ended_at = {now}, updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running'",
    )
}

/// What a row says, in our own words.
struct Content {
    kind: JobKind,
    stage: Stage,
    request: JobRequest,
}

impl Content {
    fn of(row: &Job) -> Result<Self, StoreError> {
        let bug = |what: &str, error: &dyn std::fmt::Display| StoreError::Bug(format!("job {}: {what}: {error}", row.id));
        Ok(Self {
            kind: row.kind.parse().map_err(|error| bug("kind", &error))?,
            stage: row.stage.parse().map_err(|error| bug("stage", &error))?,
            request: serde_json::from_str(&row.request).map_err(|error| bug("request", &error))?,
        })
    }

    fn claimed(self, row: Job, owner: &Arc<str>) -> Claimed {
        let Self { kind, stage, request } = self;
        Claimed { fence: Fence { job_id: row.id, epoch: row.epoch, owner: owner.clone() }, kind, stage, request, row }
    }
}
