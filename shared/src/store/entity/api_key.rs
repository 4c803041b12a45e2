//! A row of `api_keys`.

use sea_orm::entity::prelude::*;

/// An API key of an account.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// What it is for.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// SHA-256 of the key; unique.
    pub hash: String,
    /// JSON: [`Permission`](crate::domain::user::Permission)s.
    pub permissions: String,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Epoch milliseconds; `None` = never.
    pub expires_at: Option<i64>,
    /// Epoch milliseconds, to the minute.
    pub last_used_at: Option<i64>,
    /// Epoch milliseconds.
    pub revoked_at: Option<i64>,
    /// Who revoked it.
    pub revoked_by: Option<Uuid>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// None are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
