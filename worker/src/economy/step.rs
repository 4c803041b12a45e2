//! One batch: each step is written down before it is taken and after it.

use std::time::Duration;

use shared::domain::duration::ms;
use shared::domain::provider_batch::ProviderBatchState as State;
use shared::jobs::Concluded;
use shared::ports::{BatchError, BatchInput, BatchRequest, Found, LlmBatches, LlmError, UploadRef};
use shared::prompting;
use shared::store::StoreError;
use shared::store::llm_call::Used;
use shared::store::llm_question::{self, Outcome};
use shared::store::provider_batch::{self, ProviderBatch, Trouble};
use tokio::time::Instant;

use super::{Economy, LONGEST_REQUEST};
use crate::within::{Sent, within};

/// The next step of a batch, as it is now.
pub(super) struct Step {
    batch: ProviderBatch,
    /// What goes with the request that creates it, where it is at hand.
    input: Option<BatchInput>,
}

/// What follows a step; `None` = nothing for now, or nothing any more.
pub(super) type Next = Option<Step>;

/// Whoever does not get the batch back does not hold it any more.
pub(super) fn next(batch: Option<ProviderBatch>) -> Next {
    batch.map(|batch| Step { batch, input: None })
}

impl Economy {
    /// Takes steps for as long as there are any.
    pub(super) async fn go_on(&self, batch: ProviderBatch) -> Result<(), StoreError> {
        let model = match self.model(&batch).await? {
            Ok(model) => model,
            Err(why) => return self.without_model(&batch, &why).await,
        };
        let Some(client) = model.llm.batches() else { return Ok(()) };
        let mut step = next(Some(batch));
        while let Some(Step { batch, input }) = step {
            step = match batch.state()? {
                State::Made => self.upload(client, batch).await?,
                State::Uploaded => self.create(client, batch, input).await?,
                State::Creating => self.find(client, batch).await?,
                State::Created => self.follow(client, &model, batch).await?,
                State::Ended | State::Failed | State::Unknown => None,
            };
        }
        Ok(())
    }

    /// Without its connection nothing can be sent; what may be at the provider waits until it is back, or nobody wants it.
    async fn without_model(&self, batch: &ProviderBatch, why: &str) -> Result<(), StoreError> {
        let sent = matches!(batch.state()?, State::Creating | State::Created);
        if sent && llm_question::is_wanted(self.db(), batch.id).await? {
            let trouble = Trouble { code: "llm.not_configured", message: why };
            provider_batch::put_off(self.db(), batch, ms(self.longest_poll()), Some(trouble)).await?;
            return Ok(());
        }
        let error = if sent { LlmError::Lost(why.to_owned()) } else { LlmError::NotMade(why.to_owned()) };
        self.fail(batch, &error).await.map(|_| ())
    }

    /// Makes the calls ready. What was uploaded and not written down is found by our own id.
    async fn upload(&self, client: &dyn LlmBatches, batch: ProviderBatch) -> Result<Next, StoreError> {
        if let Some(since) = batch.begun() {
            match client.find_upload(&batch.id.to_string(), since).await {
                Ok(Found::Yes(found)) => return self.uploaded(&batch, found).await,
                // What lies there and is not used costs nothing.
                Ok(Found::No | Found::Perhaps(_)) => {}
                Err(error) => return self.put_off(&batch, &error).await,
            }
        }
        let requests = self.requests(&batch).await?;
        if requests.is_empty() {
            self.jobs.end_batch(&batch).await?;
            return Ok(None);
        }
        let Some(batch) = provider_batch::intend(self.db(), &batch, State::Made, 0).await? else { return Ok(None) };
        match client.upload(&batch.id.to_string(), &requests).await {
            Ok(BatchInput::Uploaded(upload)) => self.uploaded(&batch, upload).await,
            Ok(input @ BatchInput::Inline(_)) => {
                let reached = provider_batch::reach(self.db(), &batch, State::Uploaded, None, None).await?;
                Ok(reached.map(|batch| Step { batch, input: Some(input) }))
            }
            Err(BatchError::TooLarge { fits }) => self.make_smaller(batch, &requests, fits).await,
            Err(error) => self.failed(&batch, error).await,
        }
    }

    async fn uploaded(&self, batch: &ProviderBatch, upload: UploadRef) -> Result<Next, StoreError> {
        Ok(next(provider_batch::reach(self.db(), batch, State::Uploaded, Some(upload.0), None).await?))
    }

    /// The calls whose jobs still wait for them.
    async fn requests(&self, batch: &ProviderBatch) -> Result<Vec<BatchRequest>, StoreError> {
        let mut requests = Vec::new();
        for question in llm_question::of_batch(self.db(), batch.id).await? {
            if !question.is_wanted && self.jobs.drop_chosen(batch, question.id).await? {
                continue;
            }
            match prompting::restored(&question.prompt) {
                Ok(prompt) => requests.push(BatchRequest { custom_id: question.id.to_string(), prompt }),
                Err(error) => {
                    tracing::error!(batch.id = %batch.id, llm.call = %question.id, %error, "a question cannot be read");
                    let failed = Outcome::Failed(LlmError::NotMade("it was kept in a form that cannot be read".to_owned()));
                    self.jobs.conclude(batch, &Concluded { id: question.id, outcome: failed, used: Used::Nothing }).await?;
                }
            }
        }
        Ok(requests)
    }

    /// Puts back what has no room.
    async fn make_smaller(&self, batch: ProviderBatch, requests: &[BatchRequest], fits: usize) -> Result<Next, StoreError> {
        if fits == 0 {
            let first = requests.first().and_then(|request| request.custom_id.parse().ok());
            if let Some(id) = first {
                let outcome = Outcome::Failed(LlmError::TooLong);
                self.jobs.conclude(&batch, &Concluded { id, outcome, used: Used::Nothing }).await?;
            }
            return Ok(next(Some(batch)));
        }
        let rest: Vec<_> = requests.iter().skip(fits).filter_map(|request| request.custom_id.parse().ok()).collect();
        llm_question::put_back(self.db(), &rest, batch.id, batch.epoch).await?;
        Ok(next(Some(batch)))
    }

    /// Creates the batch: from here on it is worked on, and paid for.
    async fn create(&self, client: &dyn LlmBatches, batch: ProviderBatch, input: Option<BatchInput>) -> Result<Next, StoreError> {
        let input = match (input, &batch.upload_id) {
            (Some(input), _) => input,
            (None, Some(upload)) => BatchInput::Uploaded(UploadRef(upload.clone())),
            // Nothing was sent; the calls are made ready once more.
            (None, None) => return Ok(next(provider_batch::reach(self.db(), &batch, State::Made, None, None).await?)),
        };
        // From before the intent is written: whoever comes later finds it over.
        let deadline = Instant::now() + LONGEST_REQUEST;
        let intended = provider_batch::intend(self.db(), &batch, State::Creating, ms(LONGEST_REQUEST)).await?;
        let Some(batch) = intended else { return Ok(None) };
        let own_id = batch.id.to_string();
        let sent = within(deadline, Instant::now, || true, client.create(&own_id, input)).await;
        let answer = match sent {
            Sent::Answered(answer) => answer,
            // The process was frozen meanwhile: somebody else looks for it by now.
            Sent::Nothing | Sent::Unanswered => return Ok(None),
        };
        match answer {
            Ok(remote) => {
                tracing::info!(batch.id = %batch.id, batch.remote_id = %remote.0, "a batch is with its provider");
                self.created(&batch, &remote.0, deadline).await
            }
            Err(error) if error.leaves_open() => {
                // It may still be on its way; it is looked for when it cannot be any more.
                self.wait(&batch, &error, LONGEST_REQUEST).await
            }
            Err(error) => {
                let again = provider_batch::reach(self.db(), &batch, State::Uploaded, None, None).await?;
                let Some(batch) = again else { return Ok(None) };
                self.failed(&batch, error).await
            }
        }
    }

    /// Writes down where a batch is. What is paid for is not left to a person because of a hiccup of the database.
    async fn created(&self, batch: &ProviderBatch, remote_id: &str, deadline: Instant) -> Result<Next, StoreError> {
        let mut wait = Duration::from_millis(200);
        loop {
            let reached = provider_batch::reach(self.db(), batch, State::Created, None, Some(remote_id.to_owned())).await;
            match reached {
                Err(error) if error.is_transient() && Instant::now() < deadline => {
                    tracing::warn!(batch.id = %batch.id, %error, "where a batch is could not be written down; it is tried again");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(Duration::from_secs(10));
                }
                reached => return Ok(next(reached?)),
            }
        }
    }

    /// A step that the provider refused, or did not answer: later, or never.
    async fn failed(&self, batch: &ProviderBatch, error: BatchError) -> Result<Next, StoreError> {
        match error {
            BatchError::Call(LlmError::RateLimited { retry_after }) => {
                let wait = retry_after.unwrap_or(self.limits.poll).min(self.longest_poll());
                self.wait(batch, &error, wait).await
            }
            _ if error.leaves_open() => self.put_off(batch, &error).await,
            BatchError::Call(error) => self.fail(batch, &error).await,
            error => self.fail(batch, &LlmError::NotMade(error.to_string())).await,
        }
    }

    pub(super) async fn fail(&self, batch: &ProviderBatch, error: &LlmError) -> Result<Next, StoreError> {
        if self.jobs.fail_batch(batch, error).await? {
            tracing::warn!(batch.id = %batch.id, code = error.code(), "a batch was not made");
        }
        Ok(None)
    }

    /// Something went wrong that may be over by the next look.
    pub(super) async fn put_off(&self, batch: &ProviderBatch, error: &BatchError) -> Result<Next, StoreError> {
        self.wait(batch, error, self.limits.poll).await
    }

    async fn wait(&self, batch: &ProviderBatch, error: &BatchError, wait: Duration) -> Result<Next, StoreError> {
        tracing::info!(batch.id = %batch.id, code = error.code(), ?wait, "a batch waits");
        let message = error.to_string();
        let trouble = Trouble { code: error.code(), message: &message };
        provider_batch::put_off(self.db(), batch, ms(wait), Some(trouble)).await?;
        Ok(None)
    }

    pub(super) fn longest_poll(&self) -> Duration {
        self.limits.poll * 10
    }
}
