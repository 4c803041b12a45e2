//! Whether a service that failed again and again is asked.

use std::time::Duration;

/// Failures in a row after which it is left alone.
const FAILURES: u32 = 5;

/// How long it is left alone at first, and at most.
const SHORTEST: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_secs(240);

/// Time is given as that since any beginning.
#[derive(Debug, Default)]
pub struct Breaker {
    failures: u32,
    /// How often it was left alone in a row.
    openings: u32,
    open_until: Duration,
    /// Somebody tries whether it works again.
    is_tried: bool,
}

impl Breaker {
    /// Whether it is left alone now; then how much longer. Asking this changes nothing.
    pub fn is_open(&self, now: Duration) -> Result<(), Duration> {
        if self.failures >= FAILURES && now < self.open_until { Err(self.open_until - now) } else { Ok(()) }
    }

    /// Whether to ask; else how long to wait. After the wait one may try, and the others wait for what comes of it.
    pub fn may_ask(&mut self, now: Duration) -> Result<(), Duration> {
        if self.failures < FAILURES {
            return Ok(());
        }
        self.is_open(now)?;
        // Whoever tries may die of it: the next may try when the wait is over once more.
        self.open_until = now + self.length();
        self.is_tried = true;
        Ok(())
    }

    /// It answered, whatever it said.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// It failed; `true` = from now on it is left alone.
    pub fn failed(&mut self, now: Duration) -> bool {
        // What was under way when it was given up says nothing new.
        if self.is_open(now).is_err() && !self.is_tried {
            return false;
        }
        self.is_tried = false;
        self.failures = self.failures.saturating_add(1);
        if self.failures < FAILURES {
            return false;
        }
        self.open_until = now + self.length();
        self.openings = self.openings.saturating_add(1);
        self.openings == 1
    }

    fn length(&self) -> Duration {
        SHORTEST.saturating_mul(1 << self.openings.min(4)).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn after_five_failures_in_a_row_it_is_left_alone_and_one_answer_ends_that() {
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            assert!(!breaker.failed(seconds(0)));
        }
        breaker.answered();
        let opened: Vec<bool> = (0..5).map(|_| breaker.failed(seconds(0))).collect();
        assert_eq!(opened, [false, false, false, false, true]);
        assert_eq!(breaker.may_ask(seconds(5)), Err(seconds(10)));
        assert_eq!(breaker.may_ask(seconds(15)), Ok(()));
        assert!(breaker.may_ask(seconds(15)).is_err(), "one tries, the others wait");
        breaker.answered();
        assert_eq!(breaker.may_ask(seconds(15)), Ok(()));
    }

    #[test]
    fn each_trial_that_fails_doubles_the_wait_up_to_four_minutes() {
        let mut breaker = Breaker::default();
        let mut now = seconds(0);
        for _ in 0..5 {
            breaker.failed(now);
        }
        let mut waits = Vec::new();
        for _ in 0..6 {
            let wait = breaker.may_ask(now).unwrap_err();
            waits.push(wait.as_secs());
            now += wait;
            assert_eq!(breaker.may_ask(now), Ok(()));
            assert!(!breaker.failed(now), "it was told once");
        }
        assert_eq!(waits, [15, 30, 60, 120, 240, 240]);
    }

    #[test]
    fn many_calls_that_fail_at_once_are_one_reason_to_wait() {
        let mut breaker = Breaker::default();
        assert_eq!((0..64).filter(|_| breaker.failed(seconds(1))).count(), 1);
        assert_eq!(breaker.may_ask(seconds(1)), Err(seconds(15)));
    }

    #[test]
    fn a_trial_of_which_nothing_is_heard_is_followed_by_another() {
        let mut breaker = Breaker::default();
        for _ in 0..5 {
            breaker.failed(seconds(0));
        }
        assert_eq!(breaker.may_ask(seconds(20)), Ok(()));
        assert!(breaker.may_ask(seconds(30)).is_err());
        assert_eq!(breaker.may_ask(seconds(50)), Ok(()));
    }
}
