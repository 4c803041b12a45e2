//! Rung 7: numbers and quoted texts of a stated item are in the story.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::checked::Item;
use super::form::placeholders;
use super::remark::{clip, cut, error};
use crate::domain::evidence::Origin;
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::normal::{Haystack, quoted_strings};

/// Looks for what a stated item says and the story does not.
pub(super) fn check(item: &Item<'_>, story: &Haystack) -> Vec<Finding> {
    if item.origin != Origin::Stated {
        return Vec::new();
    }
    let (mut numbers, mut texts) = (BTreeSet::new(), BTreeSet::new());
    for bare in lines(item) {
        numbers.extend(story.missing_numbers(&bare));
        texts.extend(quoted_strings(&bare).into_iter().filter(|text| !stands_in(story, text)));
    }
    let numbers = numbers.iter().map(|number| {
        let message =
            format!("The number {} is not in the story; use the story's, or call the item derived or proposed.", cut(number, 40));
        error(FindingCode::NumberNotInStory, message)
    });
    let texts = texts.iter().map(|text| {
        let message =
            format!("The quoted text {} is not in the story; use the story's words without quotation marks.", clip(text));
        error(FindingCode::TextNotInStory, message)
    });
    numbers.chain(texts).collect()
}

/// All that an item says, each line once and without placeholders.
pub(super) fn lines<'a>(item: &Item<'a>) -> Vec<Cow<'a, str>> {
    let lines = [item.title].into_iter().chain(item.steps()).chain(item.cells()).chain(item.aside.iter().copied());
    // The steps for a tester mostly repeat those of the scenario.
    let mut seen: Vec<&str> = Vec::new();
    for line in lines {
        if !seen.contains(&line) {
            seen.push(line);
        }
    }
    seen.into_iter().map(without_placeholders).collect()
}

/// The pieces of a quoted text between placeholders, all in the story.
pub(super) fn stands_in(story: &Haystack, quoted: &str) -> bool {
    let pieces = quoted.split(MARK).map(str::trim).filter(|piece| piece.chars().any(char::is_alphanumeric));
    pieces.into_iter().all(|piece| story.contains_text(piece))
}

/// Stands where a placeholder was; no text that was tidied holds it.
const MARK: char = '\u{1}';

fn without_placeholders(line: &str) -> Cow<'_, str> {
    let mut bare = Cow::Borrowed(line);
    for name in placeholders(line) {
        bare = Cow::Owned(bare.replace(&format!("<{name}>"), &MARK.to_string()));
    }
    bare
}
