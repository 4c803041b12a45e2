//! Time and identity come in through the door.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Where wall-clock time, monotonic time and new ids come from.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;

    /// Monotonic time, for judging one's own lease.
    fn monotonic(&self) -> Instant;

    /// A new, time-ordered id (UUIDv7).
    fn new_id(&self) -> Uuid;

    /// `true` when the database's clock must be overridden by this one (tests).
    fn overrides_database(&self) -> bool {
        false
    }

    /// The wall-clock time as a date.
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.now_ms()).unwrap_or_default()
    }
}

/// The machine's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "this is the door")]
        Utc::now().timestamp_millis()
    }

    fn monotonic(&self) -> Instant {
        Instant::now()
    }

    fn new_id(&self) -> Uuid {
        #[expect(clippy::disallowed_methods, reason = "this is the door")]
        Uuid::now_v7()
    }
}

/// A clock that stands still until it is moved, for tests.
#[derive(Debug)]
pub struct TestClock {
    base: Instant,
    start_ms: i64,
    offset_ms: AtomicI64,
    ids: AtomicU64,
}

impl TestClock {
    /// A clock that shows `start_ms`.
    #[must_use]
    pub fn at(start_ms: i64) -> Self {
        Self { base: Instant::now(), start_ms, offset_ms: AtomicI64::new(0), ids: AtomicU64::new(0) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.offset_ms.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.start_ms + self.offset_ms.load(Ordering::SeqCst)
    }

    fn monotonic(&self) -> Instant {
        self.base + Duration::from_millis(u64::try_from(self.offset_ms.load(Ordering::SeqCst)).unwrap_or(0))
    }

    fn new_id(&self) -> Uuid {
        let n = self.ids.fetch_add(1, Ordering::SeqCst) + 1;
        let ms = u64::try_from(self.now_ms()).unwrap_or(0);
        let mut bytes = [0u8; 10];
        bytes[2..].copy_from_slice(&n.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(ms, &bytes).into_uuid()
    }

    fn overrides_database(&self) -> bool {
        true
    }
}
