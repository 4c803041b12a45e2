//! Time as the site tells it: milliseconds that never repeat, written the way Jira writes them.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, FixedOffset};

const OFFSET_SECONDS: i32 = 2 * 3600;

/// A clock whose ticks strictly increase, so that two edits never share an `updated`.
#[derive(Debug, Default)]
pub(crate) struct Clock(AtomicI64);

impl Clock {
    /// The present moment, in milliseconds since 1970, later than any moment given out before.
    pub(crate) fn tick(&self) -> i64 {
        let now = now();
        let before = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(now.max(last + 1))).unwrap_or(now);
        now.max(before + 1)
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// `2026-09-27T10:03:11.123+0200`: Jira's own format, with an offset that is not UTC.
pub(crate) fn stamp(millis: i64) -> String {
    local(millis).format("%Y-%m-%dT%H:%M:%S%.3f%z").to_string()
}

/// The moment in the time zone of the site.
pub(crate) fn local(millis: i64) -> DateTime<FixedOffset> {
    let zone = FixedOffset::east_opt(OFFSET_SECONDS).expect("two hours are a valid offset");
    DateTime::from_timestamp_millis(millis).unwrap_or_default().with_timezone(&zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_carry_an_offset_without_a_colon() {
        assert_eq!(stamp(1_790_000_000_123), "2026-09-21T16:13:20.123+0200");
    }

    #[test]
    fn ticks_never_repeat() {
        let clock = Clock::default();
        let ticks: Vec<i64> = (0..100).map(|_| clock.tick()).collect();
        assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
