//! A row of `jira_configurations`.

use sea_orm::entity::prelude::*;

/// A connection to Jira.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jira_configurations")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What requests call it; unique, and never changed.
    pub name: String,
    /// Where Jira is.
    pub base_url: String,
    /// The account it acts as.
    pub email: String,
    /// Its API token, sealed.
    pub token_sealed: String,
    /// [`JiraOptions`](crate::store::connection::JiraOptions) as JSON.
    pub options: String,
    /// Whether new requests may use it.
    pub active: bool,
    /// Counts the changes, from 1.
    pub version: i64,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Who made it.
    pub created_by: Option<Uuid>,
    /// Epoch milliseconds.
    pub updated_at: i64,
    /// Who changed it last.
    pub updated_by: Option<Uuid>,
    /// When it was last tried, in epoch milliseconds.
    pub tested_at: Option<i64>,
    /// What came of it: [`TrialResult`](crate::adapters::trial::TrialResult) as JSON.
    pub test_result: Option<String>,
    /// What its webhooks are signed with, sealed.
    pub webhook_secret_sealed: Option<String>,
    /// Who changed its rules last, and answers for what they start.
    pub rules_by: Option<Uuid>,
    /// Secret of the API key of Xray Cloud, sealed.
    pub xray_secret_sealed: Option<String>,
    /// Token of Zephyr Scale Cloud, sealed.
    pub zephyr_token_sealed: Option<String>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JiraConfiguration").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// None are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
