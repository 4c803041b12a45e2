//! So many of so many, in whole numbers.

use serde::{Deserialize, Serialize};

/// See the module. There is always something to count: what has nothing is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portion {
    /// Those that are as they should be.
    pub num: u64,
    /// All.
    pub den: u64,
}

impl Portion {
    /// A portion; `None` when there is nothing to count.
    #[must_use]
    pub fn new(num: usize, den: usize) -> Option<Self> {
        let portion = Self { num: u64::try_from(num).ok()?, den: u64::try_from(den).ok()? };
        (den > 0).then_some(portion)
    }

    /// How many of these are so.
    #[must_use]
    pub fn of(all: impl IntoIterator<Item = bool>) -> Option<Self> {
        let (mut num, mut den) = (0, 0);
        for is_so in all {
            den += 1;
            num += usize::from(is_so);
        }
        Self::new(num, den)
    }

    /// In hundredths of a percent, rounded down: only all of them are 10,000.
    #[must_use]
    pub fn basis_points(self) -> u64 {
        let points = u128::from(self.num) * 10_000 / u128::from(self.den.max(1));
        u64::try_from(points).unwrap_or(u64::MAX)
    }

    /// For people, with one digit, rounded down: `98.4`.
    #[must_use]
    pub fn percent(self) -> String {
        let tenths = self.basis_points() / 10;
        format!("{}.{}", tenths / 10, tenths % 10)
    }

    /// Which of two is larger, without rounding.
    #[must_use]
    pub fn cmp_size(self, other: Self) -> std::cmp::Ordering {
        (u128::from(self.num) * u128::from(other.den)).cmp(&(u128::from(other.num) * u128::from(self.den)))
    }
}

impl std::ops::AddAssign for Portion {
    fn add_assign(&mut self, other: Self) {
        self.num = self.num.saturating_add(other.num);
        self.den = self.den.saturating_add(other.den);
    }
}

impl std::fmt::Display for Portion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_count_is_no_portion() {
        assert_eq!(Portion::of([]), None);
        assert_eq!(Portion::new(0, 0), None);
        assert_eq!(Portion::of([true, false]), Portion::new(1, 2));
    }

    #[test]
    fn a_percentage_is_rounded_down_so_that_only_all_are_100() {
        assert_eq!(Portion { num: 2999, den: 3000 }.percent(), "99.9");
        assert_eq!(Portion { num: 3000, den: 3000 }.percent(), "100.0");
        assert_eq!(Portion { num: 1, den: 3 }.percent(), "33.3");
    }

    #[test]
    fn sizes_are_compared_without_rounding() {
        let (less, more) = (Portion { num: 33_333, den: 100_000 }, Portion { num: 1, den: 3 });
        assert_eq!(less.cmp_size(more), std::cmp::Ordering::Less);
        assert_eq!(Portion { num: 2, den: 6 }.cmp_size(more), std::cmp::Ordering::Equal);
    }
}
