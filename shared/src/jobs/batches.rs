//! Batches: many jobs from one request. Their jobs are held until the batch has room for them; who runs them, and how, is as with
//! every other job.
//!
//! A top-up counts itself on the batch in the statement that releases, and does nothing if another came first: so three relays
//! that see the same room fill it once. Completion is looked for by the relay and never decided by the job that believes it is
//! the last.

use serde_json::json;
use uuid::Uuid;

use super::Jobs;
use super::error::JobError;
use crate::domain::batch::BatchRequest;
use crate::domain::duration::ms;
use crate::domain::event::EventKind;
use crate::domain::job::JobKind;
use crate::domain::json::to_json;
use crate::domain::webhook::WebhookEvent;
use crate::store::audit::Actor;
use crate::store::batch::{self, Batch, Expanded, NewBatch, NewItem, Waiting};
use crate::store::delivery::{self, About};
use crate::store::idempotency::NewKey;
use crate::store::{Sql, StoreError, Verb, audit, entity, idempotency};

/// Why a batch began nothing new by itself.
pub const COST_REACHED: &str = "batch.cost_reached";

/// Jobs of cancelled batches that are asked to stop in one tick.
const STOPPED_AT_ONCE: usize = 200;

/// A batch that was validated and authorised.
#[derive(Debug, Clone)]
pub struct BatchSubmission {
    /// The id it will have.
    pub id: Uuid,
    /// What its jobs make.
    pub kind: JobKind,
    /// Name of the Jira connection.
    pub connection: String,
    /// Its stories, and what each job is asked for.
    pub request: BatchRequest,
    /// Who asks.
    pub actor: Actor,
    /// The user who will own the jobs.
    pub owner_id: Uuid,
    /// Higher first.
    pub priority: i32,
    /// Most jobs at once.
    pub concurrency: u32,
    /// What its calls may cost, in billionths of a dollar.
    pub max_cost_nano_usd: Option<i64>,
    /// The idempotency key that came with it.
    pub key: Option<NewKey>,
}

/// What became of a batch.
#[derive(Debug)]
pub enum SubmittedBatch {
    /// A new one.
    Accepted(Box<Batch>),
    /// The same request came before: this is what it was answered.
    Replayed(entity::idempotency::Model),
}

impl Jobs {
    /// Accepts a batch. Its stories are found by a worker.
    pub async fn submit_batch(&self, submission: BatchSubmission) -> Result<SubmittedBatch, JobError> {
        let gate = submission.key.as_ref().map(|key| idempotency::take(key, submission.id, ms(self.limits.keep_idempotency)));
        let new = NewBatch {
            id: submission.id,
            kind: submission.kind,
            connection: submission.connection,
            request: to_json(&submission.request),
            owner_id: submission.owner_id,
            request_id: submission.actor.request_id.clone().unwrap_or_default(),
            priority: submission.priority,
            concurrency: submission.concurrency,
            max_cost_nano_usd: submission.max_cost_nano_usd,
        };
        let details = json!({ "kind": submission.kind, "select": submission.request.select, "max_issues": submission.request.max_issues,
            "publish": submission.request.publish });
        let verb = Verb::new("batches", new.id, batch::insert(&new)).gate(gate).then(self.about(
            &submission.actor,
            "batch.submit",
            new.id,
            &details,
        ));
        match verb.run::<Batch>(&self.db).await? {
            Some(batch) => Ok(SubmittedBatch::Accepted(Box::new(batch))),
            None => Ok(SubmittedBatch::Replayed(self.stored(submission.key.as_ref()).await?)),
        }
    }

    /// Stores a page of stories with their jobs. `false` = somebody else expands the batch, or it was cancelled.
    pub async fn expand(&self, batch: &Batch, items: &[NewItem], after: &Expanded) -> Result<bool, StoreError> {
        let (kind, request, json) = (batch.kind()?, batch.request()?, to_json(&items));
        let (stage, data) = (request.first_stage(kind), json!({ "kind": kind, "batch_id": batch.id }).to_string());
        let deadline = ms(self.limits.deadline_bulk);
        let mut verb = Verb::new("batches", batch.id, batch::check_off(batch, after));
        if !items.is_empty() {
            verb = verb
                .then(batch::keep_items(&self.db, &json))
                .then(batch::keep_jobs(&self.db, &json, stage, deadline, self.limits.max_attempts))
                .then(batch::keep_events(&self.db, &json, &data));
        }
        let kept = verb.took(&self.db).await?;
        self.bell.child_ended();
        Ok(kept)
    }

    /// Releases as many jobs of each batch as it has room for; pauses those that have cost what they may.
    pub async fn top_up_batches(&self) -> Result<(), StoreError> {
        for waiting in batch::waiting(&self.db).await? {
            if waiting.is_spent {
                self.pause(waiting.id, Some(COST_REACHED), &Actor::default()).await?;
            } else if waiting.free > 0 {
                self.top_up(&waiting).await?;
            }
        }
        Ok(())
    }

    /// Fills the room that was seen. `false` = it was filled meanwhile.
    pub async fn top_up(&self, waiting: &Waiting) -> Result<bool, StoreError> {
        let release = batch::release(waiting.id, waiting.free, ms(self.limits.deadline_bulk));
        Verb::new("batches", waiting.id, batch::top_up(waiting)).then(release).took(&self.db).await
    }

    /// Ends batches whose jobs are all at rest, and asks the jobs of cancelled ones to stop.
    pub async fn look_after_batches(&self) -> Result<(), StoreError> {
        for job in batch::still_open(&self.db, STOPPED_AT_ONCE).await? {
            match self.cancel(job, &Actor::default()).await {
                Ok(_) | Err(JobError::NotFound | JobError::WrongStatus { .. }) => {}
                Err(JobError::Store(error)) => return Err(error),
                Err(error) => tracing::warn!(job.id = %job, %error, "a job of a cancelled batch could not be asked to stop"),
            }
        }
        for id in batch::at_rest(&self.db).await? {
            if let Some(batch) = batch::find(&self.db, id).await? {
                self.end_if_at_rest(&batch).await?;
            }
        }
        Ok(())
    }

    async fn end_if_at_rest(&self, seen: &Batch) -> Result<(), StoreError> {
        let mut at_rest = seen.clone();
        at_rest.ended_at = Some(self.clock().now_ms());
        let data = json!({ "batch_id": seen.id, "kind": seen.kind()?, "status": at_rest.status() });
        let ended = Verb::new("batches", seen.id, batch::end(seen.id))
            .then(delivery::tell_endpoints(&self.db, WebhookEvent::BatchCompleted, About::Batch(data.to_string())))
            .then(self.about(&Actor::default(), "batch.end", seen.id, &json!({})));
        if ended.took(&self.db).await? {
            tracing::info!(batch.id = %seen.id, "all jobs of a batch are at rest");
        }
        Ok(())
    }

    /// Begins nothing new; what runs goes on.
    pub async fn pause_batch(&self, id: Uuid, actor: &Actor) -> Result<Batch, JobError> {
        if self.pause(id, None, actor).await? {
            return self.batch(id).await;
        }
        Err(self.not_so(id, "batch.not_running", "only a batch that runs can be paused").await)
    }

    async fn pause(&self, id: Uuid, code: Option<&str>, actor: &Actor) -> Result<bool, StoreError> {
        let verb = Verb::new("batches", id, batch::pause(id, code));
        verb.then(batch::hold_back()).then(self.about(actor, "batch.pause", id, &json!({ "code": code }))).took(&self.db).await
    }

    /// Goes on.
    pub async fn resume_batch(&self, id: Uuid, actor: &Actor) -> Result<Batch, JobError> {
        let verb = Verb::new("batches", id, batch::resume(id)).then(self.about(actor, "batch.resume", id, &json!({})));
        if verb.took(&self.db).await? {
            self.bell.child_ended();
            return self.batch(id).await;
        }
        Err(self.not_so(id, "batch.not_paused", "only a paused batch can be resumed").await)
    }

    /// Begins nothing new, ends what was not begun, and asks what runs to stop.
    pub async fn cancel_batch(&self, id: Uuid, actor: &Actor) -> Result<Batch, JobError> {
        let data = json!({ "status": "cancelled", "batch_id": id, "published": [] }).to_string();
        let verb = Verb::new("batches", id, batch::cancel(id))
            .then(batch::cancel_unbegun(&self.db))
            .then(batch::told(&self.db, EventKind::Cancelled.as_str(), &data))
            .then(self.about(actor, "batch.cancel", id, &json!({})));
        if verb.took(&self.db).await? {
            self.look_after_batches().await?;
            return self.batch(id).await;
        }
        Err(self.not_so(id, "batch.already_ended", "there is nothing left to cancel").await)
    }

    /// Gives those that failed another chance, with what they had made already.
    pub async fn retry_failed(&self, id: Uuid, actor: &Actor) -> Result<Batch, JobError> {
        let data = json!({ "retry": true, "batch_id": id }).to_string();
        let verb = Verb::new("batches", id, batch::reopen(id))
            .then(batch::hold_failed(&self.db, ms(self.limits.deadline_bulk)))
            .then(batch::told(&self.db, EventKind::Queued.as_str(), &data))
            .then(self.about(actor, "batch.retry", id, &json!({})));
        if verb.took(&self.db).await? {
            self.bell.child_ended();
            return self.batch(id).await;
        }
        Err(self.not_so(id, "batch.nothing_failed", "a cancelled batch, or one without failed jobs, has nothing to retry").await)
    }

    async fn batch(&self, id: Uuid) -> Result<Batch, JobError> {
        batch::find(&self.db, id).await?.ok_or(JobError::NotFound)
    }

    async fn not_so(&self, id: Uuid, code: &'static str, hint: &'static str) -> JobError {
        match self.batch(id).await {
            Ok(batch) => JobError::WrongBatchStatus { status: batch.status(), code, hint },
            Err(error) => error,
        }
    }

    fn about(&self, actor: &Actor, action: &'static str, id: Uuid, details: &serde_json::Value) -> Sql {
        audit::about_held(self.clock().new_id(), actor, action, "batch", id, details)
    }
}
