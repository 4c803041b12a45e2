//! `retry`: a person starts a failed or cancelled job again. What was made and paid for is kept.

use serde_json::json;
use uuid::Uuid;

use super::Jobs;
use super::bell::Ring;
use super::error::JobError;
use crate::domain::duration::ms;
use crate::domain::event::EventKind;
use crate::domain::job::{JobStatus, Lane, Stage};
use crate::domain::message::MessageKind;
use crate::store::audit::Actor;
use crate::store::job::Job;
use crate::store::{Sql, StoreError, Verb, audit, event, job};

impl Jobs {
    /// Queues the job again at its first stage without artifact, with fresh attempts and deadline.
    pub async fn retry(&self, id: Uuid, actor: &Actor) -> Result<Job, JobError> {
        let row = job::find(&self.db, id).await?.ok_or(JobError::NotFound)?;
        let was_edited = row.approved_hash.is_some() && row.approved_hash != row.content_hash;
        let waits = row.stage == Stage::Review.as_str() || was_edited;
        let (guard, kind) =
            if waits { (back_to_review(), EventKind::AwaitingReview) } else { (back_to_the_queue(), EventKind::Queued) };
        let guard = guard.bind(ms(self.limits.deadline_bulk)).bind(ms(self.limits.deadline)).bind(id);
        let verb = Verb::new("jobs", id, guard).then(event::append(kind, &json!({ "retry": true }))).then(audit::about_held(
            self.clock().new_id(),
            actor,
            "job.retry",
            "job",
            id,
            &json!({}),
        ));
        if let Some(row) = verb.run::<Job>(&self.db).await? {
            if !waits {
                self.ring_for(&row);
            }
            self.told(&row);
            return Ok(row);
        }
        let row = job::find(&self.db, id).await?.ok_or(JobError::NotFound)?;
        let status: JobStatus = row.status.parse().map_err(|error| StoreError::Bug(format!("job {id}: {error}")))?;
        Err(JobError::WrongStatus { status, code: "job.not_ended", hint: "only a failed or cancelled job can be retried" })
    }

    /// Rings for a row that is due now.
    pub(super) fn ring_for(&self, row: &Job) {
        if let Ok(lane) = row.lane.parse::<Lane>() {
            self.bell.ring(Ring { lane, kind: MessageKind::Job, id: row.id });
        }
    }
}

fn back_to_the_queue() -> Sql {
    Sql::new(
        "UPDATE jobs SET status = 'queued', attempt = 0, crashes = 0, solo_crashes = 0, due_at = {now}, ring_at = {now}, \
         deadline_at = {now} + CASE WHEN lane = 'bulk' THEN ? ELSE ? END, cancel_requested_at = NULL, error_code = NULL, \
         error_message = NULL, ended_at = NULL, event_seq = event_seq + 1, updated_at = {now} \
         WHERE id = ? AND status IN ('failed', 'cancelled') AND stage <> 'review' \
         AND (approved_hash IS NULL OR approved_hash = content_hash)",
    )
}

/// A job that was cancelled while it waited for a person waits again, as does one whose result was edited after its approval.
fn back_to_review() -> Sql {
    Sql::new(
        "UPDATE jobs SET status = 'awaiting_review', deadline_left = CASE WHEN lane = 'bulk' THEN ? ELSE ? END, \
         cancel_requested_at = NULL, error_code = NULL, error_message = NULL, ended_at = NULL, event_seq = event_seq + 1, \
         updated_at = {now} WHERE id = ? AND status IN ('failed', 'cancelled') AND (stage = 'review' OR approved_hash <> content_hash)",
    )
}
