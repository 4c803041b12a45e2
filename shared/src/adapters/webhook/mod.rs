//! Outbound requests to addresses that users name: only to the public Internet and to what an administrator allows.
//!
//! * [`address`]: which addresses are public, and the allow list
//! * [`policy`]: what can be said about a URL before anything is looked up
//! * [`resolver`]: names become addresses, and those that are not allowed are refused where the connection is made
//! * [`guard`]: the same for other clients
//! * [`sender`]: the port

mod address;
mod guard;
mod policy;
mod resolver;
mod sender;

#[cfg(test)]
mod tests;

pub use address::{Network, NetworkError, is_public};
pub use guard::Guard;
pub use policy::{OutboundPolicy, UrlProblem};
pub use sender::{HttpWebhookSender, OutboundSettings};
