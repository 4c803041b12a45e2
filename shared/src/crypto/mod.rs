//! Passwords, access tokens and the key both the tokens and the webhook signatures are derived from.
//!
//! * [`SecretKey`]: the installation's key, and keys derived from it by label
//! * [`Passwords`]: argon2id, off the async threads and bounded
//! * [`Tokens`]: signed, short-lived access tokens

mod password;
mod secret_key;
mod token;

pub use password::{PasswordError, Passwords};
pub use secret_key::{KeyError, SecretKey};
pub use token::{TokenError, TokenSettings, Tokens};
