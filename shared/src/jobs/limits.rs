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

/// Whole milliseconds, as the database counts.
pub(crate) fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
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
    }
}
