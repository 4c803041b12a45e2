//! A row of `job_events`.

use sea_orm::entity::prelude::*;

/// A fact about a job, numbered from 1 without gaps.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job_events")]
pub struct Model {
    /// The job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: Uuid,
    /// Its number within the job.
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    /// [`EventKind`](crate::domain::event::EventKind).
    pub kind: String,
    /// Epoch milliseconds.
    pub at: i64,
    /// JSON.
    pub data: String,
}

/// None are used.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
