//! What was written where in Jira, and who may write there now.

use sea_orm::FromQueryResult;
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
}

/// Who is writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writer {
    /// The job.
    pub job_id: Uuid,
    /// Its fencing number.
    pub epoch: i64,
}

#[derive(FromQueryResult)]
struct HeldUntil {
    held_until: i64,
}

/// Takes the target for a job, or keeps it. `false` = another job that still runs holds it, or may still be writing.
///
/// The writer must hold its own job; a stale one takes nothing.
pub async fn acquire(
    db: &Db,
    connection: &str,
    issue_id: &str,
    mode: PublishMode,
    writer: Writer,
    hold_ms: i64,
) -> Result<bool, StoreError> {
    let rows: Vec<HeldUntil> = db
        .write_all(
            Sql::new(
                "INSERT INTO publish_targets (connection, issue_id, mode, job_id, epoch, held_until) \
                 SELECT ?, ?, ?, jobs.id, jobs.epoch, {now} + ? FROM jobs WHERE jobs.id = ? AND jobs.epoch = ? AND jobs.status = 'running' \
                 ON CONFLICT (connection, issue_id, mode) DO UPDATE SET job_id = excluded.job_id, epoch = excluded.epoch, \
                 held_until = excluded.held_until WHERE publish_targets.job_id = excluded.job_id OR publish_targets.held_until < {now} \
                 RETURNING held_until",
            )
            .bind(connection)
            .bind(issue_id)
            .bind(mode.as_str())
            .bind(hold_ms)
            .bind(writer.job_id)
            .bind(writer.epoch),
        )
        .await?;
    Ok(rows.first().is_some_and(|row| row.held_until > 0))
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
    db.read_one(
        Sql::new("SELECT * FROM publications WHERE connection = ? AND issue_id = ? AND mode = ? AND what = ?")
            .bind(key.connection.clone())
            .bind(key.issue_id.clone())
            .bind(key.target.mode.as_str())
            .bind(key.what()),
    )
    .await
}

#[derive(FromQueryResult)]
struct Wait {
    wait_ms: i64,
}

/// Milliseconds until nothing of an open intent can appear in Jira any more; 0 when there is none, or when it is over.
pub async fn open_intent_ms(db: &Db, key: &TargetKey, margin_ms: i64) -> Result<i64, StoreError> {
    let row: Option<Wait> = db
        .read_one(
            Sql::new(
                "SELECT send_by + ? - {now} AS wait_ms FROM publications \
                 WHERE connection = ? AND issue_id = ? AND mode = ? AND what = ? AND state = 'intent'",
            )
            .bind(margin_ms)
            .bind(key.connection.clone())
            .bind(key.issue_id.clone())
            .bind(key.target.mode.as_str())
            .bind(key.what()),
        )
        .await?;
    Ok(row.map_or(0, |row| row.wait_ms.max(0)))
}

/// A write about to be sent.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Where.
    pub key: TargetKey,
    /// The marker our text carries.
    pub marker: String,
    /// `create` or `update`.
    pub action: &'static str,
    /// The object, when it exists.
    pub remote_id: Option<String>,
    /// Hash of what is about to be written.
    pub hash: String,
    /// Milliseconds until nothing of it is sent any more.
    pub send_within_ms: i64,
}

/// Records the intent of the job a verb holds.
#[must_use]
pub fn intend(intent: &Intent) -> Sql {
    Sql::new(
        "INSERT INTO publications (connection, issue_id, mode, what, marker, state, action, remote_id, written_hash, intent_hash, send_by, \
         job_id, epoch, updated_at) SELECT ?, ?, ?, ?, ?, 'intent', ?, ?, NULL, ?, {now} + ?, held.id, held.epoch, {now} FROM {held} AS held \
         WHERE TRUE ON CONFLICT (connection, issue_id, mode, what) DO UPDATE SET marker = excluded.marker, state = 'intent', \
         action = excluded.action, remote_id = excluded.remote_id, intent_hash = excluded.intent_hash, send_by = excluded.send_by, \
         job_id = excluded.job_id, epoch = excluded.epoch, updated_at = excluded.updated_at",
    )
    .bind(intent.key.connection.clone())
    .bind(intent.key.issue_id.clone())
    .bind(intent.key.target.mode.as_str())
    .bind(intent.key.what())
    .bind(intent.marker.clone())
    .bind(intent.action)
    .bind(intent.remote_id.clone())
    .bind(intent.hash.clone())
    .bind(intent.send_within_ms)
}

/// What a write came to.
#[derive(Debug, Clone)]
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
    Sql::new(
        "UPDATE publications SET state = 'written', remote_id = ?, written_hash = ?, updated_at = {now} \
         WHERE connection = ? AND issue_id = ? AND mode = ? AND what = ? AND job_id = ? AND epoch = ?",
    )
    .bind(written.remote_id.clone())
    .bind(written.hash.clone())
    .bind(written.key.connection.clone())
    .bind(written.key.issue_id.clone())
    .bind(written.key.target.mode.as_str())
    .bind(written.key.what())
    .bind(writer.job_id)
    .bind(writer.epoch)
}

/// Records what the holder of the target found in Jira as ours: a write whose answer was lost, whoever sent it.
#[must_use]
pub fn adopt(found: &Written) -> Sql {
    Sql::new(
        "INSERT INTO publications (connection, issue_id, mode, what, marker, state, action, remote_id, written_hash, intent_hash, send_by, \
         job_id, epoch, updated_at) SELECT ?, ?, ?, ?, ?, 'written', 'adopt', ?, ?, ?, {now}, held.id, held.epoch, {now} FROM {held} AS held \
         WHERE TRUE ON CONFLICT (connection, issue_id, mode, what) DO UPDATE SET marker = excluded.marker, state = 'written', \
         action = 'adopt', remote_id = excluded.remote_id, written_hash = excluded.written_hash, job_id = excluded.job_id, \
         epoch = excluded.epoch, updated_at = excluded.updated_at",
    )
    .bind(found.key.connection.clone())
    .bind(found.key.issue_id.clone())
    .bind(found.key.target.mode.as_str())
    .bind(found.key.what())
    .bind(found.marker.clone())
    .bind(found.remote_id.clone())
    .bind(found.hash.clone())
    .bind(found.hash.clone())
}

/// Takes an intent back that was certainly not carried out (Jira refused it).
#[must_use]
pub fn withdraw(key: &TargetKey, writer: Writer) -> Sql {
    Sql::new(
        "UPDATE publications SET state = CASE WHEN written_hash IS NULL THEN 'refused' ELSE 'written' END, updated_at = {now} \
         WHERE connection = ? AND issue_id = ? AND mode = ? AND what = ? AND job_id = ? AND epoch = ?",
    )
    .bind(key.connection.clone())
    .bind(key.issue_id.clone())
    .bind(key.target.mode.as_str())
    .bind(key.what())
    .bind(writer.job_id)
    .bind(writer.epoch)
}

/// Forgets a target that holds nothing any more, unless its job is held by somebody else now.
#[must_use]
pub fn forget(key: &TargetKey, writer: Writer) -> Sql {
    Sql::new(
        "DELETE FROM publications WHERE connection = ? AND issue_id = ? AND mode = ? AND what = ? \
         AND EXISTS (SELECT 1 FROM jobs WHERE id = ? AND epoch = ? AND status = 'running')",
    )
    .bind(key.connection.clone())
    .bind(key.issue_id.clone())
    .bind(key.target.mode.as_str())
    .bind(key.what())
    .bind(writer.job_id)
    .bind(writer.epoch)
}
