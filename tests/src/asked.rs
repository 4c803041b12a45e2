//! Requests and results in a few words.

use serde_json::json;
use shared::domain::issue_key::IssueKey;
use shared::domain::job::{JobKind, Lane, Stage};
use shared::domain::publish::{OnConflict, PublishMode, PublishTarget, PublishWhat};
use shared::domain::request::{JobRequest, Review};
use shared::jobs::{Advance, JobError, Submission, Submitted};
use shared::ports::Clock;
use shared::store::history::NewHistory;
use shared::store::idempotency::NewKey;
use uuid::Uuid;

use crate::fixture::{Fixture, PERSON};

/// A request that asks for nothing special.
pub(crate) fn request(key: &str) -> JobRequest {
    JobRequest {
        issue_key: IssueKey::parse(key).expect("a key"),
        connection: "default".into(),
        llm: None,
        language: None,
        review: Review::None,
        publish: Vec::new(),
        on_conflict: OnConflict::Keep,
        close_obsolete: false,
        publish_stale: false,
        from: None,
        content_hash: None,
        callback_url: None,
        fresh: false,
        economy: false,
        delta: false,
    }
}

/// A request that is being made.
#[derive(Debug)]
pub struct Asked<'a> {
    fixture: &'a Fixture,
    submission: Submission,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(fixture: &'a Fixture, kind: JobKind) -> Self {
        let submission = Submission {
            id: fixture.clock.new_id(),
            kind,
            request: request("SHOP-1"),
            issue_id: None,
            actor: fixture.person(),
            owner_id: PERSON,
            lane: Lane::Interactive,
            priority: 0,
            key: None,
        };
        Self { fixture, submission }
    }

    /// The id that the job shall have.
    #[must_use]
    pub fn with_id(mut self, id: Uuid) -> Self {
        self.submission.id = id;
        self
    }

    /// A person must approve.
    #[must_use]
    pub fn reviewed(mut self) -> Self {
        self.submission.request.review = Review::Required;
        self
    }

    /// The result goes into a comment.
    #[must_use]
    pub fn published(mut self) -> Self {
        self.submission.request.publish = vec![PublishTarget { mode: PublishMode::Comment, what: PublishWhat::All }];
        self
    }

    /// Somebody wants to be told of the end.
    #[must_use]
    pub fn calling_back(mut self, url: &str) -> Self {
        self.submission.request.callback_url = Some(url.to_owned());
        self
    }

    /// In this queue.
    #[must_use]
    pub fn in_lane(mut self, lane: Lane) -> Self {
        self.submission.lane = lane;
        self
    }

    /// How urgent it is.
    #[must_use]
    pub fn with_priority(mut self, priority: i32) -> Self {
        self.submission.priority = priority;
        self
    }

    /// With an `Idempotency-Key`.
    #[must_use]
    pub fn with_key(mut self, key: &str, body: &str) -> Self {
        self.submission.key = Some(idempotency_key(self.submission.id, key, body));
        self
    }

    /// Submits it, whatever comes of it.
    pub async fn tried(self) -> Result<Submitted, JobError> {
        self.fixture.jobs.submit(self.submission).await
    }

    /// Submits it; it must be accepted. Answers the job's id.
    pub async fn submit(self) -> Uuid {
        match self.tried().await.expect("an accepted request") {
            Submitted::Accepted(job) => job.id,
            Submitted::Replayed(answer) => panic!("replayed: {answer:?}"),
        }
    }
}

/// The row of a key that came with a request for the job `id`.
pub(crate) fn idempotency_key(id: Uuid, key: &str, body: &str) -> NewKey {
    NewKey {
        caller: PERSON,
        method: "POST",
        path: "/api/v1/generate/acceptance-criteria".into(),
        key: key.to_owned(),
        body_hash: body.to_owned(),
        status: 202,
        response: json!({ "id": id }).to_string(),
    }
}

/// What a stage left behind.
#[must_use]
pub fn made(stage: Stage) -> Advance {
    Advance {
        stage,
        artifact: json!({ "made_by": stage }).to_string(),
        issue_id: (stage == Stage::Fetch).then(|| "10001".to_owned()),
        issue_key: None,
        summary: json!({}),
        settled: Vec::new(),
        reserve: None,
        history: None,
    }
}

/// What a stage left behind, when it completed a result with this hash.
#[must_use]
pub fn result_of(stage: Stage, history_id: Uuid, content_hash: &str) -> Advance {
    let history = NewHistory {
        id: history_id,
        issue_id: "10001".into(),
        accepted: false,
        criteria: Some("[]".into()),
        suite: None,
        provider: "offline".into(),
        model: String::new(),
        prompt_version: "1".into(),
        source_hash: "source".into(),
        sources: "{}".into(),
        usage: "{}".into(),
        content_hash: content_hash.to_owned(),
    };
    Advance { history: Some(history), ..made(stage) }
}
