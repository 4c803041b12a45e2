//! Rung 5: the existing test that a scenario says it extends or duplicates is one of the story's. And what code alone says of
//! scenarios and existing tests: which of them read alike.

use super::checked::{Checked as _, Item};
use super::duplicates::Masked;
use super::foreign;
use super::remark::{clip, error, warning};
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::gherkin::{Section, step_text};
use crate::domain::instructions;
use crate::domain::issue_key::IssueKey;
use crate::domain::language::Language;
use crate::domain::normal::{self, Haystack};
use crate::domain::reply::ProposedScenario;
use crate::domain::scenario::{Relation, RelationKind, Scenario};
use crate::domain::story::{ExistingTest, Story};

/// How alike a title or the steps must be for a scenario to be about what an existing test is about.
const RELATED: f64 = 0.6;

/// The existing tests of a story, as scenarios are compared with them.
pub(super) struct ExistingShapes(Vec<Existing>);

struct Existing {
    key: String,
    /// It gives orders to a model, so that nothing may rest on it.
    speaks: bool,
    title: Masked,
    steps: Masked,
}

impl ExistingShapes {
    /// Those that were shown.
    pub(super) fn of(story: &Story) -> Self {
        Self(story.tests.shown.iter().map(|test| Existing::of(test, story.language)).collect())
    }

    /// Whether a scenario may name this test.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.0.iter().any(|test| test.key == key && !test.speaks)
    }

    /// Looks up what a scenario says of itself; one that is called new is compared.
    pub(super) fn check(&self, item: &Item<'_>) -> Option<Finding> {
        let Relation { kind, of, .. } = item.relation?;
        if *kind == RelationKind::New {
            let key = &self.alike(item)?.key;
            let message = format!("It reads like the existing test {key}; see whether it is needed, or call it a duplicate.");
            return Some(warning(FindingCode::DuplicatesTest, message));
        }
        if IssueKey::parse(of).is_err() {
            let message =
                format!("The scenario is said to be \"{kind}\" but names no test; give its key in `of`, or call it new.");
            return Some(error(FindingCode::RelationMissing, message));
        }
        (!self.knows(of)).then(|| {
            let of = clip(of);
            let message = format!("There is no existing test {of} to rest on; name only keys that are shown, or call it new.");
            error(FindingCode::RelationUnknown, message)
        })
    }

    /// How a scenario stands to the existing tests by its words alone.
    fn relation(&self, item: &Item<'_>) -> Relation {
        let duplicate = self.alike(item).map(|test| (RelationKind::Duplicate, test));
        let found = duplicate.or_else(|| self.related(item).map(|test| (RelationKind::Extends, test)));
        found.map_or_else(Relation::default, |(kind, test)| Relation { kind, of: test.key.clone(), why: String::new() })
    }

    /// The first test that reads like a scenario: its title, or its steps.
    fn alike(&self, item: &Item<'_>) -> Option<&Existing> {
        if self.0.is_empty() {
            return None;
        }
        let sides = Sides::of(item);
        self.0.iter().filter(|test| !test.speaks).find(|test| sides.pairs(test).any(|(ours, theirs)| ours.is_same(theirs)))
    }

    /// The test whose title or steps are most like those of a scenario, if they are enough so.
    fn related(&self, item: &Item<'_>) -> Option<&Existing> {
        if self.0.is_empty() {
            return None;
        }
        let sides = Sides::of(item);
        let like = |test: &Existing| sides.pairs(test).map(|(ours, theirs)| ours.likeness(theirs)).fold(0.0, f64::max);
        let scored = self.0.iter().filter(|test| !test.speaks).map(|test| (like(test), test));
        // Of two that are as like, the first.
        let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.filter(|(likeness, _)| *likeness >= RELATED).map(|(_, test)| test)
    }
}

impl Existing {
    fn of(test: &ExistingTest, language: Language) -> Self {
        let lines = test.text.lines().map(|line| bare_step(line, language)).filter(|line| !line.is_empty());
        Self {
            key: test.key.clone(),
            speaks: instructions::in_test(test).is_some(),
            title: Masked::new(normal::text(&test.summary)),
            steps: Masked::new(lines.collect::<Vec<_>>().join(" ")),
        }
    }
}

/// A line of a description as a step is compared: without markup and keyword. What only names a scenario says nothing.
fn bare_step(line: &str, language: Language) -> String {
    let text = normal::text(line);
    if text.starts_with(['@', '#']) || text.starts_with("```") || text.ends_with(':') || is_header(&text) {
        return String::new();
    }
    let bare = |text: String, language| {
        [Section::Given, Section::When, Section::Then]
            .into_iter()
            .fold(text, |text, section| step_text(language, section, &text).into_owned())
    };
    // Many write English keywords around words of their own.
    normal::text(&bare(bare(text, language), Language::English))
}

/// Whether a line opens a feature or a scenario.
fn is_header(text: &str) -> bool {
    text.split_once(':').is_some_and(|(word, _)| ["feature", "scenario", "scenario outline", "background"].contains(&word))
}

/// A scenario as it is compared: by its title, its Gherkin, and its steps for a tester.
struct Sides {
    title: Masked,
    steps: [Masked; 2],
}

impl Sides {
    fn of(item: &Item<'_>) -> Self {
        let joined = |lines: &mut dyn Iterator<Item = &str>| {
            let lines: Vec<String> = lines.map(normal::text).filter(|line| !line.is_empty()).collect();
            Masked::new(lines.join(" "))
        };
        let steps = [joined(&mut item.steps()), joined(&mut item.aside.iter().copied())];
        Self { title: Masked::new(normal::text(item.title)), steps }
    }

    fn pairs<'a>(&'a self, test: &'a Existing) -> impl Iterator<Item = (&'a Masked, &'a Masked)> {
        let title = (&self.title, &test.title);
        let steps = self.steps.iter().map(|steps| (steps, &test.steps));
        [title].into_iter().chain(steps).filter(|(ours, theirs)| !ours.is_tiny() && !theirs.is_tiny())
    }
}

/// Takes away a reason that holds what the story does not say and what acts, or that gives orders to a model. The scenario can do
/// without.
pub(super) fn tidy_reason(relation: &mut Relation, story: &Haystack) {
    if !foreign::is_clean(&relation.why, story) || instructions::speaks_to_a_model(&relation.why) {
        relation.why.clear();
    }
}

/// Notes how each scenario stands to the existing tests, by the words alone.
pub(crate) fn relate(story: &Story, scenarios: &mut [ProposedScenario]) {
    if story.tests.shown.is_empty() {
        return;
    }
    let tests = ExistingShapes::of(story);
    for scenario in scenarios {
        scenario.relation = tests.relation(&Scenario::proposed(scenario).item());
    }
}
