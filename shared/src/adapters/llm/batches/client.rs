//! What the port asks for, step by step.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use super::join::Joined;
use super::openai::file_name;
use super::results::Reading;
use super::{BatchWire, Listing, Shelf};
use crate::adapters::http::Answer;
use crate::adapters::llm::client::most_of;
use crate::adapters::llm::models::Models;
use crate::adapters::llm::outcome::object_of;
use crate::adapters::llm::transport::Transport;
use crate::adapters::llm::wire::{Ask, Wire, unreadable};
use crate::ports::{
    BatchError, BatchInput, BatchLimits, BatchLine, BatchRef, BatchRequest, BatchState, Clock, Found, LlmBatches, LlmError,
    Prompt, SystemClock, UploadRef, Usage,
};

/// So many pages of a list are looked through.
const MOST_PAGES: usize = 100;

/// The provider's clock may be behind ours by so much.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// After so many calls other tasks have their turn.
const TURN: usize = 32;

/// A connection's batches.
#[derive(Debug)]
pub(in crate::adapters::llm) struct BatchClient {
    pub(in crate::adapters::llm) provider: &'static str,
    pub(in crate::adapters::llm) form: &'static dyn BatchWire,
    pub(in crate::adapters::llm) wire: &'static dyn Wire,
    pub(in crate::adapters::llm) ask: Ask,
    pub(in crate::adapters::llm) transport: Arc<Transport>,
    pub(in crate::adapters::llm) models: Arc<Models>,
}

impl BatchClient {
    /// With the price that the answering model has in a batch.
    pub(super) fn priced(&self, answered: &str, usage: Usage) -> Usage {
        let name = if answered.is_empty() { &self.ask.model } else { answered };
        let cost_nano_usd = self.models.find(self.provider, name).and_then(|model| model.batch_cost(usage));
        Usage { cost_nano_usd, ..usage }
    }

    /// The object in an answer to a request that `held` stories, or did not.
    fn object(&self, answer: &Answer, held: Stories) -> Result<Value, LlmError> {
        object_of(answer, held == Stories::No, SystemClock.now()).map_err(|error| self.transport.hidden(error))
    }

    /// The provider's id of what an answer is about.
    fn id(&self, told: &Value) -> Result<String, LlmError> {
        self.form.entry(told).map(|entry| entry.id).ok_or_else(|| unreadable("an answer without an id; check the base URL"))
    }

    async fn told(&self, batch: &BatchRef) -> Result<(Value, BatchState), LlmError> {
        let answer = self.transport.read(&self.form.path(&batch.0), &[]).await?;
        let told = self.object(&answer, Stories::No)?;
        let state = self.form.state(&told).ok_or_else(|| unreadable("a batch in a state that is not known"))?;
        Ok((told, state))
    }

    /// Looks through a list for our own id, or for what came into being since then where nothing of ours is kept.
    async fn search(&self, shelf: Shelf, own_id: &str, since: DateTime<Utc>) -> Result<Found<String>, BatchError> {
        let since = since - SKEW;
        let (mut after, mut others) = (None::<String>, Vec::new());
        for _ in 0..MOST_PAGES {
            let Some(listing) = self.form.list(shelf, after.as_deref()) else { return Ok(Found::No) };
            let Listing { path, query, newest_first } = listing;
            let listed = self.object(&self.transport.read(&path, &query).await?, Stories::No)?;
            let page = self.form.page(&listed).ok_or_else(|| unreadable("no list of batches; check the base URL"))?;
            if let Some(own) = page.entries.iter().find(|entry| entry.own_id.as_deref() == Some(own_id)) {
                return Ok(Found::Yes(own.id.clone()));
            }
            let (new, old): (Vec<_>, Vec<_>) =
                page.entries.into_iter().partition(|entry| entry.created.is_none_or(|created| created >= since));
            let is_past = newest_first && new.is_empty() && !old.is_empty();
            others.extend(new.into_iter().map(|entry| entry.id));
            match page.next {
                Some(next) if !is_past => after = Some(next),
                _ if self.form.finds_own() || others.is_empty() => return Ok(Found::No),
                _ => return Ok(Found::Perhaps(others)),
            }
        }
        Err(BatchError::ListTooLong)
    }
}

/// Whether a request held stories, so that the answer's words may repeat them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stories {
    Yes,
    No,
}

#[async_trait]
impl LlmBatches for BatchClient {
    fn limits(&self) -> BatchLimits {
        self.form.limits()
    }

    fn finds_own(&self) -> bool {
        self.form.finds_own()
    }

    fn cost(&self, usage: Usage) -> Option<i64> {
        self.models.find(self.provider, &self.ask.model).and_then(|model| model.batch_cost(usage))
    }

    fn most(&self, prompt: &Prompt) -> Usage {
        let usage = most_of(prompt, &self.ask);
        let known = self.models.find(self.provider, &self.ask.model);
        Usage { cost_nano_usd: known.and_then(|model| model.batch_most(usage)), ..usage }
    }

    async fn upload(&self, own_id: &str, requests: &[BatchRequest]) -> Result<BatchInput, BatchError> {
        let mut joined = Joined::new(self.form, own_id)?;
        for (at, request) in requests.iter().enumerate() {
            joined.add(&request.custom_id, &self.wire.encode(&request.prompt, &self.ask))?;
            if at % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
        }
        let body = joined.done()?;
        if !self.form.uploads() {
            return Ok(BatchInput::Inline(body));
        }
        let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let file = Part::stream_with_length(body, length).file_name(file_name(own_id));
        let form = Form::new().text("purpose", "batch").part("file", file);
        let uploaded = self.object(&self.transport.upload(&["files"], form).await?, Stories::Yes)?;
        Ok(BatchInput::Uploaded(UploadRef(self.id(&uploaded)?)))
    }

    async fn find_upload(&self, own_id: &str, since: DateTime<Utc>) -> Result<Found<UploadRef>, BatchError> {
        Ok(self.search(Shelf::Files, own_id, since).await?.map(UploadRef))
    }

    async fn create(&self, own_id: &str, input: BatchInput) -> Result<BatchRef, BatchError> {
        let held = if matches!(input, BatchInput::Inline(_)) { Stories::Yes } else { Stories::No };
        let answer = self.transport.hand_over(&self.form.create(own_id, &input, &self.ask)).await?;
        let created = self.object(&answer, held)?;
        Ok(BatchRef(self.id(&created)?))
    }

    async fn find(&self, own_id: &str, since: DateTime<Utc>) -> Result<Found<BatchRef>, BatchError> {
        Ok(self.search(Shelf::Batches, own_id, since).await?.map(BatchRef))
    }

    async fn poll(&self, batch: &BatchRef) -> Result<BatchState, BatchError> {
        Ok(self.told(batch).await?.1)
    }

    async fn results<'a>(
        &'a self,
        batch: &BatchRef,
        asked: HashSet<String>,
    ) -> Result<BoxStream<'a, Result<BatchLine, BatchError>>, BatchError> {
        let (told, state) = self.told(batch).await?;
        if !state.has_results() {
            return Err(BatchError::NoResults);
        }
        let reading = Reading::new(self, self.form.results(&batch.0, told), &state, asked)?;
        let lines = stream::try_unfold(reading, async |mut reading| Ok(reading.next().await?.map(|line| (line, reading))));
        Ok(lines.boxed())
    }

    async fn cancel(&self, batch: &BatchRef) -> Result<(), BatchError> {
        let answer = self.transport.ask(&self.form.cancel(&batch.0)).await?;
        self.object(&answer, Stories::No)?;
        Ok(())
    }

    async fn forget(&self, batch: &BatchRef) -> Result<(), BatchError> {
        let (told, state) = match self.told(batch).await {
            Err(error) if is_gone(&error) => return Ok(()),
            told => told?,
        };
        if matches!(state, BatchState::Running { .. }) {
            return Err(BatchError::NoResults);
        }
        for path in self.form.kept(&batch.0, &told) {
            match self.object(&self.transport.delete(&path).await?, Stories::No) {
                Err(error) if !is_gone(&error) => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

const fn is_gone(error: &LlmError) -> bool {
    matches!(error, LlmError::Rejected { status: 404, .. })
}
