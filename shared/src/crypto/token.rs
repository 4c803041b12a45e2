//! Access tokens: JWT, of one algorithm and nothing else, with the times of our own clock.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::key_ring::KeyRing;
use super::secret_key::SecretKey;
use crate::ports::Clock;

/// The kind of token these are; another kind signed by the same key is refused.
const ACCESS: &str = "access";

/// How far two machines' clocks may differ, in seconds.
const LEEWAY: i64 = 5;

/// What stands before the 32 bytes of an Ed25519 key in PKCS#8: <https://www.rfc-editor.org/rfc/rfc8410#section-7>
const PKCS8_ED25519: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

crate::domain::words::words! {
    /// How tokens are signed.
    TokenAlgorithm {
        /// Ed25519: who can verify cannot sign.
        EdDsa = "EdDSA",
        /// HMAC-SHA256.
        Hs256 = "HS256",
    }
}

/// Names and times.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    /// `iss`: the installation. Tokens of another one are refused although they share a key.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
    /// How long a token is good for.
    pub life: Duration,
    /// The only algorithm that is signed with and accepted.
    pub algorithm: TokenAlgorithm,
}

impl Default for TokenSettings {
    fn default() -> Self {
        let (issuer, audience) = ("jqa".to_owned(), "jqa-api".to_owned());
        Self { issuer, audience, life: Duration::from_secs(15 * 60), algorithm: TokenAlgorithm::EdDsa }
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

/// Whom a token lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bearer {
    /// The account.
    pub user_id: Uuid,
    /// The login it comes from.
    pub session_id: Uuid,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    jti: Uuid,
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
    /// Tokens signed with what is derived from the current key of a ring; those signed with older ones are still accepted.
    /// A token names its key by [`SecretKey::id`].
    #[must_use]
    pub fn new(settings: TokenSettings, keys: &KeyRing, clock: Arc<dyn Clock>) -> Self {
        let algorithm = settings.algorithm;
        let named = match algorithm {
            TokenAlgorithm::EdDsa => Algorithm::EdDSA,
            TokenAlgorithm::Hs256 => Algorithm::HS256,
        };
        let mut validation = Validation::new(named);
        // Times are compared below, with the injected clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.set_required_spec_claims(&["exp", "nbf", "sub", "iss", "aud"]);
        validation.set_issuer(&[&settings.issuer]);
        validation.set_audience(&[&settings.audience]);
        let header = Header { kid: Some(keys.current().id()), ..Header::new(named) };
        let ring = keys.iter().map(|key| Key { kid: key.id(), decoding: verifying(algorithm, key) }).collect();
        Self { signing: signing(algorithm, keys.current()), settings, header, ring, validation, clock }
    }

    /// How long a token is good for.
    #[must_use]
    pub fn life(&self) -> Duration {
        self.settings.life
    }

    /// A token for the account of a session.
    pub fn issue(&self, bearer: Bearer) -> Result<String, TokenError> {
        let now = self.clock.now_ms() / 1000;
        let claims = Claims {
            iss: self.settings.issuer.clone(),
            aud: self.settings.audience.clone(),
            sub: bearer.user_id,
            sid: bearer.session_id,
            jti: self.clock.new_id(),
            typ: ACCESS.to_owned(),
            iat: now,
            nbf: now,
            exp: now.saturating_add(i64::try_from(self.settings.life.as_secs()).unwrap_or(i64::MAX)),
        };
        encode(&self.header, &claims, &self.signing).map_err(|_| TokenError::Unsigned)
    }

    /// Whom a token was issued to.
    pub fn verify(&self, token: &str) -> Result<Bearer, TokenError> {
        let header = decode_header(token).map_err(|_| TokenError::Invalid)?;
        let key = header.kid.as_deref().and_then(|kid| self.ring.iter().find(|key| key.kid == kid)).ok_or(TokenError::Invalid)?;
        let claims = decode::<Claims>(token, &key.decoding, &self.validation).map_err(|_| TokenError::Invalid)?.claims;
        let now = self.clock.now_ms() / 1000;
        if claims.typ != ACCESS || claims.nbf > now.saturating_add(LEEWAY) {
            return Err(TokenError::Invalid);
        }
        // No leeway here: a token that we issued expires by the clock that issued it.
        if claims.exp <= now { Err(TokenError::Expired) } else { Ok(Bearer { user_id: claims.sub, session_id: claims.sid }) }
    }
}

/// A key for this purpose and algorithm alone: one that verifies EdDSA is no secret that HS256 could be signed with.
fn derived(algorithm: TokenAlgorithm, key: &SecretKey) -> SecretKey {
    key.derive(match algorithm {
        TokenAlgorithm::EdDsa => "access-token-ed25519",
        TokenAlgorithm::Hs256 => "access-token",
    })
}

fn signing(algorithm: TokenAlgorithm, key: &SecretKey) -> EncodingKey {
    let key = derived(algorithm, key);
    match algorithm {
        TokenAlgorithm::EdDsa => EncodingKey::from_ed_der(&[&PKCS8_ED25519[..], key.expose()].concat()),
        TokenAlgorithm::Hs256 => EncodingKey::from_secret(key.expose()),
    }
}

fn verifying(algorithm: TokenAlgorithm, key: &SecretKey) -> DecodingKey {
    let key = derived(algorithm, key);
    match algorithm {
        TokenAlgorithm::EdDsa => {
            // Any 32 bytes are a key: https://www.rfc-editor.org/rfc/rfc8032#section-5.1.5
            let pair = Ed25519KeyPair::from_seed_unchecked(key.expose()).expect("a derived key has 32 bytes");
            DecodingKey::from_ed_der(pair.public_key().as_ref())
        }
        TokenAlgorithm::Hs256 => DecodingKey::from_secret(key.expose()),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;
    use crate::ports::TestClock;

    const BEARER: Bearer = Bearer { user_id: Uuid::from_u128(7), session_id: Uuid::from_u128(8) };

    fn key(letter: char) -> SecretKey {
        SecretKey::from_bytes(letter.to_string().repeat(40).as_bytes()).unwrap()
    }

    fn tokens_of(settings: TokenSettings, current: char, older: &[char], clock: &Arc<TestClock>) -> Tokens {
        let ring = KeyRing::new(key(current), older.iter().map(|letter| key(*letter)));
        Tokens::new(settings, &ring, Arc::clone(clock) as Arc<dyn Clock>)
    }

    fn tokens(current: char, older: &[char], clock: &Arc<TestClock>) -> Tokens {
        tokens_of(TokenSettings::default(), current, older, clock)
    }

    fn by(algorithm: TokenAlgorithm) -> TokenSettings {
        TokenSettings { algorithm, ..TokenSettings::default() }
    }

    fn clock() -> Arc<TestClock> {
        Arc::new(TestClock::at(1_700_000_000_000))
    }

    /// A token with this header and these claims, signed as somebody likes.
    fn forged(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn claims() -> Value {
        json!({
            "iss": "jqa", "aud": "jqa-api", "sub": BEARER.user_id, "sid": BEARER.session_id, "jti": Uuid::nil(), "typ": "access",
            "iat": 1_700_000_000, "nbf": 1_700_000_000, "exp": 1_700_000_900,
        })
    }

    fn ed25519(letter: char) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(key(letter).derive("access-token-ed25519").expose()).unwrap()
    }

    #[test]
    fn a_token_is_good_for_its_time_and_no_longer() {
        for algorithm in [TokenAlgorithm::EdDsa, TokenAlgorithm::Hs256] {
            let clock = clock();
            let tokens = tokens_of(by(algorithm), 'a', &[], &clock);
            let token = tokens.issue(BEARER).unwrap();
            assert_eq!(tokens.verify(&token), Ok(BEARER));
            clock.advance(Duration::from_secs(15 * 60 - 1));
            assert_eq!(tokens.verify(&token), Ok(BEARER));
            clock.advance(Duration::from_secs(1));
            assert_eq!(tokens.verify(&token), Err(TokenError::Expired));
        }
    }

    #[test]
    fn two_tokens_of_one_moment_differ_and_name_their_key() {
        let tokens = tokens('a', &[], &clock());
        let (one, other) = (tokens.issue(BEARER).unwrap(), tokens.issue(BEARER).unwrap());
        assert_ne!(one, other);
        let header = decode_header(&one).unwrap();
        assert_eq!((header.alg, header.kid), (Algorithm::EdDSA, Some(key('a').id())));
    }

    #[test]
    fn an_older_key_of_the_ring_still_opens_and_a_strange_one_does_not() {
        let clock = clock();
        let token = tokens('a', &[], &clock).issue(BEARER).unwrap();
        assert!(tokens('b', &['a'], &clock).verify(&token).is_ok());
        assert_eq!(tokens('b', &[], &clock).verify(&token), Err(TokenError::Invalid));
    }

    #[test]
    fn a_token_of_another_installation_is_refused_although_it_shares_the_key() {
        let clock = clock();
        let other = TokenSettings { issuer: "https://other.example".to_owned(), ..TokenSettings::default() };
        let token = tokens_of(other, 'a', &[], &clock).issue(BEARER).unwrap();
        assert_eq!(tokens('a', &[], &clock).verify(&token), Err(TokenError::Invalid));
    }

    #[test]
    fn a_token_of_the_other_algorithm_is_refused_both_ways() {
        let clock = clock();
        let (ed, hs) =
            (tokens_of(by(TokenAlgorithm::EdDsa), 'a', &[], &clock), tokens_of(by(TokenAlgorithm::Hs256), 'a', &[], &clock));
        assert_eq!(ed.verify(&hs.issue(BEARER).unwrap()), Err(TokenError::Invalid));
        assert_eq!(hs.verify(&ed.issue(BEARER).unwrap()), Err(TokenError::Invalid));
    }

    #[test]
    fn a_public_key_is_no_secret_to_sign_with() {
        let (tokens, public) = (tokens('a', &[], &clock()), ed25519('a'));
        let header = json!({ "alg": "HS256", "typ": "JWT", "kid": key('a').id() });
        let secret = EncodingKey::from_secret(public.public_key().as_ref());
        let token = forged(&header, &claims(), |message| {
            let signature = jsonwebtoken::crypto::sign(message, &secret, Algorithm::HS256).unwrap();
            URL_SAFE_NO_PAD.decode(signature).unwrap()
        });
        assert_eq!(tokens.verify(&token), Err(TokenError::Invalid));
    }

    #[test]
    fn a_header_that_brings_its_own_key_or_none_is_refused() {
        let (tokens, mallory) = (tokens('a', &[], &clock()), ed25519('m'));
        let x = URL_SAFE_NO_PAD.encode(mallory.public_key().as_ref());
        let own = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
        for header in [
            json!({ "alg": "none", "kid": key('a').id() }),
            json!({ "alg": "None", "kid": key('a').id() }),
            json!({ "alg": "EdDSA" }),
            json!({ "alg": "EdDSA", "kid": "../../dev/null" }),
            json!({ "alg": "EdDSA", "kid": "' OR 1=1 --" }),
            json!({ "alg": "EdDSA", "kid": key('a').id(), "jwk": own }),
            json!({ "alg": "EdDSA", "kid": key('a').id(), "jku": "https://mallory.example/keys" }),
            json!({ "alg": "EdDSA", "kid": key('a').id(), "x5u": "https://mallory.example/keys" }),
        ] {
            let signed = forged(&header, &claims(), |message| mallory.sign(message).as_ref().to_vec());
            assert_eq!(tokens.verify(&signed), Err(TokenError::Invalid), "{header}");
            let unsigned = forged(&header, &claims(), |_| Vec::new());
            assert_eq!(tokens.verify(&unsigned), Err(TokenError::Invalid), "{header}");
        }
    }

    #[test]
    fn another_type_issuer_audience_or_time_is_refused() {
        let (tokens, ours) = (tokens('a', &[], &clock()), ed25519('a'));
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": key('a').id() });
        let verified = |change: fn(&mut Value)| {
            let mut claims = claims();
            change(&mut claims);
            tokens.verify(&forged(&header, &claims, |message| ours.sign(message).as_ref().to_vec()))
        };
        assert_eq!(verified(|_| ()), Ok(BEARER));
        let changes: [fn(&mut Value); 10] = [
            |claims| claims["typ"] = "refresh".into(),
            |claims| claims["iss"] = "other".into(),
            |claims| claims["aud"] = "other".into(),
            |claims| claims["aud"] = json!([]),
            |claims| claims["nbf"] = 1_700_000_100.into(),
            |claims| claims["exp"] = Value::Null,
            |claims| claims["exp"] = "9999999999".into(),
            |claims| claims["sub"] = "admin".into(),
            |claims| claims["sid"] = Value::Null,
            |claims| *claims = json!({}),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            assert_eq!(verified(change), Err(TokenError::Invalid), "change {number}");
        }
        assert_eq!(verified(|claims| claims["exp"] = 1_699_999_999.into()), Err(TokenError::Expired));
    }

    proptest::proptest! {
        #[test]
        fn any_text_and_any_changed_token_is_refused(text in ".{0,300}", at in 0usize..400, to in "[A-Za-z0-9_.-]") {
            let tokens = tokens('a', &[], &clock());
            proptest::prop_assert!(tokens.verify(&text).is_err());
            let token = tokens.issue(BEARER).unwrap();
            let at = at % token.len();
            let mut changed = token.clone();
            changed.replace_range(at..=at, &to);
            proptest::prop_assume!(changed != token);
            proptest::prop_assert!(tokens.verify(&changed).is_err());
        }
    }
}
