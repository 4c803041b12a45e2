//! Work comes in and workers die, at times that the seed decides.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use rand::Rng;
use rand::rngs::StdRng;

use crate::stand::Stand;
use crate::waiting::lasts;

/// A stretch of time.
#[derive(Debug, Clone)]
pub(crate) struct Storm {
    /// What it is called when recovery times are told.
    pub(crate) name: &'static str,
    pub(crate) length: Duration,
    /// Submitted during it: half of them at once, the rest before the kills.
    pub(crate) jobs: usize,
    /// Milliseconds from one kill of a process to its next.
    pub(crate) kill_every: RangeInclusive<u64>,
}

/// Milliseconds from a submission to the kill that may hit it.
const LEAD: RangeInclusive<u64> = 200..=2_000;

#[derive(Debug, Clone, Copy)]
enum Act {
    Submit,
    KillWorker(usize),
    KillServer,
}

impl Storm {
    /// Lets it pass.
    pub(crate) async fn pass(&self, stand: &mut Stand, chance: &mut StdRng) {
        let (began, kills) = (Instant::now(), stand.losses.kills());
        stand.tell(self.name);
        stand.submit(self.jobs / 2).await;
        for (at, act) in self.schedule(stand.workers.len(), chance) {
            lasts(at.saturating_sub(began.elapsed())).await;
            match act {
                Act::Submit => stand.submit(1).await,
                Act::KillWorker(worker) => stand.kill_worker(worker, self.name).await,
                Act::KillServer => stand.kill_server(self.name).await,
            }
        }
        lasts(self.length.saturating_sub(began.elapsed())).await;
        stand.tell(&format!("{} kills in {:.0?}", stand.losses.kills() - kills, began.elapsed()));
    }

    /// Kills at random, and the jobs that have not come in yet shortly before them, so that a kill hits something.
    fn schedule(&self, workers: usize, chance: &mut StdRng) -> Vec<(Duration, Act)> {
        let length = u64::try_from(self.length.as_millis()).expect("a short time");
        let victims: Vec<Act> = if workers == 0 { vec![Act::KillServer] } else { (0..workers).map(Act::KillWorker).collect() };
        let mut acts: Vec<(u64, Act)> = Vec::new();
        for victim in victims {
            let mut at = chance.random_range(self.kill_every.clone()) / 2;
            while at < length {
                acts.push((at, victim));
                at += chance.random_range(self.kill_every.clone());
            }
        }
        let kills: Vec<u64> = acts.iter().map(|(at, _)| *at).collect();
        for n in 0..self.jobs - self.jobs / 2 {
            let before = kills.get(n % kills.len().max(1)).copied().unwrap_or(length);
            acts.push((before.saturating_sub(chance.random_range(LEAD)), Act::Submit));
        }
        acts.sort_by_key(|(at, _)| *at);
        acts.into_iter().map(|(at, act)| (Duration::from_millis(at), act)).collect()
    }
}
