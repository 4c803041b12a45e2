//! Access tokens: JWT, HS256 and nothing else, with the times of our own clock.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::secret_key::SecretKey;
use crate::ports::Clock;

/// The kind of token these are; another kind signed by the same key is refused.
const ACCESS: &str = "access";

/// How far two machines' clocks may differ, in seconds.
const LEEWAY: i64 = 5;

/// Names and times.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// How long a token is good for.
    pub life: Duration,
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self { issuer: "jqa".to_owned(), audience: "jqa-api".to_owned(), life: Duration::from_secs(15 * 60) }
    }
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not ours, or changed.
    #[error("the access token is not valid")]
    Invalid,
    /// It was good once.
    #[error("the access token has expired")]
    Expired,
    /// It cannot be made: a mistake of ours.
    #[error("the access token could not be signed")]
    Unsigned,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    typ: String,
    iat: i64,
    nbf: i64,
    exp: i64,
}

struct Key {
    kid: String,
    decoding: DecodingKey,
}

/// Issues and verifies tokens.
pub struct Tokens {
    settings: TokenSettings,
    header: Header,
    signing: EncodingKey,
    ring: Vec<Key>,
    validation: Validation,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Tokens signed by `current`; those signed by `older` keys are still accepted. A token names its key by
    /// [`SecretKey::id`].
    #[must_use]
    pub fn new(settings: TokenSettings, current: &SecretKey, older: &[SecretKey], clock: Arc<dyn Clock>) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // Times are compared below, with the injected clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_required_spec_claims(&["exp", "nbf", "sub", "iss", "aud"]);
        validation.set_issuer(&[&settings.issuer]);
        validation.set_audience(&[&settings.audience]);
        let header = Header { kid: Some(current.id()), ..Header::new(Algorithm::HS256) };
        let ring = std::iter::once(current)
            .chain(older)
            .map(|key| Key { kid: key.id(), decoding: DecodingKey::from_secret(key.expose()) })
            .collect();
        Self { signing: EncodingKey::from_secret(current.expose()), settings, header, ring, validation, clock }
    }

    /// How long a token is good for.
    #[must_use]
    pub fn life(&self) -> Duration {
        self.settings.life
    }

    /// A token for a user.
    pub fn issue(&self, user_id: Uuid) -> Result<String, TokenError> {
        let now = self.clock.now_ms() / 1000;
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: user_id,
            typ: ACCESS.to_owned(),
            iat: now,
            nbf: now,
            exp: now.saturating_add(i64::try_from(self.settings.life.as_secs()).unwrap_or(i64::MAX)),
        };
        encode(&self.header, &claims, &self.signing).map_err(|_| TokenError::Unsigned)
    }

    /// The user a token was issued to.
    pub fn verify(&self, token: &str) -> Result<Uuid, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        let key = header.kid.as_deref().and_then(|kid| self.ring.iter().find(|key| key.kid == kid)).ok_or(TokenError::Invalid)?;
        let claims = decode::<Claims>(token, &key.decoding, &self.validation).map_err(|_| TokenError::Invalid)?.claims;
        let now = self.clock.now_ms() / 1000;
        if claims.typ != ACCESS || claims.nbf > now.saturating_add(LEEWAY) {
            return Err(TokenError::Invalid);
        }
        // No leeway here: a token that we issued expires by the clock that issued it.
        if claims.exp <= now { Err(TokenError::Expired) } else { Ok(claims.sub) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::TestClock;

    fn key(letter: char) -> SecretKey {
        SecretKey::from_bytes(letter.to_string().repeat(40).as_bytes()).unwrap()
    }

    fn tokens(current: char, older: &[char], clock: &Arc<TestClock>) -> Tokens {
        let older: Vec<_> = older.iter().map(|letter| key(*letter)).collect();
        Tokens::new(TokenSettings::default(), &key(current), &older, Arc::clone(clock) as Arc<dyn Clock>)
    }

    fn clock() -> Arc<TestClock> {
        Arc::new(TestClock::at(1_700_000_000_000))
    }

    #[test]
    fn a_token_is_good_for_its_time_and_no_longer() {
        let clock = clock();
        let tokens = tokens('a', &[], &clock);
        let token = tokens.issue(Uuid::from_u128(7)).unwrap();
        assert_eq!(tokens.verify(&token), Ok(Uuid::from_u128(7)));
        clock.advance(Duration::from_secs(15 * 60 - 1));
        assert_eq!(tokens.verify(&token), Ok(Uuid::from_u128(7)));
        clock.advance(Duration::from_secs(1));
        assert_eq!(tokens.verify(&token), Err(TokenError::Expired));
    }

    #[test]
    fn an_older_key_of_the_ring_still_opens_and_a_strange_one_does_not() {
        let clock = clock();
        let token = tokens('a', &[], &clock).issue(Uuid::from_u128(7)).unwrap();
        assert!(tokens('b', &['a'], &clock).verify(&token).is_ok());
        assert_eq!(tokens('b', &[], &clock).verify(&token), Err(TokenError::Invalid));
    }

    #[test]
    fn another_algorithm_type_issuer_or_audience_is_refused() {
        let (clock, ours) = (clock(), key('a'));
        let tokens = tokens('a', &[], &clock);
        let forge = |algorithm, change: fn(&mut serde_json::Value)| {
            let mut claims = serde_json::json!({
                "iss": "jqa", "aud": "jqa-api", "sub": Uuid::from_u128(7), "typ": "access",
                "iat": 1_700_000_000, "nbf": 1_700_000_000, "exp": 1_700_000_900,
            });
            change(&mut claims);
            let header = Header { kid: Some(ours.id()), ..Header::new(algorithm) };
            encode(&header, &claims, &EncodingKey::from_secret(ours.expose())).unwrap()
        };
        assert!(tokens.verify(&forge(Algorithm::HS256, |_| ())).is_ok());
        let refused = [
            forge(Algorithm::HS512, |_| ()),
            forge(Algorithm::HS256, |claims| claims["typ"] = "refresh".into()),
            forge(Algorithm::HS256, |claims| claims["iss"] = "other".into()),
            forge(Algorithm::HS256, |claims| claims["aud"] = "other".into()),
            forge(Algorithm::HS256, |claims| claims["nbf"] = 1_700_000_100.into()),
            "eyJhbGciOiJub25lIn0.e30.".to_owned(),
            String::new(),
            "a.b.c".to_owned(),
        ];
        for token in refused {
            assert_eq!(tokens.verify(&token), Err(TokenError::Invalid), "{token}");
        }
    }
}
