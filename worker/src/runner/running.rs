//! What is in our hands, and how it is told to stop.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use shared::jobs::Fence;
use shared::store::job::Held;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Why a run stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// Somebody asked to cancel.
    Cancelled,
    /// Somebody else has the job.
    Lost,
    /// The process stops.
    Stopping,
}

/// One run. Remote writes are never interrupted; everything else can be.
#[derive(Debug, Clone, Default)]
pub struct Run {
    cancelled: CancellationToken,
    lost: CancellationToken,
    stopping: CancellationToken,
    out_of_grace: CancellationToken,
    stored: CancellationToken,
}

impl Run {
    /// Whether no stage may begin any more.
    #[must_use]
    pub fn may_not_begin(&self) -> Option<Interrupted> {
        if self.lost.is_cancelled() {
            Some(Interrupted::Lost)
        } else if self.cancelled.is_cancelled() {
            Some(Interrupted::Cancelled)
        } else if self.stopping.is_cancelled() {
            Some(Interrupted::Stopping)
        } else {
            None
        }
    }

    /// A stage was stored: the job is no longer suspected of killing workers.
    pub fn stored_a_stage(&self) {
        self.stored.cancel();
    }

    /// Waits until the run has stored a stage.
    pub(super) async fn is_cleared(&self) {
        self.stored.cancelled().await;
    }

    /// Waits for something that may be dropped at any point: a read, a model call.
    pub async fn interruptible<F: Future>(&self, work: F) -> Result<F::Output, Interrupted> {
        self.until(&self.out_of_grace, work).await
    }

    /// Waits for the right to begin: whatever forbids it ends the wait.
    pub async fn before_it_begins<F: Future>(&self, work: F) -> Result<F::Output, Interrupted> {
        self.until(&self.stopping, work).await
    }

    async fn until<F: Future>(&self, stop: &CancellationToken, work: F) -> Result<F::Output, Interrupted> {
        tokio::select! {
            biased;
            () = self.lost.cancelled() => Err(Interrupted::Lost),
            () = self.cancelled.cancelled() => Err(Interrupted::Cancelled),
            () = stop.cancelled() => Err(Interrupted::Stopping),
            done = work => Ok(done),
        }
    }

    /// The same as [`Run::interruptible`] for work that a cancel does not end, because it is what a cancel needs.
    pub async fn unless_lost<F: Future>(&self, work: F) -> Result<F::Output, Interrupted> {
        tokio::select! {
            biased;
            () = self.lost.cancelled() => Err(Interrupted::Lost),
            () = self.out_of_grace.cancelled() => Err(Interrupted::Stopping),
            done = work => Ok(done),
        }
    }
}

#[derive(Debug)]
struct Entry {
    epoch: i64,
    since: Instant,
    run: Run,
}

/// All runs of this worker.
#[derive(Debug, Default)]
pub(super) struct Running {
    jobs: Mutex<HashMap<Uuid, Entry>>,
    stopping: CancellationToken,
    out_of_grace: CancellationToken,
    /// Rows that the database says are ours and that nobody here ran at the last look.
    unknown: Mutex<Vec<(Uuid, i64)>>,
}

impl Running {
    pub(super) fn begin(&self, fence: &Fence) -> Run {
        let run = Run {
            cancelled: CancellationToken::new(),
            lost: CancellationToken::new(),
            stopping: self.stopping.clone(),
            out_of_grace: self.out_of_grace.clone(),
            stored: CancellationToken::new(),
        };
        let entry = Entry { epoch: fence.epoch, since: Instant::now(), run: run.clone() };
        let mut jobs = self.jobs();
        if jobs.get(&fence.job_id).is_none_or(|known| known.epoch <= fence.epoch) {
            jobs.insert(fence.job_id, entry);
        }
        drop(jobs);
        run
    }

    pub(super) fn end(&self, fence: &Fence) {
        let mut jobs = self.jobs();
        if jobs.get(&fence.job_id).is_some_and(|entry| entry.epoch == fence.epoch) {
            jobs.remove(&fence.job_id);
        }
    }

    pub(super) fn count(&self) -> usize {
        self.jobs().len()
    }

    /// No stage begins any more.
    pub(super) fn stop(&self) {
        self.stopping.cancel();
    }

    /// Whatever can be dropped is dropped.
    pub(super) fn end_grace(&self) {
        self.out_of_grace.cancel();
    }

    /// Compares our runs with what the database said at `asked`: tells runs that were taken or cancelled, and answers
    /// rows that are ours but that nobody here runs, if they were so at the last look too.
    pub(super) fn compare(&self, held: &[Held], asked: Instant) -> Vec<(Uuid, i64)> {
        let rows: HashMap<Uuid, &Held> = held.iter().map(|row| (row.id, row)).collect();
        let jobs = self.jobs();
        for (id, entry) in jobs.iter() {
            match rows.get(id) {
                Some(row) if row.epoch == entry.epoch && row.cancel_requested_at.is_some() => entry.run.cancelled.cancel(),
                Some(row) if row.epoch == entry.epoch => {}
                _ if entry.since < asked => entry.run.lost.cancel(),
                _ => {}
            }
        }
        let now: Vec<(Uuid, i64)> =
            held.iter().filter(|row| !jobs.contains_key(&row.id)).map(|row| (row.id, row.epoch)).collect();
        drop(jobs);
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        let twice = now.iter().filter(|row| unknown.contains(row)).copied().collect();
        *unknown = now;
        twice
    }

    fn jobs(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Entry>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn fence(n: u128, epoch: i64) -> Fence {
        Fence { job_id: Uuid::from_u128(n), epoch, owner: "w".into() }
    }

    fn held(n: u128, epoch: i64, cancelled: bool) -> Held {
        Held { id: Uuid::from_u128(n), epoch, cancel_requested_at: cancelled.then_some(1) }
    }

    #[test]
    fn a_run_whose_row_was_taken_or_cancelled_is_told() {
        let running = Running::default();
        let (kept, taken, cancelled) = (running.begin(&fence(1, 1)), running.begin(&fence(2, 1)), running.begin(&fence(3, 1)));
        running.compare(&[held(1, 1, false), held(2, 2, false), held(3, 1, true)], Instant::now() + Duration::from_secs(1));
        assert_eq!(kept.may_not_begin(), None);
        assert_eq!(taken.may_not_begin(), Some(Interrupted::Lost));
        assert_eq!(cancelled.may_not_begin(), Some(Interrupted::Cancelled));
    }

    #[test]
    fn a_run_that_began_after_the_question_was_asked_is_not_called_lost() {
        let running = Running::default();
        let asked = Instant::now();
        let run = running.begin(&fence(1, 1));
        running.compare(&[], asked);
        assert_eq!(run.may_not_begin(), None);
    }

    #[test]
    fn a_row_that_nobody_runs_is_given_back_at_the_second_look() {
        let running = Running::default();
        assert_eq!(running.compare(&[held(1, 4, false)], Instant::now()), []);
        assert_eq!(running.compare(&[held(1, 4, false)], Instant::now()), [(Uuid::from_u128(1), 4)]);
    }
}
