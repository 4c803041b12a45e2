//! Rung 1: a title, steps, nothing too long, a table that fits its steps.

use super::checked::Item;
use super::remark::{clip, error, warning};
use crate::domain::finding::{Finding, FindingCode::Malformed};
use crate::domain::normal::Haystack;

const TITLE: usize = 200;
const STEP: usize = 1_000;
const STEPS: usize = 30;
const COLUMNS: usize = 12;
const ROWS: usize = 60;

/// Marks of a draft that was never finished.
const DRAFT_MARKS: &[&str] = &["TODO", "TBD", "FIXME", "lorem ipsum", "???", "{{"];

/// Looks at titles, steps and tables alone.
pub(super) fn check(item: &Item<'_>, story: &Haystack) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !item.title.chars().any(char::is_alphanumeric) {
        findings.push(error(Malformed, "The item has no title; say in one line what it is about."));
    }
    if item.title.chars().count() > TITLE {
        findings.push(error(Malformed, format!("The title {} is longer than {TITLE} characters; shorten it.", clip(item.title))));
    }
    if [item.given, item.when, item.then].iter().any(|steps| steps.len() > STEPS) {
        findings.push(error(Malformed, format!("There are more than {STEPS} steps of one kind; split the item.")));
    }
    for text in item.steps().chain(item.aside.iter().copied()).chain(item.cells()).filter(|text| text.chars().count() > STEP) {
        findings.push(error(Malformed, format!("The step {} is longer than {STEP} characters; shorten it.", clip(text))));
    }
    findings.extend(table(item));
    let said = || [item.title].into_iter().chain(item.steps());
    let marks = if said().any(holds_a_mark) { DRAFT_MARKS } else { &[] };
    for mark in marks.iter().filter(|mark| said().any(|text| text.contains(**mark)) && !story.contains_text(mark)) {
        findings.push(error(Malformed, format!("The item still holds the draft mark {mark}; write it out or leave it out.")));
    }
    findings
}

/// Whether a text holds a mark, in one look at each byte.
fn holds_a_mark(text: &str) -> bool {
    let opens = |byte: u8| DRAFT_MARKS.iter().any(|mark| mark.as_bytes().first() == Some(&byte));
    let begins = |at: usize| text.get(at..).is_some_and(|rest| DRAFT_MARKS.iter().any(|mark| rest.starts_with(mark)));
    text.bytes().enumerate().any(|(at, byte)| opens(byte) && begins(at))
}

fn table(item: &Item<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (header, rows) = (&item.examples.header, &item.examples.rows);
    if header.is_empty() && rows.is_empty() {
        return findings;
    }
    if header.is_empty() || rows.is_empty() {
        findings.push(error(Malformed, "The examples lack a header or rows; give both or leave both empty."));
        return findings;
    }
    if header.len() > COLUMNS || rows.len() > ROWS {
        findings
            .push(error(Malformed, format!("The examples are larger than {COLUMNS} columns and {ROWS} rows; split the item.")));
    }
    if header.iter().enumerate().any(|(at, name)| name.is_empty() || header.iter().take(at).any(|other| other == name)) {
        findings.push(error(Malformed, "A column of the examples has no name or the name of another; name each differently."));
    }
    if rows.iter().any(|row| row.len() != header.len()) {
        findings
            .push(error(Malformed, "A row of the examples is not as wide as the header; give each row a cell for each column."));
    }
    for name in item.steps().flat_map(placeholders).filter(|name| !header.iter().any(|column| column == name)) {
        findings.push(error(
            Malformed,
            format!("The steps use <{}>, which is no column of the examples; add it.", super::remark::cut(name, 40)),
        ));
    }
    for name in header.iter().filter(|name| !item.steps().chain([item.title]).any(|step| step.contains(&format!("<{name}>")))) {
        findings.push(warning(Malformed, format!("No step uses the column {} of the examples.", clip(name))));
    }
    findings
}

/// The names in angle brackets; "a < b and c > d" has none.
pub(super) fn placeholders(step: &str) -> impl Iterator<Item = &str> {
    let candidates = step.split('<').skip(1).filter_map(|after| after.split_once('>').map(|(name, _)| name));
    candidates.filter(|name| name.starts_with(char::is_alphabetic) && !name.contains(['/', '=']) && name.trim() == *name)
}
