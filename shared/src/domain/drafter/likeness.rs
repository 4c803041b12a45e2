//! What statements have to do with each other: a lead and its items, two that say the same.

use std::collections::BTreeSet;

use super::clause;
use super::lexicon::Lexicon;
use super::outline::Statement;
use super::plain::{Plain, words as split_words};
use crate::domain::evidence::Evidence;
use crate::domain::language::fold;
use crate::domain::normal::numbers;

/// The words of a statement as evidence.
pub(super) fn evidence(statement: &Statement<'_>) -> Evidence {
    Evidence { source: statement.part.to_owned(), quote: statement.quote.to_owned() }
}

/// "Ensure the requester is able to:" and "- can create" as one sentence.
pub(super) fn joined(lead: &str, item: &str, words: &Lexicon) -> String {
    let lead = Plain::new(lead).after(words.ensure).unwrap_or(lead);
    let item = Plain::new(item).after(words.and).unwrap_or(item);
    // "The requester is able to:" and "can edit": the item brings its own verb.
    if Plain::new(item).after(words.may).is_some()
        && let Some(subject) = Plain::new(lead).find(words.may).and_then(|hit| lead.get(..hit.start))
    {
        return format!("{} {item}", subject.trim());
    }
    format!("{}: {}", clause::tidy(lead), item)
}

/// The longer words of a sentence and its numbers, to compare it with many.
pub(super) struct Gist {
    words: BTreeSet<String>,
    numbers: BTreeSet<String>,
}

impl Gist {
    pub(super) fn of(text: &str) -> Self {
        let words = split_words(&fold(text)).filter(|word| word.chars().count() > 3).map(str::to_owned).collect();
        Self { words, numbers: numbers(text).into_iter().collect() }
    }

    /// Whether two sentences share a word.
    pub(super) fn shares(&self, other: &Self) -> bool {
        !self.words.is_disjoint(&other.words)
    }

    /// Whether two sentences share most of their words, and this one has the numbers of the other.
    pub(super) fn says(&self, other: &Self) -> bool {
        let shared = self.words.intersection(&other.words).count();
        shared * 2 > self.words.len().min(other.words.len()) && other.numbers.is_subset(&self.numbers)
    }
}
