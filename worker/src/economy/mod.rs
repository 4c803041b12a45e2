//! Economy: questions that wait are given away in batches of their model's provider, for half the price, and what is answered
//! is brought back to their jobs.
//!
//! Every worker does it, one step at a time. A batch is held by its worker's lease and a fencing number, as jobs are; where it
//! is stands in its row, and what is about to be sent is written down before. So whoever finds it after a crash knows what to
//! look for at the provider before anything is sent again.
//!
//! * [`step`]: one batch, from its questions to a batch at the provider
//! * [`lost`]: what became of a batch whose creation got no answer
//! * [`results`]: what was answered

mod lost;
mod results;
mod step;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use shared::adapters::connections::{Author, Connections, Model};
use shared::domain::duration::ms;
use shared::domain::request::LlmChoice;
use shared::jobs::{EconomyLimits, Jobs};
use shared::store::llm_question::{self, Waiting};
use shared::store::provider_batch::{self, ProviderBatch, Trouble};
use shared::store::{Db, StoreError};
use shared::telemetry::Metrics;

/// A request with all calls of a batch in it may be on its way for so long; see `adapters::llm`.
const LONGEST_REQUEST: Duration = Duration::from_secs(35 * 60);

/// See the module.
#[derive(Clone)]
pub struct Economy {
    jobs: Jobs,
    connections: Arc<Connections>,
    metrics: Arc<Metrics>,
    limits: EconomyLimits,
}

impl std::fmt::Debug for Economy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Economy").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Economy {
    /// Over these connections.
    #[must_use]
    pub fn new(jobs: Jobs, connections: Arc<Connections>, metrics: Arc<Metrics>, limits: EconomyLimits) -> Self {
        Self { jobs, connections, metrics, limits }
    }

    /// How often it is to be looked what is to be done.
    #[must_use]
    pub fn tick(&self) -> Duration {
        self.limits.tick
    }

    /// Does what is due, as the worker of this name. What goes wrong is logged, and done at the next look.
    pub async fn look(&self, owner: &str) {
        match AssertUnwindSafe(self.work(owner)).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "batches could not be looked after; it is tried again"),
            Err(_) => tracing::error!("looking after batches hit a defect of the program; it is tried again"),
        }
    }

    async fn work(&self, owner: &str) -> Result<(), StoreError> {
        self.jobs.drop_unwanted().await?;
        for waiting in llm_question::waiting(self.db()).await? {
            self.gather(&waiting).await?;
        }
        while let Some(batch) = provider_batch::claim(self.db(), owner).await? {
            self.go_on_with(batch).await?;
        }
        Ok(())
    }

    /// One that fails by a defect does not keep the others waiting.
    async fn go_on_with(&self, batch: ProviderBatch) -> Result<(), StoreError> {
        let held = batch.clone();
        let why = match AssertUnwindSafe(self.go_on(batch)).catch_unwind().await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) if error.is_transient() => return Err(error),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "a step hit a defect of the program".to_owned(),
        };
        tracing::error!(batch.id = %held.id, error = why, "a batch could not be looked after; it is tried again later");
        let trouble =
            Trouble { code: "llm.batch_defect", message: "a defect of the program, or a row of another version; see the log" };
        provider_batch::put_off(self.db(), &held, ms(self.longest_poll()), Some(trouble)).await.map(|_| ())
    }

    /// Makes batches of questions to one model: full ones at once, the rest when the first has waited for long enough.
    async fn gather(&self, waiting: &Waiting) -> Result<(), StoreError> {
        let most = i64::try_from(self.limits.most_calls).unwrap_or(i64::MAX);
        let (mut left, is_ripe) = (waiting.questions, waiting.for_ms >= ms(self.limits.gather));
        while left >= most || (is_ripe && left > 0) {
            let made = self.jobs.gather(&waiting.connection, &waiting.model, self.limits.most_calls).await?;
            let Some(id) = made else { return Ok(()) };
            tracing::info!(batch.id = %id, connection = %waiting.connection, llm.model = %waiting.model, "a batch is made");
            left -= most;
        }
        Ok(())
    }

    /// The model of a batch, as its connection is now; in words, why there is none.
    async fn model(&self, batch: &ProviderBatch) -> Result<Result<Arc<Model>, String>, StoreError> {
        let choice = LlmChoice { provider: batch.connection.clone(), model: Some(batch.model.clone()) };
        Ok(match self.connections.now().await?.author(Some(&choice)) {
            Ok(Author::Model(model)) if model.llm.batches().is_some() => Ok(model),
            Ok(_) => Err(format!("the model connection '{}' takes no batches any more", batch.connection)),
            Err(failure) => Err(failure.message),
        })
    }

    fn db(&self) -> &Db {
        self.jobs.db()
    }
}
