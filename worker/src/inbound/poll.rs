//! Asking Jira what was changed. The time is told to Jira as an age, so that neither its time zone nor the difference of our
//! clocks matters; what is found twice is kept once.

use std::sync::PoisonError;
use std::time::Duration;

use shared::adapters::connections::JiraConnection;
use shared::domain::duration::ms;
use shared::domain::jira_event::{Poll, told};
use shared::domain::verdict::{Failure, Verdict};
use shared::ports::{IssueSummary, JiraError};
use shared::store::StoreError;
use shared::store::jira_event::{self, NewEvent};
use shared::store::jira_poll::{self, JiraPoll};

use super::{Inbound, LONGEST_WAIT, store};

/// How much of the time before is asked for again: Jira's index lags.
const OVERLAP: Duration = Duration::from_secs(5 * 60);

/// Nobody polls for longer; a poll that is held for longer was lost.
const HOLD: Duration = Duration::from_secs(10 * 60);

/// Hits of a page.
const PAGE: usize = 100;

/// No poll reads more pages.
const MOST_PAGES: usize = 1000;

/// What a poll asks for.
struct Window {
    /// Whether there was none before: nothing is known of what happened then, so no rule is asked about it.
    is_first: bool,
    minutes: i64,
}

impl Inbound {
    /// Polls the connections that are due, one after the other.
    pub(super) async fn poll(&self, owner: &str) -> Result<(), StoreError> {
        let known = self.connections.now().await?;
        for connection in known.all_jira() {
            let Some(poll) = &connection.hooks.poll else { continue };
            if !self.is_due(&connection.name).await? {
                continue;
            }
            if let Some(held) = jira_poll::claim(self.db(), &connection.name, owner, ms(HOLD)).await? {
                self.poll_one(connection, poll, &held).await?;
            }
        }
        Ok(())
    }

    /// Whether a poll may be due. It is remembered when not, so that a look costs nothing; the claim decides.
    async fn is_due(&self, connection: &str) -> Result<bool, StoreError> {
        let now = self.jobs.clock().now_ms();
        let remembered = self.polls.lock().unwrap_or_else(PoisonError::into_inner).get(connection).copied();
        if remembered.is_some_and(|due_at| due_at > now) {
            return Ok(false);
        }
        let Some(row) = jira_poll::find(self.db(), connection).await? else { return Ok(true) };
        // Who polls may die, and its row is due before.
        let look_again = row.due_at.min(now + ms(Duration::from_secs(60)));
        self.polls.lock().unwrap_or_else(PoisonError::into_inner).insert(connection.to_owned(), look_again);
        Ok(row.due_at <= now)
    }

    async fn poll_one(&self, connection: &JiraConnection, poll: &Poll, held: &JiraPoll) -> Result<(), StoreError> {
        let began = self.jobs.clock().now_ms();
        let every = Duration::from_secs(poll.every_seconds);
        let window = window(began, held.watermark);
        match self.ask(connection, poll, &window).await {
            Ok(found) => {
                tracing::debug!(connection = %connection.name, found, "Jira was polled");
                jira_poll::done(self.db(), held, began, ms(every)).await?;
            }
            Err(failure) => {
                tracing::warn!(connection = %connection.name, code = failure.code, reason = %failure.message, "a poll of Jira failed");
                let wait = match failure.verdict {
                    Verdict::Snooze(wait) => wait.max(every),
                    Verdict::Retry | Verdict::Fail => every,
                };
                jira_poll::failed(self.db(), held, failure.code, ms(wait.min(LONGEST_WAIT.max(every)))).await?;
            }
        }
        Ok(())
    }

    /// Keeps what was changed, oldest first; answers how many events are new.
    async fn ask(&self, connection: &JiraConnection, poll: &Poll, window: &Window) -> Result<usize, Failure> {
        let jira = connection.client()?;
        let jql = format!("({}) AND updated >= \"-{}m\" ORDER BY updated ASC", poll.jql, window.minutes);
        let (mut found, mut token) = (0, None);
        for _ in 0..MOST_PAGES {
            let page = jira.search(&jql, PAGE, token.as_deref()).await.map_err(Failure::from)?;
            for hit in &page.issues {
                found += usize::from(self.keep(connection, window, hit).await?);
            }
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Keeps that an issue was changed, if that is new.
    async fn keep(&self, connection: &JiraConnection, window: &Window, hit: &IssueSummary) -> Result<bool, Failure> {
        let Some(updated) = told::moment(&hit.updated) else {
            return Err(Failure::retry("jira.not_jira", "Jira tells when an issue was updated in a form that is not known"));
        };
        if jira_event::is_kept(self.db(), &connection.name, &key(&hit.id, updated)).await.map_err(store)? {
            return Ok(false);
        }
        let mut event = NewEvent {
            id: self.jobs.clock().new_id(),
            connection: connection.name.clone(),
            dedupe_key: key(&hit.id, updated),
            event: "poll".to_owned(),
            issue_id: hit.id.clone(),
            issue_key: hit.key.clone(),
            author: None,
            changes: Vec::new(),
            seen: Some(updated),
        };
        if !window.is_first && !connection.hooks.rules.is_empty() {
            let seen = jira_event::last_seen(self.db(), &connection.name, &hit.id).await.map_err(store)?;
            let since = seen.unwrap_or(updated - window.minutes * 60_000);
            let logged = match connection.client()?.issue_log(&hit.id).await {
                Ok(raw) => told::logged(&raw.body, since),
                // It went meanwhile.
                Err(JiraError::NotFound(_)) => return Ok(false),
                Err(error) => return Err(error.into()),
            };
            let Some(logged) = logged else {
                return Err(Failure::retry("jira.not_jira", "Jira's answer has no time at which the issue was updated"));
            };
            event.dedupe_key = key(&hit.id, logged.updated);
            event.seen = Some(logged.updated);
            event.author = logged.changes.last().and_then(|change| change.author.clone());
            event.changes = logged.changes;
        }
        let is_new = jira_event::keep(self.db(), &event).await.map_err(store)?;
        if is_new {
            self.metrics.jira_event("received");
        }
        Ok(is_new)
    }
}

fn window(began: i64, watermark: Option<i64>) -> Window {
    let since_then = Duration::from_millis(u64::try_from(began - watermark.unwrap_or(began)).unwrap_or(0));
    let minutes = (since_then + OVERLAP).as_secs().div_ceil(60);
    Window { is_first: watermark.is_none(), minutes: i64::try_from(minutes).unwrap_or(i64::MAX) }
}

/// The same issue at the same time of Jira's is the same event.
fn key(issue_id: &str, updated: i64) -> String {
    format!("poll:{issue_id}:{updated}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_asks_for_the_time_since_the_last_one_and_some_more() {
        let minute = 60_000;
        assert_eq!(window(100 * minute, None).minutes, 5);
        assert_eq!(window(100 * minute, Some(99 * minute)).minutes, 6);
        assert_eq!(
            window(100 * minute, Some(99 * minute - 1)).minutes,
            6,
            "Jira counts in minutes, and the overlap makes up for the rest"
        );
        assert_eq!(window(100 * minute, Some(98 * minute - 1000)).minutes, 8);
        assert_eq!(window(100 * minute, Some(200 * minute)).minutes, 5, "a clock that was put back");
    }
}
