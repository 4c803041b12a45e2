//! Rows whose bell was not heard in time are taken straight from the database, so that a deaf bell costs a moment and
//! never a job.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use shared::domain::job::Lane;
use shared::store::StoreError;
use tokio::sync::OwnedSemaphorePermit;

use super::Runner;
use super::solo::Turn;

/// Rows taken at once.
const BATCH: usize = 32;

/// Looks that found overdue rows, one after the other, after which the bell counts as deaf.
const DEAF_AFTER: u32 = 3;

/// How often to look while the queue is away: the bell cannot ring, so this is the only way in.
const LOOK_WHILE_AWAY: Duration = Duration::from_millis(50);

/// Takes overdue rows of a lane until the process stops.
pub(super) async fn take_overdue(runner: Arc<Runner>, lane: Lane) {
    let usual = runner.jobs.limits().relay_tick.min(Duration::from_millis(500));
    let mut found_in_a_row = 0;
    loop {
        let away = runner.jobs.bell().is_away();
        tokio::select! {
            () = runner.lifecycle.stop().cancelled() => return,
            () = tokio::time::sleep(if away { LOOK_WHILE_AWAY } else { usual }) => {}
        }
        let heard_before = runner.heard[lane as usize].load(Ordering::Relaxed);
        let mut found = 0;
        while let Some(taken) = take_some(&runner, lane).await {
            found += taken;
            if taken < BATCH {
                break;
            }
        }
        let heard = runner.heard[lane as usize].load(Ordering::Relaxed) > heard_before;
        found_in_a_row = if found > 0 && !heard && !away { found_in_a_row + 1 } else { 0 };
        if found > 0 && found_in_a_row == DEAF_AFTER {
            tracing::warn!(%lane, "jobs are overdue although a worker is free; the lane's queue worker is built anew");
            runner.metrics.queue_up(lane.as_str(), false);
            runner.rebuild[lane as usize].notify_one();
        }
    }
}

/// Takes as many overdue rows as there are free slots, at most a batch. `None` = there is no free slot.
async fn take_some(runner: &Arc<Runner>, lane: Lane) -> Option<usize> {
    if runner.lifecycle.stop().is_cancelled() || !runner.holds_a_lease() {
        return None;
    }
    // Slots first: a row that was claimed never waits for one.
    let slots = runner.slots[lane as usize].clone();
    let free = u32::try_from(slots.available_permits().min(BATCH)).unwrap_or(0);
    let permits = slots.try_acquire_many_owned(free).ok().filter(|_| free > 0)?;
    let taken = match lane {
        Lane::Webhook => take_deliveries(runner, permits).await,
        Lane::Interactive | Lane::Bulk => take_jobs(runner, lane, permits).await,
    };
    match taken {
        Ok(taken) => Some(taken),
        Err(error) => {
            tracing::debug!(%lane, %error, "overdue rows could not be looked for");
            None
        }
    }
}

async fn take_jobs(runner: &Arc<Runner>, lane: Lane, mut permits: OwnedSemaphorePermit) -> Result<usize, StoreError> {
    // A turn for each, too; there is none while a suspect runs alone.
    let mut turns: Vec<Turn> = (0..permits.num_permits()).map_while(|_| runner.solo.among_others_now()).collect();
    if turns.is_empty() {
        return Ok(0);
    }
    let claimed = runner.jobs.claim_overdue(lane, turns.len(), runner.lease.owner()).await?;
    let taken = claimed.len();
    for claimed in claimed {
        if let (Some(permit), Some(turn)) = (permits.split(1), turns.pop()) {
            runner.start(claimed, permit, turn);
        }
    }
    Ok(taken)
}

async fn take_deliveries(runner: &Arc<Runner>, mut permits: OwnedSemaphorePermit) -> Result<usize, StoreError> {
    let claimed = runner.deliveries.claim_overdue(permits.num_permits(), runner.lease.owner()).await?;
    let taken = claimed.len();
    for delivery in claimed {
        if let Some(permit) = permits.split(1) {
            runner.deliver(delivery, permit);
        }
    }
    Ok(taken)
}
