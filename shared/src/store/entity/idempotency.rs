//! A row of `idempotency_keys`.

use sea_orm::entity::prelude::*;

/// The answer that a repeated request gets again.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// Who asked.
    #[sea_orm(primary_key, auto_increment = false)]
    pub caller: Uuid,
    /// HTTP method.
    #[sea_orm(primary_key, auto_increment = false)]
    pub method: String,
    /// Path.
    #[sea_orm(primary_key, auto_increment = false)]
    pub path: String,
    /// The header's value.
    #[sea_orm(primary_key, auto_increment = false)]
    pub idempotency_key: String,
    /// SHA-256 of the parsed body.
    pub body_hash: String,
    /// The job that was made.
    pub job_id: Uuid,
    /// HTTP status of the answer.
    pub status: i32,
    /// JSON of the answer.
    pub response: String,
    /// Epoch milliseconds.
    pub expires_at: i64,
}

/// None are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
