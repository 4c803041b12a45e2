//! A batch that is with its provider: asked after, cancelled when nobody waits for it, read when it has ended.

use std::collections::HashSet;
use std::sync::Arc;

use futures::StreamExt;
use shared::adapters::connections::Model;
use shared::domain::duration::ms;
use shared::jobs::Concluded;
use shared::ports::{BatchError, BatchLine, BatchRef, BatchState, Completion, LlmBatches, LlmError, Unanswered};
use shared::store::StoreError;
use shared::store::llm_call::Used;
use shared::store::llm_question::{self, Outcome};
use shared::store::provider_batch::{self, ProviderBatch};
use uuid::Uuid;

use super::Economy;
use super::step::Next;
use crate::pipeline::used_of;

impl Economy {
    pub(super) async fn follow(
        &self,
        client: &dyn LlmBatches,
        model: &Arc<Model>,
        batch: ProviderBatch,
    ) -> Result<Next, StoreError> {
        let remote = BatchRef(batch.remote_id.clone().unwrap_or_default());
        if batch.cancel_asked_at.is_none() && !llm_question::is_wanted(self.db(), batch.id).await? {
            self.cancel(client, &batch, &remote).await?;
        }
        match client.poll(&remote).await {
            Ok(BatchState::Running { done, total }) => self.later(&batch, done, total).await,
            Ok(BatchState::Failed(code)) => {
                let error = LlmError::NotMade(format!("the provider did not take the batch ({code})"));
                self.fail(&batch, &error).await
            }
            Ok(BatchState::Ended) => self.read(client, model, &batch, &remote, true).await,
            Ok(BatchState::Expired | BatchState::Cancelled) => self.read(client, model, &batch, &remote, false).await,
            Err(BatchError::Call(LlmError::Rejected { status: 404, .. })) => {
                self.leave_to_a_person(&batch, &[], "its provider does not know it any more").await
            }
            Err(error) => self.put_off(&batch, &error).await,
        }
    }

    /// Whoever waited for its answers has ended. A batch that has ended meanwhile refuses, and is read.
    async fn cancel(&self, client: &dyn LlmBatches, batch: &ProviderBatch, remote: &BatchRef) -> Result<(), StoreError> {
        match client.cancel(remote).await {
            Ok(()) => tracing::info!(batch.id = %batch.id, "nobody waits for a batch any more; it is cancelled"),
            Err(error) => {
                tracing::info!(batch.id = %batch.id, code = error.code(), "a batch could not be cancelled");
                if !matches!(error, BatchError::Call(LlmError::Rejected { .. })) {
                    // It is asked again at the next look.
                    return Ok(());
                }
            }
        }
        provider_batch::cancel_asked(self.db(), batch).await.map(|_| ())
    }

    /// The longer it takes, the less often it is asked after.
    async fn later(&self, batch: &ProviderBatch, done: u64, total: u64) -> Result<Next, StoreError> {
        let age = self.db().clock().now().signed_duration_since(batch.created()).to_std().unwrap_or_default();
        let wait = (age / 10).clamp(self.limits.poll, self.longest_poll());
        tracing::debug!(batch.id = %batch.id, done, total, ?wait, "a batch is worked on");
        provider_batch::put_off(self.db(), batch, ms(wait), None).await?;
        Ok(None)
    }

    /// Keeps each answer by itself: who dies meanwhile, or is cut off, has the rest read again.
    async fn read(
        &self,
        client: &dyn LlmBatches,
        model: &Arc<Model>,
        batch: &ProviderBatch,
        remote: &BatchRef,
        has_ended: bool,
    ) -> Result<Next, StoreError> {
        let asked: HashSet<String> = llm_question::unanswered(self.db(), batch.id).await?.iter().map(Uuid::to_string).collect();
        if !asked.is_empty() {
            let mut lines = match client.results(remote, asked).await {
                Ok(lines) => lines,
                Err(error) => return self.put_off(batch, &error).await,
            };
            let mut is_ours = false;
            while let Some(line) = lines.next().await {
                match line {
                    Ok(BatchLine::Missing { .. }) if has_ended && !is_ours => {
                        let why = "the batch of that id has ended and holds no answer of ours";
                        return self.leave_to_a_person(batch, &[], why).await;
                    }
                    Ok(line) => {
                        is_ours |= matches!(line, BatchLine::Answer { .. });
                        self.keep(model, batch, line).await?;
                    }
                    Err(error) => return self.put_off(batch, &error).await,
                }
            }
        }
        if self.jobs.end_batch(batch).await? {
            tracing::info!(batch.id = %batch.id, "a batch has ended");
            if let Err(error) = client.forget(remote).await {
                tracing::info!(batch.id = %batch.id, code = error.code(), "a provider keeps a batch that was read");
            }
            return Ok(None);
        }
        // Somebody else has it, or an answer was not told of: it is looked at again.
        provider_batch::put_off(self.db(), batch, ms(self.longest_poll()), None).await?;
        Ok(None)
    }

    async fn keep(&self, model: &Arc<Model>, batch: &ProviderBatch, line: BatchLine) -> Result<(), StoreError> {
        let (custom_id, result) = match line {
            BatchLine::Answer { custom_id, result } => (custom_id, result),
            BatchLine::Missing { custom_id } => (custom_id, Err(lost())),
            BatchLine::Stray { custom_id, why } => {
                tracing::warn!(batch.id = %batch.id, llm.call = %custom_id, ?why, "a line of a batch answers no call");
                return Ok(());
            }
        };
        let Ok(id) = custom_id.parse() else { return Ok(()) };
        let (outcome, used) = concluded(result);
        let is_new = self.jobs.conclude(batch, &Concluded { id, outcome, used }).await?;
        if let (Used::Known(usage), true) = (used, is_new) {
            self.metrics.llm_batched(model.llm.provider(), &usage);
        }
        Ok(())
    }
}

/// The results ended without a word of it.
fn lost() -> Unanswered {
    Unanswered::Failed(LlmError::Lost("the results of its batch do not tell of it".to_owned()).into())
}

/// What came of a call, and what it used.
fn concluded(result: Result<Completion, Unanswered>) -> (Outcome, Used) {
    match result {
        Ok(Completion { text, model, usage }) => (Outcome::Answer { model, text }, Used::Known(usage)),
        Err(Unanswered::Failed(failed)) => {
            let used = used_of(&failed);
            (Outcome::Failed(failed.error), used)
        }
        Err(unmade @ (Unanswered::Expired | Unanswered::Cancelled)) => {
            (Outcome::Failed(LlmError::NotMade(unmade.to_string())), Used::Nothing)
        }
    }
}
