//! What kills cost: model calls in flight, and the time until the jobs ran again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::form::say;
use crate::rows::{JobRow, Rows};

/// Crashes among neighbours after which a job runs alone, with back-off: those are not in a hurry.
const SUSPECT: i32 = 3;

/// How often one looks whether a job runs again.
const LOOK: Duration = Duration::from_millis(25);

/// No watch lasts longer.
const LONGEST: Duration = Duration::from_secs(120);

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    /// Model calls that were in flight when their worker was killed, by story.
    pub(crate) calls: HashMap<String, u64>,
    pub(crate) kills: u32,
    recoveries: Arc<Mutex<Vec<(&'static str, Duration)>>>,
    watches: Vec<JoinHandle<()>>,
}

impl Losses {
    /// Somebody who held these jobs was killed just now.
    pub(crate) fn killed(&mut self, rows: &Rows, held: &[JobRow], when: &'static str) {
        let at = Instant::now();
        self.kills += 1;
        self.interrupted(held);
        let waiting: HashMap<Uuid, i64> =
            held.iter().filter(|job| job.crashes + 1 < SUSPECT).map(|job| (job.id, job.epoch)).collect();
        let (rows, recoveries) = (rows.clone(), self.recoveries.clone());
        self.watches.push(tokio::spawn(watch(rows, waiting, at, when, recoveries)));
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

    /// Prints how long it took from each kill until its jobs ran again; answers the longest of those in `when`.
    pub(crate) async fn tell_recoveries(&mut self, goal: Duration) -> HashMap<&'static str, Duration> {
        for watch in self.watches.drain(..) {
            watch.await.expect("a watch");
        }
        let recoveries = self.recoveries.lock().expect("a lock").clone();
        let mut by_time: HashMap<&'static str, Vec<Duration>> = HashMap::new();
        for (when, took) in recoveries {
            by_time.entry(when).or_default().push(took);
        }
        let mut longest = HashMap::new();
        for (when, mut took) in by_time {
            took.sort_unstable();
            let (min, median, max) = (took[0], took[took.len() / 2], took[took.len() - 1]);
            say(&format!(
                "{when}: {} jobs ran again {min:.2?} / {median:.2?} / {max:.2?} after the kill (min / median / max; goal {goal:.2?})",
                took.len()
            ));
            longest.insert(when, max);
        }
        longest
    }
}

async fn watch(
    rows: Rows,
    mut waiting: HashMap<Uuid, i64>,
    at: Instant,
    when: &'static str,
    recoveries: Arc<Mutex<Vec<(&'static str, Duration)>>>,
) {
    while !waiting.is_empty() && at.elapsed() < LONGEST {
        if let Ok(jobs) = rows.jobs().await {
            let took = at.elapsed();
            for job in &jobs {
                if waiting.get(&job.id).is_some_and(|epoch| job.epoch > *epoch) {
                    waiting.remove(&job.id);
                    recoveries.lock().expect("a lock").push((when, took));
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}
