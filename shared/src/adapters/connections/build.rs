//! Clients of connections: those of the settings as they are, those of the database behind the guard.

use std::sync::Arc;
use std::time::Duration;

use super::known::{Author, Model};
use crate::adapters::http::{Secret, authorities};
use crate::adapters::jira::{JiraClient, JiraSettings, Pace};
use crate::adapters::llm::{self, LlmSettings, Models};
use crate::adapters::webhook::Guard;
use crate::adapters::xray::{self, XrayCloud};
use crate::adapters::zephyr::{self, ZephyrCloud};
use crate::config::{ConfigProblem, JiraSection, LlmSection, Settings};
use crate::domain::pace::Share;
use crate::ports::{Clock, Items, Jira, Pacer};
use crate::store::connection::{JiraOptions, LlmOptions};
use crate::telemetry::Metrics;

/// The time limit of a call to Jira where nothing else is said.
const JIRA_TIMEOUT: Duration = Duration::from_secs(30);

/// The setting that names the file of further options.
const OPTIONS_FILE: &str = "JQA_JIRA_OPTIONS_FILE";

/// Calls to Jira at once where nothing else is said.
pub const JIRA_IN_FLIGHT: usize = 16;

/// Builds clients.
#[derive(Clone)]
pub struct Builder {
    metrics: Arc<Metrics>,
    guard: Guard,
    longest_jira_call: Duration,
    models: Arc<Models>,
    anthropic_version: String,
    pacer: Arc<dyn Pacer>,
    clock: Arc<dyn Clock>,
}

/// The clients of one Jira connection.
#[derive(Clone)]
pub struct JiraClients {
    /// Its issues.
    pub issues: Arc<dyn Jira>,
    /// Its sub-tasks.
    pub subtasks: Arc<dyn Items>,
    /// The tests of Xray there.
    pub xray: Arc<dyn Items>,
    /// The test cases of Zephyr Scale there.
    pub zephyr: Arc<dyn Items>,
}

/// What is known of the tools for tests beside a site.
struct Tools {
    xray: Option<XrayCloud>,
    zephyr: Option<ZephyrCloud>,
}

/// A Jira connection of the database, opened.
#[derive(Debug, Clone)]
pub struct JiraAccess<'a> {
    /// Where Jira is.
    pub base_url: &'a str,
    /// The account.
    pub email: &'a str,
    /// Its token.
    pub token: Secret,
    /// The secret of the API key of Xray Cloud.
    pub xray_secret: Option<Secret>,
    /// The token of Zephyr Scale Cloud.
    pub zephyr_token: Option<Secret>,
    /// The rest.
    pub options: &'a JiraOptions,
}

/// A model connection of the database, opened.
#[derive(Debug, Clone)]
pub struct LlmAccess<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// Where its API begins.
    pub base_url: &'a str,
    /// The model.
    pub model: &'a str,
    /// The key, when it wants one.
    pub api_key: Option<Secret>,
    /// The rest.
    pub options: &'a LlmOptions,
}

impl Builder {
    pub(super) fn new(settings: &Settings, metrics: &Arc<Metrics>, pacer: Arc<dyn Pacer>, clock: Arc<dyn Clock>) -> Self {
        Self {
            pacer,
            clock,
            metrics: metrics.clone(),
            guard: Guard::new(settings.connections.clone()),
            longest_jira_call: settings.jira.as_ref().map_or(JIRA_TIMEOUT, |jira| jira.timeout),
            models: settings.llm.models.clone(),
            anthropic_version: settings.llm.anthropic_version.clone(),
        }
    }

    /// What says where connections of the database may lead.
    #[must_use]
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The clients of a Jira connection of the database; in words, why there can be none.
    pub fn jira(&self, access: JiraAccess<'_>) -> Result<JiraClients, String> {
        let url = self.guard.base_url(access.base_url).map_err(|why| format!("its base_url {why}"))?;
        let mut settings = JiraSettings::new(url, access.email, access.token);
        settings.deployment = access.options.deployment;
        settings.auth = access.options.auth;
        if let Some(pem) = &access.options.ca_certificate {
            settings.authorities = authorities(pem).map_err(|why| format!("its options.ca_certificate {why}"))?;
        }
        let limit = access.options.timeout_seconds.map_or(self.longest_jira_call, Duration::from_secs);
        // A write that takes longer than workers reckon with might be repeated.
        settings.timeout = limit.min(self.longest_jira_call);
        settings.max_in_flight = access.options.max_in_flight.unwrap_or(JIRA_IN_FLIGHT);
        settings.guard = Some(self.guard.clone());
        let zephyr = access.options.zephyr.base_url.as_deref().unwrap_or(zephyr::CLOUD);
        let zephyr = self.guard.base_url(zephyr).map_err(|why| format!("its options.zephyr.base_url {why}"))?;
        let zephyr = access.zephyr_token.map(|token| ZephyrCloud { base_url: zephyr, token });
        let xray = access.options.xray.base_url.as_deref().unwrap_or(xray::CLOUD);
        let xray = self.guard.base_url(xray).map_err(|why| format!("its options.xray.base_url {why}"))?;
        let client_id = access.options.xray.client_id.clone();
        let xray = access.xray_secret.zip(client_id).map(|(client_secret, client_id)| XrayCloud {
            base_url: xray,
            client_id,
            client_secret,
        });
        self.clients(settings, Tools { xray, zephyr }, access.options).map_err(|error| error.to_string())
    }

    pub(super) fn jira_of_settings(&self, section: &JiraSection) -> Result<JiraClients, ConfigProblem> {
        let mut settings = JiraSettings::new(section.url.clone(), section.email.clone(), Secret::new(section.token.clone()));
        settings.deployment = section.deployment;
        settings.auth = section.auth;
        settings.authorities.clone_from(&section.authorities);
        settings.timeout = section.timeout;
        settings.max_in_flight = section.max_in_flight;
        let address = |of: &str, given: &Option<String>, usual: &str| {
            let parsed = given.as_deref().unwrap_or(usual).parse();
            parsed.map_err(|why| ConfigProblem::new(OPTIONS_FILE, format!("{of}.base_url: {why}")))
        };
        let (options, mut tools) = (&section.options, Tools { xray: None, zephyr: None });
        if let Some(token) = section.zephyr_token.clone() {
            tools.zephyr = Some(ZephyrCloud { base_url: address("zephyr", &options.zephyr.base_url, zephyr::CLOUD)?, token });
        }
        if let (Some(client_secret), Some(client_id)) = (section.xray_secret.clone(), options.xray.client_id.clone()) {
            let base_url = address("xray", &options.xray.base_url, xray::CLOUD)?;
            tools.xray = Some(XrayCloud { base_url, client_id, client_secret });
        }
        self.clients(settings, tools, &section.options).map_err(|error| ConfigProblem::new("JQA_JIRA_URL", error.to_string()))
    }

    fn clients(
        &self,
        mut settings: JiraSettings,
        tools: Tools,
        options: &JiraOptions,
    ) -> Result<JiraClients, crate::ports::JiraError> {
        let share = Share::of_a_minute(options.requests_per_minute, None, options.calls_at_once);
        let (pacer, clock, account) = (self.pacer.clone(), self.clock.clone(), settings.account());
        settings.pace = Some(Pace { pacer, clock, account, share });
        let metrics = self.metrics.clone();
        settings.on_call = Some(Arc::new(move |operation, _ok, _took| metrics.jira_call(operation)));
        let issues = JiraClient::new(settings)?;
        let subtasks = Arc::new(issues.subtasks(options.subtasks.clone()));
        let zephyr = Arc::new(issues.zephyr(tools.zephyr, options.zephyr.clone())?);
        let xray = Arc::new(issues.xray(tools.xray, options.xray.clone()));
        Ok(JiraClients { subtasks, xray, zephyr, issues: Arc::new(issues) })
    }

    /// The settings of a model connection of the database; in words, why there can be none.
    pub fn llm(&self, access: LlmAccess<'_>) -> Result<LlmSettings, String> {
        let mut settings = LlmSettings::new(access.provider);
        settings.base_url = Some(self.guard.base_url(access.base_url).map_err(|why| format!("its base_url {why}"))?);
        settings.api_key = access.api_key;
        settings.model = Some(access.model.to_owned());
        settings.guard = Some(self.guard.clone());
        let options = access.options;
        settings.timeout = options.timeout_seconds.map_or(settings.timeout, Duration::from_secs);
        let seconds = |given: Option<u64>, usual| given.map_or(usual, Duration::from_secs);
        settings.first_byte_timeout = seconds(options.first_byte_timeout_seconds, settings.first_byte_timeout);
        settings.idle_timeout = seconds(options.idle_timeout_seconds, settings.idle_timeout);
        settings.max_in_flight = options.max_in_flight.unwrap_or(settings.max_in_flight);
        settings.max_output_tokens = options.max_output_tokens.unwrap_or(settings.max_output_tokens);
        settings.temperature = options.temperature;
        let in_words = |problem: llm::ConfigProblem| problem.message;
        if let Some(structured) = &options.structured {
            settings.structured = structured.parse().map_err(in_words)?;
        }
        if let Some(stream) = &options.stream {
            settings.stream = stream.parse().map_err(in_words)?;
        }
        if let Some(token_param) = &options.token_param {
            settings.token_param = Some(token_param.parse().map_err(in_words)?);
        }
        settings.effort = options.effort.as_deref().map(str::parse).transpose()?;
        settings.server.clone_from(&options.server);
        settings.models = self.models.clone();
        settings.anthropic_version.clone_from(&self.anthropic_version);
        Ok(settings)
    }
}

/// The settings of the model that the settings describe.
pub(super) fn llm_of_settings(section: &LlmSection) -> Result<LlmSettings, ConfigProblem> {
    let mut settings = LlmSettings::new(&section.provider);
    settings.base_url.clone_from(&section.base_url);
    settings.api_key = Some(section.api_key.clone()).filter(|key| !key.is_empty()).map(Secret::new);
    settings.model = Some(section.model.clone()).filter(|model| !model.is_empty());
    settings.timeout = section.timeout;
    settings.first_byte_timeout = section.first_byte_timeout;
    settings.idle_timeout = section.idle_timeout;
    settings.stream = section.stream;
    settings.max_in_flight = section.max_in_flight;
    settings.max_output_tokens = section.max_output_tokens;
    settings.structured = section.structured.parse().map_err(named)?;
    settings.token_param = section.token_param.as_deref().map(str::parse).transpose().map_err(named)?;
    settings.effort = section.effort;
    settings.server.clone_from(&section.server);
    settings.models = section.models.clone();
    settings.anthropic_version.clone_from(&section.anthropic_version);
    settings.temperature = section.temperature;
    Ok(settings)
}

/// Who writes with these settings.
pub(super) fn author(
    connection: &str,
    settings: &LlmSettings,
    share: Share,
    fallback: &[String],
) -> Result<Author, ConfigProblem> {
    let Some(llm) = llm::build(settings).map_err(named)? else { return Ok(Author::Offline) };
    let (connection, account) = (connection.to_owned(), settings.account());
    Ok(Author::Model(Arc::new(Model { connection, llm, account, share, fallback: fallback.to_vec() })))
}

fn named(problem: llm::ConfigProblem) -> ConfigProblem {
    ConfigProblem::new(problem.setting, problem.message)
}
