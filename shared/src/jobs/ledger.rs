//! The ledger of model calls: before the call, and after it even when the job is no longer ours.

use super::Jobs;
use super::claim::Claimed;
use super::error::Fenced;
use crate::store::llm_call::{self, NewCall, Settled};
use crate::store::{Sql, StoreError, Verb};

impl Jobs {
    /// Writes a call before it is made. Calls of earlier claims of this job that were never settled are closed as unknown.
    pub async fn reserve_call(&self, claimed: &Claimed, call: &NewCall) -> Result<Result<(), Fenced>, StoreError> {
        let fence = &claimed.fence;
        let guard = Sql::new("UPDATE jobs SET updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running'")
            .bind(fence.job_id)
            .bind(fence.epoch);
        if !Verb::new("jobs", fence.job_id, guard).then(llm_call::reserve(call)).took(&self.db).await? {
            return Ok(Err(Fenced));
        }
        llm_call::close_abandoned(&self.db, fence.job_id, fence.epoch).await?;
        Ok(Ok(()))
    }

    /// Settles a call whatever became of its job.
    pub async fn settle_call(&self, call: Settled) -> Result<(), StoreError> {
        use backon::{ExponentialBuilder, Retryable};

        (|| async { self.db.execute(llm_call::settle(call)).await })
            .retry(ExponentialBuilder::default().with_jitter().with_max_times(8))
            .when(StoreError::is_transient)
            .await?;
        Ok(())
    }
}
