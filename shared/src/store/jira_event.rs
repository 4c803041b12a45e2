//! Events of Jira. Whoever works on one holds all that are open of its issue, by the oldest that is due: so an issue is read by
//! one process at a time, and once for all that came meanwhile.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError};
use crate::domain::jira_event::Change;

/// An event to keep.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// UUIDv7.
    pub id: Uuid,
    /// Name of the Jira connection.
    pub connection: String,
    /// The same for the same event.
    pub dedupe_key: String,
    /// What happened: `jira:issue_updated`, `poll`.
    pub event: String,
    /// Jira's numeric id.
    pub issue_id: String,
    /// The key at that time.
    pub issue_key: String,
    /// Account id of who did it.
    pub author: Option<String>,
    /// What was changed.
    pub changes: Vec<Change>,
    /// Of one that polling found: Jira's `updated`, in epoch milliseconds.
    pub seen: Option<i64>,
}

/// A row of `jira_events`, as far as it is worked with.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct JiraEvent {
    /// UUIDv7.
    pub id: Uuid,
    /// Name of the Jira connection.
    pub connection: String,
    /// What happened.
    pub event: String,
    /// Jira's numeric id.
    pub issue_id: String,
    /// The key at that time.
    pub issue_key: String,
    changes: String,
    /// Epoch milliseconds.
    pub received_at: i64,
    /// Fencing number; grows with every claim.
    pub epoch: i64,
    /// The worker that holds it.
    pub lease_owner: Option<String>,
    /// Tries that failed.
    pub attempts: i32,
    /// What came of it.
    pub outcome: Option<String>,
    /// When nothing more was to be done, in epoch milliseconds.
    pub done_at: Option<i64>,
}

impl JiraEvent {
    /// What was changed.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        serde_json::from_str(&self.changes).unwrap_or_default()
    }
}

/// Keeps an event. `false` = it was kept before: `jira_events_once`.
pub async fn keep(db: &Db, event: &NewEvent) -> Result<bool, StoreError> {
    let sql = Sql::new(
        "INSERT INTO jira_events (id, connection, dedupe_key, event, issue_id, issue_key, author, changes, seen, received_at, due_at, \
         epoch, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, {now}, {now}, 0, 0) ON CONFLICT (connection, dedupe_key) DO NOTHING",
    )
    .bind(event.id)
    .bind(event.connection.clone())
    .bind(event.dedupe_key.clone())
    .bind(event.event.clone())
    .bind(event.issue_id.clone())
    .bind(event.issue_key.clone())
    .bind(event.author.clone())
    .bind(crate::domain::json::to_json(&event.changes))
    .bind(event.seen);
    Ok(db.execute(sql).await? == 1)
}

/// Whether an event was kept: `jira_events_once`.
pub async fn is_kept(db: &Db, connection: &str, dedupe_key: &str) -> Result<bool, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        #[expect(dead_code, reason = "that there is a row is the answer")]
        id: Uuid,
    }
    let sql = Sql::new("SELECT id FROM jira_events WHERE connection = ? AND dedupe_key = ?").bind(connection).bind(dedupe_key);
    Ok(db.read_one::<Row>(sql).await?.is_some())
}

/// How far polling has seen an issue, by Jira's clock: `jira_events_seen`.
pub async fn last_seen(db: &Db, connection: &str, issue_id: &str) -> Result<Option<i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        seen: Option<i64>,
    }
    let text = "SELECT MAX(seen) AS seen FROM jira_events WHERE connection = ? AND issue_id = ? AND seen IS NOT NULL";
    let row: Option<Row> = db.read_one(Sql::new(text).bind(connection).bind(issue_id)).await?;
    Ok(row.and_then(|row| row.seen))
}

/// Claims the issue whose event is due longest and that nobody holds, with all that are open of it, for so long:
/// `jira_events_due`, `jira_events_issue`. What is held for longer than that was lost, and is claimed again.
pub async fn claim(db: &Db, owner: &str, hold_ms: i64) -> Result<Vec<JiraEvent>, StoreError> {
    let text = if db.is_postgres() {
        "WITH head AS (SELECT e.connection, e.issue_id FROM jira_events e WHERE e.due_at <= {now} \
         AND NOT EXISTS (SELECT 1 FROM jira_events o WHERE o.connection = e.connection AND o.issue_id = e.issue_id \
         AND o.due_at IS NOT NULL AND CASE WHEN o.due_at > {now} THEN o.lease_owner IS NOT NULL ELSE o.id < e.id END) \
         ORDER BY e.due_at LIMIT 1 FOR UPDATE SKIP LOCKED) \
         UPDATE jira_events SET lease_owner = ?, epoch = jira_events.epoch + 1, due_at = {now} + ? FROM head \
         WHERE jira_events.connection = head.connection AND jira_events.issue_id = head.issue_id AND jira_events.due_at IS NOT NULL \
         RETURNING jira_events.*"
    } else {
        "UPDATE jira_events SET lease_owner = ?, epoch = jira_events.epoch + 1, due_at = {now} + ? FROM \
         (SELECT e.connection, e.issue_id FROM jira_events e WHERE e.due_at <= {now} \
         AND NOT EXISTS (SELECT 1 FROM jira_events o WHERE o.connection = e.connection AND o.issue_id = e.issue_id \
         AND o.due_at IS NOT NULL AND CASE WHEN o.due_at > {now} THEN o.lease_owner IS NOT NULL ELSE o.id < e.id END) \
         ORDER BY e.due_at LIMIT 1) AS head \
         WHERE jira_events.connection = head.connection AND jira_events.issue_id = head.issue_id AND jira_events.due_at IS NOT NULL \
         RETURNING *"
    };
    let mut rows: Vec<JiraEvent> = db.write_all(Sql::new(text).bind(owner).bind(hold_ms)).await?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// What becomes of an event that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled<'a> {
    /// Nothing more is to be done.
    Done {
        /// What came of it.
        outcome: &'a str,
    },
    /// Again later.
    Again {
        /// Milliseconds until then.
        in_ms: i64,
        /// Whether a try failed.
        counts: bool,
        /// Why.
        code: &'a str,
    },
}

/// Records what became of an event, under its fence. `false` = somebody else has it.
pub async fn settle(db: &Db, event: &JiraEvent, settled: Settled<'_>) -> Result<bool, StoreError> {
    let sql = match settled {
        Settled::Done { outcome } => Sql::new(
            "UPDATE jira_events SET due_at = NULL, lease_owner = NULL, outcome = ?, done_at = {now} \
             WHERE id = ? AND epoch = ? AND due_at IS NOT NULL",
        )
        .bind(outcome),
        Settled::Again { in_ms, counts, code } => Sql::new(
            "UPDATE jira_events SET due_at = {now} + ?, lease_owner = NULL, attempts = attempts + ?, outcome = ? \
             WHERE id = ? AND epoch = ? AND due_at IS NOT NULL",
        )
        .bind(in_ms)
        .bind(i32::from(counts))
        .bind(code),
    };
    Ok(db.execute(sql.bind(event.id).bind(event.epoch)).await? == 1)
}

/// Lets go of what a worker whose lease has ended held: `jira_events_owner`.
pub async fn reclaim(db: &Db, owner: &str) -> Result<u64, StoreError> {
    let sql = Sql::new(
        "UPDATE jira_events SET lease_owner = NULL, due_at = {now} WHERE lease_owner = ? AND due_at IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM workers WHERE workers.id = jira_events.lease_owner AND workers.lease_until >= {now})",
    );
    db.execute(sql.bind(owner)).await
}

/// The latest events of a connection, newest first, for tests and people.
pub async fn latest(db: &Db, connection: &str, limit: u64) -> Result<Vec<JiraEvent>, StoreError> {
    let sql = Sql::new("SELECT * FROM jira_events WHERE connection = ? ORDER BY id DESC LIMIT ?");
    db.read_all(sql.bind(connection).bind(i64::try_from(limit).unwrap_or(i64::MAX))).await
}

/// How many events wait.
pub async fn waiting(db: &Db) -> Result<i64, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        n: i64,
    }
    let row: Option<Row> = db.read_one(Sql::new("SELECT COUNT(*) AS n FROM jira_events WHERE due_at IS NOT NULL")).await?;
    Ok(row.map_or(0, |row| row.n))
}

/// Takes a change for a rule, unless it was taken: the gate of the verb that submits what the rule wants.
#[must_use]
pub fn take_for_rule(event: &JiraEvent, change_id: &str, rule: &str, job_id: Uuid) -> Sql {
    Sql::new(
        "INSERT INTO rule_runs (connection, issue_id, change_id, rule, event_id, job_id, created_at) VALUES (?, ?, ?, ?, ?, ?, {now}) \
         ON CONFLICT (connection, issue_id, change_id, rule) DO NOTHING",
    )
    .bind(event.connection.clone())
    .bind(event.issue_id.clone())
    .bind(change_id)
    .bind(rule)
    .bind(event.id)
    .bind(job_id)
}
