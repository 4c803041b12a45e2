//! The API in front of a whole installation: requests in a few words, and what is true of every answer.
//!
//! * [`ask`]: a request on its way
//! * [`answer`]: what came back
//! * [`document`]: the OpenAPI document, which every answer must keep to

mod answer;
mod ask;
mod document;

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::{Api, ApiSettings, Drain, EventHub, Ops, Parts, ServeSettings, Sso};
use axum::Router;
use serde_json::Value;
use shared::accounts::{Proof, Renewable, SessionLives, Sessions};
use shared::adapters::limiter::LocalLimiter;
use shared::adapters::oidc::Provider;
use shared::crypto::{Bearer, KeyRing, Passwords, Sealer, SecretKey, TokenSettings, Tokens};
use shared::domain::user::Role;
use shared::ports::Clock;
use shared::store::audit::Actor;
use shared::store::user::{self, NewUser};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

pub use answer::Answer;
pub use ask::Ask;
pub use document::Document;

use crate::app::{App, Machine, Setup};

/// Signs the tokens of tests.
pub const SECRET_KEY: &str = "tests-K7vX2mQz9LwRb3TnYd8JhGf6Se1Pa0Uc";

/// See the module.
pub struct HttpApp {
    /// What stands behind the API.
    pub app: App,
    /// The API's state.
    pub api: Api,
    /// What the API says of itself.
    pub document: Document,
    router: Router,
    machine: Mutex<Option<Machine>>,
    _hub: DropGuard,
}

/// An account and a token of it.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its id.
    pub id: Uuid,
    /// Its address.
    pub email: String,
    /// An access token.
    pub token: String,
}

impl HttpApp {
    /// An API without a worker: what is queued stays queued.
    pub async fn start() -> Self {
        Self::of(Setup::default()).await
    }

    /// An API and a worker.
    pub async fn working() -> Self {
        Self::start().await.with_worker()
    }

    /// The same on another installation, without a worker.
    pub async fn of(setup: Setup) -> Self {
        let app = setup.start().await;
        let (hub, closed, drain) = (EventHub::new(), CancellationToken::new(), Drain::new());
        tokio::spawn(hub.clone().run(app.jobs.clone(), closed.clone()));
        let keys = KeyRing::from(SecretKey::from_text(SECRET_KEY).expect("a key"));
        let policy = app.settings.outbound.clone();
        let api = Api::new(Parts {
            jobs: app.jobs.clone(),
            connections: app.connections.clone(),
            vault: app.vault.clone(),
            tokens: Tokens::new(TokenSettings::default(), &keys, app.clock.clone()),
            sessions: Sessions::new(app.jobs.db().clone(), keys.clone(), SessionLives::default()),
            passwords: Passwords::new(1),
            hub,
            settings: ApiSettings {
                public_url: app.settings.http.public_url.as_ref().map(ToString::to_string),
                budgets: app.settings.http.budgets.clone(),
                trusted_proxies: app.settings.http.trusted_proxies.clone(),
                cors_origins: app.settings.http.cors_origins.clone(),
                longest_api_key: app.settings.accounts.longest_api_key,
                registration: app.settings.accounts.registration,
                registration_domains: app.settings.accounts.registration_domains.clone(),
                ..ApiSettings::default()
            },
            limiter: Arc::new(LocalLimiter::new(app.clock.clone())),
            metrics: app.metrics.clone(),
            outbound: Arc::new(move |url| policy.check_url(url).map(drop).map_err(|problem| problem.to_string())),
            sso: app.settings.oidc.clone().map(|settings| {
                let provider = Provider::new(settings, app.clock.clone()).expect("a provider");
                Sso { provider, sealer: Sealer::new(keys) }
            }),
            drain: drain.clone(),
        });
        let ops = Ops { db: app.jobs.db().clone(), metrics: app.metrics.clone(), drain, queue_up: Arc::new(|| true) };
        let router = api::router(api.clone()).merge(api::ops_router(ops));
        let document = Document::of(&router).await;
        Self { app, api, document, router, machine: Mutex::default(), _hub: closed.drop_guard() }
    }

    /// Serves it on a port of its own, until the guard is dropped.
    pub async fn listen(&self, settings: ServeSettings) -> (SocketAddr, DropGuard) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (address, stop) = (listener.local_addr().expect("an address"), CancellationToken::new());
        tokio::spawn(api::serve(listener, self.router.clone(), settings, Drain::new(), stop.clone()));
        (address, stop.drop_guard())
    }

    /// Starts the worker.
    #[must_use]
    pub fn with_worker(self) -> Self {
        self.start_worker();
        self
    }

    /// Starts the worker.
    pub fn start_worker(&self) {
        *self.machine.lock().expect("a lock") = Some(self.app.start_runner());
    }

    /// Stops the worker.
    pub async fn stop_worker(&self) {
        let machine = self.machine.lock().expect("a lock").take();
        machine.expect("a worker").stop().await;
    }

    /// A new account.
    pub async fn account(&self, role: Role) -> Account {
        self.account_with(role, "none").await
    }

    /// A new account with the hash of a password.
    pub async fn account_with(&self, role: Role, password_hash: &str) -> Account {
        let id = self.clock.new_id();
        let email = format!("{role}-{}@example.org", id.simple());
        let user = NewUser { id, email: email.clone(), name: "N".into(), role, password_hash: password_hash.into() };
        user::insert(self.api.db(), user, self.clock.now_ms()).await.expect("an account");
        self.logged_in_again(Account { id, email, token: String::new() }).await
    }

    /// The same account with a new session and its token.
    pub async fn logged_in_again(&self, account: Account) -> Account {
        let session_id = self.session(account.id).await.session.id;
        let token = self.api.tokens.issue(Bearer { user_id: account.id, session_id }).expect("a token");
        Account { token, ..account }
    }

    /// A new session of an account.
    pub async fn session(&self, user_id: Uuid) -> Renewable {
        let hash = user::by_id(self.api.db(), user_id).await.expect("a look").expect("an account").password_hash;
        let begun = self.api.sessions.begin(user_id, Proof::Password(&hash), &Actor::default()).await;
        begun.expect("a session").expect("an active account")
    }

    /// `GET` of a path below `/api/v1`, or of a whole one.
    pub fn get(&self, path: &str) -> Ask<'_> {
        self.ask("GET", path)
    }

    /// `POST` to it.
    pub fn post(&self, path: &str) -> Ask<'_> {
        self.ask("POST", path)
    }

    /// `PATCH` of it.
    pub fn patch(&self, path: &str) -> Ask<'_> {
        self.ask("PATCH", path)
    }

    /// Any other method.
    pub fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        Ask::new(self, method, path)
    }

    /// Submits a generation that must be accepted; answers the path of the job. Each is a millisecond older than the next.
    pub async fn submitted(&self, by: &Account, kind: &str, body: Value) -> String {
        self.later(Duration::from_millis(1));
        let answer = self.post(&format!("/generate/{kind}")).by(by).json(body).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        answer.header("location").to_owned()
    }

    /// Submits a generation and waits until it rests; answers the job.
    pub async fn rested(&self, by: &Account, kind: &str, body: Value) -> Value {
        let path = self.submitted(by, kind, body).await;
        self.at_rest(by, &path).await
    }

    /// Waits until a job has ended or awaits review.
    pub async fn at_rest(&self, by: &Account, path: &str) -> Value {
        let answer = self.get(&format!("{path}?wait=60s")).by(by).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }
}

impl Deref for HttpApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl std::fmt::Debug for HttpApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpApp").field("app", &self.app).finish_non_exhaustive()
    }
}
