//! Settings by who uses them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::accounts::SessionLives;
use crate::adapters::http::{Authority, Secret};
use crate::adapters::llm::{Effort, Models, StreamMode};
use crate::adapters::oidc::OidcSettings;
use crate::adapters::webhook::{Network, OutboundPolicy};
use crate::crypto::{SecretKey, TokenAlgorithm};
use crate::domain::jira_event::Poll;
use crate::domain::jira_site::{JiraAuth, JiraDeployment};
use crate::domain::pace::Share;
use crate::domain::rate::Rate;
use crate::domain::registration::Registration;
use crate::jobs::{EconomyLimits, Limits, Retention};
use crate::store::connection::JiraOptions;

/// The database.
#[derive(Debug, Clone)]
pub struct DatabaseSettings {
    /// `postgres://…` or `sqlite://…`.
    pub url: String,
    /// See [`DbOptions`](crate::store::DbOptions).
    pub pool: u32,
    /// See [`DbOptions`](crate::store::DbOptions).
    pub acquire_timeout: Duration,
}

impl DatabaseSettings {
    /// The file of an SQLite database.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let path = self.url.strip_prefix("sqlite:")?.trim_start_matches("//").split('?').next()?;
        Some(PathBuf::from(path))
    }

    /// What and where it is, for people: never a name or a password.
    #[must_use]
    pub fn place(&self) -> String {
        if let Some(file) = self.sqlite_file() {
            return format!("the SQLite file {}", file.display());
        }
        let url = Url::parse(&self.url).ok();
        let host = url.as_ref().and_then(Url::host_str).filter(|host| !host.is_empty()).unwrap_or("localhost");
        format!("PostgreSQL at {host}:{}", url.as_ref().and_then(Url::port).unwrap_or(5432))
    }
}

/// HTTP in.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Address of the API.
    pub bind: SocketAddr,
    /// Address of metrics and health, when apart.
    pub ops_bind: Option<SocketAddr>,
    /// Where people reach the API.
    pub public_url: Option<Url>,
    /// Connections at once.
    pub max_connections: usize,
    /// The same from one address.
    pub max_connections_per_ip: usize,
    /// Time for a request's headers.
    pub header_timeout: Duration,
    /// How long a connection is kept between requests.
    pub keep_alive: Duration,
    /// Time between "not ready" and closing.
    pub drain: Duration,
    /// How much is answered.
    pub budgets: Budgets,
    /// Proxies whose word about a client's address counts.
    pub trusted_proxies: Vec<Network>,
    /// Origins of web pages that may call.
    pub cors_origins: Vec<String>,
    /// Certificate chain and private key, when the API speaks HTTPS itself.
    pub tls: Option<(PathBuf, PathBuf)>,
}

/// How many requests are answered; `None` = any number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budgets {
    /// Logins and the like, for each address.
    pub login: Option<Rate>,
    /// What creates, changes or asks Jira, for each account.
    pub submit: Option<Rate>,
    /// Everything else, for each account.
    pub read: Option<Rate>,
    /// Webhooks of Jira, for each address.
    pub hook: Option<Rate>,
    /// Everything, for each address and process.
    pub ip: Option<Rate>,
}

/// The Jira connection given by settings.
#[derive(Clone)]
pub struct JiraSection {
    /// Its name.
    pub name: String,
    /// Base URL.
    pub url: Url,
    /// Account; empty with a personal access token.
    pub email: String,
    /// Token; secret.
    pub token: String,
    /// Where it runs.
    pub deployment: JiraDeployment,
    /// How it is told whose the connection is.
    pub auth: JiraAuth,
    /// Who is trusted to vouch for it besides those whom the system trusts.
    pub authorities: Vec<Authority>,
    /// Time limit of a call.
    pub timeout: Duration,
    /// Calls at once.
    pub max_in_flight: usize,
    /// Sub-tasks, custom fields and tools for tests; what has a setting of its own is never given here.
    pub options: JiraOptions,
    /// The secret of the API key of Xray Cloud.
    pub xray_secret: Option<Secret>,
    /// The token of Zephyr Scale Cloud; secret.
    pub zephyr_token: Option<Secret>,
    /// What its webhooks are signed with; secret.
    pub webhook_secret: Option<Secret>,
    /// What Jira is asked about, and how often.
    pub poll: Option<Poll>,
}

impl std::fmt::Debug for JiraSection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JiraSection").field("name", &self.name).field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// The model given by settings.
#[derive(Clone)]
pub struct LlmSection {
    /// Provider.
    pub provider: String,
    /// Base URL.
    pub base_url: Option<Url>,
    /// API key; secret.
    pub api_key: String,
    /// Model.
    pub model: String,
    /// Time limit of a call.
    pub timeout: Duration,
    /// Time limit of the first byte of a stream, where something is said before the model has thought.
    pub first_byte_timeout: Duration,
    /// Time limit of silence within a stream.
    pub idle_timeout: Duration,
    /// Whether answers are asked for as streams.
    pub stream: StreamMode,
    /// Token limit of a reply.
    pub max_output_tokens: u32,
    /// Calls at once.
    pub max_in_flight: usize,
    /// What all workers together may do with the account.
    pub share: Share,
    /// How long answers stand in for the same questions; `None` = they do not.
    pub reuse: Option<Duration>,
    /// Times and sizes of batches at providers.
    pub economy: EconomyLimits,
    /// Connections that are asked instead while this one is overloaded.
    pub fallback: Vec<String>,
    /// How the reply's form is asked for.
    pub structured: String,
    /// Name of the token limit on Chat Completions; `None` = what the server is known to take.
    pub token_param: Option<String>,
    /// How much the model should think; `None` = as it does by itself.
    pub effort: Option<Effort>,
    /// What speaks Chat Completions there; `None` = known by its address.
    pub server: Option<String>,
    /// Version of Anthropic's API.
    pub anthropic_version: String,
    /// What is known of models.
    pub models: Arc<Models>,
    /// Sampling temperature, when it is sent.
    pub temperature: Option<f64>,
}

impl std::fmt::Debug for LlmSection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LlmSection").field("provider", &self.provider).field("model", &self.model).finish_non_exhaustive()
    }
}

/// Workers.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Jobs in flight, interactive.
    pub interactive: usize,
    /// Jobs in flight, bulk.
    pub bulk: usize,
    /// Deliveries in flight.
    pub webhook: usize,
    /// Time that calls in flight have at shutdown.
    pub grace: Duration,
}

/// Accounts and tokens.
#[derive(Clone)]
pub struct Accounts {
    /// Secret key, when it is given.
    pub secret_key: Option<SecretKey>,
    /// Keys it replaces, which still open and verify.
    pub older_keys: Vec<SecretKey>,
    /// Life of an access token.
    pub access_token_life: Duration,
    /// How access tokens are signed.
    pub token_algorithm: TokenAlgorithm,
    /// Lives of sessions.
    pub sessions: SessionLives,
    /// The longest an API key may be good for; `None` = for ever.
    pub longest_api_key: Option<Duration>,
    /// First administrator: e-mail and password.
    pub admin: Option<(String, String)>,
    /// Who may make an account for themselves.
    pub registration: Registration,
    /// Domains for [`Registration::Domain`], in lower case.
    pub registration_domains: Vec<String>,
    /// Callback secret, when it is given.
    pub callback_secret: Option<String>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").field("access_token_life", &self.access_token_life).finish_non_exhaustive()
    }
}

/// Everything.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of our files.
    pub data_dir: PathBuf,
    /// The database.
    pub database: DatabaseSettings,
    /// Redis, when there is one.
    pub redis_url: Option<String>,
    /// Prefix of our keys in Redis.
    pub redis_prefix: String,
    /// Messages in the queue, for each lane.
    pub queue_bound: usize,
    /// How often an idle worker looks into Redis.
    pub queue_poll: Duration,
    /// HTTP in.
    pub http: HttpSettings,
    /// Accounts.
    pub accounts: Accounts,
    /// Single sign-on, when it is given.
    pub oidc: Option<OidcSettings>,
    /// Jira, when it is given.
    pub jira: Option<Box<JiraSection>>,
    /// Field that holds acceptance criteria, by id or name.
    pub criteria_field: Option<String>,
    /// How often a worker looks for what Jira told.
    pub events_tick: Duration,
    /// The model.
    pub llm: LlmSection,
    /// The job model.
    pub limits: Limits,
    /// How long things are kept.
    pub retention: Retention,
    /// Workers.
    pub worker: WorkerSettings,
    /// Calls to the outside.
    pub outbound: OutboundPolicy,
    /// Where connections that are given through the API may lead.
    pub connections: OutboundPolicy,
    /// Log filter.
    pub log: String,
    /// Log format.
    pub log_format: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_database_holds_no_secret() {
        let place = |url: &str| DatabaseSettings { url: url.to_owned(), pool: 1, acquire_timeout: Duration::ZERO }.place();
        assert_eq!(place("postgres://jqa:s3cret@db.internal:6432/jqa?sslmode=require"), "PostgreSQL at db.internal:6432");
        assert_eq!(place("postgresql://jqa:s3cret@[::1]/jqa"), "PostgreSQL at [::1]:5432");
        assert_eq!(place("postgres:///jqa?host=/run/postgresql&password=s3cret"), "PostgreSQL at localhost:5432");
        assert_eq!(place("sqlite:///var/lib/jqa/jqa.sqlite?mode=rwc"), "the SQLite file /var/lib/jqa/jqa.sqlite");
    }
}
