//! What the bodies of connections have in common.

use shared::adapters::http::Secret;
use shared::adapters::llm;
use shared::adapters::webhook::Guard;
use shared::domain::normal::is_one_line;

use crate::extract::Fields;
use crate::problem::{FieldError, Problem};

/// No token of Jira or of a provider is longer.
const LONGEST_SECRET: usize = 4096;

/// What people type and see in lists.
const LONGEST_NAME: usize = 40;

/// Addresses, accounts, models.
const LONGEST_TEXT: usize = 320;

/// The name of a new connection: a short word, since requests, results and audit entries hold it.
pub(super) fn name(fields: &mut Fields) -> Option<String> {
    let name: String = fields.required("name")?;
    let is_word = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.'))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !is_word || name.len() > LONGEST_NAME {
        fields.refuse("name", "should be 1 to 40 of a-z, 0-9, '-' and '.', and begin with a letter or a digit");
    } else if llm::spec(&name).is_some() {
        fields.refuse("name", "is the name of a provider; choose another one");
    }
    Some(name)
}

/// A text that was given is neither empty nor long, and is one line.
pub(super) fn line(fields: &mut Fields, name: &'static str, text: Option<String>) -> Option<String> {
    let text = text?.trim().to_owned();
    if text.is_empty() || text.len() > LONGEST_TEXT || !is_one_line(&text) {
        fields.refuse(name, format!("should be a text of 1 to {LONGEST_TEXT} bytes in one line"));
    }
    Some(text)
}

/// A secret that was given is a word that can stand in a header.
pub(super) fn secret(fields: &mut Fields, name: &'static str, text: Option<String>) -> Option<Secret> {
    let secret = Secret::new(text?);
    let is_sendable = secret.expose().chars().all(|c| c.is_ascii_graphic());
    if secret.is_empty() || secret.expose().len() > LONGEST_SECRET || !is_sendable {
        fields.refuse(name, format!("should be a secret of 1 to {LONGEST_SECRET} printable ASCII characters without spaces"));
    }
    Some(secret)
}

/// A number of the options that was given is within its limits.
pub(super) fn within(fields: &mut Fields, name: &'static str, number: Option<u64>, least: u64, most: u64) {
    if number.is_some_and(|number| !(least..=most).contains(&number)) {
        fields.refuse(name, format!("should be a number between {least} and {most}"));
    }
}

/// A word of the options that was given is one of these.
pub(super) fn one_of(fields: &mut Fields, name: &'static str, word: Option<&str>, words: &[&str]) {
    if word.is_some_and(|word| !words.contains(&word)) {
        fields.refuse(name, format!("should be one of {}", words.join(", ")));
    }
}

/// The address as it is stored, if connections may lead there.
pub(super) fn base_url(guard: &Guard, text: &str) -> Result<String, Problem> {
    let url = guard.base_url(text).map_err(|why| Problem::invalid(vec![FieldError::invalid("base_url", why)]))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}
