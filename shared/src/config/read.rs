//! From text to settings. Everything is parsed at the start, and all problems are reported at once.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::problem::ConfigProblem;
use super::sections::{Accounts, Budgets, DatabaseSettings, HttpSettings, JiraSection, LlmSection, Settings, WorkerSettings};
use super::source::Source;
use crate::accounts::SessionLives;
use crate::adapters::http::{Authority, Secret, authorities};
use crate::adapters::llm::servers::SERVERS;
use crate::adapters::llm::{self, Effort, Models, PROVIDERS, StreamMode};
use crate::adapters::webhook::{Network, OutboundPolicy};
use crate::crypto::{SecretKey, TokenAlgorithm};
use crate::domain::jira_event::Poll;
use crate::domain::jira_event::signature::SHORTEST_SECRET;
use crate::domain::jira_site::{JiraAuth, JiraDeployment, is_atlassian};
use crate::domain::pace::Share;
use crate::domain::rate::{Rate, RateError};
use crate::domain::registration::Registration;
use crate::jobs::{EconomyLimits, Limits, Retention};
use crate::store::connection::JiraOptions;
use crate::telemetry::logs;

impl Settings {
    /// Parses everything; all problems at once.
    pub fn read(source: &Source) -> Result<Self, Vec<ConfigProblem>> {
        let mut r = Reader { source, problems: Vec::new() };
        let data_dir = PathBuf::from(source.text("JQA_DATA_DIR"));
        let settings = Self {
            database: database(&mut r, &data_dir),
            redis_url: redis_url(&mut r),
            redis_prefix: source.text("JQA_REDIS_PREFIX").to_owned(),
            queue_bound: r.count("JQA_QUEUE_BOUND"),
            queue_poll: r.positive("JQA_QUEUE_POLL"),
            http: http(&mut r),
            accounts: accounts(&mut r),
            oidc: super::oidc::read(&mut r),
            jira: jira(&mut r).map(Box::new),
            criteria_field: r.optional("JQA_JIRA_CRITERIA_FIELD"),
            events_tick: r.positive("JQA_JIRA_EVENTS_TICK"),
            llm: llm(&mut r),
            limits: limits(&mut r),
            retention: Retention {
                jobs: r.positive("JQA_KEEP_JOBS"),
                history: r.positive("JQA_KEEP_HISTORY"),
                audit: r.positive("JQA_KEEP_AUDIT"),
                ledger: ledger(&mut r),
                replies: r.positive_or_off("JQA_LLM_REUSE").unwrap_or_default(),
            },
            worker: WorkerSettings {
                interactive: r.count("JQA_CONCURRENCY_INTERACTIVE"),
                bulk: r.count("JQA_CONCURRENCY_BULK"),
                webhook: r.count("JQA_CONCURRENCY_WEBHOOK"),
                grace: r.duration("JQA_GRACE"),
            },
            outbound: outbound(&mut r, "JQA_OUTBOUND_ALLOW"),
            connections: outbound(&mut r, "JQA_CONNECTIONS_ALLOW"),
            log: log(&mut r),
            log_format: r.one_of("JQA_LOG_FORMAT", &["auto", "json", "text"]),
            data_dir,
        };
        if r.problems.is_empty() { Ok(settings) } else { Err(r.problems) }
    }
}

/// Collects problems, so that all are reported at once.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) problems: Vec<ConfigProblem>,
}

impl Reader<'_> {
    fn keep<T>(&mut self, value: Result<T, ConfigProblem>, otherwise: T) -> T {
        value.unwrap_or_else(|problem| {
            self.problems.push(problem);
            otherwise
        })
    }

    fn duration(&mut self, name: &'static str) -> Duration {
        let value = self.source.duration(name);
        self.keep(value, Duration::ZERO)
    }

    fn positive(&mut self, name: &'static str) -> Duration {
        let value = self.duration(name);
        if value.is_zero() && !self.problems.iter().any(|problem| problem.name == name) {
            self.problems.push(ConfigProblem::new(name, "should be longer than nothing"));
        }
        value
    }

    fn count(&mut self, name: &'static str) -> usize {
        let value = self.source.parse::<usize>(name, "a whole number above 0");
        let value =
            value.and_then(|n| if n > 0 { Ok(n) } else { Err(ConfigProblem::new(name, "should be a whole number above 0")) });
        self.keep(value, 1)
    }

    /// A length of time above 0, or `off`.
    fn positive_or_off(&mut self, name: &'static str) -> Option<Duration> {
        if self.source.text(name) == "off" { None } else { Some(self.positive(name)) }
    }

    fn count_or_none(&mut self, name: &'static str) -> Option<u32> {
        self.optional(name)?;
        Some(u32::try_from(self.count(name)).unwrap_or(u32::MAX))
    }

    /// Names with commas between them.
    fn names(&self, name: &'static str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn optional(&self, name: &'static str) -> Option<String> {
        Some(self.source.text(name).to_owned()).filter(|text| !text.is_empty())
    }

    pub(super) fn url(&mut self, name: &'static str) -> Option<Url> {
        let text = self.optional(name)?;
        match Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Some(url),
            _ => {
                self.problems.push(ConfigProblem::new(name, "should be a URL that begins with https:// or http://"));
                None
            }
        }
    }

    fn address(&mut self, name: &'static str) -> Option<SocketAddr> {
        let text = self.optional(name)?;
        match text.parse() {
            Ok(address) => Some(address),
            Err(_) => {
                self.problems.push(ConfigProblem::new(name, "should be an address and a port such as 127.0.0.1:8000"));
                None
            }
        }
    }

    fn rate(&mut self, name: &'static str) -> Option<Rate> {
        let text = self.source.text(name).trim();
        if text == "off" {
            return None;
        }
        let rate = text.parse().map(Some).map_err(|error: RateError| ConfigProblem::new(name, error.to_string()));
        self.keep(rate, None)
    }

    fn networks(&mut self, name: &'static str) -> Vec<Network> {
        let blocks = self.source.text(name).split(',').map(str::trim).filter(|block| !block.is_empty());
        let parsed: Result<Vec<Network>, _> = blocks.map(str::parse).collect();
        let parsed =
            parsed.map_err(|error| ConfigProblem::new(name, format!("should hold CIDR blocks separated by commas: {error}")));
        self.keep(parsed, Vec::new())
    }

    fn key(&mut self, name: &'static str, text: &str) -> Option<SecretKey> {
        let key = SecretKey::from_text(text);
        key.map_err(|error| self.problems.push(ConfigProblem::new(name, error.to_string()))).ok()
    }

    pub(super) fn word<T: std::str::FromStr + std::fmt::Display>(&mut self, name: &'static str, all: &[T]) -> Option<T> {
        let words: Vec<String> = all.iter().map(ToString::to_string).collect();
        self.one_of(name, &words.iter().map(String::as_str).collect::<Vec<_>>()).parse().ok()
    }

    pub(super) fn one_of(&mut self, name: &'static str, words: &[&str]) -> String {
        let text = self.source.text(name).to_owned();
        if !words.contains(&text.as_str()) {
            self.problems.push(ConfigProblem::new(name, format!("should be one of {}", words.join(", "))));
        }
        text
    }

    /// The same for a word that may be left out.
    pub(super) fn one_of_or_none(&mut self, name: &'static str, words: &[&str]) -> Option<String> {
        (!self.source.text(name).is_empty()).then(|| self.one_of(name, words))
    }
}

fn database(r: &mut Reader, data_dir: &std::path::Path) -> DatabaseSettings {
    let url = r.optional("JQA_DATABASE_URL").unwrap_or_else(|| format!("sqlite://{}", data_dir.join("jqa.sqlite").display()));
    if !["postgres://", "postgresql://", "sqlite:"].iter().any(|scheme| url.starts_with(scheme)) {
        r.problems.push(ConfigProblem::new("JQA_DATABASE_URL", "should begin with postgres:// or sqlite://"));
    }
    DatabaseSettings {
        url,
        pool: u32::try_from(r.count("JQA_DATABASE_POOL")).unwrap_or(u32::MAX),
        acquire_timeout: r.positive("JQA_DATABASE_ACQUIRE_TIMEOUT"),
    }
}

fn redis_url(r: &mut Reader) -> Option<String> {
    let url = r.optional("JQA_REDIS_URL")?;
    if !["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme)) {
        r.problems.push(ConfigProblem::new("JQA_REDIS_URL", "should begin with redis:// or rediss://"));
    }
    Some(url)
}

fn http(r: &mut Reader) -> HttpSettings {
    HttpSettings {
        bind: r.address("JQA_BIND").unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8000))),
        ops_bind: r.address("JQA_OPS_BIND"),
        public_url: r.url("JQA_PUBLIC_URL"),
        max_connections: r.count("JQA_MAX_CONNECTIONS"),
        max_connections_per_ip: r.count("JQA_MAX_CONNECTIONS_PER_IP"),
        header_timeout: r.positive("JQA_HEADER_TIMEOUT"),
        keep_alive: r.positive("JQA_KEEP_ALIVE"),
        drain: r.duration("JQA_DRAIN"),
        budgets: Budgets {
            login: r.rate("JQA_LIMIT_LOGIN"),
            submit: r.rate("JQA_LIMIT_SUBMIT"),
            read: r.rate("JQA_LIMIT_READ"),
            hook: r.rate("JQA_LIMIT_HOOK"),
            ip: r.rate("JQA_LIMIT_IP"),
        },
        trusted_proxies: r.networks("JQA_TRUSTED_PROXIES"),
        cors_origins: origins(r),
        tls: tls(r),
    }
}

fn origins(r: &mut Reader) -> Vec<String> {
    let name = "JQA_CORS_ORIGINS";
    let given: Vec<&str> = r.source.text(name).split(',').map(str::trim).filter(|origin| !origin.is_empty()).collect();
    // What a browser sends is what Url writes: lower case, without a path.
    let is_origin = |text: &str| {
        Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text)
    };
    for wrong in given.iter().filter(|origin| !is_origin(origin)) {
        let wrong: String = wrong.chars().take(100).collect();
        let message = format!("should hold origins such as https://qa.example.com, without a path; '{wrong}' is none");
        r.problems.push(ConfigProblem::new(name, message));
    }
    given.into_iter().map(str::to_owned).collect()
}

fn tls(r: &mut Reader) -> Option<(PathBuf, PathBuf)> {
    match (r.optional("JQA_TLS_CERT_FILE"), r.optional("JQA_TLS_KEY_FILE")) {
        (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
        (None, None) => None,
        (Some(_), None) => {
            r.problems.push(ConfigProblem::new("JQA_TLS_KEY_FILE", "should be set together with JQA_TLS_CERT_FILE"));
            None
        }
        (None, Some(_)) => {
            r.problems.push(ConfigProblem::new("JQA_TLS_CERT_FILE", "should be set together with JQA_TLS_KEY_FILE"));
            None
        }
    }
}

fn accounts(r: &mut Reader) -> Accounts {
    let secret_key = r.optional("JQA_SECRET_KEY").and_then(|text| r.key("JQA_SECRET_KEY", &text));
    let older = r.optional("JQA_SECRET_KEYS_OLD").unwrap_or_default();
    let older = older.split([',', '\n']).map(str::trim).filter(|text| !text.is_empty());
    let older_keys = older.filter_map(|text| r.key("JQA_SECRET_KEYS_OLD", text)).collect();
    let admin = match (r.optional("JQA_ADMIN_EMAIL"), r.optional("JQA_ADMIN_PASSWORD")) {
        (Some(email), Some(password)) => Some((email, password)),
        (Some(_), None) => {
            r.problems.push(ConfigProblem::new("JQA_ADMIN_PASSWORD", "should be set together with JQA_ADMIN_EMAIL"));
            None
        }
        _ => None,
    };
    let callback_secret = r.optional("JQA_CALLBACK_SECRET");
    if callback_secret.as_deref().is_some_and(|secret| crate::domain::webhook::secret_key(secret).is_err()) {
        r.problems.push(ConfigProblem::new("JQA_CALLBACK_SECRET", "should be whsec_ followed by 24 to 64 bytes in base64"));
    }
    let is_unlimited = r.source.text("JQA_API_KEY_LONGEST") == "unlimited";
    let (registration, registration_domains) = registration(r);
    Accounts {
        secret_key,
        older_keys,
        access_token_life: r.positive("JQA_ACCESS_TOKEN_LIFE"),
        token_algorithm: r.word("JQA_TOKEN_ALGORITHM", TokenAlgorithm::ALL).unwrap_or(TokenAlgorithm::EdDsa),
        sessions: SessionLives { idle: r.positive("JQA_SESSION_IDLE"), longest: r.positive("JQA_SESSION_LIFE") },
        longest_api_key: (!is_unlimited).then(|| r.positive("JQA_API_KEY_LONGEST")),
        admin,
        registration,
        registration_domains,
        callback_secret,
    }
}

fn registration(r: &mut Reader) -> (Registration, Vec<String>) {
    let registration = r.word("JQA_REGISTRATION", Registration::ALL).unwrap_or(Registration::Closed);
    let domains = r.optional("JQA_REGISTRATION_DOMAINS").unwrap_or_default().to_lowercase();
    let domains: Vec<_> = domains.split(',').map(str::trim).filter(|domain| !domain.is_empty()).map(str::to_owned).collect();
    if registration == Registration::Domain && domains.is_empty() {
        let problem = "should name the domains, such as `example.com`, since JQA_REGISTRATION is `domain`";
        r.problems.push(ConfigProblem::new("JQA_REGISTRATION_DOMAINS", problem));
    }
    (registration, domains)
}

fn jira(r: &mut Reader) -> Option<JiraSection> {
    let (timeout, max_in_flight) = (r.positive("JQA_JIRA_TIMEOUT"), r.count("JQA_JIRA_MAX_IN_FLIGHT"));
    let (webhook_secret, poll) = (webhook_secret(r), poll(r));
    let url = r.url("JQA_JIRA_URL")?;
    let token = r.optional("JQA_JIRA_TOKEN").unwrap_or_else(|| {
        r.problems.push(ConfigProblem::new("JQA_JIRA_TOKEN", "should be set together with JQA_JIRA_URL"));
        String::new()
    });
    let email = r.optional("JQA_JIRA_EMAIL").unwrap_or_default();
    let deployment = r.word("JQA_JIRA_DEPLOYMENT", JiraDeployment::ALL).unwrap_or_default();
    let auth = r.word("JQA_JIRA_AUTH", JiraAuth::ALL).unwrap_or_default();
    let is_cloud = url.host_str().is_some_and(is_atlassian);
    if auth.problem(if is_cloud { JiraDeployment::Cloud } else { deployment }, &email).is_some() {
        r.problems.push(ConfigProblem::new("JQA_JIRA_EMAIL", "should be set together with JQA_JIRA_URL"));
    }
    let (name, authorities) = (r.source.text("JQA_JIRA_NAME").to_owned(), jira_authorities(r));
    let xray_secret = r.optional("JQA_XRAY_CLIENT_SECRET").map(Secret::new);
    let zephyr_token = r.optional("JQA_ZEPHYR_TOKEN").map(Secret::new);
    let options = jira_options(r);
    Some(JiraSection {
        name,
        url,
        email,
        token,
        deployment,
        auth,
        authorities,
        timeout,
        max_in_flight,
        options,
        xray_secret,
        zephyr_token,
        webhook_secret,
        poll,
    })
}

/// Options that have no setting of their own.
fn jira_options(r: &mut Reader) -> JiraOptions {
    const NAME: &str = "JQA_JIRA_OPTIONS_FILE";
    let Some(path) = r.optional(NAME) else { return JiraOptions::default() };
    let read = std::fs::read_to_string(&path).map_err(|error| format!("cannot be read: {error}"));
    let options = read.and_then(|text| {
        let options: JiraOptions = serde_json::from_str(&text).map_err(|error| format!("is not understood: {error}"))?;
        let JiraOptions { requests_per_minute, calls_at_once, custom_fields, subtasks, xray, zephyr, .. } = options.clone();
        let usable =
            JiraOptions { requests_per_minute, calls_at_once, custom_fields, subtasks, xray, zephyr, ..JiraOptions::default() };
        let only = "should hold requests_per_minute, calls_at_once, custom_fields, subtasks, xray and zephyr alone: the rest has \
                    settings of its own, and rules need somebody who answers for them";
        if options == usable { Ok(options) } else { Err(only.to_owned()) }
    });
    options.unwrap_or_else(|why| {
        r.problems.push(ConfigProblem::new(NAME, format!("{path} {why}")));
        JiraOptions::default()
    })
}

/// Who vouches for Jira besides those whom the system trusts.
fn jira_authorities(r: &mut Reader) -> Vec<Authority> {
    let Some(path) = r.optional("JQA_JIRA_CA_FILE") else { return Vec::new() };
    let read = std::fs::read_to_string(&path).map_err(|error| format!("cannot be read: {error}"));
    read.and_then(|pem| authorities(&pem)).unwrap_or_else(|why| {
        r.problems.push(ConfigProblem::new("JQA_JIRA_CA_FILE", format!("{path} {why}")));
        Vec::new()
    })
}

fn webhook_secret(r: &mut Reader) -> Option<Secret> {
    const NAME: &str = "JQA_JIRA_WEBHOOK_SECRET";
    let secret = Secret::new(r.optional(NAME)?);
    if secret.expose().len() < SHORTEST_SECRET {
        r.problems.push(ConfigProblem::new(NAME, format!("should be {SHORTEST_SECRET} characters at least")));
    }
    Some(secret)
}

fn poll(r: &mut Reader) -> Option<Poll> {
    let (jql, every) = (r.optional("JQA_JIRA_POLL_JQL"), r.duration("JQA_JIRA_POLL_EVERY"));
    if every < Duration::from_secs(60) {
        r.problems.push(ConfigProblem::new("JQA_JIRA_POLL_EVERY", "should be 1m at least"));
    }
    let jql = jql?;
    if let Some(complaint) = Poll::complaint(&jql) {
        r.problems.push(ConfigProblem::new("JQA_JIRA_POLL_JQL", complaint));
    }
    Some(Poll { jql, every_seconds: every.as_secs() })
}

/// The table of models, with an operator's rows.
fn models(r: &mut Reader) -> Arc<Models> {
    let Some(path) = r.optional("JQA_LLM_MODELS_FILE") else { return Models::ours() };
    let read = std::fs::read_to_string(&path).map_err(|error| format!("cannot be read: {error}"));
    read.and_then(|text| Models::with(&text).map_err(|error| error.to_string())).unwrap_or_else(|why| {
        r.problems.push(ConfigProblem::new("JQA_LLM_MODELS_FILE", format!("{path} {why}")));
        Models::ours()
    })
}

/// Budgets of a month are added up from the ledger.
fn ledger(r: &mut Reader) -> Duration {
    const NAME: &str = "JQA_KEEP_LEDGER";
    let ledger = r.positive(NAME);
    if ledger < Duration::from_secs(32 * 24 * 3600) {
        r.problems.push(ConfigProblem::new(NAME, "should be 32d at least: budgets of a month are added up from it"));
    }
    ledger
}

fn llm(r: &mut Reader) -> LlmSection {
    let [timeout, first_byte_timeout, idle_timeout] = ["JQA_LLM_TIMEOUT", "JQA_LLM_FIRST_BYTE_TIMEOUT", "JQA_LLM_IDLE_TIMEOUT"]
        .map(|name| {
            let limit = r.positive(name);
            if limit > Duration::from_secs(30 * 60) {
                r.problems.push(ConfigProblem::new(name, "should be 30m at most"));
            }
            limit
        });
    let temperature = r.optional("JQA_LLM_TEMPERATURE").and_then(|text| match text.parse() {
        Ok(value) if (0.0..=2.0).contains(&value) => Some(value),
        _ => {
            r.problems.push(ConfigProblem::new("JQA_LLM_TEMPERATURE", "should be a number from 0 to 2"));
            None
        }
    });
    let providers: Vec<&str> = PROVIDERS.iter().flat_map(|spec| [Some(spec.name), spec.alias]).flatten().collect();
    let provider = r.one_of("JQA_LLM_PROVIDER", &providers);
    let servers: Vec<&str> = SERVERS.iter().map(|server| server.name).collect();
    let efforts: Vec<&str> = Effort::ALL.iter().map(|effort| effort.as_str()).collect();
    LlmSection {
        provider: llm::spec(&provider).map_or(provider, |spec| spec.name.to_owned()),
        base_url: r.url("JQA_LLM_BASE_URL"),
        api_key: r.source.text("JQA_LLM_API_KEY").to_owned(),
        model: r.source.text("JQA_LLM_MODEL").to_owned(),
        timeout,
        first_byte_timeout,
        idle_timeout,
        stream: r.one_of("JQA_LLM_STREAM", StreamMode::ALL).parse().unwrap_or_default(),
        max_output_tokens: u32::try_from(r.count("JQA_LLM_MAX_OUTPUT_TOKENS")).unwrap_or(u32::MAX),
        max_in_flight: r.count("JQA_LLM_MAX_IN_FLIGHT"),
        share: Share::of_a_minute(
            r.count_or_none("JQA_LLM_REQUESTS_PER_MINUTE"),
            r.count_or_none("JQA_LLM_TOKENS_PER_MINUTE"),
            r.count_or_none("JQA_LLM_CALLS_AT_ONCE"),
        ),
        reuse: r.positive_or_off("JQA_LLM_REUSE"),
        economy: EconomyLimits {
            tick: r.positive("JQA_ECONOMY_TICK"),
            gather: r.duration("JQA_ECONOMY_GATHER"),
            most_calls: r.count("JQA_ECONOMY_BATCH"),
            poll: r.positive("JQA_ECONOMY_POLL"),
        },
        fallback: r.names("JQA_LLM_FALLBACK"),
        structured: r.one_of("JQA_LLM_STRUCTURED", &["json_schema", "json_object", "none"]),
        token_param: r.one_of_or_none("JQA_LLM_TOKEN_PARAM", &["max_tokens", "max_completion_tokens"]),
        effort: r.one_of_or_none("JQA_LLM_EFFORT", &efforts).and_then(|effort| effort.parse().ok()),
        server: r.one_of_or_none("JQA_LLM_SERVER", &servers),
        anthropic_version: r.source.text("JQA_LLM_ANTHROPIC_VERSION").to_owned(),
        models: models(r),
        temperature,
    }
}

fn outbound(r: &mut Reader, name: &'static str) -> OutboundPolicy {
    let allow = r.networks(name);
    // Inside a network that an administrator named, plain http is usual.
    OutboundPolicy { allow_http: !allow.is_empty(), allow }
}

fn log(r: &mut Reader) -> String {
    let filter = r.source.text("JQA_LOG").to_owned();
    if !logs::is_filter(&filter) {
        r.problems.push(ConfigProblem::new("JQA_LOG", "should be a log filter such as warn or info,worker=debug"));
    }
    filter
}

fn limits(r: &mut Reader) -> Limits {
    let lease = r.positive("JQA_LEASE");
    let heartbeat = if r.optional("JQA_HEARTBEAT").is_some() { r.positive("JQA_HEARTBEAT") } else { lease / 3 };
    if heartbeat * 2 > lease {
        r.problems.push(ConfigProblem::new("JQA_HEARTBEAT", "should be at most half of JQA_LEASE"));
    }
    Limits {
        lease,
        heartbeat,
        relay_tick: r.positive("JQA_RELAY_TICK"),
        ring_again: r.positive("JQA_RING_AGAIN"),
        direct_after: r.duration("JQA_DIRECT_AFTER"),
        retry_base: r.positive("JQA_RETRY_BASE"),
        retry_cap: r.positive("JQA_RETRY_CAP"),
        max_attempts: i32::try_from(r.count("JQA_MAX_ATTEMPTS")).unwrap_or(i32::MAX),
        deadline: r.positive("JQA_DEADLINE"),
        deadline_bulk: r.positive("JQA_DEADLINE_BULK"),
        keep_idempotency: r.positive("JQA_KEEP_IDEMPOTENCY"),
        publish_margin: r.duration("JQA_PUBLISH_MARGIN"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, Vec<ConfigProblem>> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::read(&Source::new(variables, None).unwrap())
    }

    #[test]
    fn the_defaults_are_complete_and_embedded() {
        let settings = read(&[]).unwrap();
        assert!(settings.database.url.starts_with("sqlite:"));
        assert_eq!(settings.redis_url, None);
        assert_eq!(settings.llm.provider, "offline");
        assert_eq!(settings.limits.heartbeat, Duration::from_secs(5));
        assert_eq!(settings.http.budgets.login, Some("30/1m+30".parse().unwrap()));
        let open = read(&[("JQA_LIMIT_LOGIN", "off"), ("JQA_CORS_ORIGINS", "https://a.example, http://localhost:3000")]).unwrap();
        assert_eq!((open.http.budgets.login, open.http.cors_origins.len()), (None, 2));
    }

    #[test]
    fn all_problems_are_reported_at_once() {
        let problems = read(&[
            ("JQA_LEASE", "x"),
            ("JQA_DATABASE_URL", "mysql://"),
            ("JQA_JIRA_URL", "https://a.atlassian.net"),
            ("JQA_JIRA_AUTH", "cookie"),
            ("JQA_JIRA_CA_FILE", "/nowhere/ca.pem"),
            ("JQA_JIRA_DEPLOYMENT", "on_the_moon"),
            ("JQA_LLM_PROVIDER", "gpt"),
            ("JQA_OUTBOUND_ALLOW", "10.0.0.0/99"),
            ("JQA_LOG", "info,worker=loud"),
            ("JQA_LIMIT_READ", "many"),
            ("JQA_TRUSTED_PROXIES", "proxy"),
            ("JQA_CORS_ORIGINS", "https://a.example/path, *"),
            ("JQA_TLS_KEY_FILE", "key.pem"),
        ])
        .unwrap_err();
        let names: Vec<_> = problems.iter().map(|problem| problem.name.as_str()).collect();
        let wrong = [
            "JQA_CORS_ORIGINS",
            "JQA_DATABASE_URL",
            "JQA_JIRA_AUTH",
            "JQA_JIRA_CA_FILE",
            "JQA_JIRA_DEPLOYMENT",
            "JQA_JIRA_EMAIL",
            "JQA_JIRA_TOKEN",
            "JQA_LEASE",
            "JQA_LIMIT_READ",
            "JQA_LLM_PROVIDER",
            "JQA_LOG",
            "JQA_OUTBOUND_ALLOW",
            "JQA_TLS_CERT_FILE",
            "JQA_TRUSTED_PROXIES",
        ];
        assert_eq!(names.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from(wrong));
    }

    #[test]
    fn a_personal_access_token_needs_no_account_and_a_password_does() {
        let jira = [("JQA_JIRA_URL", "https://jira.acme.example/jira"), ("JQA_JIRA_TOKEN", "t0ken")];
        let read_with = |more: &[(&str, &str)]| read(&[&jira[..], more].concat()).map(|settings| settings.jira.unwrap().email);
        assert_eq!(read_with(&[]).unwrap(), "");
        assert_eq!(read_with(&[("JQA_JIRA_AUTH", "bearer"), ("JQA_JIRA_DEPLOYMENT", "data_center")]).unwrap(), "");
        for needs in [("JQA_JIRA_AUTH", "basic"), ("JQA_JIRA_DEPLOYMENT", "cloud")] {
            assert_eq!(read_with(&[needs]).unwrap_err()[0].name, "JQA_JIRA_EMAIL");
        }
    }

    #[test]
    fn options_of_jira_come_from_a_file_that_holds_nothing_that_has_its_own_setting() {
        let path = std::env::temp_dir().join(format!("jqa-options-{}.json", std::process::id()));
        let read_with = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let file = ("JQA_JIRA_OPTIONS_FILE", path.to_str().unwrap());
            let jira = [("JQA_JIRA_URL", "https://jira.acme.example"), ("JQA_JIRA_TOKEN", "t0ken"), file];
            read(&jira).map(|settings| settings.jira.unwrap().options).map_err(|problems| problems[0].name.clone())
        };
        let options = read_with(r#"{"zephyr": {"all": {"folder": "/Checkout"}}}"#).unwrap();
        assert_eq!(options.zephyr.of("SHOP").folder.as_deref(), Some("/Checkout"));
        for wrong in ["", "{\"zephyrs\": {}}", "{\"timeout_seconds\": 5}", "{\"poll\": {\"jql\": \"x\"}}"] {
            assert_eq!(read_with(wrong).unwrap_err(), "JQA_JIRA_OPTIONS_FILE", "{wrong}");
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn no_secret_is_shown_by_debug() {
        let secrets = [
            ("JQA_JIRA_URL", "https://a.example"),
            ("JQA_JIRA_EMAIL", "a@b.c"),
            ("JQA_JIRA_TOKEN", "t0ken"),
            ("JQA_LLM_API_KEY", "k3y"),
            ("JQA_XRAY_CLIENT_SECRET", "xr4y"),
            ("JQA_ZEPHYR_TOKEN", "z3phyr"),
        ];
        let shown = format!("{:?}", read(&secrets).unwrap());
        assert!(!["t0ken", "k3y", "xr4y", "z3phyr"].iter().any(|secret| shown.contains(secret)), "{shown}");
    }
}
