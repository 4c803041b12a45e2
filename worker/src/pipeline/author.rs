//! Asking a model: the ledger before and after, the reply's form, the repair rounds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::adapters::connections::{Author, Model};
use shared::adapters::llm::salvage;
use shared::adapters::llm::schema::settle_words;
use shared::domain::budget::Budget;
use shared::domain::issue_key::project_of;
use shared::domain::job::Stage;
use shared::domain::policy::{self, InForce};
use shared::domain::provider_batch::waits_for_batch;
use shared::domain::redact::Redacted;
use shared::domain::result::Authorship;
use shared::domain::story::Story;
use shared::domain::verdict::{Failure, Verdict};
use shared::jobs::Fence;
use shared::ports::{Completion, LlmError, LlmFailure, Prompt, Usage};
use shared::prompting;
use shared::store::llm_call::{self, NewCall, Settled, Spent, Used};
use shared::store::llm_reply::{self, Reply};
use uuid::Uuid;

use super::pacing::{Place, spread};
use super::{Context, End};

/// Rounds in which failed items are asked for again.
pub(super) const REPAIR_ROUNDS: usize = 2;

/// Version of the drafter, stored with what it wrote.
pub(super) const DRAFTER_VERSION: &str = "drafter@3";

/// A model at work on one stage: every call it makes is in the ledger.
pub(super) struct Session<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) stage: Stage,
    pub(super) model: Arc<Model>,
    /// Those that are asked instead while it is overloaded, the next one last.
    stand_ins: Vec<Arc<Model>>,
    pub(super) by: Authorship,
    pub(super) settled: Vec<Settled>,
    /// Questions of batches that this run has heard of.
    pub(super) heard: Vec<Uuid>,
    reserved: Option<Uuid>,
    /// The provider did not take the schema.
    without_schema: bool,
    /// Secrets and personal data are replaced in what is sent.
    redact: bool,
}

impl Context<'_> {
    pub(super) fn author(&self) -> Result<Author, Failure> {
        self.known.author(self.claimed.request.llm.as_ref())
    }

    /// The call that the next stage begins with, to be written in the commit that ends this one.
    pub(super) fn reserve(&self, next: Option<Stage>) -> Option<NewCall> {
        let stage = next.filter(|stage| matches!(stage, Stage::Criteria | Stage::Scenarios))?;
        let Ok(Author::Model(model)) = self.author() else { return None };
        // What the call may cost is known when its prompt is; budgets are asked then.
        if !self.may_be_sent() || !self.budgets().is_empty() || self.claimed.request.economy {
            return None;
        }
        Some(NewCall {
            id: call_id(self.claimed.fence.job_id, stage, self.claimed.fence.epoch, 0),
            stage,
            provider: model.llm.provider().to_owned(),
            model: model.llm.model().to_owned(),
            reserved_tokens: 0,
            reserved_nano_usd: None,
        })
    }

    /// What the policies say of a story, when they let it be sent. One that was moved is also that of the project it was asked
    /// for in.
    pub(super) fn policy(&self, story: &Story) -> Result<InForce, Failure> {
        let policy = self.known.policy_of(story, self.claimed.request.issue_key.project());
        if policy.may_send { Ok(policy) } else { Err(policy::not_allowed(story.project())) }
    }

    /// Whether nothing is known so far that keeps the story from being sent.
    fn may_be_sent(&self) -> bool {
        self.known.policy(self.claimed.request.issue_key.project()).may_send
    }

    /// The budgets that calls of this job must be within.
    pub(super) fn budgets(&self) -> Vec<&Budget> {
        self.known.budgets(self.claimed.row.owner_id, self.project())
    }

    /// The project of the story: as it is now, once it was read.
    fn project(&self) -> &str {
        let key = self.claimed.row.issue_key.as_str();
        self.project.get().map_or_else(|| project_of(key), String::as_str)
    }
}

/// What came of a question.
pub(super) enum Asked<T> {
    /// An answer.
    Read(T),
    /// None.
    Failed(LlmError),
    /// It was not asked: another model stands in now.
    MovedOn,
}

impl<'a> Session<'a> {
    /// A session whose bill begins with what earlier tries of the stage cost.
    pub(super) async fn begin(
        context: &'a Context<'a>,
        stage: Stage,
        model: &Arc<Model>,
        prompt_version: &str,
        redact: bool,
    ) -> Result<Self, End> {
        let Fence { job_id, epoch, .. } = context.claimed.fence;
        let spent = match epoch {
            ..=1 => Spent::nothing(),
            _ => llm_call::spent_before(context.jobs().db(), job_id, stage, epoch).await?,
        };
        let by = Authorship {
            provider: model.llm.provider().to_owned(),
            model: model.llm.model().to_owned(),
            prompt_version: prompt_version.to_owned(),
            usage: spent.usage(),
            calls: u32::try_from(spent.calls).unwrap_or(u32::MAX),
            reused: 0,
        };
        if epoch > 1 {
            // What a crash left open blocks no budget.
            llm_call::close_abandoned(context.jobs().db(), job_id, epoch).await?;
        }
        let mut stand_ins = context.known.stand_ins(model);
        stand_ins.retain(|other| !context.claimed.request.economy || other.llm.batches().is_some());
        stand_ins.reverse();
        let (model, settled, heard) = (model.clone(), Vec::new(), Vec::new());
        Ok(Self { context, stage, model, stand_ins, by, settled, heard, reserved: None, without_schema: false, redact })
    }

    /// Asks and reads the reply as `T`. What the provider will not enforce is asked for in words, and what was cut may be
    /// longer: once each. Whoever is overloaded is stood in for. Everything else that fails is for the job to repeat, or for
    /// a person. However it ends, what was paid for is in the ledger.
    pub(super) async fn ask<T: DeserializeOwned>(&mut self, prompt: impl Fn() -> Prompt) -> Result<T, End> {
        let answer = self.ask_and_settle(prompt).await;
        if let Err(End::Failed(failure)) = &answer
            && !matches!(failure.verdict, Verdict::Snooze(_))
        {
            // What was heard is why it failed: when the job runs again, it asks anew.
            self.context.jobs().questions_read(&self.context.claimed, &self.heard).await?;
        }
        answer
    }

    async fn ask_and_settle<T: DeserializeOwned>(&mut self, prompt: impl Fn() -> Prompt) -> Result<T, End> {
        let answer = self.ask_until_answered(prompt).await;
        if answer.is_err() {
            self.context.settle_calls(&self.settled).await?;
        }
        answer
    }

    async fn ask_until_answered<T: DeserializeOwned>(&mut self, prompt: impl Fn() -> Prompt) -> Result<T, End> {
        let (mut roomier, mut overload) = (false, None);
        loop {
            let asked = self.ask_once(Prompt { without_schema: self.without_schema, roomier, ..prompt() }).await;
            let failure = match asked {
                Ok(Asked::Read(reply)) => return Ok(reply),
                Ok(Asked::MovedOn) => continue,
                Ok(Asked::Failed(LlmError::SchemaRejected(_))) if !self.without_schema => {
                    self.without_schema = true;
                    continue;
                }
                Ok(Asked::Failed(LlmError::Truncated)) if !roomier && self.model.llm.has_more_room() => {
                    roomier = true;
                    continue;
                }
                Ok(Asked::Failed(error)) => {
                    let is_overload = error.is_overload();
                    let failure = Failure::from(error);
                    if is_overload && overload.is_none() {
                        overload = Some(failure.clone());
                    }
                    failure
                }
                Err(End::Failed(failure)) => failure,
                Err(end) => return Err(end),
            };
            // A stand-in that is of no use does not end what the first would have done later.
            if overload.is_none() || !self.stands_in() {
                return Err(overload.unwrap_or(failure).into());
            }
            roomier = false;
            tracing::info!(job.id = %self.context.claimed.fence.job_id, stage = %self.stage, code = failure.code,
                llm.model = self.model.llm.model(), "another model stands in");
        }
    }

    /// Goes on with the next model, if there is one.
    fn stands_in(&mut self) -> bool {
        let Some(next) = self.stand_ins.pop() else { return false };
        self.model = next;
        self.without_schema = false;
        true
    }

    /// One call, which is settled with its stage, or before its job waits.
    async fn ask_once<T: DeserializeOwned>(&mut self, prompt: Prompt) -> Result<Asked<T>, End> {
        let (prompt, redacted) = if self.redact { prompting::redacted(prompt) } else { (prompt, Redacted::default()) };
        if self.context.claimed.request.economy {
            return self.ask_in_batch(prompt, &redacted).await;
        }
        let question = self.model.llm.question(&prompt);
        if let Some(reply) = self.answered_before(&question, &prompt, &redacted).await? {
            return Ok(Asked::Read(reply));
        }
        let Some(place) = self.turn(&prompt).await? else { return Ok(Asked::MovedOn) };
        let id = match self.reserve_call(&prompt).await {
            Ok(id) => id,
            Err(end) => {
                place.leave(Some(0)).await;
                return Err(end);
            }
        };
        let began = Instant::now();
        let schema = prompt.schema.clone();
        let model = self.model.clone();
        let calling = async {
            let answer = self.context.interruptible(place.during(model.llm.complete(prompt))).await;
            // Others may call while this job waits for its desk.
            place.leave(answer.as_ref().ok().and_then(|answer| used(answer).tokens())).await;
            answer
        };
        let answer = match self.context.desk.left_for(calling).await {
            Ok(answer) => answer,
            Err(end) => {
                self.settled.push(Settled::new(id, Used::Unknown));
                return Err(end);
            }
        };
        let used = used(&answer);
        self.context.pipeline.pacing.learn(&model, answer.as_ref().err().map(|failed| &failed.error)).await;
        self.count(used, began);
        let (asked, reply) = match answer {
            Ok(Completion { text, model, .. }) => match read_reply(&redacted.restored(&text), &schema) {
                Ok(read) => {
                    self.written_by(&model);
                    (Asked::Read(read), Some(Reply { question, model, reply: text }))
                }
                Err(error) => (Asked::Failed(error), None),
            },
            Err(failed) => (Asked::Failed(failed.error), None),
        };
        self.settled.push(Settled { id, used, reply: reply.filter(|_| self.context.pipeline.replies.is_some()) });
        Ok(asked)
    }

    /// The answer to the same question, if it was asked not long ago, or in this very stage. Whoever asks holds the same story,
    /// word by word.
    pub(super) async fn answered_before<T: DeserializeOwned>(
        &mut self,
        question: &str,
        prompt: &Prompt,
        redacted: &Redacted,
    ) -> Result<Option<T>, End> {
        let just_now = self.settled.iter().filter_map(|call| call.reply.as_ref()).find(|reply| reply.question == question);
        let found = match (just_now, self.reuse()) {
            (Some(reply), _) => Some(reply.clone()),
            (None, Some(within)) => llm_reply::find(self.context.jobs().db(), question, within).await?,
            (None, None) => None,
        };
        let Some(Reply { model, reply, .. }) = found else { return Ok(None) };
        let Ok(read) = read_reply(&redacted.restored(&reply), &prompt.schema) else { return Ok(None) };
        if self.was_written_before() {
            self.settled.push(Settled::new(self.next_call(), Used::Nothing));
        }
        self.written_by(&model);
        self.by.reused += 1;
        Ok(Some(read))
    }

    /// There is nothing to ask: a call that was written before is not made.
    pub(super) fn asks_nothing(&mut self) {
        if self.was_written_before() {
            self.settled.push(Settled::new(self.next_call(), Used::Nothing));
        }
    }

    /// How long answers of other jobs stand in for the same questions of this one; `None` = they do not.
    fn reuse(&self) -> Option<Duration> {
        self.context.pipeline.replies.filter(|_| !self.context.claimed.request.fresh)
    }

    pub(super) fn written_by(&mut self, model: &str) {
        self.model.llm.provider().clone_into(&mut self.by.provider);
        model.clone_into(&mut self.by.model);
    }

    /// Waits for a turn at the account. `None` = it is left alone, or asked for patience, and another model stands in.
    async fn turn(&mut self, prompt: &Prompt) -> Result<Option<Place<'a>>, End> {
        let (context, id) = (self.context, self.next_call());
        let taking = context.pipeline.pacing.turn(context.jobs(), &self.model, id, prompt);
        let not_now = match context.desk.left_for(context.interruptible(taking)).await?? {
            Ok(place) => return Ok(Some(place)),
            Err(not_now) => not_now,
        };
        if self.was_written_before() {
            self.settled.push(Settled::new(id, Used::Nothing));
        }
        if not_now.is_overload() && self.stands_in() {
            return Ok(None);
        }
        Err(not_now.failure(id).into())
    }

    fn count(&mut self, used: Used, began: Instant) {
        let usage = used.known();
        self.by.calls += u32::from(usage.is_some());
        let usage = usage.unwrap_or_default();
        self.by.usage += usage;
        self.context.pipeline.metrics.llm_call(self.model.llm.provider(), began.elapsed().as_secs_f64(), &usage);
    }

    /// Asks for failed items again. `None` = the round failed; what was good before stands, and is not asked and paid for again.
    pub(super) async fn ask_again<T: DeserializeOwned>(&mut self, prompt: impl Fn() -> Prompt) -> Result<Option<T>, End> {
        match self.ask_and_settle(prompt).await {
            Ok(reply) => Ok(Some(reply)),
            // What was answered is kept, so that to wait costs nothing.
            Err(End::Failed(failure)) if self.waits_for_nothing(&failure) => Err(End::Failed(failure)),
            Err(End::Failed(failure)) => {
                tracing::info!(job.id = %self.context.claimed.fence.job_id, stage = %self.stage, code = failure.code,
                    "a repair round failed; the items it was for are decided about as they are");
                Ok(None)
            }
            Err(end) => Err(end),
        }
    }

    /// Whether a wait costs nothing, because what was answered is kept.
    fn waits_for_nothing(&self, failure: &Failure) -> bool {
        let is_kept = self.reuse().is_some() || waits_for_batch(failure.code);
        matches!(failure.verdict, Verdict::Snooze(_)) && is_kept
    }

    /// The id of the call that is made next.
    fn next_call(&self) -> Uuid {
        let Fence { job_id, epoch, .. } = self.context.claimed.fence;
        call_id(job_id, self.stage, epoch, u32::try_from(self.settled.len()).unwrap_or(u32::MAX))
    }

    /// Whether the call that is made next was written with the stage before: the first of a stage is, unless this is a later
    /// try, or budgets are to be asked.
    fn was_written_before(&self) -> bool {
        let is_first = self.settled.is_empty() && self.reserved.is_none();
        let may_be = self.context.began_with != self.stage && !self.context.claimed.request.economy;
        is_first && may_be && self.context.budgets().is_empty()
    }

    /// Writes a call that is to be made, if it was not written before.
    async fn reserve_call(&mut self, prompt: &Prompt) -> Result<Uuid, End> {
        let (claimed, id) = (&self.context.claimed, self.next_call());
        let budgets = self.context.budgets();
        if !self.was_written_before() {
            let call = self.new_call(prompt);
            if budgets.is_empty() {
                self.context.jobs().reserve_call(claimed, &call).await??;
            } else if let Err(over) = self.context.jobs().reserve_call_within(claimed, &call, &budgets).await?? {
                return Err(spread(Failure::from(over), id).into());
            }
        }
        self.reserved = Some(id);
        Ok(id)
    }

    /// The call that is made next, and the most that it may use.
    pub(super) fn new_call(&self, prompt: &Prompt) -> NewCall {
        self.call_for(self.model.llm.most(prompt))
    }

    /// The same, where the most is known.
    pub(super) fn call_for(&self, most: Usage) -> NewCall {
        NewCall {
            id: self.next_call(),
            stage: self.stage,
            provider: self.model.llm.provider().to_owned(),
            model: self.model.llm.model().to_owned(),
            reserved_tokens: most.input_tokens.saturating_add(most.output_tokens),
            reserved_nano_usd: most.cost_nano_usd,
        }
    }
}

/// What a call used, whatever came of it.
fn used(answer: &Result<Completion, LlmFailure>) -> Used {
    match answer {
        Ok(completion) => Used::Known(completion.usage),
        Err(failed) => used_of(failed),
    }
}

/// What a call used that failed.
pub(crate) fn used_of(failed: &LlmFailure) -> Used {
    match failed.usage {
        Some(usage) => Used::Known(usage),
        None if failed.error.is_free() => Used::Nothing,
        None => Used::Unknown,
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

pub(super) fn read_reply<T: DeserializeOwned>(text: &str, schema: &Value) -> Result<T, LlmError> {
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
