//! A `.feature` file.

use std::fmt::Write;

use super::super::criterion::Testable;
use super::super::gherkin::feature_text;
use super::super::scenario::{Relation, Scenario, Suite};
use super::words::Words;
use super::{Output, item};

/// The suite as a feature file, what exists as a test already as comments, or the criteria where there is no suite; the language stands on its first line. Where there is neither,
/// comments say why and what to ask.
#[must_use]
pub fn gherkin(output: &Output<'_>) -> String {
    let criteria = output.criteria.map_or(&[][..], |set| &set.criteria);
    let words = Words::of(output.language());
    let suite = output.suite.filter(|suite| !suite.scenarios.is_empty());
    let mut scenarios: Vec<String> = suite.into_iter().flat_map(Suite::published).map(|one| scenario(words, one)).collect();
    let mut description = item::one_line(output.story_url);
    if suite.is_none() {
        scenarios = criteria.iter().map(|criterion| criterion.gherkin.clone()).collect();
    } else {
        // The tags of the scenarios name the criteria; say once what they are.
        for criterion in criteria {
            let _ = write!(description, "\n{} {}", criterion.id, item::one_line(&criterion.title));
        }
    }
    let name = format!("{} {}", output.story_key, output.story_summary);
    let mut text = feature_text(output.language(), &name, &description, &scenarios);
    // An import would make them anew.
    let skipped = suite.into_iter().flat_map(Suite::skipped);
    text.extend(skipped.map(|one| format!("\n  # {} {}: {}\n", one.id, item::one_line(&one.title), relation(words, one))));
    if scenarios.is_empty() && suite.is_none() {
        text.extend(comments(output).iter().flat_map(|line| ["  # ", line, "\n"]));
    }
    text
}

/// A scenario, below the existing test that it extends.
fn scenario(words: &Words, scenario: &Scenario) -> String {
    let said = relation(words, scenario);
    if said.is_empty() { scenario.gherkin.clone() } else { format!("# {said}\n{}", scenario.gherkin) }
}

/// The existing test that a scenario extends or duplicates; empty for a new one.
fn relation(words: &Words, scenario: &Scenario) -> String {
    let Relation { kind, of, .. } = &scenario.relation;
    words.relation(*kind).map(|said| format!("{said} {}", item::one_line(of))).unwrap_or_default()
}

/// Why there is nothing, and the open questions with their numbers.
fn comments(output: &Output<'_>) -> Vec<String> {
    let words = Words::of(output.language());
    let mut lines = Vec::new();
    if let Some(set) = output.criteria {
        lines.extend(match set.testable {
            Testable::Yes => None,
            Testable::Partly => Some(words.partly_testable.to_owned()),
            Testable::No => Some(words.not_testable.to_owned()),
        });
        lines.extend(set.reasons.iter().map(|reason| format!("- {}", item::one_line(reason))));
    }
    let asked = output.criteria.into_iter().flat_map(|set| &set.questions);
    let asked = asked.chain(output.suite.into_iter().flat_map(|suite| &suite.questions));
    let asked: Vec<String> = (1..).zip(asked).map(|(n, question)| format!("{n}. {}", item::one_line(&question.text))).collect();
    if !asked.is_empty() {
        lines.push(words.questions.to_owned());
        lines.extend(asked);
    }
    lines
}
