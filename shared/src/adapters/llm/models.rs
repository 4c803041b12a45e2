//! The models we know: what may be sent to them and what they cost. Data in `models.toml`, before which an operator may
//! put rows of their own.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};

use crate::ports::Usage;

/// Nano-dollars for a token are dollars for a million tokens, a thousandfold.
const NANO_FOR_A_TOKEN: f64 = 1000.0;

/// Whether `temperature` may be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// The model answers 400 to it.
    #[default]
    Never,
    /// Only where it is told not to think.
    WithoutEffort,
    /// Yes.
    Always,
}

/// How much a model should think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Not at all.
    None,
    /// As little as it can.
    Minimal,
    /// A little.
    Low,
    /// As usual.
    Medium,
    /// Much.
    High,
    /// More.
    Xhigh,
    /// As much as it can.
    Max,
}

impl Effort {
    /// All, from none to most.
    pub const ALL: &[Self] = &[Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High, Self::Xhigh, Self::Max];

    /// Its name on the wire of OpenAI and Anthropic.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Effort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|effort| effort.as_str() == text).copied();
        known.ok_or_else(|| format!("one of {} is expected", words(Self::ALL)))
    }
}

/// Names, for a sentence.
pub(super) fn words(efforts: &[Effort]) -> String {
    efforts.iter().map(|effort| effort.as_str()).collect::<Vec<_>>().join(", ")
}

/// Nano-dollars (10⁻⁹ USD) for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Sent anew.
    #[serde(deserialize_with = "nano")]
    pub input: i64,
    /// Read from the provider's cache; absent = as dear as new.
    #[serde(default, deserialize_with = "some_nano")]
    pub cached: Option<i64>,
    /// Written to its cache; absent = as dear as new.
    #[serde(default, deserialize_with = "some_nano")]
    pub cache_write: Option<i64>,
    /// Answered, thinking included.
    #[serde(deserialize_with = "nano")]
    pub output: i64,
}

/// Prices of calls whose input is longer than so many tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
struct Above {
    tokens: i64,
    #[serde(flatten)]
    prices: Prices,
}

/// A model we know.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Whose it is: `openai`, `claude`, `gemini`, or any other provider for rows of an operator.
    pub provider: String,
    /// Its id, without a date.
    pub id: String,
    /// Whether `temperature` may be sent.
    #[serde(default)]
    pub sampling: Sampling,
    /// What may be asked of its thinking.
    #[serde(default)]
    pub effort: Vec<Effort>,
    /// Tokens that it reads.
    pub max_input: u32,
    /// Tokens that it answers, thinking included.
    pub max_output: u32,
    #[serde(default)]
    usd_per_mtok: Option<Prices>,
    #[serde(default)]
    above: Option<Above>,
    #[serde(default)]
    batch: Option<Prices>,
    /// From that day on the provider does not answer for it.
    #[serde(default)]
    pub retired: Option<NaiveDate>,
    /// What to take instead.
    #[serde(default, rename = "use")]
    pub instead: Option<String>,
}

impl Model {
    /// Whether a model of this name is this one: the id, or the id and a date.
    fn is(&self, provider: &str, name: &str) -> bool {
        let dated = |rest: &str| rest.starts_with('-') && rest.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
        self.provider == provider && name.strip_prefix(self.id.as_str()).is_some_and(|rest| rest.is_empty() || dated(rest))
    }

    /// What a call cost, in nano-dollars; `None` where no price is known.
    #[must_use]
    pub fn cost(&self, usage: Usage) -> Option<i64> {
        let prices = self.above.filter(|above| usage.input_tokens > above.tokens).map(|above| above.prices);
        prices.or(self.usd_per_mtok)?.of(usage)
    }

    /// What a call in a batch cost, in nano-dollars; `None` where no price is known, as that of a call whose input is so long
    /// that it costs more.
    #[must_use]
    pub fn batch_cost(&self, usage: Usage) -> Option<i64> {
        let is_long = self.above.is_some_and(|above| usage.input_tokens > above.tokens);
        self.batch.filter(|_| !is_long)?.of(usage)
    }
}

impl Prices {
    /// What a call cost, in nano-dollars.
    fn of(&self, usage: Usage) -> Option<i64> {
        let anew = (usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens).max(0);
        let parts = [
            (anew, self.input),
            (usage.cached_tokens, self.cached.unwrap_or(self.input)),
            (usage.cache_write_tokens, self.cache_write.unwrap_or(self.input)),
            (usage.output_tokens, self.output),
        ];
        parts.into_iter().try_fold(0_i64, |sum, (tokens, price)| sum.checked_add(tokens.checked_mul(price)?))
    }
}

impl Model {
    /// The most that a call may cost: the dearest of what its input may count as.
    #[must_use]
    pub fn most(&self, usage: Usage) -> Option<i64> {
        dearest(usage, |usage| self.cost(usage))
    }

    /// The same in a batch.
    #[must_use]
    pub fn batch_most(&self, usage: Usage) -> Option<i64> {
        dearest(usage, |usage| self.batch_cost(usage))
    }
}

/// What is dearer: input that is read afresh, or written to the cache.
fn dearest(usage: Usage, cost: impl Fn(Usage) -> Option<i64>) -> Option<i64> {
    let fresh = cost(Usage { cached_tokens: 0, cache_write_tokens: 0, ..usage })?;
    let written = cost(Usage { cached_tokens: 0, cache_write_tokens: usage.input_tokens, ..usage })?;
    Some(fresh.max(written))
}

/// A table that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no table of models: {0}")]
pub struct TableError(String);

/// See the module.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Models {
    /// The day of which it tells.
    pub as_of: NaiveDate,
    #[serde(default)]
    /// Where it was read.
    pub source: String,
    #[serde(rename = "model")]
    rows: Vec<Model>,
}

impl Models {
    /// The table that the program brings along.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test reads it")]
    pub fn ours() -> Arc<Self> {
        static OURS: LazyLock<Arc<Models>> =
            LazyLock::new(|| Arc::new(toml::from_str(include_str!("models.toml")).expect("our table of models")));
        OURS.clone()
    }

    /// Ours, behind the rows of an operator.
    pub fn with(text: &str) -> Result<Arc<Self>, TableError> {
        let mut table: Self = toml::from_str(text).map_err(|error| TableError(error.message().to_owned()))?;
        table.rows.extend(Self::ours().rows.iter().cloned());
        Ok(Arc::new(table))
    }

    /// A provider's model of this name.
    #[must_use]
    pub fn find(&self, provider: &str, name: &str) -> Option<&Model> {
        self.rows.iter().find(|model| model.is(provider, name))
    }

    /// All of them.
    pub fn rows(&self) -> impl Iterator<Item = &Model> {
        self.rows.iter()
    }
}

fn nano<'de, D: Deserializer<'de>>(input: D) -> Result<i64, D::Error> {
    let dollars = f64::deserialize(input)?;
    if !(0.0..1e6).contains(&dollars) {
        return Err(serde::de::Error::custom("a price should be a number of dollars for a million tokens"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is below a million, a thousandfold")]
    Ok((dollars * NANO_FOR_A_TOKEN).round() as i64)
}

fn some_nano<'de, D: Deserializer<'de>>(input: D) -> Result<Option<i64>, D::Error> {
    nano(input).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input: i64, cached: i64, written: i64, output: i64) -> Usage {
        Usage {
            input_tokens: input,
            cached_tokens: cached,
            cache_write_tokens: written,
            output_tokens: output,
            ..Usage::default()
        }
    }

    #[test]
    fn our_table_can_be_read_and_what_it_recommends_is_in_it() {
        let ours = Models::ours();
        for model in ours.rows() {
            assert!(model.retired.is_some() == model.instead.is_some(), "{}", model.id);
            if let Some(instead) = &model.instead {
                let other = ours.find(&model.provider, instead).unwrap_or_else(|| panic!("{} names {instead}", model.id));
                assert_eq!(other.retired, None, "{} names {instead}, which is retired too", model.id);
            }
        }
    }

    #[test]
    fn a_row_stands_for_its_id_with_a_date_and_for_no_other_model() {
        let find = |provider, name| Models::ours().find(provider, name).map(|model| model.id.clone());
        assert_eq!(find("openai", "gpt-4o-2024-11-20").as_deref(), Some("gpt-4o"));
        assert_eq!(find("claude", "claude-haiku-4-5-20251001").as_deref(), Some("claude-haiku-4-5"));
        assert_eq!(find("openai", "gpt-4o-mini").as_deref(), Some("gpt-4o-mini"));
        assert_eq!(find("openai", "gpt-4o-audio"), None);
        assert_eq!(find("openai_compatible", "gpt-4o"), None, "who knows what stands behind a name there");
    }

    #[test]
    fn cost_is_counted_in_whole_nano_dollars_of_each_kind_of_token() {
        let ours = Models::ours();
        let cost = |provider, name, usage| ours.find(provider, name).and_then(|model| model.cost(usage));
        // 700 new at 2000, 200 cached at 100, 100 written at 2500, 50 answered at 10000.
        assert_eq!(cost("claude", "claude-sonnet-5-5", usage(1000, 200, 100, 50)), Some(1_400_000 + 20_000 + 250_000 + 500_000));
        assert_eq!(cost("openai", "gpt-6-luna", usage(1000, 0, 0, 0)), Some(100_000));
        assert_eq!(cost("openai", "gpt-6-luna", usage(272_000, 0, 0, 0)), Some(27_200_000));
        assert_eq!(
            cost("openai", "gpt-6-luna", usage(272_001, 0, 0, 0)),
            Some(54_400_200),
            "above the step all tokens cost more"
        );
        assert_eq!(cost("openai", "gpt-6.2-sol", usage(1000, 0, 0, 0)), None, "an unknown price is not nothing");
    }

    #[test]
    fn rows_of_an_operator_come_first_and_a_table_that_is_none_says_what_is_wrong() {
        let own = "as_of = \"2026-11-20\"\n[[model]]\nprovider = \"openai\"\nid = \"gpt-6.2-sol\"\nmax_input = 1\nmax_output = 2\n\
                   usd_per_mtok = { input = 0.001, output = 3 }\n";
        let table = Models::with(own).unwrap();
        let model = table.find("openai", "gpt-6.2-sol").unwrap();
        assert_eq!((model.max_output, model.cost(usage(1, 0, 0, 1))), (2, Some(3001)));
        assert!(table.find("gemini", "gemini-3.8-flash").is_some());
        assert!(Models::with("as_of = \"2026-11-20\"\nmodel = [{ id = 3 }]").unwrap_err().to_string().contains("model"));
        assert!(Models::with(&own.replace("0.001", "-1")).is_err());
    }
}
