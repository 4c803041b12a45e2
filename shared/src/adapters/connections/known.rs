//! The connections as they stood at one time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::build::{self, Builder, JiraAccess, JiraClients, LlmAccess};
use crate::adapters::http::Secret;
use crate::adapters::llm::{self, LlmSettings};
use crate::config::{ConfigProblem, Settings};
use crate::crypto::{SealError, Sealer};
use crate::domain::budget::{self, Budget};
use crate::domain::jira_event::{Poll, Rule};
use crate::domain::pace::Share;
use crate::domain::policy::{InForce, Policy};
use crate::domain::publish::PublishMode;
use crate::domain::reading::ReadOptions;
use crate::domain::request::LlmChoice;
use crate::domain::story::{Part, Story};
use crate::domain::verdict::Failure;
use crate::ports::{Items, Jira, Llm};
use crate::publishing::Fields;
use crate::store::connection::{Defaults, JiraOptions, JiraRow, LlmOptions, LlmRow};
use crate::store::sealed::{JIRA_TOKEN, JIRA_WEBHOOK_SECRET, LLM_KEY, Sealed, XRAY_SECRET, ZEPHYR_TOKEN};

/// Who writes: the drafter within, or a model.
#[derive(Clone)]
pub enum Author {
    /// The deterministic drafter.
    Offline,
    /// A model.
    Model(Arc<Model>),
}

/// A model, and how its account is to be used.
pub struct Model {
    /// Name of its connection.
    pub connection: String,
    /// Its client.
    pub llm: Arc<dyn Llm>,
    /// The account at the provider; no part of its key.
    pub account: String,
    /// What all workers together may do with the account.
    pub share: Share,
    /// Connections that are asked instead, in this order, while it is overloaded.
    pub fallback: Vec<String>,
}

/// Which row a connection was built from, and which change of it; `None` = the settings.
type Origin = Option<(Uuid, i64)>;

/// What happens when Jira tells of a change.
#[derive(Clone, Default)]
pub struct Hooks {
    /// What its webhooks are signed with; `None` = none are taken.
    pub secret: Option<Secret>,
    /// What is started by what happens.
    pub rules: Arc<[Rule]>,
    /// Who answers for what the rules start.
    pub rules_by: Option<Uuid>,
    /// What Jira is asked about.
    pub poll: Option<Poll>,
}

/// A connection to Jira.
#[derive(Clone)]
pub struct JiraConnection {
    /// What requests call it.
    pub name: String,
    /// How stories are read there.
    pub read_options: ReadOptions,
    /// Which fields are published into.
    pub fields: Arc<Fields>,
    /// What happens when Jira tells of a change.
    pub hooks: Hooks,
    origin: Origin,
    active: bool,
    clients: Result<JiraClients, Failure>,
}

impl JiraConnection {
    /// Its clients, or why there are none.
    pub fn clients(&self) -> Result<JiraClients, Failure> {
        self.clients.clone()
    }

    /// Its client, or why there is none.
    pub fn client(&self) -> Result<Arc<dyn Jira>, Failure> {
        Ok(self.clients.clone()?.issues)
    }

    /// The place where a mode keeps an object for each item; `None` = it keeps texts.
    pub fn items(&self, mode: PublishMode) -> Result<Option<Arc<dyn Items>>, Failure> {
        let clients = self.clients.clone()?;
        Ok(match mode {
            PublishMode::Comment | PublishMode::Description | PublishMode::CustomField => None,
            PublishMode::Subtask => Some(clients.subtasks),
            PublishMode::Zephyr => Some(clients.zephyr),
            PublishMode::Xray => Some(clients.xray),
        })
    }
}

/// A connection to a model.
#[derive(Clone)]
pub struct LlmConnection {
    origin: Origin,
    active: bool,
    settings: Result<LlmSettings, Failure>,
    share: Share,
    fallback: Vec<String>,
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
    budgets: Vec<Budget>,
    policies: Vec<Policy>,
}

/// What the database keeps.
pub(super) struct Rows {
    pub(super) defaults: Defaults,
    pub(super) jira: Vec<JiraRow>,
    pub(super) llm: Vec<LlmRow>,
    pub(super) budgets: Vec<Budget>,
    pub(super) policies: Vec<Policy>,
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
            let fields = Arc::new(Fields { options: section.options.custom_fields.clone(), read: read_options.clone() });
            let clients = Ok(builder.jira_of_settings(section)?);
            let name = section.name.clone();
            let hooks = Hooks { secret: section.webhook_secret.clone(), poll: section.poll.clone(), ..Hooks::default() };
            jira.insert(
                name.clone(),
                Arc::new(JiraConnection { name, fields, read_options, hooks, origin: None, active: true, clients }),
            );
        }
        let model = build::llm_of_settings(&settings.llm)?;
        let (share, fallback) = (settings.llm.share, settings.llm.fallback.clone());
        let author = Ok(build::author(&settings.llm.provider, &model, share, &fallback)?);
        let mut llm = BTreeMap::new();
        llm.insert(
            settings.llm.provider.clone(),
            Arc::new(LlmConnection { origin: None, active: true, settings: Ok(model), share, fallback, author }),
        );
        let default_jira = settings.jira.as_ref().map(|section| section.name.clone());
        Ok(Self {
            revision: 0,
            default_jira,
            jira,
            default_llm: settings.llm.provider.clone(),
            llm,
            budgets: Vec::new(),
            policies: Vec::new(),
        })
    }

    /// These and those of the database. What did not change since `before` keeps its client, which holds open connections.
    pub(super) fn and(&self, before: &Self, rows: Rows, sealer: &Sealer, builder: &Builder) -> Self {
        let Rows { defaults, jira, llm, budgets, policies } = rows;
        let mut all = Self { revision: defaults.revision, budgets, policies, ..self.clone() };
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

    /// The Jira connections that new requests may use.
    pub fn all_jira(&self) -> impl Iterator<Item = &Arc<JiraConnection>> {
        self.jira.values().filter(|connection| connection.active)
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

    /// What the policies say for a project.
    #[must_use]
    pub fn policy(&self, project: &str) -> InForce {
        InForce::of(&self.policies, project)
    }

    /// What the policies say for a story that was asked for in a project, which it may have left since: the stricter word
    /// holds. It is redacted, too, for the sake of what it tells of other issues.
    #[must_use]
    pub fn policy_of(&self, story: &Story, asked_in: &str) -> InForce {
        let policy = self.policy(story.project());
        let asked = self.policy(asked_in);
        let others = story.parts.iter().filter(|part| part.is_of_another_issue());
        let mut tests = story.tests.shown.iter().filter_map(|test| test.key.rsplit_once('-'));
        let redact = policy.redact
            || asked.redact
            || others.into_iter().any(|part| self.policy_of_other(part).redact)
            || tests.any(|(project, _)| self.policy(project).redact);
        InForce { may_send: policy.may_send && asked.may_send, redact, ..policy }
    }

    /// A story without what is said of its parent and of linked issues whose projects let nothing be sent.
    #[must_use]
    pub fn without_closed_links<'a>(&self, story: &'a Story) -> Cow<'a, Story> {
        let is_closed = |part: &Part| part.is_of_another_issue() && !self.policy_of_other(part).may_send;
        if !story.parts.iter().any(is_closed) {
            return self.without_closed_tests(story);
        }
        let mut story = self.without_closed_tests(story).into_owned();
        story.parts.retain(|part| !is_closed(part));
        Cow::Owned(story)
    }

    /// A story without the tests of such projects. What a model was not shown it cannot name.
    #[must_use]
    pub fn without_closed_tests<'a>(&self, story: &'a Story) -> Cow<'a, Story> {
        let closed = story.tests.shown.iter().filter(|test| self.is_closed(&test.key)).count();
        if closed == 0 {
            return Cow::Borrowed(story);
        }
        let mut story = story.clone();
        story.tests.shown.retain(|test| !self.is_closed(&test.key));
        story.tests.total -= closed;
        Cow::Owned(story)
    }

    /// What the policies say of the issue that a part tells of. What names no project may be of any: the strictest holds.
    fn policy_of_other(&self, part: &Part) -> InForce {
        match part.other_project() {
            Some(project) => self.policy(&project),
            None => InForce::strictest(&self.policies),
        }
    }

    /// Whether an issue's project lets nothing be sent.
    fn is_closed(&self, key: &str) -> bool {
        key.rsplit_once('-').is_some_and(|(project, _)| !self.policy(project).may_send)
    }

    /// The budgets that calls for this account and project must be within.
    #[must_use]
    pub fn budgets(&self, user_id: Uuid, project: &str) -> Vec<&Budget> {
        budget::applying(&self.budgets, user_id, project)
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
                let author = build::author(name, &settings, connection.share, &connection.fallback);
                author.map_err(|problem| not_configured(&problem.to_string()))
            }
            (None, _) if name == llm::OFFLINE => Ok(Author::Offline),
            (None, _) => Err(not_configured(&format!("there is no model connection '{name}' any more"))),
        }
    }
}

impl Known {
    /// The models that a request asks for, in the order in which they are asked: its own, then those that stand in while that
    /// one is overloaded. A connection that cannot be used stands in for nothing.
    #[must_use]
    pub fn stand_ins(&self, model: &Model) -> Vec<Arc<Model>> {
        let usable = |name: &String| {
            let connection = self.llm.get(name).filter(|connection| connection.active)?;
            match &connection.author {
                Ok(Author::Model(model)) => Some(model.clone()),
                Ok(Author::Offline) | Err(_) => None,
            }
        };
        model.fallback.iter().filter_map(usable).collect()
    }
}

fn not_configured(why: &str) -> Failure {
    Failure::fail("llm.not_configured", why)
}

fn jira_of(row: &JiraRow, sealer: &Sealer, builder: &Builder) -> JiraConnection {
    let options: JiraOptions = serde_json::from_str(&row.options).unwrap_or_default();
    let clients = opened(&row.name, sealer.open(JIRA_TOKEN.of(row.id), &row.token_sealed)).and_then(|token| {
        let access = JiraAccess {
            base_url: &row.base_url,
            email: &row.email,
            token: Secret::new(token),
            xray_secret: kept(row, sealer, XRAY_SECRET, row.xray_secret_sealed.as_ref()),
            zephyr_token: kept(row, sealer, ZEPHYR_TOKEN, row.zephyr_token_sealed.as_ref()),
            options: &options,
        };
        let unusable =
            |why| Failure::fail("jira.not_configured", format!("the Jira connection '{}' cannot be used: {why}", row.name));
        builder.jira(access).map_err(unusable)
    });
    // Without it Jira's webhooks are refused as those of strangers; polling, or the next webhook, makes up for them.
    let secret = kept(row, sealer, JIRA_WEBHOOK_SECRET, row.webhook_secret_sealed.as_ref());
    let hooks = Hooks { secret, rules: options.rules.into(), rules_by: row.rules_by, poll: options.poll };
    let read_options = ReadOptions { criteria_field: options.criteria_field, ..ReadOptions::default() };
    let fields = Arc::new(Fields { options: options.custom_fields, read: read_options.clone() });
    let (name, origin) = (row.name.clone(), Some((row.id, row.version)));
    JiraConnection { name, read_options, fields, hooks, origin, active: row.active, clients }
}

/// A secret that a connection can do without: what needs it says that it is missing.
fn kept(row: &JiraRow, sealer: &Sealer, place: Sealed, sealed: Option<&String>) -> Option<Secret> {
    let opened = opened(&row.name, sealer.open(place.of(row.id), sealed?));
    let told = opened.inspect_err(|failure| {
        tracing::error!(connection = %row.name, column = place.column, %failure, "a secret cannot be used");
    });
    told.ok().map(Secret::new)
}

fn llm_of(row: &LlmRow, sealer: &Sealer, builder: &Builder) -> LlmConnection {
    let options: LlmOptions = serde_json::from_str(&row.options).unwrap_or_default();
    let key = row.api_key_sealed.as_ref();
    let key = key.map(|sealed| opened(&row.name, sealer.open(LLM_KEY.of(row.id), sealed))).transpose();
    let settings = key.and_then(|key| {
        let (provider, base_url, model) = (row.provider.as_str(), row.base_url.as_str(), row.model.as_str());
        let access = LlmAccess { provider, base_url, model, api_key: key.map(Secret::new), options: &options };
        builder.llm(access).map_err(|why| not_configured(&format!("the model connection '{}' cannot be used: {why}", row.name)))
    });
    let share = Share::of_a_minute(options.requests_per_minute, options.tokens_per_minute, options.calls_at_once);
    let fallback = options.fallback.clone();
    let author = settings.clone().and_then(|settings| {
        build::author(&row.name, &settings, share, &fallback)
            .map_err(|problem| not_configured(&format!("the model connection '{}': {problem}", row.name)))
    });
    LlmConnection { origin: Some((row.id, row.version)), active: row.active, settings, share, fallback, author }
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
