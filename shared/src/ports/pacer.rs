//! Turns at an account of a provider, which all workers share.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::pace::{Share, Wait};

/// Whose turn, and at what.
#[derive(Debug, Clone, Copy)]
pub struct Turn<'a> {
    /// The account; no part of its key.
    pub account: &'a str,
    /// What it lets its callers do.
    pub share: Share,
    /// The call.
    pub id: Uuid,
    /// Tokens it will need, about.
    pub tokens: u32,
    /// How many workers there are, in case that they cannot agree.
    pub workers: u32,
}

/// Lets callers call. Never fails: what cannot be shared is counted in the process, by its part.
#[async_trait]
pub trait Pacer: Send + Sync + 'static {
    /// Takes a turn; else says how long to wait before asking again.
    async fn turn(&self, turn: Turn<'_>) -> Result<(), Wait>;

    /// The call is still under way; to be said more often than [`PLACE`](crate::domain::pace::PLACE).
    async fn keep(&self, turn: Turn<'_>);

    /// The call ended; so many of the tokens that it drew were not needed, or with a minus more were.
    async fn leave(&self, turn: Turn<'_>, unused: i64);

    /// Nobody calls this account for so long.
    async fn hold(&self, account: &str, wait: Duration);
}
