//! A request in a few words.

use std::time::Duration;

use shared::domain::job::{JobKind, Lane};
use shared::domain::language::Language;
use shared::domain::publish::{OnConflict, PublishMode, PublishTarget, PublishWhat};
use shared::domain::request::{JobRequest, LlmChoice, Review};
use shared::jobs::{Submission, Submitted};
use shared::ports::Clock;
use uuid::Uuid;

use super::{App, PERSON};
use crate::asked::{idempotency_key, request};

/// A request that is being made.
#[derive(Debug)]
pub struct Order<'a> {
    app: &'a App,
    kind: JobKind,
    request: JobRequest,
    key: Option<&'a str>,
}

impl<'a> Order<'a> {
    pub(super) fn new(app: &'a App, kind: JobKind, key: &str) -> Self {
        Self { app, kind, request: request(key), key: None }
    }

    /// Everything goes there.
    #[must_use]
    pub fn to(self, mode: PublishMode) -> Self {
        self.with(mode, PublishWhat::All)
    }

    /// This goes there.
    #[must_use]
    pub fn with(mut self, mode: PublishMode, what: PublishWhat) -> Self {
        self.request.publish.push(PublishTarget { mode, what });
        self
    }

    /// A person must approve.
    #[must_use]
    pub fn reviewed(mut self) -> Self {
        self.request.review = Review::Required;
        self
    }

    /// In this language.
    #[must_use]
    pub fn in_language(mut self, language: Language) -> Self {
        self.request.language = Some(language);
        self
    }

    /// The model is asked even if it was asked the same before.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.request.fresh = true;
        self
    }

    /// What still holds of the latest accepted result is kept.
    #[must_use]
    pub fn of_changes(mut self) -> Self {
        self.request.delta = true;
        self
    }

    /// The model is asked in batches of its provider.
    #[must_use]
    pub fn in_economy(mut self) -> Self {
        self.request.economy = true;
        self
    }

    /// Another author than the usual one.
    #[must_use]
    pub fn by(mut self, provider: &str) -> Self {
        self.request.llm = Some(LlmChoice { provider: provider.to_owned(), model: None });
        self
    }

    /// What to do with what a person changed.
    #[must_use]
    pub fn on_conflict(mut self, on_conflict: OnConflict) -> Self {
        self.request.on_conflict = on_conflict;
        self
    }

    /// What the result does not have any more is closed.
    #[must_use]
    pub fn closing_obsolete(mut self) -> Self {
        self.request.close_obsolete = true;
        self
    }

    /// Even if the story changed.
    #[must_use]
    pub fn even_if_stale(mut self) -> Self {
        self.request.publish_stale = true;
        self
    }

    /// The job or history entry to build on.
    #[must_use]
    pub fn from(mut self, id: Uuid) -> Self {
        self.request.from = Some(id);
        self
    }

    /// Somebody wants to be told of the end.
    #[must_use]
    pub fn calling_back(mut self, url: &str) -> Self {
        self.request.callback_url = Some(url.to_owned());
        self
    }

    /// With an `Idempotency-Key`.
    #[must_use]
    pub fn with_key(mut self, key: &'a str) -> Self {
        self.key = Some(key);
        self
    }

    /// Submits it. Answers the job's id.
    pub async fn submit(self) -> Uuid {
        let id = self.app.clock.new_id();
        let lane = if self.request.economy { Lane::Bulk } else { Lane::Interactive };
        let submission = Submission {
            id,
            kind: self.kind,
            request: self.request,
            issue_id: None,
            actor: self.app.person(),
            owner_id: PERSON,
            lane,
            priority: 0,
            key: self.key.map(|key| idempotency_key(id, key, "body")),
        };
        match self.app.jobs.submit(submission).await.expect("an accepted request") {
            Submitted::Accepted(job) => job.id,
            Submitted::Replayed(answer) => panic!("replayed: {answer:?}"),
        }
    }

    /// Submits it, a millisecond after whatever was submitted before, and runs everything that is due.
    pub async fn run(self) -> Uuid {
        let app = self.app;
        app.later(Duration::from_millis(1));
        let id = self.submit().await;
        app.run_jobs().await;
        id
    }
}
