//! OpenID Connect: single sign-on by the authorization code flow with PKCE.
//!
//! * [`Provider`]: discovery, the address to sign in at, the exchange of a code
//! * [`Attempt`]: the secrets of one sign-in
//! * `id_token`: what an ID token must hold to be believed
//!
//! Signatures are verified by `jsonwebtoken` over aws-lc, as everywhere here; nothing of `rsa` is compiled in.

mod attempt;
mod id_token;
mod provider;

pub use attempt::Attempt;
pub use provider::{OidcError, OidcSettings, Provider};
