//! A `.feature` file.

use std::fmt::Write;

use super::super::criterion::Testable;
use super::super::gherkin::feature_text;
use super::words::Words;
use super::{Output, item};

/// The suite as a feature file, or the criteria where there is no suite; the language stands on its first line. Where there is neither,
/// comments say why and what to ask.
#[must_use]
pub fn gherkin(output: &Output<'_>) -> String {
    let criteria = output.criteria.map_or(&[][..], |set| &set.criteria);
    let mut scenarios: Vec<String> =
        output.suite.into_iter().flat_map(|suite| suite.scenarios.iter().map(|scenario| scenario.gherkin.clone())).collect();
    let mut description = item::one_line(output.story_url);
    if scenarios.is_empty() {
        scenarios = criteria.iter().map(|criterion| criterion.gherkin.clone()).collect();
    } else {
        // The tags of the scenarios name the criteria; say once what they are.
        for criterion in criteria {
            let _ = write!(description, "\n{} {}", criterion.id, item::one_line(&criterion.title));
        }
    }
    let name = format!("{} {}", output.story_key, output.story_summary);
    let mut text = feature_text(output.language(), &name, &description, &scenarios);
    if scenarios.is_empty() {
        text.extend(comments(output).iter().flat_map(|line| ["  # ", line, "\n"]));
    }
    text
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
