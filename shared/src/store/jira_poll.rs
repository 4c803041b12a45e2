//! How far polling of a connection has come. Who polls holds the row by a lease and a fencing number.

use sea_orm::FromQueryResult;

use super::{Db, Sql, StoreError};

/// A row of `jira_polls`.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct JiraPoll {
    /// Name of the Jira connection.
    pub connection: String,
    /// When the last poll that came to its end began, by our clock; `None` = there was none.
    pub watermark: Option<i64>,
    /// When it is due again.
    pub due_at: i64,
    /// Fencing number; grows by one with every claim.
    pub epoch: i64,
    /// Polls in a row that failed.
    pub failures: i32,
    /// Why the last one failed.
    pub error_code: Option<String>,
}

/// Claims the poll of a connection, if it is due, for so long; it is begun where there is none.
pub async fn claim(db: &Db, connection: &str, owner: &str, hold_ms: i64) -> Result<Option<JiraPoll>, StoreError> {
    let sql = Sql::new(
        "INSERT INTO jira_polls (connection, due_at, lease_owner, epoch, failures) VALUES (?, {now} + ?, ?, 1, 0) \
         ON CONFLICT (connection) DO UPDATE SET due_at = excluded.due_at, lease_owner = excluded.lease_owner, \
         epoch = jira_polls.epoch + 1 WHERE jira_polls.due_at <= {now} RETURNING *",
    );
    Ok(db.write_all(sql.bind(connection).bind(hold_ms).bind(owner)).await?.into_iter().next())
}

/// A poll came to its end: what was changed before it began is known. `false` = somebody else has it.
pub async fn done(db: &Db, poll: &JiraPoll, began: i64, next_in_ms: i64) -> Result<bool, StoreError> {
    let sql = Sql::new(
        "UPDATE jira_polls SET watermark = ?, due_at = {now} + ?, lease_owner = NULL, failures = 0, error_code = NULL \
         WHERE connection = ? AND epoch = ?",
    );
    Ok(db.execute(sql.bind(began).bind(next_in_ms).bind(poll.connection.clone()).bind(poll.epoch)).await? == 1)
}

/// A poll failed: the next begins where this one did. `false` = somebody else has it.
pub async fn failed(db: &Db, poll: &JiraPoll, code: &str, next_in_ms: i64) -> Result<bool, StoreError> {
    let sql = Sql::new(
        "UPDATE jira_polls SET due_at = {now} + ?, lease_owner = NULL, failures = failures + 1, error_code = ? \
         WHERE connection = ? AND epoch = ?",
    );
    Ok(db.execute(sql.bind(next_in_ms).bind(code).bind(poll.connection.clone()).bind(poll.epoch)).await? == 1)
}

/// Lets go of what a worker whose lease has ended held.
pub async fn reclaim(db: &Db, owner: &str) -> Result<u64, StoreError> {
    let sql = Sql::new(
        "UPDATE jira_polls SET lease_owner = NULL, due_at = {now} WHERE lease_owner = ? \
         AND NOT EXISTS (SELECT 1 FROM workers WHERE workers.id = jira_polls.lease_owner AND workers.lease_until >= {now})",
    );
    db.execute(sql.bind(owner)).await
}

/// The poll of a connection.
pub async fn find(db: &Db, connection: &str) -> Result<Option<JiraPoll>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM jira_polls WHERE connection = ?").bind(connection)).await
}
