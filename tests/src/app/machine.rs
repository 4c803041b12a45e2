//! The real runner with its heartbeat, relay and queue, for what only it does: hearing of cancels, running many at once.

use std::time::Duration;

use shared::jobs::{Lease, Relay};
use shared::lifecycle::Lifecycle;
use shared::store::job::Job;
use uuid::Uuid;
use worker::{Doorbell, Runner, RunnerSettings, Work};

use super::App;

/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running worker; stop it at the end of the test.
#[derive(Debug)]
pub struct Machine {
    lifecycle: Lifecycle,
}

impl Machine {
    /// Asks it to stop: no stage begins any more.
    pub fn ask_to_stop(&self) {
        self.lifecycle.stop().cancel();
    }

    /// Stops it and waits until everything was finished or given back.
    pub async fn stop(self) {
        self.ask_to_stop();
        tokio::time::timeout(PATIENCE, self.lifecycle.ended()).await.expect("an end");
    }
}

impl App {
    /// Starts the real runner, with the relay that feeds it; once for an installation.
    pub fn start_runner(&self) -> Machine {
        let heard = self.heard.lock().expect("a lock").take().expect("the runner was started before");
        let machine = self.start_runner_at(Doorbell::Channel(self.queue.clone()), 8, Duration::from_secs(5));
        let relay = Relay::new(self.jobs.clone(), self.queue.clone(), heard).alone();
        machine.lifecycle.spawn(relay.run(machine.lifecycle.stop().clone()));
        machine
    }

    /// Starts the real runner at this bell, with so many slots in each lane, and nobody who rings.
    pub fn start_runner_at(&self, doorbell: Doorbell, slots: usize, grace: Duration) -> Machine {
        let lifecycle = Lifecycle::new();
        let settings = RunnerSettings { slots: [slots; 3], grace, database_url: self.settings.database.url.clone() };
        let lease = Lease::new(worker::runner::new_owner(&self.jobs), self.clock.clone());
        let (pipeline, deliveries, batches) = (self.pipeline(), self.deliveries(), self.batches());
        let work = Work { pipeline, deliveries, economy: self.economy(), inbound: self.inbound(), batches };
        let runner = Runner::new(self.jobs.clone(), work, lease, lifecycle.clone(), self.metrics.clone(), settings);
        lifecycle.spawn(runner.run(doorbell));
        Machine { lifecycle }
    }

    /// Waits until a job's row is as wanted, looking again after each of its events.
    pub async fn wait_for(&self, id: Uuid, wanted: impl Fn(&Job) -> bool) -> Job {
        let mut nudges = self.jobs.bus().listen();
        let waiting = async {
            loop {
                let row = self.job(id).await;
                if wanted(&row) {
                    return row;
                }
                // Whoever lags behind looks again at once.
                let _ = nudges.recv().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("a job that comes to this")
    }
}
