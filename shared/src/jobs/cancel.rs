//! `cancel`: asked for by a person, carried out at once where nothing is under way, and else by whoever holds the job.
//!
//! A write to Jira that is under way, or whose answer was lost, is found out first: the job ends with the list of what it
//! has published.

use serde_json::json;
use uuid::Uuid;

use super::Jobs;
use super::claim::Claimed;
use super::ending::system;
use super::error::{Fenced, JobError};
use super::stage::is;
use super::submit::deliveries;
use crate::domain::event::EventKind;
use crate::domain::job::{JobStatus, Stage};
use crate::domain::json::to_json;
use crate::domain::publish::{PublishOutcome, Published, PublishedItem};
use crate::domain::result::PublishArtifact;
use crate::domain::webhook::WebhookEvent;
use crate::store::audit::Actor;
use crate::store::job::Job;
use crate::store::publication::{self, Publication, TargetKey};
use crate::store::{Sql, StoreError, Verb, artifact, audit, event, job, llm_call};

/// What `cancel` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The job is cancelled.
    Now,
    /// The worker that runs it was asked to stop, or the next one will find out what became of its last write.
    Asked,
}

impl Jobs {
    /// Cancels a job, or asks for it.
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

    /// Ends a job that nobody holds and whose writes are all known.
    async fn cancel_waiting(&self, row: &Job, actor: &Actor) -> Result<bool, StoreError> {
        let guard = Sql::new(
            "UPDATE jobs SET status = 'cancelled', event_seq = event_seq + 1, ended_at = {now}, updated_at = {now} \
             WHERE id = ? AND epoch = ? AND status IN ('held', 'queued', 'awaiting_review') \
             AND NOT EXISTS (SELECT 1 FROM publications p WHERE p.job_id = jobs.id AND p.state = 'intent')",
        )
        .bind(row.id)
        .bind(row.epoch);
        let published = self.published_by(row).await?;
        let verb = Verb::new("jobs", row.id, guard).then_all(self.cancelled(row, &published, actor, "job.cancel"));
        let ended = verb.run::<Job>(&self.db).await?;
        ended.iter().for_each(|job| self.told(job));
        Ok(ended.is_some())
    }

    /// Asks whoever runs the job. Where nobody does but a write is unknown, the job is due now for that alone.
    async fn ask_to_cancel(&self, id: Uuid, actor: &Actor) -> Result<bool, StoreError> {
        let guard = Sql::new(
            "UPDATE jobs SET cancel_requested_at = COALESCE(cancel_requested_at, {now}), event_seq = event_seq + 1, updated_at = {now}, \
             deadline_at = CASE WHEN status <> 'awaiting_review' THEN deadline_at \
             ELSE {now} + CASE WHEN COALESCE(deadline_left, 0) < 300000 THEN 300000 ELSE deadline_left END END, deadline_left = NULL, \
             due_at = CASE WHEN status = 'running' THEN due_at ELSE {now} END, ring_at = CASE WHEN status = 'running' THEN ring_at ELSE {now} END, \
             status = CASE WHEN status = 'running' THEN 'running' ELSE 'queued' END \
             WHERE id = ? AND (status = 'running' OR (status IN ('held', 'queued', 'awaiting_review') \
             AND EXISTS (SELECT 1 FROM publications p WHERE p.job_id = jobs.id AND p.state = 'intent')))",
        )
        .bind(id);
        let verb = Verb::new("jobs", id, guard)
            .then(event::append(EventKind::CancelRequested, &json!({})))
            .then(audit::about_held(self.clock().new_id(), actor, "job.cancel", "job", id, &json!({ "asked": true })));
        let asked = verb.run::<Job>(&self.db).await?;
        if let Some(job) = &asked {
            if job.status == JobStatus::Queued.as_str() {
                self.ring_for(job);
            }
            self.told(job);
        }
        Ok(asked.is_some())
    }

    /// Ends a job in our hands that somebody asked to cancel. What is still unknown of its writes is told as unknown.
    pub async fn end_cancelled(&self, claimed: &Claimed) -> Result<Result<(), Fenced>, StoreError> {
        let fence = &claimed.fence;
        let published = self.published_by(&claimed.row).await?;
        let ended = self
            .guarded(claimed, || {
                let guard = Sql::new(
                    "UPDATE jobs SET status = 'cancelled', lease_owner = NULL, event_seq = event_seq + 1, ended_at = {now}, updated_at = {now} \
                     WHERE id = ? AND epoch = ? AND status = 'running'",
                )
                .bind(fence.job_id)
                .bind(fence.epoch);
                Verb::new("jobs", fence.job_id, guard)
                    .then_all(self.cancelled(&claimed.row, &published, &system(claimed), "job.cancelled"))
            })
            .await?;
        Ok(self.confirm(claimed, ended, is(JobStatus::Cancelled)).await?.map(|_| ()))
    }

    /// What is written with the end of a cancelled job: its event, the list of what it published, its deliveries.
    pub(super) fn cancelled(&self, row: &Job, published: &[Published], actor: &Actor, action: &'static str) -> Vec<Sql> {
        let data = json!({ "status": "cancelled", "published": published });
        let mut statements = vec![
            event::append(EventKind::Cancelled, &data),
            audit::about_held(self.clock().new_id(), actor, action, "job", row.id, &data),
            llm_call::close_of_held(),
        ];
        if row.stage == Stage::Publish.as_str() {
            let list = PublishArtifact { published: published.to_vec() };
            statements.push(artifact::store(Stage::Publish, &to_json(&list)));
            statements.push(publication::release_of_held());
        }
        statements.extend(deliveries(self, row, WebhookEvent::Cancelled));
        statements
    }

    /// The writes of a job of which nobody knows whether they were carried out.
    pub async fn open_intents(&self, job_id: Uuid) -> Result<Vec<Publication>, StoreError> {
        let mut records = publication::of_job(&self.db, job_id).await?;
        records.retain(|record| record.state == "intent");
        Ok(records)
    }

    /// What a job has published so far, one for each target.
    pub(super) async fn published_by(&self, row: &Job) -> Result<Vec<Published>, StoreError> {
        let mut all: Vec<Published> = Vec::new();
        if row.stage != Stage::Publish.as_str() {
            return Ok(all);
        }
        for record in publication::of_job(&self.db, row.id).await? {
            let piece = published(&record)?;
            match all.iter_mut().find(|known| known.target == piece.target) {
                Some(known) => *known = Published::both(known.clone(), piece),
                None => all.push(piece),
            }
        }
        Ok(all)
    }
}

/// What a record says of a place.
fn published(record: &Publication) -> Result<Published, StoreError> {
    let TargetKey { target, part, .. } = TargetKey::of(record)?;
    let (outcome, code, message) = match (record.state.as_str(), record.action.as_str()) {
        ("intent", _) => (
            PublishOutcome::Failed,
            "publish.write_unknown",
            "a write to this place got no answer and could not be looked for; look there, or publish again",
        ),
        (_, "create") => (PublishOutcome::Created, "", ""),
        (_, "update") => (PublishOutcome::Updated, "", ""),
        _ => (PublishOutcome::Unchanged, "", ""),
    };
    let (code, message) = (code.to_owned(), message.to_owned());
    if target.mode.text().is_none() {
        let item = PublishedItem { id: target.what.item(part), outcome, key: None, url: None, code, message };
        return Ok(Published::of_item(target, item));
    }
    let remote_id = record.remote_id.clone();
    Ok(Published { target, outcome, remote_id, url: None, code, message, items: Vec::new() })
}
