//! A sentence that is asked many things: what it holds is looked for once.

use std::cell::OnceCell;
use std::ops::Deref;

use super::clause::{self, Clause, tidy};
use super::lexicon::Lexicon;
use super::number::{self, Limit};
use super::plain::Plain;

/// See the module.
pub(super) struct Sentence<'a> {
    plain: Plain<'a>,
    words: &'a Lexicon,
    limits: OnceCell<Vec<Limit>>,
    clause: OnceCell<Clause>,
}

impl<'a> Sentence<'a> {
    pub(super) fn new(text: &'a str, words: &'a Lexicon) -> Self {
        Self { plain: Plain::new(text), words, limits: OnceCell::new(), clause: OnceCell::new() }
    }

    /// The limits it states, in order.
    pub(super) fn limits(&self) -> &[Limit] {
        self.limits.get_or_init(|| number::limits_in(&self.plain, self.words))
    }

    /// Condition and outcome.
    pub(super) fn clause(&self) -> &Clause {
        self.clause.get_or_init(|| {
            let text = tidy(self.plain.text);
            if text.len() == self.plain.text.len() {
                clause::split_plain(&self.plain, self.words)
            } else {
                clause::split(text, self.words)
            }
        })
    }

    /// Whether it states a condition.
    pub(super) fn is_conditional(&self) -> bool {
        self.clause().condition.is_some()
    }
}

impl<'a> Deref for Sentence<'a> {
    type Target = Plain<'a>;

    fn deref(&self) -> &Plain<'a> {
        &self.plain
    }
}
