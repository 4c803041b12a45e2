//! Turns within a process: each of several workers has its part of what an account allows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::domain::pace::{Paced, Wait};
use crate::ports::{Clock, Pacer, Turn};

/// So many accounts are known before those that have all of their budget are forgotten.
const MANY: usize = 256;

/// See the module. Issues that are written to are accounts as well; those that nothing is known of any more are forgotten.
pub struct LocalPacer {
    clock: Arc<dyn Clock>,
    began: Instant,
    accounts: Mutex<HashMap<String, Paced>>,
}

impl LocalPacer {
    /// With nothing taken.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { began: clock.monotonic(), clock, accounts: Mutex::default() }
    }

    fn at<T>(&self, account: &str, what: impl FnOnce(&mut Paced, u64) -> T) -> T {
        let now = self.clock.monotonic().saturating_duration_since(self.began).as_micros();
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= MANY && !accounts.contains_key(account) {
            accounts.retain(|_, paced| !paced.is_whole(now));
        }
        let paced = match accounts.get_mut(account) {
            Some(paced) => paced,
            None => accounts.entry(account.to_owned()).or_default(),
        };
        what(paced, now)
    }
}

#[async_trait]
impl Pacer for LocalPacer {
    async fn turn(&self, turn: Turn<'_>) -> Result<(), Wait> {
        let share = turn.share.for_one_of(turn.workers);
        self.at(turn.account, |paced, now| paced.turn(share, turn.id, turn.tokens, now))
    }

    async fn keep(&self, turn: Turn<'_>) {
        self.at(turn.account, |paced, now| paced.keep(turn.id, now));
    }

    async fn leave(&self, turn: Turn<'_>, unused: i64) {
        let share = turn.share.for_one_of(turn.workers);
        self.at(turn.account, |paced, now| paced.leave(share, turn.id, unused, now));
    }

    async fn hold(&self, account: &str, wait: Duration) {
        self.at(account, |paced, now| paced.hold(wait, now));
    }
}

impl std::fmt::Debug for LocalPacer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalPacer").finish_non_exhaustive()
    }
}
