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

/// Streams and long polls open at once, of all callers and of one.
const ROOM: usize = 20_000;
const ROOM_OF_ONE: usize = 500;

/// One for each process.
#[derive(Debug, Clone, Default)]
pub struct EventHub {
    watched: Arc<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    open: Mutex<Open>,
}

/// Every watch is counted with its job and with its caller.
#[derive(Debug, Default)]
struct Open {
    watches: usize,
    jobs: HashMap<Uuid, Job>,
    callers: HashMap<Uuid, usize>,
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
    caller_id: Uuid,
    newest: watch::Receiver<i64>,
}

impl EventHub {
    /// A hub that hears nothing until it [runs](Self::run).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Watches a job for a caller from now on. `None` = too many watches are open, or too many of this caller.
    #[must_use]
    pub fn watch(&self, job_id: Uuid, caller_id: Uuid) -> Option<Watch> {
        let mut open = self.watched.lock();
        let own = open.callers.get(&caller_id).copied().unwrap_or(0);
        if open.watches >= ROOM || own >= ROOM_OF_ONE {
            return None;
        }
        open.watches += 1;
        open.callers.insert(caller_id, own + 1);
        let job = open.jobs.entry(job_id).or_insert_with(|| Job { newest: watch::Sender::new(0), watchers: 0 });
        job.watchers += 1;
        Some(Watch { watched: Arc::clone(&self.watched), job_id, caller_id, newest: job.newest.subscribe() })
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
        let ids: Vec<Uuid> = self.watched.lock().jobs.keys().copied().collect();
        for chunk in ids.chunks(CHUNK) {
            match event::newest(jobs.db(), chunk).await {
                Ok(newest) => newest.into_iter().for_each(|(job_id, seq)| self.watched.tell(Nudge { job_id, seq })),
                Err(error) => return tracing::warn!(%error, "the newest events could not be read; the next tick tries again"),
            }
        }
    }
}

impl Watched {
    fn lock(&self) -> std::sync::MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, nudge: Nudge) {
        if let Some(job) = self.lock().jobs.get(&nudge.job_id) {
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
        let mut open = self.watched.lock();
        open.watches -= 1;
        if let Some(job) = open.jobs.get_mut(&self.job_id) {
            job.watchers -= 1;
            if job.watchers == 0 {
                open.jobs.remove(&self.job_id);
            }
        }
        if let Some(own) = open.callers.get_mut(&self.caller_id) {
            *own -= 1;
            if *own == 0 {
                open.callers.remove(&self.caller_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const ADA: Uuid = Uuid::from_u128(2);

    #[tokio::test]
    async fn a_watcher_hears_of_its_own_job_and_only_of_newer_events() {
        let (hub, id) = (EventHub::new(), Uuid::from_u128(1));
        let mut watch = hub.watch(id, ADA).unwrap();
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
        let (first, second) = (hub.watch(id, ADA), hub.watch(id, ADA));
        let counts = || {
            let open = hub.watched.lock();
            (open.watches, open.jobs.len(), open.callers.len())
        };
        assert_eq!(counts(), (2, 1, 1));
        drop(first);
        assert_eq!(counts(), (1, 1, 1));
        drop(second);
        assert_eq!(counts(), (0, 0, 0));
    }

    #[test]
    fn nobody_takes_the_room_of_the_others() {
        let (hub, id, bob) = (EventHub::new(), Uuid::from_u128(1), Uuid::from_u128(3));
        let mut watches: Vec<Watch> = (0..ROOM_OF_ONE).filter_map(|_| hub.watch(id, ADA)).collect();
        assert_eq!(watches.len(), ROOM_OF_ONE);
        assert!(hub.watch(id, ADA).is_none());
        assert!(hub.watch(id, bob).is_some());
        watches.pop();
        assert!(hub.watch(id, ADA).is_some());
    }
}
