//! `finish`, `settle_failure`, `release`: how a run ends.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::Jobs;
use super::claim::{Claimed, Fence};
use super::error::Fenced;
use super::limits::snooze;
use super::stage::{Advance, Facts, ending_statements, is, left_behind, stored_events};
use crate::domain::duration::ms;
use crate::domain::event::EventKind;
use crate::domain::job::{JobStatus, Stage};
use crate::domain::provider_batch::waits_for_batch;
use crate::domain::verdict::{Failure, Verdict};
use crate::domain::webhook::WebhookEvent;
use crate::store::audit::Actor;
use crate::store::job::Job;
use crate::store::publication::Written;
use crate::store::{Sql, StoreError, Verb, audit, delivery, event, llm_call, publication};

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

/// A delivery of the event that ends a job.
pub(super) fn deliver_to(jobs: &Jobs, url: &str, event: WebhookEvent) -> [Sql; 2] {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    delivery::due_for_held(jobs.clock().new_id(), url, &host, event.as_str())
}

impl Jobs {
    /// Ends a job well: its last artifacts, its result, its publications, its deliveries. When somebody asked to cancel it
    /// before, the row that is answered says `cancelled`.
    pub async fn finish(
        &self,
        claimed: &Claimed,
        stages: &[Advance],
        written: &[Written],
    ) -> Result<Result<Job, Fenced>, StoreError> {
        let fence = &claimed.fence;
        let summary = stages.last().map_or_else(|| json!({}), |last| last.summary.clone());
        let data = json!({ "status": "succeeded", "summary": summary });
        let ended = self
            .guarded(claimed, || {
                Verb::new("jobs", fence.job_id, succeed(fence, stages))
                    .then_all(left_behind(stages))
                    .then_all(stored_events(stages, EventKind::Succeeded, &data))
                    .then_all(self.ends_with(claimed, stages, written, WebhookEvent::Succeeded, &summary))
            })
            .await?;
        if ended.is_err() && self.was_done(claimed, is_asked_to_cancel).await?.is_some() {
            return self.finish_cancelled(claimed, stages, written).await;
        }
        self.confirm(claimed, ended, |row| is(JobStatus::Succeeded)(row) || is(JobStatus::Cancelled)(row)).await
    }

    /// Somebody asked to cancel before the job could finish. What was made and written is kept all the same.
    async fn finish_cancelled(
        &self,
        claimed: &Claimed,
        stages: &[Advance],
        written: &[Written],
    ) -> Result<Result<Job, Fenced>, StoreError> {
        let fence = &claimed.fence;
        let published = stages.last().and_then(|last| last.summary.get("published")).cloned().unwrap_or_else(|| json!([]));
        let data = json!({ "status": "cancelled", "published": published });
        let ended = self
            .guarded(claimed, || {
                Verb::new("jobs", fence.job_id, cancel_finished(fence, stages))
                    .then_all(left_behind(stages))
                    .then_all(stored_events(stages, EventKind::Cancelled, &data))
                    .then_all(self.ends_with(claimed, stages, written, WebhookEvent::Cancelled, &data))
            })
            .await?;
        self.confirm(claimed, ended, is(JobStatus::Cancelled)).await
    }

    /// What follows when a job fails for good, whoever finds that out.
    pub(super) fn failed(&self, job_id: Uuid, actor: &Actor, data: &serde_json::Value) -> [Sql; 3] {
        [
            event::append(EventKind::Failed, data),
            audit::about_held(self.clock().new_id(), actor, "job.failed", "job", job_id, data),
            llm_call::close_of_held(),
        ]
    }

    /// What follows when all that was made and written is kept.
    fn ends_with(
        &self,
        claimed: &Claimed,
        stages: &[Advance],
        written: &[Written],
        event: WebhookEvent,
        details: &serde_json::Value,
    ) -> Vec<Sql> {
        let (id, job_id) = (self.clock().new_id(), claimed.fence.job_id);
        let mut statements = vec![audit::about_held(id, &system(claimed), event.as_str(), "job", job_id, details)];
        statements.extend(written.iter().map(publication::adopt));
        statements.extend(ending_statements(self, &claimed.row, event, held_a_target(stages)));
        statements
    }

    /// Ends a run that did not succeed, by its verdict.
    pub async fn settle_failure(&self, claimed: &Claimed, failure: &Failure) -> Result<Result<Outcome, Fenced>, StoreError> {
        match failure.verdict {
            Verdict::Retry => self.put_back(claimed, failure, self.limits.backoff(claimed.row.attempt), true).await,
            Verdict::Snooze(wait) => self.put_back(claimed, failure, snooze(wait), false).await,
            Verdict::Fail => self.fail(claimed, failure).await,
        }
    }

    /// Puts the job back, unless its tries or its time are used up: the row knows, not the claim, which may be stages old.
    /// A job that somebody asked to cancel goes back only while a write of its is unknown.
    async fn put_back(
        &self,
        claimed: &Claimed,
        failure: &Failure,
        wait: Duration,
        counts: bool,
    ) -> Result<Result<Outcome, Fenced>, StoreError> {
        let fence = &claimed.fence;
        let kind = if counts { EventKind::Retrying } else { EventKind::Snoozed };
        let may_be_woken = waits_for_batch(failure.code);
        let data = json!({ "stage": claimed.stage, "code": failure.code, "message": failure.message, "after_ms": ms(wait) });
        let row = self
            .guarded(claimed, || {
                let guard = Sql::new(
                    "UPDATE jobs SET status = 'queued', lease_owner = NULL, attempt = attempt + ?, \
                     due_at = CASE WHEN ? AND woken THEN {now} WHEN deadline_at < {now} + ? THEN deadline_at ELSE {now} + ? END, \
                     ring_at = CASE WHEN ? AND woken THEN {now} WHEN deadline_at < {now} + ? THEN deadline_at ELSE {now} + ? END, \
                     event_seq = event_seq + 1, error_code = ?, error_message = ?, updated_at = {now} \
                     WHERE id = ? AND epoch = ? AND status = 'running' AND deadline_at > {now} AND (? = 0 OR attempt + 1 < max_attempts) \
                     AND (cancel_requested_at IS NULL \
                     OR EXISTS (SELECT 1 FROM publications p WHERE p.job_id = jobs.id AND p.state = 'intent'))",
                )
                .bind(i32::from(counts))
                .bind(may_be_woken)
                .bind(ms(wait))
                .bind(ms(wait))
                .bind(may_be_woken)
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
            Some(row) if row.cancel_requested_at.is_some() => Ok(self.end_cancelled(claimed).await?.map(|()| Outcome::Cancelled)),
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
                    .then_all(self.failed(fence.job_id, &system(claimed), &data))
                    .then_all(ending_statements(self, &claimed.row, WebhookEvent::Failed, true))
            })
            .await?;
        Ok(self.confirm(claimed, ended, is(JobStatus::Failed)).await?.map(|_| Outcome::Failed))
    }

    /// Gives a job back at shutdown: due now, nothing counted.
    pub async fn release(&self, fence: &Fence) -> Result<bool, StoreError> {
        let guard = Sql::new(
            "UPDATE jobs SET status = 'queued', lease_owner = NULL, due_at = {now}, ring_at = {now}, updated_at = {now} \
             WHERE id = ? AND epoch = ? AND status = 'running'",
        )
        .bind(fence.job_id)
        .bind(fence.epoch);
        Verb::new("jobs", fence.job_id, guard).took(&self.db).await
    }

    pub(super) async fn confirm(
        &self,
        claimed: &Claimed,
        ended: Result<Job, Fenced>,
        done: impl Fn(&Job) -> bool,
    ) -> Result<Result<Job, Fenced>, StoreError> {
        let row = match ended {
            Ok(row) => row,
            Err(Fenced) => match self.was_done(claimed, done).await? {
                Some(row) => row,
                None => return Ok(Err(Fenced)),
            },
        };
        self.told(&row);
        Ok(Ok(row))
    }
}

fn succeed(fence: &Fence, stages: &[Advance]) -> Sql {
    let text = "UPDATE jobs SET status = 'succeeded', stage = ?, lease_owner = NULL, event_seq = event_seq + ?, issue_id = COALESCE(?, issue_id), issue_key = COALESCE(?, issue_key), \
         content_hash = COALESCE(?, content_hash), history_id = COALESCE(history_id, ?), error_code = NULL, error_message = NULL, \
         ended_at = {now}, updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running' AND cancel_requested_at IS NULL";
    with_facts(text, fence, stages)
}

fn cancel_finished(fence: &Fence, stages: &[Advance]) -> Sql {
    let text = "UPDATE jobs SET status = 'cancelled', stage = ?, lease_owner = NULL, event_seq = event_seq + ?, issue_id = COALESCE(?, issue_id), issue_key = COALESCE(?, issue_key), \
         content_hash = COALESCE(?, content_hash), history_id = COALESCE(history_id, ?), ended_at = {now}, updated_at = {now} \
         WHERE id = ? AND epoch = ? AND status = 'running'";
    with_facts(text, fence, stages)
}

fn with_facts(text: &'static str, fence: &Fence, stages: &[Advance]) -> Sql {
    let stage = stages.last().map_or("", |stage| stage.stage.as_str());
    Facts::of(stages).bind_to(Sql::new(text), stage, fence)
}

fn held_a_target(stages: &[Advance]) -> bool {
    stages.last().is_some_and(|last| last.stage == Stage::Publish)
}

fn is_asked_to_cancel(row: &Job) -> bool {
    is(JobStatus::Running)(row) && row.cancel_requested_at.is_some()
}

/// The worker acting for the owner of the job.
pub(super) fn system(claimed: &Claimed) -> Actor {
    Actor {
        user_id: Some(claimed.row.owner_id),
        request_id: Some(claimed.row.request_id.clone()).filter(|id| !id.is_empty()),
        ..Actor::default()
    }
}
