//! The doorbell.

use async_trait::async_trait;

use crate::domain::job::Lane;
use crate::domain::message::Message;

/// Why a bell did not ring. Nothing is lost: the row is in the database.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the queue did not take the messages: {0}")]
pub struct QueueError(pub String);

/// A bounded, disposable transport of job ids.
#[async_trait]
pub trait Queue: Send + Sync + 'static {
    /// Rings for rows that are due. Takes as many as the bound allows, in order, and says how many.
    async fn ring(&self, lane: Lane, messages: Vec<Message>) -> Result<usize, QueueError>;

    /// How many more messages the lane would take now.
    async fn room(&self, lane: Lane) -> Result<usize, QueueError>;
}
