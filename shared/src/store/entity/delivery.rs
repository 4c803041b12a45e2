//! A row of `webhook_deliveries`.

use sea_orm::entity::prelude::*;

/// One webhook to one address.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    /// UUIDv7; also `webhook-id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who is told; `None` = the owner of the job.
    pub owner_id: Option<Uuid>,
    /// The endpoint it goes to; `None` = `url`.
    pub endpoint_id: Option<Uuid>,
    /// Whose health and room it counts for: an endpoint, or the host of a callback.
    pub target: String,
    /// Where to, unless it goes to an endpoint.
    pub url: Option<String>,
    /// `type` of the message; `None` = that of the event.
    pub kind: Option<String>,
    /// The job it tells about.
    pub job_id: Option<Uuid>,
    /// The event of the job it tells.
    pub event_seq: Option<i64>,
    /// Of what is no job: the `data` of the message as JSON.
    pub data: Option<String>,
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
    /// When it was last tried.
    pub tried_at: Option<i64>,
    /// HTTP status of the last try.
    pub last_status: Option<i32>,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// How the last answer began.
    pub last_answer: Option<String>,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Epoch milliseconds.
    pub ended_at: Option<i64>,
}

/// None are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
