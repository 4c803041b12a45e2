//! Secrets at rest: XChaCha20-Poly1305 under a key of the ring, bound to the place where they stand.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rand::RngCore;
use uuid::Uuid;

use super::key_ring::KeyRing;
use super::secret_key::SecretKey;

const VERSION: &str = "v1";
const NONCE: usize = 24;

/// Where a sealed value stands. One that was copied to another place cannot be opened there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Table.
    pub table: &'static str,
    /// Row.
    pub id: Uuid,
    /// Column.
    pub column: &'static str,
}

/// Why a sealed value cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a sealed value.
    #[error("the value is not sealed as it should be")]
    NotSealed,
    /// The key is not in the ring.
    #[error("the value is sealed with the key {0}, which is not among those given; add it to JQA_SECRET_KEYS_OLD")]
    UnknownKey(String),
    /// Changed, or moved here from another place.
    #[error("the sealed value was changed, or belongs to another row or column")]
    Broken,
}

/// Seals and opens secrets.
#[derive(Debug, Clone)]
pub struct Sealer {
    ring: KeyRing,
}

impl Sealer {
    /// A sealer that seals with the ring's current key and opens with all of them.
    #[must_use]
    pub fn new(ring: KeyRing) -> Self {
        Self { ring }
    }

    /// `v1.{key id}.{nonce and ciphertext in base64url}`.
    #[must_use]
    pub fn seal(&self, place: Place, secret: &str) -> String {
        let key = self.ring.current();
        let mut sealed = vec![0u8; NONCE];
        rand::rng().fill_bytes(&mut sealed);
        let nonce = XNonce::try_from(sealed.as_slice()).expect("the nonce has its length");
        let aad = place.aad();
        let payload = Payload { msg: secret.as_bytes(), aad: &aad };
        // The only failure is a message of more than 256 GiB.
        let text = cipher(key).encrypt(&nonce, payload).expect("a secret is short");
        sealed.extend(text);
        format!("{VERSION}.{}.{}", key.id(), URL_SAFE_NO_PAD.encode(sealed))
    }

    /// What was sealed at this place.
    pub fn open(&self, place: Place, sealed: &str) -> Result<String, SealError> {
        let (key, bytes) = self.parts(sealed)?;
        let (nonce, text) = bytes.split_at_checked(NONCE).ok_or(SealError::NotSealed)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| SealError::NotSealed)?;
        let opened = cipher(key).decrypt(&nonce, Payload { msg: text, aad: &place.aad() }).map_err(|_| SealError::Broken)?;
        String::from_utf8(opened).map_err(|_| SealError::Broken)
    }

    /// Whether a value is sealed with the current key.
    #[must_use]
    pub fn is_current(&self, sealed: &str) -> bool {
        key_id(sealed) == Some(self.ring.current().id().as_str())
    }

    fn parts(&self, sealed: &str) -> Result<(&SecretKey, Vec<u8>), SealError> {
        let id = key_id(sealed).ok_or(SealError::NotSealed)?;
        let text = sealed.rsplit('.').next().unwrap_or_default();
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::NotSealed)?;
        let key = self.ring.find(id).ok_or_else(|| SealError::UnknownKey(id.chars().take(16).collect()))?;
        Ok((key, bytes))
    }
}

/// The id of the key that a value is sealed with.
#[must_use]
pub fn key_id(sealed: &str) -> Option<&str> {
    let mut parts = sealed.split('.');
    let (version, id, text) = (parts.next()?, parts.next()?, parts.next()?);
    (version == VERSION && !text.is_empty() && parts.next().is_none()).then_some(id)
}

impl Place {
    fn aad(self) -> Vec<u8> {
        format!("{}/{}/{}", self.table, self.id, self.column).into_bytes()
    }
}

fn cipher(key: &SecretKey) -> XChaCha20Poly1305 {
    let key = key.derive("seal");
    XChaCha20Poly1305::new(&Key::try_from(key.expose()).expect("a derived key has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLACE: Place = Place { table: "jira_configurations", id: Uuid::from_u128(7), column: "token" };

    fn key(letter: char) -> SecretKey {
        SecretKey::from_bytes(letter.to_string().repeat(40).as_bytes()).unwrap()
    }

    fn sealer(current: char, older: &[char]) -> Sealer {
        Sealer::new(KeyRing::new(key(current), older.iter().map(|letter| key(*letter))))
    }

    #[test]
    fn a_secret_is_opened_where_it_was_sealed_and_nowhere_else() {
        let sealer = sealer('a', &[]);
        let sealed = sealer.seal(PLACE, "s3cret");
        assert!(!sealed.contains("s3cret"));
        assert_eq!(sealer.open(PLACE, &sealed).unwrap(), "s3cret");
        for elsewhere in [
            Place { table: "llm_configurations", ..PLACE },
            Place { id: Uuid::from_u128(8), ..PLACE },
            Place { column: "email", ..PLACE },
        ] {
            assert_eq!(sealer.open(elsewhere, &sealed), Err(SealError::Broken));
        }
    }

    #[test]
    fn an_older_key_opens_and_a_key_that_is_gone_is_named() {
        let sealed = sealer('a', &[]).seal(PLACE, "s3cret");
        let rotated = sealer('b', &['a']);
        assert_eq!(rotated.open(PLACE, &sealed).unwrap(), "s3cret");
        assert!(!rotated.is_current(&sealed));
        assert!(rotated.is_current(&rotated.seal(PLACE, "s3cret")));
        assert_eq!(sealer('b', &[]).open(PLACE, &sealed), Err(SealError::UnknownKey(key('a').id())));
    }

    #[test]
    fn the_same_secret_is_never_sealed_alike() {
        let sealer = sealer('a', &[]);
        assert_ne!(sealer.seal(PLACE, "s3cret"), sealer.seal(PLACE, "s3cret"));
    }

    proptest! {
        #[test]
        fn a_changed_value_is_refused(at in 0usize..200, to in "[A-Za-z0-9_.-]") {
            let sealer = sealer('a', &[]);
            let sealed = sealer.seal(PLACE, "a secret of some length, so that there is something to change");
            let at = at % sealed.len();
            let mut changed = sealed.clone();
            changed.replace_range(at..=at, &to);
            // The last character of base64 has bits that mean nothing; a strict decoder refuses them.
            prop_assume!(changed != sealed);
            prop_assert!(sealer.open(PLACE, &changed).is_err());
        }

        #[test]
        fn any_text_is_refused_without_a_panic(text in ".*") {
            prop_assert!(sealer('a', &[]).open(PLACE, &text).is_err());
        }
    }
}
