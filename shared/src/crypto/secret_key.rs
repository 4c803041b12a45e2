//! The installation's secret key.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use rand::RngCore;
use sha2::Sha256;

/// Bytes below which a key is refused.
const SHORTEST: usize = 32;

/// A key that signs and derives; its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(Box<[u8]>);

/// A key that is too short to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret key has at least {SHORTEST} characters")]
pub struct KeyError;

impl SecretKey {
    /// The key a text stands for: its bytes, without white space around it.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(text.trim().as_bytes())
    }

    /// A key of these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        if bytes.len() < SHORTEST { Err(KeyError) } else { Ok(Self(bytes.into())) }
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

    fn hmac(&self, text: &[u8]) -> Vec<u8> {
        // HMAC takes a key of any length: https://www.rfc-editor.org/rfc/rfc2104#section-2
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(text);
        mac.finalize().into_bytes().to_vec()
    }
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
        let key = SecretKey::from_text("0123456789abcdef0123456789abcdef\n").unwrap();
        assert_eq!(key.derive("access-token"), key.derive("access-token"));
        assert_ne!(key.derive("access-token"), key.derive("callback"));
        assert_eq!(key.derive("callback").expose().len(), 32);
        assert_eq!(key.id().len(), 8);
    }

    #[test]
    fn a_key_shows_nothing_of_itself() {
        let key = SecretKey::from_text("0123456789abcdef0123456789abcdef").unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
    }

    #[test]
    fn a_short_key_is_refused_and_a_generated_one_is_not() {
        assert_eq!(SecretKey::from_text("short"), Err(KeyError));
        assert_ne!(SecretKey::generate(), SecretKey::generate());
        assert!(SecretKey::from_text(&SecretKey::generate()).is_ok());
    }
}
