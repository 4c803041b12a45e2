//! Jira's signature of a webhook: `X-Hub-Signature: sha256=<hex>`, the HMAC-SHA256 of the body as it came.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// A shorter secret could be guessed from a webhook that was seen.
pub const SHORTEST_SECRET: usize = 16;

/// What the one algorithm that is accepted is called.
const ALGORITHM: &str = "sha256=";

/// Whether a body was signed with this secret. It takes as long for every secret of a length, and for every signature.
#[must_use]
pub fn is_of(secret: &str, signature: &str, body: &[u8]) -> bool {
    let Some(given) = signature.strip_prefix(ALGORITHM).and_then(bytes) else { return false };
    mac(secret, body).verify_slice(&given).is_ok()
}

/// The signature of a body.
#[must_use]
pub fn sign(secret: &str, body: &[u8]) -> String {
    let sum = mac(secret, body).finalize().into_bytes();
    let hex: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{ALGORITHM}{hex}")
}

fn mac(secret: &str, body: &[u8]) -> Hmac<Sha256> {
    // HMAC takes a key of any length: https://www.rfc-editor.org/rfc/rfc2104#section-2
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    mac
}

/// 64 hex digits as bytes.
fn bytes(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Atlassian's documentation, which is WebSub's.
    const EXAMPLE: (&str, &[u8], &str) = (
        "It's a Secret to Everybody",
        b"Hello World!",
        "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9",
    );

    #[test]
    fn the_example_of_the_vendor_is_signed_alike() {
        let (secret, body, signature) = EXAMPLE;
        assert_eq!(sign(secret, body), signature);
        assert!(is_of(secret, signature, body));
        assert!(is_of(secret, &signature.to_uppercase().replace("SHA256", "sha256"), body));
    }

    #[test]
    fn another_secret_body_algorithm_or_form_is_not_a_signature() {
        let (secret, body, signature) = EXAMPLE;
        assert!(!is_of("another", signature, body));
        assert!(!is_of(secret, signature, b"Hello World"));
        let sha1 = "sha1=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
        let sign = format!("sha256={}", "+1".repeat(32));
        let long = format!("{signature}00");
        for wrong in ["", "sha256=", "sha256", &signature[7..], sha1, &long, &sign, "sha256=zz", "sha256=é"] {
            assert!(!is_of(secret, wrong, body), "{wrong}");
        }
    }
}
