//! What a run must not be under.

use std::str::FromStr;

use super::{Measure, Measures, Portion};
use crate::domain::words::UnknownWord;

/// A measure and the least it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    /// Which.
    pub measure: Measure,
    /// In hundredths of a percent.
    pub least: u64,
}

/// A measure that is under its floor, or that no story has: what was not measured is not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// What was asked for.
    pub floor: Floor,
    /// What there is.
    pub found: Option<Portion>,
}

/// Why a text is no floor.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FloorError {
    /// There is no `=`.
    #[error("write it like coverage=95")]
    Form,
    /// There is no such measure.
    #[error("there is no such measure: {0}")]
    Measure(#[from] UnknownWord),
    /// The number is none.
    #[error("'{0}' should be a percentage from 0 to 100 with at most two decimals")]
    Percent(String),
}

impl FromStr for Floor {
    type Err = FloorError;

    fn from_str(text: &str) -> Result<Self, FloorError> {
        let (measure, percent) = text.split_once('=').ok_or(FloorError::Form)?;
        let measure = measure.trim().parse()?;
        let least = basis_points(percent).ok_or_else(|| FloorError::Percent(percent.to_owned()))?;
        Ok(Self { measure, least })
    }
}

fn basis_points(percent: &str) -> Option<u64> {
    let number = percent.trim().trim_end_matches('%').trim_end();
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |text: &str, longest| (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole, 3) || !is_number(part, 2) {
        return None;
    }
    let points: u64 = format!("{whole}{part:0<2}").parse().ok()?;
    (points <= 10_000).then_some(points)
}

impl Floor {
    /// What is wrong with these measures, if anything; compared without rounding.
    #[must_use]
    pub fn missed_by(self, measures: &Measures) -> Option<Missed> {
        let found = measures.get(&self.measure).copied();
        let least = Portion { num: self.least, den: 10_000 };
        let holds = found.is_some_and(|found| found.cmp_size(least).is_ge());
        (!holds).then_some(Missed { floor: self, found })
    }
}

impl std::fmt::Display for Floor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, part) = (self.least / 100, self.least % 100);
        write!(f, "{}={whole}", self.measure)?;
        if part == 0 { Ok(()) } else { write!(f, ".{part:02}") }
    }
}

impl std::fmt::Display for Missed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { floor, found } = self;
        match found {
            Some(found) => write!(f, "{} is {} % ({found}), under {floor}", floor.measure, found.percent()),
            None => write!(f, "no story has anything to count for {}, so {floor} cannot hold", floor.measure),
        }
    }
}
