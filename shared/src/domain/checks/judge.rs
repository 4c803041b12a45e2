//! The rungs, asked again about an item that stands. What the item says about itself counts for nothing here: measures are
//! taken from the words alone.

use std::collections::BTreeSet;

use super::akin::{is_negation, jaccard, trigrams, words};
use super::checked::{Checked as _, Item};
use super::duplicates::{ALIKE, masked};
use super::remark::has_error;
use super::scope::{self, Exclusion};
use super::{form, literals};
use crate::domain::criterion::Criterion;
use crate::domain::evidence::Evidence;
use crate::domain::normal::{Haystack, numbers, quoted_strings};
use crate::domain::scenario::Scenario;
use crate::domain::story::Story;

/// An item of a result.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Written<'a> {
    /// A criterion.
    Criterion(&'a Criterion),
    /// A scenario.
    Scenario(&'a Scenario),
}

impl<'a> Written<'a> {
    fn item(self) -> Item<'a> {
        match self {
            Self::Criterion(criterion) => criterion.item(),
            Self::Scenario(scenario) => scenario.item(),
        }
    }
}

/// What is needed to judge the items of one story.
pub(crate) struct Judge {
    story: Haystack,
    exclusions: Vec<Exclusion>,
}

/// Numbers and quoted texts of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Literals {
    /// Those that the story has.
    pub(crate) found: usize,
    /// All, each once.
    pub(crate) all: usize,
}

/// An item as it is compared with others.
#[derive(Debug)]
pub(crate) struct Likeness {
    /// The runs of three characters of each section, sorted.
    sections: [Vec<u64>; 3],
    numbers: BTreeSet<String>,
    negations: usize,
}

impl Judge {
    /// For a story, with what it excludes; exclusions that are not its own words do not count.
    pub(crate) fn new(story: &Story, exclusions: Vec<Evidence>) -> Self {
        let story = Haystack::new(story);
        let (verified, _) = scope::verified(exclusions, &story);
        Self { exclusions: scope::exclusions(&verified), story }
    }

    /// The story's words.
    pub(crate) fn story(&self) -> &Haystack {
        &self.story
    }

    /// Whether the story excludes anything.
    pub(crate) fn knows_exclusions(&self) -> bool {
        !self.exclusions.is_empty()
    }

    /// Whether an item has a title, steps that fit and a table that fits them.
    pub(crate) fn is_well_formed(&self, written: Written<'_>) -> bool {
        !has_error(&form::check(&written.item(), &self.story))
    }

    /// Whether the story puts an item out of scope.
    pub(crate) fn is_excluded(&self, written: Written<'_>) -> bool {
        has_error(&scope::check(&written.item(), &self.exclusions))
    }

    /// What an item says that must not be made up.
    pub(crate) fn literals(&self, written: Written<'_>) -> Literals {
        let (mut all, mut missing) = (BTreeSet::new(), BTreeSet::new());
        for line in literals::lines(&written.item()) {
            all.extend(numbers(&line).into_iter().chain(quoted_strings(&line)));
            missing.extend(self.story.missing_numbers(&line));
            missing.extend(quoted_strings(&line).into_iter().filter(|quoted| !literals::stands_in(&self.story, quoted)));
        }
        Literals { found: all.difference(&missing).count(), all: all.len() }
    }

    /// An item as it is compared: its steps, samples masked.
    pub(crate) fn likeness(&self, written: Written<'_>) -> Likeness {
        let item = written.item();
        let sections = [item.given, item.when, item.then].map(|steps| {
            let steps: Vec<String> = steps.iter().map(|step| masked(step, &self.story, true)).collect();
            steps.join(" ")
        });
        let said = sections.iter().map(String::as_str).chain(item.cells());
        let numbers = said.flat_map(numbers).collect();
        let negations = sections.iter().flat_map(|section| words(section)).filter(|word| is_negation(word)).count();
        Likeness { sections: sections.map(|section| runs_of_three(&section)), numbers, negations }
    }
}

impl Likeness {
    /// Whether two items read alike, section by section, and neither a number nor a negation tells them apart.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        let mut pairs = self.sections.iter().zip(&other.sections);
        self.numbers == other.numbers
            && self.negations == other.negations
            && pairs.all(|(one, other)| one == other || jaccard(one, other) >= ALIKE)
    }
}

fn runs_of_three(text: &str) -> Vec<u64> {
    let mut runs: Vec<u64> = trigrams(text).collect();
    runs.sort_unstable();
    runs.dedup();
    runs
}
