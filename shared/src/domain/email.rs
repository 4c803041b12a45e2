//! E-mail addresses of accounts: one spelling for each.

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::normal::is_one_line;

/// Longer ones cannot be delivered to (RFC 5321).
pub const LONGEST: usize = 254;

/// An address in the spelling that is kept: lower case, without spaces around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(String);

/// It is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("should be an e-mail address of at most 254 bytes, such as ada@example.com")]
pub struct NotAnEmail;

impl Email {
    /// Reads an address in any case.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let email: String = text.trim().to_lowercase().nfc().collect();
        let (name, host) = email.rsplit_once('@').ok_or(NotAnEmail)?;
        let is_host = host == "localhost" || (host.contains('.') && host.split('.').all(|label| !label.is_empty()));
        let strange = |c: char| c.is_whitespace() || c == '@';
        if name.is_empty()
            || !is_host
            || email.len() > LONGEST
            || !is_one_line(&email)
            || name.contains(strange)
            || host.contains(strange)
        {
            return Err(NotAnEmail);
        }
        Ok(Self(email))
    }

    /// As it is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the `@`.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, host)| host)
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Email {
    type Err = NotAnEmail;

    fn from_str(text: &str) -> Result<Self, NotAnEmail> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Email {
    type Error = NotAnEmail;

    fn try_from(text: String) -> Result<Self, NotAnEmail> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_one_spelling() {
        for text in ["ada@example.com", " Ada@Example.COM "] {
            assert_eq!(Email::parse(text).map(String::from), Ok("ada@example.com".to_owned()));
        }
        assert_eq!(Email::parse("root@localhost").unwrap().host(), "localhost");
    }

    #[test]
    fn an_address_that_only_looks_like_another_is_refused() {
        for hidden in ["\u{200b}", "\u{ad}", "\u{202e}", "\u{2060}", "\u{feff}", "\u{e0041}", "\u{fe0f}", "\0", "\u{2028}"] {
            for text in [format!("a{hidden}da@example.com"), format!("ada@exam{hidden}ple.com")] {
                assert_eq!(Email::parse(&text), Err(NotAnEmail), "{text:?}");
            }
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in
            ["", "ada", "@example.com", "ada@example", "ada@.com", "ada@example.com.", "a@b@c.d", "a b@c.d", "a\n@c.d", &long]
        {
            assert_eq!(Email::parse(text), Err(NotAnEmail), "{text:?}");
        }
    }
}
