//! Passages of a story that speak to a language model and not to a reader: "ignore all previous instructions".
//!
//! A story is data, whoever wrote it. What speaks to a model is told to the reviewer, and nothing may rest on it. Found by the
//! words of [`words`], so not always found: what is let through is judged by the checks like everything else.

mod words;

#[cfg(test)]
mod tests;

use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::language::fold_letter;
use super::normal::is_invisible;
use super::story::{ExistingTest, Part, Story};
use words::{MARKS, ORDERS, STEMS};

/// How far before and after its first word an order is read on.
const BEFORE: usize = 100;
const AFTER: usize = 160;

/// Shorter runs of Base64 hold no order.
const SHORTEST_CODE: usize = 32;

/// The passages of a text that speak to a model, in order: from the sentence that does to the end of its line.
#[must_use]
pub fn passages(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    if !may_speak(text) {
        return found;
    }
    let mut open: Option<Range<usize>> = None;
    for line in lines(text) {
        let whole = text.get(line.clone()).unwrap_or_default();
        let told = sentences(whole).find(|sentence| speaks_to_a_model(whole.get(sentence.clone()).unwrap_or_default()));
        // An order may be broken in the middle.
        let broken = open
            .take()
            .filter(|_| told.is_none())
            .filter(|before| text.get(before.start..line.end).is_some_and(speaks_to_a_model));
        match (told, broken) {
            (Some(sentence), _) => found.push(line.start + sentence.start..line.end),
            (None, Some(before)) => found.push(before.start..line.end),
            (None, None) => {
                let last = sentences(whole).last().map(|sentence| line.start + sentence.start..line.end);
                open = last.filter(|_| !whole.trim_end().ends_with(['.', '!', '?']) && !whole.trim().is_empty());
            }
        }
    }
    found
}

/// Whether a sentence speaks to a model.
#[must_use]
pub fn speaks_to_a_model(sentence: &str) -> bool {
    let bare = bare(sentence);
    if !STEMS.iter().any(|stem| bare.contains(stem)) {
        return hides_an_order(sentence);
    }
    MARKS.iter().any(|mark| bare.contains(mark)) || ORDERS.iter().any(|order| gives(&bare, order)) || hides_an_order(sentence)
}

/// Where a story speaks to a model: the handle of a part, `labels`, or the key of an existing test, and the words.
pub fn in_story(story: &Story) -> impl Iterator<Item = (&str, &str)> {
    let of_part = |part: &'_ Part| passages(&part.text).into_iter().next();
    let parts = story.parts.iter().filter_map(move |part| Some((part.id.as_str(), part.text.get(of_part(part)?)?)));
    let labels = story.labels.iter().filter(|label| speaks_to_a_model(&label.replace('-', " ")));
    let tests = story.tests.shown.iter().filter_map(|test| Some((test.key.as_str(), in_test(test)?)));
    parts.chain(labels.map(|label| ("labels", label.as_str()))).chain(tests)
}

/// Where an existing test speaks to a model.
#[must_use]
pub fn in_test(test: &ExistingTest) -> Option<&str> {
    [&test.summary, &test.text].into_iter().find_map(|text| text.get(passages(text).into_iter().next()?))
}

/// Whether a text may hold such a passage, at a glance.
fn may_speak(text: &str) -> bool {
    let bare = bare(text);
    STEMS.iter().any(|stem| bare.contains(stem)) || codes(text).next().is_some()
}

/// Whether a text gives an order: one of its first words, and near it one of each other group.
fn gives(bare: &str, order: &[&[&str]]) -> bool {
    let Some((opening, others)) = order.split_first() else { return false };
    opening.iter().any(|word| {
        starts(bare, word).any(|at| {
            let near = around(bare, at.saturating_sub(BEFORE), at + AFTER);
            others.iter().all(|group| group.iter().any(|word| starts(near, word).next().is_some()))
        })
    })
}

/// Where a word begins in a text, at the beginning of a word of the text.
fn starts<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let begins = |at: usize| !text.get(..at).unwrap_or_default().ends_with(char::is_alphanumeric);
    text.match_indices(word).map(|(at, _)| at).filter(move |at| begins(*at))
}

/// The text between two places, moved outwards to where characters begin.
fn around(text: &str, from: usize, to: usize) -> &str {
    let from = (0..=from).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let to = (to.min(text.len())..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text.get(from..to).unwrap_or_default()
}

/// Lower case without accents, emphasis and what cannot be seen, single spaces, and Latin letters for those that only look so.
fn bare(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' | '`' | '~' => {}
            c if c.is_whitespace() || c == '_' => {
                if !bare.ends_with(' ') {
                    bare.push(' ');
                }
            }
            c if is_invisible(c) => {}
            c => fold_letter(&mut bare, latin(c)),
        }
    }
    bare
}

/// The Latin letter that a Cyrillic or Greek one is mistaken for.
const fn latin(c: char) -> char {
    match c {
        'а' | 'А' | 'α' | 'Α' => 'a',
        'е' | 'Е' | 'ё' | 'Ε' => 'e',
        'о' | 'О' | 'ο' | 'Ο' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' => 'p',
        'с' | 'С' | 'ϲ' => 'c',
        'у' | 'У' | 'γ' | 'Υ' => 'y',
        'х' | 'Х' | 'χ' | 'Χ' => 'x',
        'і' | 'І' | 'ι' | 'Ι' => 'i',
        'ѕ' | 'Ѕ' => 's',
        'ј' | 'Ј' => 'j',
        'ԁ' => 'd',
        'ո' => 'n',
        'т' | 'Т' | 'τ' | 'Τ' => 't',
        'м' | 'М' | 'Μ' => 'm',
        'н' | 'Н' | 'Η' => 'h',
        'В' | 'Β' => 'b',
        'К' | 'к' | 'κ' | 'Κ' => 'k',
        'ν' | 'ѵ' => 'v',
        other => other,
    }
}

/// The lines of a text, without their ends.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some(start..start + line.trim_end_matches(['\n', '\r']).len())
    })
}

/// The sentences of a line.
fn sentences(line: &str) -> impl Iterator<Item = Range<usize>> {
    let ends = line.match_indices(['.', '!', '?']).map(|(at, _)| at + 1);
    let ends = ends.filter(|end| line.get(*end..).is_some_and(|rest| rest.starts_with(char::is_whitespace)));
    ends.chain([line.len()]).scan(0, |from, end| {
        let start = std::mem::replace(from, end);
        Some(start..end)
    })
}

/// Whether a run of Base64 in a text is such an order.
fn hides_an_order(text: &str) -> bool {
    let orders = codes(text).filter_map(|code| {
        let plain = code.replace('-', "+").replace('_', "/");
        String::from_utf8(LENIENT.decode(plain).ok()?).ok()
    });
    orders.into_iter().any(|order| {
        let bare = bare(&order);
        ORDERS.iter().any(|order| gives(&bare, order))
    })
}

/// The runs of a text that may be Base64.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    let runs = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_')));
    runs.filter(|run| run.len() >= SHORTEST_CODE)
}

/// Whoever hides an order may have left out the end of it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
