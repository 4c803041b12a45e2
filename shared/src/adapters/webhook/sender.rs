//! Sends one webhook.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Client;
use reqwest::header::CONTENT_TYPE;

use super::policy::OutboundPolicy;
use super::resolver::{Lookup, NotAllowed, guarded, system};
use crate::adapters::http::{self, USER_AGENT, excerpt, retry_after};
use crate::ports::{Clock, Delivered, SystemClock, WebhookError, WebhookRequest, WebhookSender};

/// Bytes of an answer that are kept.
const SNIPPET: usize = 300;

/// Settings of outbound requests.
#[derive(Clone, Debug)]
pub struct OutboundSettings {
    /// Where they may go.
    pub policy: OutboundPolicy,
    /// Time limit of one request.
    pub timeout: Duration,
}

impl Default for OutboundSettings {
    fn default() -> Self {
        Self { policy: OutboundPolicy::default(), timeout: Duration::from_secs(15) }
    }
}

/// The sender of webhooks.
pub struct HttpWebhookSender {
    policy: Arc<OutboundPolicy>,
    /// For the usual ports.
    public: Client,
    /// For other ports, to listed networks only.
    listed: Client,
}

impl fmt::Debug for HttpWebhookSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpWebhookSender").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl HttpWebhookSender {
    /// A sender that asks the system for addresses.
    pub fn new(settings: &OutboundSettings) -> Result<Self, WebhookError> {
        Self::with_lookup(settings, &system())
    }

    pub(super) fn with_lookup(settings: &OutboundSettings, lookup: &Lookup) -> Result<Self, WebhookError> {
        let policy = Arc::new(settings.policy.clone());
        let client = |listed| {
            let client = http::client().user_agent(USER_AGENT).timeout(settings.timeout).connect_timeout(settings.timeout);
            guarded(client, &policy, listed, lookup)
                .build()
                .map_err(|error| WebhookError::Unreachable(format!("the HTTP client cannot be built: {error}")))
        };
        Ok(Self { public: client(false)?, listed: client(true)?, policy })
    }
}

#[async_trait]
impl WebhookSender for HttpWebhookSender {
    async fn send(&self, request: WebhookRequest) -> Result<Delivered, WebhookError> {
        // A URL that was accepted once is checked again: the policy may have changed since.
        let url = self.policy.check_url(&request.url).map_err(|_| WebhookError::Refused { host: host_in(&request.url) })?;
        let client = if OutboundPolicy::is_unusual_port(&url) { &self.listed } else { &self.public };
        let host = url.host_str().unwrap_or_default().to_owned();
        let sent = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &request.id)
            .header("webhook-timestamp", request.timestamp)
            .header("webhook-signature", &request.signature)
            .body(request.body)
            .send()
            .await;
        let response = sent.map_err(|error| failure(error, host))?;
        let (status, retry_after) = (response.status().as_u16(), retry_after(response.headers(), SystemClock.now()));
        Ok(Delivered { status, retry_after, answer: beginning(response).await })
    }
}

/// The first piece of a body. Whoever answered has the message, so one that breaks off is no failure.
async fn beginning(mut response: reqwest::Response) -> String {
    let piece = response.chunk().await.ok().flatten().unwrap_or_default();
    excerpt(&String::from_utf8_lossy(&piece[..piece.len().min(SNIPPET)]), SNIPPET)
}

fn host_in(text: &str) -> String {
    let url = url::Url::parse(text.trim()).ok();
    let host = url.as_ref().and_then(|url| url.host_str().map(|host| (host, url.port())));
    host.map_or_else(|| "this URL".to_owned(), |(host, port)| port.map_or(host.to_owned(), |port| format!("{host}:{port}")))
}

fn failure(error: reqwest::Error, host: String) -> WebhookError {
    let error = error.without_url();
    let mut cause: &(dyn Error + 'static) = &error;
    loop {
        if cause.is::<NotAllowed>() {
            return WebhookError::Refused { host };
        }
        let Some(next) = cause.source() else { break };
        cause = next;
    }
    if error.is_timeout() {
        return WebhookError::Unreachable("no answer within the time limit".to_owned());
    }
    WebhookError::Unreachable(excerpt(&cause.to_string(), 200))
}
