//! Sentences that only point to where something is written.

use super::lexicon::Lexicon;
use super::outline::Statement;
use super::plain::Plain;

/// Longer sentences say something of their own.
const LONGEST: usize = 14;

/// Whether a statement says nothing but where something is written: "The text is in the [style guide](…)", "See the mock-up".
pub(super) fn is_reference(statement: &Statement<'_>, plain: &Plain<'_>, words: &Lexicon) -> bool {
    let short = statement.text.split_whitespace().count() <= LONGEST;
    let linked = statement.quote.contains("](") || statement.quote.contains("://");
    let sees = plain.after(words.edges.see).is_some() && (linked || statement.text.split_whitespace().count() <= 6);
    short && (sees || (linked && plain.has(words.edges.located) && !plain.has(words.strong)))
}
