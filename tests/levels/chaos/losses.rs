//! What kills cost: model calls in flight, and the time until the jobs ran again.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use crate::rows::{JobRow, Rows};

/// Crashes among neighbours after which a job runs alone, with back-off: those are not in a hurry.
const SUSPECT: i32 = 3;

/// How often one looks whether a job runs again.
const LOOK: Duration = Duration::from_millis(25);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    /// Model calls that were in flight when their worker was killed, by story.
    pub(crate) calls: HashMap<String, u64>,
    kills: usize,
    /// When somebody was killed, or something was done to a server.
    disturbances: Vec<Instant>,
    watched: Arc<Mutex<Watched>>,
    watch: Option<AbortOnDropHandle<()>>,
}

#[derive(Debug, Default)]
struct Watched {
    waiting: HashMap<Uuid, Waiting>,
    recoveries: Vec<Recovery>,
    /// Jobs that were seen to run alone in their workers, so that others wait.
    suspects: HashSet<Uuid>,
    suspect_seen: Option<Instant>,
}

/// A job that lost its worker.
#[derive(Debug)]
struct Waiting {
    epoch: i64,
    storm: &'static str,
    since: Instant,
}

/// From a kill until a job of the killed worker ran again.
#[derive(Debug, Clone, Copy)]
struct Recovery {
    storm: &'static str,
    since: Instant,
    until: Instant,
    beside_a_suspect: bool,
}

impl Recovery {
    fn took(&self) -> Duration {
        self.until - self.since
    }
}

/// The recoveries of a storm.
#[derive(Debug)]
pub(crate) struct Recoveries {
    pub(crate) storm: &'static str,
    /// In order.
    pub(crate) took: Vec<Duration>,
    /// The longest of those during which nobody else was killed and no server was touched (a ring may be lost with them),
    /// and no job ran alone.
    pub(crate) undisturbed: Option<Duration>,
}

impl Losses {
    /// Somebody who held these jobs was killed just now.
    pub(crate) fn killed(&mut self, rows: &Rows, held: &[JobRow], storm: &'static str) {
        let since = Instant::now();
        self.kills += 1;
        self.disturbances.push(since);
        self.interrupted(held);
        let waiting =
            held.iter().filter(|job| job.crashes + 1 < SUSPECT).map(|job| (job.id, Waiting { epoch: job.epoch, storm, since }));
        lock(&self.watched).waiting.extend(waiting);
        let (rows, watched) = (rows.clone(), self.watched.clone());
        self.watch.get_or_insert_with(|| AbortOnDropHandle::new(tokio::spawn(watch(rows, watched))));
    }

    /// These jobs lost what they were waiting for.
    pub(crate) fn interrupted(&mut self, held: &[JobRow]) {
        for job in held.iter().filter(|job| job.asks_a_model()) {
            *self.calls.entry(job.issue_key.clone()).or_default() += 1;
        }
    }

    /// Calls in flight at kills.
    pub(crate) fn calls_in_flight(&self) -> u64 {
        self.calls.values().sum()
    }

    pub(crate) fn kills(&self) -> usize {
        self.kills
    }

    /// Something is done to a server now.
    pub(crate) fn disturbed(&mut self) {
        self.disturbances.push(Instant::now());
    }

    /// How many jobs ran alone because they crashed often.
    pub(crate) fn suspects(&self) -> usize {
        lock(&self.watched).suspects.len()
    }

    /// Whether some job has not run again yet.
    pub(crate) fn are_open(&self) -> bool {
        !lock(&self.watched).waiting.is_empty()
    }

    /// How long it took from each kill until its jobs ran again, by storm.
    pub(crate) fn recoveries(&self) -> Vec<Recoveries> {
        let all = lock(&self.watched).recoveries.clone();
        let mut storms: Vec<&'static str> = Vec::new();
        for recovery in &all {
            if !storms.contains(&recovery.storm) {
                storms.push(recovery.storm);
            }
        }
        storms.into_iter().map(|storm| self.recoveries_of(storm, &all)).collect()
    }

    fn recoveries_of(&self, storm: &'static str, all: &[Recovery]) -> Recoveries {
        let of_storm = || all.iter().filter(|recovery| recovery.storm == storm);
        let mut took: Vec<Duration> = of_storm().map(Recovery::took).collect();
        took.sort_unstable();
        let undisturbed = of_storm().filter(|recovery| !self.was_disturbed(recovery)).map(Recovery::took).max();
        Recoveries { storm, took, undisturbed }
    }

    fn was_disturbed(&self, recovery: &Recovery) -> bool {
        recovery.beside_a_suspect || self.disturbances.iter().any(|at| recovery.since < *at && *at < recovery.until)
    }
}

fn lock(watched: &Mutex<Watched>) -> MutexGuard<'_, Watched> {
    watched.lock().expect("a lock")
}

async fn watch(rows: Rows, watched: Arc<Mutex<Watched>>) {
    loop {
        let is_quiet = lock(&watched).waiting.is_empty();
        if let (false, Ok(jobs)) = (is_quiet, rows.jobs().await) {
            lock(&watched).look_at(&jobs);
        }
        tokio::time::sleep(LOOK).await;
    }
}

impl Watched {
    fn look_at(&mut self, jobs: &[JobRow]) {
        let until = Instant::now();
        for suspect in jobs.iter().filter(|job| job.crashes >= SUSPECT && !job.has_ended()) {
            self.suspects.insert(suspect.id);
            self.suspect_seen = Some(until);
        }
        for job in jobs {
            let Some(waiting) = self.waiting.get(&job.id) else { continue };
            let runs_again = job.epoch > waiting.epoch;
            if runs_again {
                let beside_a_suspect = self.suspect_seen.is_some_and(|seen| seen > waiting.since);
                self.recoveries.push(Recovery { storm: waiting.storm, since: waiting.since, until, beside_a_suspect });
            }
            // What ended without running again had ended when the kill came.
            if runs_again || job.has_ended() {
                self.waiting.remove(&job.id);
            }
        }
    }
}
