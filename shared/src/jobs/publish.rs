//! What publishing needs of the database: the target's lease, the intent before a write, the record after it.

use std::time::Duration;

use serde_json::json;

use super::Jobs;
use super::claim::{Claimed, Fence};
use super::error::Fenced;
use super::stage::is;
use crate::domain::duration::ms;
use crate::domain::event::EventKind;
use crate::domain::job::JobStatus;
use crate::domain::publish::PublishMode;
use crate::store::audit::Actor;
use crate::store::publication::{self, Intent, Known, Publication, Taken, TargetKey, Writer, Written};
use crate::store::{Sql, StoreError, Verb, audit, event};

/// Why nothing may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Somebody asked to cancel the job.
    Cancelled,
    /// Another job writes there now, or may.
    TargetLost,
    /// The job is not ours any more.
    Lost,
}

/// What is known of the pieces of a target.
#[derive(Debug, Clone)]
pub struct Records(Vec<(TargetKey, Known)>);

impl Records {
    /// The record of a piece.
    #[must_use]
    pub fn of(&self, key: &TargetKey) -> Option<&Publication> {
        self.known(key).map(|known| &known.record)
    }

    /// How long a write that somebody intended may still appear there; zero when there is none.
    #[must_use]
    pub fn open_intent(&self, key: &TargetKey) -> Duration {
        let wait = self.known(key).map_or(0, |known| known.wait_ms);
        Duration::from_millis(u64::try_from(wait).unwrap_or(0))
    }

    /// How long a write that somebody intended may still appear at any of the pieces; zero when there is none.
    #[must_use]
    pub fn longest_wait(&self) -> Duration {
        let longest = self.0.iter().map(|(_, known)| known.wait_ms).max().unwrap_or(0);
        Duration::from_millis(u64::try_from(longest).unwrap_or(0))
    }

    /// The objects that are known to have been written.
    #[must_use]
    pub fn remote_ids(&self) -> Vec<&str> {
        self.0.iter().filter_map(|(_, known)| known.record.remote_id.as_deref()).collect()
    }

    fn known(&self, key: &TargetKey) -> Option<&Known> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, known)| known)
    }
}

impl Jobs {
    /// Takes the target for this job. `None` = another job is writing there; try later.
    pub async fn acquire_target(
        &self,
        claimed: &Claimed,
        issue_id: &str,
        mode: PublishMode,
        hold: Duration,
    ) -> Result<Option<Taken>, StoreError> {
        let row = &claimed.row;
        let behind = row.approved_by.unwrap_or(row.owner_id);
        publication::acquire(&self.db, &row.connection, issue_id, mode, writer(&claimed.fence), behind, ms(hold)).await
    }

    /// The record of a target.
    pub async fn publication(&self, key: &TargetKey) -> Result<Option<Publication>, StoreError> {
        publication::find(&self.db, key).await
    }

    /// The records of all pieces of a target, in one look.
    pub async fn records(&self, connection: &str, issue_id: &str, mode: PublishMode) -> Result<Records, StoreError> {
        let known = publication::of_target(&self.db, connection, issue_id, mode, ms(self.limits.publish_margin)).await?;
        let keyed = known.into_iter().map(|known| Ok((TargetKey::of(&known.record)?, known)));
        Ok(Records(keyed.collect::<Result<_, StoreError>>()?))
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

    /// Records a write before it is sent, and keeps the target for as long as it may take. After this the job may not be
    /// cancelled until the write has ended.
    pub async fn intend(&self, claimed: &Claimed, intent: &Intent) -> Result<Result<(), Refused>, StoreError> {
        let fence = &claimed.fence;
        let details = json!({ "target": intent.key.target, "issue_id": intent.key.issue_id, "part": intent.key.part,
            "action": intent.action.as_str(), "remote_id": intent.remote_id });
        let actor = Actor { user_id: Some(claimed.row.owner_id), ..Actor::default() };
        let verb = Verb::new("jobs", fence.job_id, may_write(fence))
            .gate(Some(publication::keep_target(intent, writer(fence))))
            .then(publication::intend(intent))
            .then(audit::about_held(self.clock().new_id(), &actor, intent.action.audited_as(), "job", fence.job_id, &details));
        Ok(if verb.took(&self.db).await? { Ok(()) } else { Err(self.why_refused(claimed).await?) })
    }

    /// Why a verb that comes before a write took nothing.
    pub async fn why_refused(&self, claimed: &Claimed) -> Result<Refused, StoreError> {
        let row = self.was_done(claimed, is(JobStatus::Running)).await?;
        Ok(match row {
            Some(row) if row.cancel_requested_at.is_some() => Refused::Cancelled,
            Some(_) => Refused::TargetLost,
            None => Refused::Lost,
        })
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

    /// Records what the holder of the target wrote, or found in Jira as ours whoever sent it. `false` = the job is not ours any more.
    pub async fn adopt_publication(&self, fence: &Fence, found: &Written) -> Result<bool, StoreError> {
        let guard = Sql::new("UPDATE jobs SET updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running'")
            .bind(fence.job_id)
            .bind(fence.epoch);
        Verb::new("jobs", fence.job_id, guard).then(publication::adopt(found)).took(&self.db).await
    }

    /// Records what became of a write whose answer was lost, as it was found; `None` = nothing of it is there.
    pub async fn settle_trace(&self, intent: &Publication, found: Option<&Written>) -> Result<(), StoreError> {
        let writer = Writer { job_id: intent.job_id, epoch: intent.epoch };
        let record = match found {
            Some(written) => publication::settle(written, writer),
            None => publication::withdraw(&TargetKey::of(intent)?, writer),
        };
        self.db.execute(record).await?;
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

    /// Records that the object this job intended to remove is gone.
    pub async fn settle_removal(&self, fence: &Fence, key: &TargetKey) -> Result<(), StoreError> {
        self.db.execute(publication::removed(key, writer(fence))).await?;
        Ok(())
    }

    /// Forgets what was written to a target that holds nothing any more.
    pub async fn forget_publication(&self, fence: &Fence, key: &TargetKey) -> Result<(), StoreError> {
        self.db.execute(publication::forget(key, writer(fence))).await?;
        Ok(())
    }
}

/// The guard of whatever comes before a write to Jira: the job and the target are held and nobody asked to cancel.
fn may_write(fence: &Fence) -> Sql {
    Sql::new(
        "UPDATE jobs SET updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running' AND cancel_requested_at IS NULL \
         AND EXISTS (SELECT 1 FROM {gate})",
    )
    .bind(fence.job_id)
    .bind(fence.epoch)
}

fn writer(fence: &Fence) -> Writer {
    Writer { job_id: fence.job_id, epoch: fence.epoch }
}
