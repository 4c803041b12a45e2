//! Whether something that failed is asked again. Open after a few failures in a row; closed by whoever finds, apart from
//! any request, that it answers.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;

/// Failures in a row after which nobody asks any more.
const FEW: u32 = 3;

/// Closed at first.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: AtomicU32,
    opened: Notify,
}

impl Breaker {
    /// Whether nobody should ask.
    pub(super) fn is_open(&self) -> bool {
        self.failures.load(Ordering::Relaxed) >= FEW
    }

    /// It answered. What was asked before the breaker opened does not close it.
    pub(super) fn answered(&self) {
        let _ = self.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < FEW && n > 0).then_some(0));
    }

    /// It failed; `true` = by this the breaker opened.
    pub(super) fn failed(&self) -> bool {
        let opens = self.failures.fetch_add(1, Ordering::Relaxed) + 1 == FEW;
        if opens {
            self.opened.notify_one();
        }
        opens
    }

    /// It answers again.
    pub(super) fn close(&self) {
        self.failures.store(0, Ordering::Relaxed);
    }

    /// Ends when the breaker has opened.
    pub(super) async fn opened(&self) {
        while !self.is_open() {
            self.opened.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_three_failures_in_a_row_and_is_closed_from_apart() {
        let breaker = Breaker::default();
        assert!(!breaker.failed() && !breaker.failed());
        breaker.answered();
        assert!(!breaker.failed() && !breaker.failed() && breaker.failed());
        breaker.answered();
        assert!(breaker.is_open(), "a late answer closes nothing");
        breaker.close();
        assert!(!breaker.is_open());
    }
}
