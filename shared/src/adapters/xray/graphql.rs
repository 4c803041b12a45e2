//! Xray Cloud's API: a token for a key, then GraphQL. An answer of 200 may hold errors, and they count.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{XrayCloud, of_xray};
use crate::adapters::http::Secret;
use crate::adapters::jira::call::{Call, Kind, Wire};
use crate::adapters::jira::wire::unlike;
use crate::adapters::jira::{JiraSettings, Pace};
use crate::domain::jira_site::{JiraAuth, JiraDeployment};
use crate::domain::pace::Share;
use crate::domain::rate::Rate;
use crate::ports::JiraError;

/// Tokens live for a day.
const TOKEN_LIFE: Duration = Duration::from_secs(23 * 3600);

/// What the smaller plan takes: requests in a time (docs.getxray.app, REST API, limits).
const REQUESTS: (u32, Duration) = (300, Duration::from_secs(5 * 60));

/// So many calls at once have done no harm.
const AT_ONCE: usize = 2;

/// The API with a key.
pub(super) struct GraphQl {
    settings: JiraSettings,
    cloud: XrayCloud,
    token: Mutex<Option<(Instant, Arc<Wire>)>>,
}

impl GraphQl {
    /// Time limits and the guard are those of the connection to Jira.
    pub(super) fn new(jira: &JiraSettings, cloud: XrayCloud) -> Self {
        let mut settings = JiraSettings {
            deployment: JiraDeployment::Cloud,
            auth: JiraAuth::Bearer,
            authorities: Vec::new(),
            browse_url: None,
            max_in_flight: AT_ONCE,
            timeout: jira.timeout,
            guard: jira.guard.clone(),
            on_call: jira.on_call.clone(),
            ..JiraSettings::new(cloud.base_url.clone(), cloud.client_id.clone(), cloud.client_secret.clone())
        };
        let (count, per) = REQUESTS;
        let share = Share { requests: Rate::new(count, per, 0), tokens: None, at_once: u32::try_from(AT_ONCE).ok() };
        let account = settings.account();
        settings.pace = jira.pace.as_ref().map(|pace| Pace { account, share, ..pace.clone() });
        settings.email = String::new();
        settings.token = Secret::new("");
        Self { settings, cloud, token: Mutex::default() }
    }

    /// Asks something.
    pub(super) async fn query(&self, query: &str, variables: Value, subject: &str) -> Result<Value, JiraError> {
        self.send(Kind::Read, query, variables, subject).await
    }

    /// Changes something, once.
    pub(super) async fn mutate(&self, query: &str, variables: Value, subject: &str) -> Result<Value, JiraError> {
        self.send(Kind::Write, query, variables, subject).await
    }

    /// A token that is not accepted any more was not looked at further, so a new one is tried.
    async fn send(&self, kind: Kind, query: &str, variables: Value, subject: &str) -> Result<Value, JiraError> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let call = Call { kind, method: Method::POST, path: &["graphql"], query: &[], body: Some(&body), subject };
        let wire = self.wire(None).await.map_err(of_xray)?;
        let answer = match wire.send_below(&[], &call).await {
            Err(JiraError::Unauthorized(_)) => {
                let anew = self.wire(Some(&wire)).await.map_err(of_xray)?;
                anew.send_below(&[], &call).await
            }
            answer => answer,
        };
        data(answer.map_err(of_xray)?).map_err(of_xray)
    }

    /// A connection with a token that is not `stale`.
    async fn wire(&self, stale: Option<&Arc<Wire>>) -> Result<Arc<Wire>, JiraError> {
        let mut token = self.token.lock().await;
        let is_good = |(since, wire): &&(Instant, Arc<Wire>)| {
            since.elapsed() < TOKEN_LIFE && !stale.is_some_and(|stale| Arc::ptr_eq(stale, wire))
        };
        if let Some((_, wire)) = token.as_ref().filter(is_good) {
            return Ok(wire.clone());
        }
        let body = json!({ "client_id": self.cloud.client_id, "client_secret": self.cloud.client_secret.expose() }).to_string();
        let path = &["authenticate"][..];
        let call =
            Call { kind: Kind::Read, method: Method::POST, path, query: &[], body: Some(&body), subject: "the key of Xray" };
        let given: String = Wire::new(self.settings.clone())?.send_below(&[], &call).await?;
        let wire = Arc::new(Wire::new(JiraSettings { token: Secret::new(given), ..self.settings.clone() })?);
        *token = Some((Instant::now(), wire.clone()));
        Ok(wire)
    }
}

/// What was asked for, if all of it came.
fn data(mut answer: Value) -> Result<Value, JiraError> {
    let errors = answer.get("errors").and_then(Value::as_array).into_iter().flatten();
    let words: Vec<&str> = errors.filter_map(|error| error.get("message")?.as_str()).collect();
    if !words.is_empty() {
        return Err(JiraError::Refused { status: 400, message: words.join("; ").chars().take(400).collect() });
    }
    match answer.get_mut("data").map(Value::take) {
        Some(data) if data.is_object() => Ok(data),
        _ => Err(unlike("an answer of GraphQL without data")),
    }
}
