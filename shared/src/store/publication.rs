//! What was written where in Jira, and who may write there now.

use sea_orm::{DbErr, FromQueryResult, QueryResult};
use uuid::Uuid;

use super::{Db, Sql, StoreError, entity};
use crate::domain::publish::{PublishMode, PublishTarget};

/// A row of `publications`.
pub type Publication = entity::publication::Model;

/// One target of one story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetKey {
    /// Name of the Jira connection.
    pub connection: String,
    /// Jira's numeric id.
    pub issue_id: String,
    /// Where and what.
    pub target: PublishTarget,
    /// Which part, from 1: what does not fit into one comment goes on in the next.
    pub part: usize,
}

impl TargetKey {
    /// What is written, with the number of a continuation: `all`, `all.2`.
    fn what(&self) -> String {
        if self.part <= 1 { self.target.what.to_string() } else { format!("{}.{}", self.target.what, self.part) }
    }

    /// The key of a record.
    pub fn of(record: &Publication) -> Result<Self, StoreError> {
        let bug = |error: &dyn std::fmt::Display| StoreError::Bug(format!("publications of issue {}: {error}", record.issue_id));
        let (what, part) = record.what.split_once('.').unwrap_or((&record.what, "1"));
        Ok(Self {
            connection: record.connection.clone(),
            issue_id: record.issue_id.clone(),
            target: PublishTarget {
                mode: record.mode.parse().map_err(|error| bug(&error))?,
                what: what.parse().map_err(|error| bug(&error))?,
            },
            part: part.parse().map_err(|error| bug(&error))?,
        })
    }

    /// A statement about the record of this place: binds what its text asks for as `connection = ? AND issue_id = ? AND
    /// mode = ? AND what = ?`.
    fn bind_to(&self, sql: Sql) -> Sql {
        sql.bind(self.connection.clone()).bind(self.issue_id.clone()).bind(self.target.mode.as_str()).bind(self.what())
    }
}

/// Who is writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writer {
    /// The job.
    pub job_id: Uuid,
    /// Its fencing number.
    pub epoch: i64,
}

/// A target that was taken.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Taken {
    /// What the account behind the publication is by now; `None` = it was deactivated, or is gone.
    pub role: Option<String>,
}

/// Takes the target for a job, or keeps it, and looks at the account `behind` what is written. `None` = another job that still
/// runs holds it, or may still be writing.
///
/// The writer must hold its own job; a stale one takes nothing.
pub async fn acquire(
    db: &Db,
    connection: &str,
    issue_id: &str,
    mode: PublishMode,
    writer: Writer,
    behind: Uuid,
    hold_ms: i64,
) -> Result<Option<Taken>, StoreError> {
    let rows = db
        .write_all(
            Sql::new(
                "INSERT INTO publish_targets (connection, issue_id, mode, job_id, epoch, held_until) \
                 SELECT ?, ?, ?, jobs.id, jobs.epoch, {now} + ? FROM jobs WHERE jobs.id = ? AND jobs.epoch = ? AND jobs.status = 'running' \
                 ON CONFLICT (connection, issue_id, mode) DO UPDATE SET job_id = excluded.job_id, epoch = excluded.epoch, \
                 held_until = excluded.held_until WHERE publish_targets.job_id = excluded.job_id OR publish_targets.held_until < {now} \
                 RETURNING (SELECT users.role FROM users WHERE users.id = ? AND users.active) AS role",
            )
            .bind(connection)
            .bind(issue_id)
            .bind(mode.as_str())
            .bind(hold_ms)
            .bind(writer.job_id)
            .bind(writer.epoch)
            .bind(behind),
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// Keeps the target that a writer has taken while it writes there; takes no row when it is not its own any more, or when it
/// may not write any more. The gate of an intent.
#[must_use]
pub fn keep_target(intent: &Intent, writer: Writer) -> Sql {
    Sql::new(
        "UPDATE publish_targets SET held_until = {now} + ? WHERE connection = ? AND issue_id = ? AND mode = ? AND job_id = ? \
         AND epoch = ? AND held_until >= {now} AND EXISTS (SELECT 1 FROM jobs WHERE jobs.id = publish_targets.job_id \
         AND jobs.epoch = publish_targets.epoch AND jobs.status = 'running' AND jobs.cancel_requested_at IS NULL)",
    )
    .bind(intent.hold_ms)
    .bind(intent.key.connection.clone())
    .bind(intent.key.issue_id.clone())
    .bind(intent.key.target.mode.as_str())
    .bind(writer.job_id)
    .bind(writer.epoch)
}

/// Gives all targets of the job a verb holds back.
#[must_use]
pub fn release_of_held() -> Sql {
    Sql::new("UPDATE publish_targets SET held_until = 0 WHERE job_id IN (SELECT id FROM {held} AS held)")
}

/// Gives the targets of a job back.
pub async fn release(db: &Db, writer: Writer) -> Result<(), StoreError> {
    db.execute(
        Sql::new("UPDATE publish_targets SET held_until = 0 WHERE job_id = ? AND epoch = ?")
            .bind(writer.job_id)
            .bind(writer.epoch),
    )
    .await?;
    Ok(())
}

/// The record of a target.
pub async fn find(db: &Db, key: &TargetKey) -> Result<Option<Publication>, StoreError> {
    let sql = Sql::new("SELECT * FROM publications WHERE connection = ? AND issue_id = ? AND mode = ? AND what = ?");
    db.read_one(key.bind_to(sql)).await
}

/// Where a job wrote what stands there, and where it is unknown whether it did (an intent that is still open).
pub async fn of_job(db: &Db, job_id: Uuid) -> Result<Vec<Publication>, StoreError> {
    db.read_all(
        Sql::new(
            "SELECT * FROM publications WHERE (written_by = ? AND state = 'written') OR (job_id = ? AND state = 'intent') \
             ORDER BY mode, what",
        )
        .bind(job_id)
        .bind(job_id),
    )
    .await
}

/// What is known of a place, and how long something may still appear there.
#[derive(Debug, Clone)]
pub struct Known {
    /// The record.
    pub record: Publication,
    /// Milliseconds until nothing of an open intent can appear in Jira any more; not positive when there is none.
    pub wait_ms: i64,
}

impl FromQueryResult for Known {
    fn from_query_result(row: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        Ok(Self { record: Publication::from_query_result(row, prefix)?, wait_ms: row.try_get(prefix, "wait_ms")? })
    }
}

/// The records of all pieces of a target.
pub async fn of_target(
    db: &Db,
    connection: &str,
    issue_id: &str,
    mode: PublishMode,
    margin_ms: i64,
) -> Result<Vec<Known>, StoreError> {
    db.read_all(
        Sql::new(
            "SELECT *, CASE WHEN state = 'intent' THEN send_by + ? - {now} ELSE 0 END AS wait_ms FROM publications \
             WHERE connection = ? AND issue_id = ? AND mode = ?",
        )
        .bind(margin_ms)
        .bind(connection)
        .bind(issue_id)
        .bind(mode.as_str()),
    )
    .await
}

#[derive(FromQueryResult)]
struct Wait {
    wait_ms: i64,
}

/// Milliseconds until nothing of an open intent can appear in Jira any more; 0 when there is none, or when it is over.
pub async fn open_intent_ms(db: &Db, key: &TargetKey, margin_ms: i64) -> Result<i64, StoreError> {
    let sql = Sql::new(
        "SELECT send_by + ? - {now} AS wait_ms FROM publications \
         WHERE connection = ? AND issue_id = ? AND mode = ? AND what = ? AND state = 'intent'",
    );
    let row: Option<Wait> = db.read_one(key.bind_to(sql.bind(margin_ms))).await?;
    Ok(row.map_or(0, |row| row.wait_ms.max(0)))
}

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Writes what is not there.
    Create,
    /// Replaces what is there.
    Update,
    /// Closes what is there.
    Close,
    /// Removes an object that stands beside ours by mistake.
    RemoveDuplicate,
    /// Removes an object that the result does not need any more.
    RemoveSurplus,
}

impl Action {
    /// The spelling in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Close => "close",
            Self::RemoveDuplicate => "remove_duplicate",
            Self::RemoveSurplus => "remove_surplus",
        }
    }

    /// The spelling in the audit log.
    #[must_use]
    pub const fn audited_as(self) -> &'static str {
        match self {
            Self::Create | Self::Update => "jira.write",
            Self::Close => "jira.close",
            Self::RemoveDuplicate => "jira.remove_duplicate",
            Self::RemoveSurplus => "jira.remove_surplus",
        }
    }

    const fn removes(self) -> bool {
        matches!(self, Self::RemoveDuplicate | Self::RemoveSurplus)
    }
}

/// A write about to be sent.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Where.
    pub key: TargetKey,
    /// The marker our text carries.
    pub marker: String,
    /// What it does.
    pub action: Action,
    /// The object it is about, when it exists.
    pub remote_id: Option<String>,
    /// Hash of what is about to be written; empty for a removal.
    pub hash: String,
    /// Milliseconds until nothing of it is sent any more.
    pub send_within_ms: i64,
    /// Milliseconds for which the writer keeps the target from now on.
    pub hold_ms: i64,
}

/// Records the intent of the job a verb holds. A removal leaves alone what is known of the object that stays.
#[must_use]
pub fn intend(intent: &Intent) -> Sql {
    let (writes, removes) = if intent.action.removes() { (None, &intent.remote_id) } else { (Some(&intent.remote_id), &None) };
    intent
        .key
        .bind_to(Sql::new(
            "INSERT INTO publications (connection, issue_id, mode, what, marker, state, action, remote_id, removes, written_hash, \
             intent_hash, send_by, job_id, epoch, updated_at) \
             SELECT ?, ?, ?, ?, ?, 'intent', ?, ?, ?, NULL, ?, {now} + ?, held.id, held.epoch, {now} FROM {held} AS held \
             WHERE TRUE ON CONFLICT (connection, issue_id, mode, what) DO UPDATE SET marker = excluded.marker, state = 'intent', \
             action = excluded.action, remote_id = CASE WHEN excluded.removes IS NULL THEN excluded.remote_id ELSE publications.remote_id END, \
             removes = excluded.removes, \
             intent_hash = CASE WHEN excluded.removes IS NULL THEN excluded.intent_hash ELSE publications.intent_hash END, \
             send_by = excluded.send_by, job_id = excluded.job_id, epoch = excluded.epoch, updated_at = excluded.updated_at",
        ))
        .bind(intent.marker.clone())
        .bind(intent.action.as_str())
        .bind(writes.cloned().flatten())
        .bind(removes.clone())
        .bind(intent.hash.clone())
        .bind(intent.send_within_ms)
}

/// What a write came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub key: TargetKey,
    /// The marker our text carries.
    pub marker: String,
    /// The object in Jira.
    pub remote_id: String,
    /// Hash of what Jira stored.
    pub hash: String,
}

/// Records that the intent of this writer was carried out. Does not need the job to be held any more: what is in Jira
/// is in Jira. A newer intent of somebody else is left alone.
#[must_use]
pub fn settle(written: &Written, writer: Writer) -> Sql {
    let sql = Sql::new(
        "UPDATE publications SET state = 'written', remote_id = ?, removes = NULL, written_hash = ?, written_by = job_id, \
         updated_at = {now} WHERE connection = ? AND issue_id = ? AND mode = ? AND what = ? AND job_id = ? AND epoch = ?",
    );
    let sql = written.key.bind_to(sql.bind(written.remote_id.clone()).bind(written.hash.clone()));
    sql.bind(writer.job_id).bind(writer.epoch)
}

/// Records what the holder of the target found in Jira as ours: a write whose answer was lost, whoever sent it. Its own
/// write keeps its name, and an intent of a job that took the target since is left alone.
#[must_use]
pub fn adopt(found: &Written) -> Sql {
    found
        .key
        .bind_to(Sql::new(
            "INSERT INTO publications (connection, issue_id, mode, what, marker, state, action, remote_id, written_hash, intent_hash, send_by, \
             job_id, epoch, written_by, updated_at) \
             SELECT ?, ?, ?, ?, ?, 'written', 'adopt', ?, ?, ?, {now}, held.id, held.epoch, held.id, {now} FROM {held} AS held \
             WHERE TRUE ON CONFLICT (connection, issue_id, mode, what) DO UPDATE SET marker = excluded.marker, state = 'written', \
             action = CASE WHEN publications.job_id = excluded.job_id AND publications.removes IS NULL THEN publications.action ELSE 'adopt' END, \
             remote_id = excluded.remote_id, removes = NULL, written_hash = excluded.written_hash, job_id = excluded.job_id, \
             epoch = excluded.epoch, written_by = excluded.written_by, updated_at = excluded.updated_at \
             WHERE publications.job_id = excluded.job_id OR EXISTS (SELECT 1 FROM publish_targets t WHERE t.connection = excluded.connection \
             AND t.issue_id = excluded.issue_id AND t.mode = excluded.mode AND t.job_id = excluded.job_id)",
        ))
        .bind(found.marker.clone())
        .bind(found.remote_id.clone())
        .bind(found.hash.clone())
        .bind(found.hash.clone())
}

/// Takes an intent back that was certainly not carried out: Jira refused it, or it never came.
#[must_use]
pub fn withdraw(key: &TargetKey, writer: Writer) -> Sql {
    close(key, writer, "refused")
}

/// Records that the object which this writer intended to remove is gone.
#[must_use]
pub fn removed(key: &TargetKey, writer: Writer) -> Sql {
    close(key, writer, "removed")
}

/// What was written before stands as it is.
fn close(key: &TargetKey, writer: Writer, otherwise: &'static str) -> Sql {
    let sql = Sql::new(
        "UPDATE publications SET state = CASE WHEN written_hash IS NULL THEN ? ELSE 'written' END, removes = NULL, updated_at = {now} \
         WHERE connection = ? AND issue_id = ? AND mode = ? AND what = ? AND job_id = ? AND epoch = ?",
    );
    key.bind_to(sql.bind(otherwise)).bind(writer.job_id).bind(writer.epoch)
}

/// Forgets a target that holds nothing any more, unless its job is held by somebody else now.
#[must_use]
pub fn forget(key: &TargetKey, writer: Writer) -> Sql {
    let sql = Sql::new(
        "DELETE FROM publications WHERE connection = ? AND issue_id = ? AND mode = ? AND what = ? \
         AND EXISTS (SELECT 1 FROM jobs WHERE id = ? AND epoch = ? AND status = 'running')",
    );
    key.bind_to(sql).bind(writer.job_id).bind(writer.epoch)
}
