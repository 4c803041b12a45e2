//! The installation's secret key.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rand::RngCore;
use sha2::Sha256;

/// Bytes below which a key is refused.
const SHORTEST: usize = 32;

/// A key that signs and derives; its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(Box<[u8]>);

/// Fewer different characters are no random text of that length.
const FEWEST_CHARACTERS: usize = 12;

/// Words of keys that were copied from an example.
const PLACEHOLDERS: &[&str] = &[
    "change",
    "replace",
    "example",
    "your",
    "insert",
    "password",
    "secret",
    "default",
    "placeholder",
    "0123456789",
    "abcdefghij",
];

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Too short.
    #[error("should have at least {SHORTEST} characters; `jqa keys generate` makes one")]
    Short,
    /// Guessable.
    #[error("can be guessed: it repeats itself or comes from an example; `jqa keys generate` makes one")]
    Weak,
}

impl SecretKey {
    /// The key a text stands for: its bytes, without white space around it. A text that nobody made at random is refused.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let key = Self::from_bytes(text.trim().as_bytes())?;
        if is_weak(text.trim()) { Err(KeyError::Weak) } else { Ok(key) }
    }

    /// A key of these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() < SHORTEST { Err(KeyError::Short) } else { Ok(Self(bytes.into())) }
    }

    /// A new key as text, to be kept in a file.
    #[must_use]
    pub fn generate() -> String {
        let mut bytes = [0u8; SHORTEST];
        rand::rng().fill_bytes(&mut bytes);
        bytes.iter().fold(String::with_capacity(SHORTEST * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// A key for one purpose; it tells nothing about this one or about those of other purposes.
    #[must_use]
    pub fn derive(&self, label: &str) -> Self {
        Self(self.hmac(label.as_bytes()).into())
    }

    /// A short public name of the key, such as a token's `kid`.
    #[must_use]
    pub fn id(&self) -> String {
        self.hmac(b"key-id").iter().take(4).fold(String::with_capacity(8), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The bytes, for whoever signs with them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// HMAC-SHA256 of a message, in base64url.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.hmac(message))
    }

    pub(super) fn hmac(&self, text: &[u8]) -> [u8; 32] {
        // HMAC takes a key of any length: https://www.rfc-editor.org/rfc/rfc2104#section-2
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(text);
        mac.finalize().into_bytes().into()
    }
}

fn is_weak(text: &str) -> bool {
    let different = text.bytes().collect::<std::collections::BTreeSet<_>>().len();
    let lower = text.to_ascii_lowercase();
    different < FEWEST_CHARACTERS || repeats_itself(text.as_bytes()) || PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// Whether it is a shorter text written twice or more.
fn repeats_itself(text: &[u8]) -> bool {
    (1..=text.len() / 2).any(|period| text[period..] == text[..text.len() - period])
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_two_purposes_differ_and_are_always_the_same() {
        let key = SecretKey::from_text("k7Qm2vXw9ZpL4tRb8NcY3hJd6GfS1aEo\n").unwrap();
        assert_eq!(key.derive("access-token"), key.derive("access-token"));
        assert_ne!(key.derive("access-token"), key.derive("callback"));
        assert_eq!(key.derive("callback").expose().len(), 32);
        assert_eq!(key.id().len(), 8);
    }

    #[test]
    fn a_key_shows_nothing_of_itself() {
        let key = SecretKey::from_text("k7Qm2vXw9ZpL4tRb8NcY3hJd6GfS1aEo").unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
    }

    #[test]
    fn a_short_key_is_refused_and_a_generated_one_is_not() {
        assert_eq!(SecretKey::from_text("short"), Err(KeyError::Short));
        assert_ne!(SecretKey::generate(), SecretKey::generate());
        assert!(SecretKey::from_text(&SecretKey::generate()).is_ok());
    }

    #[test]
    fn a_key_that_can_be_guessed_is_refused() {
        for weak in [
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "k7Qm2vXw9ZpL4tRbk7Qm2vXw9ZpL4tRb",
            "please-CHANGE-me-k7Qm2vXw9ZpL4tRb8NcY",
            "0123456789abcdef-k7Qm2vXw9ZpL4tRb8NcY",
            "a-very-secret-k7Qm2vXw9ZpL4tRb8NcY",
        ] {
            assert_eq!(SecretKey::from_text(weak), Err(KeyError::Weak), "{weak}");
        }
    }
}
