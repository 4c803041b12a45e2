//! The configured accounts, by name: Jira connections and models.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::http::Secret;
use super::jira::{CloudJira, JiraSettings};
use super::llm::{self, LlmSettings};
use crate::config::{ConfigProblem, JiraSection, LlmSection, Settings};
use crate::domain::reading::ReadOptions;
use crate::domain::request::LlmChoice;
use crate::domain::verdict::Failure;
use crate::ports::{Jira, Llm};
use crate::telemetry::Metrics;

/// Who writes: the drafter within, or a model.
#[derive(Clone)]
pub enum Author {
    /// The deterministic drafter.
    Offline,
    /// A model.
    Model(Arc<dyn Llm>),
}

/// See the module.
pub struct Connections {
    default_jira: String,
    jira: BTreeMap<String, Arc<dyn Jira>>,
    llm: LlmSection,
    default_author: Author,
    read_options: ReadOptions,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections").field("jira", &self.jira.keys()).field("llm", &self.llm).finish_non_exhaustive()
    }
}

impl Connections {
    /// The connections that the settings describe.
    pub fn of(settings: &Settings, metrics: &Arc<Metrics>) -> Result<Self, ConfigProblem> {
        let mut jira: BTreeMap<String, Arc<dyn Jira>> = BTreeMap::new();
        if let Some(section) = &settings.jira {
            jira.insert(section.name.clone(), cloud(section, metrics)?);
        }
        let mut read_options = ReadOptions::default();
        read_options.criteria_field.clone_from(&settings.criteria_field);
        Ok(Self {
            default_jira: settings.jira.as_ref().map(|section| section.name.clone()).unwrap_or_default(),
            jira,
            default_author: author(&settings.llm, &settings.llm.provider, None)?,
            llm: settings.llm.clone(),
            read_options,
        })
    }

    /// A Jira connection by name, or the configured one; with its name.
    #[must_use]
    pub fn jira(&self, name: Option<&str>) -> Option<(String, Arc<dyn Jira>)> {
        let name = name.unwrap_or(&self.default_jira);
        self.jira.get_key_value(name).map(|(name, jira)| (name.clone(), jira.clone()))
    }

    /// Whether a provider can be asked for by this name.
    #[must_use]
    pub fn llm_known(&self, provider: &str) -> bool {
        provider == llm::OFFLINE || provider == self.llm.provider
    }

    /// Who writes for this request.
    pub fn author(&self, choice: Option<&LlmChoice>) -> Result<Author, Failure> {
        let Some(choice) = choice else { return Ok(self.default_author.clone()) };
        if choice.provider == self.llm.provider && choice.model.is_none() {
            return Ok(self.default_author.clone());
        }
        author(&self.llm, &choice.provider, choice.model.as_deref())
            .map_err(|problem| Failure::fail("llm.not_configured", problem.to_string()))
    }

    /// How stories are read.
    #[must_use]
    pub fn read_options(&self) -> &ReadOptions {
        &self.read_options
    }
}

fn cloud(section: &JiraSection, metrics: &Arc<Metrics>) -> Result<Arc<dyn Jira>, ConfigProblem> {
    let mut settings = JiraSettings::new(section.url.clone(), section.email.clone(), Secret::new(section.token.clone()));
    settings.timeout = section.timeout;
    settings.max_in_flight = section.max_in_flight;
    let metrics = metrics.clone();
    settings.on_call = Some(Arc::new(move |operation, _ok, _took| metrics.jira_call(operation)));
    let jira = CloudJira::new(settings).map_err(|error| ConfigProblem::new("JQA_JIRA_URL", error.to_string()))?;
    Ok(Arc::new(jira))
}

fn author(section: &LlmSection, provider: &str, model: Option<&str>) -> Result<Author, ConfigProblem> {
    let mut settings = LlmSettings::new(provider);
    settings.base_url.clone_from(&section.base_url);
    settings.api_key = Some(section.api_key.clone()).filter(|key| !key.is_empty()).map(Secret::new);
    settings.model = model.map(str::to_owned).or_else(|| Some(section.model.clone())).filter(|model| !model.is_empty());
    settings.timeout = section.timeout;
    settings.max_in_flight = section.max_in_flight;
    settings.max_output_tokens = section.max_output_tokens;
    let problem = |problem: llm::ConfigProblem| ConfigProblem::new(problem.setting, problem.message);
    settings.structured = section.structured.parse().map_err(problem)?;
    settings.token_param = section.token_param.parse().map_err(problem)?;
    settings.temperature = section.temperature;
    Ok(llm::build(&settings).map_err(problem)?.map_or(Author::Offline, Author::Model))
}
