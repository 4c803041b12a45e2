//! Passwords, access tokens, secrets at rest, and the keys they are made with.
//!
//! * [`SecretKey`]: a key of the installation, and keys derived from it by label; [`KeyRing`]: the current one and older ones
//! * [`Sealer`]: secrets at rest, bound to the place where they stand
//! * [`Passwords`]: argon2id, off the async threads and bounded
//! * [`ApiKey`]: what programs come in with
//! * [`random_text`], [`challenge`]: what proves that who began something also ends it
//! * [`Tokens`]: signed, short-lived access tokens; [`RefreshKeys`]: what they are renewed with

mod api_key;
mod key_ring;
mod password;
mod random;
mod refresh;
mod seal;
mod secret_key;
mod token;

pub use api_key::ApiKey;
pub use key_ring::KeyRing;
pub use password::{PasswordError, Passwords};
pub use random::{challenge, random_text};
pub use refresh::{RefreshKeys, RefreshToken};
pub use seal::{Place, SealError, Sealer, key_id};
pub use secret_key::{KeyError, SecretKey};
pub use token::{Bearer, TokenAlgorithm, TokenError, TokenSettings, Tokens};
