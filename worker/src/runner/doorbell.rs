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
use shared::adapters::queue::{ChannelQueue, RedisQueue, storage};
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
        /// How often an idle worker looks.
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

/// Looks in at an interval and always leaves a waker behind, which the stock strategies do not.
struct Ticker(tokio::time::Interval);

impl PollStrategy for Ticker {
    fn poll_drive(&mut self, cx: &mut Context<'_>, _: &PollSnapshot) -> Poll<Option<()>> {
        while Pin::new(&mut self.0).poll_tick(cx).is_ready() {}
        Poll::Pending
    }
}

/// Keeps a lane's worker alive until the process stops.
pub(super) async fn supervise(runner: Arc<Runner>, doorbell: Doorbell, lane: Lane) {
    match doorbell {
        Doorbell::Channel(queue) => by_channel(runner, &queue, lane).await,
        Doorbell::Redis { connection, prefix, poll, queue } => by_redis(runner, connection, prefix, poll, queue, lane).await,
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

async fn by_redis(
    runner: Arc<Runner>,
    connection: ConnectionManager,
    prefix: String,
    poll: Duration,
    queue: RedisQueue,
    lane: Lane,
) {
    let stop = runner.lifecycle.stop().clone();
    runner.lifecycle.spawn(tidy(queue, lane, stop.clone()));
    let mut wait = REBUILD.0;
    while !stop.is_cancelled() {
        let began = tokio::time::Instant::now();
        let error = one_life(&runner, connection.clone(), &prefix, poll, lane).await;
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
async fn one_life(runner: &Arc<Runner>, connection: ConnectionManager, prefix: &str, poll: Duration, lane: Lane) -> String {
    // A name in use, or used a moment ago, is refused or takes over living work: each life has a new one.
    let name = format!("{}-{lane}-{}", runner.lease.owner(), runner.jobs.clock().new_id().simple());
    let ear = Arc::new(Ear { runner: runner.clone(), lane });
    let mut ticks = tokio::time::interval(poll);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let backend = storage(connection, prefix, lane).poll_with_strategy(Ticker(ticks));
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
