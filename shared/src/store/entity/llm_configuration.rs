//! A row of `llm_configurations`.

use sea_orm::entity::prelude::*;

/// A connection to a model.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "llm_configurations")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What requests call it; unique, and never changed.
    pub name: String,
    /// Name of a provider.
    pub provider: String,
    /// Where its API begins.
    pub base_url: String,
    /// The model to ask for.
    pub model: String,
    /// Its API key, sealed, when it wants one.
    pub api_key_sealed: Option<String>,
    /// [`LlmOptions`](crate::store::connection::LlmOptions) as JSON.
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
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LlmConfiguration").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// None are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
