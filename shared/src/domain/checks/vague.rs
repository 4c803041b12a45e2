//! Rung 8: somebody can observe each `Then`.

use super::checked::Item;
use super::remark::{clip, error};
use super::vague_words::{Says, says};
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
pub(crate) fn is_vague(then: &str, language: Language) -> bool {
    if then.contains('<') {
        return false;
    }
    let normal = normal::text(then);
    let mut praised = false;
    for word in normal.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().nth(1).is_some()) {
        match says(language, word) {
            Some(Says::Praise) => praised = true,
            Some(Says::Filler) => {}
            None => return false,
        }
    }
    praised && normal::numbers(then).is_empty() && normal::quoted_strings(then).is_empty()
}
