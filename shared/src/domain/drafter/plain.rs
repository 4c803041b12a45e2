//! Text to search in: folded, with the way back to the original.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use super::lexicon::list::head;
use super::lexicon::{List, list};
use crate::domain::language::{fold, fold_letter};
use crate::domain::normal::{is_plain_line, spaced};

/// A text, its folded form, and for every folded byte the place it came from.
pub(super) struct Plain<'a> {
    /// The text itself.
    pub(super) text: &'a str,
    /// The text as it is compared.
    pub(super) folded: String,
    /// Where each folded byte came from; empty where every byte came from its own place.
    origin: Vec<u32>,
    /// Where words and signs begin, each with its head.
    starts: OnceCell<Vec<(u32, u8)>>,
}

impl<'a> Plain<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        if text.is_ascii() {
            return Self { text, folded: text.to_ascii_lowercase(), origin: Vec::new(), starts: OnceCell::new() };
        }
        let mut folded = String::with_capacity(text.len());
        let mut origin = Vec::with_capacity(text.len() + 1);
        for (at, letter) in text.char_indices() {
            let before = folded.len();
            fold_letter(&mut folded, letter);
            (before..folded.len()).for_each(|_| origin.push(place(at)));
        }
        origin.push(place(text.len()));
        Self { text, folded, origin, starts: OnceCell::new() }
    }

    /// The first of the words, by place, then by length: where it stands in the original.
    pub(super) fn find(&self, words: &List) -> Option<Range<usize>> {
        self.find_from(words, 0)
    }

    /// As [`Plain::find`], from a byte of the original on.
    pub(super) fn find_from(&self, words: &List, from: usize) -> Option<Range<usize>> {
        let from = self.folded_place(from);
        self.starts().iter().filter(|(at, _)| *at >= from).find_map(|(at, head)| {
            let at = *at as usize;
            let length = self.longest(words, *head, at)?;
            Some(self.place(at)..self.place(at + length))
        })
    }

    /// The longest of the words that the text starts with: the original after it.
    pub(super) fn after(&self, words: &List) -> Option<&'a str> {
        let lead = self.lead();
        self.rest(lead + self.longest(words, head(self.folded.as_bytes(), lead), lead)?)
    }

    /// As [`Plain::after`], for the text from a byte of the original on.
    pub(super) fn after_from(&self, words: &List, from: usize) -> Option<&'a str> {
        let tail = self.folded.get(self.folded_place(from) as usize..)?;
        let lead = tail.trim_start();
        let at = self.folded.len() - lead.len();
        let begins = |word: &&str| lead.strip_prefix(*word).is_some_and(|after| ends_before(word, after));
        let length = words.beginning(head(lead.as_bytes(), 0)).filter(begins).map(str::len).max()?;
        self.rest(at + length)
    }

    /// The folded text before a byte of the original.
    pub(super) fn before(&self, original: usize) -> Option<&str> {
        self.folded.get(..self.folded_place(original) as usize)
    }

    /// The original after a word that the text starts with.
    pub(super) fn after_word(&self, word: &str) -> Option<&'a str> {
        let lead = self.lead();
        if self.stands(word, lead) { self.rest(lead + word.len()) } else { None }
    }

    /// Whether one of the words occurs.
    pub(super) fn has(&self, words: &List) -> bool {
        self.starts().iter().any(|(at, head)| self.longest(words, *head, *at as usize).is_some())
    }

    /// The words of the folded text, each with its place in the original.
    pub(super) fn words(&self) -> impl Iterator<Item = (Range<usize>, &str)> {
        words(&self.folded).map(|word| {
            let start = word.as_ptr() as usize - self.folded.as_ptr() as usize;
            (self.place(start)..self.place(start + word.len()), word)
        })
    }

    /// The place in the original of a byte of the folded text.
    pub(super) fn place(&self, folded: usize) -> usize {
        let end = self.text.len();
        if self.origin.is_empty() { folded.min(end) } else { self.origin.get(folded).map_or(end, |at| *at as usize) }
    }

    /// The place in the folded text of a byte of the original.
    fn folded_place(&self, original: usize) -> u32 {
        let original = place(original);
        if self.origin.is_empty() { original } else { place(self.origin.partition_point(|at| *at < original)) }
    }

    fn lead(&self) -> usize {
        self.folded.len() - self.folded.trim_start().len()
    }

    fn rest(&self, folded: usize) -> Option<&'a str> {
        self.text.get(self.place(folded)..).map(str::trim_start)
    }

    /// The length of the longest word of a list that stands at a place with this head.
    fn longest(&self, words: &List, head: u8, at: usize) -> Option<usize> {
        words.beginning(head).filter(|word| self.stands(word, at)).map(str::len).max()
    }

    /// Whether a word stands at a place and is one of its own. An apostrophe at its end joins it to the next one.
    fn stands(&self, word: &str, at: usize) -> bool {
        let inside = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let Some((before, after)) = self.folded.split_at_checked(at) else { return false };
        let Some(after) = after.strip_prefix(word).filter(|_| !word.is_empty()) else { return false };
        let left = !inside(word.chars().next()) || !inside(before.chars().next_back());
        left && ends_before(word, after)
    }

    /// The places where a word can begin: behind what is no letter, and at each sign.
    fn starts(&self) -> &[(u32, u8)] {
        self.starts.get_or_init(|| {
            let bytes = self.folded.as_bytes();
            let mut starts = Vec::with_capacity(bytes.len() / 5 + 1);
            let mut within = false;
            for (at, letter) in self.folded.char_indices() {
                let inside = letter.is_alphanumeric();
                if !(inside && within) && letter != ' ' {
                    starts.push((place(at), head(bytes, at)));
                }
                within = inside;
            }
            starts
        })
    }
}

/// Whether what stands between these two texts is no piece of a longer word.
pub(super) fn is_whole(before: &str, after: &str) -> bool {
    !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
}

/// Whether a word ends before what follows it.
fn ends_before(word: &str, after: &str) -> bool {
    !word.ends_with(char::is_alphanumeric) || !after.starts_with(char::is_alphanumeric)
}

/// A place in a text; none is longer than that.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Words of a folded text.
pub(super) fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Removes what Markdown adds to the words: emphasis, code ticks, links, images, struck-out text.
pub(super) fn without_markup(text: &str) -> Cow<'_, str> {
    let is_markup = |byte: u8| matches!(byte, b'[' | b'!' | b'~' | b'\\' | b'*' | b'`' | b'_');
    if !text.bytes().any(is_markup) {
        return if is_plain_line(text) { Cow::Borrowed(text) } else { Cow::Owned(spaced(text.split_whitespace(), text.len())) };
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_markup) {
        let (before, marked) = rest.split_at_checked(at).unwrap_or_default();
        out.push_str(before);
        rest = marked;
        let Some(letter) = rest.chars().next() else { break };
        if let Some((label, tail)) = link(rest) {
            out.push_str(label);
            rest = tail;
        } else if let Some((_, tail)) = rest.strip_prefix("~~").and_then(|struck| struck.split_once("~~")) {
            rest = tail;
        } else if letter == '\\' && rest.chars().nth(1).is_some_and(|next| next.is_ascii_punctuation()) {
            out.extend(rest.chars().nth(1));
            rest = rest.get(2..).unwrap_or_default();
        } else if matches!(letter, '*' | '`') || (letter == '_' && edge(&out, rest)) {
            rest = rest.get(1..).unwrap_or_default();
        } else {
            out.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Cow::Owned(spaced(out.split_whitespace(), out.len()))
}

/// A text without what Jira puts before it (the mark of a panel or of a decision, a sign), which is no word of the story.
pub(super) fn unmarked(text: &str) -> &str {
    let text = without_sign(text);
    let marked = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    marked.filter(|(mark, _)| MARKS.holds(&fold(mark))).map_or(text, |(_, rest)| rest.trim_start())
}

/// A sentence without the word before it that only leads over from the one before ("Actually, …").
pub(super) fn unfilled(text: &str) -> &str {
    let opened = text.split_once(", ").filter(|(word, _)| word.len() <= 16 && FILLERS.holds(&fold(word)));
    opened.map_or(text, |(_, rest)| rest.trim_start())
}

const FILLERS: &List = list![
    "actually",
    "additionally",
    "also",
    "basically",
    "furthermore",
    "in addition",
    "moreover",
    "of course",
    "de plus",
    "en fait",
    "en outre",
    "par ailleurs",
    "bien sur",
    "ademas",
    "de hecho",
    "bovendien",
    "daarnaast",
    "alem disso",
    "na verdade",
];

/// The same of words as they were written, where the mark may stand in bold letters.
pub(super) fn unmarked_quote(quote: &str) -> &str {
    let text = without_sign(quote);
    let emphasis = |letter: char| matches!(letter, '*' | '_');
    let marked = text.trim_start_matches(emphasis).strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let marked = marked.filter(|(mark, rest)| MARKS.holds(&fold(mark)) && !rest.starts_with('('));
    marked.map_or(text, |(_, rest)| rest.trim_start_matches(emphasis).trim_start())
}

/// A text without the sign before it ("⚠ …").
fn without_sign(text: &str) -> &str {
    text.trim_start_matches(|letter: char| is_sign(letter) || letter.is_whitespace())
}

/// Dashes, bullets, arrows, shapes, dingbats and emoji. Signs of mathematics and of currencies are words.
const fn is_sign(letter: char) -> bool {
    matches!(letter, '\u{200d}' | '\u{2010}'..='\u{2015}' | '\u{2020}'..='\u{2023}' | '\u{2043}' | '·' | '\u{20e3}'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}'
        | '\u{2b00}'..='\u{2bff}' | '\u{fe0f}' | '\u{1f000}'..='\u{1faff}')
}

/// What Jira calls its panels, and what stands before a decision.
const MARKS: &List =
    list!["info", "note", "warning", "success", "error", "tip", "panel", "custom", "decision", "important", "caution"];

/// An underscore at the edge of a word is emphasis, within one it is part of a name.
fn edge(before: &str, rest: &str) -> bool {
    let inside = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    !inside(before.chars().next_back()) || !inside(rest.chars().nth(1))
}

/// `[label](target)` and `![image](target)`: the label (none for an image) and what follows.
fn link(text: &str) -> Option<(&str, &str)> {
    let image = text.starts_with("![");
    let inner = text.strip_prefix("![").or_else(|| text.strip_prefix('['))?;
    // Bounded, because a row of brackets would be read over and over.
    let window = inner.floor_char_boundary(500);
    let (label, tail) = inner.get(..window)?.split_once("](")?;
    if label.contains(['\n', '[']) {
        return None;
    }
    let target = inner.get(window - tail.len()..)?;
    let window = target.floor_char_boundary(2_000);
    let end = target.get(..window)?.find(')')?;
    let rest = target.get(end + 1..)?;
    Some((if image { "" } else { label }, rest))
}
