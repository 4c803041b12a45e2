//! Times and limits of the job model; every one is a setting.

use std::time::Duration;

use rand::Rng;

/// All of them.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How long a worker owns its jobs after a heartbeat.
    pub lease: Duration,
    /// How often it renews.
    pub heartbeat: Duration,
    /// How often the relay looks for rows.
    pub relay_tick: Duration,
    /// After how long the bell rings again for a row that nobody took.
    pub ring_again: Duration,
    /// How long a row may be due before workers take it without a bell.
    pub direct_after: Duration,
    /// First back-off.
    pub retry_base: Duration,
    /// Longest back-off.
    pub retry_cap: Duration,
    /// Tries of a stage.
    pub max_attempts: i32,
    /// Time from submission until a job fails for good.
    pub deadline: Duration,
    /// The same for jobs of batches.
    pub deadline_bulk: Duration,
    /// How long an `Idempotency-Key` is remembered.
    pub keep_idempotency: Duration,
    /// How long after `send_by` a write may still appear in Jira.
    pub publish_margin: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(15),
            heartbeat: Duration::from_secs(5),
            relay_tick: Duration::from_millis(500),
            ring_again: Duration::from_secs(15),
            direct_after: Duration::from_secs(2),
            retry_base: Duration::from_secs(1),
            retry_cap: Duration::from_secs(300),
            max_attempts: 8,
            deadline: Duration::from_secs(24 * 3600),
            deadline_bulk: Duration::from_secs(7 * 24 * 3600),
            keep_idempotency: Duration::from_secs(24 * 3600),
            publish_margin: Duration::from_secs(30),
        }
    }
}

/// Crashes among neighbours after which a job runs alone in its worker.
pub(super) const CRASHES_BEFORE_SOLO: i32 = 3;

/// Crashes alone after which a job fails.
pub(super) const SOLO_CRASHES: i32 = 5;

impl Limits {
    /// The wait before try `attempt + 1`: exponential with full jitter, never below a tenth of its range.
    #[must_use]
    pub fn backoff(&self, attempt: i32) -> Duration {
        let doublings = u32::try_from(attempt.clamp(0, 30)).unwrap_or(0);
        let range = self.retry_base.saturating_mul(2u32.saturating_pow(doublings)).min(self.retry_cap);
        range.mul_f64(rand::rng().random_range(0.1..=1.0))
    }
}

/// A shorter wait would spin; a longer one would not notice that things are well again.
const SHORTEST_SNOOZE: Duration = Duration::from_secs(1);
const LONGEST_SNOOZE: Duration = Duration::from_secs(3600);

/// The most that is added to a wait.
const LONGEST_DELAY: Duration = Duration::from_secs(10);

/// The wait that was asked for, and up to a tenth more: whoever was sent away by the same outage does not come back at the
/// same moment.
pub(super) fn snooze(wait: Duration) -> Duration {
    let wait = wait.clamp(SHORTEST_SNOOZE, LONGEST_SNOOZE);
    wait + (wait / 10).min(LONGEST_DELAY).mul_f64(rand::rng().random_range(0.0..=1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn backoff_stays_within_its_range(attempt in -5i32..200) {
            let limits = Limits::default();
            let wait = limits.backoff(attempt);
            prop_assert!(wait >= limits.retry_base / 10);
            prop_assert!(wait <= limits.retry_cap);
        }

        #[test]
        fn a_snooze_is_never_shorter_than_asked_for_and_hardly_longer(asked in 0u64..10_000) {
            let asked = Duration::from_secs(asked);
            let wait = snooze(asked);
            prop_assert!(wait >= asked.clamp(SHORTEST_SNOOZE, LONGEST_SNOOZE));
            prop_assert!(wait <= LONGEST_SNOOZE + LONGEST_DELAY);
            prop_assert!(wait <= asked.max(SHORTEST_SNOOZE) * 11 / 10);
        }
    }
}
