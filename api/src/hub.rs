//! Who waits for which job. A nudge says that there is something new; what it is, everybody reads from the database
//! at their own pace, so nobody can be too slow and nothing is lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shared::domain::event::Nudge;
use shared::jobs::Jobs;
use shared::store::event;
use tokio::sync::{broadcast, watch};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often all watched jobs are looked up, in case a nudge was lost.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Jobs looked up in one query.
const CHUNK: usize = 500;

/// Streams and long polls open at once.
const ROOM: usize = 20_000;

/// One for each process.
#[derive(Debug, Clone, Default)]
pub struct EventHub {
    watched: Arc<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    jobs: Mutex<HashMap<Uuid, Job>>,
}

#[derive(Debug)]
struct Job {
    newest: watch::Sender<i64>,
    watchers: usize,
}

/// Told when a job has new events; no longer counted when dropped.
#[derive(Debug)]
pub struct Watch {
    watched: Arc<Watched>,
    job_id: Uuid,
    newest: watch::Receiver<i64>,
}

impl EventHub {
    /// A hub that hears nothing until it [runs](Self::run).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Watches a job from now on. `None` = too many are watched.
    #[must_use]
    pub fn watch(&self, job_id: Uuid) -> Option<Watch> {
        let mut jobs = self.watched.lock();
        if jobs.len() >= ROOM && !jobs.contains_key(&job_id) {
            return None;
        }
        let job = jobs.entry(job_id).or_insert_with(|| Job { newest: watch::Sender::new(0), watchers: 0 });
        job.watchers += 1;
        Some(Watch { watched: Arc::clone(&self.watched), job_id, newest: job.newest.subscribe() })
    }

    /// Passes nudges on until the process ends.
    pub async fn run(self, jobs: Jobs, stop: CancellationToken) {
        let mut nudges = jobs.bus().listen();
        let mut tick = tokio::time::interval(LOOK_AGAIN);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_heard = true;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                heard = nudges.recv(), if is_heard => match heard {
                    Ok(nudge) => self.watched.tell(nudge),
                    Err(broadcast::error::RecvError::Lagged(_)) => self.look(&jobs).await,
                    // Without the bus there is still the tick.
                    Err(broadcast::error::RecvError::Closed) => is_heard = false,
                },
                _ = tick.tick() => self.look(&jobs).await,
            }
        }
    }

    async fn look(&self, jobs: &Jobs) {
        let ids: Vec<Uuid> = self.watched.lock().keys().copied().collect();
        for chunk in ids.chunks(CHUNK) {
            match event::newest(jobs.db(), chunk).await {
                Ok(newest) => newest.into_iter().for_each(|(job_id, seq)| self.watched.tell(Nudge { job_id, seq })),
                Err(error) => return tracing::warn!(%error, "the newest events could not be read; the next tick tries again"),
            }
        }
    }
}

impl Watched {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, nudge: Nudge) {
        if let Some(job) = self.lock().get(&nudge.job_id) {
            job.newest.send_if_modified(|newest| {
                let is_newer = nudge.seq > *newest;
                *newest = nudge.seq.max(*newest);
                is_newer
            });
        }
    }
}

impl Watch {
    /// Ends when the job may have events after `seq`.
    pub async fn after(&mut self, seq: i64) {
        // The sender lives in the map as long as somebody watches.
        let _ = self.newest.wait_for(|newest| *newest > seq).await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut jobs = self.watched.lock();
        if let Some(job) = jobs.get_mut(&self.job_id) {
            job.watchers -= 1;
            if job.watchers == 0 {
                jobs.remove(&self.job_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_watcher_hears_of_its_own_job_and_only_of_newer_events() {
        let (hub, id) = (EventHub::new(), Uuid::from_u128(1));
        let mut watch = hub.watch(id).unwrap();
        assert!(watch.after(0).now_or_never().is_none());
        hub.watched.tell(Nudge { job_id: Uuid::from_u128(2), seq: 9 });
        assert!(watch.after(0).now_or_never().is_none());
        hub.watched.tell(Nudge { job_id: id, seq: 3 });
        hub.watched.tell(Nudge { job_id: id, seq: 2 });
        watch.after(2).now_or_never().unwrap();
        assert!(watch.after(3).now_or_never().is_none());
    }

    #[test]
    fn nothing_is_left_when_nobody_watches() {
        let (hub, id) = (EventHub::new(), Uuid::from_u128(1));
        let (first, second) = (hub.watch(id), hub.watch(id));
        drop(first);
        assert_eq!(hub.watched.lock().len(), 1);
        drop(second);
        assert_eq!(hub.watched.lock().len(), 0);
    }
}
