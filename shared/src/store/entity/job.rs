//! A row of `jobs`.

use sea_orm::entity::prelude::*;

/// One generation (or publication) for one story. Times are epoch milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// [`JobKind`](crate::domain::job::JobKind).
    pub kind: String,
    /// [`JobStatus`](crate::domain::job::JobStatus).
    pub status: String,
    /// The [`Stage`](crate::domain::job::Stage) that runs, or runs next.
    pub stage: String,
    /// The story's key as it was asked for.
    pub issue_key: String,
    /// Jira's numeric id, known after `fetch`.
    pub issue_id: Option<String>,
    /// Name of the Jira connection.
    pub connection: String,
    /// [`JobRequest`](crate::domain::request::JobRequest) as JSON.
    pub request: String,
    /// The user who asked.
    pub owner_id: Uuid,
    /// The HTTP request that asked.
    pub request_id: String,
    /// [`Lane`](crate::domain::job::Lane).
    pub lane: String,
    /// Higher first.
    pub priority: i32,
    /// Not before.
    pub due_at: i64,
    /// When the bell rings (again) for it.
    pub ring_at: i64,
    /// When it fails for good.
    pub deadline_at: i64,
    /// What was left of the deadline when it began to wait for a person, in milliseconds.
    pub deadline_left: Option<i64>,
    /// The worker that holds it.
    pub lease_owner: Option<String>,
    /// Fencing number; grows by one with every claim.
    pub epoch: i64,
    /// Tries of the current stage that ended in a retry.
    pub attempt: i32,
    /// Limit of `attempt`.
    pub max_attempts: i32,
    /// Starts of the current stage that ended with no verdict, among neighbours.
    pub crashes: i32,
    /// The same, alone in the worker.
    pub solo_crashes: i32,
    /// Whether it was started alone.
    pub solo: bool,
    /// Whether an answer that it waits for came while it ran.
    pub woken: bool,
    /// Number of the newest event.
    pub event_seq: i64,
    /// When somebody asked to cancel it while it was running.
    pub cancel_requested_at: Option<i64>,
    /// Code of the last failure.
    pub error_code: Option<String>,
    /// The last failure in words.
    pub error_message: Option<String>,
    /// Hash of the result as it stands.
    pub content_hash: Option<String>,
    /// Hash of the result that was approved.
    pub approved_hash: Option<String>,
    /// Who approved it.
    pub approved_by: Option<Uuid>,
    /// The history row it made.
    pub history_id: Option<Uuid>,
    /// The batch that it is of.
    pub batch_id: Option<Uuid>,
    /// Accepted.
    pub created_at: i64,
    /// First claimed.
    pub started_at: Option<i64>,
    /// Last changed.
    pub updated_at: i64,
    /// Ended.
    pub ended_at: Option<i64>,
}

/// None are used: joins are written where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
