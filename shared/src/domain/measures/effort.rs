//! What a result took.

use serde::{Deserialize, Serialize};

use crate::domain::result::Authorship;

/// Calls, tokens, money and time. What was not told is unknown, not nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effort {
    /// Model calls.
    pub calls: u64,
    /// Tokens in.
    pub input_tokens: i64,
    /// Tokens out.
    pub output_tokens: i64,
    /// In nano-dollars (10⁻⁹ USD); `null` where a price is not known.
    pub cost_nano_usd: Option<i64>,
    /// From submission to the end, in milliseconds.
    pub millis: u64,
}

impl Effort {
    /// Nothing was done, which costs nothing.
    pub const NOTHING: Self = Self { calls: 0, input_tokens: 0, output_tokens: 0, cost_nano_usd: Some(0), millis: 0 };

    /// What an author tells, and how long it took.
    #[must_use]
    pub fn of(by: &Authorship, millis: u64) -> Self {
        Self {
            calls: by.calls.into(),
            input_tokens: by.usage.input_tokens,
            output_tokens: by.usage.output_tokens,
            cost_nano_usd: by.usage.cost_nano_usd,
            millis,
        }
    }
}

impl std::ops::AddAssign for Effort {
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cost_nano_usd = self.cost_nano_usd.zip(other.cost_nano_usd).and_then(|(one, other)| one.checked_add(other));
        self.millis += other.millis;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Usage;

    #[test]
    fn one_unknown_price_makes_the_sum_unknown_and_never_nothing() {
        let told = |cost| {
            Effort::of(
                &Authorship { calls: 2, usage: Usage { cost_nano_usd: cost, ..Usage::default() }, ..Authorship::default() },
                7,
            )
        };
        let mut sum = Effort::NOTHING;
        sum += told(Some(5));
        assert_eq!((sum.calls, sum.cost_nano_usd, sum.millis), (2, Some(5), 7));
        sum += told(None);
        sum += told(Some(5));
        assert_eq!((sum.calls, sum.cost_nano_usd), (6, None));
        assert_eq!(serde_json::to_value(sum).unwrap()["cost_nano_usd"], serde_json::Value::Null);
    }
}
