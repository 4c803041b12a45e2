//! A result beside its story, made ready for being measured.

use crate::domain::checks::{Judge, Written};
use crate::domain::criterion::{CriteriaSet, Criterion, Testable};
use crate::domain::drafter::{Facts, facts};
use crate::domain::language::Language;
use crate::domain::scenario::{Scenario, Suite};
use crate::domain::story::Story;

/// What is known of a story beforehand, by whoever chose it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The language it is written in.
    pub language: Option<Language>,
    /// Whether it can be tested.
    pub testable: Option<bool>,
}

/// A story and what was written for it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The story as it was read.
    pub story: &'a Story,
    /// Its criteria.
    pub criteria: &'a CriteriaSet,
    /// Its scenarios, where there are any.
    pub suite: Option<&'a Suite>,
    /// What is known beforehand.
    pub expected: Expected,
}

/// See the module.
pub(super) struct Look<'a> {
    pub(super) story: &'a Story,
    pub(super) set: &'a CriteriaSet,
    pub(super) suite: Option<&'a Suite>,
    pub(super) expected: Expected,
    pub(super) facts: Facts,
    pub(super) judge: Judge,
}

impl<'a> Look<'a> {
    pub(super) fn at(subject: &Subject<'a>) -> Self {
        let Subject { story, criteria, suite, expected } = *subject;
        let facts = facts(story);
        // What the story excludes is also read here: a result that saw no exclusion is not measured by its own blindness.
        let exclusions = criteria.out_of_scope.iter().chain(&facts.excluded).cloned().collect();
        Self { story, set: criteria, suite, expected, judge: Judge::new(story, exclusions), facts }
    }

    pub(super) fn criteria(&self) -> &'a [Criterion] {
        &self.set.criteria
    }

    pub(super) fn scenarios(&self) -> &'a [Scenario] {
        self.suite.map_or(&[], |suite| &suite.scenarios)
    }

    /// Criteria and scenarios.
    pub(super) fn items(&self) -> impl Iterator<Item = Written<'a>> {
        let scenarios = self.scenarios().iter().map(Written::Scenario);
        self.criteria().iter().map(Written::Criterion).chain(scenarios)
    }

    /// The Gherkin of each item.
    pub(super) fn gherkin(&self) -> impl Iterator<Item = &'a str> {
        let scenarios = self.scenarios().iter().map(|scenario| scenario.gherkin.as_str());
        self.criteria().iter().map(|criterion| criterion.gherkin.as_str()).chain(scenarios)
    }

    /// Whether scenarios are owed: by what is known of the story, else by what the result itself says about it.
    pub(super) fn owes_scenarios(&self) -> bool {
        self.expected.testable.unwrap_or(self.set.testable != Testable::No)
    }
}

/// All that a scenario says, its title included.
pub(super) fn lines(scenario: &Scenario) -> impl Iterator<Item = &str> {
    let steps = scenario.steps.iter().flat_map(|step| [&step.action, &step.data, &step.expected]);
    let gherkin = scenario.given.iter().chain(&scenario.when).chain(&scenario.then);
    let cells = scenario.examples.rows.iter().flatten();
    let aside = scenario.preconditions.iter();
    std::iter::once(&scenario.title).chain(aside).chain(steps).chain(gherkin).chain(cells).map(String::as_str)
}
