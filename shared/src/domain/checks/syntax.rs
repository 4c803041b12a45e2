//! Rung 2: the Gherkin parses in its language and reads `Given* When+ Then+`.

use super::checked::Checked;
use super::remark::error;
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::gherkin::{self, Shape};
use crate::domain::language::Language;

/// Renders the item and reads it back, unless one of its shape was read before and its words are plain.
pub(super) fn check<T: Checked>(checked: &T, language: Language) -> Vec<Finding> {
    let item = checked.item();
    let mut findings = Vec::new();
    for (name, steps) in [("When", item.when), ("Then", item.then)] {
        if steps.is_empty() {
            let message = format!("The item has no {name} step; say what happens in When and what is seen in Then.");
            findings.push(error(FindingCode::GherkinStepOrder, message));
        }
    }
    if !findings.is_empty() {
        return findings;
    }
    let shape = Shape::of(language, item.title, [item.given, item.when, item.then], item.examples);
    if shape.as_ref().is_some_and(Shape::is_known) {
        return findings;
    }
    match gherkin::check(language, &checked.render(language)) {
        Ok(()) => shape.into_iter().for_each(Shape::remember),
        Err(reason) => {
            let message = format!("The Gherkin cannot be used: {reason}; write plain steps.");
            findings.push(error(FindingCode::GherkinUnparsable, message));
        }
    }
    findings
}
