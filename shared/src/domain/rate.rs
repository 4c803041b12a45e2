//! How often something may happen, and what one more of it comes to. The arithmetic is that of GCRA: all that is kept
//! of a key is the time at which its budget is whole again.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::time::Duration;

use super::duration::parse_duration;

/// Any period beyond this is a mistake in writing.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// So many in a period, such as `20/1m`; `20/1m+10` = up to 10 more at once. As many as fit are granted at once, then
/// they come back evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    count: u32,
    per: Duration,
    burst: u32,
}

/// A text that is no rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("should be a number in a length of time such as 20/1m, with a burst such as 20/1m+10, or off")]
pub struct RateError;

/// How a key stands after it asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How long to wait before the next try; `None` = this one was granted.
    pub refused: Option<Duration>,
    /// The most that is granted at once.
    pub limit: u32,
    /// What is left of it.
    pub remaining: u32,
    /// Time until all of it is back.
    pub reset: Duration,
}

impl Rate {
    /// `None` unless there are some in some time, each of a microsecond at least.
    #[must_use]
    pub fn new(count: u32, per: Duration, burst: u32) -> Option<Self> {
        let rate = Self { count, per, burst };
        (count > 0 && !per.is_zero() && per <= LONGEST && rate.interval() > 0).then_some(rate)
    }

    /// The most that is granted at once.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        self.count.saturating_add(self.burst)
    }

    /// Microseconds after which one more is granted.
    #[must_use]
    pub fn interval(&self) -> u64 {
        micros(self.per) / u64::from(self.count.max(1))
    }

    /// A part of it for one of several who cannot agree; never nothing.
    #[must_use]
    pub fn share(&self, of: u32) -> Self {
        let of = of.max(1);
        let count = (self.count / of).max(1);
        // What does not divide evenly must not be rounded up: few become fewer by a longer period.
        let per = if self.count >= of { self.per } else { self.per * of / self.count.max(1) };
        Self { count, per, burst: self.burst / of }
    }

    /// Asks for one at `now`, with the budget whole again at `whole_at` (microseconds of one clock). Answers how the key
    /// stands, and when it is whole again now.
    #[must_use]
    pub fn ask(&self, whole_at: u64, now: u64) -> (Standing, u64) {
        self.ask_for(1, whole_at, now)
    }

    /// Asks for some at once; for more than there ever are is asked as for all of them.
    #[must_use]
    pub fn ask_for(&self, some: u32, whole_at: u64, now: u64) -> (Standing, u64) {
        let window = self.interval().saturating_mul(u64::from(self.capacity()));
        // A clock that went back, or a rate that was lowered, must not shut a key out for longer than the rate says.
        let whole_at = whole_at.clamp(now, now.saturating_add(window));
        let then = whole_at.saturating_add(self.interval().saturating_mul(some.min(self.capacity()).into()));
        let over = (then - now).saturating_sub(window);
        if over > 0 { (self.standing(Some(over), whole_at - now), whole_at) } else { (self.standing(None, then - now), then) }
    }

    /// A standing of microseconds: how long to wait, and until the budget is whole.
    #[must_use]
    pub fn standing(&self, refused: Option<u64>, until_whole: u64) -> Standing {
        let used = until_whole.div_ceil(self.interval());
        let remaining = u64::from(self.capacity()).saturating_sub(used);
        Standing {
            refused: refused.map(Duration::from_micros),
            limit: self.capacity(),
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            reset: Duration::from_micros(until_whole),
        }
    }
}

impl Standing {
    /// The one of two that binds: a refusal that lasts longer, or what has less left.
    #[must_use]
    pub fn tighter(self, other: Self) -> Self {
        let rank = |standing: &Self| (standing.refused, std::cmp::Reverse(standing.remaining));
        if rank(&other) > rank(&self) { other } else { self }
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (rate, burst) = text.split_once('+').map_or((text, "0"), |(rate, burst)| (rate, burst));
        let (count, per) = rate.split_once('/').ok_or(RateError)?;
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| RateError);
        let per = parse_duration(per).ok_or(RateError)?;
        Self::new(number(count)?, per, number(burst)?).ok_or(RateError)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Who shares a budget with an address: itself, or the /64 that one subscriber of IPv6 has.
#[must_use]
pub fn block(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    #[test]
    fn a_rate_is_written_as_people_say_it() {
        assert_eq!(rate("20/1m"), Rate::new(20, Duration::from_secs(60), 0).unwrap());
        assert_eq!(rate(" 20 / 1m + 10 "), Rate::new(20, Duration::from_secs(60), 10).unwrap());
        for wrong in ["", "20", "0/1m", "20/0s", "20/m", "-1/1m", "20/1m+", "20/1m+x", "20/2d", "4000000000/1ms", "1/1m/1"] {
            assert_eq!(wrong.parse::<Rate>(), Err(RateError), "{wrong}");
        }
    }

    #[test]
    fn what_fits_is_granted_at_once_and_then_evenly() {
        let (rate, mut whole_at) = (rate("60/1m+2"), 0);
        let mut ask = |now: u64| {
            let (standing, then) = rate.ask(whole_at, now);
            whole_at = then;
            standing
        };
        for left in (0..62).rev() {
            let standing = ask(0);
            assert_eq!((standing.refused, standing.limit, standing.remaining), (None, 62, left));
        }
        assert_eq!(ask(0).refused, Some(Duration::from_secs(1)));
        assert_eq!(ask(SECOND / 2).refused, Some(Duration::from_millis(500)));
        assert_eq!(ask(SECOND).refused, None);
        assert!(ask(SECOND).refused.is_some());
        assert_eq!(ask(3600 * SECOND).remaining, 61);
    }

    #[test]
    fn a_share_is_less_but_never_nothing() {
        assert_eq!(rate("30/1m+30").share(4), rate("7/1m+7"));
        assert_eq!(rate("1/1m").share(4), rate("1/4m"));
        assert_eq!(rate("3/1m").share(4).interval(), 80 * SECOND);
    }

    #[test]
    fn the_tighter_of_two_is_the_longer_refusal_or_the_smaller_rest() {
        let of = |refused: Option<u64>, remaining| Standing {
            refused: refused.map(Duration::from_secs),
            limit: 9,
            remaining,
            reset: Duration::ZERO,
        };
        assert_eq!(of(None, 3).tighter(of(None, 2)).remaining, 2);
        assert_eq!(of(None, 0).tighter(of(Some(1), 5)).refused, Some(Duration::from_secs(1)));
        assert_eq!(of(Some(2), 0).tighter(of(Some(1), 0)).refused, Some(Duration::from_secs(2)));
    }

    proptest! {
        #[test]
        fn no_more_is_granted_in_any_time_than_the_rate_says(
            count in 1u32..50, burst in 0u32..50, steps in proptest::collection::vec(0u64..3_000_000, 1..200),
        ) {
            let rate = Rate::new(count, Duration::from_secs(10), burst).unwrap();
            let (mut now, mut whole_at, mut granted) = (0u64, 0u64, 0u64);
            for step in steps {
                now += step;
                let (standing, then) = rate.ask(whole_at, now);
                whole_at = then;
                granted += u64::from(standing.refused.is_none());
                prop_assert!(granted <= u64::from(rate.capacity()) + now / rate.interval());
                if let Some(wait) = standing.refused {
                    let later = now + u64::try_from(wait.as_micros()).unwrap();
                    prop_assert_eq!(rate.ask(whole_at, later).0.refused, None, "after Retry-After it is granted");
                }
            }
        }
    }
}
