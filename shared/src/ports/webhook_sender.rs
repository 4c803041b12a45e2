//! Sending one webhook.

use std::time::Duration;

use async_trait::async_trait;

/// One signed request.
#[derive(Debug, Clone)]
pub struct WebhookRequest {
    /// Where to.
    pub url: String,
    /// `webhook-id`, the same over retries.
    pub id: String,
    /// `webhook-timestamp`, Unix seconds.
    pub timestamp: i64,
    /// `webhook-signature`: one, or several with blanks between them.
    pub signature: String,
    /// JSON.
    pub body: Vec<u8>,
}

/// What the other side answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// HTTP status; 2xx is success, everything else is failure.
    pub status: u16,
    /// `Retry-After`, when there was one.
    pub retry_after: Option<Duration>,
    /// How the body began, in one line; for the log of the endpoint.
    pub answer: String,
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The address is private, loopback, link-local or otherwise not for us.
    #[error("the address of {host} is not allowed; an administrator can allow it with JQA_OUTBOUND_ALLOW")]
    Refused {
        /// The host.
        host: String,
    },
    /// Connection, TLS, time-out.
    #[error("no answer: {0}")]
    Unreachable(String),
}

/// Sends webhooks.
#[async_trait]
pub trait WebhookSender: Send + Sync + 'static {
    /// Sends one and reads the status; follows no redirect.
    async fn send(&self, request: WebhookRequest) -> Result<Delivered, WebhookError>;
}
