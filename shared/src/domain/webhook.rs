//! Standard Webhooks: the signature and the schedule (standardwebhooks.com, specification 1.0).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

super::words::words! {
    /// What an endpoint can be told.
    WebhookEvent {
        /// A job waits for a person.
        AwaitingReview = "job.awaiting_review",
        /// A job ended well.
        Succeeded = "job.succeeded",
        /// A job ended with an explained failure.
        Failed = "job.failed",
        /// A job was ended by a person.
        Cancelled = "job.cancelled",
        /// All jobs of a batch are at rest.
        BatchCompleted = "batch.completed",
        /// A result is out of date: its story changed.
        StorySuspect = "story.suspect",
    }
}

/// The kind of the message that tries an endpoint.
pub const TEST: &str = "webhook.test";

/// Endpoints of a user.
pub const MOST_ENDPOINTS: i32 = 10;

/// How long the secret before signs too once an endpoint has another.
pub const OLD_SECRET_SIGNS: Duration = Duration::from_secs(24 * 3600);

/// An endpoint that takes nothing for so long is told nothing more.
pub const DISABLED_AFTER: Duration = Duration::from_secs(5 * 24 * 3600);

/// Waits before the second and each later try.
pub const RETRY_SCHEDULE: &[Duration] = &[
    Duration::from_secs(5),
    Duration::from_secs(5 * 60),
    Duration::from_secs(30 * 60),
    Duration::from_secs(2 * 3600),
    Duration::from_secs(5 * 3600),
    Duration::from_secs(10 * 3600),
    Duration::from_secs(14 * 3600),
    Duration::from_secs(20 * 3600),
    Duration::from_secs(24 * 3600),
];

/// A secret that is no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a webhook secret is 'whsec_' followed by 24 to 64 bytes in base64")]
pub struct SecretError;

/// The key behind a `whsec_…` secret.
pub fn secret_key(secret: &str) -> Result<Vec<u8>, SecretError> {
    let encoded = secret.strip_prefix("whsec_").ok_or(SecretError)?;
    let key = STANDARD.decode(encoded).map_err(|_| SecretError)?;
    if (24..=64).contains(&key.len()) { Ok(key) } else { Err(SecretError) }
}

/// A new secret: 32 random bytes.
#[must_use]
pub fn new_secret() -> String {
    as_secret(&rand::random::<[u8; 32]>())
}

/// A key as a `whsec_…` secret.
#[must_use]
pub fn as_secret(key: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

/// The value of `webhook-signature` for a body sent at `timestamp` (Unix seconds).
#[must_use]
pub fn sign(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    // HMAC takes a key of any length: https://www.rfc-editor.org/rfc/rfc2104#section-2
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(id.as_bytes());
    mac.update(b".");
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_is_signed_alike() {
        let key = secret_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_stands_for_its_key() {
        assert_eq!(secret_key(&as_secret(&[7; 32])), Ok(vec![7; 32]));
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert_eq!(secret_key("whsec_AAAA"), Err(SecretError));
        assert_eq!(secret_key("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), Err(SecretError));
    }
}
