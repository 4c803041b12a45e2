//! `Idempotency-Key`, `If-Match`, `ETag`.

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;

use crate::problem::{FieldError, Problem, codes};

/// The longest key.
const KEY_CHARS: usize = 255;

/// The `Idempotency-Key` of a request, when there is one.
#[derive(Debug, Clone)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        let key = value.to_str().unwrap_or_default();
        if (1..=KEY_CHARS).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) {
            return Ok(Self(Some(key.to_owned())));
        }
        Err(bad("Idempotency-Key", "should be 1 to 255 visible ASCII characters without spaces"))
    }
}

/// The content hash in `If-Match`, when there is one.
#[derive(Debug, Clone)]
pub struct IfMatch(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let text = value.to_str().unwrap_or_default().trim();
        let hash = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match hash.filter(|hash| !hash.is_empty() && !hash.contains(['"', ','])) {
            Some(hash) => Ok(Self(Some(hash.to_owned()))),
            None => Err(bad("If-Match", "should be the ETag of the result that was read, in quotation marks")),
        }
    }
}

/// The entity tag of a content hash.
#[must_use]
pub fn etag(content_hash: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"{content_hash}\"")).ok()
}

fn bad(name: &'static str, message: &'static str) -> Problem {
    Problem::new(codes::BAD_HEADER, format!("The header {name} {message}.")).with_errors(vec![FieldError::invalid(name, message)])
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn parts(name: &str, value: &str) -> Parts {
        Request::builder().header(name, value).body(()).unwrap().into_parts().0
    }

    #[tokio::test]
    async fn keys_are_visible_ascii() {
        for (value, is_good) in [("a-1", true), ("", false), ("a b", false), (&"x".repeat(255), true), (&"x".repeat(256), false)]
        {
            let mut parts = parts("idempotency-key", value).await;
            assert_eq!(IdempotencyKey::from_request_parts(&mut parts, &()).await.is_ok(), is_good, "{value:?}");
        }
    }

    #[tokio::test]
    async fn a_match_is_one_strong_tag() {
        for (value, hash) in [("\"abc\"", Some("abc")), ("abc", None), ("*", None), ("W/\"abc\"", None), ("\"a\", \"b\"", None)] {
            let mut parts = parts("if-match", value).await;
            let found = IfMatch::from_request_parts(&mut parts, &()).await;
            assert_eq!(found.ok().and_then(|found| found.0).as_deref(), hash, "{value:?}");
        }
    }
}
