//! The connections as they stood at one time.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::build::{self, Builder, JiraAccess, LlmAccess};
use crate::adapters::http::Secret;
use crate::adapters::llm::{self, LlmSettings};
use crate::config::{ConfigProblem, Settings};
use crate::crypto::{SealError, Sealer};
use crate::domain::reading::ReadOptions;
use crate::domain::request::LlmChoice;
use crate::domain::verdict::Failure;
use crate::ports::{Jira, Llm};
use crate::store::connection::{Defaults, JiraRow, LlmRow};
use crate::store::sealed::{JIRA_TOKEN, LLM_KEY};

/// Who writes: the drafter within, or a model.
#[derive(Clone)]
pub enum Author {
    /// The deterministic drafter.
    Offline,
    /// A model.
    Model(Arc<dyn Llm>),
}

/// Which row a connection was built from, and which change of it; `None` = the settings.
type Origin = Option<(Uuid, i64)>;

/// A connection to Jira.
#[derive(Clone)]
pub struct JiraConnection {
    /// What requests call it.
    pub name: String,
    /// How stories are read there.
    pub read_options: ReadOptions,
    origin: Origin,
    active: bool,
    client: Result<Arc<dyn Jira>, Failure>,
}

impl JiraConnection {
    /// Its client, or why there is none.
    pub fn client(&self) -> Result<Arc<dyn Jira>, Failure> {
        self.client.clone()
    }
}

/// A connection to a model.
#[derive(Clone)]
pub struct LlmConnection {
    origin: Origin,
    active: bool,
    settings: Result<LlmSettings, Failure>,
    author: Result<Author, Failure>,
}

/// See the module.
#[derive(Clone)]
pub struct Known {
    revision: i64,
    default_jira: Option<String>,
    jira: BTreeMap<String, Arc<JiraConnection>>,
    default_llm: String,
    llm: BTreeMap<String, Arc<LlmConnection>>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known")
            .field("revision", &self.revision)
            .field("jira", &self.jira.keys())
            .field("llm", &self.llm.keys())
            .finish()
    }
}

impl Known {
    pub(super) fn of_settings(settings: &Settings, builder: &Builder) -> Result<Self, ConfigProblem> {
        let mut jira = BTreeMap::new();
        if let Some(section) = &settings.jira {
            let mut read_options = ReadOptions::default();
            read_options.criteria_field.clone_from(&settings.criteria_field);
            let client = Ok(builder.jira_of_settings(section)?);
            let name = section.name.clone();
            jira.insert(name.clone(), Arc::new(JiraConnection { name, read_options, origin: None, active: true, client }));
        }
        let model = build::llm_of_settings(&settings.llm)?;
        let author = Ok(build::author(&model)?);
        let mut llm = BTreeMap::new();
        llm.insert(
            settings.llm.provider.clone(),
            Arc::new(LlmConnection { origin: None, active: true, settings: Ok(model), author }),
        );
        let default_jira = settings.jira.as_ref().map(|section| section.name.clone());
        Ok(Self { revision: 0, default_jira, jira, default_llm: settings.llm.provider.clone(), llm })
    }

    /// These and those of the database. What did not change since `before` keeps its client, which holds open connections.
    pub(super) fn and(
        &self,
        before: &Self,
        defaults: Defaults,
        jira: Vec<JiraRow>,
        llm: Vec<LlmRow>,
        sealer: &Sealer,
        builder: &Builder,
    ) -> Self {
        let mut all = Self { revision: defaults.revision, ..self.clone() };
        for row in jira {
            if defaults.jira_id == Some(row.id) {
                all.default_jira = Some(row.name.clone());
            }
            let same = before.jira.get(&row.name).filter(|old| old.origin == Some((row.id, row.version)));
            let connection = same.cloned().unwrap_or_else(|| Arc::new(jira_of(&row, sealer, builder)));
            // Those of the settings come first: they may have been given a name that was taken before.
            all.jira.entry(row.name).or_insert(connection);
        }
        for row in llm {
            if defaults.llm_id == Some(row.id) {
                all.default_llm.clone_from(&row.name);
            }
            let same = before.llm.get(&row.name).filter(|old| old.origin == Some((row.id, row.version)));
            let connection = same.cloned().unwrap_or_else(|| Arc::new(llm_of(&row, sealer, builder)));
            all.llm.entry(row.name).or_insert(connection);
        }
        all
    }

    pub(super) fn revision(&self) -> i64 {
        self.revision
    }

    /// A Jira connection that new requests may use, by name; without a name, the default.
    #[must_use]
    pub fn jira(&self, name: Option<&str>) -> Option<&Arc<JiraConnection>> {
        let name = name.or(self.default_jira.as_deref())?;
        self.jira.get(name).filter(|connection| connection.active)
    }

    /// The Jira connection of a job that was accepted, whether or not new requests may use it.
    #[must_use]
    pub fn jira_of_job(&self, name: &str) -> Option<&Arc<JiraConnection>> {
        self.jira.get(name)
    }

    /// Whether a name is that of a Jira connection of the settings.
    #[must_use]
    pub fn is_jira_of_settings(&self, name: &str) -> bool {
        self.jira.get(name).is_some_and(|connection| connection.origin.is_none())
    }

    /// Whether a model can be asked for by this name: `offline`, the provider of the settings, or a connection.
    #[must_use]
    pub fn llm_known(&self, name: &str) -> bool {
        name == llm::OFFLINE || self.llm.get(name).is_some_and(|connection| connection.active)
    }

    /// Who writes for this request.
    pub fn author(&self, choice: Option<&LlmChoice>) -> Result<Author, Failure> {
        let name = choice.map_or(self.default_llm.as_str(), |choice| &choice.provider);
        let model = choice.and_then(|choice| choice.model.as_deref()).filter(|model| !model.is_empty());
        match (self.llm.get(name), model) {
            (Some(connection), None) => connection.author.clone(),
            (Some(connection), Some(model)) => {
                let mut settings = connection.settings.clone()?;
                settings.model = Some(model.to_owned());
                build::author(&settings).map_err(|problem| not_configured(&problem.to_string()))
            }
            (None, _) if name == llm::OFFLINE => Ok(Author::Offline),
            (None, _) => Err(not_configured(&format!("there is no model connection '{name}' any more"))),
        }
    }
}

fn not_configured(why: &str) -> Failure {
    Failure::fail("llm.not_configured", why)
}

fn jira_of(row: &JiraRow, sealer: &Sealer, builder: &Builder) -> JiraConnection {
    let options = serde_json::from_str(&row.options).unwrap_or_default();
    let client = opened(&row.name, sealer.open(JIRA_TOKEN.of(row.id), &row.token_sealed)).and_then(|token| {
        let access = JiraAccess { base_url: &row.base_url, email: &row.email, token: Secret::new(token), options: &options };
        let unusable =
            |why| Failure::fail("jira.not_configured", format!("the Jira connection '{}' cannot be used: {why}", row.name));
        builder.jira(access).map_err(unusable)
    });
    let read_options = ReadOptions { criteria_field: options.criteria_field, ..ReadOptions::default() };
    JiraConnection { name: row.name.clone(), read_options, origin: Some((row.id, row.version)), active: row.active, client }
}

fn llm_of(row: &LlmRow, sealer: &Sealer, builder: &Builder) -> LlmConnection {
    let options = serde_json::from_str(&row.options).unwrap_or_default();
    let key = row.api_key_sealed.as_ref();
    let key = key.map(|sealed| opened(&row.name, sealer.open(LLM_KEY.of(row.id), sealed))).transpose();
    let settings = key.and_then(|key| {
        let (provider, base_url, model) = (row.provider.as_str(), row.base_url.as_str(), row.model.as_str());
        let access = LlmAccess { provider, base_url, model, api_key: key.map(Secret::new), options: &options };
        builder.llm(access).map_err(|why| not_configured(&format!("the model connection '{}' cannot be used: {why}", row.name)))
    });
    let author = settings.clone().and_then(|settings| {
        build::author(&settings).map_err(|problem| not_configured(&format!("the model connection '{}': {problem}", row.name)))
    });
    LlmConnection { origin: Some((row.id, row.version)), active: row.active, settings, author }
}

/// What was sealed. A key that is missing here may come with the next start of this process, or be there on another
/// worker, so the job tries again.
fn opened(name: &str, sealed: Result<String, SealError>) -> Result<String, Failure> {
    sealed.map_err(|error| match error {
        SealError::UnknownKey(_) => {
            Failure::retry("secrets.key_missing", format!("the secret of the connection '{name}' cannot be opened: {error}"))
        }
        SealError::NotSealed | SealError::Broken => Failure::fail(
            "secrets.unreadable",
            format!("the secret of the connection '{name}' cannot be opened: {error}; set it again"),
        ),
    })
}
