//! A story made ready for looking words up.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use super::markup::{self, Words};
use super::number::{Number, literals, literals_of};
use super::unify::{fold, plain};
use crate::domain::foreign;
use crate::domain::instructions::passages;
use crate::domain::story::Story;

/// The parts of a story, normalised once.
#[derive(Debug)]
pub struct Haystack {
    parts: Vec<Part>,
    /// What speaks to a model: no words of the story.
    told: Vec<Part>,
    /// Addresses, markup and the like, as the story writes them.
    things: Vec<Thing>,
    numbers: BTreeSet<String>,
}

#[derive(Debug)]
struct Thing {
    own: bool,
    text: String,
}

#[derive(Debug)]
struct Part {
    id: String,
    own: bool,
    text: String,
}

impl Haystack {
    /// Normalises every part of a story.
    #[must_use]
    pub fn new(story: &Story) -> Self {
        let mut numbers = BTreeSet::new();
        let mut parts: Vec<Part> = Vec::with_capacity(story.parts.len());
        let (mut told, mut things) = (Vec::new(), Vec::new());
        for part in &story.parts {
            let own = part.kind.is_the_story();
            let passages = passages(&part.text);
            let plain = if passages.is_empty() {
                let plain = plain(&part.text);
                let found = foreign::all(&plain, &[]).into_iter().filter_map(|thing| plain.get(thing.place));
                things.extend(found.map(|thing| Thing { own, text: thing.to_lowercase() }));
                plain
            } else {
                // A part that speaks to a model vouches for nothing that acts.
                told.extend(
                    passages.iter().map(|passage| Part::told(&part.id, part.text.get(passage.clone()).unwrap_or_default())),
                );
                Cow::Owned(plain(&without(&part.text, &passages)).into_owned())
            };
            for number in literals_of(&plain) {
                numbers.extend(number.other.into_iter().flatten().chain([number.canonical]));
            }
            let text = bare(&markup::words_of(&plain));
            parts.push(Part { id: part.id.clone(), own, text });
        }
        parts.sort_by_key(|part| !part.own);
        Self { parts, told, things, numbers }
    }

    /// The part that holds the words of a quotation: the claimed one if it does, else the first that does.
    ///
    /// Pieces around "…" or "[...]" must all stand in one part, in their order.
    #[must_use]
    pub fn find(&self, quote: &str, claimed_source: &str) -> Option<&str> {
        let mut ways = vec![vec![needle(quote)]];
        if quote.contains('…') || quote.contains("...") {
            ways.push(pieces(quote).map(needle).filter(|piece| !piece.is_empty()).collect());
        }
        let claimed = self.parts.iter().filter(|part| part.id == claimed_source.trim());
        let others = self.parts.iter().filter(|part| part.id != claimed_source.trim());
        ways.retain(|way| says_something(way));
        claimed.chain(others).find(|part| ways.iter().any(|way| holds(&part.text, way))).map(|part| part.id.as_str())
    }

    /// The same, in the story's own parts alone.
    #[must_use]
    pub fn find_own(&self, quote: &str, claimed_source: &str) -> Option<&str> {
        let is_own = |id: &&str| self.parts.iter().any(|part| part.own && part.id == *id);
        // They come first, unless another one is claimed.
        self.find(quote, claimed_source).filter(is_own).or_else(|| self.find(quote, "").filter(is_own))
    }

    /// Whether the words stand where the story speaks to a model.
    #[must_use]
    pub fn is_told(&self, quote: &str) -> bool {
        let way = [needle(quote)];
        says_something(&way) && self.told.iter().any(|part| holds(&part.text, &way))
    }

    /// Whether the story or its surroundings hold this address, tag, mention or the like.
    #[must_use]
    pub fn says(&self, thing: &str) -> bool {
        self.things_like(thing).next().is_some()
    }

    /// Whether the story itself does.
    #[must_use]
    pub fn says_itself(&self, thing: &str) -> bool {
        self.things_like(thing).any(|known| known.own)
    }

    /// What is the same, or goes on where an address goes on.
    fn things_like(&self, thing: &str) -> impl Iterator<Item = &Thing> {
        let thing = thing.to_lowercase();
        self.things.iter().filter(move |known| {
            known
                .text
                .strip_prefix(&thing)
                .is_some_and(|rest| rest.is_empty() || (rest.starts_with(['/', '?', '#']) && thing.contains('.')))
        })
    }

    /// Whether the words stand anywhere in the story, however short they are.
    #[must_use]
    pub fn contains_text(&self, words: &str) -> bool {
        let way = [needle(words)];
        self.parts.iter().any(|part| holds(&part.text, &way))
    }

    /// Whether a number, in any spelling, occurs in the story.
    #[must_use]
    pub fn contains_number(&self, number: &str) -> bool {
        literals(number).iter().all(|number| self.has(number))
    }

    /// The numbers of a text that the story does not have, in one spelling.
    #[must_use]
    pub fn missing_numbers(&self, words: &str) -> Vec<String> {
        let missing = literals(words).into_iter().filter(|number| number.sure && !self.has(number));
        missing.map(|number| number.canonical).collect()
    }

    fn has(&self, number: &Number) -> bool {
        self.numbers.contains(&number.canonical)
            || number.other.iter().any(|reading| reading.iter().all(|piece| self.numbers.contains(piece)))
    }
}

impl Part {
    fn told(id: &str, text: &str) -> Self {
        Self { id: id.to_owned(), own: false, text: comparable(text) }
    }
}

/// A text without these passages, which are in order.
fn without(text: &str, passages: &[Range<usize>]) -> String {
    let ends = passages.iter().map(|passage| passage.start).chain([text.len()]);
    let starts = [0].into_iter().chain(passages.iter().map(|passage| passage.end));
    starts.zip(ends).filter_map(|(start, end)| text.get(start..end)).collect()
}

/// Normalised text without quotation marks and without the space that French puts before punctuation.
fn comparable(raw: &str) -> String {
    bare(&markup::words_of(&plain(raw)))
}

/// The words in lower case, one space between them.
fn bare(words: &Words<'_>) -> String {
    let mut out = String::with_capacity(words.size());
    for word in words.iter() {
        if !(out.is_empty() || out.ends_with([' ', '('])) {
            out.push(' ');
        }
        let lower = if is_plain(word) { Cow::Borrowed(word) } else { Cow::Owned(fold(word)) };
        let mut before = None;
        for (at, c) in lower.char_indices() {
            match c {
                '"' => {}
                '\'' => {
                    let after = lower.get(at + 1..).and_then(|rest| rest.chars().next());
                    if before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric) {
                        out.push(c);
                    }
                }
                ':' | ';' | '!' | '?' | '.' | ',' | ')' => {
                    out.truncate(out.trim_end().len());
                    out.push(c);
                }
                'ß' => out.push_str("ss"),
                c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
                c => out.extend(c.to_lowercase()),
            }
            before = Some(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether a word is in its common form but for its capitals.
fn is_plain(word: &str) -> bool {
    word.bytes().all(|byte| matches!(byte, b'!'..=b'~' | 0x80..=0xbf | 0xc3))
}

fn needle(quote: &str) -> String {
    comparable(quote).trim_matches(|c: char| c.is_whitespace() || ".,;:!?".contains(c)).to_owned()
}

/// The pieces of a quotation around its ellipses.
fn pieces(quote: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(quote);
    std::iter::from_fn(move || {
        let text = rest?;
        let marks = ["[...]", "[…]", "(...)", "(…)", "...", "…"];
        let cut = marks
            .into_iter()
            .filter_map(|mark| text.find(mark).map(|at| (at, mark)))
            .min_by_key(|(at, mark)| (*at, usize::MAX - mark.len()));
        let (piece, left) = match cut {
            Some((at, mark)) => (text.get(..at).unwrap_or_default(), text.get(at + mark.len()..)),
            None => (text, None),
        };
        rest = left;
        Some(piece)
    })
}

/// At least two letters, or a number; a letter alone is found in every text.
fn says_something(way: &[String]) -> bool {
    let letters = way.iter().flat_map(|piece| piece.chars()).filter(|c| c.is_alphabetic()).count();
    letters >= 2 || (way.len() == 1 && way.iter().any(|piece| is_number(piece)))
}

fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || " .,%'".contains(c))
}

/// Whether all pieces stand in the text one after the other, each with its words whole.
fn holds(text: &str, pieces: &[String]) -> bool {
    let mut from = 0;
    pieces.iter().all(|piece| match find_words(text, piece, from) {
        Some(end) => {
            from = end;
            true
        }
        None => false,
    })
}

/// Where the first occurrence of `words` at or after `from` ends.
fn find_words(text: &str, words: &str, from: usize) -> Option<usize> {
    let first = words.chars().next()?;
    let last = words.chars().next_back()?;
    let mut from = from;
    loop {
        let start = from + text.get(from..)?.find(words)?;
        let end = start + words.len();
        let before = text.get(..start).unwrap_or_default();
        let after = text.get(end..).unwrap_or_default();
        if !continues(before.chars().rev(), first) && !continues(after.chars(), last) {
            return Some(end);
        }
        from = start + first.len_utf8();
    }
}

/// Whether the word or number that ends in `edge` goes on in what lies beside it.
fn continues(mut beside: impl Iterator<Item = char>, edge: char) -> bool {
    let (next, second) = (beside.next(), beside.next());
    let Some(next) = next else { return false };
    if edge.is_ascii_digit() && matches!(next, '.' | ',') {
        return second.is_some_and(|c| c.is_ascii_digit());
    }
    // Scripts written without spaces have no such edge.
    edge.is_alphanumeric()
        && next.is_alphanumeric()
        && edge < '\u{e00}'
        && next < '\u{e00}'
        && edge.is_ascii_digit() == next.is_ascii_digit()
}
