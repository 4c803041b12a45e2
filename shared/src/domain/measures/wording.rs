//! Wording: whether each step says one thing that can be seen, and each item something of its own.

use super::look::Look;
use super::{Portion, Taken};
use crate::domain::checks::{Likeness, Written, is_vague};
use crate::domain::drafter::is_compound;

/// Outcomes that do not only say that all is well.
pub(super) fn observable_then(look: &Look<'_>) -> Taken {
    let criteria = look.criteria().iter().flat_map(|item| &item.then);
    let scenarios = look.scenarios().iter().flat_map(|item| &item.then);
    let expected = look.scenarios().iter().flat_map(|item| &item.steps).map(|step| &step.expected);
    let all = criteria.chain(scenarios).chain(expected.filter(|text| !text.is_empty()));
    Portion::of(all.map(|then| !is_vague(then, look.set.language)))
}

/// `When` and `Then` steps with one action or one assertion.
pub(super) fn atomic_steps(look: &Look<'_>) -> Taken {
    let criteria = look.criteria().iter().flat_map(|item| item.when.iter().chain(&item.then));
    let scenarios = look.scenarios().iter().flat_map(|item| item.when.iter().chain(&item.then));
    Portion::of(criteria.chain(scenarios).map(|step| !is_compound(step, look.set.language)))
}

/// Pairs of criteria and pairs of scenarios that do not read alike.
pub(super) fn distinct(look: &Look<'_>) -> Taken {
    let criteria: Vec<Likeness> = look.criteria().iter().map(|item| look.judge.likeness(Written::Criterion(item))).collect();
    let scenarios: Vec<Likeness> = look.scenarios().iter().map(|item| look.judge.likeness(Written::Scenario(item))).collect();
    Portion::of(pairs(&criteria).chain(pairs(&scenarios)).map(|(one, other)| !one.is_like(other)))
}

fn pairs<T>(all: &[T]) -> impl Iterator<Item = (&T, &T)> {
    all.iter().enumerate().flat_map(|(at, one)| all.iter().skip(at + 1).map(move |other| (one, other)))
}
