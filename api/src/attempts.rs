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
    /// Begins a try, which counts as failed until it [came in](Self::came_in): guesses sent at once do not pass each other.
    /// `Some` = this account or address must wait so long first.
    pub(crate) fn begin(&self, email: &str, ip: Option<&str>, now: Instant) -> Option<Duration> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wait) = wait(&failed, email, ip, now) {
            return Some(wait);
        }
        make_room(&mut failed, now);
        count(&mut failed, account(email), FREE, now);
        if let Some(ip) = ip {
            count(&mut failed, address(ip), FREE_BY_ADDRESS, now);
        }
        None
    }

    /// Forgets the failures of an account that came in, and that this try was counted for its address.
    pub(crate) fn came_in(&self, email: &str, ip: Option<&str>) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.remove(&account(email));
        if let Some(failures) = ip.and_then(|ip| failed.get_mut(&address(ip))) {
            failures.count = failures.count.saturating_sub(1);
        }
    }
}

/// How long this account or address must wait before its next try.
fn wait(failed: &HashMap<String, Failures>, email: &str, ip: Option<&str>, now: Instant) -> Option<Duration> {
    let keys = [Some(account(email)), ip.map(address)];
    let until = keys.into_iter().flatten().filter_map(|key| failed.get(&key).map(|failures| failures.until)).max()?;
    until.checked_duration_since(now).filter(|wait| !wait.is_zero())
}

/// Made-up names push out what would be forgotten first, not everything.
fn make_room(failed: &mut HashMap<String, Failures>, now: Instant) {
    if failed.len() < ROOM {
        return;
    }
    failed.retain(|_, failures| failures.forget_at > now);
    while failed.len() >= ROOM {
        let Some(oldest) = failed.iter().min_by_key(|(_, failures)| failures.forget_at).map(|(key, _)| key.clone()) else {
            return;
        };
        failed.remove(&oldest);
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
            assert_eq!(attempts.begin("a@b.c", None, now), None);
        }
        assert_eq!(attempts.begin("a@b.c", None, now), None);
        assert_eq!(attempts.begin("a@b.c", None, now), Some(Duration::from_secs(2)));
        let later = now + Duration::from_secs(2);
        assert_eq!(attempts.begin("a@b.c", None, later), None);
        assert_eq!(attempts.begin("a@b.c", None, later), Some(Duration::from_secs(4)));
        assert_eq!(attempts.begin("other@b.c", None, later), None);
    }

    #[test]
    fn guesses_sent_at_once_are_counted_before_they_are_checked() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        let checked = (0..100).filter(|_| attempts.begin("a@b.c", None, now).is_none()).count();
        assert_eq!(checked, usize::try_from(FREE).unwrap() + 1);
    }

    #[test]
    fn who_came_in_starts_anew() {
        let (attempts, now) = (Attempts::default(), Instant::now());
        for _ in 0..=FREE {
            attempts.begin("a@b.c", Some("10.0.0.1"), now);
        }
        attempts.came_in("a@b.c", Some("10.0.0.1"));
        assert_eq!(attempts.begin("a@b.c", Some("10.0.0.1"), now), None);
    }
}
