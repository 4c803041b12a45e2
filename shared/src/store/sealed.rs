//! Where sealed values stand: the one list of places, and what rotation reads and writes.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError};
use crate::crypto::Place;

/// A column that holds sealed values.
#[derive(Debug, Clone, Copy)]
pub struct Sealed {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub column: &'static str,
    /// Rows after an id: `id`, `sealed`.
    page: &'static str,
    /// New text, id, old text.
    replace: &'static str,
}

/// The API token of a Jira connection.
pub const JIRA_TOKEN: Sealed = Sealed {
    table: "jira_configurations",
    column: "token_sealed",
    page: "SELECT id, token_sealed AS sealed FROM jira_configurations WHERE id > ? ORDER BY id LIMIT ?",
    replace: "UPDATE jira_configurations SET token_sealed = ? WHERE id = ? AND token_sealed = ?",
};

/// What the webhooks of a Jira connection are signed with.
pub const JIRA_WEBHOOK_SECRET: Sealed = Sealed {
    table: "jira_configurations",
    column: "webhook_secret_sealed",
    page: "SELECT id, webhook_secret_sealed AS sealed FROM jira_configurations WHERE id > ? AND webhook_secret_sealed IS NOT NULL \
           ORDER BY id LIMIT ?",
    replace: "UPDATE jira_configurations SET webhook_secret_sealed = ? WHERE id = ? AND webhook_secret_sealed = ?",
};

/// The secret of the API key of Xray Cloud.
pub const XRAY_SECRET: Sealed = Sealed {
    table: "jira_configurations",
    column: "xray_secret_sealed",
    page: "SELECT id, xray_secret_sealed AS sealed FROM jira_configurations WHERE id > ? AND xray_secret_sealed IS NOT NULL \
           ORDER BY id LIMIT ?",
    replace: "UPDATE jira_configurations SET xray_secret_sealed = ? WHERE id = ? AND xray_secret_sealed = ?",
};

/// The token of Zephyr Scale Cloud.
pub const ZEPHYR_TOKEN: Sealed = Sealed {
    table: "jira_configurations",
    column: "zephyr_token_sealed",
    page: "SELECT id, zephyr_token_sealed AS sealed FROM jira_configurations WHERE id > ? AND zephyr_token_sealed IS NOT NULL \
           ORDER BY id LIMIT ?",
    replace: "UPDATE jira_configurations SET zephyr_token_sealed = ? WHERE id = ? AND zephyr_token_sealed = ?",
};

/// The API key of a model connection.
pub const LLM_KEY: Sealed = Sealed {
    table: "llm_configurations",
    column: "api_key_sealed",
    page: "SELECT id, api_key_sealed AS sealed FROM llm_configurations WHERE id > ? AND api_key_sealed IS NOT NULL ORDER BY id LIMIT ?",
    replace: "UPDATE llm_configurations SET api_key_sealed = ? WHERE id = ? AND api_key_sealed = ?",
};

/// What messages to an endpoint are signed with.
pub const WEBHOOK_SECRET: Sealed = Sealed {
    table: "webhook_endpoints",
    column: "secret_sealed",
    page: "SELECT id, secret_sealed AS sealed FROM webhook_endpoints WHERE id > ? AND secret_sealed IS NOT NULL ORDER BY id LIMIT ?",
    replace: "UPDATE webhook_endpoints SET secret_sealed = ? WHERE id = ? AND secret_sealed = ?",
};

/// The same before it was rotated.
pub const WEBHOOK_OLD_SECRET: Sealed = Sealed {
    table: "webhook_endpoints",
    column: "old_secret_sealed",
    page: "SELECT id, old_secret_sealed AS sealed FROM webhook_endpoints WHERE id > ? AND old_secret_sealed IS NOT NULL \
           ORDER BY id LIMIT ?",
    replace: "UPDATE webhook_endpoints SET old_secret_sealed = ? WHERE id = ? AND old_secret_sealed = ?",
};

/// Every column that holds sealed values.
pub const PLACES: &[Sealed] =
    &[JIRA_TOKEN, JIRA_WEBHOOK_SECRET, XRAY_SECRET, ZEPHYR_TOKEN, LLM_KEY, WEBHOOK_SECRET, WEBHOOK_OLD_SECRET];

/// Rows read at once.
const PAGE: i64 = 200;

/// A sealed value and its row.
#[derive(Debug, Clone, FromQueryResult)]
pub struct SealedRow {
    /// The row.
    pub id: Uuid,
    /// The sealed text.
    pub sealed: String,
}

impl Sealed {
    /// The place of a value in this column.
    #[must_use]
    pub fn of(&self, id: Uuid) -> Place {
        Place { table: self.table, id, column: self.column }
    }

    /// Some rows after this id, along the primary key; none = there are no more.
    pub async fn after(&self, db: &Db, id: Uuid) -> Result<Vec<SealedRow>, StoreError> {
        db.read_all(Sql::new(self.page).bind(id).bind(PAGE)).await
    }

    /// Puts another text in place of one that was seen; false = it is not there any more.
    pub async fn replace(&self, db: &Db, seen: &SealedRow, sealed: String) -> Result<bool, StoreError> {
        Ok(db.execute(Sql::new(self.replace).bind(sealed).bind(seen.id).bind(seen.sealed.clone())).await? > 0)
    }
}
