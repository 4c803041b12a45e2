//! `finish`, `settle_failure`, `release`, `cancel`: how a run ends.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::claim::{Claimed, Fence};
use super::error::{Fenced, JobError};
use super::limits::ms;
use super::stage::{Advance, Facts, ending_statements, is, left_behind, stored_events};
use super::{Jobs, submit::callbacks};
use crate::domain::event::EventKind;
use crate::domain::job::{JobStatus, Stage};
use crate::domain::verdict::{Failure, Verdict};
use crate::store::audit::Actor;
use crate::store::job::Job;
use crate::store::publication::Written;
use crate::store::{Sql, StoreError, Verb, audit, delivery, event, job, llm_call, publication};

/// A shorter wait would spin; a longer one would not notice that things are well again.
const SHORTEST_SNOOZE: Duration = Duration::from_secs(1);
const LONGEST_SNOOZE: Duration = Duration::from_secs(3600);

/// What became of a run that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It runs again after this long.
    Again(Duration),
    /// It failed for good.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// What `cancel` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The job is cancelled.
    Now,
    /// The worker that runs it was asked to stop.
    Asked,
}

/// A delivery of the event that ends a job.
pub(super) fn deliver_to(jobs: &Jobs, url: &str) -> Sql {
    delivery::due_for_held(jobs.clock().new_id(), url)
}

impl Jobs {
    /// Ends a job well: its last artifacts, its result, its publications, its deliveries.
    pub async fn finish(
        &self,
        claimed: &Claimed,
        stages: &[Advance],
        written: &[Written],
    ) -> Result<Result<Job, Fenced>, StoreError> {
        let fence = &claimed.fence;
        let last = stages.last();
        let held_a_target = last.is_some_and(|last| last.stage == Stage::Publish);
        let summary = last.map_or_else(|| json!({}), |last| last.summary.clone());
        let ended = self
            .guarded(claimed, || {
                let id = self.clock().new_id();
                Verb::new("jobs", fence.job_id, succeed(fence, stages))
                    .then_all(left_behind(stages))
                    .then_all(stored_events(stages, None, EventKind::Succeeded))
                    .then(audit::about_held(id, &system(claimed), "job.succeeded", "job", fence.job_id, &summary))
                    .then_all(written.iter().map(publication::adopt))
                    .then_all(ending_statements(self, &claimed.row, held_a_target))
            })
            .await?;
        self.confirm(claimed, ended, JobStatus::Succeeded).await
    }

    /// Ends a run that did not succeed, by its verdict.
    pub async fn settle_failure(&self, claimed: &Claimed, failure: &Failure) -> Result<Result<Outcome, Fenced>, StoreError> {
        match failure.verdict {
            Verdict::Retry => self.put_back(claimed, failure, self.limits.backoff(claimed.row.attempt), true).await,
            Verdict::Snooze(wait) => self.put_back(claimed, failure, wait.clamp(SHORTEST_SNOOZE, LONGEST_SNOOZE), false).await,
            Verdict::Fail => self.fail(claimed, failure).await,
        }
    }

    /// Puts the job back, unless its tries or its time are used up: the row knows, not the claim, which may be stages old.
    async fn put_back(
        &self,
        claimed: &Claimed,
        failure: &Failure,
        wait: Duration,
        counts: bool,
    ) -> Result<Result<Outcome, Fenced>, StoreError> {
        let fence = &claimed.fence;
        let kind = if counts { EventKind::Retrying } else { EventKind::Snoozed };
        let data = json!({ "stage": claimed.stage, "code": failure.code, "message": failure.message, "after_ms": ms(wait) });
        let row = self
            .guarded(claimed, || {
                let guard = Sql::new(
                    "UPDATE jobs SET status = 'queued', lease_owner = NULL, attempt = attempt + ?, \
                     due_at = CASE WHEN deadline_at < {now} + ? THEN deadline_at ELSE {now} + ? END, \
                     ring_at = CASE WHEN deadline_at < {now} + ? THEN deadline_at ELSE {now} + ? END, \
                     event_seq = event_seq + 1, error_code = ?, error_message = ?, updated_at = {now} \
                     WHERE id = ? AND epoch = ? AND status = 'running' AND cancel_requested_at IS NULL \
                     AND deadline_at > {now} AND (? = 0 OR attempt + 1 < max_attempts)",
                )
                .bind(i32::from(counts))
                .bind(ms(wait))
                .bind(ms(wait))
                .bind(ms(wait))
                .bind(ms(wait))
                .bind(failure.code)
                .bind(failure.message.clone())
                .bind(fence.job_id)
                .bind(fence.epoch)
                .bind(i32::from(counts));
                Verb::new("jobs", fence.job_id, guard).then(event::append(kind, &data))
            })
            .await?;
        match row {
            Ok(row) => {
                self.told(&row);
                Ok(Ok(Outcome::Again(wait)))
            }
            Err(Fenced) => self.ended_otherwise(claimed, failure, wait).await,
        }
    }

    /// The row was not put back: cancelled meanwhile, out of tries or time, done before, or somebody else's.
    async fn ended_otherwise(
        &self,
        claimed: &Claimed,
        failure: &Failure,
        wait: Duration,
    ) -> Result<Result<Outcome, Fenced>, StoreError> {
        match self.was_done(claimed, |_| true).await? {
            Some(row) if row.status == JobStatus::Queued.as_str() && row.error_code.as_deref() == Some(failure.code) => {
                Ok(Ok(Outcome::Again(wait)))
            }
            Some(row) if row.cancel_requested_at.is_some() => {
                Ok(self.end_cancelled(claimed, &[]).await?.map(|()| Outcome::Cancelled))
            }
            Some(row) if row.status == JobStatus::Running.as_str() => {
                let message = format!("{} (given up: no tries or no time are left for this job)", failure.message);
                self.fail(claimed, &Failure::fail(failure.code, message)).await
            }
            _ => Ok(Err(Fenced)),
        }
    }

    async fn fail(&self, claimed: &Claimed, failure: &Failure) -> Result<Result<Outcome, Fenced>, StoreError> {
        let fence = &claimed.fence;
        let data = json!({ "status": "failed", "stage": claimed.stage, "code": failure.code, "message": failure.message });
        let ended = self
            .guarded(claimed, || {
                let guard = Sql::new(
                    "UPDATE jobs SET status = 'failed', lease_owner = NULL, event_seq = event_seq + 1, error_code = ?, error_message = ?, \
                     ended_at = {now}, updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running'",
                )
                .bind(failure.code)
                .bind(failure.message.clone())
                .bind(fence.job_id)
                .bind(fence.epoch);
                Verb::new("jobs", fence.job_id, guard)
                    .then(event::append(EventKind::Failed, &data))
                    .then(audit::about_held(self.clock().new_id(), &system(claimed), "job.failed", "job", fence.job_id, &data))
                    .then(llm_call::close_of_held())
                    .then_all(ending_statements(self, &claimed.row, true))
            })
            .await?;
        Ok(self.confirm(claimed, ended, JobStatus::Failed).await?.map(|_| Outcome::Failed))
    }

    /// Ends a job that somebody asked to cancel, with what had been published by then.
    pub async fn end_cancelled(&self, claimed: &Claimed, published: &[Written]) -> Result<Result<(), Fenced>, StoreError> {
        let fence = &claimed.fence;
        let places: Vec<_> = published.iter().map(|w| json!({ "target": w.key.target, "remote_id": w.remote_id })).collect();
        let data = json!({ "status": "cancelled", "published": places });
        let ended = self
            .guarded(claimed, || {
                let guard = Sql::new(
                    "UPDATE jobs SET status = 'cancelled', lease_owner = NULL, event_seq = event_seq + 1, ended_at = {now}, updated_at = {now} \
                     WHERE id = ? AND epoch = ? AND status = 'running'",
                )
                .bind(fence.job_id)
                .bind(fence.epoch);
                Verb::new("jobs", fence.job_id, guard)
                    .then(event::append(EventKind::Cancelled, &data))
                    .then(audit::about_held(self.clock().new_id(), &system(claimed), "job.cancelled", "job", fence.job_id, &data))
                    .then(llm_call::close_of_held())
                    .then_all(published.iter().map(publication::adopt))
                    .then_all(ending_statements(self, &claimed.row, true))
            })
            .await?;
        Ok(self.confirm(claimed, ended, JobStatus::Cancelled).await?.map(|_| ()))
    }

    /// Gives a job back at shutdown: due now, nothing counted.
    pub async fn release(&self, fence: &Fence) -> Result<bool, StoreError> {
        let guard = Sql::new(
            "UPDATE jobs SET status = 'queued', lease_owner = NULL, due_at = {now}, ring_at = {now}, updated_at = {now} \
             WHERE id = ? AND epoch = ? AND status = 'running'",
        )
        .bind(fence.job_id)
        .bind(fence.epoch);
        Ok(Verb::new("jobs", fence.job_id, guard).run::<Job>(&self.db).await?.is_some())
    }

    /// Cancels a job, or asks its worker to.
    pub async fn cancel(&self, id: Uuid, actor: &Actor) -> Result<Ended, JobError> {
        // Between the two statements the job may be claimed or put back; it cannot be both for long.
        for _ in 0..4 {
            let row = job::find(&self.db, id).await?.ok_or(JobError::NotFound)?;
            if self.cancel_waiting(&row, actor).await? {
                return Ok(Ended::Now);
            }
            if self.ask_to_cancel(id, actor).await? {
                return Ok(Ended::Asked);
            }
            let row = job::find(&self.db, id).await?.ok_or(JobError::NotFound)?;
            let status: JobStatus = row.status.parse().map_err(|error| StoreError::Bug(format!("job {id}: {error}")))?;
            if status.is_ended() {
                return Err(JobError::WrongStatus { status, code: "job.already_ended", hint: "there is nothing left to cancel" });
            }
        }
        Err(StoreError::Unavailable(format!("job {id} keeps changing hands")).into())
    }

    async fn cancel_waiting(&self, row: &Job, actor: &Actor) -> Result<bool, StoreError> {
        let guard = Sql::new(
            "UPDATE jobs SET status = 'cancelled', event_seq = event_seq + 1, ended_at = {now}, updated_at = {now} \
             WHERE id = ? AND status IN ('queued', 'awaiting_review')",
        )
        .bind(row.id);
        let data = json!({ "status": "cancelled", "published": [] });
        let verb = Verb::new("jobs", row.id, guard)
            .then(event::append(EventKind::Cancelled, &data))
            .then(audit::about_held(self.clock().new_id(), actor, "job.cancel", "job", row.id, &data))
            .then_all(callbacks(row).iter().map(|url| deliver_to(self, url)));
        let ended = verb.run::<Job>(&self.db).await?;
        ended.iter().for_each(|job| self.told(job));
        Ok(ended.is_some())
    }

    async fn ask_to_cancel(&self, id: Uuid, actor: &Actor) -> Result<bool, StoreError> {
        let guard = Sql::new(
            "UPDATE jobs SET cancel_requested_at = COALESCE(cancel_requested_at, {now}), event_seq = event_seq + 1, updated_at = {now} \
             WHERE id = ? AND status = 'running'",
        )
        .bind(id);
        let verb = Verb::new("jobs", id, guard)
            .then(event::append(EventKind::CancelRequested, &json!({})))
            .then(audit::about_held(self.clock().new_id(), actor, "job.cancel", "job", id, &json!({ "asked": true })));
        let asked = verb.run::<Job>(&self.db).await?;
        asked.iter().for_each(|job| self.told(job));
        Ok(asked.is_some())
    }

    async fn confirm(
        &self,
        claimed: &Claimed,
        ended: Result<Job, Fenced>,
        status: JobStatus,
    ) -> Result<Result<Job, Fenced>, StoreError> {
        let row = match ended {
            Ok(row) => row,
            Err(Fenced) => match self.was_done(claimed, is(status)).await? {
                Some(row) => row,
                None => return Ok(Err(Fenced)),
            },
        };
        self.told(&row);
        Ok(Ok(row))
    }
}

fn succeed(fence: &Fence, stages: &[Advance]) -> Sql {
    let facts = Facts::of(stages);
    Sql::new(
        "UPDATE jobs SET status = 'succeeded', stage = ?, lease_owner = NULL, event_seq = event_seq + ?, issue_id = COALESCE(?, issue_id), \
         content_hash = COALESCE(?, content_hash), history_id = COALESCE(history_id, ?), error_code = NULL, error_message = NULL, \
         ended_at = {now}, updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running'",
    )
    .bind(stages.last().map_or("", |stage| stage.stage.as_str()))
    .bind(facts.events)
    .bind(facts.issue_id)
    .bind(facts.content_hash)
    .bind(facts.history_id)
    .bind(fence.job_id)
    .bind(fence.epoch)
}

/// The worker acting for the owner of the job.
fn system(claimed: &Claimed) -> Actor {
    Actor {
        user_id: Some(claimed.row.owner_id),
        request_id: Some(claimed.row.request_id.clone()).filter(|id| !id.is_empty()),
        ..Actor::default()
    }
}
