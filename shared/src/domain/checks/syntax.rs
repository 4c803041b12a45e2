//! Rung 2: the Gherkin parses in its language and reads `Given* When+ Then+`.

use super::checked::Checked;
use super::remark::error;
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::gherkin;
use crate::domain::language::Language;

/// Renders the item and reads it back.
pub(super) fn check<T: Checked>(checked: &T, language: Language) -> Vec<Finding> {
    let item = checked.item();
    let mut findings = Vec::new();
    for (name, steps) in [("When", item.when), ("Then", item.then)] {
        if steps.is_empty() {
            let message = format!("The item has no {name} step; say what happens in When and what is seen in Then.");
            findings.push(error(FindingCode::GherkinStepOrder, message));
        }
    }
    if findings.is_empty()
        && let Err(reason) = gherkin::check(language, &checked.render(language))
    {
        findings.push(error(FindingCode::GherkinUnparsable, format!("The Gherkin cannot be used: {reason}; write plain steps.")));
    }
    findings
}
