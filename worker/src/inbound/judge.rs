//! Which results a story still supports. What came with the event is not looked at for that: the story is read.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::adapters::connections::JiraConnection;
use shared::domain::diff::{self, PartDiff};
use shared::domain::jira_event::{outcome, told};
use shared::domain::reading;
use shared::domain::story::Story;
use shared::domain::verdict::Failure;
use shared::store::history::{self, History};
use shared::store::jira_event::JiraEvent;
use shared::store::{StoreError, job};

use super::{Ended, Inbound, LONGEST_WAIT, store};

/// The shortest wait for a result that is on its way.
const SHORTEST_WAIT: Duration = Duration::from_secs(30);

impl Inbound {
    /// Looks at the issue of these events once; what becomes of each, in order.
    pub(super) async fn look_at(&self, events: &[JiraEvent]) -> Result<Vec<Ended>, Failure> {
        let all = |outcome| Ok(events.iter().map(|_| Ended::Done(outcome)).collect());
        let Some(event) = events.last() else { return Ok(Vec::new()) };
        let known = self.connections.now().await.map_err(store)?;
        let Some(connection) = known.jira_of_job(&event.connection) else { return all(outcome::NO_CONNECTION) };
        let results = history::latest_of_kinds(self.db(), &event.connection, &event.issue_id).await.map_err(store)?;
        let is_being_made = self.is_being_made(event, &event.issue_key).await?;
        if results.is_empty() && !is_being_made && !events.iter().any(|event| Self::may_start_something(connection, event)) {
            return all(outcome::NOT_OURS);
        }
        let story = self.read(connection, event).await?;
        let judged = self.judge_all(&results, &story).await.map_err(store)?;
        let mut ended = Vec::with_capacity(events.len());
        for event in events {
            let started = self.start(connection, event, &story).await?;
            ended.push(Ended::Done(started.unwrap_or(judged)));
        }
        if is_being_made && let Some(last) = ended.last_mut() {
            *last = Ended::Waits(self.age(event).clamp(SHORTEST_WAIT, LONGEST_WAIT));
        }
        Ok(ended)
    }

    /// The story as it is now, by the connection's own client, without what we wrote.
    async fn read(&self, connection: &JiraConnection, event: &JiraEvent) -> Result<Story, Failure> {
        let raw = connection.client()?.issue(&event.issue_id).await.map_err(Failure::from)?;
        let story = reading::story(&raw.body, &raw.url, &connection.read_options.speaking(raw.markup));
        story.map_err(|error| Failure::fail(error.code(), error.to_string()))
    }

    /// Whether a result may be on its way for a story that was read before it changed.
    async fn is_being_made(&self, event: &JiraEvent, issue_key: &str) -> Result<bool, Failure> {
        job::is_being_made(self.db(), &event.connection, issue_key, event.received_at).await.map_err(store)
    }

    fn age(&self, event: &JiraEvent) -> Duration {
        let age = self.jobs.clock().now_ms() - event.received_at;
        Duration::from_millis(u64::try_from(age).unwrap_or(0))
    }

    /// Marks results that do not rest on the story any more, and takes the mark from those that do again.
    async fn judge_all(&self, results: &[History], story: &Story) -> Result<&'static str, StoreError> {
        let now: BTreeMap<String, String> = story.parts.iter().map(|part| (part.id.clone(), part.sha256.clone())).collect();
        let judged_at = told::moment(&story.updated).unwrap_or(0);
        let mut told = if results.is_empty() { outcome::NOT_OURS } else { outcome::UNCHANGED };
        for result in results {
            let before: BTreeMap<String, String> = serde_json::from_str(&result.sources_json).unwrap_or_default();
            let parts = diff::parts(&before, &now);
            if parts == suspected(result) {
                history::looked_at(self.db(), result.id, judged_at).await?;
            } else if self.jobs.judge(result, &parts, judged_at).await? {
                told = self.tell(result, &parts, told);
            }
        }
        Ok(told)
    }

    fn tell(&self, result: &History, parts: &[PartDiff], told: &'static str) -> &'static str {
        let changed: Vec<&str> = parts.iter().map(|part| part.part.as_str()).collect();
        tracing::info!(history.id = %result.id, issue.key = %result.issue_key, ?changed, "the story of a result changed");
        if parts.is_empty() {
            return if told == outcome::SUSPECT { told } else { outcome::CLEARED };
        }
        if result.suspect_at.is_none() {
            self.metrics.result_suspect();
        }
        outcome::SUSPECT
    }
}

/// The parts that are known to differ.
fn suspected(result: &History) -> Vec<PartDiff> {
    result.suspect_json.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
}
