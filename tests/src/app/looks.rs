//! What a test looks at afterwards.

use sandbox::JournalEntry;
use sea_orm::FromQueryResult;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::domain::event::{Event, EventKind};
use shared::domain::job::Stage;
use shared::domain::publish::{PublishMode, PublishOutcome, PublishPlan, PublishTarget, PublishWhat, Published};
use shared::domain::render::Output;
use shared::domain::result::{CriteriaArtifact, PublishArtifact, SuiteArtifact};
use shared::domain::story::Story;
use shared::publishing::{Subject, Wishes, plan_all};
use shared::store::delivery::{self, Delivery};
use shared::store::history::{self, History};
use shared::store::job::Job;
use shared::store::{Sql, artifact, event, job};
use uuid::Uuid;

use super::App;
use crate::rows;

/// A row of the ledger of model calls.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Call {
    /// For which stage.
    pub stage: String,
    /// Under which claim.
    pub epoch: i64,
    /// The model that was asked.
    pub model: String,
    /// `reserved`, `settled`, `free` or `unknown`.
    pub state: String,
    /// Tokens in.
    pub input_tokens: Option<i64>,
    /// Tokens out.
    pub output_tokens: Option<i64>,
}

impl App {
    /// The row of a job.
    pub async fn job(&self, id: Uuid) -> Job {
        job::find(self.jobs.db(), id).await.expect("an answer").expect("a row")
    }

    /// Where a job stands, and its code if it has one.
    pub async fn status(&self, id: Uuid) -> (String, String) {
        let row = self.job(id).await;
        (row.status, row.error_code.unwrap_or_default())
    }

    /// A job that must have succeeded.
    pub async fn succeeded(&self, id: Uuid) -> Job {
        let row = self.job(id).await;
        assert_eq!(row.status, "succeeded", "{:?}: {:?}", row.error_code, row.error_message);
        row
    }

    /// The events of a job, which must be numbered from 1 without gaps.
    pub async fn events(&self, id: Uuid) -> Vec<Event> {
        let events = event::after(self.jobs.db(), id, 0, 1000).await.expect("events");
        let numbers: Vec<i64> = events.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=self.job(id).await.event_seq).collect::<Vec<_>>(), "the events have gaps");
        events
    }

    /// The kinds of the events of a job.
    pub async fn told(&self, id: Uuid) -> Vec<EventKind> {
        self.events(id).await.into_iter().map(|event| event.kind).collect()
    }

    /// What a stage of a job left behind.
    pub async fn artifact<T: DeserializeOwned>(&self, id: Uuid, stage: Stage) -> Option<T> {
        let stored = artifact::find(self.jobs.db(), id, stage).await.expect("an answer")?;
        Some(serde_json::from_str(&stored.data).expect("an artifact"))
    }

    /// The story as it was read.
    pub async fn story(&self, id: Uuid) -> Story {
        self.artifact(id, Stage::Fetch).await.expect("a story")
    }

    /// The criteria that were made.
    pub async fn criteria(&self, id: Uuid) -> CriteriaArtifact {
        self.artifact(id, Stage::Criteria).await.expect("criteria")
    }

    /// The scenarios that were made.
    pub async fn suite(&self, id: Uuid) -> SuiteArtifact {
        self.artifact(id, Stage::Scenarios).await.expect("scenarios")
    }

    /// What was published, target by target.
    pub async fn published(&self, id: Uuid) -> Vec<Published> {
        self.artifact::<PublishArtifact>(id, Stage::Publish).await.expect("publications").published
    }

    /// What became of each target.
    pub async fn outcomes(&self, id: Uuid) -> Vec<PublishOutcome> {
        self.published(id).await.into_iter().map(|published| published.outcome).collect()
    }

    /// The result that was kept.
    pub async fn history(&self, id: Uuid) -> Option<History> {
        history::of_job(self.jobs.db(), id).await.expect("an answer")
    }

    /// The deliveries of a job.
    pub async fn deliveries_of(&self, id: Uuid) -> Vec<Delivery> {
        delivery::of_job(self.jobs.db(), id).await.expect("deliveries")
    }

    /// The ledger of a job's model calls, oldest first.
    pub async fn ledger(&self, id: Uuid) -> Vec<Call> {
        let sql = Sql::new(
            "SELECT stage, epoch, model, state, input_tokens, output_tokens FROM llm_calls WHERE job_id = ? ORDER BY epoch, stage, created_at, id",
        );
        self.jobs.db().read_all(sql.bind(id)).await.expect("a ledger")
    }

    /// The stages and states of the ledger.
    pub async fn ledger_states(&self, id: Uuid) -> Vec<(String, String)> {
        self.ledger(id).await.into_iter().map(|call| (call.stage, call.state)).collect()
    }

    /// The audited actions about a job, in order.
    pub async fn audited(&self, id: Uuid) -> Vec<String> {
        rows::audited(self.jobs.db(), id).await
    }

    /// The answer to a `SELECT COUNT(*) AS n …`.
    pub async fn count(&self, sql: Sql) -> i64 {
        rows::count(self.jobs.db(), sql).await
    }

    /// The value of a metric, named with its labels as Prometheus scrapes it; 0 when it is absent.
    #[must_use]
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.metrics.render();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().expect("a number"))
    }

    /// What publishing a job's result would do.
    pub async fn plans(&self, id: Uuid, mode: PublishMode) -> Vec<PublishPlan> {
        self.plans_with(id, mode, Wishes::default()).await
    }

    /// The same with these wishes.
    ///
    /// # Panics
    /// The job made nothing, or Jira cannot be read.
    pub async fn plans_with(&self, id: Uuid, mode: PublishMode, wishes: Wishes) -> Vec<PublishPlan> {
        let (story, suite) = (self.story(id).await, self.suite(id).await);
        let criteria = self.criteria(id).await;
        let output = Output {
            story_key: &story.key,
            story_summary: &story.summary,
            story_url: &story.url,
            criteria: Some(&criteria.set),
            suite: Some(&suite.suite),
        };
        let connection = self.connections.of_settings().jira(None).expect("a connection");
        let markup = connection.client().expect("a client").markup().await.expect("a site that says what it is");
        let subject = Subject { connection: "default", issue_id: &story.id, markup, output, origin: &Value::Null };
        let target = PublishTarget { mode, what: PublishWhat::All };
        plan_all(&self.jobs, connection, &subject, &[target], wishes).await.expect("a plan")
    }

    /// What Jira was asked to change, in order, whether or not it did.
    #[must_use]
    pub fn writes(&self) -> Vec<JournalEntry> {
        let all = self.jira().journal().into_iter();
        let reads = ["/search", "/search/jql", "/bulkfetch"];
        let is_write = |entry: &JournalEntry| entry.method != "GET" && !reads.iter().any(|read| entry.path.ends_with(read));
        all.filter(|entry| entry.path.contains("/rest/api/") && is_write(entry)).collect()
    }

    /// The description of an issue as Jira holds it.
    #[must_use]
    pub fn description(&self, key: &str) -> Value {
        self.jira().issue(key).expect("an issue")["fields"]["description"].clone()
    }
}
