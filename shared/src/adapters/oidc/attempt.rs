//! The secrets of one sign-in. They travel in a sealed cookie, so that no server remembers them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::crypto::random_text;

/// See the module.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// Comes back with the code: the browser that began is the one that ends.
    pub state: String,
    /// Comes back in the ID token: it was made for this sign-in.
    pub nonce: String,
    /// Proves to the provider that who exchanges the code began the sign-in (PKCE).
    pub verifier: String,
}

impl Attempt {
    /// A new one, of 256 bits each.
    #[must_use]
    pub fn begin() -> Self {
        Self { state: random_text(), nonce: random_text(), verifier: random_text() }
    }

    /// What the provider is told of the verifier (`S256`).
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attempt(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_the_standard() {
        // RFC 7636, appendix B.
        let attempt = Attempt { verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into(), ..Attempt::begin() };
        assert_eq!(attempt.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_ne!(Attempt::begin().state, Attempt::begin().state);
        assert!(!format!("{attempt:?}").contains("dBjf"));
    }
}
