//! Scenarios that the story already holds as Gherkin, in list items or in one line.

use super::clause::tidy;
use super::lexicon::{Lexicon, List};
use super::plain::Plain;
use super::sentence::Sentence;

/// A scenario of the story's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Its title, where it has one.
    pub(super) title: String,
    /// Its `Given` steps.
    pub(super) given: Vec<String>,
    /// Its `When` steps.
    pub(super) when: Vec<String>,
    /// Its `Then` steps.
    pub(super) then: Vec<String>,
    /// The statements it was read from, by their place in the list.
    pub(super) statements: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Scenario,
    Given,
    When,
    Then,
    And,
}

/// The scenarios among the statements.
pub(super) fn scenarios(statements: &[Sentence<'_>], words: &Lexicon) -> Vec<Found> {
    let mut all = Vec::new();
    let mut open: Option<(Found, Word)> = None;
    for (index, statement) in statements.iter().enumerate() {
        if let Some(mut found) = inline(statement, index, words) {
            match open.take() {
                // The title stood before, in a sentence of its own.
                Some((title, Word::Scenario)) if found.title.is_empty() => {
                    found.title = title.title;
                    found.statements.splice(0..0, title.statements);
                }
                other => close(&mut all, other),
            }
            all.push(found);
            continue;
        }
        let Some((word, rest)) = keyword(statement, words) else {
            close(&mut all, open.take());
            continue;
        };
        let renew = match (&open, word) {
            (_, Word::Scenario) => true,
            (Some((found, _)), Word::Given) => !found.when.is_empty() || !found.then.is_empty(),
            (Some((found, _)), Word::When) => !found.then.is_empty(),
            (None, _) => word != Word::And,
            _ => false,
        };
        if renew {
            close(&mut all, open.take());
            open = Some((Found::default(), word));
        }
        if let Some((found, last)) = &mut open {
            let word = if word == Word::And { *last } else { word };
            push(found, word, rest);
            found.statements.push(index);
            *last = word;
        }
    }
    close(&mut all, open);
    all
}

fn close(all: &mut Vec<Found>, open: Option<(Found, Word)>) {
    all.extend(open.map(|(found, _)| found).filter(|found| !found.when.is_empty() && !found.then.is_empty()));
}

fn push(found: &mut Found, word: Word, text: &str) {
    let text = tidy(text).to_owned();
    match word {
        Word::Scenario => found.title = text,
        Word::Given if !text.is_empty() => found.given.push(text),
        Word::When if !text.is_empty() => found.when.push(text),
        Word::Then if !text.is_empty() => found.then.push(text),
        _ => {}
    }
}

fn keyword<'a>(plain: &Plain<'a>, words: &Lexicon) -> Option<(Word, &'a str)> {
    let [scenario, given, when, then, and, but] = words.gherkin;
    if let Some(rest) = plain.after(scenario).and_then(|rest| rest.strip_prefix(':')) {
        return Some((Word::Scenario, rest.trim()));
    }
    for (spellings, word) in [(given, Word::Given), (when, Word::When), (then, Word::Then), (and, Word::And), (but, Word::And)] {
        if let Some(rest) = plain.after(spellings) {
            return Some((word, rest.trim_start_matches([',', ':']).trim_start()));
        }
    }
    None
}

/// "Scenario: t. Given a When b Then c" in one line.
fn inline(plain: &Plain<'_>, index: usize, words: &Lexicon) -> Option<Found> {
    let text = plain.text;
    let [scenario, given, when, then, and, _] = words.gherkin;
    let mut found = Found { statements: vec![index], ..Found::default() };
    let mut at = 0;
    if let Some(rest) = plain.after(scenario).and_then(|rest| rest.strip_prefix(':')) {
        at = text.len() - rest.len();
    }
    let titled = at > 0;
    let begin = capital(plain, given, at).or_else(|| capital(plain, when, at))?;
    if !titled && begin.start > 0 {
        return None;
    }
    found.title = tidy(text.get(at..begin.start)?).to_owned();
    let when_at = if plain.find_from(given, begin.start).is_some_and(|hit| hit == begin) {
        capital(plain, when, begin.end)?
    } else {
        begin.clone()
    };
    let then_at = capital(plain, then, when_at.end).or_else(|| comma_then(plain, then, when_at.end))?;
    if when_at != begin {
        steps(&mut found.given, text.get(begin.end..when_at.start)?, and);
    }
    steps(&mut found.when, text.get(when_at.end..then_at.start)?, and);
    steps(&mut found.then, text.get(then_at.end..)?, and);
    // "When X, then Y" alone is a sentence with a condition, not Gherkin.
    let is_gherkin = !found.given.is_empty() || titled;
    (is_gherkin && !found.when.is_empty() && !found.then.is_empty()).then_some(found)
}

/// A keyword within a line is one when it is written with a capital.
fn capital(plain: &Plain<'_>, words: &List, mut from: usize) -> Option<std::ops::Range<usize>> {
    while let Some(hit) = plain.find_from(words, from) {
        if plain.text.get(hit.clone())?.starts_with(char::is_uppercase) {
            return Some(hit);
        }
        from = hit.end.max(from + 1);
    }
    None
}

/// "…, then …" after a keyword with a capital.
fn comma_then(plain: &Plain<'_>, words: &List, from: usize) -> Option<std::ops::Range<usize>> {
    plain.find_from(words, from).filter(|hit| plain.text.get(..hit.start).is_some_and(|before| before.trim_end().ends_with(',')))
}

/// The steps of a piece: split at an `And` with a capital.
fn steps(into: &mut Vec<String>, text: &str, and: &List) {
    let plain = Plain::new(text);
    let mut start = 0;
    while let Some(hit) = capital(&plain, and, start.max(1)) {
        into.extend(text.get(start..hit.start).map(|step| tidy(step).to_owned()));
        start = hit.end;
    }
    into.extend(text.get(start..).map(|step| tidy(step).to_owned()));
    into.retain(|step| !step.is_empty());
}
