//! A row of `publications`.

use sea_orm::entity::prelude::*;

/// What was (or is about to be) written where in Jira.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "publications")]
pub struct Model {
    /// Name of the Jira connection.
    #[sea_orm(primary_key, auto_increment = false)]
    pub connection: String,
    /// Jira's numeric id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub issue_id: String,
    /// [`PublishMode`](crate::domain::publish::PublishMode).
    #[sea_orm(primary_key, auto_increment = false)]
    pub mode: String,
    /// [`PublishWhat`](crate::domain::publish::PublishWhat).
    #[sea_orm(primary_key, auto_increment = false)]
    pub what: String,
    /// The marker that our text carries in Jira.
    pub marker: String,
    /// `intent` (a write may be on its way), `written`, or, where nothing of ours was written, `refused` or `removed`.
    pub state: String,
    /// What the last write did, or is about to do: [`Action`](crate::store::publication::Action), or `adopt`.
    pub action: String,
    /// The object in Jira, once known.
    pub remote_id: Option<String>,
    /// The other object of ours that is about to be removed.
    pub removes: Option<String>,
    /// Hash of what Jira stored after our last write.
    pub written_hash: Option<String>,
    /// Hash of what is about to be written.
    pub intent_hash: String,
    /// No write of this intent is sent after this; epoch milliseconds.
    pub send_by: i64,
    /// The job that intends the write, or intended the last one.
    pub job_id: Uuid,
    /// Its fencing number.
    pub epoch: i64,
    /// The job whose write stands in Jira, or who found it there.
    pub written_by: Option<Uuid>,
    /// Epoch milliseconds.
    pub updated_at: i64,
}

/// None are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
