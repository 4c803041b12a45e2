//! The ledger of model calls: before the call, and after it even when the job is no longer ours.

use chrono::{DateTime, Utc};

use super::Jobs;
use super::claim::{Claimed, Fence};
use super::error::Fenced;
use crate::domain::budget::{Budget, OverBudget};
use crate::domain::job::JobStatus;
use crate::store::llm_call::{self, NewCall, Settled};
use crate::store::{Alone, Sql, StoreError, Verb, budget, job, llm_reply, worker};

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

    /// Writes a call before it is made, if the budgets that apply to it have room for the most it may cost.
    pub async fn reserve_call_within(
        &self,
        claimed: &Claimed,
        call: &NewCall,
        budgets: &[&Budget],
    ) -> Result<Result<Result<(), OverBudget>, Fenced>, StoreError> {
        if let Some(over) = Self::unpriced(call, budgets) {
            return Ok(Ok(Err(over)));
        }
        let Fence { job_id, epoch, .. } = claimed.fence;
        // What a crash left open is unknown from now on, and counts as the most it may have cost.
        llm_call::close_abandoned(&self.db, job_id, epoch).await?;
        let now = self.clock().now();
        if self.db.alone(Alone::Budget, llm_call::reserve_within(call, job_id, epoch, budgets, now)).await? == 1 {
            return Ok(Ok(Ok(())));
        }
        self.why_not_reserved(claimed, call, budgets, now).await
    }

    /// The budget under which a call of unknown price may not be made.
    pub(super) fn unpriced(call: &NewCall, budgets: &[&Budget]) -> Option<OverBudget> {
        let refuses = |budget: &&&Budget| budget.max_nano_usd.is_some() && !budget.allow_unknown_price;
        let budget = budgets.iter().find(refuses).filter(|_| call.reserved_nano_usd.is_none())?;
        Some(OverBudget::PriceUnknown { budget: budget.name(), model: call.model.clone() })
    }

    /// A call was not written: the job is not ours any more, or a budget has no room.
    pub(super) async fn why_not_reserved(
        &self,
        claimed: &Claimed,
        call: &NewCall,
        budgets: &[&Budget],
        now: DateTime<Utc>,
    ) -> Result<Result<Result<(), OverBudget>, Fenced>, StoreError> {
        let Fence { job_id, epoch, .. } = claimed.fence;
        let row = job::find(&self.db, job_id).await?;
        if row.as_ref().is_none_or(|row| row.epoch != epoch || row.status != JobStatus::Running.as_str()) {
            return Ok(Err(Fenced));
        }
        let key = row.map_or_else(String::new, |row| row.issue_key);
        let project = key.rsplit_once('-').map_or("", |(project, _)| project);
        Ok(Ok(Err(self.over_which(claimed, project, call, budgets, now).await?)))
    }

    /// Which budget has no room; when none has none any more, those in the way have ended meanwhile.
    async fn over_which(
        &self,
        claimed: &Claimed,
        project: &str,
        call: &NewCall,
        budgets: &[&Budget],
        now: DateTime<Utc>,
    ) -> Result<OverBudget, StoreError> {
        let cost = call.reserved_nano_usd.unwrap_or(0);
        for budget in budgets {
            let taken = budget::taken(&self.db, budget, claimed.row.owner_id, project, now).await?;
            let no_money = budget.max_nano_usd.is_some_and(|most| taken.spent.saturating_add(cost) > most);
            let no_calls = budget.max_calls.is_some_and(|most| taken.calls - taken.open >= most);
            if no_money || no_calls {
                return Ok(OverBudget::Exhausted { budget: budget.name(), until: budget.period.around(now).1 });
            }
        }
        Ok(OverBudget::SetAside)
    }

    /// Workers whose lease has not ended.
    pub async fn live_workers(&self) -> Result<u32, StoreError> {
        worker::live(&self.db).await
    }

    /// Settles a call, and keeps its answer, whatever became of its job.
    pub async fn settle_call(&self, call: &Settled) -> Result<(), StoreError> {
        use backon::{ExponentialBuilder, Retryable};

        let write = || async {
            if let Some(reply) = &call.reply {
                self.db.execute(llm_reply::keep_now(reply)).await?;
            }
            self.db.execute(llm_call::settle(call)).await
        };
        write.retry(ExponentialBuilder::default().with_jitter().with_max_times(8)).when(StoreError::is_transient).await?;
        Ok(())
    }
}
