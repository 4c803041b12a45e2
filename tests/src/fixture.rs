//! The verbs on a database of their own, and what a test looks at afterwards.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use shared::adapters::bus::LocalBus;
use shared::domain::event::{Event, EventKind};
use shared::domain::job::JobKind;
use shared::jobs::{Bell, Claimed, Heartbeat, Jobs, Lease, Limits, Ring};
use shared::ports::{Clock, TestClock};
use shared::store::audit::Actor;
use shared::store::job::Job;
use shared::store::{Db, DbOptions, Sql, event, job};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::asked::Asked;
use crate::backend::Backend;
use crate::rows;

/// See the module.
#[derive(Debug)]
pub struct Fixture {
    /// Which database it is.
    pub backend: Backend,
    /// Its URL.
    pub url: String,
    /// The database.
    pub db: Db,
    /// The clock, which stands still.
    pub clock: Arc<TestClock>,
    /// The verbs.
    pub jobs: Jobs,
    /// What the verbs rang for.
    heard: Mutex<Option<mpsc::Receiver<Ring>>>,
}

/// Any time will do.
const BEGINNING: i64 = 1_700_000_000_000;

/// Who does things in tests.
pub(crate) const PERSON: Uuid = Uuid::from_u128(7);

impl Fixture {
    pub(crate) async fn open(backend: Backend, url: &str, limits: Limits) -> Self {
        let clock = Arc::new(TestClock::at(BEGINNING));
        let db = open(url, clock.clone()).await;
        let (bell, heard) = Bell::new();
        let jobs = Jobs::new(db.clone(), limits, bell, Arc::new(LocalBus::default()));
        Self { backend, url: url.to_owned(), db, clock, jobs, heard: Mutex::new(Some(heard)) }
    }

    /// Pools of another process on the same database, with the same clock.
    pub async fn another_process(&self) -> Db {
        open(&self.url, self.clock.clone()).await
    }

    /// Moves the clock.
    pub fn later(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Moves the clock by seconds.
    pub fn seconds_later(&self, seconds: u64) {
        self.later(Duration::from_secs(seconds));
    }

    /// The bell's other end, once.
    pub fn take_heard(&self) -> mpsc::Receiver<Ring> {
        self.heard.lock().expect("a lock").take().expect("the bell's other end was taken before")
    }

    /// What the verbs rang for since the last call.
    pub fn heard(&self) -> Vec<Uuid> {
        let mut heard = self.heard.lock().expect("a lock");
        let heard = heard.as_mut().expect("the bell's other end was taken");
        std::iter::from_fn(|| heard.try_recv().ok()).map(|ring| ring.id).collect()
    }

    /// Somebody.
    #[must_use]
    pub fn person(&self) -> Actor {
        Actor { user_id: Some(PERSON), request_id: Some("request".into()), ..Actor::default() }
    }

    /// A request.
    #[must_use]
    pub fn asks(&self, kind: JobKind) -> Asked<'_> {
        Asked::new(self, kind)
    }

    /// A job of criteria, queued.
    pub async fn queued(&self) -> Uuid {
        self.asks(JobKind::AcceptanceCriteria).submit().await
    }

    /// A worker that has just renewed its lease.
    pub async fn worker(&self, name: &str) -> Worker {
        let clock: Arc<dyn Clock> = self.clock.clone();
        let lease = Lease::new(name, clock);
        let heartbeat = Heartbeat::new(self.db.clone(), lease.clone(), self.jobs.limits().lease);
        heartbeat.beat().await.expect("a renewal");
        Worker { name: name.into(), lease, heartbeat, jobs: self.jobs.clone() }
    }

    /// The row of a job.
    pub async fn row(&self, id: Uuid) -> Job {
        job::find(&self.db, id).await.expect("an answer").expect("a row")
    }

    /// The events of a job, which must be numbered from 1 without gaps, the last as the row says.
    pub async fn events(&self, id: Uuid) -> Vec<Event> {
        let events = event::after(&self.db, id, 0, 10_000).await.expect("events");
        let numbers: Vec<i64> = events.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=self.row(id).await.event_seq).collect::<Vec<_>>(), "the events have gaps");
        events
    }

    /// The kinds of the events of a job.
    pub async fn told(&self, id: Uuid) -> Vec<EventKind> {
        self.events(id).await.into_iter().map(|event| event.kind).collect()
    }

    /// The audited actions about a job, in order.
    pub async fn audited(&self, id: Uuid) -> Vec<String> {
        rows::audited(&self.db, id).await
    }

    /// The answer to a `SELECT COUNT(*) AS n …`.
    pub async fn count(&self, sql: Sql) -> i64 {
        rows::count(&self.db, sql).await
    }

    /// Everything there is, in rows: nothing was written if it is the same before and after.
    pub async fn rows(&self) -> i64 {
        self.count(Sql::new(
            "SELECT CAST((SELECT COUNT(*) FROM jobs) + (SELECT COUNT(*) FROM job_events) + (SELECT COUNT(*) FROM audit_logs) \
             + (SELECT COUNT(*) FROM artifacts) + (SELECT COUNT(*) FROM generation_history) + (SELECT COUNT(*) FROM llm_calls) \
             + (SELECT COUNT(*) FROM publications) + (SELECT COUNT(*) FROM publish_targets) + (SELECT COUNT(*) FROM webhook_deliveries) \
             + (SELECT COUNT(*) FROM idempotency_keys) AS BIGINT) AS n",
        ))
        .await
    }
}

async fn open(url: &str, clock: Arc<TestClock>) -> Db {
    Db::open(url, DbOptions { pool: 8, acquire_timeout: Duration::from_secs(30) }, clock).await.expect("a database")
}

/// A worker: a name, a lease, and the verbs in its hands.
#[derive(Debug)]
pub struct Worker {
    /// Its name.
    pub name: Arc<str>,
    /// What it knows of its lease.
    pub lease: Lease,
    /// How it renews.
    pub heartbeat: Heartbeat,
    jobs: Jobs,
}

impl Worker {
    /// Claims a job that must be there to be claimed.
    pub async fn claims(&self, id: Uuid) -> Claimed {
        self.tries(id).await.expect("a job to claim")
    }

    /// Claims a job, if it is there to be claimed.
    pub async fn tries(&self, id: Uuid) -> Option<Claimed> {
        self.jobs.claim(id, &self.name).await.expect("an answer")
    }

    /// Renews the lease.
    pub async fn beats(&self) {
        self.heartbeat.beat().await.expect("a renewal");
    }
}
