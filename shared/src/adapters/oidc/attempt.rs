//! The secrets of one sign-in. They travel in a sealed cookie, so that no server remembers them.

use serde::{Deserialize, Serialize};

use crate::crypto::{self, random_text};

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
        crypto::challenge(&self.verifier)
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
    fn each_has_secrets_of_its_own_and_shows_none() {
        let attempt = Attempt::begin();
        assert_ne!(attempt.state, Attempt::begin().state);
        assert!(!format!("{attempt:?}").contains(&attempt.verifier));
    }
}
