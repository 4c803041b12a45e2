//! The verb of policies: a new version. It is one transaction with its audit entry, and counts up `connection_defaults.revision`,
//! by which every process notices it within five seconds.

use serde_json::json;

use crate::domain::json::to_json;
use crate::domain::policy::Terms;
use crate::store::audit::{self, Actor};
use crate::store::connection::DEFAULTS;
use crate::store::policy::PolicyRow;
use crate::store::{Db, Sql, StoreError, Verb};

/// Why no version was written.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Somebody else wrote the next version meanwhile.
    #[error("somebody else changed the policy at the same time; read it again")]
    Changed,
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

/// The verb, over one database.
#[derive(Debug, Clone)]
pub struct Policies {
    db: Db,
}

impl Policies {
    /// The verb over this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Writes the version after `seen` (0 = there was none) of what a project, or with an empty key the organisation, says.
    pub async fn write(&self, project: &str, seen: i64, terms: &Terms, actor: &Actor) -> Result<PolicyRow, PolicyError> {
        let id = self.db.clock().new_id();
        let insert = Sql::new(
            "INSERT INTO policies (id, project, version, terms, created_at, created_by) SELECT ?, ?, ?, ?, {now}, ? \
             WHERE ? = (SELECT COALESCE(MAX(version), 0) FROM policies WHERE project = ?) AND {administers}",
        )
        .bind(id)
        .bind(project.to_owned())
        .bind(seen + 1)
        .bind(to_json(terms))
        .bind(actor.user_id)
        .bind(seen)
        .bind(project.to_owned());
        let count = Sql::new(
            "UPDATE connection_defaults SET revision = revision + 1 WHERE id = ? AND EXISTS (SELECT 1 FROM {held} AS held)",
        );
        let details = json!({
            "project": project, "version": seen + 1, "send_to_model": terms.send_to_model, "redact": terms.redact,
        });
        let entry = audit::about_held(self.db.clock().new_id(), actor, "policy.write", "policy", id, &details);
        let verb = Verb::new("policies", id, insert).administered_by(actor.user_id);
        let written = verb.then(count.bind(DEFAULTS)).then(entry).run(&self.db).await;
        match written {
            Ok(Some(row)) => Ok(row),
            Ok(None) | Err(StoreError::Conflict) => Err(PolicyError::Changed),
            Err(error) => Err(PolicyError::Store(error)),
        }
    }
}
