//! apalis workers that hear messages, and the supervisor that builds them anew.
//!
//! The handler claims the row and returns within milliseconds: apalis never holds a job, so losing an apalis worker
//! (any Redis error ends one) cancels nothing.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use apalis::prelude::*;
use apalis_core::backend::ext::poll_strategy::{PollSnapshot, PollStrategy};
use futures::FutureExt;
use redis::aio::ConnectionManager;
use shared::adapters::queue::{ChannelQueue, RedisQueue, Rung, storage};
use shared::domain::job::Lane;
use shared::domain::message::Message;

use super::Runner;

/// Handlers at once for each lane: they only claim. More than four tasks in flight would dead-lock apalis' shutdown.
const CONCURRENCY: usize = 2;

/// First and longest wait before a worker is built anew.
const REBUILD: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(6));

/// How often finished messages are removed from Redis.
const TIDY: Duration = Duration::from_secs(30);

/// Where messages come from.
#[derive(Debug, Clone)]
pub enum Doorbell {
    /// Within the process.
    Channel(Arc<ChannelQueue>),
    /// Over Redis.
    Redis {
        /// For the storages of the lanes.
        connection: ConnectionManager,
        /// Of our keys.
        prefix: String,
        /// How often an idle worker looks in case a ring was lost.
        poll: Duration,
        /// For removing what apalis-redis keeps.
        queue: RedisQueue,
    },
}

struct Ear {
    runner: Arc<Runner>,
    lane: Lane,
}

async fn hear(message: Message, ear: Data<Arc<Ear>>) -> Result<(), BoxDynError> {
    // A panic would end the worker and with it every claim that is under way.
    if AssertUnwindSafe(ear.runner.answer(ear.lane, &message)).catch_unwind().await.is_err() {
        tracing::error!(lane = %ear.lane, "answering a message hit a defect; its row is rung for again");
    }
    Ok(())
}

/// A ring that comes while a look is under way is missed by it, however long the look takes, so others follow: after this
/// long, and then each after twice as long, until they are as rare as without a ring.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Looks in when the lane is rung, and now and then in case that was lost. Always leaves a waker behind, which the
/// stock strategies do not.
struct Rings {
    rung: Arc<Rung>,
    lane: Lane,
    /// How often to look without a ring.
    poll: Duration,
    wait: Duration,
    next: Pin<Box<tokio::time::Sleep>>,
}

impl Rings {
    fn new(rung: Arc<Rung>, lane: Lane, poll: Duration) -> Self {
        Self { rung, lane, poll, wait: poll, next: Box::pin(tokio::time::sleep(poll)) }
    }

    fn look_in(&mut self, wait: Duration) {
        self.wait = wait.min(self.poll);
        self.next.as_mut().reset(tokio::time::Instant::now() + self.wait);
    }
}

impl PollStrategy for Rings {
    fn poll_drive(&mut self, cx: &mut Context<'_>, _: &PollSnapshot) -> Poll<Option<()>> {
        if self.rung.heard(self.lane, cx) {
            self.look_in(LOOK_AGAIN);
        }
        while self.next.as_mut().poll(cx).is_ready() {
            self.look_in(self.wait * 2);
        }
        Poll::Pending
    }
}

/// Keeps a lane's worker alive until the process stops.
pub(super) async fn supervise(runner: Arc<Runner>, doorbell: Doorbell, lane: Lane) {
    match doorbell {
        Doorbell::Channel(queue) => by_channel(runner, &queue, lane).await,
        Doorbell::Redis { connection, prefix, poll, queue } => {
            runner.lifecycle.spawn(tidy(queue.clone(), lane, runner.lifecycle.stop().clone()));
            let life = || one_life(&runner, connection.clone(), &prefix, poll, queue.rung().clone(), lane);
            by_redis(&runner, lane, life).await;
        }
    }
}

async fn by_channel(runner: Arc<Runner>, queue: &ChannelQueue, lane: Lane) {
    let Some(messages) = queue.take(lane) else { return };
    let ear = Arc::new(Ear { runner: runner.clone(), lane });
    let stop = runner.lifecycle.stop().clone();
    runner.metrics.queue_up(lane.as_str(), true);
    let worker = WorkerBuilder::new(format!("{lane}")).backend(messages).concurrency(CONCURRENCY).data(ear).build(hear);
    let until = async move {
        stop.cancelled().await;
        Ok::<(), std::io::Error>(())
    };
    if let Err(error) = worker.run_until(until).await {
        tracing::error!(%lane, %error, "the lane's worker ended; its jobs are taken from the database");
        runner.metrics.queue_up(lane.as_str(), false);
    }
}

/// One life of a worker after the other.
async fn by_redis<F: Future<Output = String>>(runner: &Runner, lane: Lane, life: impl Fn() -> F) {
    let stop = runner.lifecycle.stop().clone();
    let mut wait = REBUILD.0;
    while !stop.is_cancelled() {
        let began = tokio::time::Instant::now();
        let error = life().await;
        if stop.is_cancelled() {
            return;
        }
        runner.metrics.queue_up(lane.as_str(), false);
        wait = if began.elapsed() > REBUILD.1 { REBUILD.0 } else { (wait * 2).min(REBUILD.1) };
        tracing::warn!(%lane, error, ?wait, "the lane's queue worker ended and is built anew; workers help themselves meanwhile");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// One apalis worker from its start to its end. Answers why it ended.
async fn one_life(
    runner: &Arc<Runner>,
    connection: ConnectionManager,
    prefix: &str,
    poll: Duration,
    rung: Arc<Rung>,
    lane: Lane,
) -> String {
    // A name in use, or used a moment ago, is refused or takes over living work: each life has a new one.
    let name = format!("{}-{lane}-{}", runner.lease.owner(), runner.jobs.clock().new_id().simple());
    let ear = Arc::new(Ear { runner: runner.clone(), lane });
    let backend = storage(connection, prefix, lane).poll_with_strategy(Rings::new(rung, lane, poll));
    let worker = WorkerBuilder::new(name).backend(backend).concurrency(CONCURRENCY).data(ear).build(hear);
    let stop = runner.lifecycle.stop().clone();
    let rebuild = runner.clone();
    let until = async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = rebuild.rebuild[lane as usize].notified() => {}
        }
        Ok::<(), std::io::Error>(())
    };
    runner.metrics.queue_up(lane.as_str(), true);
    match worker.run_until(until).await {
        Ok(()) => "it was asked to".to_owned(),
        Err(error) => error.to_string(),
    }
}

async fn tidy(queue: RedisQueue, lane: Lane, stop: tokio_util::sync::CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(TIDY) => {}
        }
        if let Err(error) = queue.tidy(lane).await {
            tracing::debug!(%lane, %error, "finished messages stay in Redis for now");
        }
    }
}
