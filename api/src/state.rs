//! What handlers work with.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use shared::accounts::Accounts;
use shared::adapters::connections::Connections;
use shared::crypto::{Passwords, Tokens};
use shared::jobs::Jobs;
use shared::store::Db;
use shared::telemetry::Metrics;
use shared::vault::Vault;

use crate::attempts::Attempts;
use crate::callers::Callers;
use crate::drain::Drain;
use crate::hub::EventHub;

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
    /// How often a silent event stream says that it lives.
    pub heartbeat: Duration,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            public_url: None,
            account_memory: Duration::from_secs(5),
            longest_wait: Duration::from_secs(60),
            heartbeat: Duration::from_secs(15),
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
    /// Passwords.
    pub passwords: Passwords,
    /// Who waits for which job.
    pub hub: EventHub,
    /// Times and limits.
    pub settings: ApiSettings,
    /// Metrics of the process.
    pub metrics: Arc<Metrics>,
    /// Checks callback addresses.
    pub outbound: OutboundCheck,
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
    pub(crate) callers: Callers,
    pub(crate) attempts: Attempts,
}

impl Api {
    /// An API of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let accounts = Accounts::new(parts.jobs.db().clone());
        let callers = Callers::new(parts.settings.account_memory);
        Self(Arc::new(Inner { parts, accounts, callers, attempts: Attempts::default() }))
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        self.jobs.db()
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
