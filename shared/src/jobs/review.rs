//! `edit`, `approve`: a person decides about a result, bound to the content that was seen.

use serde_json::json;
use uuid::Uuid;

use super::Jobs;
use super::error::JobError;
use super::submit::deliveries;
use crate::domain::event::EventKind;
use crate::domain::job::{JobStatus, Stage};
use crate::domain::json::to_json;
use crate::domain::request::JobRequest;
use crate::domain::result::{CriteriaArtifact, SuiteArtifact};
use crate::domain::webhook::WebhookEvent;
use crate::store::audit::Actor;
use crate::store::job::Job;
use crate::store::{Sql, StoreError, Verb, artifact, audit, event, history, job};

/// A result as a person changed it, after the checks ran again.
#[derive(Debug, Clone)]
pub struct Edit {
    /// Hash of the result that was changed.
    pub seen: String,
    /// Hash of the new one.
    pub content_hash: String,
    /// New criteria, when the job has criteria.
    pub criteria: Option<CriteriaArtifact>,
    /// New scenarios, when the job has scenarios.
    pub suite: Option<SuiteArtifact>,
}

/// The approval of a result.
#[derive(Debug, Clone)]
pub struct Approval {
    /// Hash of the result that was seen.
    pub seen: String,
    /// Publish it although the story changed since it was read. Nobody is taken to mean that who does not say so.
    pub publish_stale: bool,
}

impl Approval {
    /// The approval of what was seen, to be published unless its story changed.
    pub fn of(seen: impl Into<String>) -> Self {
        Self { seen: seen.into(), publish_stale: false }
    }
}

/// What an edit did.
#[derive(Debug)]
pub struct Edited {
    /// The row after it.
    pub job: Job,
}

impl Jobs {
    /// Replaces the result of a job that waits for review.
    pub async fn edit(&self, id: Uuid, edit: &Edit, actor: &Actor) -> Result<Edited, JobError> {
        let guard = Sql::new(
            "UPDATE jobs SET content_hash = ?, event_seq = event_seq + 1, updated_at = {now} \
             WHERE id = ? AND status = 'awaiting_review' AND content_hash = ?",
        )
        .bind(edit.content_hash.clone())
        .bind(id)
        .bind(edit.seen.clone());
        let data = json!({ "from": edit.seen, "to": edit.content_hash });
        let (criteria, suite) = (edit.criteria.as_ref(), edit.suite.as_ref());
        let (new_set, new_suite) =
            (criteria.map(|artifact| to_json(&artifact.set)), suite.map(|artifact| to_json(&artifact.suite)));
        let verb = Verb::new("jobs", id, guard)
            .then_all(criteria.map(|artifact| artifact::store(Stage::Criteria, &to_json(artifact))))
            .then_all(suite.map(|artifact| artifact::store(Stage::Scenarios, &to_json(artifact))))
            .then(history::replace_result(new_set.as_deref(), new_suite.as_deref(), &edit.content_hash))
            .then(event::append(EventKind::Edited, &data))
            .then(audit::about_held(self.clock().new_id(), actor, "job.edit", "job", id, &data));
        match verb.run::<Job>(&self.db).await? {
            Some(job) => {
                self.told(&job);
                Ok(Edited { job })
            }
            None => Err(self.why_not_reviewed(id).await?),
        }
    }

    /// Approves the result that was seen; the job goes on to publish, or has succeeded.
    pub async fn approve(&self, id: Uuid, approval: &Approval, actor: &Actor) -> Result<Job, JobError> {
        let seen = approval.seen.as_str();
        let row = job::find(&self.db, id).await?.ok_or(JobError::NotFound)?;
        let mut request: JobRequest =
            serde_json::from_str(&row.request).map_err(|error| StoreError::Bug(format!("job {id}: request: {error}")))?;
        let goes_on = !request.publish.is_empty();
        request.publish_stale |= approval.publish_stale;
        let data = json!({ "content_hash": seen, "publish_stale": request.publish_stale });
        let guard = if goes_on { approve_and_publish() } else { approve_and_end() };
        let guard = guard.bind(to_json(&request)).bind(seen).bind(actor.user_id).bind(id).bind(seen);
        let mut verb = Verb::new("jobs", id, guard)
            .then(event::append(if goes_on { EventKind::Approved } else { EventKind::Succeeded }, &data))
            .then(history::accept())
            .then(artifact::store(Stage::Review, &json!({ "content_hash": seen, "by": actor.user_id }).to_string()))
            .then(audit::about_held(self.clock().new_id(), actor, "job.approve", "job", id, &data));
        if !goes_on {
            verb = verb.then_all(deliveries(self, &row, WebhookEvent::Succeeded));
        }
        match verb.run::<Job>(&self.db).await? {
            Some(job) => {
                if goes_on {
                    self.ring_for(&job);
                }
                self.told(&job);
                Ok(job)
            }
            None => Err(self.why_not_reviewed(id).await?),
        }
    }

    async fn why_not_reviewed(&self, id: Uuid) -> Result<JobError, StoreError> {
        let Some(row) = job::find(&self.db, id).await? else { return Ok(JobError::NotFound) };
        let status: JobStatus = row.status.parse().map_err(|error| StoreError::Bug(format!("job {id}: {error}")))?;
        Ok(if status == JobStatus::AwaitingReview {
            JobError::ContentChanged
        } else {
            JobError::WrongStatus {
                status,
                code: "job.not_in_review",
                hint: "only a job that awaits review can be edited or approved",
            }
        })
    }
}

fn approve_and_publish() -> Sql {
    Sql::new(
        "UPDATE jobs SET request = ?, status = 'queued', stage = 'publish', error_code = NULL, error_message = NULL, approved_hash = ?, approved_by = ?, due_at = {now}, ring_at = {now}, \
         deadline_at = {now} + CASE WHEN COALESCE(deadline_left, 0) < 300000 THEN 300000 ELSE deadline_left END, deadline_left = NULL, event_seq = event_seq + 1, updated_at = {now} \
         WHERE id = ? AND status = 'awaiting_review' AND content_hash = ?",
    )
}

fn approve_and_end() -> Sql {
    Sql::new(
        "UPDATE jobs SET request = ?, status = 'succeeded', approved_hash = ?, approved_by = ?, deadline_left = NULL, event_seq = event_seq + 1, \
         ended_at = {now}, updated_at = {now} WHERE id = ? AND status = 'awaiting_review' AND content_hash = ?",
    )
}
