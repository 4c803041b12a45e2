//! Ids that stay: an item that did not change keeps its id, and a number once given never names something else.

use std::collections::BTreeSet;

use super::checked::Checked;
use crate::domain::criterion::Question;
use crate::domain::normal;

/// An id in our spelling: `ac1`, `AC 01` and `@AC-1` are `AC-1`; what is no id stays as it is.
pub(super) fn spelled(raw: &str) -> String {
    let plain = raw.trim().trim_start_matches('@').trim_matches(['[', ']', '(', ')', '.', ':']);
    let digits = plain.trim_start_matches(|c: char| !c.is_ascii_digit());
    let letters = plain.get(..plain.len() - digits.len()).unwrap_or_default().trim_end_matches(['-', '_', ' ', '#']);
    match digits.parse::<u32>() {
        Ok(number) if !letters.is_empty() && letters.chars().all(|c| c.is_ascii_alphabetic()) => {
            format!("{}-{number}", letters.to_ascii_uppercase())
        }
        _ => plain.to_owned(),
    }
}

/// What follows a number before a title, such as `AC-1: ` or `2. `.
pub(super) fn without_number(title: &str) -> Option<&str> {
    let label = ["AC", "TS", "TC", "#"].into_iter().find_map(|label| title.strip_prefix(label));
    let rest = label.unwrap_or(title).trim_start_matches(['-', ' ']);
    let left = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = rest.len() - left.len();
    let left = left.strip_prefix([':', '.', ')']).filter(|_| (1..=3).contains(&digits))?;
    let left = left.strip_prefix(' ')?.trim_start();
    (!left.is_empty()).then_some(left)
}

/// The number of an id with this prefix.
pub(super) fn number(prefix: &str, id: &str) -> Option<u32> {
    let digits = id.strip_prefix(prefix)?.strip_prefix('-')?;
    let number: u32 = digits.parse().ok()?;
    (number > 0 && digits == number.to_string()).then_some(number)
}

/// Gives an id to every item that has none.
pub(super) fn assign<T: Checked>(items: &mut [T], previous: &[T]) {
    let mut used: BTreeSet<String> = items.iter().map(|item| item.id().to_owned()).collect();
    let mut next = next_number(T::PREFIX, items.iter().chain(previous).map(T::id));
    let known: Vec<(String, &str)> = previous.iter().map(|old| (key(old), old.id())).collect();
    for item in items.iter_mut().filter(|item| item.id().is_empty()) {
        let kept = if known.is_empty() { None } else { kept(&known, &key(item), T::PREFIX, &used) };
        let id = kept.map_or_else(|| fresh(T::PREFIX, &mut next), str::to_owned);
        used.insert(id.clone());
        *item.verdict().id = id;
    }
}

/// The id of the first known item with these words whose id is free.
fn kept<'a>(known: &[(String, &'a str)], words: &str, prefix: &str, used: &BTreeSet<String>) -> Option<&'a str> {
    known.iter().find(|(old, id)| old == words && number(prefix, id).is_some() && !used.contains(*id)).map(|(_, id)| *id)
}

/// Gives an id to every question that has none.
pub(super) fn assign_questions(questions: &mut [Question], previous: &[Question]) {
    let mut used: BTreeSet<String> = questions.iter().map(|question| question.id.clone()).collect();
    let mut next = next_number("Q", questions.iter().chain(previous).map(|question| question.id.as_str()));
    let known: Vec<(String, &str)> = previous.iter().map(|old| (normal::text(&old.text), old.id.as_str())).collect();
    for question in questions.iter_mut().filter(|question| question.id.is_empty()) {
        let kept = if known.is_empty() { None } else { kept(&known, &normal::text(&question.text), "Q", &used) };
        question.id = kept.map_or_else(|| fresh("Q", &mut next), str::to_owned);
        used.insert(question.id.clone());
    }
}

fn next_number<'a>(prefix: &str, ids: impl Iterator<Item = &'a str>) -> u32 {
    ids.filter_map(|id| number(prefix, id)).max().unwrap_or(0).saturating_add(1)
}

fn fresh(prefix: &str, next: &mut u32) -> String {
    let id = format!("{prefix}-{next}");
    *next = next.saturating_add(1);
    id
}

/// Title, steps and examples as they are compared with those of an earlier result.
fn key<T: Checked>(item: &T) -> String {
    let item = item.item();
    let header = item.examples.header.iter().map(String::as_str);
    let sections = [item.given.len(), item.when.len(), item.then.len()].map(|count| count.to_string());
    let words = [item.title].into_iter().chain(item.steps()).chain(header).chain(item.cells()).map(normal::text);
    words.chain(sections).collect::<Vec<_>>().join("\u{1f}")
}
