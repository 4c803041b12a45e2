//! Jobs: the statements that verbs are made of, and the reads.

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Db, Sql, StoreError, entity};
use crate::domain::job::{JobKind, JobStatus, Lane, Stage};

/// A row of `jobs`.
pub type Job = entity::job::Model;

/// A job to insert.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// UUIDv7.
    pub id: Uuid,
    /// What it makes.
    pub kind: JobKind,
    /// Its first stage.
    pub stage: Stage,
    /// The story.
    pub issue_key: String,
    /// Jira's numeric id, when it is known.
    pub issue_id: Option<String>,
    /// Name of the Jira connection.
    pub connection: String,
    /// The request as JSON.
    pub request: String,
    /// Who asked.
    pub owner_id: Uuid,
    /// The HTTP request that asked.
    pub request_id: String,
    /// Its queue.
    pub lane: Lane,
    /// Higher first.
    pub priority: i32,
    /// Milliseconds until the relay rings for it; 0 = it shall.
    pub ring_in_ms: i64,
    /// Milliseconds until it fails for good.
    pub deadline_in_ms: i64,
    /// Limit of attempts a stage.
    pub max_attempts: i32,
}

/// Inserts a job, due now; the guard of `submit`.
#[must_use]
pub fn insert(job: &NewJob) -> Sql {
    Sql::new(
        "INSERT INTO jobs (id, kind, status, stage, issue_key, issue_id, connection, request, owner_id, request_id, lane, priority, \
         due_at, ring_at, deadline_at, epoch, attempt, max_attempts, crashes, solo_crashes, solo, event_seq, created_at, updated_at) \
         SELECT ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, {now}, {now} + ?, {now} + ?, 0, 0, ?, 0, 0, FALSE, 1, {now}, {now} FROM {gate}",
    )
    .bind(job.id)
    .bind(job.kind.as_str())
    .bind(job.stage.as_str())
    .bind(job.issue_key.clone())
    .bind(job.issue_id.clone())
    .bind(job.connection.clone())
    .bind(job.request.clone())
    .bind(job.owner_id)
    .bind(job.request_id.clone())
    .bind(job.lane.as_str())
    .bind(job.priority)
    .bind(job.ring_in_ms)
    .bind(job.deadline_in_ms)
    .bind(job.max_attempts)
}

/// Claims a row by id if it is queued and due.
pub async fn claim(db: &Db, id: Uuid, owner: &str) -> Result<Option<Job>, StoreError> {
    let rows: Vec<Job> = db.write_all(due_by_id(id, owner)).await?;
    Ok(rows.into_iter().next())
}

/// The statement of [`claim`], served by the primary key.
#[must_use]
pub fn due_by_id(id: Uuid, owner: &str) -> Sql {
    Sql::new(
        "UPDATE jobs SET status = 'running', lease_owner = ?, epoch = epoch + 1, solo = FALSE, woken = FALSE, \
         started_at = COALESCE(started_at, {now}), updated_at = {now} \
         WHERE id = ? AND status = 'queued' AND due_at <= {now} RETURNING *",
    )
    .bind(owner)
    .bind(id)
}

/// Claims rows of a lane that have been due for longer than `overdue_ms`, the most urgent first.
pub async fn claim_overdue(db: &Db, lane: Lane, overdue_ms: i64, limit: usize, owner: &str) -> Result<Vec<Job>, StoreError> {
    db.write_all(overdue(db, lane, overdue_ms, limit, owner)).await
}

/// The statement of [`claim_overdue`], served by `jobs_due`.
#[must_use]
pub fn overdue(db: &Db, lane: Lane, overdue_ms: i64, limit: usize, owner: &str) -> Sql {
    // SKIP LOCKED lets several workers take different rows at once; SQLite has one writer anyway.
    let text = if db.is_postgres() {
        "UPDATE jobs SET status = 'running', lease_owner = ?, epoch = epoch + 1, solo = FALSE, woken = FALSE, started_at = COALESCE(started_at, {now}), \
         updated_at = {now} WHERE id = ANY(ARRAY(SELECT id FROM jobs WHERE status = 'queued' AND lane = ? AND due_at <= {now} - ? \
         ORDER BY priority DESC, due_at LIMIT ? FOR UPDATE SKIP LOCKED)) AND status = 'queued' RETURNING *"
    } else {
        "UPDATE jobs SET status = 'running', lease_owner = ?, epoch = epoch + 1, solo = FALSE, woken = FALSE, started_at = COALESCE(started_at, {now}), \
         updated_at = {now} WHERE id IN (SELECT id FROM jobs WHERE status = 'queued' AND lane = ? AND due_at <= {now} - ? \
         ORDER BY priority DESC, due_at LIMIT ?) AND status = 'queued' RETURNING *"
    };
    Sql::new(text).bind(owner).bind(lane.as_str()).bind(overdue_ms).bind(i64::try_from(limit).unwrap_or(i64::MAX))
}

#[derive(FromQueryResult)]
struct Id {
    id: Uuid,
}

/// Takes rows whose bell should ring, and sets when it rings again.
pub async fn take_to_ring(db: &Db, lane: Lane, again_ms: i64, limit: usize) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<Id> = db.write_all(to_ring(db, lane, again_ms, limit)).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The statement of [`take_to_ring`], served by `jobs_due`.
#[must_use]
pub fn to_ring(db: &Db, lane: Lane, again_ms: i64, limit: usize) -> Sql {
    let text = if db.is_postgres() {
        "UPDATE jobs SET ring_at = {now} + ? WHERE id = ANY(ARRAY(SELECT id FROM jobs WHERE status = 'queued' AND lane = ? AND due_at <= {now} \
         AND ring_at <= {now} ORDER BY priority DESC, due_at LIMIT ? FOR UPDATE SKIP LOCKED)) AND status = 'queued' RETURNING id"
    } else {
        "UPDATE jobs SET ring_at = {now} + ? WHERE id IN (SELECT id FROM jobs WHERE status = 'queued' AND lane = ? AND due_at <= {now} \
         AND ring_at <= {now} ORDER BY priority DESC, due_at LIMIT ?) AND status = 'queued' RETURNING id"
    };
    Sql::new(text).bind(again_ms).bind(lane.as_str()).bind(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// Sets that the bell rings for these rows after `in_ms` (it did not ring just now).
pub async fn ring_in(db: &Db, ids: &[Uuid], in_ms: i64) -> Result<(), StoreError> {
    let text = if db.is_postgres() {
        "UPDATE jobs SET ring_at = {now} + ? WHERE status = 'queued' \
         AND id IN (SELECT CAST(value AS UUID) FROM json_array_elements_text(CAST(? AS JSON)))"
    } else {
        "UPDATE jobs SET ring_at = {now} + ? WHERE status = 'queued' AND id IN (SELECT unhex(value) FROM json_each(?))"
    };
    let ids: serde_json::Value = ids.iter().map(|id| id.simple().to_string()).collect();
    db.execute(Sql::new(text).bind(in_ms).bind(ids.to_string())).await?;
    Ok(())
}

/// Reads a job.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<Job>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM jobs WHERE id = ?").bind(id)).await
}

/// Jobs that a worker holds according to the database.
pub async fn held_by(db: &Db, owner: &str, limit: u64) -> Result<Vec<Job>, StoreError> {
    Ok(entity::job::Entity::find()
        .filter(entity::job::Column::LeaseOwner.eq(owner))
        .filter(entity::job::Column::Status.eq(JobStatus::Running.as_str()))
        .limit(limit)
        .all(db.reader())
        .await?)
}

/// What a worker should know about a job it holds.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Held {
    /// The job.
    pub id: Uuid,
    /// Its fencing number.
    pub epoch: i64,
    /// When somebody asked to cancel it.
    pub cancel_requested_at: Option<i64>,
}

/// Ids, fencing numbers and cancel requests of the jobs a worker holds.
pub async fn held_summary(db: &Db, owner: &str) -> Result<Vec<Held>, StoreError> {
    db.read_all(
        Sql::new("SELECT id, epoch, cancel_requested_at FROM jobs WHERE lease_owner = ? AND status = 'running'").bind(owner),
    )
    .await
}

/// What a list of jobs is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only those of this user.
    pub owner_id: Option<Uuid>,
    /// Only those in this state.
    pub status: Option<JobStatus>,
    /// Only those of this kind.
    pub kind: Option<JobKind>,
    /// Only those of this story.
    pub issue_key: Option<String>,
}

/// Jobs, newest first, older than `before`.
pub async fn list(db: &Db, filter: &Filter, before: Option<Uuid>, limit: u64) -> Result<Vec<Job>, StoreError> {
    use entity::job::Column as C;

    let mut query = entity::job::Entity::find().order_by_desc(C::Id).limit(limit);
    if let Some(owner) = filter.owner_id {
        query = query.filter(C::OwnerId.eq(owner));
    }
    if let Some(status) = filter.status {
        query = query.filter(C::Status.eq(status.as_str()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(C::Kind.eq(kind.as_str()));
    }
    if let Some(key) = &filter.issue_key {
        query = query.filter(C::IssueKey.eq(key));
    }
    if let Some(before) = before {
        query = query.filter(C::Id.lt(before));
    }
    Ok(query.all(db.reader()).await?)
}

/// How many jobs wait or run, by state and lane; ended ones are never counted.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Backlog {
    /// The lane.
    pub lane: String,
    /// The state.
    pub status: String,
    /// How many.
    pub jobs: i64,
    /// Those of them that wait for nothing but a worker.
    pub due: i64,
    /// The earliest due time among them, epoch milliseconds.
    pub oldest_due: Option<i64>,
}

/// Samples the backlog for gauges: queued rows through `jobs_due`, running ones through `jobs_running`.
pub async fn backlog(db: &Db) -> Result<Vec<Backlog>, StoreError> {
    db.read_all(Sql::new(
        "SELECT lane, status, COUNT(*) AS jobs, CAST(SUM(CASE WHEN due_at <= {now} THEN 1 ELSE 0 END) AS BIGINT) AS due, \
         MIN(due_at) AS oldest_due FROM jobs WHERE status = 'queued' GROUP BY lane, status \
         UNION ALL SELECT lane, status, COUNT(*) AS jobs, CAST(0 AS BIGINT) AS due, NULL AS oldest_due FROM jobs WHERE status = 'running' \
         GROUP BY lane, status",
    ))
    .await
}

/// Jobs that have not ended and did not go as they should, the worst first: `jobs_due`, `jobs_running`.
pub async fn troubled(db: &Db, limit: u64) -> Result<Vec<Job>, StoreError> {
    let sql = Sql::new(
        "SELECT * FROM jobs WHERE status IN ('queued', 'running') AND (attempt > 0 OR crashes > 0 OR solo_crashes > 0) \
         ORDER BY solo_crashes DESC, crashes DESC, attempt DESC, id LIMIT ?",
    );
    db.read_all(sql.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await
}

/// Whether a generation for a story that was asked for before this time may still come to a result: `jobs_issue`.
pub async fn is_being_made(db: &Db, connection: &str, issue_key: &str, before: i64) -> Result<bool, StoreError> {
    let text = "SELECT id FROM jobs WHERE issue_key = ? AND connection = ? AND status IN ('queued', 'running') \
                AND kind <> 'publication' AND created_at < ? \
                AND NOT EXISTS (SELECT 1 FROM generation_history h WHERE h.job_id = jobs.id) LIMIT 1";
    let row: Option<Id> = db.read_one(Sql::new(text).bind(issue_key).bind(connection).bind(before)).await?;
    Ok(row.is_some())
}
