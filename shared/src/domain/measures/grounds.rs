//! Grounds: what of a result is in the story, and what of the story is in the result.

use std::collections::BTreeSet;

use super::look::{Look, lines};
use super::{Portion, Taken};
use crate::domain::checks::{Written, akin};
use crate::domain::drafter::is_frame;
use crate::domain::evidence::{CheckedEvidence, Origin};
use crate::domain::language::{Language, fold};
use crate::domain::normal::{numbers, quoted_strings, text};

/// Quotations that are in the story, looked up again. A stated item that quotes nothing lacks one.
pub(super) fn evidence(look: &Look<'_>) -> Taken {
    let criteria = look.criteria().iter().map(|item| (item.origin, &item.evidence));
    let items = criteria.chain(look.scenarios().iter().map(|item| (item.origin, &item.evidence)));
    let found = |said: &CheckedEvidence| look.judge.story().find(&said.quote, &said.source).is_some();
    let each = items.flat_map(|(origin, quotes)| {
        let lacks = quotes.is_empty() && origin == Origin::Stated;
        quotes.iter().map(found).chain(lacks.then_some(false))
    });
    Portion::of(each)
}

/// Numbers and quoted texts of stated items that are in the story.
pub(super) fn literals(look: &Look<'_>) -> Taken {
    let (found, all) = stated(look).fold((0, 0), |(found, all), item| {
        let literals = look.judge.literals(item);
        (found + literals.found, all + literals.all)
    });
    Portion::new(found, all)
}

/// Numbers and quoted texts of the story that occur in a scenario, each once.
pub(super) fn source_recall(look: &Look<'_>) -> Taken {
    if !look.owes_scenarios() {
        return None;
    }
    let said: Vec<&str> = look.scenarios().iter().flat_map(lines).collect();
    let known: BTreeSet<String> = said.iter().flat_map(|line| numbers(line)).collect();
    let words = text(&said.join("\n"));
    let source: Vec<String> = look.facts.texts.iter().map(|text| without_names(text)).collect();
    let wanted: BTreeSet<String> = source.iter().flat_map(|text| numbers(text)).collect();
    let quoted: BTreeSet<String> = source.iter().flat_map(|said| quoted_strings(said)).map(|quoted| text(&quoted)).collect();
    let quoted = quoted.iter().filter(|quoted| !wanted.contains(*quoted)).map(|quoted| words.contains(quoted.as_str()));
    Portion::of(wanted.iter().map(|number| known.contains(number)).chain(quoted))
}

/// Content words of stated items that are in the story, each once an item: words that frame a scenario in any story, short
/// words and small words are none. The other words are what a result brought along.
pub(super) fn grounding(look: &Look<'_>) -> Taken {
    let mut known: Vec<String> = look.story.parts.iter().flat_map(|part| words(&part.text)).collect();
    known.sort_unstable();
    known.dedup();
    let is_known = |word: &String| known.binary_search(word).is_ok() || known.iter().any(|other| akin(word, other));
    let criteria = look.criteria().iter().filter(|item| item.origin == Origin::Stated);
    let criteria = criteria.map(|item| content([&item.given, &item.when, &item.then], &item.title, look.set.language));
    let scenarios = look.scenarios().iter().filter(|item| item.origin == Origin::Stated);
    let scenarios = scenarios.map(|item| content([&item.given, &item.when, &item.then], &item.title, look.set.language));
    Portion::of(criteria.chain(scenarios).flat_map(|words| words.iter().map(is_known).collect::<Vec<bool>>()))
}

/// Stated items.
fn stated<'a>(look: &Look<'a>) -> impl Iterator<Item = Written<'a>> {
    look.items().filter(|item| match item {
        Written::Criterion(criterion) => criterion.origin == Origin::Stated,
        Written::Scenario(scenario) => scenario.origin == Origin::Stated,
    })
}

fn content(steps: [&Vec<String>; 3], title: &str, language: Language) -> BTreeSet<String> {
    let said = steps.into_iter().flatten().map(String::as_str).chain([title]);
    let words = said.flat_map(words);
    words.filter(|word| word.chars().count() > 3 && !is_frame(word, language)).collect()
}

/// The words of a text that are no numbers, as they are compared.
fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.chars().any(char::is_alphabetic)).map(str::to_owned).collect()
}

/// A text without web addresses and names such as `EP05`, `SHOP-12` and `#7`, whose numbers say nothing about the product.
fn without_names(text: &str) -> String {
    let is_name = |word: &&str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let numbered = bare.starts_with(char::is_alphabetic) && bare.ends_with(|c: char| c.is_ascii_digit());
        word.contains("://") || word.starts_with("www.") || word.contains('#') || numbered
    };
    text.split_whitespace().filter(|word| !is_name(word)).collect::<Vec<_>>().join(" ")
}
