//! Connections that are kept in the database: the reads, and the statements that their verbs are made of.

mod xray;
mod zephyr;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{Db, Sql, StoreError, entity};
use crate::domain::jira_event::{Poll, Rule};
use crate::domain::jira_site::{JiraAuth, JiraDeployment};

pub use xray::{XrayOptions, XrayPlace, XrayType};
pub use zephyr::{ZephyrOptions, ZephyrPlace, ZephyrScript};

/// A row of `jira_configurations`.
pub type JiraRow = entity::jira_configuration::Model;

/// A row of `llm_configurations`.
pub type LlmRow = entity::llm_configuration::Model;

/// The only row of `connection_defaults`.
pub const DEFAULTS: Uuid = Uuid::nil();

/// What may be said about a connection to Jira and need not be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JiraOptions {
    /// Where Jira runs; `auto` = it is asked.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schema(required = false)]
    pub deployment: JiraDeployment,
    /// `basic` with `email`, `bearer` with a personal access token; `auto` = `basic` if there is an `email`.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schema(required = false)]
    pub auth: JiraAuth,
    /// Certificates in PEM of who vouches for the server, besides those whom the system trusts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_certificate: Option<String>,
    /// Custom field that holds acceptance criteria, by id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria_field: Option<String>,
    /// Time limit of a call, in seconds: 1 to 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Calls at once, for each process: 1 to 256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_in_flight: Option<usize>,
    /// Calls in a minute, of all processes together: 1 and more; absent = any number. Without Redis each process has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Calls at once, of all processes together: 1 and more; absent = any number. Without Redis each process has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_at_once: Option<u32>,
    /// Custom fields that results are published into.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schema(required = false)]
    pub custom_fields: FieldOptions,
    /// How sub-tasks are created there.
    #[serde(default, skip_serializing_if = "SubtaskOptions::is_empty")]
    #[schema(required = false)]
    pub subtasks: SubtaskOptions,
    /// How tests are created in Xray.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schema(required = false)]
    pub xray: XrayOptions,
    /// How test cases are created in Zephyr Scale.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schema(required = false)]
    pub zephyr: ZephyrOptions,
    /// What is started when an issue enters a status or gets a label, on behalf of who changed the rules last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub rules: Vec<Rule>,
    /// Ask Jira what was changed, where its webhooks do not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Poll>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Custom fields that results are published into.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldOptions {
    /// In all projects.
    #[serde(default)]
    #[schema(required = false)]
    pub all: TextFields,
    /// In single projects, by key; their word comes before the word for all.
    #[serde(default)]
    #[schema(required = false)]
    pub projects: BTreeMap<String, TextFields>,
}

/// A custom field for each kind of item, by id or name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextFields {
    /// For criteria; absent = that which criteria are read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria: Option<String>,
    /// For scenarios.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenarios: Option<String>,
}

impl FieldOptions {
    /// What holds for a project.
    #[must_use]
    pub fn of(&self, project: &str) -> TextFields {
        let own = self.projects.get(project).cloned().unwrap_or_default();
        let TextFields { criteria, scenarios } = self.all.clone();
        TextFields { criteria: own.criteria.or(criteria), scenarios: own.scenarios.or(scenarios) }
    }

    /// Every field that is named.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let all = std::iter::once(&self.all).chain(self.projects.values());
        all.flat_map(|fields| [&fields.criteria, &fields.scenarios]).flatten().map(String::as_str)
    }
}

/// How sub-tasks are created.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubtaskOptions {
    /// In all projects.
    #[serde(default)]
    #[schema(required = false)]
    pub all: SubtaskFields,
    /// In single projects, by key; their word comes before the word for all.
    #[serde(default)]
    #[schema(required = false)]
    pub projects: BTreeMap<String, SubtaskFields>,
}

/// What a new sub-task is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubtaskFields {
    /// Name or id of its issue type; absent = the first type of sub-tasks that the project has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_type: Option<String>,
    /// Values of fields that the project requires, by field id, in the form in which Jira takes them.
    #[serde(default)]
    #[schema(required = false)]
    pub fields: BTreeMap<String, Value>,
    /// Name of the status that those are brought into which nobody needs any more; absent = the only one that counts as done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_status: Option<String>,
}

impl SubtaskOptions {
    /// What holds for a project.
    #[must_use]
    pub fn of(&self, project: &str) -> SubtaskFields {
        let own = self.projects.get(project).cloned().unwrap_or_default();
        let mut fields = self.all.fields.clone();
        fields.extend(own.fields);
        let all = self.all.clone();
        SubtaskFields {
            issue_type: own.issue_type.or(all.issue_type),
            close_status: own.close_status.or(all.close_status),
            fields,
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What may be said about a connection to a model and need not be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LlmOptions {
    /// Time limit of a call, in seconds: 1 to 1800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u64>,
    /// Time limit of the first byte of a streamed answer, in seconds: 1 to 1800; absent = 60.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_timeout_seconds: Option<u64>,
    /// Time limit of silence within a streamed answer, in seconds: 1 to 1800; before it, too, where the provider is silent while
    /// its model thinks; absent = 180.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_timeout_seconds: Option<u64>,
    /// Whether answers are asked for as streams: `auto` (of providers and servers that are known to stream), `on`, `off`;
    /// absent = `auto`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
    /// Calls at once, for each process: 1 to 256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_in_flight: Option<usize>,
    /// Calls in a minute, of all workers together: 1 and more; absent = any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Tokens in a minute, of question and answer, of all workers together: 1 and more; absent = any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u32>,
    /// Calls at once, of all workers together: 1 and more; absent = any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_at_once: Option<u32>,
    /// Names of connections that are asked instead, in this order, while this one is overloaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
    /// Token limit of a reply, reasoning included: 1 and more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u32>,
    /// How the reply's form is asked for: `json_schema`, `json_object` or `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structured: Option<String>,
    /// Name of the token limit: `max_tokens` or `max_completion_tokens`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_param: Option<String>,
    /// How much the model should think: `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`; absent = as it does by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<String>,
    /// What speaks Chat Completions there: `openai`, `azure`, `openrouter`, `mistral`, `ollama`, `vllm`, `litellm`, `other`;
    /// absent = known by its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Sampling temperature, 0 to 2; sent to models that take it; absent = not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
}

/// Which connections are the defaults, and how often any connection was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct Defaults {
    /// Counts every change of any connection.
    pub revision: i64,
    /// The Jira connection of requests that name none.
    pub jira_id: Option<Uuid>,
    /// The model of requests that name none.
    pub llm_id: Option<Uuid>,
}

/// The defaults and the count of changes: one row, by its primary key.
pub async fn defaults(db: &Db) -> Result<Defaults, StoreError> {
    let row = db.read_one(Sql::new("SELECT revision, jira_id, llm_id FROM connection_defaults WHERE id = ?").bind(DEFAULTS));
    row.await?.ok_or_else(|| StoreError::Bug("connection_defaults is empty".into()))
}

/// Every Jira connection.
pub async fn all_jira(db: &Db) -> Result<Vec<JiraRow>, StoreError> {
    db.read_all(Sql::new("SELECT * FROM jira_configurations ORDER BY id")).await
}

/// Every model connection.
pub async fn all_llm(db: &Db) -> Result<Vec<LlmRow>, StoreError> {
    db.read_all(Sql::new("SELECT * FROM llm_configurations ORDER BY id")).await
}

/// Jira connections in the order in which they were made, after `cursor`.
pub async fn jira_page(db: &Db, cursor: Option<Uuid>, limit: u64) -> Result<Vec<JiraRow>, StoreError> {
    db.read_all(page("SELECT * FROM jira_configurations WHERE id > ? ORDER BY id LIMIT ?", cursor, limit)).await
}

/// Model connections in the order in which they were made, after `cursor`.
pub async fn llm_page(db: &Db, cursor: Option<Uuid>, limit: u64) -> Result<Vec<LlmRow>, StoreError> {
    db.read_all(page("SELECT * FROM llm_configurations WHERE id > ? ORDER BY id LIMIT ?", cursor, limit)).await
}

fn page(text: &'static str, cursor: Option<Uuid>, limit: u64) -> Sql {
    Sql::new(text).bind(cursor.unwrap_or_default()).bind(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// A Jira connection.
pub async fn find_jira(db: &Db, id: Uuid) -> Result<Option<JiraRow>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM jira_configurations WHERE id = ?").bind(id)).await
}

/// A model connection.
pub async fn find_llm(db: &Db, id: Uuid) -> Result<Option<LlmRow>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM llm_configurations WHERE id = ?").bind(id)).await
}
