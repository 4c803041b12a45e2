//! A row of `webhook_endpoints`.

use sea_orm::entity::prelude::*;

/// Where a user is told what happens.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose it is.
    pub owner_id: Uuid,
    /// Which of the owner's, from 1.
    pub slot: i32,
    /// What it is for.
    pub name: String,
    /// Where to.
    pub url: String,
    /// Its name in `webhook_targets`.
    pub target: String,
    /// JSON: the kinds of events that are told.
    pub events: String,
    /// Whether anything is told.
    pub enabled: bool,
    /// Since when not, if that was not a person.
    pub disabled_at: Option<i64>,
    /// Why not.
    pub disabled_why: Option<String>,
    /// `whsec_…`, sealed; `None` = it was removed.
    pub secret_sealed: Option<String>,
    /// The secret before, sealed.
    pub old_secret_sealed: Option<String>,
    /// Until when the secret before signs too.
    pub old_secret_until: Option<i64>,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Epoch milliseconds.
    pub updated_at: i64,
    /// Epoch milliseconds.
    pub deleted_at: Option<i64>,
}

/// None are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
