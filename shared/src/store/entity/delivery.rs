//! A row of `webhook_deliveries`.

use sea_orm::entity::prelude::*;

/// One webhook to one address.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    /// UUIDv7; also `webhook-id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The job it tells about.
    pub job_id: Uuid,
    /// The event it tells.
    pub event_seq: i64,
    /// Where to.
    pub url: String,
    /// `queued`, `running`, `succeeded` or `failed`.
    pub status: String,
    /// Tries made.
    pub attempt: i32,
    /// Not before.
    pub due_at: i64,
    /// When the bell rings (again) for it.
    pub ring_at: i64,
    /// The worker that holds it.
    pub lease_owner: Option<String>,
    /// Fencing number.
    pub epoch: i64,
    /// HTTP status of the last try.
    pub last_status: Option<i32>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Epoch milliseconds.
    pub ended_at: Option<i64>,
}

/// None are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
