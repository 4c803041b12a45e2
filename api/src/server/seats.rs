//! How many connections an address has: one client must not take all of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use shared::adapters::webhook::Network;

use crate::origin::{block, is_in};

/// Counts by address, IPv6 by /64.
#[derive(Debug, Clone)]
pub(super) struct Seats {
    most: usize,
    exempt: Arc<[Network]>,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A counted connection; no longer counted when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    ip: IpAddr,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Seats {
    /// `most` for each address that is not in an `exempt` network: behind a proxy are many.
    pub(super) fn new(most: usize, exempt: &[Network]) -> Self {
        Self { most, exempt: exempt.into(), taken: Arc::default() }
    }

    /// `None` = the address has as many as it may.
    pub(super) fn take(&self, ip: IpAddr) -> Option<Seat> {
        let most = if is_in(&self.exempt, ip) { usize::MAX } else { self.most };
        let ip = block(ip);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(ip).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat { ip, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.ip);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_seats_and_a_proxy_of_ours_any_number() {
        let seats = Seats::new(2, &["10.0.0.0/8".parse().unwrap()]);
        let take = |ip: &str| seats.take(ip.parse().unwrap());
        let held = [take("192.0.2.1"), take("192.0.2.1")];
        assert!(held.iter().all(Option::is_some) && take("192.0.2.1").is_none() && take("192.0.2.2").is_some());
        let one_subscriber = [take("2001:db8::1"), take("2001:db8::2")];
        assert!(one_subscriber.iter().all(Option::is_some) && take("2001:db8::3").is_none());
        let proxied: Vec<_> = (0..9).filter_map(|_| take("10.0.0.1")).collect();
        assert_eq!(proxied.len(), 9);
        drop((held, one_subscriber, proxied));
        assert!(take("192.0.2.1").is_some());
        assert!(seats.taken.lock().unwrap().is_empty());
    }
}
