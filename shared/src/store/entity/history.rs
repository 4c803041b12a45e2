//! A row of `generation_history`.

use sea_orm::entity::prelude::*;

/// A versioned result of a story.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "generation_history")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The job that made it.
    pub job_id: Uuid,
    /// Name of the Jira connection.
    pub connection: String,
    /// Jira's numeric id.
    pub issue_id: String,
    /// The key at that time.
    pub issue_key: String,
    /// [`JobKind`](crate::domain::job::JobKind).
    pub kind: String,
    /// 1, 2, 3, … for the story, whatever the kind; no two results of a story have the same.
    pub version: i64,
    /// Whether it counts as accepted: approved, or no review was asked for.
    pub accepted: bool,
    /// [`CriteriaSet`](crate::domain::criterion::CriteriaSet) as JSON.
    pub acceptance_criteria_json: Option<String>,
    /// [`Suite`](crate::domain::scenario::Suite) as JSON.
    pub test_scenarios_json: Option<String>,
    /// Who wrote it.
    pub provider: String,
    /// The model that answered.
    pub model: String,
    /// Version of the prompts.
    pub prompt_version: String,
    /// [`Story::hash`](crate::domain::story::Story::hash).
    pub source_hash: String,
    /// Handle → SHA-256 of each part, as JSON.
    pub sources_json: String,
    /// [`Usage`](crate::ports::Usage) as JSON.
    pub usage_json: String,
    /// Hash of the result.
    pub content_hash: String,
    /// The user who asked.
    pub created_by: Uuid,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Since when its story is not what it was, in epoch milliseconds; `None` = it is, as far as is known.
    pub suspect_at: Option<i64>,
    /// Which parts are not what they were: [`PartDiff`](crate::domain::diff::PartDiff)s as JSON.
    pub suspect_json: Option<String>,
    /// Jira's `updated` of the story that told, in epoch milliseconds.
    pub judged_at: Option<i64>,
}

/// None are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
