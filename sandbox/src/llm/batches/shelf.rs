//! Files and batches that are remembered.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures::FutureExt;
use http_body_util::BodyExt;
use serde_json::Value;

use super::course::{End, course, model_of};
use crate::clock::now;
use crate::llm::answer::respond;
use crate::llm::counts::LlmCounts;
use crate::llm::prompt::Prompt;
use crate::llm::wire::{Trouble, Wire};

/// See the module.
#[derive(Default)]
pub(crate) struct Shelf {
    pub(super) files: Vec<File>,
    pub(super) batches: Vec<Batch>,
    /// The last number that was given to a file or a batch.
    last: u64,
}

/// An uploaded file.
pub(super) struct File {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) purpose: String,
    pub(super) content: String,
    pub(super) created: i64,
}

/// A batch.
pub(super) struct Batch {
    pub(super) id: String,
    pub(super) wire: Wire,
    /// The caller's own id or name of it.
    pub(super) own: Option<String>,
    pub(super) input: String,
    pub(super) model: String,
    pub(super) created: i64,
    pub(super) calls: Vec<Call>,
    pub(super) polls: u64,
    /// Asked for by the caller.
    pub(super) cancelled: bool,
    /// What is wrong with it as a whole: a code, and the line of the file.
    pub(super) problem: Option<(&'static str, usize)>,
    pub(super) end: Option<End>,
}

/// A call of a batch.
pub(super) struct Call {
    pub(super) custom_id: String,
    pub(super) body: Value,
    /// Why the provider would not make it.
    pub(super) trouble: Option<Trouble>,
    pub(super) outcome: Outcome,
}

/// What became of a call.
pub(super) enum Outcome {
    Open,
    Answered(u16, Value),
    Expired,
    Cancelled,
}

impl Call {
    pub(super) fn new(wire: Wire, custom_id: &str, body: &Value, headers: &HeaderMap) -> Self {
        let trouble = wire.refuses(body, headers);
        Self { custom_id: custom_id.to_owned(), body: body.clone(), trouble, outcome: Outcome::Open }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.outcome, Outcome::Open)
    }

    pub(super) fn succeeded(&self) -> bool {
        matches!(self.outcome, Outcome::Answered(200, _))
    }

    pub(super) fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Answered(status, _) if status != 200)
    }
}

impl Shelf {
    /// Remembers a file and gives it an id.
    pub(super) fn keep(&mut self, name: String, purpose: String, content: String) -> &File {
        self.last += 1;
        let id = format!("file-sandbox-{}", self.last);
        self.files.push(File { id, name, purpose, content, created: now() });
        &self.files[self.files.len() - 1]
    }

    pub(super) fn file(&self, id: &str) -> Option<&File> {
        self.files.iter().find(|file| file.id == id)
    }

    /// Forgets a batch that has ended; false where there is none of that wire.
    pub(super) fn forget(&mut self, wire: Wire, id: &str) -> bool {
        let before = self.batches.len();
        self.batches.retain(|batch| batch.id != id || batch.wire != wire || batch.end.is_none());
        self.batches.len() < before
    }

    /// Remembers a batch and gives it an id.
    pub(super) fn begin(&mut self, counts: &mut LlmCounts, mut batch: Batch) -> &Batch {
        counts.batches += 1;
        self.last += 1;
        batch.id = format!("{}sandbox_{}", batch.wire.batch_prefix(), self.last);
        self.batches.push(batch);
        &self.batches[self.batches.len() - 1]
    }

    pub(super) fn batch(&mut self, id: &str) -> Option<&mut Batch> {
        self.batches.iter_mut().find(|batch| batch.id == id)
    }
}

impl Batch {
    pub(super) fn new(wire: Wire, model: &str, own: Option<String>, calls: Vec<Call>) -> Self {
        let problem = (course(model).end == End::Failed).then_some(("model_not_found", 1));
        Self {
            id: String::new(),
            wire,
            own,
            input: String::new(),
            model: model.to_owned(),
            created: now(),
            calls,
            polls: 0,
            cancelled: false,
            problem,
            end: None,
        }
    }

    /// One look at it: it may end by that.
    pub(super) fn look(&mut self, counts: &mut LlmCounts) {
        if self.end.is_some() {
            return;
        }
        self.polls += 1;
        let course = course(&self.model);
        let end = match () {
            () if self.problem.is_some() => End::Failed,
            () if self.cancelled => End::Cancelled,
            () if self.polls > course.polls && now() >= self.created + course.wait_ms => course.end,
            () => return,
        };
        let half = match end {
            // Google keeps no results of a batch that expired.
            End::Expired if self.wire == Wire::Gemini => 0,
            _ => self.calls.len().div_ceil(2),
        };
        for (at, call) in self.calls.iter_mut().enumerate() {
            call.outcome = match end {
                End::Failed => Outcome::Open,
                End::Expired if at >= half => Outcome::Expired,
                End::Cancelled if at >= half => Outcome::Cancelled,
                _ => answered(self.wire, model_of(&self.model, at), call, counts),
            };
        }
        self.end = Some(end);
    }

    pub(super) fn count(&self, wanted: impl Fn(&Call) -> bool) -> usize {
        self.calls.iter().filter(|call| wanted(call)).count()
    }
}

/// The answer that the same call would get by itself.
fn answered(wire: Wire, model: &str, call: &Call, counts: &mut LlmCounts) -> Outcome {
    let response = match call.trouble {
        Some(trouble) => wire.error(trouble),
        None => {
            let asked = wire.as_chat(&call.body);
            let prompt = Prompt::read(&asked);
            match respond(wire, model, &asked, &prompt) {
                Ok(answer) => {
                    counts.add_batched(prompt.key.as_deref());
                    return Outcome::Answered(StatusCode::OK.as_u16(), answer);
                }
                Err(response) => *response,
            }
        }
    };
    let status = response.status().as_u16();
    Outcome::Answered(status, body(response))
}

/// The body of a response that is wholly there.
fn body(response: Response) -> Value {
    let whole = response.into_body().collect().now_or_never().and_then(Result::ok);
    whole.and_then(|whole| serde_json::from_slice(&whole.to_bytes()).ok()).unwrap_or_default()
}
