//! API keys: `jqa_`, 32 random characters, and a checksum of what stands before it.
//!
//! The beginning lets scanners find a key that leaked; the checksum refuses a mistyped one without asking the database.

use rand::Rng;
use rand::distr::Alphanumeric;
use subtle::ConstantTimeEq;

use crate::domain::story::sha256_hex;

/// How every key begins.
const BEGINNING: &str = "jqa_";

/// Characters of chance: 190 bits.
const RANDOM: usize = 32;

/// Characters of the checksum: 62⁶ > 2³².
const CHECKSUM: usize = 6;

/// Characters of chance that are shown, so that a person can tell their keys apart: 142 bits stay unknown.
const SHOWN: usize = 8;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A key that is well-formed; whether there is one like it, the database knows. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// A new key.
    #[must_use]
    pub fn generate() -> Self {
        let random = rand::rng().sample_iter(Alphanumeric).take(RANDOM).map(char::from);
        let mut key: String = BEGINNING.chars().chain(random).collect();
        key.push_str(&checksum(&key));
        Self(key)
    }

    /// Whether a bearer token claims to be a key.
    #[must_use]
    pub fn is_meant(token: &str) -> bool {
        token.starts_with(BEGINNING)
    }

    /// Reads a key; `None` = it was mistyped, cut off or made up.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(BEGINNING)?;
        if random.len() != RANDOM + CHECKSUM || !random.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let (body, sum) = text.split_at(text.len() - CHECKSUM);
        bool::from(checksum(body).as_bytes().ct_eq(sum.as_bytes())).then(|| Self(text.to_owned()))
    }

    /// The characters by which people know it.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.0[..BEGINNING.len() + SHOWN]
    }

    /// What is kept of it: SHA-256 in hexadecimal. A key is random, so there is nothing to guess and no need of a slow hash.
    #[must_use]
    pub fn hash(&self) -> String {
        sha256_hex(self.0.as_bytes())
    }

    /// The key itself, for whom it is made.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

fn checksum(text: &str) -> String {
    let mut left = crc32fast::hash(text.as_bytes()) as usize;
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[left % BASE62.len()];
        left /= BASE62.len();
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_that_was_made_is_read_again_and_never_made_twice() {
        let (one, other) = (ApiKey::generate(), ApiKey::generate());
        assert_ne!(one.expose(), other.expose());
        assert_eq!(ApiKey::parse(one.expose()).unwrap(), one);
        assert_eq!((one.expose().len(), one.prefix().len(), one.hash().len()), (42, 12, 64));
        assert!(ApiKey::is_meant(one.expose()) && one.expose().starts_with(one.prefix()));
    }

    #[test]
    fn the_form_is_the_one_that_scanners_know() {
        // CRC-32 as zlib has it, in base 62 with digits before capitals before small letters.
        assert!(ApiKey::parse("jqa_000000000000000000000000000000002trWN0").is_some());
    }

    #[test]
    fn a_key_shows_nothing_of_itself() {
        let key = ApiKey::generate();
        assert_eq!(format!("{key:?}"), "ApiKey(…)");
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_always_found(at in 4usize..42, to in "[0-9A-Za-z]") {
            let key = ApiKey::generate();
            let mut wrong = key.expose().to_owned();
            wrong.replace_range(at..=at, &to);
            prop_assume!(wrong != key.expose());
            prop_assert!(ApiKey::parse(&wrong).is_none(), "{}", wrong);
        }

        #[test]
        fn two_neighbours_that_changed_places_are_found(at in 4usize..35) {
            let key = ApiKey::generate();
            let mut letters: Vec<_> = key.expose().chars().collect();
            letters.swap(at, at + 1);
            let wrong: String = letters.into_iter().collect();
            prop_assume!(wrong != key.expose());
            prop_assert!(ApiKey::parse(&wrong).is_none(), "{}", wrong);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "(jqa_)?.{0,50}") {
            prop_assert!(ApiKey::parse(&text).is_none_or(|key| key.expose() == text));
        }
    }
}
