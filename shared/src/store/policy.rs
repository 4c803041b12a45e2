//! Policies: the rows.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError};
use crate::domain::policy::Policy;

/// A row of `policies`.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct PolicyRow {
    /// UUIDv7.
    pub id: Uuid,
    /// The key of the project; empty = the organisation.
    pub project: String,
    /// Counts from 1 in each project.
    pub version: i64,
    terms: String,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Who wrote it.
    pub created_by: Option<Uuid>,
}

impl PolicyRow {
    /// What it says.
    pub fn policy(&self) -> Result<Policy, StoreError> {
        let terms = serde_json::from_str(&self.terms);
        Ok(Policy {
            project: Some(self.project.clone()).filter(|project| !project.is_empty()),
            version: self.version,
            terms: terms.map_err(|error| StoreError::Bug(format!("policy {}: {error}", self.id)))?,
        })
    }
}

/// The latest of the organisation and of each project.
pub async fn latest(db: &Db) -> Result<Vec<PolicyRow>, StoreError> {
    db.read_all(Sql::new(
        "SELECT * FROM policies AS p WHERE version = (SELECT MAX(version) FROM policies AS o WHERE o.project = p.project) ORDER BY project",
    ))
    .await
}

/// A version of what a project, or with an empty key the organisation, says; without a number the latest.
pub async fn find(db: &Db, project: &str, version: Option<i64>) -> Result<Option<PolicyRow>, StoreError> {
    let sql = Sql::new("SELECT * FROM policies WHERE project = ? AND version <= ? ORDER BY version DESC LIMIT 1");
    let row: Option<PolicyRow> = db.read_one(sql.bind(project.to_owned()).bind(version.unwrap_or(i64::MAX))).await?;
    Ok(row.filter(|row| version.is_none_or(|version| row.version == version)))
}
