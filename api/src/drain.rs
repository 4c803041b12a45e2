//! The end of a server in two steps: first it says so, then it closes.

use tokio_util::sync::CancellationToken;

/// Shared by the server, the readiness probe and everything that keeps a response open.
#[derive(Debug, Clone, Default)]
pub struct Drain {
    begun: CancellationToken,
    closing: CancellationToken,
}

impl Drain {
    /// A server that is not ending.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Load balancers shall send nothing more.
    pub fn begin(&self) {
        self.begun.cancel();
    }

    /// Streams and long polls shall end.
    pub fn close(&self) {
        self.begun.cancel();
        self.closing.cancel();
    }

    /// Whether the end has begun.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Ends when streams and long polls shall.
    pub async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// Whether streams and long polls shall end.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.closing.is_cancelled()
    }
}
