//! A batch whose creation got no answer: it is looked for before anything is sent again, and where that cannot tell, a person
//! decides.

use shared::domain::duration::ms;
use shared::domain::provider_batch::{BATCH_UNKNOWN, ProviderBatchState as State};
use shared::ports::{Found, LlmBatches};
use shared::store::StoreError;
use shared::store::provider_batch::{self, ProviderBatch, Trouble};

use super::step::{Next, next};
use super::{Economy, LONGEST_REQUEST};

impl Economy {
    pub(super) async fn find(&self, client: &dyn LlmBatches, batch: ProviderBatch) -> Result<Next, StoreError> {
        let since = batch.begun().unwrap_or_else(|| batch.created());
        match client.find(&batch.id.to_string(), since).await {
            Ok(Found::Yes(remote)) => {
                tracing::info!(batch.id = %batch.id, batch.remote_id = %remote.0, "a batch was found at its provider");
                Ok(next(provider_batch::reach(self.db(), &batch, State::Created, None, Some(remote.0)).await?))
            }
            Ok(Found::No) => self.send_again(&batch).await,
            Ok(Found::Perhaps(some)) => self.perhaps(&batch, some.into_iter().map(|remote| remote.0).collect()).await,
            Err(error) => self.put_off(&batch, &error).await,
        }
    }

    /// The provider does not keep our id. What is known to be another batch is not it.
    async fn perhaps(&self, batch: &ProviderBatch, mut candidates: Vec<String>) -> Result<Next, StoreError> {
        let known = provider_batch::known_remotes(self.db(), &batch.connection).await?;
        candidates.retain(|candidate| !known.contains(candidate));
        if candidates.is_empty() {
            return self.send_again(batch).await;
        }
        if provider_batch::another_on_its_way(self.db(), batch, ms(LONGEST_REQUEST)).await? {
            // One of them may be that one; when it is known, fewer are left.
            provider_batch::put_off(self.db(), batch, ms(self.longest_poll()), None).await?;
            return Ok(None);
        }
        self.leave_to_a_person(batch, &candidates, "its creation got no answer, and the provider keeps no name of ours").await
    }

    async fn send_again(&self, batch: &ProviderBatch) -> Result<Next, StoreError> {
        tracing::info!(batch.id = %batch.id, "a batch is not at its provider; it is sent again");
        let state = if batch.upload_id.is_some() { State::Uploaded } else { State::Made };
        Ok(next(provider_batch::reach(self.db(), batch, state, None, None).await?))
    }

    pub(super) async fn leave_to_a_person(
        &self,
        batch: &ProviderBatch,
        candidates: &[String],
        why: &str,
    ) -> Result<Next, StoreError> {
        let message = format!("{why}; decide about it by POST /api/v1/provider-batches/{}/decide", batch.id);
        let trouble = Trouble { code: BATCH_UNKNOWN, message: &message };
        if self.jobs.lose_batch(batch, candidates, trouble).await? {
            tracing::warn!(batch.id = %batch.id, connection = %batch.connection, "a batch is unknown; an administrator decides");
        }
        Ok(None)
    }
}
