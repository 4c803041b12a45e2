//! What handlers work with.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use shared::accounts::{Accounts, Sessions};
use shared::adapters::connections::Connections;
use shared::adapters::webhook::Network;
use shared::config::Budgets;
use shared::crypto::{Passwords, Tokens};
use shared::domain::registration::Registration;
use shared::jobs::Jobs;
use shared::policies::Policies;
use shared::ports::RateLimiter;
use shared::spending::Spending;
use shared::store::{Db, StoreError};
use shared::telemetry::Metrics;
use shared::vault::Vault;
use uuid::Uuid;

use crate::audit::Refusals;
use crate::callers::Callers;
use crate::drain::Drain;
use crate::hub::EventHub;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::sso::Sso;

/// Says why an address that a user gave may not be called.
pub type OutboundCheck = Arc<dyn Fn(&str) -> Result<(), String> + Send + Sync>;

/// Times and limits of the API.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// Where people reach the API, for the OpenAPI document; `None` = where it was read.
    pub public_url: Option<String>,
    /// How long an account is remembered: a deactivated one is out after this.
    pub account_memory: Duration,
    /// The longest `?wait=`.
    pub longest_wait: Duration,
    /// The longest an API key may be good for; `None` = for ever.
    pub longest_api_key: Option<Duration>,
    /// How often a silent event stream says that it lives.
    pub heartbeat: Duration,
    /// How many requests are answered; any number by default.
    pub budgets: Budgets,
    /// Proxies whose word about a client's address counts.
    pub trusted_proxies: Vec<Network>,
    /// Origins of web pages that may call.
    pub cors_origins: Vec<String>,
    /// Who may make an account for themselves.
    pub registration: Registration,
    /// Domains of e-mail addresses for [`Registration::Domain`], in lower case.
    pub registration_domains: Vec<String>,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            public_url: None,
            account_memory: Duration::from_secs(5),
            longest_wait: Duration::from_secs(60),
            longest_api_key: Some(Duration::from_secs(365 * 24 * 3600)),
            heartbeat: Duration::from_secs(15),
            budgets: Budgets::default(),
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            registration: Registration::Closed,
            registration_domains: Vec::new(),
        }
    }
}

/// What an [`Api`] is made of.
pub struct Parts {
    /// The verbs and, through them, database, clock and event bus.
    pub jobs: Jobs,
    /// Jira connections and models by name.
    pub connections: Arc<Connections>,
    /// Connections that are kept in the database, and their secrets.
    pub vault: Vault,
    /// Access tokens.
    pub tokens: Tokens,
    /// Logins and their renewal.
    pub sessions: Sessions,
    /// Passwords.
    pub passwords: Passwords,
    /// Who waits for which job.
    pub hub: EventHub,
    /// Times and limits.
    pub settings: ApiSettings,
    /// Counts requests of accounts and logins.
    pub limiter: Arc<dyn RateLimiter>,
    /// Metrics of the process.
    pub metrics: Arc<Metrics>,
    /// Checks callback addresses.
    pub outbound: OutboundCheck,
    /// Single sign-on, when it is set up.
    pub sso: Option<Sso>,
    /// The end of the server.
    pub drain: Drain,
}

/// What every process tells about itself, with or without an API.
#[derive(Clone)]
pub struct Ops {
    /// The database that must answer.
    pub db: Db,
    /// Metrics of the process.
    pub metrics: Arc<Metrics>,
    /// The end of the server.
    pub drain: Drain,
    /// Whether the queue is heard; told, but no reason to be taken out of service.
    pub queue_up: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// The state of the router: one pointer, so that a request copies nothing else.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

/// [`Parts`] and what the API keeps for itself.
pub struct Inner {
    parts: Parts,
    pub(crate) accounts: Accounts,
    /// The verbs of budgets.
    pub(crate) spending: Spending,
    /// The verb of policies.
    pub(crate) policies: Policies,
    pub(crate) callers: Callers,
    pub(crate) keys: Keys,
    pub(crate) limits: Limits,
    pub(crate) refusals: Refusals,
}

impl Api {
    /// An API of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let accounts = Accounts::new(parts.jobs.db().clone());
        let callers = Callers::new(parts.settings.account_memory);
        let keys = Keys::new(parts.settings.account_memory);
        let (budgets, clock) = (parts.settings.budgets.clone(), parts.jobs.clock().clone());
        let limits = Limits::new(budgets, parts.limiter.clone(), clock, parts.metrics.clone());
        let (spending, policies) = (Spending::new(parts.jobs.db().clone()), Policies::new(parts.jobs.db().clone()));
        Self(Arc::new(Inner { parts, accounts, spending, policies, callers, keys, limits, refusals: Refusals::default() }))
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        self.jobs.db()
    }

    /// Whoever comes with a session or a key of an account is looked up anew, at once in this process.
    pub(crate) fn forget_those_of(&self, user_id: Uuid) {
        self.callers.forget_those_of(user_id);
        self.keys.forget_those_of(user_id);
    }

    /// Writes when API keys were last used. Requests only remember it; who runs the API calls this once a minute and at its end.
    pub async fn write_key_uses(&self) -> Result<(), StoreError> {
        self.keys.write_uses(self.db()).await
    }
}

impl Deref for Api {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Deref for Inner {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.parts
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("settings", &self.settings).finish_non_exhaustive()
    }
}
