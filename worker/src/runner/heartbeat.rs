//! The heartbeat: a thread, a runtime and a connection of its own, so that neither CPU work nor a full pool starves it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::jobs::Heartbeat;
use shared::store::Db;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::Runner;

/// A renewal that failed is tried again after this.
const AGAIN: Duration = Duration::from_millis(500);

/// A running heartbeat.
#[derive(Debug)]
pub(super) struct Beating {
    begun: CancellationToken,
    stop: CancellationToken,
    ended: oneshot::Receiver<()>,
}

impl Beating {
    /// Waits for the first beat. `false` = the process stops before.
    pub(super) async fn has_begun(&self, runner: &Runner) -> bool {
        tokio::select! {
            () = runner.lifecycle.stop().cancelled() => false,
            () = self.begun.cancelled() => true,
        }
    }

    /// Stops it and leaves; the runner holds nothing any more.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        // An error means that the thread is gone, which is what we wait for.
        let _ = self.ended.await;
    }
}

/// Starts the thread.
pub(super) fn start(runner: Arc<Runner>) -> Beating {
    let (begun, stop) = (CancellationToken::new(), CancellationToken::new());
    let (tell, ended) = oneshot::channel();
    let (begins, stopped) = (begun.clone(), stop.clone());
    let spawned = std::thread::Builder::new().name("heartbeat".into()).spawn(move || {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(beat(&runner, &begins, &stopped)),
            Err(error) => tracing::error!(%error, "the heartbeat cannot start; this worker will lose its jobs"),
        }
        // Nobody may be waiting any more after a hard stop.
        let _ = tell.send(());
    });
    if let Err(error) = spawned {
        tracing::error!(%error, "the heartbeat cannot start; this worker will lose its jobs");
    }
    Beating { begun, stop, ended }
}

async fn beat(runner: &Runner, begun: &CancellationToken, stop: &CancellationToken) {
    let limits = runner.jobs.limits();
    let heartbeat = loop {
        match Db::aside(&runner.settings.database_url, limits.heartbeat, runner.jobs.clock().clone()).await {
            Ok(db) => break Heartbeat::new(db, runner.lease.clone(), limits.lease),
            Err(error) => tracing::warn!(%error, "the heartbeat waits for the database"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    };
    while !stop.is_cancelled() {
        let wait = match tokio::time::timeout(limits.heartbeat, once(runner, &heartbeat)).await {
            Ok(Ok(())) => {
                begun.cancel();
                limits.heartbeat
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "the lease could not be renewed");
                AGAIN.min(limits.heartbeat)
            }
            Err(_) => {
                tracing::warn!("the lease could not be renewed in time");
                AGAIN.min(limits.heartbeat)
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    if let Err(error) = heartbeat.leave().await {
        tracing::debug!(%error, "the worker's row is left to lapse");
    }
}

async fn once(runner: &Runner, heartbeat: &Heartbeat) -> Result<(), shared::store::StoreError> {
    heartbeat.beat().await?;
    let asked = Instant::now();
    let held = heartbeat.held().await?;
    for (id, epoch) in runner.running.compare(&held, asked) {
        tracing::info!(job.id = %id, epoch, "a claim whose answer was lost is given back");
        heartbeat.give_back(id, epoch).await?;
    }
    let asked = Instant::now();
    let held = heartbeat.held_deliveries().await?;
    for (id, epoch) in runner.delivering.compare(&held, asked) {
        tracing::info!(delivery.id = %id, epoch, "a delivery whose end was lost is sent again");
        heartbeat.give_back_delivery(id, epoch).await?;
    }
    Ok(())
}
