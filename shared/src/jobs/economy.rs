//! Calls that are given away in batches: asked with their place in the ledger, answered once, and their jobs woken.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::Jobs;
use super::claim::{Claimed, Fence};
use super::error::{Fenced, JobError};
use crate::domain::budget::{Budget, OverBudget};
use crate::domain::provider_batch::BatchDecision;
use crate::ports::LlmError;
use crate::store::audit::Actor;
use crate::store::llm_call::{self, NewCall, Used};
use crate::store::llm_question::{self, NewQuestion, Outcome};
use crate::store::provider_batch::{self, ProviderBatch, Trouble};
use crate::store::{Alone, StoreError, Verb, audit};

/// Times and sizes of batches; every one is a setting.
#[derive(Debug, Clone)]
pub struct EconomyLimits {
    /// How often a worker looks for questions and batches.
    pub tick: Duration,
    /// How long questions are gathered.
    pub gather: Duration,
    /// Calls of a batch; so many are given away at once.
    pub most_calls: usize,
    /// The shortest time between two looks at a batch; the longest is ten times that.
    pub poll: Duration,
}

impl Default for EconomyLimits {
    fn default() -> Self {
        Self { tick: Duration::from_secs(5), gather: Duration::from_secs(300), most_calls: 1000, poll: Duration::from_secs(60) }
    }
}

/// What came of a call in a batch.
#[derive(Debug, Clone)]
pub struct Concluded {
    /// The question; the call of the ledger.
    pub id: Uuid,
    /// What came of it.
    pub outcome: Outcome,
    /// What it used.
    pub used: Used,
}

impl Jobs {
    /// Writes a call and its question, if the budgets that apply have room for the most it may cost. The job then waits.
    pub async fn ask_in_batch(
        &self,
        claimed: &Claimed,
        call: &NewCall,
        question: &NewQuestion,
        budgets: &[&Budget],
    ) -> Result<Result<Result<(), OverBudget>, Fenced>, StoreError> {
        if let Some(over) = Self::unpriced(call, budgets) {
            return Ok(Ok(Err(over)));
        }
        let Fence { job_id, epoch, .. } = claimed.fence;
        llm_call::close_abandoned(&self.db, job_id, epoch).await?;
        let now = self.clock().now();
        let verb = Verb::new("llm_calls", call.id, llm_call::reserve_within(call, job_id, epoch, budgets, now))
            .then(llm_question::ask(question));
        let took = if budgets.is_empty() { verb.took(&self.db).await? } else { verb.took_alone(&self.db, Alone::Budget).await? };
        if took { Ok(Ok(Ok(()))) } else { self.why_not_reserved(claimed, call, budgets, now).await }
    }

    /// Questions whose answers a job failed by: when it runs again, it asks anew.
    pub async fn questions_read(&self, claimed: &Claimed, ids: &[Uuid]) -> Result<(), StoreError> {
        for id in ids {
            self.db.execute(llm_question::read(*id, claimed.fence.job_id, claimed.fence.epoch)).await?;
        }
        Ok(())
    }

    /// Lets go of questions that wait although their jobs have ended: nothing was paid for them.
    pub async fn drop_unwanted(&self) -> Result<(), StoreError> {
        for id in llm_question::unwanted(&self.db).await? {
            let verb = Verb::new("llm_questions", id, llm_question::drop_unwanted(id));
            verb.then(llm_call::settle_of_held(Used::Nothing)).took(&self.db).await?;
        }
        Ok(())
    }

    /// The same with one that was chosen for a batch of which nothing is on its way.
    pub async fn drop_chosen(&self, batch: &ProviderBatch, id: Uuid) -> Result<bool, StoreError> {
        let verb = Verb::new("llm_questions", id, llm_question::drop_chosen(id, batch.id, batch.epoch));
        verb.then(llm_call::settle_of_held(Used::Nothing)).took(&self.db).await
    }

    /// Makes a batch of questions that wait, the oldest first; each is in one batch. `None` = none wait any more.
    pub async fn gather(&self, connection: &str, model: &str, most: usize) -> Result<Option<Uuid>, StoreError> {
        let id = self.clock().new_id();
        let took = Verb::new("provider_batches", id, provider_batch::make(id, connection, model))
            .then(llm_question::choose(&self.db, id, connection, model, most))
            .took(&self.db)
            .await?;
        Ok(took.then_some(id))
    }

    /// Keeps what came of a call, settles it, and wakes its job. `false` = it was kept before, or somebody else has the batch.
    pub async fn conclude(&self, batch: &ProviderBatch, concluded: &Concluded) -> Result<bool, StoreError> {
        let guard = llm_question::conclude(concluded.id, batch.id, batch.epoch, &concluded.outcome);
        Verb::new("llm_questions", concluded.id, guard)
            .then(llm_call::settle_of_held(concluded.used))
            .then(llm_question::wake_of_held())
            .took(&self.db)
            .await
    }

    /// Ends a batch that was not made, with the same for all its questions. `false` = somebody else has it.
    pub async fn fail_batch(&self, batch: &ProviderBatch, error: &LlmError) -> Result<bool, StoreError> {
        let message = error.to_string();
        let guard = provider_batch::fail(batch, Trouble { code: error.code(), message: &message });
        let used = if error.is_free() { Used::Nothing } else { Used::Unknown };
        failing(Verb::new("provider_batches", batch.id, guard), error, used).took(&self.db).await
    }

    /// Leaves a batch to a person, and lets its jobs say so. `false` = somebody else has it.
    pub async fn lose_batch(
        &self,
        batch: &ProviderBatch,
        candidates: &[String],
        trouble: Trouble<'_>,
    ) -> Result<bool, StoreError> {
        let guard = provider_batch::lose(batch, candidates, trouble);
        Verb::new("provider_batches", batch.id, guard).then(llm_question::wake_all_of_held()).took(&self.db).await
    }

    /// Ends a batch whose calls have all come to something. `false` = some have not, or somebody else has it.
    pub async fn end_batch(&self, batch: &ProviderBatch) -> Result<bool, StoreError> {
        Verb::new("provider_batches", batch.id, provider_batch::end(batch)).took(&self.db).await
    }

    /// A person decides about a batch that may be at its provider. `false` = it is not unknown any more.
    pub async fn decide(
        &self,
        batch: &ProviderBatch,
        decision: BatchDecision,
        remote_id: Option<&str>,
        actor: &Actor,
    ) -> Result<bool, JobError> {
        let details = json!({ "action": decision, "connection": batch.connection, "remote_id": remote_id });
        let told = audit::about_held(self.clock().new_id(), actor, "provider_batch.decide", "provider_batch", batch.id, &details);
        let verb = |guard| Verb::new("provider_batches", batch.id, guard).administered_by(actor.user_id).then(told);
        let verb = match (decision, remote_id) {
            (BatchDecision::Adopt, remote_id) => verb(provider_batch::adopt(batch.id, remote_id.unwrap_or_default())),
            // Whether the first was made and billed is not known: its calls stay in the ledger as such, and others are made.
            (BatchDecision::SendAgain, _) => {
                let error = LlmError::NotMade("an administrator had it sent again".to_owned());
                failing(verb(provider_batch::give_up(batch.id)), &error, Used::Unknown)
            }
            (BatchDecision::GiveUp, _) => failing(verb(provider_batch::give_up(batch.id)), &LlmError::GivenUp, Used::Unknown),
        };
        Ok(verb.took(&self.db).await?)
    }
}

/// What follows from the end of a batch for the questions that have no answer. Who they are is asked before they are changed.
fn failing(verb: Verb, error: &LlmError, used: Used) -> Verb {
    verb.then(llm_call::settle_all_of_held(used)).then(llm_question::wake_all_of_held()).then(llm_question::fail_of_held(error))
}
