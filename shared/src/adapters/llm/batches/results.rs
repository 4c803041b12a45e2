//! Reading the results of a batch, line by line: no more than one of them is held.

use std::collections::{HashMap, HashSet, VecDeque};
use std::vec;

use serde_json::Value;

use super::client::BatchClient;
use super::{Line, Outcome, Path, Results};
use crate::adapters::http::{Lines, Opened, excerpt};
use crate::adapters::llm::outcome::{decode_line, object_of};
use crate::adapters::llm::transport::no_answer;
use crate::adapters::llm::wire::unreadable;
use crate::ports::{BatchError, BatchLine, BatchState, Clock, Completion, LlmFailure, Stray, SystemClock, Unanswered};

/// An id in a report is shown up to this length.
const SHOWN: usize = 64;

/// See the module.
pub(super) struct Reading<'a> {
    client: &'a BatchClient,
    inline: vec::IntoIter<Value>,
    files: VecDeque<Path>,
    lines: Option<Lines>,
    /// The ids that were asked for, and whether a line came for them.
    asked: HashMap<String, bool>,
    /// Those for which none came, once all lines are read.
    missing: Option<vec::IntoIter<String>>,
    /// What became of those: a batch that ended early need not have lines for what was not made (Gemini's have none).
    rest: Option<Unanswered>,
}

impl<'a> Reading<'a> {
    /// The results of a batch that has ended like that.
    pub(super) fn new(
        client: &'a BatchClient,
        results: Results,
        end: &BatchState,
        asked: HashSet<String>,
    ) -> Result<Self, BatchError> {
        let (inline, files) = match results {
            Results::Inline(lines) => (lines, VecDeque::new()),
            Results::Files(files) => (Vec::new(), files.into()),
            Results::Elsewhere => return Err(unreadable("its results lie in a file that is not read").into()),
        };
        let rest = match end {
            BatchState::Expired => Some(Unanswered::Expired),
            BatchState::Cancelled => Some(Unanswered::Cancelled),
            _ => None,
        };
        let asked = asked.into_iter().map(|id| (id, false)).collect();
        Ok(Self { client, inline: inline.into_iter(), files, lines: None, asked, missing: None, rest })
    }

    /// What comes next; `None` when there is nothing more to say.
    pub(super) async fn next(&mut self) -> Result<Option<BatchLine>, BatchError> {
        if self.missing.is_none() {
            if let Some(line) = self.line().await? {
                return Ok(Some(self.judged(line)));
            }
            let missing = self.asked.iter().filter(|(_, came)| !**came).map(|(id, _)| id.clone());
            self.missing = Some(missing.collect::<Vec<_>>().into_iter());
        }
        let Some(custom_id) = self.missing.as_mut().and_then(Iterator::next) else { return Ok(None) };
        Ok(Some(match self.rest.clone() {
            Some(rest) => BatchLine::Answer { custom_id, result: Err(rest) },
            None => BatchLine::Missing { custom_id },
        }))
    }

    /// The next line of all files; within, `None` where it cannot be read.
    async fn line(&mut self) -> Result<Option<Option<Line>>, BatchError> {
        if let Some(value) = self.inline.next() {
            return Ok(Some(self.client.form.line(value)));
        }
        loop {
            if let Some(lines) = &mut self.lines {
                if let Some(line) = lines.next().await.map_err(no_answer)? {
                    let value: Option<Value> = serde_json::from_slice(&line).ok();
                    return Ok(Some(value.and_then(|value| self.client.form.line(value))));
                }
                self.lines = None;
            }
            let Some(path) = self.files.pop_front() else { return Ok(None) };
            self.lines = Some(self.opened(&path).await?);
        }
    }

    async fn opened(&self, path: &Path) -> Result<Lines, BatchError> {
        match self.client.transport.lines(path).await? {
            Opened::Lines(lines) => Ok(lines),
            Opened::Refused(answer) => match object_of(&answer, false, SystemClock.now()) {
                Ok(_) => Err(unreadable("no results").into()),
                Err(error) => Err(self.client.transport.hidden(error).into()),
            },
        }
    }

    fn judged(&mut self, line: Option<Line>) -> BatchLine {
        let Some(Line { custom_id, outcome }) = line else {
            // It may have been the answer to any of them.
            self.rest = None;
            return BatchLine::Stray { custom_id: String::new(), why: Stray::Unreadable };
        };
        let why = match self.asked.get_mut(&custom_id) {
            Some(came @ false) => {
                *came = true;
                return BatchLine::Answer { custom_id, result: self.result(outcome) };
            }
            Some(true) => Stray::Twice,
            None => Stray::Unknown,
        };
        BatchLine::Stray { custom_id: excerpt(&custom_id, SHOWN), why }
    }

    fn result(&self, outcome: Outcome) -> Result<Completion, Unanswered> {
        let (status, body) = match outcome {
            Outcome::Answered { status, body } => (status, body),
            Outcome::Expired => return Err(Unanswered::Expired),
            Outcome::Cancelled => return Err(Unanswered::Cancelled),
        };
        match decode_line(self.client.wire, status, &body, SystemClock.now()) {
            Ok(done) => Ok(Completion { usage: self.client.priced(&done.model, done.usage), ..done }),
            Err(failed) => Err(Unanswered::Failed(LlmFailure {
                error: self.client.transport.hidden(failed.error),
                usage: failed.usage.map(|usage| self.client.priced(self.client.wire.model(&body), usage)),
            })),
        }
    }
}
