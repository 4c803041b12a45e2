//! Budgets of this process. Whatever keys clients make up, memory stays below some MiB.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;

use crate::domain::rate::{Rate, Standing};
use crate::ports::{Clock, Draw, RateLimiter};

/// Keys remembered at once, in all shards.
const ROOM: usize = 1 << 17;

/// Locks, so that requests on different cores seldom meet.
const SHARDS: usize = 16;

/// See the module.
pub struct LocalLimiter {
    clock: Arc<dyn Clock>,
    began: Instant,
    /// Seeded, so that nobody can choose keys that meet another's.
    seed: RandomState,
    shards: [Mutex<HashMap<u64, u64>>; SHARDS],
}

impl LocalLimiter {
    /// With all budgets whole.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let began = clock.monotonic();
        Self { clock, began, seed: RandomState::new(), shards: Default::default() }
    }

    /// Draws one.
    pub fn take(&self, key: &str, rate: Rate) -> Standing {
        let now = u64::try_from(self.clock.monotonic().saturating_duration_since(self.began).as_micros()).unwrap_or(u64::MAX);
        let key = self.seed.hash_one(key);
        let mut shard =
            self.shards[usize::try_from(key % SHARDS as u64).unwrap_or(0)].lock().unwrap_or_else(PoisonError::into_inner);
        let (standing, whole_at) = rate.ask(shard.get(&key).copied().unwrap_or(0), now);
        if shard.len() >= ROOM / SHARDS && !shard.contains_key(&key) {
            make_room(&mut shard, now);
        }
        shard.insert(key, whole_at);
        standing
    }

    #[cfg(test)]
    fn keys(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap().len()).sum()
    }
}

#[async_trait]
impl RateLimiter for LocalLimiter {
    async fn draw(&self, draw: Draw<'_>) -> Standing {
        self.take(draw.key, draw.rate)
    }
}

/// Whoever is whole again needs no entry. If that is not a quarter, the half that is nearest to whole goes: those who
/// made up many keys, each used once, push out each other before they push out who is near a limit.
fn make_room(shard: &mut HashMap<u64, u64>, now: u64) {
    shard.retain(|_, whole_at| *whole_at > now);
    if shard.len() > ROOM / SHARDS / 4 * 3 {
        let mut times: Vec<u64> = shard.values().copied().collect();
        let middle = times.len() / 2;
        let (_, median, _) = times.select_nth_unstable(middle);
        let median = *median;
        shard.retain(|_, whole_at| *whole_at > median);
    }
}

impl std::fmt::Debug for LocalLimiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalLimiter").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ports::TestClock;

    #[test]
    fn each_key_has_a_budget_of_its_own_that_comes_back() {
        let clock = Arc::new(TestClock::at(0));
        let limiter = LocalLimiter::new(clock.clone());
        let rate = "2/1m".parse().unwrap();
        let granted = |key: &str| limiter.take(key, rate).refused.is_none();
        assert_eq!([granted("a"), granted("a"), granted("a"), granted("b")], [true, true, false, true]);
        clock.advance(Duration::from_secs(30));
        assert_eq!([granted("a"), granted("a")], [true, false]);
    }

    #[test]
    fn made_up_keys_do_not_fill_the_memory_nor_free_who_is_at_a_limit() {
        let limiter = LocalLimiter::new(Arc::new(TestClock::at(0)));
        let rate = "5/1m".parse().unwrap();
        for _ in 0..5 {
            limiter.take("guesser", rate);
        }
        for n in 0..3 * ROOM {
            limiter.take(&n.to_string(), rate);
        }
        assert!(limiter.keys() <= ROOM, "{}", limiter.keys());
        assert!(limiter.take("guesser", rate).refused.is_some());
    }

    #[test]
    fn what_is_whole_again_is_forgotten_first() {
        let clock = Arc::new(TestClock::at(0));
        let limiter = LocalLimiter::new(clock.clone());
        let rate = "5/1m".parse().unwrap();
        for n in 0..2 * ROOM {
            limiter.take(&n.to_string(), rate);
        }
        clock.advance(Duration::from_secs(60));
        for n in 0..ROOM {
            limiter.take(&format!("new {n}"), rate);
        }
        assert!(limiter.keys() <= ROOM);
    }
}
