//! Finding the stories of a batch, page by page. Each page is checked off in the statement that stores its stories and their
//! jobs, so whoever finds a batch after a crash goes on where that was, and the set is frozen once there is no more.

use std::collections::{BTreeMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use shared::adapters::connections::{Connections, JiraConnection};
use shared::domain::batch::{BatchRequest, Selection, Skip};
use shared::domain::diff;
use shared::domain::duration::ms;
use shared::domain::issue_key::IssueKey;
use shared::domain::jira_event::told;
use shared::domain::job::JobKind;
use shared::domain::json::to_json;
use shared::domain::reading;
use shared::domain::verdict::{Failure, Verdict};
use shared::jobs::Jobs;
use shared::ports::JiraError;
use shared::store::batch::{self, Batch, Expanded, NewItem, NotExpanded};
use shared::store::history;
use shared::store::{Db, StoreError};

/// Stories of a page of a search.
const PAGE: usize = 100;

/// Stories of a list that are looked up in one go.
const KEYS: usize = 50;

/// Stories that are read at once.
const AT_ONCE: usize = 4;

/// No page takes longer; what is held for longer was lost.
const HOLD: Duration = Duration::from_secs(5 * 60);

/// A longer wait would not notice that things are well again.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// See the module.
pub struct Batches {
    jobs: Jobs,
    connections: Arc<Connections>,
    tick: Duration,
}

impl std::fmt::Debug for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches").field("tick", &self.tick).finish_non_exhaustive()
    }
}

/// A story as it was found.
struct Found {
    /// Jira's numeric id; its key where there is none.
    id: String,
    key: String,
    /// Jira's `updated`; empty where it is not known.
    updated: String,
    /// Why it cannot have a job.
    skip: Option<Skip>,
}

/// A page of stories.
struct Page {
    found: Vec<Found>,
    next: Option<String>,
}

impl Batches {
    /// Over these connections.
    #[must_use]
    pub fn new(jobs: Jobs, connections: Arc<Connections>, tick: Duration) -> Self {
        Self { jobs, connections, tick }
    }

    /// How often it is to be looked what is to be done.
    #[must_use]
    pub fn tick(&self) -> Duration {
        self.tick
    }

    /// Does what is due, as the worker of this name. What goes wrong is logged, and done at the next look.
    pub async fn look(&self, owner: &str) {
        if let Err(error) = self.work(owner).await {
            tracing::warn!(%error, "stories of batches could not be found; it is tried again");
        }
    }

    async fn work(&self, owner: &str) -> Result<(), StoreError> {
        while let Some(batch) = batch::claim(self.db(), owner, ms(HOLD)).await? {
            let defect =
                || Failure::retry("batch.panicked", "finding stories hit a defect of the program; the log has the place");
            let expanded = AssertUnwindSafe(self.expand(&batch)).catch_unwind().await.unwrap_or_else(|_| Err(defect()));
            if let Err(failure) = expanded {
                self.settle_failure(&batch, &failure).await?;
            }
        }
        Ok(())
    }

    /// One page.
    async fn expand(&self, batch: &Batch) -> Result<(), Failure> {
        let (request, kind) = (batch.request().map_err(store)?, batch.kind().map_err(store)?);
        let known = self.connections.now().await.map_err(store)?;
        let connection = known.jira_of_job(&batch.connection).ok_or_else(|| {
            Failure::fail("jira.no_connection", format!("there is no Jira connection '{}' any more", batch.connection))
        })?;
        let page = find(connection, &request.select, batch.page_token.as_deref()).await?;
        let (items, has_more) = self.items(batch, connection, &request, kind, page.found).await?;
        let found = batch.found + i64::try_from(items.len()).unwrap_or(0);
        let after = Expanded { next: page.next.filter(|_| !has_more), found, has_more };
        let is_last = after.next.is_none();
        if self.jobs.expand(batch, &items, &after).await.map_err(store)? && is_last {
            tracing::info!(batch.id = %batch.id, found, has_more, "the stories of a batch were found");
        }
        Ok(())
    }

    /// The stories of a page that the batch does not have yet, as far as it may have jobs; and whether there are more.
    async fn items(
        &self,
        batch: &Batch,
        connection: &JiraConnection,
        request: &BatchRequest,
        kind: JobKind,
        found: Vec<Found>,
    ) -> Result<(Vec<NewItem>, bool), Failure> {
        let found = self.unknown(batch, found).await?;
        let read = stream::iter(found)
            .map(|story| self.judged(connection, request, kind, story))
            .buffered(AT_ONCE)
            .try_collect::<Vec<(Found, Option<i64>)>>();
        let mut room = i64::from(request.max_issues) - batch::jobs(self.db(), batch.id).await.map_err(store)?;
        let mut items = Vec::with_capacity(PAGE);
        for (story, since) in read.await? {
            let n = batch.found + 1 + i64::try_from(items.len()).unwrap_or(0);
            let key = IssueKey::parse(&story.key).ok().filter(|_| story.skip.is_none());
            if key.is_some() {
                room -= 1;
            }
            if room < 0 {
                return Ok((items, true));
            }
            let job_id = key.is_some().then(|| self.jobs.clock().new_id());
            let request = key.map(|key| to_json(&request.of_job(key, &batch.connection)));
            items.push(NewItem { n, issue_id: story.id, issue_key: story.key, job_id, skip: story.skip, since, request });
        }
        Ok((items, false))
    }

    /// A search may answer a story twice; a list may name it by two keys.
    async fn unknown(&self, batch: &Batch, found: Vec<Found>) -> Result<Vec<Found>, Failure> {
        let ids: Vec<String> = found.iter().map(|story| story.id.clone()).collect();
        let mut seen: HashSet<String> = batch::known(self.db(), batch.id, &ids).await.map_err(store)?.into_iter().collect();
        let is_list = matches!(batch.request().map_err(store)?.select, Selection::IssueKeys(_));
        let unseen = found.into_iter().filter_map(|story| match (seen.insert(story.id.clone()), is_list) {
            (true, _) => Some(story),
            (false, true) => Some(Found { id: story.key.clone(), skip: Some(Skip::Duplicate), ..story }),
            (false, false) => None,
        });
        Ok(unseen.collect())
    }

    /// A story, and since when there is a result that says what it says, if there is.
    async fn judged(
        &self,
        connection: &JiraConnection,
        request: &BatchRequest,
        kind: JobKind,
        story: Found,
    ) -> Result<(Found, Option<i64>), Failure> {
        if request.force || story.skip.is_some() {
            return Ok((story, None));
        }
        let results = history::latest_of_kinds(self.db(), &connection.name, &story.id).await.map_err(store)?;
        let Some(result) = results.into_iter().find(|result| result.kind == kind.as_str()) else { return Ok((story, None)) };
        if !result.accepted || result.suspect_at.is_some() {
            return Ok((story, None));
        }
        let is_known = told::moment(&story.updated).zip(result.judged_at).is_some_and(|(updated, judged)| updated <= judged);
        if is_known {
            return Ok((Found { skip: Some(Skip::Unchanged), ..story }, Some(result.created_at)));
        }
        // Whoever comments on a story touches it, and so do we.
        let raw = match connection.client()?.issue(&story.id).await {
            Ok(raw) => raw,
            Err(JiraError::NotFound(_)) => return Ok((Found { skip: Some(Skip::NotFound), ..story }, None)),
            Err(error) => {
                let failure = Failure::from(error);
                // Its own job says what is wrong with it.
                return if failure.verdict == Verdict::Fail { Ok((story, None)) } else { Err(failure) };
            }
        };
        let Ok(now) = reading::story(&raw.body, &raw.url, &connection.read_options.speaking(raw.markup)) else {
            return Ok((story, None));
        };
        let before: BTreeMap<String, String> = serde_json::from_str(&result.sources_json).unwrap_or_default();
        let parts: BTreeMap<String, String> = now.parts.iter().map(|part| (part.id.clone(), part.sha256.clone())).collect();
        if !diff::parts(&before, &parts).is_empty() {
            return Ok((story, None));
        }
        if let Some(judged_at) = told::moment(&now.updated) {
            history::looked_at(self.db(), result.id, judged_at).await.map_err(store)?;
        }
        Ok((Found { skip: Some(Skip::Unchanged), ..story }, Some(result.created_at)))
    }

    async fn settle_failure(&self, batch: &Batch, failure: &Failure) -> Result<(), StoreError> {
        let limits = self.jobs.limits();
        let outcome = match failure.verdict {
            Verdict::Snooze(wait) => {
                NotExpanded::Again { in_ms: ms(wait.clamp(Duration::from_secs(1), LONGEST_WAIT)), counts: false }
            }
            Verdict::Retry if batch.attempts + 1 < limits.max_attempts => {
                NotExpanded::Again { in_ms: ms(limits.backoff(batch.attempts)), counts: true }
            }
            Verdict::Retry | Verdict::Fail => {
                NotExpanded::Ended { code: failure.code.to_owned(), message: failure.message.clone() }
            }
        };
        tracing::info!(batch.id = %batch.id, code = failure.code, reason = %failure.message, "stories of a batch could not be found");
        batch::settle(self.db(), batch, outcome).await.map(|_| ())
    }

    fn db(&self) -> &Db {
        self.jobs.db()
    }
}

/// The stories of the next page.
async fn find(connection: &JiraConnection, select: &Selection, token: Option<&str>) -> Result<Page, Failure> {
    match select {
        Selection::Jql(jql) => {
            let page = connection.client()?.search(jql, PAGE, token).await.map_err(Failure::from)?;
            let hits = page.issues.into_iter();
            let found = hits.map(|hit| Found { id: hit.id, key: hit.key, updated: hit.updated, skip: None }).collect();
            Ok(Page { found, next: page.next })
        }
        Selection::IssueKeys(keys) => {
            let begin = token.and_then(|token| token.parse::<usize>().ok()).unwrap_or(0);
            let some = keys.iter().skip(begin).take(KEYS).cloned().collect::<Vec<_>>();
            let end = begin + some.len();
            let found = stream::iter(some).map(|key| look_up(connection, key)).buffered(AT_ONCE).try_collect().await?;
            Ok(Page { found, next: (end < keys.len()).then(|| end.to_string()) })
        }
    }
}

async fn look_up(connection: &JiraConnection, key: IssueKey) -> Result<Found, Failure> {
    let missing = || Found { id: key.to_string(), key: key.to_string(), updated: String::new(), skip: Some(Skip::NotFound) };
    let issue = match connection.client()?.issue_glance(key.as_str()).await {
        Ok(issue) => issue,
        Err(JiraError::NotFound(_)) => return Ok(missing()),
        Err(error) => return Err(error.into()),
    };
    let text = |path: &str| issue.body.pointer(path).and_then(serde_json::Value::as_str).map(str::to_owned);
    let Some(id) = text("/id") else { return Ok(missing()) };
    let key = text("/key").unwrap_or_else(|| key.to_string());
    Ok(Found { id, key, updated: text("/fields/updated").unwrap_or_default(), skip: None })
}

/// The database answered something else than what was asked for; it is tried again.
#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by it")]
fn store(error: StoreError) -> Failure {
    Failure::retry("batch.store", error.to_string())
}
