//! A running worker at a bell over Redis. Names with `b…` are those of known traps of the transport, see ARCHITECTURE.md.
//!
//! Nobody rings but the test, and the clock stands still, so no row is ever overdue: what starts was heard.

use std::collections::BTreeMap;
use std::time::Duration;

use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use shared::adapters::queue::{RedisQueue, connect};
use shared::domain::job::{JobKind, Lane};
use shared::domain::message::{Message, MessageKind};
use shared::ports::Queue;
use shared::store::Sql;
use shared::store::job::Job;
use tests::app::{App, Machine, Setup};
use tests::{Proxy, Way, redis_url};
use uuid::Uuid;
use worker::Doorbell;

const LANE: Lane = Lane::Interactive;

/// Room in the lane.
const BOUND: usize = 100;

/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What calls in flight have when a worker stops.
const GRACE: Duration = Duration::from_millis(100);

/// How often one looks.
const LOOK: Duration = Duration::from_millis(10);

/// An installation, a bell that is rung by hand, and the way on which workers hear it.
struct Bell {
    app: App,
    way: Proxy,
    queue: RedisQueue,
    connection: ConnectionManager,
    prefix: String,
}

/// The one connection of a worker, and what wakes it.
#[derive(Clone)]
struct Ear {
    connection: ConnectionManager,
    queue: RedisQueue,
}

impl Ear {
    /// Waits until all that was asked so far is answered: Redis answers a connection in the order in which it asked.
    async fn has_its_answers(&self) {
        let asked = async { redis::cmd("PING").query_async::<String>(&mut self.connection.clone()).await };
        assert_eq!(asked.await.expect("an answer"), "PONG");
    }
}

impl Bell {
    async fn new() -> Option<Self> {
        Self::of(Setup::default()).await
    }

    async fn of(setup: Setup) -> Option<Self> {
        let url = redis_url()?;
        let app = setup.set("JQA_DIRECT_AFTER", "2s").that_can_be_cut_off().start().await;
        let client = redis::Client::open(url.as_str()).expect("a URL of Redis");
        let server = reqwest::Url::parse(&url).expect("a URL").socket_addrs(|| None).expect("an address")[0];
        let way = Proxy::to(server).await;
        let mut connection = connect(client).expect("a connection");
        let n: u64 = connection.incr("jqa-tests", 1).await.expect("a number");
        let prefix = format!("jqa-doorbell-{}-{n}", std::process::id());
        let queue = RedisQueue::new(connection.clone(), prefix.clone(), BOUND);
        Some(Self { app, way, queue, connection, prefix })
    }

    /// A worker with so many slots.
    fn worker(&self, slots: usize) -> Machine {
        self.worker_of(slots, Duration::from_millis(5), GRACE)
    }

    fn worker_of(&self, slots: usize, poll: Duration, grace: Duration) -> Machine {
        self.worker_with(&self.ear(), slots, poll, grace)
    }

    fn worker_with(&self, ear: &Ear, slots: usize, poll: Duration, grace: Duration) -> Machine {
        let Ear { connection, queue } = ear.clone();
        let doorbell = Doorbell::Redis { connection, prefix: self.prefix.clone(), poll, queue };
        self.app.start_runner_at(doorbell, slots, grace)
    }

    /// What a worker listens with.
    fn ear(&self) -> Ear {
        let client = redis::Client::open(format!("redis://{}/", self.way.addr())).expect("a URL of Redis");
        let connection = connect(client).expect("a connection");
        let queue = RedisQueue::new(connection.clone(), self.prefix.clone(), BOUND);
        Ear { connection, queue }
    }

    /// Rings for a job, past the way of the workers.
    async fn rings(&self, id: Uuid) {
        let rung = self.queue.ring(LANE, vec![Message::new(MessageKind::Job, id)]).await;
        assert_eq!(rung.expect("an answer"), 1);
    }

    async fn submits(&self) -> Uuid {
        self.app.asks(JobKind::AcceptanceCriteria, "SHOP-1").submit().await
    }

    /// A job that somebody rang for.
    async fn rung(&self) -> Uuid {
        let id = self.submits().await;
        self.rings(id).await;
        id
    }

    /// Waits until a job has succeeded, and answers its row.
    async fn succeeds(&self, id: Uuid) -> Job {
        self.app.wait_for(id, |job| job.ended_at.is_some()).await;
        self.app.succeeded(id).await
    }

    /// Waits until a worker has read the story of a job and gets no answer.
    async fn is_held(&self, id: Uuid) {
        self.until("the job is claimed", async || self.app.job(id).await.status == "running").await;
    }

    /// The workers that Redis knows, and when each was last seen.
    async fn workers(&self) -> BTreeMap<String, u64> {
        let mut connection = self.connection.clone();
        let known: Vec<(String, f64)> =
            connection.zrange_withscores(format!("{}:{LANE}:workers", self.prefix), 0, -1).await.expect("workers");
        known.into_iter().map(|(name, seen)| (name, seen as u64)).collect()
    }

    /// Waits until somebody listens, and answers their names.
    async fn is_heard(&self, count: usize) -> BTreeMap<String, u64> {
        self.until("workers listen", async || self.workers().await.len() >= count).await;
        self.workers().await
    }

    /// Messages that nobody has fetched.
    async fn waiting(&self) -> usize {
        BOUND - self.queue.room(LANE).await.expect("an answer")
    }

    fn bell_is_up(&self) -> bool {
        self.app.metric("jqa_queue_up{lane=\"interactive\"}") > 0.5
    }

    async fn until(&self, what: &str, mut condition: impl AsyncFnMut() -> bool) {
        let waiting = async {
            while !condition().await {
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("it never came to this: {what}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b3_an_idle_worker_hears_each_ring_long_before_its_heartbeat() {
    let Some(bell) = Bell::new().await else { return };
    let machine = bell.worker(8);
    let rounds = async {
        for _ in 0..20 {
            let id = bell.rung().await;
            assert_eq!(bell.succeeds(id).await.epoch, 1);
        }
    };
    // Heard by heartbeats, which come every five seconds, they would take a hundred.
    tokio::time::timeout(PATIENCE, rounds).await.expect("twenty rings that are heard at once");
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b4_answers_that_are_slower_than_the_poll_do_not_stop_it() {
    let Some(bell) = Bell::new().await else { return };
    let (ear, poll) = (bell.ear(), Duration::from_millis(100));
    let machine = bell.worker_with(&ear, 8, poll, GRACE);
    bell.is_heard(1).await;
    let rounds = async {
        for _ in 0..10 {
            bell.way.set(Way::Stalled);
            // So slow is Redis.
            tokio::time::sleep(poll * 5 / 2).await;
            bell.way.set(Way::Open);
            // What was asked meanwhile is answered before somebody rings.
            ear.has_its_answers().await;
            let id = bell.rung().await;
            assert_eq!(bell.succeeds(id).await.epoch, 1);
        }
    };
    tokio::time::timeout(PATIENCE, rounds).await.expect("ten rings that are heard at once");
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b5_a_run_goes_on_while_redis_breaks_and_the_next_ring_is_heard() {
    let Some(bell) = Bell::new().await else { return };
    let machine = bell.worker(8);
    bell.is_heard(1).await;
    bell.app.set_way_to_jira(Way::Stalled);
    let id = bell.rung().await;
    bell.is_held(id).await;
    bell.way.set(Way::Refused);
    bell.until("the transport has ended its worker", async || !bell.bell_is_up()).await;
    bell.app.set_way_to_jira(Way::Open);
    assert_eq!(bell.succeeds(id).await.epoch, 1, "its run was not touched");
    bell.way.set(Way::Open);
    let next = bell.rung().await;
    assert_eq!(bell.succeeds(next).await.epoch, 1);
    assert!(bell.bell_is_up());
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b6_redis_that_stalls_for_a_moment_ends_no_worker() {
    let Some(bell) = Bell::new().await else { return };
    let machine = bell.worker(8);
    let before = bell.is_heard(1).await;
    bell.way.set(Way::Stalled);
    let id = bell.rung().await;
    // Three times what the transport would wait by itself.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    bell.way.set(Way::Open);
    assert_eq!(bell.succeeds(id).await.epoch, 1);
    let after = bell.workers().await;
    assert!(after.keys().eq(before.keys()), "a worker was built anew: {before:?} {after:?}");
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b7_a_worker_that_starts_again_at_once_listens_under_a_new_name() {
    let Some(bell) = Bell::new().await else { return };
    let first = bell.worker(8);
    let id = bell.rung().await;
    bell.succeeds(id).await;
    first.stop().await;
    let second = bell.worker(8);
    let third = bell.worker(8);
    let names = bell.is_heard(3).await;
    assert_eq!(names.len(), 3, "{names:?}");
    let id = bell.rung().await;
    assert_eq!(bell.succeeds(id).await.epoch, 1);
    second.stop().await;
    third.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b8_a_worker_without_a_free_slot_goes_on_beating_and_runs_each_job_once() {
    let Some(bell) = Bell::new().await else { return };
    let machine = bell.worker(1);
    bell.app.set_way_to_jira(Way::Stalled);
    let mut all = Vec::new();
    for _ in 0..12 {
        all.push(bell.rung().await);
    }
    bell.is_held(all[0]).await;
    bell.until("its handlers wait for a slot", async || bell.waiting().await < 11).await;
    let busy = bell.is_heard(1).await;
    bell.until("it beats", async || bell.workers().await.iter().all(|(name, seen)| *seen > busy[name])).await;
    assert!(bell.waiting().await >= 12 - 1 - 4, "more than four messages in its hands dead-lock its shutdown");
    bell.app.set_way_to_jira(Way::Open);
    for id in all {
        assert_eq!(bell.succeeds(id).await.epoch, 1);
    }
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b9_a_worker_that_stops_with_many_rings_waiting_ends_and_leaves_them_queued() {
    let Some(bell) = Bell::new().await else { return };
    let machine = bell.worker(1);
    bell.app.set_way_to_jira(Way::Stalled);
    let first = bell.rung().await;
    bell.is_held(first).await;
    let mut rest = Vec::new();
    for _ in 0..60 {
        rest.push(bell.rung().await);
    }
    bell.until("its handlers wait for a slot", async || bell.waiting().await < 60).await;
    machine.stop().await;
    for id in rest {
        let row = bell.app.job(id).await;
        assert_eq!((row.status.as_str(), row.epoch), ("queued", 0));
    }
    let row = bell.app.job(first).await;
    assert_eq!((row.status.as_str(), row.epoch, row.attempt, row.crashes), ("queued", 1, 0, 0), "it was given back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b10_a_worker_that_drains_for_longer_than_its_lease_keeps_its_jobs() {
    let setup = Setup::default().set("JQA_LEASE", "15s").set("JQA_HEARTBEAT", "1s");
    let Some(bell) = Bell::of(setup).await else { return };
    let machine = bell.worker_of(8, Duration::from_millis(5), PATIENCE * 4);
    bell.app.set_way_to_jira(Way::Stalled);
    let id = bell.rung().await;
    bell.is_held(id).await;
    machine.ask_to_stop();
    // The worker may be one answer behind what is read here, so two steps are shorter than a lease. Jira is given up after
    // half a minute, so there is no time for many.
    for _ in 0..4 {
        bell.app.later(bell.app.jobs.limits().lease * 2 / 5);
        let renewed = Sql::new("SELECT COUNT(*) AS n FROM workers WHERE lease_until >= {now} + ?").bind(15_000_i64);
        bell.until("the lease is renewed", async || bell.app.count(renewed.clone()).await == 1).await;
        assert_eq!(bell.app.jobs.reclaim(None).await.expect("an answer"), 0);
    }
    bell.app.set_way_to_jira(Way::Open);
    machine.stop().await;
    let row = bell.app.job(id).await;
    assert_eq!((row.status.as_str(), row.stage.as_str(), row.epoch, row.crashes), ("queued", "criteria", 1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b21_a_ring_that_comes_again_while_its_job_runs_starts_nothing() {
    let Some(bell) = Bell::new().await else { return };
    let machine = bell.worker(2);
    bell.is_heard(1).await;
    bell.app.set_way_to_jira(Way::Stalled);
    let id = bell.rung().await;
    bell.is_held(id).await;
    for _ in 0..5 {
        bell.rings(id).await;
    }
    bell.until("all of them were fetched", async || bell.waiting().await == 0).await;
    // The same after the transport lost its worker, which hands out again what it thinks was lost.
    bell.way.set(Way::Refused);
    bell.until("the transport has ended its worker", async || !bell.bell_is_up()).await;
    bell.way.set(Way::Open);
    bell.rings(id).await;
    bell.until("it was fetched", async || bell.waiting().await == 0).await;
    let row = bell.app.job(id).await;
    assert_eq!((row.status.as_str(), row.epoch), ("running", 1));
    bell.app.set_way_to_jira(Way::Open);
    assert_eq!(bell.succeeds(id).await.epoch, 1);
    machine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b23_a_ring_that_a_stopping_worker_took_along_costs_two_seconds_and_no_job() {
    let Some(bell) = Bell::new().await else { return };
    // It looks only when it is woken.
    let ear = bell.ear();
    let leaving = bell.worker_with(&ear, 8, PATIENCE * 2, GRACE);
    bell.is_heard(1).await;
    ear.has_its_answers().await;
    // Its look reaches Redis, and the answer does not reach it.
    bell.way.set(Way::Mute);
    let id = bell.rung().await;
    ear.queue.rung().ring(LANE);
    bell.until("the ring is gone", async || bell.waiting().await == 0).await;
    leaving.stop().await;
    bell.way.set(Way::Open);
    let staying = bell.worker(8);
    bell.is_heard(2).await;
    assert_eq!(bell.app.job(id).await.epoch, 0, "nobody rings any more");
    bell.app.later(bell.app.jobs.limits().direct_after);
    assert_eq!(bell.succeeds(id).await.epoch, 1);
    staying.stop().await;
}
