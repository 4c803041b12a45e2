//! Failed logins, by account and by address: each further one waits longer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures that cost nothing.
const FREE: u32 = 5;
/// The same for an address, behind which there may be a whole office.
const FREE_BY_ADDRESS: u32 = 50;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// Names remembered at once.
const ROOM: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    until: Instant,
    forget_at: Instant,
}

/// In memory: a restart forgives, and each process counts for itself.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    failed: Mutex<HashMap<String, Failures>>,
}

impl Attempts {
    /// How long this account or address must wait before its next try.
    pub(crate) fn wait(&self, email: &str, ip: Option<&str>, now: Instant) -> Option<Duration> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = [Some(account(email)), ip.map(address)];
        let until = keys.into_iter().flatten().filter_map(|key| failed.get(&key).map(|failures| failures.until)).max()?;
        until.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, email: &str, ip: Option<&str>, now: Instant) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() >= ROOM {
            failed.retain(|_, failures| failures.forget_at > now);
            if failed.len() >= ROOM {
                failed.clear();
            }
        }
        count(&mut failed, account(email), FREE, now);
        if let Some(ip) = ip {
            count(&mut failed, address(ip), FREE_BY_ADDRESS, now);
        }
    }

    /// Forgets the failures of an account that came in.
    pub(crate) fn came_in(&self, email: &str) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).remove(&account(email));
    }
}

fn count(failed: &mut HashMap<String, Failures>, key: String, free: u32, now: Instant) {
    let failures = failed.entry(key).or_insert(Failures { count: 0, until: now, forget_at: now });
    if failures.forget_at <= now {
        failures.count = 0;
    }
    failures.count = failures.count.saturating_add(1);
    let beyond = failures.count.saturating_sub(free);
    let wait = if beyond == 0 { Duration::ZERO } else { Duration::from_secs(1 << beyond.min(20)).min(LONGEST) };
    failures.until = now + wait;
    failures.forget_at = now + LONGEST;
}

fn account(email: &str) -> String {
    format!("account {email}")
}

fn address(ip: &str) -> String {
    format!("address {ip}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_beyond_the_free_ones_waits_longer() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        for _ in 0..FREE {
            attempts.failed("a@b.c", None, now);
        }
        assert_eq!(attempts.wait("a@b.c", None, now), None);
        attempts.failed("a@b.c", None, now);
        assert_eq!(attempts.wait("a@b.c", None, now), Some(Duration::from_secs(2)));
        attempts.failed("a@b.c", None, now);
        assert_eq!(attempts.wait("a@b.c", None, now), Some(Duration::from_secs(4)));
        assert_eq!(attempts.wait("other@b.c", None, now), None);
        assert_eq!(attempts.wait("a@b.c", None, now + Duration::from_secs(4)), None);
    }

    #[test]
    fn who_came_in_starts_anew() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        for _ in 0..20 {
            attempts.failed("a@b.c", Some("10.0.0.1"), now);
        }
        assert_eq!(attempts.wait("a@b.c", None, now), Some(LONGEST));
        attempts.came_in("a@b.c");
        assert_eq!(attempts.wait("a@b.c", Some("10.0.0.1"), now), None);
    }
}
