//! A person who submits, and does not give up when nobody answers.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::waiting::until;

pub(crate) const EMAIL: &str = "chaos@example.com";
pub(crate) const PASSWORD: &str = "seven lamps of slate";

/// Longer than any outage.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Client {
    /// Who has not logged in yet.
    pub(crate) fn nobody(api: SocketAddr) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().expect("a client");
        Self { http, base: format!("http://{api}/api/v1"), token: String::new() }
    }

    /// Logs in as soon as the API answers.
    pub(crate) async fn log_in(&mut self) {
        let body = json!({ "email": EMAIL, "password": PASSWORD });
        let answer = self.insist(Method::POST, "/auth/login", Some(&body), "").await;
        answer["access_token"].as_str().expect("a token").clone_into(&mut self.token);
    }

    /// Submits the whole pipeline with a comment at its end. Answers the job's id; a repetition answers the same.
    pub(crate) async fn submit(&self, issue_key: &str) -> Uuid {
        let body = json!({ "issue_key": issue_key, "publish": [{ "mode": "comment", "what": "all" }] });
        let accepted = self.insist(Method::POST, "/generate/full-pipeline", Some(&body), &format!("chaos-{issue_key}")).await;
        accepted["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("no id: {accepted}"))
    }

    /// Asks for something to be done, once and for all.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        self.insist(Method::POST, path, Some(body), "").await
    }

    /// What the API shows there.
    pub(crate) async fn get(&self, path: &str) -> Value {
        self.insist(Method::GET, path, None, "").await
    }

    /// A job as the API shows it.
    pub(crate) async fn job(&self, id: Uuid) -> Value {
        self.insist(Method::GET, &format!("/jobs/{id}"), None, "").await
    }

    /// The result of a job.
    pub(crate) async fn result(&self, id: Uuid) -> Value {
        self.insist(Method::GET, &format!("/jobs/{id}/result"), None, "").await
    }

    /// Asks until it is answered; an answer that will not change is the test's failure.
    async fn insist(&self, method: Method, path: &str, body: Option<&Value>, key: &str) -> Value {
        until(&format!("an answer to {method} {path}"), PATIENCE, async || {
            let mut request = self.http.request(method.clone(), format!("{}{path}", self.base)).bearer_auth(&self.token);
            if let Some(body) = body {
                request = request.json(body);
            }
            if !key.is_empty() {
                request = request.header("Idempotency-Key", key);
            }
            let answer = request.send().await.ok()?;
            let status = answer.status();
            let text = answer.text().await.ok()?;
            let may_change =
                status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::CONFLICT;
            assert!(status.is_success() || may_change, "{method} {path} was answered {status}: {text}");
            status.is_success().then(|| serde_json::from_str(&text).expect("JSON"))
        })
        .await
    }
}
