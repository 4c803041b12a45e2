//! Things in a text that do something where the text is shown, or lead elsewhere: addresses, markup, mentions, secrets.
//!
//! Nobody may write them into a result but the story itself. They are looked for in the text as it is compared (NFKC, nothing
//! invisible), so that no spelling hides them.
//!
//! * [`address`]: web and mail addresses; [`markup`]: HTML, Markdown links, wiki macros and mentions; [`secret`]: keys and tokens

mod address;
mod markup;
mod secret;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use super::normal;

/// What a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A web address.
    Url,
    /// An e-mail address.
    Email,
    /// An HTML tag.
    Html,
    /// A Markdown link or image.
    Link,
    /// A mention of a person.
    Mention,
    /// A wiki macro.
    Macro,
    /// What looks like a key, a token or encoded data.
    Secret,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in the text that was looked at.
    pub place: Range<usize>,
}

/// The text as it is looked at.
#[must_use]
pub fn readable(text: &str) -> Cow<'_, str> {
    normal::plain(text)
}

/// Everything of the kind in a [`readable`] text, in order; `names` are the placeholders that it may hold.
#[must_use]
pub fn find(text: &str, names: &[String]) -> Vec<Foreign> {
    let mut found = all(text, names);
    found.sort_by_key(|foreign| (foreign.place.start, std::cmp::Reverse(foreign.place.end)));
    // What stands within another, or reaches into it, is part of it.
    found.dedup_by(|next, before| {
        let joined = next.place.start < before.place.end;
        before.place.end = if joined { before.place.end.max(next.place.end) } else { before.place.end };
        joined
    });
    found
}

/// The same with everything that stands within another: what a text vouches for.
#[must_use]
pub fn all(text: &str, names: &[String]) -> Vec<Foreign> {
    let mut found = Vec::new();
    if may_hold(text) {
        markup::find(text, names, &mut found);
        address::find(text, &mut found);
        secret::find(text, &mut found);
    }
    found
}

/// What looks like a secret by its form alone: what a reviewer should know of a story.
#[must_use]
pub fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    secret::known(text, &mut found);
    found.into_iter().map(|foreign: Foreign| foreign.place).collect()
}

/// Whether a text may hold anything of the kind, in one look at each byte: most texts do not.
fn may_hold(text: &str) -> bool {
    let mut run = 0_usize;
    text.bytes().any(|byte| {
        run = if byte.is_ascii_alphanumeric() { run + 1 } else { 0 };
        matches!(byte, b'<' | b'[' | b'{' | b'@' | b':' | b'/' | b'.' | b'_' | b'-') || run >= secret::SHORTEST_KEY
    })
}

/// The text from a place on, as far as anything of the kind may reach: texts that are made to be slow to read are not.
fn from(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = (LONGEST.min(rest.len())..=rest.len()).find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

/// Longer things are found by their beginning.
const LONGEST: usize = 2_000;

/// Whether no word or number reaches into this place.
fn at_word(text: &str, at: usize) -> bool {
    !text.get(..at).unwrap_or_default().ends_with(char::is_alphanumeric)
}

/// How many bytes of a text are of this sort.
fn span(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}
