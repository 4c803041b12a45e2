//! The runner: slots, claims, leases, shutdown.
//!
//! * [`doorbell`]: apalis workers that hear messages, and their supervisor
//! * [`direct`]: rows whose bell was not heard in time
//! * [`chores`]: batches at providers of models, what Jira tells, and stories of batches, beside everything else
//! * [`heartbeat`]: the lease, renewed on a thread of its own
//! * [`running`]: what is in our hands
//! * [`shutdown`]: finish or give back

mod chores;
mod direct;
mod doorbell;
mod heartbeat;
mod running;
mod shutdown;
mod solo;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use shared::domain::job::Lane;
use shared::domain::message::{Message, MessageKind};
use shared::domain::verdict::Failure;
use shared::jobs::{Claimed, Fence, Fenced, Jobs, Lease, Outcome};
use shared::lifecycle::Lifecycle;
use shared::store::delivery::Delivery;
use shared::telemetry::Metrics;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use doorbell::Doorbell;
pub use running::{Interrupted, Run};

use crate::batches::Batches;
use crate::deliveries::Deliveries;
use crate::economy::Economy;
use crate::inbound::Inbound;
use crate::pipeline::{End, Pipeline};
use running::Running;
use solo::{Solo, Turn};

/// Sizes and times of a worker.
#[derive(Debug, Clone)]
pub struct RunnerSettings {
    /// Runs at once, for each lane in the order of [`Lane::ALL`].
    pub slots: [usize; 3],
    /// Time that calls in flight have to end at shutdown.
    pub grace: Duration,
    /// URL of the database, for the heartbeat's own connection.
    pub database_url: String,
}

/// What a worker does.
#[derive(Debug)]
pub struct Work {
    /// The stages of a job.
    pub pipeline: Pipeline,
    /// Webhooks.
    pub deliveries: Deliveries,
    /// Batches at providers of models.
    pub economy: Economy,
    /// What Jira tells.
    pub inbound: Inbound,
    /// The stories of batches.
    pub batches: Batches,
}

/// Deliveries to one target, one after the other, before the others have their turn.
const IN_A_ROW: usize = 100;

/// See the module.
pub struct Runner {
    jobs: Jobs,
    pipeline: Pipeline,
    deliveries: Deliveries,
    economy: Economy,
    inbound: Inbound,
    batches: Batches,
    lease: Lease,
    lifecycle: Lifecycle,
    metrics: Arc<Metrics>,
    settings: RunnerSettings,
    slots: [Arc<Semaphore>; 3],
    /// Messages heard by bell, for each lane: tells whether a bell is deaf.
    heard: [AtomicU64; 3],
    /// Asks the lane's supervisor for a new worker.
    rebuild: [Notify; 3],
    running: Running,
    delivering: Running,
    solo: Solo,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner").field("lease", &self.lease).finish_non_exhaustive()
    }
}

/// A name that no worker had before: host, process, and a random part.
#[must_use]
pub fn new_owner(jobs: &Jobs) -> Arc<str> {
    let host = hostname::get().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{host}-{}-{}", std::process::id(), jobs.clock().new_id().simple()).into()
}

impl Runner {
    /// A worker that holds nothing yet.
    #[must_use]
    pub fn new(
        jobs: Jobs,
        work: Work,
        lease: Lease,
        lifecycle: Lifecycle,
        metrics: Arc<Metrics>,
        settings: RunnerSettings,
    ) -> Arc<Self> {
        let Work { pipeline, deliveries, economy, inbound, batches } = work;
        let slots = settings.slots.map(|n| Arc::new(Semaphore::new(n)));
        Arc::new(Self {
            jobs,
            pipeline,
            deliveries,
            economy,
            inbound,
            batches,
            lease,
            lifecycle,
            metrics,
            settings,
            slots,
            heard: Default::default(),
            rebuild: Default::default(),
            running: Running::default(),
            delivering: Running::default(),
            solo: Solo::default(),
        })
    }

    /// The name under which it holds its lease.
    #[must_use]
    pub fn owner(&self) -> &Arc<str> {
        self.lease.owner()
    }

    /// Runs until the process stops; returns when everything in flight has ended or was given back.
    pub async fn run(self: Arc<Self>, doorbell: Doorbell) {
        let heartbeat = heartbeat::start(self.clone());
        // Without a lease in the database nobody would reclaim what this worker claims and does not finish.
        if heartbeat.has_begun(&self).await {
            self.lifecycle.spawn(chores::batches(self.clone()));
            self.lifecycle.spawn(chores::events(self.clone()));
            self.lifecycle.spawn(chores::stories(self.clone()));
            let ears: Vec<JoinHandle<()>> = Lane::ALL.iter().flat_map(|&lane| self.listen(&doorbell, lane)).collect();
            self.lifecycle.stop().cancelled().await;
            shutdown::finish_or_give_back(&self, ears).await;
        }
        heartbeat.stop().await;
    }

    /// The two ways in which work of a lane arrives.
    fn listen(self: &Arc<Self>, doorbell: &Doorbell, lane: Lane) -> [JoinHandle<()>; 2] {
        let by_bell = self.lifecycle.spawn(doorbell::supervise(self.clone(), doorbell.clone(), lane));
        let directly = self.lifecycle.spawn(direct::take_overdue(self.clone(), lane));
        [by_bell, directly]
    }

    /// Answers a message: waits for a slot, claims the row, and lets it run by itself.
    pub(crate) async fn answer(self: &Arc<Self>, lane: Lane, message: &Message) {
        let Some((kind, id)) = message.read() else { return };
        self.heard[lane as usize].fetch_add(1, Ordering::Relaxed);
        let Some(permit) = self.slot(lane).await else { return };
        if !self.holds_a_lease() {
            return;
        }
        match kind {
            MessageKind::Job => self.claim_job(id, permit).await,
            MessageKind::Delivery => self.claim_delivery(id, permit).await,
        }
    }

    /// What is claimed without a lease is reclaimed at once by everybody else, so nothing is.
    fn holds_a_lease(&self) -> bool {
        !self.lease.remaining().is_zero()
    }

    /// A free slot; `None` when the process stops. The row stays queued, so nothing is lost.
    async fn slot(&self, lane: Lane) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            biased;
            () = self.lifecycle.stop().cancelled() => None,
            permit = self.slots[lane as usize].clone().acquire_owned() => permit.ok(),
        }
    }

    async fn claim_job(self: &Arc<Self>, id: Uuid, permit: OwnedSemaphorePermit) {
        let Some(turn) = self.turn().await.filter(|_| self.holds_a_lease()) else { return };
        match self.jobs.claim(id, self.lease.owner()).await {
            Ok(Some(claimed)) => self.start(claimed, permit, turn),
            Ok(None) => {}
            Err(error) => tracing::warn!(job.id = %id, %error, "a claim failed; the row is rung for again"),
        }
    }

    /// A turn beside others; `None` when the process stops.
    async fn turn(&self) -> Option<Turn> {
        tokio::select! {
            biased;
            () = self.lifecycle.stop().cancelled() => None,
            turn = self.solo.among_others() => Some(turn),
        }
    }

    async fn claim_delivery(self: &Arc<Self>, id: Uuid, permit: OwnedSemaphorePermit) {
        match self.deliveries.claim(id, self.lease.owner()).await {
            Ok(Some(delivery)) => self.deliver(delivery, permit),
            Ok(None) => {}
            Err(error) => tracing::warn!(delivery.id = %id, %error, "a claim failed; the row is rung for again"),
        }
    }

    /// Lets a claimed job run as a task of its own.
    fn start(self: &Arc<Self>, claimed: Claimed, permit: OwnedSemaphorePermit, turn: Turn) {
        let runner = self.clone();
        self.lifecycle.spawn(async move {
            let run = runner.running.begin(&claimed.fence);
            let (ended, now) = if claimed.must_run_alone() {
                // Neither a slot nor a turn is held while it waits, and alone it needs none.
                drop((permit, turn));
                Box::pin(runner.run_alone(claimed, &run)).await
            } else {
                let _beside_others = (permit, turn);
                runner.run_one(claimed, &run).await
            };
            runner.settle_end(&now, ended).await;
            runner.running.end(&now.fence);
        });
    }

    pub(crate) fn deliver(self: &Arc<Self>, delivery: Delivery, permit: OwnedSemaphorePermit) {
        let runner = self.clone();
        self.lifecycle.spawn(async move {
            let target = delivery.target.clone();
            runner.deliver_one(delivery).await;
            // The bell rings for a few of each target; whoever has a place goes on with what is left, for a while.
            for _ in 0..IN_A_ROW {
                if runner.lifecycle.stop().is_cancelled() || !runner.holds_a_lease() {
                    break;
                }
                match runner.deliveries.claim_next(&target, runner.lease.owner()).await {
                    Ok(Some(next)) => runner.deliver_one(next).await,
                    Ok(None) => break,
                    Err(error) => {
                        tracing::debug!(%error, "the next delivery could not be looked for");
                        break;
                    }
                }
            }
            drop(permit);
        });
    }

    async fn deliver_one(&self, delivery: Delivery) {
        let id = Fence { job_id: delivery.id, epoch: delivery.epoch, owner: self.lease.owner().clone() };
        self.delivering.begin(&id);
        if AssertUnwindSafe(self.deliveries.deliver(delivery)).catch_unwind().await.is_err() {
            tracing::error!(delivery.id = %id.job_id, "a delivery hit a defect of the program; it is given back and sent again");
        }
        self.delivering.end(&id);
    }

    /// Runs a job that may be what kills workers, once it is alone.
    async fn run_alone(&self, claimed: Claimed, run: &Run) -> (End, Claimed) {
        match self.solo.alone(&self.jobs, &claimed, run).await {
            Ok(turn) => turn.during(Box::pin(self.run_one(claimed, run)), run.is_cleared()).await,
            // No stage begins any more, so it ends beside others as well.
            Err(End::Cancelled) => self.run_one(claimed, run).await,
            Err(end) => (end, claimed),
        }
    }

    async fn run_one(&self, claimed: Claimed, run: &Run) -> (End, Claimed) {
        let running = self.pipeline.run(claimed.clone(), run, &self.lease);
        AssertUnwindSafe(running).catch_unwind().await.unwrap_or_else(|_| {
            let failure = Failure::retry("job.panicked", "the job hit a defect of the program; its log has the place");
            (failure.into(), claimed)
        })
    }

    async fn settle_end(&self, now: &Claimed, end: End) {
        match end {
            End::Done => {}
            End::Failed(failure) => self.settle(now, &failure).await,
            End::GiveBack => self.give_back(now).await,
            End::Lost | End::Cancelled => self.lost(now),
        }
    }

    async fn settle(&self, claimed: &Claimed, failure: &Failure) {
        match self.jobs.settle_failure(claimed, failure).await {
            Ok(Ok(outcome)) => {
                if let Outcome::Again(_) = outcome {
                    self.metrics.retried(failure.code);
                }
                tracing::info!(job.id = %claimed.fence.job_id, issue.key = %claimed.row.issue_key, stage = %claimed.stage, code = failure.code,
                    reason = %failure.message, ?outcome, "a run did not succeed");
            }
            Ok(Err(Fenced)) => self.lost(claimed),
            Err(error) => {
                tracing::error!(job.id = %claimed.fence.job_id, %error, "the end of a run could not be stored; it will be reclaimed");
            }
        }
    }

    async fn give_back(&self, claimed: &Claimed) {
        if let Err(error) = self.jobs.release(&claimed.fence).await {
            tracing::warn!(job.id = %claimed.fence.job_id, %error, "a job could not be given back; it will be reclaimed");
        }
    }

    fn lost(&self, claimed: &Claimed) {
        self.metrics.lease_lost();
        tracing::warn!(job.id = %claimed.fence.job_id, epoch = claimed.fence.epoch, "the lease was lost; nothing more was written");
    }
}
