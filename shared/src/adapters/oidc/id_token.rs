//! What an ID token must hold to be believed.

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;

/// Public-key signatures only: with HS256 whoever knows the client secret could sign, with `none` everybody.
const ALGORITHMS: &[Algorithm] = &[
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// How far the provider's clock may differ from ours, in seconds.
const LEEWAY: i64 = 60;

/// Whom the token must be for.
#[derive(Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// Seconds since the epoch.
    pub(super) now: i64,
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unbelieved {
    /// Its key is not among those known: they may have been changed.
    #[error("the ID token is signed with a key that the provider does not publish")]
    UnknownKey,
    /// Anything else.
    #[error("the ID token {0}")]
    Wrong(&'static str),
}

#[derive(Debug, Deserialize)]
struct Times {
    exp: i64,
    iat: i64,
    #[serde(default)]
    nbf: i64,
}

/// The claims of a token that is believed.
pub(super) fn verify(token: &str, keys: &JwkSet, expected: &Expected) -> Result<Value, Unbelieved> {
    let header = decode_header(token).map_err(|_| Unbelieved::Wrong("is no signed token"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Unbelieved::Wrong(
            "is signed in a way that is not accepted; the provider should use RS256, PS256, ES256 or EdDSA",
        ));
    }
    let claims = signed(token, header.alg, header.kid.as_deref(), keys, expected)?;
    let times = Times::deserialize(&claims).map_err(|_| Unbelieved::Wrong("does not say when it was issued and when it ends"))?;
    if times.exp <= expected.now - LEEWAY {
        return Err(Unbelieved::Wrong("has expired"));
    }
    if times.iat > expected.now + LEEWAY || times.nbf > expected.now + LEEWAY {
        return Err(Unbelieved::Wrong("is from the future; compare the clocks of the two servers"));
    }
    let authorised = claims.get("azp").and_then(Value::as_str);
    let is_for_many = claims["aud"].as_array().is_some_and(|list| list.len() > 1);
    if authorised.map_or(is_for_many, |party| party != expected.client_id) {
        return Err(Unbelieved::Wrong("was issued to another application"));
    }
    if claims["nonce"] != expected.nonce {
        return Err(Unbelieved::Wrong("was not made for this sign-in"));
    }
    Ok(claims)
}

/// Checks signature, issuer and audience.
fn signed(token: &str, alg: Algorithm, kid: Option<&str>, keys: &JwkSet, expected: &Expected) -> Result<Value, Unbelieved> {
    let mut validation = Validation::new(alg);
    // Times are compared above, with the injected clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    let candidates: Vec<_> = keys.keys.iter().filter(|key| fits(key, alg, kid)).collect();
    if candidates.is_empty() {
        return Err(Unbelieved::UnknownKey);
    }
    let mut why = Unbelieved::Wrong("is signed with a key that cannot be read");
    for key in candidates {
        let Ok(key) = DecodingKey::from_jwk(key) else { continue };
        match decode::<Value>(token, &key, &validation) {
            Ok(token) => return Ok(token.claims),
            Err(error) => why = Unbelieved::Wrong(complaint(&error)),
        }
    }
    Err(why)
}

fn complaint(error: &jsonwebtoken::errors::Error) -> &'static str {
    use jsonwebtoken::errors::ErrorKind as E;
    match error.kind() {
        E::InvalidIssuer => "is from another issuer",
        E::InvalidAudience => "is for another application",
        E::MissingRequiredClaim(_) => "lacks a claim that every ID token has",
        _ => "was changed, or is not signed by the provider",
    }
}

fn fits(key: &Jwk, alg: Algorithm, kid: Option<&str>) -> bool {
    let names = |key: &Jwk| key.common.key_algorithm.is_none_or(|name| name.to_string() == format!("{alg:?}"));
    let signs = key.common.public_key_use.as_ref().is_none_or(|key_use| *key_use == PublicKeyUse::Signature);
    signs && names(key) && kid.is_none_or(|kid| key.common.key_id.as_deref() == Some(kid))
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_700_000_000;

    /// A key for tests alone, made once by `openssl genpkey -algorithm ed25519`.
    const PEM: &[u8] = b"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n";

    fn key() -> EncodingKey {
        EncodingKey::from_ed_pem(PEM).unwrap()
    }

    fn keys() -> JwkSet {
        let mut jwk = Jwk::from_encoding_key(&key(), Algorithm::EdDSA).unwrap();
        jwk.common.key_id = Some("k1".to_owned());
        JwkSet { keys: vec![jwk] }
    }

    fn claims() -> Value {
        json!({ "iss": "https://id.example", "aud": "jqa", "sub": "u1", "nonce": "n", "iat": NOW, "exp": NOW + 300 })
    }

    fn token(kid: &str, claims: &Value) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, claims, &key()).unwrap()
    }

    fn verified(token: &str, now: i64) -> Result<Value, Unbelieved> {
        verify(token, &keys(), &Expected { issuer: "https://id.example", client_id: "jqa", nonce: "n", now })
    }

    fn told(token: &str, now: i64) -> String {
        verified(token, now).map_or_else(|why| why.to_string(), |_| "believed".to_owned())
    }

    #[test]
    fn a_token_of_the_provider_for_this_sign_in_is_believed_for_its_time() {
        let token = token("k1", &claims());
        assert_eq!(verified(&token, NOW).unwrap()["sub"], "u1");
        assert_eq!(told(&token, NOW + 359), "believed");
        assert_eq!(told(&token, NOW + 360), "the ID token has expired");
        assert_eq!(told(&token, NOW - 61), "the ID token is from the future; compare the clocks of the two servers");
        assert_eq!(verified(&super::tests::token("k2", &claims()), NOW), Err(Unbelieved::UnknownKey));
    }

    #[test]
    fn a_token_for_anything_else_is_not_believed() {
        for (claim, value, expected) in [
            ("iss", json!("https://other.example"), "the ID token is from another issuer"),
            ("aud", json!("other"), "the ID token is for another application"),
            ("aud", json!(["jqa", "other"]), "the ID token was issued to another application"),
            ("azp", json!("other"), "the ID token was issued to another application"),
            ("nonce", json!("m"), "the ID token was not made for this sign-in"),
            ("nonce", Value::Null, "the ID token was not made for this sign-in"),
            ("sub", Value::Null, "the ID token lacks a claim that every ID token has"),
            ("iat", json!("soon"), "the ID token does not say when it was issued and when it ends"),
            ("nbf", json!(NOW + 100), "the ID token is from the future; compare the clocks of the two servers"),
        ] {
            let mut claims = claims();
            claims[claim] = value;
            assert_eq!(told(&token("k1", &claims), NOW), expected, "{claims}");
        }
    }

    #[test]
    fn a_token_that_anybody_could_sign_is_not_believed() {
        let shared = encode(&Header::new(Algorithm::HS256), &claims(), &EncodingKey::from_secret(b"client secret")).unwrap();
        assert!(told(&shared, NOW).contains("not accepted"), "{}", told(&shared, NOW));
        let good = token("k1", &claims());
        let (head, _) = good.rsplit_once('.').unwrap();
        assert_eq!(told(&format!("{head}.AAAA"), NOW), "the ID token was changed, or is not signed by the provider");
        for nothing in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(told(nothing, NOW), "the ID token is no signed token", "{nothing}");
        }
    }
}
