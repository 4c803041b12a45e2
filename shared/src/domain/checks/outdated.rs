//! What an edit leaves behind: scenarios written for a criterion as it was before, and half-edited ones.

use super::remark::{add_new, warning};
use crate::domain::criterion::{CriteriaSet, Criterion};
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::scenario::{Scenario, Suite};

/// Points at each scenario of an edited `suite` that was left as it stood in `suite_before`, while a criterion it covers was
/// changed. The pointer stays until the scenario is edited.
pub fn mark_outdated(before: &CriteriaSet, suite_before: &Suite, after: &CriteriaSet, suite: &mut Suite) {
    let changed: Vec<&str> =
        after.criteria.iter().filter(|criterion| was_changed(criterion, before)).map(|criterion| criterion.id.as_str()).collect();
    for scenario in &mut suite.scenarios {
        let Some(old) = suite_before.scenarios.iter().find(|old| old.id == scenario.id) else { continue };
        if old.gherkin == scenario.gherkin {
            let covered = changed.iter().filter(|id| scenario.covers.iter().any(|covered| covered == *id));
            let pointers: Vec<Finding> = covered.map(|id| pointer(id, &scenario.id)).collect();
            let earlier = old.findings.iter().filter(|finding| finding.code == FindingCode::CriterionChanged).cloned();
            add_new(&mut scenario.findings, earlier.chain(pointers));
        }
        mark_half_edited(old, scenario);
    }
}

/// Steps and Gherkin say the same twice: whoever edits one of them is told, until the other was edited as well.
fn mark_half_edited(old: &Scenario, scenario: &mut Scenario) {
    let is_mark = |finding: &Finding| finding.code == FindingCode::StepsDisagree;
    let one_alone = (old.gherkin == scenario.gherkin) != (old.steps == scenario.steps);
    let disagree = old.findings.iter().any(is_mark) != one_alone;
    scenario.findings.retain(|finding| !is_mark(finding));
    if disagree {
        let message = format!(
            "The steps for a tester and the Gherkin of {} were not edited together; make them say the same.",
            scenario.id
        );
        scenario.findings.push(Finding { item: scenario.id.clone(), ..warning(FindingCode::StepsDisagree, message) });
    }
}

fn was_changed(criterion: &Criterion, before: &CriteriaSet) -> bool {
    before.criteria.iter().any(|old| old.id == criterion.id && old.gherkin != criterion.gherkin)
}

fn pointer(criterion: &str, scenario: &str) -> Finding {
    let message =
        format!("{criterion} was edited after {scenario} was written for it; see whether the scenario still fits, or edit it.");
    Finding { item: scenario.to_owned(), ..warning(FindingCode::CriterionChanged, message) }
}
