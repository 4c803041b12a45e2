//! Budgets that several processes may share.

use async_trait::async_trait;

use crate::domain::rate::{Rate, Standing};

/// One more of something, for one key.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'a> {
    /// Whose budget, such as `login:ip:10.0.0.1`; what users type never stands in it at length.
    pub key: &'a str,
    /// How large the budget is.
    pub rate: Rate,
    /// Whether the budget shrinks, rather than goes on for each process alone, while processes cannot agree.
    pub fails_closed: bool,
}

/// Counts. Never fails and never waits long: what cannot be shared is counted in the process.
#[async_trait]
pub trait RateLimiter: Send + Sync + 'static {
    /// Draws one, or says how long to wait.
    async fn draw(&self, draw: Draw<'_>) -> Standing;
}
