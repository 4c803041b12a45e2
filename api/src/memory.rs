//! What was looked up, remembered for some seconds.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Values remembered at once.
const ROOM: usize = 4096;

/// See the module.
#[derive(Debug)]
pub(crate) struct Memory<K, V> {
    life: Duration,
    known: Mutex<HashMap<K, (Instant, Arc<V>)>>,
}

impl<K: Eq + Hash, V> Memory<K, V> {
    /// Remembers each value for `life`.
    pub(crate) fn new(life: Duration) -> Self {
        Self { life, known: Mutex::default() }
    }

    pub(crate) fn recall(&self, key: &K, now: Instant) -> Option<Arc<V>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, value) = known.get(key)?;
        (*until > now).then(|| Arc::clone(value))
    }

    pub(crate) fn forget(&self, key: &K) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    pub(crate) fn forget_if(&self, is_meant: impl Fn(&V) -> bool) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, (_, value)| !is_meant(value));
    }

    /// `now` is when the look-up began.
    pub(crate) fn keep(&self, key: K, value: Arc<V>, now: Instant) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ROOM {
            known.retain(|_, (until, _)| *until > now);
            if known.len() >= ROOM {
                known.clear();
            }
        }
        known.insert(key, (now + self.life, value));
    }
}
