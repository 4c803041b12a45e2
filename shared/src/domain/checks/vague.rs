//! Rung 6: somebody can observe each `Then`.

use super::checked::Item;
use super::remark::{clip, error};
use super::vague_words::words;
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::language::Language;
use crate::domain::normal;

/// Finds each `Then` that only says that all is well.
pub(super) fn check(item: &Item<'_>, language: Language) -> Vec<Finding> {
    let vague = item.then.iter().filter(|then| is_vague(then, language));
    vague
        .map(|then| {
            let message = format!("Nobody can observe {}; name what is seen, stored, sent or refused.", clip(then));
            error(FindingCode::ThenVague, message)
        })
        .collect()
}

/// Says that all is well and names nothing it could be seen by.
fn is_vague(then: &str, language: Language) -> bool {
    if then.contains('<') || !normal::numbers(then).is_empty() || !normal::quoted_strings(then).is_empty() {
        return false;
    }
    let lists = words(language);
    let normal = normal::text(then);
    let said: Vec<&str> = normal.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1).collect();
    let is_in = |list: &str, word: &str| list.split(' ').any(|other| other == word);
    let is_praise = |word: &&str| is_in(lists.praise, word);
    said.iter().any(is_praise) && said.iter().all(|word| is_praise(word) || is_in(lists.filler, word))
}
