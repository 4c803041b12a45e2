//! What a stage produced.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError};
use crate::domain::job::Stage;

/// A stored artifact.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Artifact {
    /// The [`Stage`].
    pub stage: String,
    /// JSON.
    pub data: String,
}

/// Stores the artifact of the job a verb holds.
#[must_use]
pub fn store(stage: Stage, data: &str) -> Sql {
    Sql::new(
        "INSERT INTO artifacts (job_id, stage, epoch, data, created_at) SELECT held.id, ?, held.epoch, ?, {now} FROM {held} AS held \
         WHERE TRUE ON CONFLICT (job_id, stage) DO UPDATE SET epoch = excluded.epoch, data = excluded.data, created_at = excluded.created_at",
    )
    .bind(stage.as_str())
    .bind(data)
}

/// Everything a job has stored.
pub async fn of_job(db: &Db, job_id: Uuid) -> Result<Vec<Artifact>, StoreError> {
    db.read_all(Sql::new("SELECT stage, data FROM artifacts WHERE job_id = ?").bind(job_id)).await
}

/// One artifact of a job.
pub async fn find(db: &Db, job_id: Uuid, stage: Stage) -> Result<Option<Artifact>, StoreError> {
    db.read_one(Sql::new("SELECT stage, data FROM artifacts WHERE job_id = ? AND stage = ?").bind(job_id).bind(stage.as_str()))
        .await
}
