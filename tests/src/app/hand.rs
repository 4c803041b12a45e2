//! A worker that is driven step by step: it claims, runs and settles as the runner does, one job after the other.

use std::sync::Arc;

use shared::domain::job::Lane;
use shared::jobs::{Claimed, Heartbeat, Jobs, Lease};
use tokio::task::JoinHandle;
use uuid::Uuid;
use worker::deliveries::Deliveries;
use worker::pipeline::{End, Pipeline};
use worker::runner::Run;

use super::App;

/// More jobs than any test has: who needs more runs in circles.
const ROUNDS: usize = 200;

/// See the module.
#[derive(Debug)]
pub struct Hand {
    jobs: Jobs,
    pipeline: Pipeline,
    deliveries: Deliveries,
    lease: Lease,
    heartbeat: Heartbeat,
}

impl App {
    /// A worker that has begun with a job, while the test goes on.
    pub fn begins(&self, name: &str, id: Uuid) -> JoinHandle<End> {
        let hand = self.worker(name);
        tokio::spawn(async move { hand.run(id).await })
    }
}

impl Hand {
    pub(super) fn new(app: &App, name: &str) -> Self {
        let lease = Lease::new(name, app.clock.clone());
        let heartbeat = Heartbeat::new(app.jobs.db().clone(), lease.clone(), app.jobs.limits().lease);
        Self { jobs: app.jobs.clone(), pipeline: app.pipeline(), deliveries: app.deliveries(), lease, heartbeat }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        self.lease.owner()
    }

    /// Renews its lease.
    pub async fn beat(&self) {
        self.heartbeat.beat().await.expect("a renewal");
    }

    /// Claims a job that must be there to be claimed.
    pub async fn claims(&self, id: Uuid) -> Claimed {
        self.beat().await;
        self.jobs.claim(id, self.name()).await.expect("an answer").expect("a job to claim")
    }

    /// Runs a claimed job to the end of the run, and settles it by its verdict.
    pub async fn runs(&self, claimed: &Claimed) -> End {
        let (end, now) = self.pipeline.run(claimed.clone(), &Run::default(), &self.lease).await;
        match &end {
            // Refused by the fence = somebody else settles it.
            End::Failed(failure) => drop(self.jobs.settle_failure(&now, failure).await.expect("an answer")),
            End::GiveBack => drop(self.jobs.release(&now.fence).await.expect("an answer")),
            End::Done | End::Lost | End::Cancelled => {}
        }
        end
    }

    /// Claims a job and runs it.
    pub async fn run(&self, id: Uuid) -> End {
        let claimed = self.claims(id).await;
        self.runs(&claimed).await
    }

    /// Runs everything that is due, jobs and webhooks, until nothing is.
    pub async fn run_jobs(&self) {
        for _ in 0..ROUNDS {
            self.beat().await;
            if !self.took_one().await {
                return;
            }
        }
        panic!("the same work comes again and again");
    }

    async fn took_one(&self) -> bool {
        for lane in [Lane::Interactive, Lane::Bulk] {
            let due = self.jobs.claim_overdue(lane, 1, self.name()).await.expect("an answer");
            if let Some(claimed) = due.first() {
                self.runs(claimed).await;
                return true;
            }
        }
        let due = self.deliveries.claim_overdue(1, self.name()).await.expect("an answer");
        let found = !due.is_empty();
        for delivery in due {
            self.deliveries.deliver(delivery).await;
        }
        found
    }
}
