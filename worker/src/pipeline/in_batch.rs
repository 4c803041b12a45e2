//! Asking a model by batches of its provider: the question is written down and the job waits without a slot; when it runs again
//! it walks the same way and finds what was answered.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::domain::provider_batch::{BATCH_UNKNOWN, IN_BATCH};
use shared::domain::redact::Redacted;
use shared::domain::verdict::Failure;
use shared::jobs::Fence;
use shared::ports::Prompt;
use shared::prompting;
use shared::store::llm_question::{self, Heard, NewQuestion, OpenQuestion};

use super::End;
use super::author::{Asked, Session, read_reply};

/// An answer wakes its job. This is for the case that nobody is left to give one: a connection that was removed, a deadline.
const LOOK_AGAIN: Duration = Duration::from_secs(3600);

impl Session<'_> {
    /// What was answered to this question, or the wait for it.
    pub(super) async fn ask_in_batch<T: DeserializeOwned>(
        &mut self,
        prompt: Prompt,
        redacted: &Redacted,
    ) -> Result<Asked<T>, End> {
        let question = self.model.llm.question(&prompt);
        let Fence { job_id, .. } = self.context.claimed.fence;
        let mut open = llm_question::open(self.context.jobs().db(), job_id, self.stage).await?;
        open.retain(|asked| !self.heard.contains(&asked.id));
        // Policies, connections and accepted results change while a question waits, and the question would be another now. What
        // was asked in its place is paid for, or will be.
        let same = open.iter().position(|asked| asked.question == question).unwrap_or_default();
        if same < open.len() {
            return self.hear(open.swap_remove(same), &prompt.schema, redacted);
        }
        if let Some(reply) = self.answered_before(&question, &prompt, redacted).await? {
            return Ok(Asked::Read(reply));
        }
        Err(self.give_away(&prompt, question).await?)
    }

    /// The same answer is heard in each run until the stage is stored: what it cost is in the ledger already.
    fn hear<T: DeserializeOwned>(&mut self, asked: OpenQuestion, schema: &Value, redacted: &Redacted) -> Result<Asked<T>, End> {
        let id = asked.id;
        let answer = match asked.heard()? {
            Heard::Nothing { is_lost } => return Err(waits(is_lost).into()),
            Heard::Failed(error) => Asked::Failed(error),
            Heard::Answer { model, text } => {
                self.written_by(&model);
                read_reply(&redacted.restored(&text), schema).map_or_else(Asked::Failed, Asked::Read)
            }
        };
        self.heard.push(id);
        Ok(answer)
    }

    /// Writes the question down, for the next batch. How the run ends by that.
    async fn give_away(&mut self, prompt: &Prompt, question: String) -> Result<End, End> {
        let Some(batches) = self.model.llm.batches() else { return Err(no_batches(&self.model.connection).into()) };
        let call = self.call_for(batches.most(prompt));
        let budgets = self.context.budgets();
        let new = NewQuestion {
            question,
            connection: self.model.connection.clone(),
            model: self.model.llm.model().to_owned(),
            prompt: prompting::stored(prompt),
        };
        let asked = self.context.jobs().ask_in_batch(&self.context.claimed, &call, &new, &budgets).await??;
        asked.map_err(Failure::from)?;
        Ok(waits(false).into())
    }
}

fn waits(is_lost: bool) -> Failure {
    if is_lost {
        let message = "the batch with the question may be at the model provider and cannot be found there; an administrator decides \
                       (GET /provider-batches)";
        return Failure::snooze(LOOK_AGAIN, BATCH_UNKNOWN, message);
    }
    Failure::snooze(LOOK_AGAIN, IN_BATCH, "the question waits for a batch of the model provider, which takes up to a day")
}

fn no_batches(connection: &str) -> Failure {
    let message =
        format!("the model connection '{connection}' takes no batches; submit the story without `economy`, or choose another");
    Failure::fail("llm.no_batches", message)
}
