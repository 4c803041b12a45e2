//! Scenarios that were written for a criterion as it was before somebody edited it.

use super::remark::{add_new, warning};
use crate::domain::criterion::{CriteriaSet, Criterion};
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::scenario::{Scenario, Suite};

/// Points at each scenario of an edited `suite` that was left as it stood in `suite_before`, while a criterion it covers was
/// changed. The pointer stays until the scenario is edited.
pub fn mark_outdated(before: &CriteriaSet, suite_before: &Suite, after: &CriteriaSet, suite: &mut Suite) {
    let changed: Vec<&str> =
        after.criteria.iter().filter(|criterion| was_changed(criterion, before)).map(|criterion| criterion.id.as_str()).collect();
    for scenario in suite.scenarios.iter_mut().filter(|scenario| is_untouched(scenario, suite_before)) {
        let covered = changed.iter().filter(|id| scenario.covers.iter().any(|covered| covered == *id));
        let outdated: Vec<Finding> = covered.map(|id| pointer(id, &scenario.id)).collect();
        add_new(&mut scenario.findings, outdated);
    }
}

fn was_changed(criterion: &Criterion, before: &CriteriaSet) -> bool {
    before.criteria.iter().any(|old| old.id == criterion.id && old.gherkin != criterion.gherkin)
}

fn is_untouched(scenario: &Scenario, before: &Suite) -> bool {
    before.scenarios.iter().any(|old| old.id == scenario.id && old.gherkin == scenario.gherkin)
}

fn pointer(criterion: &str, scenario: &str) -> Finding {
    let message =
        format!("{criterion} was edited after {scenario} was written for it; see whether the scenario still fits, or edit it.");
    Finding { item: scenario.to_owned(), ..warning(FindingCode::CriterionChanged, message) }
}
