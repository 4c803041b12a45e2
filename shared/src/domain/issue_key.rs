//! The key of a Jira issue, such as `SHOP-12`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A well-formed, upper-case Jira issue key.
///
/// Jira's default pattern: a letter, then letters, digits or underscores, a hyphen, a number without leading zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "SHOP-12", pattern = "^[A-Za-z][A-Za-z0-9_]+-[1-9][0-9]*$")]
pub struct IssueKey(String);

/// Why a text is no issue key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a Jira issue key; it should look like SHOP-12")]
pub struct IssueKeyError(String);

impl IssueKey {
    /// Reads a key; lower case is accepted and raised, surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, IssueKeyError> {
        let key = text.trim().to_ascii_uppercase();
        let refuse = || IssueKeyError(text.chars().take(60).collect());
        let (project, number) = key.split_once('-').ok_or_else(refuse)?;
        let number_ok =
            (1..=18).contains(&number.len()) && !number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit());
        if is_project(project) && number_ok { Ok(Self(key)) } else { Err(refuse()) }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of the project it belongs to.
    #[must_use]
    pub fn project(&self) -> &str {
        self.0.split_once('-').map_or("", |(project, _)| project)
    }
}

/// The key of the project that an issue belongs to by its key; what is no key of an issue is its own.
#[must_use]
pub fn project_of(key: &str) -> &str {
    key.rsplit_once('-').map_or(key, |(project, _)| project)
}

/// Whether a word is the key of a project, in upper case.
fn is_project(word: &str) -> bool {
    (2..=80).contains(&word.len())
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Reads the key of a project as [`IssueKey::parse`] does; `None` = it is none.
#[must_use]
pub fn project_key(text: &str) -> Option<String> {
    let key = text.trim().to_ascii_uppercase();
    is_project(&key).then_some(key)
}

impl fmt::Display for IssueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for IssueKey {
    type Error = IssueKeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<IssueKey> for String {
    fn from(key: IssueKey) -> Self {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_raised_and_split() {
        let key = IssueKey::parse(" shop-12 ").unwrap();
        assert_eq!((key.as_str(), key.project()), ("SHOP-12", "SHOP"));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "SHOP", "SHOP-", "-1", "SHOP-01", "1A-1", "SH OP-1", "SHOP-1/../x", "S-1", "SHOP-1 OR 1=1"] {
            assert!(IssueKey::parse(text).is_err(), "{text} was taken for a key");
        }
    }
}
