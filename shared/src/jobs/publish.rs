//! What publishing needs of the database: the target's lease, the intent before a write, the record after it.

use std::time::Duration;

use serde_json::json;

use super::Jobs;
use super::claim::{Claimed, Fence};
use super::error::Fenced;
use super::limits::ms;
use crate::domain::event::EventKind;
use crate::domain::publish::PublishMode;
use crate::store::audit::Actor;
use crate::store::job::Job;
use crate::store::publication::{self, Intent, Publication, TargetKey, Writer, Written};
use crate::store::{Sql, StoreError, Verb, audit, event};

impl Jobs {
    /// Takes the target for this job. `false` = another job is writing there; try later.
    pub async fn acquire_target(
        &self,
        claimed: &Claimed,
        issue_id: &str,
        mode: PublishMode,
        hold: Duration,
    ) -> Result<bool, StoreError> {
        publication::acquire(&self.db, &claimed.row.connection, issue_id, mode, writer(&claimed.fence), ms(hold)).await
    }

    /// The record of a target.
    pub async fn publication(&self, key: &TargetKey) -> Result<Option<Publication>, StoreError> {
        publication::find(&self.db, key).await
    }

    /// How long a write that somebody intended may still appear in Jira; zero when there is none.
    pub async fn open_intent(&self, key: &TargetKey) -> Result<Duration, StoreError> {
        let wait = publication::open_intent_ms(&self.db, key, ms(self.limits.publish_margin)).await?;
        Ok(Duration::from_millis(u64::try_from(wait).unwrap_or(0)))
    }

    /// Stops a job whose story changed since it was read: a person decides whether to publish all the same.
    pub async fn stop_for_review(
        &self,
        claimed: &Claimed,
        code: &'static str,
        message: &str,
    ) -> Result<Result<(), Fenced>, StoreError> {
        let fence = &claimed.fence;
        let data = json!({ "stage": claimed.stage, "code": code, "message": message });
        let stopped = self
            .guarded(claimed, || {
                let guard = Sql::new(
                    "UPDATE jobs SET status = 'awaiting_review', lease_owner = NULL, deadline_left = deadline_at - {now}, attempt = 0, \
                     crashes = 0, solo_crashes = 0, event_seq = event_seq + 1, error_code = ?, error_message = ?, updated_at = {now}, \
                     content_hash = COALESCE(content_hash, (SELECT h.content_hash FROM generation_history h WHERE h.id = ? OR h.job_id = ? LIMIT 1)) \
                     WHERE id = ? AND epoch = ? AND status = 'running' AND cancel_requested_at IS NULL",
                )
                .bind(code)
                .bind(message.to_owned())
                .bind(claimed.request.from)
                .bind(claimed.request.from)
                .bind(fence.job_id)
                .bind(fence.epoch);
                Verb::new("jobs", fence.job_id, guard)
                    .then(event::append(EventKind::AwaitingReview, &data))
                    .then(publication::release_of_held())
            })
            .await?;
        let row = match stopped {
            Ok(row) => row,
            Err(Fenced) => match self.was_done(claimed, |job| job.status == "awaiting_review").await? {
                Some(row) => row,
                None => return Ok(Err(Fenced)),
            },
        };
        self.told(&row);
        Ok(Ok(()))
    }

    /// Whether the job is still ours and somebody asked to cancel it.
    pub async fn is_asked_to_cancel(&self, claimed: &Claimed) -> Result<bool, StoreError> {
        let row = self.was_done(claimed, |job| job.status == "running" && job.cancel_requested_at.is_some()).await?;
        Ok(row.is_some())
    }

    /// Records a write before it is sent. After this the job may not be cancelled until the write has ended.
    pub async fn intend(&self, claimed: &Claimed, intent: &Intent) -> Result<Result<(), Fenced>, StoreError> {
        let fence = &claimed.fence;
        let details = json!({ "target": intent.key.target, "issue_id": intent.key.issue_id, "action": intent.action });
        let actor = Actor { user_id: Some(claimed.row.owner_id), ..Actor::default() };
        let verb = Verb::new("jobs", fence.job_id, may_write(fence)).then(publication::intend(intent)).then(audit::about_held(
            self.clock().new_id(),
            &actor,
            "jira.write",
            "job",
            fence.job_id,
            &details,
        ));
        Ok(verb.run::<Job>(&self.db).await?.map(|_| ()).ok_or(Fenced))
    }

    /// Records a write that was carried out, whether or not the job is still ours.
    pub async fn settle_publication(&self, fence: &Fence, written: &Written) -> Result<(), StoreError> {
        use backon::{ExponentialBuilder, Retryable};

        (|| async { self.db.execute(publication::settle(written, writer(fence))).await })
            .retry(ExponentialBuilder::default().with_jitter().with_max_times(8))
            .when(StoreError::is_transient)
            .await?;
        Ok(())
    }

    /// Takes an intent back that Jira certainly refused.
    pub async fn withdraw_intent(&self, fence: &Fence, key: &TargetKey) -> Result<(), StoreError> {
        self.db.execute(publication::withdraw(key, writer(fence))).await?;
        Ok(())
    }

    /// Gives the targets of this run back.
    pub async fn release_targets(&self, fence: &Fence) -> Result<(), StoreError> {
        publication::release(&self.db, writer(fence)).await
    }

    /// Records that an object of ours is about to be removed from Jira because the result does not need it any more.
    pub async fn intend_removal(
        &self,
        claimed: &Claimed,
        key: &TargetKey,
        remote_id: &str,
    ) -> Result<Result<(), Fenced>, StoreError> {
        let fence = &claimed.fence;
        let details = json!({ "target": key.target, "issue_id": key.issue_id, "remote_id": remote_id, "part": key.part });
        let actor = Actor { user_id: Some(claimed.row.owner_id), ..Actor::default() };
        let verb = Verb::new("jobs", fence.job_id, may_write(fence)).then(audit::about_held(
            self.clock().new_id(),
            &actor,
            "jira.remove_surplus",
            "job",
            fence.job_id,
            &details,
        ));
        Ok(verb.run::<Job>(&self.db).await?.map(|_| ()).ok_or(Fenced))
    }

    /// Forgets what was written to a target that holds nothing any more.
    pub async fn forget_publication(&self, fence: &Fence, key: &TargetKey) -> Result<(), StoreError> {
        self.db.execute(publication::forget(key, writer(fence))).await?;
        Ok(())
    }

    /// Records that a second object of ours was removed from Jira.
    pub async fn audit_removed_duplicate(&self, claimed: &Claimed, key: &TargetKey, remote_id: &str) -> Result<(), StoreError> {
        let details = json!({ "target": key.target, "issue_id": key.issue_id, "remote_id": remote_id, "why": "two objects carried our marker" });
        let actor = Actor { user_id: Some(claimed.row.owner_id), ..Actor::default() };
        let entry = audit::entry(
            self.clock().new_id(),
            &actor,
            "jira.remove_duplicate",
            "job",
            &claimed.fence.job_id.to_string(),
            &details,
        );
        self.db.execute(entry).await?;
        Ok(())
    }
}

/// The guard of whatever comes before a write to Jira: the job is held and nobody asked to cancel it.
fn may_write(fence: &Fence) -> Sql {
    Sql::new(
        "UPDATE jobs SET updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running' AND cancel_requested_at IS NULL",
    )
    .bind(fence.job_id)
    .bind(fence.epoch)
}

fn writer(fence: &Fence) -> Writer {
    Writer { job_id: fence.job_id, epoch: fence.epoch }
}
