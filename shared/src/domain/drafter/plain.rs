//! Text to search in: folded, with the way back to the original.

use std::ops::Range;

use crate::domain::language::fold;

/// A text, its folded form, and for every folded byte the place it came from.
pub(super) struct Plain<'a> {
    /// The text itself.
    pub(super) text: &'a str,
    /// The text as it is compared.
    pub(super) folded: String,
    origin: Vec<usize>,
}

impl<'a> Plain<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut folded = String::with_capacity(text.len());
        let mut origin = Vec::with_capacity(text.len() + 1);
        let mut buffer = [0; 4];
        for (at, letter) in text.char_indices() {
            let before = folded.len();
            if letter.is_ascii() {
                folded.push(letter.to_ascii_lowercase());
            } else {
                folded.push_str(&fold(letter.encode_utf8(&mut buffer)));
            }
            origin.resize(origin.len() + folded.len() - before, at);
        }
        origin.push(text.len());
        Self { text, folded, origin }
    }

    /// The first of the words, by place, then by length: where it stands in the original.
    pub(super) fn find(&self, words: &[&str]) -> Option<Range<usize>> {
        self.find_from(words, 0)
    }

    /// As [`Plain::find`], from a byte of the original on.
    pub(super) fn find_from(&self, words: &[&str], from: usize) -> Option<Range<usize>> {
        let start = self.origin.partition_point(|at| *at < from);
        let mut best: Option<Range<usize>> = None;
        for word in words.iter().filter(|word| !word.is_empty()) {
            let hit = self.folded.get(start..).into_iter().flat_map(|tail| tail.match_indices(*word)).find_map(|(at, _)| {
                let (begin, end) = (start + at, start + at + word.len());
                self.bounded(begin, end).then_some(begin..end)
            });
            if let Some(hit) = hit
                && best.as_ref().is_none_or(|best| hit.start < best.start || (hit.start == best.start && hit.end > best.end))
            {
                best = Some(hit);
            }
        }
        best.map(|hit| self.back(&hit))
    }

    /// The longest of the words that the text starts with: the original after it.
    pub(super) fn after(&self, words: &[&str]) -> Option<&'a str> {
        let lead = self.folded.len() - self.folded.trim_start().len();
        let length = words
            .iter()
            .filter(|word| {
                self.folded.get(lead..).is_some_and(|text| text.starts_with(**word)) && self.bounded(lead, lead + word.len())
            })
            .map(|word| word.len())
            .max()?;
        let end = self.origin.get(lead + length).copied()?;
        self.text.get(end..).map(str::trim_start)
    }

    /// Whether one of the words occurs.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        self.find(words).is_some()
    }

    /// The place in the original of a byte of the folded text.
    pub(super) fn place(&self, folded: usize) -> usize {
        self.origin.get(folded).copied().unwrap_or(self.text.len())
    }

    fn back(&self, hit: &Range<usize>) -> Range<usize> {
        let end = self.text.len();
        self.origin.get(hit.start).copied().unwrap_or(end)..self.origin.get(hit.end).copied().unwrap_or(end)
    }

    /// Whether a hit begins and ends with a word of its own. An apostrophe at its end joins it to the next one.
    fn bounded(&self, begin: usize, end: usize) -> bool {
        let inside = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let (Some(before), Some(hit), Some(after)) =
            (self.folded.get(..begin), self.folded.get(begin..end), self.folded.get(end..))
        else {
            return false;
        };
        let left = !inside(hit.chars().next()) || !inside(before.chars().next_back());
        let right = !inside(hit.chars().next_back()) || !inside(after.chars().next());
        left && right
    }
}

/// Words of a folded text.
pub(super) fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Removes what Markdown adds to the words: emphasis, code ticks, links, images, struck-out text.
pub(super) fn without_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
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
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text without what Jira puts before it (the mark of a panel or of a decision, a sign), which is no word of the story.
pub(super) fn unmarked(text: &str) -> &str {
    let sign = |letter: char| !letter.is_ascii() && !letter.is_alphanumeric() && !"«“„¿¡‹€£".contains(letter);
    let text = text.trim_start_matches(|letter: char| sign(letter) || letter.is_whitespace());
    let marked = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    marked.filter(|(mark, _)| MARKS.contains(&fold(mark).as_str())).map_or(text, |(_, rest)| rest.trim_start())
}

/// What Jira calls its panels, and what stands before a decision.
const MARKS: &[&str] =
    &["info", "note", "warning", "success", "error", "tip", "panel", "custom", "decision", "important", "caution"];

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
