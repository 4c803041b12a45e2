//! What Jira told, or polling found: stories are read again, results that do not rest on them any more are marked, and rules
//! start what they are to start.
//!
//! Every worker does it. An event is held by a lease and a fencing number, as deliveries are, with all others of its issue; what
//! was done is safe to be done again, because marks are compared before they are set, and a rule takes each change once.
//!
//! * [`judge`]: which results a story still supports
//! * [`rules`]: what a change starts
//! * [`poll`]: asking Jira what was changed

mod judge;
mod poll;
mod rules;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::join_all;
use shared::adapters::connections::Connections;
use shared::domain::duration::ms;
use shared::domain::verdict::{Failure, Verdict};
use shared::jobs::Jobs;
use shared::store::jira_event::{self, JiraEvent, Settled};
use shared::store::{Db, StoreError};
use shared::telemetry::Metrics;

/// Nobody works on an issue for longer; what is held for longer was lost.
const HOLD: Duration = Duration::from_secs(5 * 60);

/// Issues that are read at once, for each worker.
const AT_ONCE: usize = 4;

/// A longer wait would not notice that things are well again.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// See the module.
pub struct Inbound {
    jobs: Jobs,
    connections: Arc<Connections>,
    metrics: Arc<Metrics>,
    tick: Duration,
    /// When polls of connections are due, as far as is known here.
    polls: Mutex<HashMap<String, i64>>,
}

impl std::fmt::Debug for Inbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbound").field("tick", &self.tick).finish_non_exhaustive()
    }
}

/// What becomes of an event.
#[derive(Debug, Clone)]
enum Ended {
    /// Nothing more is to be done.
    Done(&'static str),
    /// A result is on its way that rests on what was before: it is looked at again.
    Waits(Duration),
}

impl Inbound {
    /// Over these connections.
    #[must_use]
    pub fn new(jobs: Jobs, connections: Arc<Connections>, metrics: Arc<Metrics>, tick: Duration) -> Self {
        Self { jobs, connections, metrics, tick, polls: Mutex::default() }
    }

    /// How often it is to be looked what is to be done.
    #[must_use]
    pub fn tick(&self) -> Duration {
        self.tick
    }

    /// Does what is due, as the worker of this name. What goes wrong is logged, and done at the next look.
    pub async fn look(&self, owner: &str) {
        match AssertUnwindSafe(self.poll(owner)).catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "Jira could not be polled; it is tried again"),
            Err(_) => tracing::error!("polling Jira hit a defect of the program; it is tried again"),
        }
        for ended in join_all((0..AT_ONCE).map(|_| self.work(owner))).await {
            if let Err(error) = ended {
                tracing::warn!(%error, "events of Jira could not be worked on; it is tried again");
            }
        }
    }

    async fn work(&self, owner: &str) -> Result<(), StoreError> {
        loop {
            let events = jira_event::claim(self.db(), owner, ms(HOLD)).await?;
            if events.is_empty() {
                return Ok(());
            }
            self.work_on(&events).await?;
        }
    }

    /// Works on all open events of an issue, and records what became of each.
    async fn work_on(&self, events: &[JiraEvent]) -> Result<(), StoreError> {
        let panicked = || Failure::retry("event.panicked", "an event hit a defect of the program; the log has the place");
        let ended = AssertUnwindSafe(self.look_at(events)).catch_unwind().await.unwrap_or_else(|_| Err(panicked()));
        match ended {
            Ok(ended) => {
                for (event, ended) in events.iter().zip(ended) {
                    self.settle(event, &ended).await?;
                }
            }
            Err(failure) => {
                for event in events {
                    self.settle_failure(event, &failure).await?;
                }
            }
        }
        Ok(())
    }

    async fn settle(&self, event: &JiraEvent, ended: &Ended) -> Result<(), StoreError> {
        let (result, settled) = match ended {
            Ended::Done(outcome) => ("done", Settled::Done { outcome }),
            Ended::Waits(wait) => ("again", Settled::Again { in_ms: ms(*wait), counts: false, code: "job.open" }),
        };
        if jira_event::settle(self.db(), event, settled).await? {
            self.metrics.jira_event(result);
        }
        Ok(())
    }

    async fn settle_failure(&self, event: &JiraEvent, failure: &Failure) -> Result<(), StoreError> {
        let limits = self.jobs.limits();
        let (result, settled) = match failure.verdict {
            Verdict::Snooze(wait) => {
                let wait = wait.clamp(Duration::from_secs(1), LONGEST_WAIT);
                ("again", Settled::Again { in_ms: ms(wait), counts: false, code: failure.code })
            }
            Verdict::Retry if event.attempts + 1 < limits.max_attempts => {
                let wait = limits.backoff(event.attempts);
                ("again", Settled::Again { in_ms: ms(wait), counts: true, code: failure.code })
            }
            Verdict::Retry | Verdict::Fail => ("failed", Settled::Done { outcome: failure.code }),
        };
        tracing::info!(event.id = %event.id, issue.key = %event.issue_key, code = failure.code, reason = %failure.message, result,
            "an event of Jira could not be worked on");
        if jira_event::settle(self.db(), event, settled).await? {
            self.metrics.jira_event(result);
        }
        Ok(())
    }

    fn db(&self) -> &Db {
        self.jobs.db()
    }
}

/// The database answered something else than what was asked for; it is tried again.
#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by it")]
fn store(error: StoreError) -> Failure {
    Failure::retry("event.store", error.to_string())
}
