//! One connection to the server: timeouts, retries that cannot do anything twice, and the login.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Method, Response, StatusCode, header, redirect};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::ClientError;
use super::credentials::{self, Credentials};
use super::error::innermost;
use super::problem::Problem;
use super::views::LoginView;

/// The first try and a second one within the time in which a refresh token may be repeated.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(4);

/// How often a call is tried when the trouble may pass.
const TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The server asks for no longer pauses between two tries of one call than this; beyond it the command gives up.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Streams carry a heartbeat each 15 s; three missing ones mean that the connection is dead.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);

/// Who calls which server.
#[derive(Default)]
pub(crate) struct Identity {
    /// The base URL.
    pub(crate) url: String,
    /// The access token, when there is one.
    pub(crate) token: Option<String>,
    /// What to do when the token is missing or has ended.
    pub(crate) renewal: Option<Renewal>,
}

/// How a new token is come by.
#[derive(Clone)]
pub(crate) enum Renewal {
    /// By logging in.
    Password {
        /// E-mail address.
        email: String,
        /// Their password.
        password: String,
    },
    /// By the refresh token of the login kept in this file, which is kept anew.
    Kept(PathBuf),
}

/// A connection to one server as one caller. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    base: String,
    token: Mutex<Option<String>>,
    renewal: Option<Renewal>,
}

/// A request before it is sent.
pub(crate) struct Call {
    method: Method,
    path: String,
    query: Vec<(&'static str, String)>,
    headers: Vec<(header::HeaderName, String)>,
    body: Option<Value>,
    timeout: Option<Duration>,
    tries: u32,
    repeatable: bool,
    anonymous: bool,
}

impl Call {
    /// Reading; may be repeated at will.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            timeout: Some(CALL_TIMEOUT),
            tries: TRIES,
            repeatable: true,
            anonymous: false,
        }
    }

    /// Doing something; repeated only where it certainly was not done.
    pub(crate) fn post(path: impl Into<String>, body: Option<Value>) -> Self {
        Self { method: Method::POST, body, repeatable: false, ..Self::get(path) }
    }

    /// Changing something to what is given; safe to repeat.
    pub(crate) fn patch(path: impl Into<String>, body: Value) -> Self {
        Self { method: Method::PATCH, body: Some(body), ..Self::get(path) }
    }

    /// Removing something; safe to repeat.
    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self { method: Method::DELETE, ..Self::get(path) }
    }

    /// Makes it safe to repeat.
    pub(crate) fn idempotent(mut self, key: &str) -> Self {
        self.repeatable = true;
        self.header(header::HeaderName::from_static("idempotency-key"), key)
    }

    /// With this in the query, when there is a value.
    pub(crate) fn query(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// With this header.
    pub(crate) fn header(mut self, name: header::HeaderName, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// With another limit; `None` for streams.
    pub(crate) fn within(mut self, timeout: Option<Duration>) -> Self {
        self.timeout = timeout;
        self
    }

    /// Without repeating: the caller has a loop of its own.
    pub(crate) fn once(mut self) -> Self {
        self.tries = 1;
        self
    }

    /// Without a token.
    pub(crate) fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl Client {
    /// A connection; nothing is sent yet.
    ///
    /// # Errors
    /// When the URL is none.
    pub(crate) fn new(identity: Identity) -> Result<Self, ClientError> {
        let refuse = || ClientError::Url { url: identity.url.clone() };
        let url = url::Url::parse(identity.url.trim()).map_err(|_| refuse())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(refuse());
        }
        let base = url.as_str().trim_end_matches('/').trim_end_matches("/api/v1").to_owned();
        let http = reqwest::Client::builder()
            .user_agent(concat!("jqa/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(IDLE_TIMEOUT)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| ClientError::Unreachable { url: base.clone(), reason: innermost(&error) })?;
        Ok(Self(Arc::new(Inner { http, base, token: Mutex::new(identity.token), renewal: identity.renewal })))
    }

    /// The base URL, without a slash at the end.
    pub(crate) fn base(&self) -> &str {
        &self.0.base
    }

    /// Whether it can say who is calling.
    pub(crate) fn has_login(&self) -> bool {
        self.token().is_some() || self.0.renewal.is_some()
    }

    /// Logs in, and uses the token from now on.
    pub(crate) async fn login(&self, email: &str, password: &str) -> Result<(LoginView, Credentials), ClientError> {
        let body = json!({"email": email, "password": password});
        let mut call = Call::post("/api/v1/auth/login", Some(body)).anonymous();
        call.repeatable = true;
        self.come_in(&call).await
    }

    /// The same with the code of a sign-in that was completed in the browser.
    pub(crate) async fn exchange(&self, code: &str, verifier: &str) -> Result<(LoginView, Credentials), ClientError> {
        self.come_in(
            &Call::post("/api/v1/auth/oidc/exchange", Some(json!({"code": code, "code_verifier": verifier}))).anonymous(),
        )
        .await
    }

    async fn come_in(&self, call: &Call) -> Result<(LoginView, Credentials), ClientError> {
        let response = Box::pin(self.send(call)).await?;
        let (login, _): (LoginView, _) = self.read(call, response).await?;
        let credentials = self.granted(&login);
        Ok((login, credentials))
    }

    /// Uses a token from now on; answers what is to be kept of it.
    pub(crate) fn granted(&self, login: &LoginView) -> Credentials {
        *self.token_slot() = Some(login.access_token.clone());
        Credentials {
            url: self.0.base.clone(),
            email: login.user.email.clone(),
            token: login.access_token.clone(),
            expires_at: crate::output::now_ms() / 1000 + login.expires_in,
            refresh_token: login.refresh_token.clone(),
        }
    }

    /// Comes by a new token; `false` = there is no way to.
    async fn renew(&self) -> Result<bool, ClientError> {
        match &self.0.renewal {
            None => Ok(false),
            Some(Renewal::Password { email, password }) => self.login(email, password).await.map(|_| true),
            Some(Renewal::Kept(path)) => self.renew_kept(path).await,
        }
    }

    /// Renews the kept login. Another command may just have done so: then its token is as good.
    async fn renew_kept(&self, path: &Path) -> Result<bool, ClientError> {
        let Ok(Some(kept)) = credentials::read(path) else { return Ok(false) };
        // Somebody may have logged in elsewhere meanwhile: a token goes to the server that issued it and to no other.
        if kept.url.trim_end_matches('/') != self.0.base {
            return Ok(false);
        }
        if self.token().is_some_and(|token| token != kept.token) {
            *self.token_slot() = Some(kept.token);
            return Ok(true);
        }
        if kept.refresh_token.is_empty() {
            return Ok(false);
        }
        let mut call = Call::post("/api/v1/auth/refresh", Some(json!({"refresh_token": kept.refresh_token}))).anonymous();
        // The same token within ten seconds gets the same answer; later it would count as stolen.
        call.repeatable = true;
        call = call.within(Some(REFRESH_TIMEOUT));
        let response = match self.send(&call).await {
            Err(ClientError::Problem(problem)) if problem.status == 401 => return Ok(false),
            answered => answered?,
        };
        let (login, _): (LoginView, _) = self.read(&call, response).await?;
        let granted = self.granted(&login);
        if let Err(error) = credentials::write(path, &granted) {
            eprintln!("warning: {error:#}");
        }
        Ok(true)
    }

    /// Sends and reads JSON.
    pub(crate) async fn json<T: DeserializeOwned>(&self, call: Call) -> Result<T, ClientError> {
        Ok(self.json_and_text(call).await?.0)
    }

    /// Sends and reads JSON; answers it as it came, too.
    pub(crate) async fn json_and_text<T: DeserializeOwned>(&self, call: Call) -> Result<(T, String), ClientError> {
        let response = self.send(&call).await?;
        self.read(&call, response).await
    }

    async fn read<T: DeserializeOwned>(&self, call: &Call, response: Response) -> Result<(T, String), ClientError> {
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.contains("json") {
            return Err(ClientError::NotOurs { url: self.0.base.clone(), reason: "it does not send JSON".to_owned() });
        }
        let text = response.text().await.map_err(|error| self.unreachable(&error))?;
        let malformed = |error: serde_json::Error| ClientError::Malformed { call: call.name(), reason: error.to_string() };
        Ok((serde_json::from_str(&text).map_err(malformed)?, text))
    }

    /// Sends and reads text.
    pub(crate) async fn text(&self, call: Call) -> Result<String, ClientError> {
        let response = self.send(&call).await?;
        response.text().await.map_err(|error| self.unreachable(&error))
    }

    /// Sends until there is an answer other than a passing trouble, or the tries are used up.
    pub(crate) async fn send(&self, call: &Call) -> Result<Response, ClientError> {
        let (mut tries, mut renewed) = (0, false);
        loop {
            let error = match self.send_once(call).await {
                Ok(response) => return Ok(response),
                Err(Sent::Surely(ClientError::Problem(problem))) if problem.status == 401 && !renewed && !call.anonymous => {
                    renewed = true;
                    if Box::pin(self.renew()).await? {
                        continue;
                    }
                    return Err(ClientError::Problem(problem));
                }
                Err(Sent::Not(error)) => error,
                Err(Sent::Surely(error)) if call.repeatable || is_refused_unseen(&error) => error,
                Err(Sent::Surely(error)) => return Err(error),
            };
            tries += 1;
            if tries >= call.tries || !error.is_passing() {
                return Err(error);
            }
            match pause(tries, &error) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
        }
    }

    async fn send_once(&self, call: &Call) -> Result<Response, Sent> {
        let mut request = self.0.http.request(call.method.clone(), format!("{}{}", self.0.base, call.path)).query(&call.query);
        if !call.anonymous {
            if self.token().is_none() {
                Box::pin(self.renew()).await.map_err(Sent::Surely)?;
            }
            let token = self.token().ok_or_else(|| Sent::Not(ClientError::NoLogin { url: self.0.base.clone() }))?;
            request = request.bearer_auth(token);
        }
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        if let Some(timeout) = call.timeout {
            request = request.timeout(timeout);
        }
        let response = request.send().await.map_err(|error| {
            let unreachable = self.unreachable(&error);
            if error.is_connect() { Sent::Not(unreachable) } else { Sent::Surely(unreachable) }
        })?;
        if response.status().is_success() { Ok(response) } else { Err(Sent::Surely(self.refusal(response).await)) }
    }

    async fn refusal(&self, response: Response) -> ClientError {
        let status = response.status();
        if status.is_redirection() {
            let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("elsewhere");
            return ClientError::NotOurs { url: self.0.base.clone(), reason: format!("it redirects to {to}") };
        }
        let seconds = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = response.bytes().await.unwrap_or_default();
        let problem = Problem::read(status.as_u16(), &body, seconds.map(Duration::from_secs));
        if problem.code.is_empty() && matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
            return ClientError::NotOurs {
                url: self.0.base.clone(),
                reason: format!("status {status} without a problem document"),
            };
        }
        ClientError::Problem(Box::new(problem))
    }

    /// What a transport error means to a person.
    pub(crate) fn unreachable(&self, error: &reqwest::Error) -> ClientError {
        let reason = if error.is_timeout() { "no answer in time".to_owned() } else { innermost(error) };
        ClientError::Unreachable { url: self.0.base.clone(), reason }
    }

    fn token(&self) -> Option<String> {
        self.token_slot().clone()
    }

    fn token_slot(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.0.token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the server may have seen a request that failed.
enum Sent {
    Not(ClientError),
    Surely(ClientError),
}

/// Refusals by which the server says that it did nothing.
fn is_refused_unseen(error: &ClientError) -> bool {
    matches!(error, ClientError::Problem(problem) if matches!(problem.status, 429 | 503))
}

/// The pause before the next try: what the server asks for, otherwise doubling; `None` when that is too long to wait.
fn pause(tries: u32, error: &ClientError) -> Option<Duration> {
    let asked = match error {
        ClientError::Problem(problem) => problem.retry_after,
        _ => None,
    };
    let pause = asked.unwrap_or_else(|| FIRST_PAUSE * 2u32.saturating_pow(tries.saturating_sub(1)));
    (pause <= LONGEST_PAUSE).then_some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(url: &str) -> Result<Client, ClientError> {
        Client::new(Identity { url: url.to_owned(), ..Identity::default() })
    }

    #[test]
    fn the_base_url_is_taken_as_people_write_it() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        for url in ["https://a.example", "https://a.example/", " https://a.example/api/v1/ "] {
            assert_eq!(client(url).map(|client| client.base().to_owned()).ok().as_deref(), Some("https://a.example"), "{url}");
        }
        for url in ["", "a.example", "ftp://a.example", "localhost:8000"] {
            assert!(matches!(client(url), Err(ClientError::Url { .. })), "{url}");
        }
    }

    #[test]
    fn pauses_double_unless_the_server_asks_for_another() {
        let unreachable = ClientError::Unreachable { url: String::new(), reason: String::new() };
        assert_eq!(pause(1, &unreachable), Some(Duration::from_millis(250)));
        assert_eq!(pause(3, &unreachable), Some(Duration::from_secs(1)));
        let busy = |seconds| {
            ClientError::Problem(Box::new(Problem {
                status: 429,
                retry_after: Some(Duration::from_secs(seconds)),
                ..Problem::default()
            }))
        };
        assert_eq!(pause(1, &busy(7)), Some(Duration::from_secs(7)));
        assert_eq!(pause(1, &busy(3600)), None);
    }
}
