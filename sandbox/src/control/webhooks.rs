//! Webhooks that the site sends when somebody changes something, signed as Jira signs them.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

/// Tries of a delivery after the first.
const RETRIES: u32 = 5;

/// Between tries; Jira waits for minutes.
const PAUSE: Duration = Duration::from_millis(200);

/// Webhooks that are remembered.
const MOST: usize = 10_000;

/// Where webhooks go, and what they are signed with.
#[derive(Clone, Debug, Deserialize)]
pub struct Webhook {
    /// `None` = nowhere: they are only remembered.
    #[serde(default)]
    pub url: Option<String>,
    /// The secret.
    pub secret: String,
}

/// A webhook as it is sent.
#[derive(Clone, Debug)]
pub struct SentWebhook {
    /// `X-Atlassian-Webhook-Identifier`: the same for each try.
    pub identifier: String,
    /// `X-Hub-Signature`.
    pub signature: String,
    /// What happened.
    pub event: String,
    /// The key.
    pub key: String,
    /// The body.
    pub body: String,
}

/// What the sandbox knows of webhooks.
#[derive(Debug, Default)]
pub(crate) struct Webhooks {
    hook: Option<Webhook>,
    sent: Vec<SentWebhook>,
    count: u64,
}

impl Webhooks {
    pub(crate) fn register(&mut self, hook: Option<Webhook>) {
        self.hook = hook;
    }

    pub(crate) fn is_registered(&self) -> bool {
        self.hook.is_some()
    }

    pub(crate) fn take(&mut self) -> Vec<SentWebhook> {
        std::mem::take(&mut self.sent)
    }

    /// Signs, remembers and sends what is told.
    pub(crate) fn send(&mut self, event: &str, key: String, body: String) {
        let Some(hook) = self.hook.clone() else { return };
        self.count += 1;
        let identifier = format!("{:08x}-5a4d-4b0c-8e21-{:012x}", std::process::id(), self.count);
        let webhook =
            SentWebhook { identifier, signature: sign(&hook.secret, body.as_bytes()), event: event.to_owned(), key, body };
        if self.sent.len() >= MOST {
            self.sent.remove(0);
        }
        self.sent.push(webhook.clone());
        if let (Some(url), Ok(runtime)) = (hook.url, tokio::runtime::Handle::try_current()) {
            runtime.spawn(deliver(url, webhook));
        }
    }
}

fn sign(secret: &str, body: &[u8]) -> String {
    // HMAC takes a key of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// Sends a webhook until it is taken, or refused for good.
async fn deliver(url: String, webhook: SentWebhook) {
    let Ok(client) = reqwest::Client::builder().timeout(Duration::from_secs(20)).build() else { return };
    for n in 0..=RETRIES {
        let mut request = client
            .post(&url)
            .header("content-type", "application/json")
            .header("x-atlassian-webhook-identifier", &webhook.identifier)
            .header("x-atlassian-webhook-flow", "Primary")
            .header("x-hub-signature", &webhook.signature);
        if n > 0 {
            request = request.header("x-atlassian-webhook-retry", n);
        }
        match request.body(webhook.body.clone()).send().await.map(|answer| answer.status().as_u16()) {
            Ok(408 | 409 | 425 | 429 | 500..) | Err(_) => tokio::time::sleep(PAUSE).await,
            Ok(_) => return,
        }
    }
}
