//! One HTTP call to Jira: address, credentials, limits, repetition of reads.

use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use reqwest::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE};
use reqwest::{Client, Method};
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::sync::{OnceCell, Semaphore};
use url::Url;

use super::deployment::Deployment;
use super::errors;
use super::settings::JiraSettings;
use crate::adapters::http::{self, ExchangeError, Trouble, exchange};
use crate::ports::{Clock, JiraError, SystemClock};

/// Whether a call changes something; only calls that do not are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::adapters) enum Kind {
    Read,
    Write,
}

/// A call, ready to be sent any number of times.
#[derive(Debug)]
pub(in crate::adapters) struct Call<'a> {
    pub(in crate::adapters) kind: Kind,
    pub(in crate::adapters) method: Method,
    /// Path segments below the base URL, not yet encoded.
    pub(in crate::adapters) path: &'a [&'a str],
    pub(in crate::adapters) query: &'a [(&'a str, &'a str)],
    /// JSON.
    pub(in crate::adapters) body: Option<&'a str>,
    /// What it is about, for the error: `issue SHOP-12`.
    pub(in crate::adapters) subject: &'a str,
}

impl<'a> Call<'a> {
    pub(in crate::adapters) const fn get(path: &'a [&'a str], query: &'a [(&'a str, &'a str)], subject: &'a str) -> Self {
        Self { kind: Kind::Read, method: Method::GET, path, query, body: None, subject }
    }

    /// The issue that the call writes to.
    fn written_issue(&self) -> Option<&'a str> {
        match (self.kind, self.path) {
            (Kind::Write, ["issue", issue, ..]) => Some(issue),
            _ => None,
        }
    }
}

/// The connection behind the client.
pub(in crate::adapters) struct Wire {
    client: Client,
    settings: JiraSettings,
    slots: Semaphore,
    deployment: OnceCell<Deployment>,
    /// Where the API is instead of at the site, once that was found out.
    gateway: OnceCell<Url>,
}

/// A failure, and whether a read may be sent again at once.
struct Failed {
    error: JiraError,
    again: bool,
}

/// No answer of Jira that we ask for is longer.
const LONGEST_ANSWER: usize = 32 * 1024 * 1024;

impl Wire {
    pub(in crate::adapters) fn new(settings: JiraSettings) -> Result<Self, JiraError> {
        let client = http::client_trusting(&settings.authorities)
            .map_err(|why| JiraError::NoAnswer(format!("the certificates cannot be used: {why}")))?;
        let client = client.user_agent(&settings.user_agent).timeout(settings.timeout).connect_timeout(settings.connect_timeout);
        let client = match &settings.guard {
            Some(guard) => guard.over(client, &settings.base_url),
            None => client,
        };
        let client = client
            .build()
            .map_err(|error| JiraError::NoAnswer(format!("the HTTP client cannot be built: {}", error.without_url())))?;
        let slots = Semaphore::new(settings.max_in_flight.clamp(1, Semaphore::MAX_PERMITS));
        let deployment = OnceCell::new_with(Deployment::said(&settings));
        Ok(Self { client, settings, slots, deployment, gateway: OnceCell::new() })
    }

    pub(in crate::adapters) const fn settings(&self) -> &JiraSettings {
        &self.settings
    }

    /// `{site}/browse/{key}`.
    pub(in crate::adapters) fn browse_url(&self, key: &str) -> String {
        self.page(&["browse", key]).to_string()
    }

    /// A page that people open.
    pub(in crate::adapters) fn page(&self, path: &[&str]) -> Url {
        below(self.settings.browse_url.as_ref().unwrap_or(&self.settings.base_url), path)
    }

    /// What the site is: as the connection says, or as it says itself when it is asked, once.
    pub(in crate::adapters) async fn deployment(&self) -> Result<Deployment, JiraError> {
        let asked = self.deployment.get_or_try_init(|| async { Ok(self.ask_deployment().await?.0) });
        asked.await.copied()
    }

    /// Sends the call by the API that the site has.
    pub(in crate::adapters) async fn send<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, JiraError> {
        let api = self.deployment().await?.api();
        self.send_below(&["rest", "api", api], call).await
    }

    /// Sends the call to an API that begins there: Jira's own, or that of an app within it. Whoever is refused at the site of
    /// Jira Cloud may be known at its gateway.
    pub(in crate::adapters) async fn send_below<T: DeserializeOwned>(
        &self,
        root: &[&str],
        call: &Call<'_>,
    ) -> Result<T, JiraError> {
        match self.send_by_kind(root, call).await {
            Err(JiraError::Unauthorized(_)) if self.finds_gateway().await => self.send_by_kind(root, call).await,
            answer => answer,
        }
    }

    /// Whether calls go to the gateway from now on. Scoped tokens, those of service accounts and of OAuth are known there alone; the
    /// id of the site is told to strangers. It is asked for at sites of Atlassian, and nowhere else.
    async fn finds_gateway(&self) -> bool {
        let Some(gateway) = self.settings.gateway.as_ref().filter(|_| !self.gateway.initialized()) else { return false };
        let about = below(&self.settings.base_url, &["_edge", "tenant_info"]);
        let Ok(answer) = exchange(self.client.get(about).header(ACCEPT, "application/json"), LONGEST_ANSWER).await else {
            return false;
        };
        let told: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let Some(id) = told.get("cloudId").and_then(serde_json::Value::as_str).filter(|id| is_cloud_id(id)) else { return false };
        let gateway = below(gateway, &["ex", "jira", id]);
        let probe = Call::get(&["myself"], &[], "the account");
        let known = self.exchange::<IgnoredAny>(&gateway, &["rest", "api", "3"], &probe).await.is_ok();
        known && self.gateway.set(gateway).is_ok()
    }

    /// A read is repeated at most twice when there was no connection or a gateway stumbled;
    /// a write never, and no wait that Jira asks for is waited here.
    async fn send_by_kind<T: DeserializeOwned>(&self, root: &[&str], call: &Call<'_>) -> Result<T, JiraError> {
        if call.kind == Kind::Write {
            return self.once(root, call).await.map_err(|failed| failed.error);
        }
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(200))
            .with_max_delay(Duration::from_secs(1))
            .with_max_times(2)
            .with_jitter();
        let result = (|| self.once(root, call)).retry(pauses).when(|failed: &Failed| failed.again).await;
        result.map_err(|failed| failed.error)
    }

    async fn once<T: DeserializeOwned>(&self, root: &[&str], call: &Call<'_>) -> Result<T, Failed> {
        let Some(pace) = &self.settings.pace else { return self.counted(root, call).await };
        let turns = pace.turns(call.written_issue()).await.map_err(|error| Failed { error, again: false })?;
        let result = self.counted(root, call).await;
        turns.leave(result.as_ref().err().map(|failed| &failed.error)).await;
        result
    }

    async fn counted<T: DeserializeOwned>(&self, root: &[&str], call: &Call<'_>) -> Result<T, Failed> {
        // The semaphore is never closed.
        let _slot = self.slots.acquire().await.map_err(|_| Failed { error: closed(), again: false })?;
        let begun = Instant::now();
        let base = self.gateway.get().unwrap_or(&self.settings.base_url);
        let result = self.exchange(base, root, call).await;
        if let Some(on_call) = &self.settings.on_call {
            let operation = if call.kind == Kind::Read { "read" } else { "write" };
            on_call(operation, result.is_ok(), begun.elapsed());
        }
        result
    }

    async fn exchange<T: DeserializeOwned>(&self, base: &Url, root: &[&str], call: &Call<'_>) -> Result<T, Failed> {
        let path = [root, call.path].concat();
        let mut request = self
            .client
            .request(call.method.clone(), below(base, &path))
            .query(call.query)
            .header(ACCEPT, "application/json")
            .header(ACCEPT_LANGUAGE, "en")
            .header("X-Force-Accept-Language", "true");
        let settings = &self.settings;
        request = if settings.token.expose().is_empty() {
            // The call that asks for a token.
            request
        } else if settings.auth.names_account(&settings.email) {
            request.basic_auth(&settings.email, Some(settings.token.expose()))
        } else {
            request.bearer_auth(settings.token.expose())
        };
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_owned());
        }
        let answer = exchange(request, LONGEST_ANSWER).await.map_err(Failed::from)?;
        errors::read(&answer, call.subject, SystemClock.now())
            .map_err(|error| Failed { again: matches!(error, JiraError::Unavailable(502..=504)), error })
    }
}

impl From<ExchangeError> for Failed {
    fn from(error: ExchangeError) -> Self {
        // A timeout has cost its whole limit already: the job's own back-off is the better place to wait.
        let again = matches!(error.trouble, Trouble::Connect | Trouble::ConnectTimeout | Trouble::Broken);
        let error = match error.trouble {
            Trouble::TooLong => JiraError::NotJira(error.message),
            _ => JiraError::NoAnswer(error.message),
        };
        Self { error, again }
    }
}

/// As Atlassian makes them; nothing else becomes a part of an address.
fn is_cloud_id(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn closed() -> JiraError {
    JiraError::NoAnswer("the connection is being closed".to_owned())
}

/// A URL with encoded segments appended to the base's own path.
fn below(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_encoded_below_the_path_of_the_base() {
        let base = Url::parse("https://h.example/ex/jira/abc/?x=1#y").unwrap();
        assert_eq!(below(&base, &["issue", "A-1/../x?y"]).as_str(), "https://h.example/ex/jira/abc/issue/A-1%2F..%2Fx%3Fy");
        let bare = Url::parse("https://h.example").unwrap();
        assert_eq!(below(&bare, &["browse", "A-1"]).as_str(), "https://h.example/browse/A-1");
    }
}
