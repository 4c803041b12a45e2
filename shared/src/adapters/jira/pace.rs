//! Turns at the account of a site: what it lets its callers do holds for all processes together, and when it asks for a pause,
//! all of them keep it. Writes to one issue go one by one.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::domain::pace::{Share, Wait};
use crate::domain::rate::Rate;
use crate::ports::{Clock, JiraError, Pacer, Turn};

/// Longer waits are for the database: a job that waits there holds no slot.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long an account is left alone that asked to slow down and did not say for how long.
const UNTOLD: Duration = Duration::from_secs(10);

/// A used-up quota is whole again after an hour at most.
const LONGEST_HOLD: Duration = Duration::from_secs(3600);

/// What Jira Cloud takes of writes to one issue: 20 in 2 seconds and 100 in 30 seconds
/// (developer.atlassian.com, rate limiting, 2026-08).
const WRITES: (u32, Duration) = (100, Duration::from_secs(30));

/// How calls of one account are paced.
#[derive(Clone)]
pub struct Pace {
    /// Gives turns.
    pub pacer: Arc<dyn Pacer>,
    /// Where ids come from.
    pub clock: Arc<dyn Clock>,
    /// The account; no part of its token.
    pub account: String,
    /// What it lets its callers do.
    pub share: Share,
}

/// A call that has its turns; they are given back when it ended.
pub(super) struct Turns<'a> {
    pace: &'a Pace,
    id: Uuid,
    issue: Option<String>,
}

impl Pace {
    /// Takes a turn within a few seconds or not at all; `issue` = the one that is written to.
    pub(super) async fn turns(&self, issue: Option<&str>) -> Result<Turns<'_>, JiraError> {
        let id = self.clock.new_id();
        let issue = issue.map(|issue| format!("{} {issue}", self.account));
        let turns = Turns { pace: self, id, issue };
        if let Some(issue) = &turns.issue {
            self.wait(turns.at_issue(issue)).await?;
        }
        match self.wait(turns.at_site()).await {
            Ok(()) => Ok(turns),
            Err(error) => {
                turns.leave_issue().await;
                Err(error)
            }
        }
    }

    async fn wait(&self, turn: Turn<'_>) -> Result<(), JiraError> {
        let mut left = PATIENCE;
        while let Err(Wait { time, .. }) = self.pacer.turn(turn).await {
            if time > left {
                return Err(JiraError::RateLimited { retry_after: Some(time) });
            }
            left -= time;
            tokio::time::sleep(time).await;
        }
        Ok(())
    }
}

impl Turns<'_> {
    /// The call ended.
    pub(super) async fn leave(self, error: Option<&JiraError>) {
        let Pace { pacer, account, .. } = self.pace;
        let held = match error {
            Some(JiraError::RateLimited { retry_after }) => Some((account, retry_after)),
            Some(JiraError::TooManyWrites { retry_after }) => Some((self.issue.as_ref().unwrap_or(account), retry_after)),
            _ => None,
        };
        if let Some((account, wait)) = held {
            pacer.hold(account, wait.unwrap_or(UNTOLD).min(LONGEST_HOLD)).await;
        }
        pacer.leave(self.at_site(), 0).await;
        self.leave_issue().await;
    }

    async fn leave_issue(&self) {
        if let Some(issue) = &self.issue {
            self.pace.pacer.leave(self.at_issue(issue), 0).await;
        }
    }

    fn at_site(&self) -> Turn<'_> {
        Turn { account: &self.pace.account, share: self.pace.share, id: self.id, tokens: 0, workers: 1 }
    }

    fn at_issue<'a>(&self, issue: &'a str) -> Turn<'a> {
        let (count, per) = WRITES;
        let share = Share { requests: Rate::new(count, per, 0), tokens: None, at_once: Some(1) };
        Turn { account: issue, share, id: self.id, tokens: 0, workers: 1 }
    }
}
