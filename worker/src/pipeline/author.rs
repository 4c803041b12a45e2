//! Asking a model: the ledger before and after, the reply's form, the repair rounds.

use std::time::Instant;

use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::adapters::connections::Author;
use shared::adapters::llm::salvage;
use shared::adapters::llm::schema::settle_words;
use shared::domain::job::Stage;
use shared::domain::result::Authorship;
use shared::domain::verdict::Failure;
use shared::jobs::Fence;
use shared::ports::{Llm, LlmError, Prompt};
use shared::store::llm_call::{self, NewCall, Settled, Spent};
use uuid::Uuid;

use super::{Context, End};

/// Rounds in which failed items are asked for again.
pub(super) const REPAIR_ROUNDS: usize = 2;

/// Version of the drafter, stored with what it wrote.
pub(super) const DRAFTER_VERSION: &str = "drafter@1";

/// A model at work on one stage: every call it makes is in the ledger.
pub(super) struct Session<'a> {
    context: &'a Context<'a>,
    stage: Stage,
    llm: &'a dyn Llm,
    pub(super) by: Authorship,
    pub(super) settled: Vec<Settled>,
    reserved: Option<Uuid>,
    /// The provider did not take the schema.
    without_schema: bool,
}

impl Context<'_> {
    pub(super) fn author(&self) -> Result<Author, Failure> {
        self.known.author(self.claimed.request.llm.as_ref())
    }

    /// The call that the next stage begins with, to be written in the commit that ends this one.
    pub(super) fn reserve(&self, next: Option<Stage>) -> Option<NewCall> {
        let stage = next.filter(|stage| matches!(stage, Stage::Criteria | Stage::Scenarios))?;
        let Ok(Author::Model(llm)) = self.author() else { return None };
        Some(NewCall {
            id: call_id(self.claimed.fence.job_id, stage, self.claimed.fence.epoch, 0),
            stage,
            provider: llm.provider().to_owned(),
            model: llm.model().to_owned(),
            reserved_tokens: 0,
        })
    }
}

impl<'a> Session<'a> {
    /// A session whose bill begins with what earlier tries of the stage cost.
    pub(super) async fn begin(
        context: &'a Context<'a>,
        stage: Stage,
        llm: &'a dyn Llm,
        prompt_version: &str,
    ) -> Result<Self, End> {
        let Fence { job_id, epoch, .. } = context.claimed.fence;
        let spent = match epoch {
            ..=1 => Spent::nothing(),
            _ => llm_call::spent_before(context.jobs().db(), job_id, stage, epoch).await?,
        };
        let by = Authorship {
            provider: llm.provider().to_owned(),
            model: llm.model().to_owned(),
            prompt_version: prompt_version.to_owned(),
            usage: spent.usage(),
            calls: u32::try_from(spent.calls).unwrap_or(u32::MAX),
        };
        Ok(Self { context, stage, llm, by, settled: Vec::new(), reserved: None, without_schema: false })
    }

    /// Asks and reads the reply as `T`. What the provider will not enforce is asked for in words, and what was cut may be
    /// longer: once each. Everything else that fails is for the job to repeat, or for a person.
    pub(super) async fn ask<T: DeserializeOwned>(&mut self, prompt: impl Fn() -> Prompt) -> Result<T, End> {
        let mut roomier = false;
        loop {
            let error = match self.ask_once(Prompt { without_schema: self.without_schema, roomier, ..prompt() }).await? {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            match &error {
                LlmError::SchemaRejected(_) if !self.without_schema => self.without_schema = true,
                LlmError::Truncated if !roomier && self.llm.has_more_room() => roomier = true,
                _ => {
                    self.context.settle_calls(&self.settled).await?;
                    return Err(Failure::from(error).into());
                }
            }
            tracing::info!(job.id = %self.context.claimed.fence.job_id, stage = %self.stage, code = error.code(),
                "the model is asked once more, otherwise");
        }
    }

    /// One call, which is settled with its stage, or before its job waits.
    async fn ask_once<T: DeserializeOwned>(&mut self, prompt: Prompt) -> Result<Result<T, LlmError>, End> {
        let id = self.reserve_call().await?;
        let began = Instant::now();
        let schema = prompt.schema.clone();
        let asking = self.context.interruptible(self.llm.complete(prompt));
        let answer = match self.context.desk.left_for(asking).await {
            Ok(answer) => answer,
            Err(end) => {
                self.settled.push(Settled { id, usage: None });
                self.context.settle_calls(&self.settled).await?;
                return Err(end);
            }
        };
        let usage = match &answer {
            Ok(completion) => Some(completion.usage),
            Err(failed) => failed.usage,
        };
        let shown = usage.unwrap_or_default();
        self.context.pipeline.metrics.llm_call(
            self.llm.provider(),
            began.elapsed().as_secs_f64(),
            shown.input_tokens,
            shown.output_tokens,
        );
        self.by.calls += u32::from(usage.is_some());
        self.by.usage += shown;
        self.settled.push(Settled { id, usage });
        Ok(match answer {
            Ok(completion) => {
                self.by.model = completion.model;
                read_reply(&completion.text, &schema)
            }
            Err(failed) => Err(failed.error),
        })
    }

    /// Asks for failed items again. `None` = the round failed; what was good before stands, and is not asked and paid for again.
    pub(super) async fn ask_again<T: DeserializeOwned>(&mut self, prompt: impl Fn() -> Prompt) -> Result<Option<T>, End> {
        match self.ask(prompt).await {
            Ok(reply) => Ok(Some(reply)),
            Err(End::Failed(failure)) => {
                tracing::info!(job.id = %self.context.claimed.fence.job_id, stage = %self.stage, code = failure.code,
                    "a repair round failed; the items it was for are decided about as they are");
                Ok(None)
            }
            Err(end) => Err(end),
        }
    }

    /// The first call of a stage was written with the stage before, unless this is a later try.
    async fn reserve_call(&mut self) -> Result<Uuid, End> {
        let claimed = &self.context.claimed;
        let n = u32::try_from(self.settled.len()).unwrap_or(u32::MAX);
        let id = call_id(claimed.fence.job_id, self.stage, claimed.fence.epoch, n);
        let written_before = n == 0 && self.context.began_with != self.stage && self.reserved.is_none();
        if !written_before {
            let call = NewCall {
                id,
                stage: self.stage,
                provider: self.llm.provider().to_owned(),
                model: self.llm.model().to_owned(),
                reserved_tokens: 0,
            };
            self.context.jobs().reserve_call(claimed, &call).await??;
        }
        self.reserved = Some(id);
        Ok(id)
    }
}

/// One id for a call, however often its row is written: job, stage, claim and number decide it.
fn call_id(job: Uuid, stage: Stage, epoch: i64, n: u32) -> Uuid {
    let mut bytes = *job.as_bytes();
    let tail = (stage as u64) << 56 ^ (u64::from(n) << 40) ^ u64::try_from(epoch).unwrap_or(0);
    for (byte, twist) in bytes[8..].iter_mut().zip(tail.to_be_bytes()) {
        *byte ^= twist;
    }
    // Another version nibble keeps these apart from the ids of jobs.
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    Uuid::from_bytes(bytes)
}

fn read_reply<T: DeserializeOwned>(text: &str, schema: &Value) -> Result<T, LlmError> {
    // A completion is one object already, as the port says; what is not is looked for again.
    if let Ok(reply) = serde_json::from_str(text) {
        return Ok(reply);
    }
    let object = salvage::salvage(text).ok_or_else(|| LlmError::InvalidReply("it holds no JSON object".into()))?;
    let mut value: Value = serde_json::from_str(object).map_err(|_| LlmError::InvalidReply("it holds no JSON object".into()))?;
    settle_words(&mut value, schema);
    // The error names the place in the reply and never shows its text.
    serde_json::from_value(value).map_err(|error| {
        let message = error.to_string();
        let place = message.split('`').step_by(2).collect::<Vec<_>>().join("…");
        LlmError::InvalidReply(format!(
            "it does not have the form that was asked for: {}",
            place.chars().take(160).collect::<String>()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_different_stages_claims_and_rounds_have_different_ids() {
        let job = Uuid::from_u128(7);
        let mut ids: Vec<Uuid> = Vec::new();
        for stage in [Stage::Criteria, Stage::Scenarios] {
            for epoch in 1..4 {
                for n in 0..3 {
                    ids.push(call_id(job, stage, epoch, n));
                }
            }
        }
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
