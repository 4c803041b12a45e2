//! How fast one account at a provider may be called, by all workers together.

use std::collections::HashMap;
use std::time::Duration;

use uuid::Uuid;

use super::rate::Rate;

/// What an account lets its callers do. What is `None` is not limited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// Calls in a time.
    pub requests: Option<Rate>,
    /// Tokens in a time, those of the answer too.
    pub tokens: Option<Rate>,
    /// Calls under way at once.
    pub at_once: Option<u32>,
}

impl Share {
    /// What the limits of an account come to that are told for a minute.
    #[must_use]
    pub fn of_a_minute(requests: Option<u32>, tokens: Option<u32>, at_once: Option<u32>) -> Self {
        let rate = |count: u32| Rate::new(count, Duration::from_secs(60), 0);
        Self { requests: requests.and_then(rate), tokens: tokens.and_then(rate), at_once }
    }

    /// Whether nothing is limited.
    #[must_use]
    pub fn is_unlimited(&self) -> bool {
        *self == Self::default()
    }

    /// A part of it for one of several workers who cannot agree; never nothing.
    #[must_use]
    pub fn for_one_of(self, workers: u32) -> Self {
        Self {
            requests: self.requests.map(|rate| rate.share(workers)),
            tokens: self.tokens.map(|rate| rate.share(workers)),
            at_once: self.at_once.map(|at_once| (at_once / workers.max(1)).max(1)),
        }
    }
}

/// How long a place is held by a caller of whom nothing is heard any more.
pub const PLACE: Duration = Duration::from_secs(30);

/// How long somebody waits for a place before they ask again: nobody knows when one becomes free.
pub const FOR_A_PLACE: Duration = Duration::from_millis(500);

/// Why a turn is not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// How long to wait before asking again.
    pub time: Duration,
    /// Whether the provider said so, and not a limit of ours.
    pub is_held: bool,
}

/// What one account's callers did, in microseconds of one clock.
#[derive(Debug, Default)]
pub struct Paced {
    held_until: u64,
    requests_whole_at: u64,
    tokens_whole_at: u64,
    places: HashMap<Uuid, u64>,
}

impl Paced {
    /// Takes a turn, all of it or nothing; else says how long to wait.
    pub fn turn(&mut self, share: Share, id: Uuid, tokens: u32, now: u64) -> Result<(), Wait> {
        self.places.retain(|_, until| *until > now);
        let requests = share.requests.map(|rate| rate.ask(self.requests_whole_at, now));
        let drawn = share.tokens.map(|rate| rate.ask_for(tokens, self.tokens_whole_at, now));
        let no_place = share.at_once.is_some_and(|most| self.places.len() >= most as usize && !self.places.contains_key(&id));
        let held = Duration::from_micros(self.held_until.saturating_sub(now));
        let waits = [
            Some(held),
            requests.and_then(|(standing, _)| standing.refused),
            drawn.and_then(|(standing, _)| standing.refused),
            no_place.then_some(FOR_A_PLACE),
        ];
        let wait = waits.into_iter().flatten().max().unwrap_or_default();
        if !wait.is_zero() {
            return Err(Wait { time: wait, is_held: wait == held });
        }
        self.requests_whole_at = requests.map_or(self.requests_whole_at, |(_, whole_at)| whole_at);
        self.tokens_whole_at = drawn.map_or(self.tokens_whole_at, |(_, whole_at)| whole_at);
        if share.at_once.is_some() {
            self.keep(id, now);
        }
        Ok(())
    }

    /// The caller is still there.
    pub fn keep(&mut self, id: Uuid, now: u64) {
        self.places.insert(id, now + micros(PLACE));
    }

    /// The call ended; `unused` tokens of those that were drawn were not needed, or more were.
    pub fn leave(&mut self, share: Share, id: Uuid, unused: i64, now: u64) {
        self.places.remove(&id);
        if let Some(rate) = share.tokens {
            let back = i128::from(rate.interval()) * i128::from(unused);
            let whole_at = (i128::from(self.tokens_whole_at.max(now)) - back).max(i128::from(now));
            self.tokens_whole_at = u64::try_from(whole_at).unwrap_or(u64::MAX);
        }
    }

    /// Whether nothing is drawn, taken or held: as if nobody had ever called.
    #[must_use]
    pub fn is_whole(&self, now: u64) -> bool {
        let times = [self.held_until, self.requests_whole_at, self.tokens_whole_at];
        times.into_iter().chain(self.places.values().copied()).all(|time| time <= now)
    }

    /// Nobody calls for so long: the provider said so.
    pub fn hold(&mut self, wait: Duration, now: u64) {
        self.held_until = self.held_until.max(now.saturating_add(micros(wait)));
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn limit<T>(seconds: u64) -> Result<T, Wait> {
        Err(Wait { time: Duration::from_secs(seconds), is_held: false })
    }

    const NO_PLACE: Result<(), Wait> = Err(Wait { time: FOR_A_PLACE, is_held: false });

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn calls_and_tokens_of_a_minute_are_granted_at_once_and_then_come_back_evenly() {
        let mut paced = Paced::default();
        let share = Share::of_a_minute(Some(60), Some(6000), None);
        assert_eq!(paced.turn(share, id(1), 5000, 0), Ok(()));
        assert_eq!(paced.turn(share, id(2), 2000, 0), limit(10), "1000 tokens are missing, 100 a second");
        assert_eq!(paced.turn(share, id(2), 2000, 10 * SECOND), Ok(()));
        let calls = Share::of_a_minute(Some(2), None, None);
        let mut paced = Paced::default();
        assert_eq!([1, 2].map(|n| paced.turn(calls, id(n), 9, 0)), [Ok(()), Ok(())]);
        assert_eq!(paced.turn(calls, id(3), 9, 0), limit(30));
    }

    #[test]
    fn a_turn_that_is_refused_draws_nothing() {
        let mut paced = Paced::default();
        let share = Share::of_a_minute(Some(60), Some(60), Some(1));
        assert_eq!(paced.turn(share, id(1), 10, 0), Ok(()));
        for _ in 0..100 {
            assert_eq!(paced.turn(share, id(2), 10, 0), NO_PLACE);
        }
        paced.leave(share, id(1), 0, 0);
        assert_eq!(paced.turn(share, id(2), 50, 0), Ok(()));
    }

    #[test]
    fn the_place_of_a_caller_that_died_is_free_after_a_while_and_not_before() {
        let mut paced = Paced::default();
        let share = Share::of_a_minute(None, None, Some(1));
        assert_eq!(paced.turn(share, id(1), 0, 0), Ok(()));
        paced.keep(id(1), 20 * SECOND);
        assert_eq!(paced.turn(share, id(2), 0, 49 * SECOND), NO_PLACE);
        assert_eq!(paced.turn(share, id(2), 0, 51 * SECOND), Ok(()));
    }

    #[test]
    fn tokens_that_were_not_needed_come_back_and_those_that_were_needed_beside_are_drawn() {
        let mut paced = Paced::default();
        let share = Share::of_a_minute(None, Some(60), None);
        assert_eq!(paced.turn(share, id(1), 60, 0), Ok(()));
        paced.leave(share, id(1), 40, 0);
        assert_eq!(paced.turn(share, id(2), 20, 0), Ok(()));
        paced.leave(share, id(2), -10, 0);
        assert_eq!(paced.turn(share, id(3), 20, 0), limit(10));
        paced.leave(share, id(2), -1000, 0);
        assert_eq!(paced.turn(share, id(3), 60, 0), limit(60), "no debt is longer than the limit's own time");
    }

    #[test]
    fn a_call_of_more_tokens_than_the_limit_waits_for_all_of_them_and_not_for_ever() {
        let mut paced = Paced::default();
        let share = Share::of_a_minute(None, Some(60), None);
        assert_eq!(paced.turn(share, id(1), 1_000_000, 0), Ok(()));
        assert_eq!(paced.turn(share, id(2), 1_000_000, SECOND), limit(59));
    }

    #[test]
    fn when_the_provider_says_wait_everybody_waits() {
        let mut paced = Paced::default();
        paced.hold(Duration::from_secs(7), 0);
        paced.hold(Duration::from_secs(3), SECOND);
        assert_eq!(paced.turn(Share::default(), id(1), 0, 2 * SECOND), Err(Wait { time: Duration::from_secs(5), is_held: true }));
        assert_eq!(paced.turn(Share::default(), id(1), 0, 7 * SECOND), Ok(()));
    }

    #[test]
    fn workers_who_cannot_agree_have_equal_parts() {
        let share = Share::of_a_minute(Some(60), Some(6000), Some(10)).for_one_of(4);
        assert_eq!(share, Share::of_a_minute(Some(15), Some(1500), Some(2)));
        assert_eq!(Share::of_a_minute(None, None, Some(1)).for_one_of(4).at_once, Some(1));
    }
}
