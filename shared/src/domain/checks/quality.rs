//! Deterministic measures of a result, for a table.

use serde::{Deserialize, Serialize};

use crate::domain::criterion::CriteriaSet;
use crate::domain::evidence::{CheckedEvidence, Origin};
use crate::domain::finding::{Finding, Severity};
use crate::domain::gherkin;
use crate::domain::scenario::Suite;
use crate::domain::story::Story;

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Share {
    /// Those that are as they should be.
    pub count: usize,
    /// All.
    pub total: usize,
    /// `count / total`; 1 when there is nothing to count.
    pub ratio: f64,
}

impl Share {
    fn of(all: impl IntoIterator<Item = bool>) -> Self {
        let (mut count, mut total) = (0, 0);
        for is_so in all {
            total += 1;
            count += usize::from(is_so);
        }
        Self { count, total, ratio: if total == 0 { 1.0 } else { count as f64 / total as f64 } }
    }
}

/// What can be measured without asking anybody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Quality {
    /// How many criteria there are.
    pub criteria: usize,
    /// How many scenarios there are.
    pub scenarios: usize,
    /// Items whose origin is stated.
    pub stated: usize,
    /// Items whose origin is derived.
    pub derived: usize,
    /// Items whose origin is proposed.
    pub proposed: usize,
    /// Criteria with a scenario; nothing to count when there is no suite.
    pub coverage: Share,
    /// Quotations found in the story.
    pub evidence: Share,
    /// Numbers of the story's own text that occur in an item.
    pub story_numbers: Share,
    /// Items whose Gherkin parses.
    pub gherkin: Share,
    /// Open questions.
    pub questions: usize,
    /// Items that did not pass.
    pub dropped: usize,
    /// Findings that are errors.
    pub errors: usize,
    /// Findings that are warnings.
    pub warnings: usize,
    /// Findings worth knowing.
    pub infos: usize,
}

/// Measures a result.
#[must_use]
pub fn quality(story: &Story, set: &CriteriaSet, suite: Option<&Suite>) -> Quality {
    let scenarios = suite.map_or(&[][..], |suite| &suite.scenarios);
    let origins = || set.criteria.iter().map(|item| item.origin).chain(scenarios.iter().map(|item| item.origin));
    let count = |origin| origins().filter(|other| *other == origin).count();
    let quotes = || -> Vec<&CheckedEvidence> {
        let criteria = set.criteria.iter().flat_map(|item| &item.evidence);
        criteria.chain(scenarios.iter().flat_map(|item| &item.evidence)).collect()
    };
    let texts = || set.criteria.iter().map(|item| &item.gherkin).chain(scenarios.iter().map(|item| &item.gherkin));
    let parses = texts().map(|text| gherkin::check(set.language, text).is_ok());
    let findings: Vec<&Finding> = (set.findings.iter())
        .chain(set.criteria.iter().flat_map(|item| &item.findings))
        .chain(suite.into_iter().flat_map(|suite| &suite.findings))
        .chain(scenarios.iter().flat_map(|item| &item.findings))
        .collect();
    let severe = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    Quality {
        criteria: set.criteria.len(),
        scenarios: scenarios.len(),
        stated: count(Origin::Stated),
        derived: count(Origin::Derived),
        proposed: count(Origin::Proposed),
        coverage: Share::of(suite.into_iter().flat_map(|suite| suite.coverage.rows.iter().map(|row| !row.scenarios.is_empty()))),
        evidence: Share::of(quotes().into_iter().map(|said| said.verified)),
        story_numbers: story_numbers(story, texts().map(String::as_str)),
        gherkin: Share::of(parses),
        questions: set.questions.len() + suite.map_or(0, |suite| suite.questions.len()),
        dropped: set.dropped.len() + suite.map_or(0, |suite| suite.dropped.len()),
        errors: severe(Severity::Error),
        warnings: severe(Severity::Warning),
        infos: severe(Severity::Info),
    }
}

fn story_numbers<'a>(story: &Story, texts: impl Iterator<Item = &'a str>) -> Share {
    use std::collections::BTreeSet;
    let numbers = |text: &str| crate::domain::normal::numbers(text);
    // The first line of a Gherkin text holds tags, whose numbers are ids.
    let said: BTreeSet<String> =
        texts.flat_map(|text| text.lines().filter(|line| !line.starts_with('@')).flat_map(numbers).collect::<Vec<_>>()).collect();
    let all: BTreeSet<String> = story.own_parts().flat_map(|part| numbers(&part.text)).collect();
    Share::of(all.iter().map(|number| said.contains(number)))
}
