//! Rung 10: nothing before an item says the same.
//!
//! Likeness of letters alone would call "is shown" and "is hidden" the same in a long sentence, and lose the second. So two
//! items are the same only if each section is alike *and* neither a negation nor a word of each side's own tells them apart.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::akin::{akin, is_negation, jaccard, trigrams, words};
use super::checked::Item;
use super::form::placeholders;
use super::remark::{clip, error};
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::normal::{Haystack, quoted_strings, text};

/// How alike two sections must be.
pub(super) const ALIKE: f64 = 0.8;
/// Items with fewer runs of three characters are too short to be judged.
const TINY: usize = 6;

/// An item as it is compared: sample data masked, the story's own numbers kept. What is not asked for is not masked.
pub(super) struct Shape<'a> {
    story: &'a Haystack,
    keep_numbers: bool,
    sections: [Section; 3],
}

struct Section {
    steps: Vec<String>,
    masked: OnceCell<Masked>,
}

/// A text as it is compared with another.
pub(super) struct Masked {
    text: String,
    /// Bits of the runs of three characters: what cannot be alike is told apart by them, without looking at the runs.
    sketch: u128,
    trigrams: OnceCell<Vec<u64>>,
    words: OnceCell<BTreeSet<String>>,
}

impl<'a> Shape<'a> {
    /// The shape of an item.
    pub(super) fn of(item: &Item<'_>, story: &'a Haystack) -> Self {
        let sections = [item.given, item.when, item.then].map(|steps| Section { steps: steps.to_vec(), masked: OnceCell::new() });
        Self { story, keep_numbers: item.about_limits, sections }
    }

    /// Whether two items say the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let pairs = || self.sections.iter().zip(&other.sections);
        let alike =
            pairs().all(|(left, right)| self.are_equal(left, other, right) || self.masked(left).may_be_same(other.masked(right)));
        alike
            && self.sections.iter().map(|section| self.masked(section).trigrams().len()).sum::<usize>() >= TINY
            && pairs().all(|(left, right)| self.masked(left).is_same(other.masked(right)))
    }

    /// Whether two sections are the same before anything is masked.
    fn are_equal(&self, left: &Section, other: &Self, right: &Section) -> bool {
        self.keep_numbers == other.keep_numbers && left.steps == right.steps
    }

    fn masked<'s>(&self, section: &'s Section) -> &'s Masked {
        section.masked.get_or_init(|| {
            let steps: Vec<String> = section.steps.iter().map(|step| masked(step, self.story, self.keep_numbers)).collect();
            Masked::new(steps.join(" "))
        })
    }
}

impl Masked {
    /// Of a text whose samples are masked.
    pub(super) fn new(text: String) -> Self {
        // Of 128 bits one for each run, by its remainder.
        let sketch = trigrams(&text).fold(0, |bits: u128, run| bits | 1 << (run.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57));
        Self { text, sketch, trigrams: OnceCell::new(), words: OnceCell::new() }
    }

    fn trigrams(&self) -> &[u64] {
        self.trigrams.get_or_init(|| {
            let mut all: Vec<u64> = trigrams(&self.text).collect();
            all.sort_unstable();
            all.dedup();
            all
        })
    }

    fn words(&self) -> &BTreeSet<String> {
        self.words.get_or_init(|| words(&self.text).map(str::to_owned).collect())
    }

    /// Whether the sketches leave it open that two sections are alike: each bit that only one has is a run that only one has.
    fn may_be_same(&self, other: &Self) -> bool {
        let apart = f64::from((self.sketch ^ other.sketch).count_ones());
        let most = self.text.len().min(other.text.len()) as f64;
        self.text == other.text || apart * ALIKE <= most * (1.0 - ALIKE) + f64::EPSILON * most
    }

    /// Whether a text is too short to be judged.
    pub(super) fn is_tiny(&self) -> bool {
        self.trigrams().len() < TINY
    }

    /// How alike two texts are by their letters, from 0 to 1.
    pub(super) fn likeness(&self, other: &Self) -> f64 {
        jaccard(self.trigrams(), other.trigrams())
    }

    /// Whether two texts say the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        if self.text == other.text {
            return true;
        }
        let (words, others) = (self.words(), other.words());
        let own: Vec<&String> = words.difference(others).collect();
        let theirs: Vec<&String> = others.difference(words).collect();
        let foreign =
            |words: &[&String], others: &[&String]| words.iter().any(|word| !others.iter().any(|other| akin(word, other)));
        let negated = own.iter().chain(&theirs).any(|word| is_negation(word));
        let apart = foreign(&own, &theirs) && foreign(&theirs, &own);
        !negated && !apart && self.likeness(other) >= ALIKE
    }
}

/// What a person reads about the later of two items.
pub(super) fn finding(kept: &Item<'_>) -> Finding {
    error(FindingCode::Duplicate, format!("It says the same as {}; that one is kept.", clip(kept.title)))
}

/// A step with its samples masked, and its numbers where the story does not have them.
pub(super) fn masked(step: &str, story: &Haystack, keep_numbers: bool) -> String {
    let mut plain = Cow::Borrowed(step);
    for name in placeholders(step) {
        plain = Cow::Owned(plain.replace(&format!("<{name}>"), "#"));
    }
    for sample in quoted_strings(&plain).iter().filter(|sample| !story.contains_text(sample)) {
        plain = Cow::Owned(plain.replace(sample.as_str(), "#"));
    }
    let plain = text(&plain);
    if keep_numbers || !plain.contains(|c: char| c.is_ascii_digit()) {
        return plain;
    }
    let mut out = String::with_capacity(plain.len());
    let mut rest = plain.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, after) = rest.split_at(at);
        let length = after.find(|c: char| !c.is_ascii_digit() && !".,".contains(c)).unwrap_or(after.len());
        let (number, left) = after.split_at(length);
        out.push_str(before);
        out.push_str(if story.contains_number(number.trim_end_matches(['.', ','])) { number } else { "#" });
        rest = left;
    }
    out + rest
}
