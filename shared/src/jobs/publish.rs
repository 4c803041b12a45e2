//! What publishing needs of the database: the target's lease, the intent before a write, the record after it.

use std::time::Duration;

use serde_json::json;

use super::Jobs;
use super::claim::{Claimed, Fence};
use super::error::Fenced;
use super::limits::ms;
use crate::domain::publish::PublishMode;
use crate::store::audit::Actor;
use crate::store::job::Job;
use crate::store::publication::{self, Intent, Publication, TargetKey, Writer, Written};
use crate::store::{Sql, StoreError, Verb, audit};

impl Jobs {
    /// Takes the target for this job. `false` = another job is writing there; try later.
    pub async fn acquire_target(&self, claimed: &Claimed, issue_id: &str, mode: PublishMode, hold: Duration) -> Result<bool, StoreError> {
        publication::acquire(&self.db, &claimed.row.connection, issue_id, mode, writer(&claimed.fence), ms(hold)).await
    }

    /// The record of a target.
    pub async fn publication(&self, key: &TargetKey) -> Result<Option<Publication>, StoreError> {
        publication::find(&self.db, key).await
    }

    /// Records a write before it is sent. After this the job may not be cancelled until the write has ended.
    pub async fn intend(&self, claimed: &Claimed, intent: &Intent) -> Result<Result<(), Fenced>, StoreError> {
        let fence = &claimed.fence;
        let guard = Sql::new(
            "UPDATE jobs SET updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running' AND cancel_requested_at IS NULL",
        )
        .bind(fence.job_id)
        .bind(fence.epoch);
        let details = json!({ "target": intent.key.target, "issue_id": intent.key.issue_id, "action": intent.action });
        let actor = Actor { user_id: Some(claimed.row.owner_id), ..Actor::default() };
        let verb = Verb::new("jobs", fence.job_id, guard)
            .then(publication::intend(intent))
            .then(audit::about_held(self.clock().new_id(), &actor, "jira.write", "job", fence.job_id, &details));
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

    /// Records that a second object of ours was removed from Jira.
    pub async fn audit_removed_duplicate(&self, claimed: &Claimed, key: &TargetKey, remote_id: &str) -> Result<(), StoreError> {
        let details = json!({ "target": key.target, "issue_id": key.issue_id, "remote_id": remote_id, "why": "two objects carried our marker" });
        let actor = Actor { user_id: Some(claimed.row.owner_id), ..Actor::default() };
        let entry = audit::entry(self.clock().new_id(), &actor, "jira.remove_duplicate", "job", &claimed.fence.job_id.to_string(), &details);
        self.db.execute(entry).await?;
        Ok(())
    }
}

fn writer(fence: &Fence) -> Writer {
    Writer { job_id: fence.job_id, epoch: fence.epoch }
}
