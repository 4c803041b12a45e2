//! Stability: what several runs of one story have in common.

use std::collections::BTreeSet;

use super::Portion;
use super::commonness::masked;
use crate::domain::scenario::{Scenario, Suite};

/// Over all pairs of runs, the scenarios that both have, of those that either has. Two scenarios are the same when technique
/// and steps are, values aside. `None` for fewer than two runs, or when no run has a scenario.
#[must_use]
pub fn stability(runs: &[Option<&Suite>]) -> Option<Portion> {
    let plans: Vec<BTreeSet<String>> = runs.iter().map(|suite| plan(*suite)).collect();
    let (mut both, mut either) = (0, 0);
    for (at, one) in plans.iter().enumerate() {
        for other in plans.iter().skip(at + 1) {
            both += one.intersection(other).count();
            either += one.union(other).count();
        }
    }
    Portion::new(both, either)
}

fn plan(suite: Option<&Suite>) -> BTreeSet<String> {
    let item = |scenario: &Scenario| {
        let steps = scenario.given.iter().chain(&scenario.when).chain(&scenario.then).map(|step| masked(step));
        std::iter::once(scenario.technique.to_string()).chain(steps).collect::<Vec<_>>().join("\n")
    };
    suite.into_iter().flat_map(|suite| &suite.scenarios).map(item).collect()
}
