//! Refresh tokens: a session, its generation, and a MAC that only the holder of a key can compute.
//!
//! The database keeps a random seed for each session and nothing of the token. So a stolen database lets nobody in
//! without the key, a stolen key lets nobody in without the database, and the token of a generation can be computed again
//! for whoever lost the answer that held it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::key_ring::KeyRing;
use super::secret_key::SecretKey;

/// What every refresh token begins with, so that scanners find one that leaked.
const PREFIX: &str = "jqr_";
const ID: usize = 16;
const GENERATION: usize = 8;
const MAC: usize = 32;
const SEED: usize = 32;

/// A refresh token that has the right form; whether it is good is known after [`RefreshKeys::made`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RefreshToken {
    /// The login it belongs to.
    pub session_id: Uuid,
    /// How often it was renewed before.
    pub generation: i64,
    mac: [u8; MAC],
}

impl RefreshToken {
    /// Reads a token; `None` = this is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let (id, rest) = bytes.split_at_checked(ID)?;
        let (generation, mac) = rest.split_at_checked(GENERATION)?;
        Some(Self {
            session_id: Uuid::from_slice(id).ok()?,
            generation: i64::from_be_bytes(generation.try_into().ok()?),
            mac: mac.try_into().ok()?,
        })
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefreshToken").field("generation", &self.generation).finish_non_exhaustive()
    }
}

/// Makes refresh tokens and knows them again.
#[derive(Debug, Clone)]
pub struct RefreshKeys {
    ring: KeyRing,
}

impl RefreshKeys {
    /// With the keys of a ring.
    #[must_use]
    pub fn new(ring: KeyRing) -> Self {
        Self { ring }
    }

    /// The key that new tokens are made with.
    #[must_use]
    pub fn current_id(&self) -> String {
        self.ring.current().id()
    }

    /// What a new session is seeded with.
    #[must_use]
    pub fn seed() -> String {
        let mut seed = [0u8; SEED];
        rand::rng().fill_bytes(&mut seed);
        URL_SAFE_NO_PAD.encode(seed)
    }

    /// The token of a generation, always the same; `None` = the key is not in the ring any more.
    #[must_use]
    pub fn token(&self, key_id: &str, session_id: Uuid, generation: i64, seed: &str) -> Option<String> {
        let mac = mac(self.ring.find(key_id)?, session_id, generation, seed);
        let bytes = [session_id.as_bytes(), &generation.to_be_bytes()[..], &mac].concat();
        Some(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Whether a token was made by us for the session with this seed. Takes as long for every token.
    #[must_use]
    pub fn made(&self, token: &RefreshToken, seed: &str) -> bool {
        let is_ours = |key: &SecretKey| mac(key, token.session_id, token.generation, seed).ct_eq(&token.mac);
        self.ring.iter().map(is_ours).fold(subtle::Choice::from(0), std::ops::BitOr::bitor).into()
    }
}

fn mac(key: &SecretKey, session_id: Uuid, generation: i64, seed: &str) -> [u8; MAC] {
    let message = [session_id.as_bytes(), &generation.to_be_bytes()[..], seed.as_bytes()].concat();
    key.derive("refresh-token").hmac(&message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: Uuid = Uuid::from_u128(7);

    fn key(letter: char) -> SecretKey {
        SecretKey::from_bytes(letter.to_string().repeat(40).as_bytes()).unwrap()
    }

    fn keys(current: char, older: &[char]) -> RefreshKeys {
        RefreshKeys::new(KeyRing::new(key(current), older.iter().map(|letter| key(*letter))))
    }

    #[test]
    fn a_token_is_known_by_its_session_and_computed_again() {
        let keys = keys('a', &[]);
        let text = keys.token(&keys.current_id(), ID, 3, "seed").unwrap();
        assert_eq!(keys.token(&keys.current_id(), ID, 3, "seed").as_ref(), Some(&text));
        let token = RefreshToken::parse(&text).unwrap();
        assert_eq!((token.session_id, token.generation), (ID, 3));
        assert!(keys.made(&token, "seed"));
        assert!(!keys.made(&token, "another seed"));
        assert!(!keys.made(&RefreshToken { generation: 4, ..token }, "seed"));
        assert!(!keys.made(&RefreshToken { session_id: Uuid::from_u128(8), ..token }, "seed"));
    }

    #[test]
    fn a_token_outlives_its_key_for_as_long_as_that_is_in_the_ring() {
        let old = keys('a', &[]);
        let token = RefreshToken::parse(&old.token(&old.current_id(), ID, 0, "seed").unwrap()).unwrap();
        assert!(keys('b', &['a']).made(&token, "seed"));
        assert!(!keys('b', &[]).made(&token, "seed"));
        assert_eq!(keys('b', &[]).token(&old.current_id(), ID, 1, "seed"), None);
    }

    #[test]
    fn a_token_shows_nothing_of_itself() {
        let keys = keys('a', &[]);
        let text = keys.token(&keys.current_id(), ID, 0, "seed").unwrap();
        assert_eq!(format!("{:?}", RefreshToken::parse(&text).unwrap()), "RefreshToken { generation: 0, .. }");
        assert_ne!(RefreshKeys::seed(), RefreshKeys::seed());
    }

    proptest! {
        #[test]
        fn any_text_is_no_token_or_not_ours(text in "(jqr_)?[A-Za-z0-9_-]{0,90}") {
            prop_assert!(RefreshToken::parse(&text).is_none_or(|token| !keys('a', &[]).made(&token, "seed")));
        }

        #[test]
        fn a_changed_token_is_not_ours(at in 4usize..79, to in "[A-Za-z0-9_-]") {
            let keys = keys('a', &[]);
            let text = keys.token(&keys.current_id(), ID, 3, "seed").unwrap();
            let at = at % text.len();
            let mut changed = text.clone();
            changed.replace_range(at..=at, &to);
            prop_assume!(changed != text);
            prop_assert!(RefreshToken::parse(&changed).is_none_or(|token| !keys.made(&token, "seed")));
        }
    }
}
