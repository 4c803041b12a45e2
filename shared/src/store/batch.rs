//! Batches: the statements that their verbs are made of, and the reads.

use std::collections::HashMap;

use sea_orm::FromQueryResult;
use serde::Serialize;
use uuid::Uuid;

use super::{Db, Sql, StoreError};
use crate::domain::batch::{BatchRequest, BatchStatus, Skip};
use crate::domain::job::{JobKind, JobStatus, Lane, Stage};

/// A row of `batches`. Times are epoch milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Batch {
    /// UUIDv7.
    pub id: Uuid,
    kind: String,
    /// Name of the Jira connection.
    pub connection: String,
    request: String,
    /// Who asked.
    pub owner_id: Uuid,
    /// Higher first.
    pub priority: i32,
    /// Most jobs at once.
    pub concurrency: i32,
    /// What its calls may cost, in billionths of a dollar.
    pub max_cost_nano_usd: Option<i64>,
    /// Since when nothing new is begun.
    pub paused_at: Option<i64>,
    /// Why, when nobody asked for it.
    pub pause_code: Option<String>,
    /// When somebody cancelled it.
    pub cancelled_at: Option<i64>,
    /// Stories that were found.
    pub found: i64,
    /// Whether there were more than it may have jobs.
    pub has_more: bool,
    /// Where the expansion goes on.
    pub page_token: Option<String>,
    /// Fencing number of the expansion.
    pub epoch: i64,
    /// Tries of the current page that failed.
    pub attempts: i32,
    /// Why the expansion ended early.
    pub error_code: Option<String>,
    /// The same in words.
    pub error_message: Option<String>,
    /// Accepted.
    pub created_at: i64,
    /// All stories were found.
    pub expanded_at: Option<i64>,
    /// All jobs are at rest.
    pub ended_at: Option<i64>,
}

impl Batch {
    /// What its jobs make.
    pub fn kind(&self) -> Result<JobKind, StoreError> {
        self.kind.parse().map_err(|error| StoreError::Bug(format!("batch {}: {error}", self.id)))
    }

    /// What it was asked for.
    pub fn request(&self) -> Result<BatchRequest, StoreError> {
        serde_json::from_str(&self.request).map_err(|error| StoreError::Bug(format!("batch {}: {error}", self.id)))
    }

    /// Where it stands.
    #[must_use]
    pub const fn status(&self) -> BatchStatus {
        match (self.ended_at.is_some(), self.cancelled_at.is_some()) {
            (true, true) => BatchStatus::Cancelled,
            (false, true) => BatchStatus::Cancelling,
            (true, false) if self.error_code.is_some() => BatchStatus::Failed,
            (true, false) => BatchStatus::Completed,
            (false, false) if self.paused_at.is_some() => BatchStatus::Paused,
            (false, false) if self.expanded_at.is_none() => BatchStatus::Expanding,
            (false, false) => BatchStatus::Running,
        }
    }
}

/// A batch to insert.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// UUIDv7.
    pub id: Uuid,
    /// What its jobs make.
    pub kind: JobKind,
    /// Name of the Jira connection.
    pub connection: String,
    /// [`BatchRequest`] as JSON.
    pub request: String,
    /// Who asked.
    pub owner_id: Uuid,
    /// The HTTP request that asked.
    pub request_id: String,
    /// Higher first.
    pub priority: i32,
    /// Most jobs at once.
    pub concurrency: u32,
    /// What its calls may cost.
    pub max_cost_nano_usd: Option<i64>,
}

/// Inserts a batch whose stories are to be found now; the guard of `submit_batch`.
#[must_use]
pub fn insert(batch: &NewBatch) -> Sql {
    Sql::new(
        "INSERT INTO batches (id, kind, connection, request, owner_id, request_id, priority, concurrency, max_cost_nano_usd, topped, \
         found, has_more, due_at, epoch, attempts, created_at, updated_at) \
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, FALSE, {now}, 0, 0, {now}, {now} FROM {gate}",
    )
    .bind(batch.id)
    .bind(batch.kind.as_str())
    .bind(batch.connection.clone())
    .bind(batch.request.clone())
    .bind(batch.owner_id)
    .bind(batch.request_id.clone())
    .bind(batch.priority)
    .bind(i32::try_from(batch.concurrency).unwrap_or(i32::MAX))
    .bind(batch.max_cost_nano_usd)
}

/// Claims the batch whose expansion is due longest, for so long: `batches_due`. What is held for longer was lost, and is claimed
/// again.
pub async fn claim(db: &Db, owner: &str, hold_ms: i64) -> Result<Option<Batch>, StoreError> {
    let text = if db.is_postgres() {
        "UPDATE batches SET lease_owner = ?, epoch = epoch + 1, due_at = {now} + ? WHERE id = (SELECT id FROM batches \
         WHERE due_at <= {now} ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) AND due_at <= {now} RETURNING *"
    } else {
        "UPDATE batches SET lease_owner = ?, epoch = epoch + 1, due_at = {now} + ? WHERE id = (SELECT id FROM batches \
         WHERE due_at <= {now} ORDER BY due_at LIMIT 1) RETURNING *"
    };
    let rows: Vec<Batch> = db.write_all(Sql::new(text).bind(owner).bind(hold_ms)).await?;
    Ok(rows.into_iter().next())
}

/// Lets others claim expansions of a worker whose lease has ended.
pub async fn reclaim(db: &Db, owner: &str) -> Result<u64, StoreError> {
    db.execute(
        Sql::new(
            "UPDATE batches SET due_at = {now}, lease_owner = NULL WHERE lease_owner = ? AND due_at IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM workers WHERE workers.id = batches.lease_owner AND workers.lease_until >= {now})",
        )
        .bind(owner),
    )
    .await
}

/// A story of a page, as it is stored.
#[derive(Debug, Clone, Serialize)]
pub struct NewItem {
    /// Its place in the batch, from 1.
    pub n: i64,
    /// Jira's numeric id; the key of one that was not found.
    pub issue_id: String,
    /// Its key.
    pub issue_key: String,
    /// Its job; `None` = it has none.
    #[serde(serialize_with = "simple")]
    pub job_id: Option<Uuid>,
    /// Why it has none.
    pub skip: Option<Skip>,
    /// Of one that is unchanged: since when there is a result.
    pub since: Option<i64>,
    /// The job's request as JSON.
    pub request: Option<String>,
}

#[expect(clippy::ref_option, reason = "serde hands it over so")]
fn simple<S: serde::Serializer>(id: &Option<Uuid>, serializer: S) -> Result<S::Ok, S::Error> {
    id.map(|id| id.simple().to_string()).serialize(serializer)
}

/// Where an expansion stands after a page.
#[derive(Debug, Clone)]
pub struct Expanded {
    /// Where it goes on; `None` = there is no more.
    pub next: Option<String>,
    /// Stories that were found so far.
    pub found: i64,
    /// Whether there were more than it may have jobs.
    pub has_more: bool,
}

/// Checks a page off; the guard of `expand`. What was not held any more, or was cancelled meanwhile, is not.
#[must_use]
pub fn check_off(batch: &Batch, after: &Expanded) -> Sql {
    Sql::new(
        "UPDATE batches SET page_token = ?, found = ?, has_more = ?, attempts = 0, updated_at = {now}, \
         due_at = CASE WHEN ? THEN {now} ELSE NULL END, expanded_at = CASE WHEN ? THEN NULL ELSE {now} END, lease_owner = NULL \
         WHERE id = ? AND epoch = ? AND expanded_at IS NULL AND cancelled_at IS NULL",
    )
    .bind(after.next.clone())
    .bind(after.found)
    .bind(after.has_more)
    .bind(after.next.is_some())
    .bind(after.next.is_some())
    .bind(batch.id)
    .bind(batch.epoch)
}

/// The items of a page of the batch a verb holds, as JSON.
#[must_use]
pub fn keep_items(db: &Db, items: &str) -> Sql {
    let text = if db.is_postgres() {
        "INSERT INTO batch_items (batch_id, n, issue_id, issue_key, job_id, skip, since) \
         SELECT held.id, x.n, x.issue_id, x.issue_key, x.job_id, x.skip, x.since FROM {held} AS held, \
         json_to_recordset(CAST(? AS JSON)) AS x(n BIGINT, issue_id TEXT, issue_key TEXT, job_id UUID, skip TEXT, since BIGINT)"
    } else {
        "INSERT INTO batch_items (batch_id, n, issue_id, issue_key, job_id, skip, since) \
         SELECT held.id, json_extract(x.value, '$.n'), json_extract(x.value, '$.issue_id'), json_extract(x.value, '$.issue_key'), \
         unhex(json_extract(x.value, '$.job_id')), json_extract(x.value, '$.skip'), json_extract(x.value, '$.since') \
         FROM {held} AS held, json_each(?) AS x"
    };
    Sql::new(text).bind(items)
}

/// The jobs of the same items, held until the batch has room for them.
#[must_use]
pub fn keep_jobs(db: &Db, items: &str, stage: Stage, deadline_in_ms: i64, max_attempts: i32) -> Sql {
    let text = if db.is_postgres() {
        "INSERT INTO jobs (id, kind, status, stage, issue_key, issue_id, connection, request, owner_id, request_id, lane, priority, \
         due_at, ring_at, deadline_at, epoch, attempt, max_attempts, crashes, solo_crashes, solo, event_seq, batch_id, created_at, \
         updated_at) SELECT x.job_id, held.kind, 'held', ?, x.issue_key, x.issue_id, held.connection, x.request, held.owner_id, \
         held.request_id, ?, held.priority, {now}, {now}, {now} + ?, 0, 0, ?, 0, 0, FALSE, 1, held.id, {now}, {now} FROM {held} AS held, \
         json_to_recordset(CAST(? AS JSON)) AS x(job_id UUID, issue_id TEXT, issue_key TEXT, request TEXT) WHERE x.job_id IS NOT NULL"
    } else {
        "INSERT INTO jobs (id, kind, status, stage, issue_key, issue_id, connection, request, owner_id, request_id, lane, priority, \
         due_at, ring_at, deadline_at, epoch, attempt, max_attempts, crashes, solo_crashes, solo, event_seq, batch_id, created_at, \
         updated_at) SELECT unhex(json_extract(x.value, '$.job_id')), held.kind, 'held', ?, json_extract(x.value, '$.issue_key'), \
         json_extract(x.value, '$.issue_id'), held.connection, json_extract(x.value, '$.request'), held.owner_id, held.request_id, ?, \
         held.priority, {now}, {now}, {now} + ?, 0, 0, ?, 0, 0, FALSE, 1, held.id, {now}, {now} FROM {held} AS held, json_each(?) AS x \
         WHERE json_extract(x.value, '$.job_id') IS NOT NULL"
    };
    Sql::new(text).bind(stage.as_str()).bind(Lane::Bulk.as_str()).bind(deadline_in_ms).bind(max_attempts).bind(items)
}

/// Their first events.
#[must_use]
pub fn keep_events(db: &Db, items: &str, data: &str) -> Sql {
    let text = if db.is_postgres() {
        "INSERT INTO job_events (job_id, seq, kind, at, data) SELECT x.job_id, 1, 'job.queued', {now}, ? FROM {held} AS held, \
         json_to_recordset(CAST(? AS JSON)) AS x(job_id UUID) WHERE x.job_id IS NOT NULL"
    } else {
        "INSERT INTO job_events (job_id, seq, kind, at, data) SELECT unhex(json_extract(x.value, '$.job_id')), 1, 'job.queued', {now}, ? \
         FROM {held} AS held, json_each(?) AS x WHERE json_extract(x.value, '$.job_id') IS NOT NULL"
    };
    Sql::new(text).bind(data).bind(items)
}

/// What became of a page that could not be read.
#[derive(Debug, Clone)]
pub enum NotExpanded {
    /// It is tried again.
    Again {
        /// After so long.
        in_ms: i64,
        /// Whether it counts as a try.
        counts: bool,
    },
    /// The rest is given up.
    Ended {
        /// Stable code.
        code: String,
        /// The same in words.
        message: String,
    },
}

/// Records it under the fence of the expansion. `false` = somebody else has it.
pub async fn settle(db: &Db, batch: &Batch, outcome: NotExpanded) -> Result<bool, StoreError> {
    let sql = match outcome {
        NotExpanded::Again { in_ms, counts } => Sql::new(
            "UPDATE batches SET due_at = {now} + ?, attempts = attempts + ?, lease_owner = NULL, updated_at = {now} \
             WHERE id = ? AND epoch = ? AND expanded_at IS NULL",
        )
        .bind(in_ms)
        .bind(i32::from(counts)),
        NotExpanded::Ended { code, message } => Sql::new(
            "UPDATE batches SET due_at = NULL, expanded_at = {now}, error_code = ?, error_message = ?, lease_owner = NULL, \
             updated_at = {now} WHERE id = ? AND epoch = ? AND expanded_at IS NULL",
        )
        .bind(code)
        .bind(message),
    };
    Ok(db.execute(sql.bind(batch.id).bind(batch.epoch)).await? == 1)
}

/// A batch that has jobs which wait for their turn.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Waiting {
    /// The batch.
    pub id: Uuid,
    /// How often it was topped up when this was read.
    pub topped: i64,
    /// How many more may run; jobs that wait for something else do not count.
    pub free: i64,
    /// Whether its calls have cost what they may.
    pub is_spent: bool,
}

/// Batches with jobs to release: `batches_open`, `jobs_batch`.
pub async fn waiting(db: &Db) -> Result<Vec<Waiting>, StoreError> {
    db.read_all(Sql::new(
        "SELECT b.id, b.topped, CAST(b.concurrency AS BIGINT) - (SELECT COUNT(*) FROM jobs j WHERE j.batch_id = b.id \
         AND (j.status = 'running' OR (j.status = 'queued' AND j.due_at <= {now}))) AS free, \
         b.max_cost_nano_usd IS NOT NULL AND b.max_cost_nano_usd <= (SELECT COALESCE(SUM(COALESCE(c.cost_nano_usd, c.reserved_nano_usd, 0)), 0) \
         FROM jobs j JOIN llm_calls c ON c.job_id = j.id WHERE j.batch_id = b.id) AS is_spent \
         FROM batches b WHERE b.ended_at IS NULL AND b.paused_at IS NULL AND b.cancelled_at IS NULL \
         AND EXISTS (SELECT 1 FROM jobs j WHERE j.batch_id = b.id AND j.status = 'held') ORDER BY b.priority DESC, b.id",
    ))
    .await
}

/// Counts a top-up, unless there was one since `waiting` was read or the batch may not go on: its guard.
#[must_use]
pub fn top_up(waiting: &Waiting) -> Sql {
    Sql::new(
        "UPDATE batches SET topped = topped + 1 WHERE id = ? AND topped = ? AND ended_at IS NULL AND paused_at IS NULL AND cancelled_at IS NULL",
    )
    .bind(waiting.id)
    .bind(waiting.topped)
}

/// Releases jobs of the batch a verb holds, in the order of its items.
#[must_use]
pub fn release(batch: Uuid, jobs: i64, deadline_in_ms: i64) -> Sql {
    Sql::new(
        "UPDATE jobs SET status = 'queued', due_at = {now}, ring_at = {now}, updated_at = {now}, \
         deadline_at = CASE WHEN started_at IS NULL THEN {now} + ? ELSE deadline_at END WHERE status = 'held' \
         AND batch_id IN (SELECT id FROM {held} AS held) \
         AND id IN (SELECT id FROM jobs WHERE batch_id = ? AND status = 'held' ORDER BY id LIMIT ?)",
    )
    .bind(deadline_in_ms)
    .bind(batch)
    .bind(jobs)
}

/// Begins nothing new in a batch; its guard.
#[must_use]
pub fn pause(id: Uuid, code: Option<&str>) -> Sql {
    Sql::new(
        "UPDATE batches SET paused_at = {now}, pause_code = ?, topped = topped + 1, updated_at = {now} \
         WHERE id = ? AND paused_at IS NULL AND cancelled_at IS NULL AND ended_at IS NULL",
    )
    .bind(code.map(str::to_owned))
    .bind(id)
}

/// Takes back what the batch a verb holds has released and nobody has begun.
#[must_use]
pub fn hold_back() -> Sql {
    Sql::new(
        "UPDATE jobs SET status = 'held', updated_at = {now} WHERE status = 'queued' AND cancel_requested_at IS NULL \
         AND batch_id IN (SELECT id FROM {held} AS held)",
    )
}

/// Goes on with a batch; its guard.
#[must_use]
pub fn resume(id: Uuid) -> Sql {
    Sql::new(
        "UPDATE batches SET paused_at = NULL, pause_code = NULL, updated_at = {now} \
         WHERE id = ? AND paused_at IS NOT NULL AND cancelled_at IS NULL AND ended_at IS NULL",
    )
    .bind(id)
}

/// Cancels a batch; its guard.
#[must_use]
pub fn cancel(id: Uuid) -> Sql {
    Sql::new(
        "UPDATE batches SET cancelled_at = {now}, paused_at = NULL, due_at = NULL, topped = topped + 1, \
         expanded_at = COALESCE(expanded_at, {now}), updated_at = {now} WHERE id = ? AND cancelled_at IS NULL AND ended_at IS NULL",
    )
    .bind(id)
}

/// Ends the jobs of the batch a verb holds that nobody has ever begun. [`told`] follows it.
#[must_use]
pub fn cancel_unbegun(db: &Db) -> Sql {
    Sql::new(if db.is_postgres() {
        "UPDATE jobs SET status = 'cancelled', event_seq = event_seq + 1, ended_at = {now}, updated_at = {now} \
         WHERE status IN ('held', 'queued') AND started_at IS NULL AND batch_id IN (SELECT id FROM {held} AS held) RETURNING id, event_seq"
    } else {
        "UPDATE jobs SET status = 'cancelled', event_seq = event_seq + 1, ended_at = {now}, updated_at = {now} \
         WHERE status IN ('held', 'queued') AND started_at IS NULL AND batch_id IN (SELECT id FROM {held} AS held)"
    })
}

/// Goes on with a batch that has ended, for those of its jobs that failed; its guard.
#[must_use]
pub fn reopen(id: Uuid) -> Sql {
    Sql::new(
        "UPDATE batches SET ended_at = NULL, updated_at = {now} WHERE id = ? AND cancelled_at IS NULL AND EXISTS (SELECT 1 FROM jobs j \
         WHERE j.batch_id = batches.id AND j.status = 'failed' AND j.stage <> 'review' \
         AND (j.approved_hash IS NULL OR j.approved_hash = j.content_hash))",
    )
    .bind(id)
}

/// Holds the failed jobs of the batch a verb holds, with fresh attempts. [`told`] follows it.
#[must_use]
pub fn hold_failed(db: &Db, deadline_in_ms: i64) -> Sql {
    Sql::new(if db.is_postgres() {
        "UPDATE jobs SET status = 'held', attempt = 0, crashes = 0, solo_crashes = 0, due_at = {now}, ring_at = {now}, \
         deadline_at = {now} + ?, cancel_requested_at = NULL, error_code = NULL, error_message = NULL, ended_at = NULL, \
         event_seq = event_seq + 1, updated_at = {now} WHERE status = 'failed' AND stage <> 'review' \
         AND (approved_hash IS NULL OR approved_hash = content_hash) AND batch_id IN (SELECT id FROM {held} AS held) RETURNING id, event_seq"
    } else {
        "UPDATE jobs SET status = 'held', attempt = 0, crashes = 0, solo_crashes = 0, due_at = {now}, ring_at = {now}, \
         deadline_at = {now} + ?, cancel_requested_at = NULL, error_code = NULL, error_message = NULL, ended_at = NULL, \
         event_seq = event_seq + 1, updated_at = {now} WHERE status = 'failed' AND stage <> 'review' \
         AND (approved_hash IS NULL OR approved_hash = content_hash) AND batch_id IN (SELECT id FROM {held} AS held)"
    })
    .bind(deadline_in_ms)
}

/// The events of the jobs that the statement before has changed, which was the first to follow the guard: on PostgreSQL it answers
/// them, on SQLite they are those whose newest event is missing.
#[must_use]
pub fn told(db: &Db, kind: &'static str, data: &str) -> Sql {
    Sql::new(if db.is_postgres() {
        "INSERT INTO job_events (job_id, seq, kind, at, data) SELECT id, event_seq, ?, {now}, ? FROM then0"
    } else {
        "INSERT INTO job_events (job_id, seq, kind, at, data) SELECT j.id, j.event_seq, ?, {now}, ? FROM jobs j \
         WHERE j.batch_id IN (SELECT id FROM {held} AS held) \
         AND NOT EXISTS (SELECT 1 FROM job_events e WHERE e.job_id = j.id AND e.seq = j.event_seq)"
    })
    .bind(kind)
    .bind(data)
}

#[derive(FromQueryResult)]
struct Id {
    id: Uuid,
}

/// Jobs of cancelled batches that nobody was asked to stop yet: `batches_open`, `jobs_batch`.
pub async fn still_open(db: &Db, limit: usize) -> Result<Vec<Uuid>, StoreError> {
    let sql = Sql::new(
        "SELECT j.id FROM batches b JOIN jobs j ON j.batch_id = b.id WHERE b.ended_at IS NULL AND b.cancelled_at IS NOT NULL \
         AND j.status IN ('held', 'queued', 'running', 'awaiting_review') AND j.cancel_requested_at IS NULL LIMIT ?",
    );
    let rows: Vec<Id> = db.read_all(sql.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Batches whose jobs are all at rest: `batches_open`, `jobs_batch`.
pub async fn at_rest(db: &Db) -> Result<Vec<Uuid>, StoreError> {
    let rows: Vec<Id> = db
        .read_all(Sql::new(
            "SELECT b.id FROM batches b WHERE b.ended_at IS NULL AND b.expanded_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM jobs j \
             WHERE j.batch_id = b.id AND j.status IN ('held', 'queued', 'running'))",
        ))
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Ends a batch whose jobs are all at rest; its guard.
#[must_use]
pub fn end(id: Uuid) -> Sql {
    Sql::new(
        "UPDATE batches SET ended_at = {now}, updated_at = {now} WHERE id = ? AND ended_at IS NULL AND expanded_at IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.batch_id = batches.id AND j.status IN ('held', 'queued', 'running'))",
    )
    .bind(id)
}

/// Jobs that wait for room in their batch: `batches_open`, `jobs_batch`.
pub async fn held(db: &Db) -> Result<i64, StoreError> {
    #[derive(FromQueryResult)]
    struct Count {
        n: i64,
    }
    let text =
        "SELECT COUNT(*) AS n FROM batches b JOIN jobs j ON j.batch_id = b.id AND j.status = 'held' WHERE b.ended_at IS NULL";
    Ok(db.read_one::<Count>(Sql::new(text)).await?.map_or(0, |count| count.n))
}

/// Reads a batch.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<Batch>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM batches WHERE id = ?").bind(id)).await
}

/// Batches, newest first, older than `before`; of one owner, or of all.
pub async fn list(db: &Db, owner: Option<Uuid>, before: Option<Uuid>, limit: u64) -> Result<Vec<Batch>, StoreError> {
    let before = before.unwrap_or(Uuid::max());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = match owner {
        Some(owner) => Sql::new("SELECT * FROM batches WHERE owner_id = ? AND id < ? ORDER BY id DESC LIMIT ?").bind(owner),
        None => Sql::new("SELECT * FROM batches WHERE id < ? ORDER BY id DESC LIMIT ?"),
    };
    db.read_all(sql.bind(before).bind(limit)).await
}

/// How many of its stories are where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Jobs by status.
    pub jobs: Vec<(JobStatus, i64)>,
    /// Stories without a job, by reason.
    pub skipped: Vec<(Skip, i64)>,
    /// What its calls have cost, in billionths of a dollar, as far as prices are known; calls under way with the most they may.
    pub cost_nano_usd: i64,
}

impl Counts {
    /// Jobs of a status.
    #[must_use]
    pub fn of(&self, status: JobStatus) -> i64 {
        self.jobs.iter().find(|(known, _)| *known == status).map_or(0, |(_, jobs)| *jobs)
    }
}

/// Counts the stories of a batch.
pub async fn counts(db: &Db, id: Uuid) -> Result<Counts, StoreError> {
    Ok(counts_of(db, &[id]).await?.remove(&id).unwrap_or_default())
}

/// Counts the stories of some batches: `jobs_batch`, the primary key of `batch_items`, `llm_calls_job`. A batch without any is
/// left out.
pub async fn counts_of(db: &Db, ids: &[Uuid]) -> Result<HashMap<Uuid, Counts>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
        word: Option<String>,
        n: i64,
    }
    let text = if db.is_postgres() {
        "WITH asked AS (SELECT CAST(json_array_elements_text(CAST(? AS JSON)) AS UUID) AS id) \
         SELECT batch_id AS id, status AS word, COUNT(*) AS n FROM jobs WHERE batch_id IN (SELECT id FROM asked) GROUP BY batch_id, status \
         UNION ALL SELECT batch_id AS id, skip AS word, COUNT(*) AS n FROM batch_items WHERE batch_id IN (SELECT id FROM asked) \
         AND skip IS NOT NULL GROUP BY batch_id, skip \
         UNION ALL SELECT j.batch_id AS id, NULL AS word, CAST(COALESCE(SUM(COALESCE(c.cost_nano_usd, c.reserved_nano_usd, 0)), 0) AS BIGINT) AS n \
         FROM jobs j JOIN llm_calls c ON c.job_id = j.id WHERE j.batch_id IN (SELECT id FROM asked) GROUP BY j.batch_id"
    } else {
        "WITH asked AS (SELECT unhex(value) AS id FROM json_each(?)) \
         SELECT batch_id AS id, status AS word, COUNT(*) AS n FROM jobs WHERE batch_id IN (SELECT id FROM asked) GROUP BY batch_id, status \
         UNION ALL SELECT batch_id AS id, skip AS word, COUNT(*) AS n FROM batch_items WHERE batch_id IN (SELECT id FROM asked) \
         AND skip IS NOT NULL GROUP BY batch_id, skip \
         UNION ALL SELECT j.batch_id AS id, NULL AS word, CAST(COALESCE(SUM(COALESCE(c.cost_nano_usd, c.reserved_nano_usd, 0)), 0) AS BIGINT) AS n \
         FROM jobs j JOIN llm_calls c ON c.job_id = j.id WHERE j.batch_id IN (SELECT id FROM asked) GROUP BY j.batch_id"
    };
    let ids: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
    let mut all: HashMap<Uuid, Counts> = HashMap::with_capacity(ids.len());
    for Row { id, word, n } in db.read_all(Sql::new(text).bind(crate::domain::json::to_json(&ids))).await? {
        let counts = all.entry(id).or_default();
        match word {
            None => counts.cost_nano_usd = n,
            Some(word) => match (word.parse(), word.parse()) {
                (Ok(status), _) => counts.jobs.push((status, n)),
                (_, Ok(skip)) => counts.skipped.push((skip, n)),
                _ => return Err(StoreError::Bug(format!("batch {id} counts '{word}'"))),
            },
        }
    }
    Ok(all)
}

/// A story of a batch, and how its job stands.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Item {
    /// Its place in the batch, from 1.
    pub n: i64,
    /// Its key.
    pub issue_key: String,
    /// Its job.
    pub job_id: Option<Uuid>,
    /// [`Skip`].
    pub skip: Option<String>,
    /// Of one that is unchanged: since when there is a result.
    pub since: Option<i64>,
    /// [`JobStatus`].
    pub status: Option<String>,
    /// [`Stage`].
    pub stage: Option<String>,
    /// Code of the last failure.
    pub error_code: Option<String>,
    /// The same in words.
    pub error_message: Option<String>,
    /// The result that the job made.
    pub history_id: Option<Uuid>,
    /// When it ended.
    pub ended_at: Option<i64>,
}

/// Which items.
#[derive(Debug, Clone, Default)]
pub struct ItemFilter {
    /// Only those whose job stands so.
    pub status: Option<JobStatus>,
    /// Only those without a job, for this reason.
    pub skip: Option<Skip>,
}

/// Items in their order, after a place.
pub async fn items(db: &Db, id: Uuid, filter: &ItemFilter, after: i64, limit: u64) -> Result<Vec<Item>, StoreError> {
    db.read_all(
        Sql::new(
            "SELECT i.n, i.issue_key, i.job_id, i.skip, i.since, j.status, j.stage, j.error_code, j.error_message, j.history_id, j.ended_at \
             FROM batch_items i LEFT JOIN jobs j ON j.id = i.job_id WHERE i.batch_id = ? AND i.n > ? \
             AND (CAST(? AS TEXT) IS NULL OR j.status = ?) AND (CAST(? AS TEXT) IS NULL OR i.skip = ?) ORDER BY i.n LIMIT ?",
        )
        .bind(id)
        .bind(after)
        .bind(filter.status.map(JobStatus::as_str))
        .bind(filter.status.map(JobStatus::as_str))
        .bind(filter.skip.map(Skip::as_str))
        .bind(filter.skip.map(Skip::as_str))
        .bind(i64::try_from(limit).unwrap_or(i64::MAX)),
    )
    .await
}

/// Which of these stories the batch has already: `batch_items_issue`.
pub async fn known(db: &Db, id: Uuid, issue_ids: &[String]) -> Result<Vec<String>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        issue_id: String,
    }
    let text = if db.is_postgres() {
        "SELECT issue_id FROM batch_items WHERE batch_id = ? AND issue_id IN (SELECT json_array_elements_text(CAST(? AS JSON)))"
    } else {
        "SELECT issue_id FROM batch_items WHERE batch_id = ? AND issue_id IN (SELECT value FROM json_each(?))"
    };
    let ids = crate::domain::json::to_json(&issue_ids);
    let rows: Vec<Row> = db.read_all(Sql::new(text).bind(id).bind(ids)).await?;
    Ok(rows.into_iter().map(|row| row.issue_id).collect())
}

/// How many jobs a batch has.
pub async fn jobs(db: &Db, id: Uuid) -> Result<i64, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        n: i64,
    }
    let sql = Sql::new("SELECT COUNT(*) AS n FROM batch_items WHERE batch_id = ? AND job_id IS NOT NULL").bind(id);
    Ok(db.read_one::<Row>(sql).await?.map_or(0, |row| row.n))
}
