//! `submit`: a request becomes a row, its event, its audit entry and its idempotency key in one commit.

use serde_json::{Value, json};
use uuid::Uuid;

use super::bell::Ring;
use super::error::JobError;
use super::{Jobs, ending::deliver_to};
use crate::domain::duration::ms;
use crate::domain::event::EventKind;
use crate::domain::job::{JobKind, Lane, Stage};
use crate::domain::json::to_json;
use crate::domain::message::MessageKind;
use crate::domain::request::{JobRequest, Review};
use crate::domain::webhook::WebhookEvent;
use crate::store::audit::Actor;
use crate::store::delivery::{self, About};
use crate::store::entity;
use crate::store::idempotency::NewKey;
use crate::store::job::{Job, NewJob};
use crate::store::{Sql, StoreError, Verb, audit, event, idempotency, job};

/// A request that was validated and authorised.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The id the job will have ([`Clock::new_id`](crate::ports::Clock::new_id)).
    pub id: Uuid,
    /// What to make.
    pub kind: JobKind,
    /// How.
    pub request: JobRequest,
    /// Jira's numeric id, when it is known.
    pub issue_id: Option<String>,
    /// Who asks.
    pub actor: Actor,
    /// The user who will own the job.
    pub owner_id: Uuid,
    /// Its queue.
    pub lane: Lane,
    /// Higher first.
    pub priority: i32,
    /// The idempotency key that came with it.
    pub key: Option<NewKey>,
}

/// What became of a request.
#[derive(Debug)]
pub enum Submitted {
    /// A new job.
    Accepted(Box<Job>),
    /// The same request came before: this is what it was answered.
    Replayed(entity::idempotency::Model),
}

impl Submission {
    /// The first stage of the job.
    fn first_stage(&self) -> Stage {
        let stages = self.kind.stages(self.request.review == Review::Required, !self.request.publish.is_empty());
        stages.first().copied().unwrap_or(Stage::Publish)
    }
}

impl Jobs {
    /// Accepts a request. One round trip on PostgreSQL; Redis is not on this path.
    pub async fn submit(&self, submission: Submission) -> Result<Submitted, JobError> {
        let gate = submission.key.as_ref().map(|key| idempotency::take(key, submission.id, ms(self.limits.keep_idempotency)));
        let details = json!({ "kind": submission.kind, "issue_key": submission.request.issue_key, "lane": submission.lane });
        match self.accept(&submission, gate, &details).await? {
            Some(job) => Ok(Submitted::Accepted(Box::new(job))),
            None => self.replay(submission.key.as_ref()).await,
        }
    }

    /// Inserts what was asked for, unless the gate lets nothing pass.
    pub(super) async fn accept(
        &self,
        submission: &Submission,
        gate: Option<Sql>,
        details: &Value,
    ) -> Result<Option<Job>, StoreError> {
        let reaches = self.bell.reaches(submission.lane);
        let deadline = if submission.lane == Lane::Bulk { self.limits.deadline_bulk } else { self.limits.deadline };
        let new = NewJob {
            id: submission.id,
            kind: submission.kind,
            stage: submission.first_stage(),
            issue_key: submission.request.issue_key.to_string(),
            issue_id: submission.issue_id.clone(),
            connection: submission.request.connection.clone(),
            request: to_json(&submission.request),
            owner_id: submission.owner_id,
            request_id: submission.actor.request_id.clone().unwrap_or_default(),
            lane: submission.lane,
            priority: submission.priority,
            ring_in_ms: if reaches { ms(self.limits.ring_again) } else { 0 },
            deadline_in_ms: ms(deadline),
            max_attempts: self.limits.max_attempts,
        };
        let verb = Verb::new("jobs", new.id, job::insert(&new))
            .gate(gate)
            .then(event::append(EventKind::Queued, &json!({ "kind": submission.kind })))
            .then(audit::about_held(self.clock().new_id(), &submission.actor, "job.submit", "job", new.id, details));
        let job = verb.run::<Job>(&self.db).await?;
        if let Some(job) = &job {
            if reaches {
                self.bell.ring(Ring { lane: submission.lane, kind: MessageKind::Job, id: job.id });
            }
            self.told(job);
        }
        Ok(job)
    }

    async fn replay(&self, key: Option<&NewKey>) -> Result<Submitted, JobError> {
        Ok(Submitted::Replayed(self.stored(key).await?))
    }

    /// What the first request with this key was answered.
    pub(super) async fn stored(&self, key: Option<&NewKey>) -> Result<entity::idempotency::Model, JobError> {
        let Some(key) = key else { return Err(JobError::NotFound) };
        let stored = idempotency::find(&self.db, key).await?.ok_or(JobError::NotFound)?;
        if stored.body_hash == key.body_hash { Ok(stored) } else { Err(JobError::KeyReused) }
    }
}

/// The addresses to tell when the job ends.
fn callbacks(job: &Job) -> Vec<String> {
    serde_json::from_str::<JobRequest>(&job.request).ok().and_then(|request| request.callback_url).into_iter().collect()
}

/// Deliveries of the event that ends a job: to the address of its request, and to the endpoints of its owner.
pub(super) fn deliveries(jobs: &Jobs, job: &Job, event: WebhookEvent) -> Vec<crate::store::Sql> {
    let mut statements: Vec<_> = callbacks(job).iter().flat_map(|url| deliver_to(jobs, url, event)).collect();
    statements.push(delivery::tell_endpoints(&jobs.db, event, About::Job));
    statements
}
