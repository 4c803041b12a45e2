//! One HTTP exchange, as every client here makes it: no redirects, a bounded body, errors without URLs or secrets.

mod client;
mod excerpt;
mod exchange;
mod lines;
mod retry_after;
mod secret;

pub use client::{Authority, authorities, client, client_trusting};
pub use excerpt::excerpt;
pub use exchange::{Answer, ExchangeError, Trouble, exchange, trouble};
pub use lines::{LineLimits, Lines, Opened, open};
pub use retry_after::{http_date, retry_after};
pub use secret::Secret;

/// How we name ourselves to other servers.
pub const USER_AGENT: &str = concat!("jqa/", env!("CARGO_PKG_VERSION"));
