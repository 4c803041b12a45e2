//! Webhook deliveries.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError, Verb, entity};
use crate::domain::webhook::{MOST_ENDPOINTS, TEST, WebhookEvent};
use crate::domain::words::words;

/// A row of `webhook_deliveries`.
pub type Delivery = entity::delivery::Model;

words! {
    /// Where a delivery stands.
    DeliveryStatus {
        /// It waits for its (next) try.
        Queued = "queued",
        /// It is being sent.
        Running = "running",
        /// The other side took it.
        Succeeded = "succeeded",
        /// It is not tried again by itself.
        Failed = "failed",
    }
}

/// A delivery of the newest event of the job a verb holds, to the address its request named. `target` is the host.
#[must_use]
pub fn due_for_held(id: Uuid, url: &str, target: &str, kind: &'static str) -> [Sql; 2] {
    let known = Sql::new(
        "INSERT INTO webhook_targets (id, failures) SELECT ?, 0 FROM {held} AS held WHERE TRUE ON CONFLICT (id) DO NOTHING",
    );
    let due = Sql::new(
        "INSERT INTO webhook_deliveries (id, owner_id, target, url, kind, job_id, event_seq, status, attempt, due_at, ring_at, epoch, \
         created_at) SELECT ?, held.owner_id, ?, ?, ?, held.id, held.event_seq, 'queued', 0, {now}, {now}, 0, {now} FROM {held} AS held",
    );
    [known.bind(target), due.bind(id).bind(target).bind(url).bind(kind)]
}

/// One insert for each endpoint of an owner that wants to hear of a kind of event: `webhook_endpoints_slot`. It binds the kind,
/// the data, a pattern of the kind, and ids by slot.
macro_rules! to_endpoints {
    ($db:expr, $owner:literal, $job:literal) => {
        if $db.is_postgres() {
            concat!(
                "INSERT INTO webhook_deliveries (id, owner_id, endpoint_id, target, kind, data, job_id, event_seq, status, attempt, due_at, \
                 ring_at, epoch, created_at) SELECT x.id, e.owner_id, e.id, e.target, ?, ?, ",
                $job,
                ", 'queued', 0, {now}, {now}, 0, {now} FROM {held} AS held JOIN webhook_endpoints e ON e.owner_id = ",
                $owner,
                " AND e.deleted_at IS NULL AND e.enabled AND e.events LIKE ? \
                 JOIN json_to_recordset(CAST(? AS JSON)) AS x(slot INTEGER, id UUID) ON x.slot = e.slot"
            )
        } else {
            concat!(
                "INSERT INTO webhook_deliveries (id, owner_id, endpoint_id, target, kind, data, job_id, event_seq, status, attempt, due_at, \
                 ring_at, epoch, created_at) SELECT unhex(json_extract(json_each.value, '$.id')), e.owner_id, e.id, e.target, ?, ?, ",
                $job,
                ", 'queued', 0, {now}, {now}, 0, {now} FROM {held} AS held JOIN webhook_endpoints e ON e.owner_id = ",
                $owner,
                " AND e.deleted_at IS NULL AND e.enabled AND e.events LIKE ? \
                 JOIN json_each(?) ON json_extract(json_each.value, '$.slot') = e.slot"
            )
        }
    };
}

/// What the row is that a verb holds.
#[derive(Debug, Clone)]
pub enum About {
    /// A job; the message is of its newest event.
    Job,
    /// A batch, and the `data` of the message as JSON.
    Batch(String),
    /// A result, and the `data` of the message as JSON.
    Result(String),
}

/// Tells those endpoints of the owner of the row a verb holds that want to hear of this.
#[must_use]
pub fn tell_endpoints(db: &Db, event: WebhookEvent, about: About) -> Sql {
    let ids: serde_json::Value = (1..=MOST_ENDPOINTS)
        .map(|slot| serde_json::json!({ "slot": slot, "id": db.clock().new_id().simple().to_string() }))
        .collect();
    let (text, data) = match about {
        About::Job => (to_endpoints!(db, "held.owner_id", "held.id, held.event_seq"), None),
        About::Batch(data) => (to_endpoints!(db, "held.owner_id", "NULL, NULL"), Some(data)),
        About::Result(data) => (to_endpoints!(db, "held.created_by", "NULL, NULL"), Some(data)),
    };
    Sql::new(text).bind(event.as_str()).bind(data).bind(format!("%\"{event}\"%")).bind(ids.to_string())
}

/// A message that tries the endpoint a verb holds.
#[must_use]
pub fn test_of_held(id: Uuid, data: &str) -> Sql {
    Sql::new(
        "INSERT INTO webhook_deliveries (id, owner_id, endpoint_id, target, kind, data, status, attempt, due_at, ring_at, epoch, \
         created_at) SELECT ?, held.owner_id, held.id, held.target, ?, ?, 'queued', 0, {now}, {now}, 0, {now} FROM {held} AS held",
    )
    .bind(id)
    .bind(TEST)
    .bind(data)
}

/// Whether the target of a delivery has room for another: eight at once, one alone while it fails. A few more where processes
/// claim at the same instant, since they do not wait for each other.
macro_rules! has_room {
    () => {
        "(SELECT COUNT(*) FROM webhook_deliveries r WHERE r.target = webhook_deliveries.target AND r.status = 'running') < \
         CASE WHEN EXISTS (SELECT 1 FROM webhook_targets t WHERE t.id = webhook_deliveries.target AND t.failures > 0) THEN 1 ELSE 8 END"
    };
}

/// Claims a delivery that is due and whose target has room.
pub async fn claim(db: &Db, id: Uuid, owner: &str) -> Result<Option<Delivery>, StoreError> {
    let rows: Vec<Delivery> = db
        .write_all(
            Sql::new(concat!(
                "UPDATE webhook_deliveries SET status = 'running', lease_owner = ?, epoch = epoch + 1 \
                 WHERE id = ? AND status = 'queued' AND due_at <= {now} AND ",
                has_room!(),
                " RETURNING *"
            ))
            .bind(owner)
            .bind(id),
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// Claims the oldest delivery of a target that is due, if the target has room: `deliveries_due`.
pub async fn claim_next(db: &Db, target: &str, owner: &str) -> Result<Option<Delivery>, StoreError> {
    let text = if db.is_postgres() {
        concat!(
            "UPDATE webhook_deliveries SET status = 'running', lease_owner = ?, epoch = epoch + 1 WHERE id = (SELECT id FROM webhook_deliveries \
             WHERE target = ? AND status = 'queued' AND due_at <= {now} ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) \
             AND status = 'queued' AND ",
            has_room!(),
            " RETURNING *"
        )
    } else {
        concat!(
            "UPDATE webhook_deliveries SET status = 'running', lease_owner = ?, epoch = epoch + 1 WHERE id = (SELECT id FROM webhook_deliveries \
             WHERE target = ? AND status = 'queued' AND due_at <= {now} ORDER BY due_at LIMIT 1) AND status = 'queued' AND ",
            has_room!(),
            " RETURNING *"
        )
    };
    let rows: Vec<Delivery> = db.write_all(Sql::new(text).bind(owner).bind(target)).await?;
    Ok(rows.into_iter().next())
}

/// Claims deliveries that have been due for longer than `overdue_ms`, one of each target: whoever made it goes on with
/// [`claim_next`].
pub async fn claim_overdue(db: &Db, overdue_ms: i64, limit: usize, owner: &str) -> Result<Vec<Delivery>, StoreError> {
    let text = if db.is_postgres() {
        concat!(
            "UPDATE webhook_deliveries SET status = 'running', lease_owner = ?, epoch = epoch + 1 WHERE id = ANY(ARRAY(SELECT d.id \
             FROM webhook_targets CROSS JOIN LATERAL (SELECT q.id, q.due_at FROM webhook_deliveries q WHERE q.target = webhook_targets.id \
             AND q.status = 'queued' AND q.due_at <= {now} - ? ORDER BY q.due_at LIMIT 1 FOR UPDATE SKIP LOCKED) d \
             ORDER BY d.due_at LIMIT ?)) AND status = 'queued' AND ",
            has_room!(),
            " RETURNING *"
        )
    } else {
        concat!(
            "UPDATE webhook_deliveries SET status = 'running', lease_owner = ?, epoch = epoch + 1 WHERE id IN (SELECT d.id \
             FROM webhook_targets JOIN webhook_deliveries d ON d.id IN (SELECT q.id FROM webhook_deliveries q WHERE q.target = webhook_targets.id \
             AND q.status = 'queued' AND q.due_at <= {now} - ? ORDER BY q.due_at LIMIT 1) ORDER BY d.due_at LIMIT ?) \
             AND status = 'queued' AND ",
            has_room!(),
            " RETURNING *"
        )
    };
    db.write_all(Sql::new(text).bind(owner).bind(overdue_ms).bind(i64::try_from(limit).unwrap_or(i64::MAX))).await
}

#[derive(FromQueryResult)]
struct Id {
    id: Uuid,
}

/// Takes deliveries whose bell should ring, and sets when it rings again: of each target the oldest, so that one with a backlog
/// leaves the others their places.
pub async fn take_to_ring(db: &Db, again_ms: i64, limit: usize) -> Result<Vec<Uuid>, StoreError> {
    let text = if db.is_postgres() {
        "UPDATE webhook_deliveries SET ring_at = {now} + ? WHERE id = ANY(ARRAY(SELECT d.id FROM webhook_targets CROSS JOIN LATERAL \
         (SELECT q.id, q.due_at, q.ring_at FROM webhook_deliveries q WHERE q.target = webhook_targets.id AND q.status = 'queued' AND q.due_at <= {now} \
         ORDER BY q.due_at LIMIT 8 FOR UPDATE SKIP LOCKED) d WHERE d.ring_at <= {now} ORDER BY d.due_at LIMIT ?)) \
         AND status = 'queued' RETURNING id"
    } else {
        "UPDATE webhook_deliveries SET ring_at = {now} + ? WHERE id IN (SELECT d.id FROM webhook_targets JOIN webhook_deliveries d \
         ON d.id IN (SELECT q.id FROM webhook_deliveries q WHERE q.target = webhook_targets.id AND q.status = 'queued' AND q.due_at <= {now} \
         ORDER BY q.due_at LIMIT 8) WHERE d.ring_at <= {now} ORDER BY d.due_at LIMIT ?) AND status = 'queued' RETURNING id"
    };
    let rows: Vec<Id> = db.write_all(Sql::new(text).bind(again_ms).bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// What a try came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// What follows.
    pub end: TriedEnd,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// How the answer began.
    pub answer: Option<String>,
    /// Why it did not succeed.
    pub error: Option<String>,
}

/// What follows from a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriedEnd {
    /// The other side took it.
    Succeeded,
    /// Again later.
    Again {
        /// Milliseconds until then.
        in_ms: i64,
    },
    /// Never again by itself.
    Failed,
    /// Nothing was sent, and nothing will be: says nothing about the target.
    Dropped,
}

/// Records a try under its fence, and how its target fares. `false` = somebody else has it.
pub async fn settle(db: &Db, delivery: &Delivery, tried: Tried) -> Result<bool, StoreError> {
    let (status, in_ms, ended) = match tried.end {
        TriedEnd::Succeeded => ("succeeded", 0, true),
        TriedEnd::Again { in_ms } => ("queued", in_ms, false),
        TriedEnd::Failed | TriedEnd::Dropped => ("failed", 0, true),
    };
    let guard = Sql::new(
        "UPDATE webhook_deliveries SET status = ?, attempt = attempt + 1, tried_at = {now}, last_status = ?, last_error = ?, \
         last_answer = ?, due_at = {now} + ?, ring_at = {now} + ?, lease_owner = NULL, ended_at = CASE WHEN ? THEN {now} ELSE NULL END \
         WHERE id = ? AND epoch = ? AND status = 'running'",
    )
    .bind(status)
    .bind(tried.status.map(i32::from))
    .bind(tried.error)
    .bind(tried.answer)
    .bind(in_ms)
    .bind(in_ms)
    .bind(ended)
    .bind(delivery.id)
    .bind(delivery.epoch);
    let verb = Verb::new("webhook_deliveries", delivery.id, guard);
    let verb = match tried.end {
        TriedEnd::Dropped => verb,
        TriedEnd::Succeeded => verb.then(Sql::new(
            "UPDATE webhook_targets SET failures = 0, failing_since = NULL WHERE failures > 0 AND id IN (SELECT target FROM {held} AS held)",
        )),
        TriedEnd::Again { .. } | TriedEnd::Failed => verb.then(Sql::new(
            "UPDATE webhook_targets SET failures = failures + 1, failing_since = COALESCE(failing_since, {now}) \
             WHERE id IN (SELECT target FROM {held} AS held)",
        )),
    };
    verb.took(db).await
}

/// Puts deliveries of a worker whose lease has ended back.
pub async fn reclaim(db: &Db, owner: &str) -> Result<u64, StoreError> {
    db.execute(
        Sql::new(
            "UPDATE webhook_deliveries SET status = 'queued', lease_owner = NULL, ring_at = {now} WHERE lease_owner = ? AND status = 'running' \
             AND NOT EXISTS (SELECT 1 FROM workers WHERE workers.id = webhook_deliveries.lease_owner AND workers.lease_until >= {now})",
        )
        .bind(owner),
    )
    .await
}

/// Ids and fencing numbers of the deliveries a worker holds.
pub async fn held_summary(db: &Db, owner: &str) -> Result<Vec<super::job::Held>, StoreError> {
    let text = "SELECT id, epoch, CAST(NULL AS BIGINT) AS cancel_requested_at FROM webhook_deliveries WHERE lease_owner = ? AND status = 'running'";
    db.read_all(Sql::new(text).bind(owner)).await
}

/// Puts a delivery of this worker back.
pub async fn give_back(db: &Db, id: Uuid, epoch: i64, owner: &str) -> Result<(), StoreError> {
    db.execute(
        Sql::new(
            "UPDATE webhook_deliveries SET status = 'queued', lease_owner = NULL, ring_at = {now} \
             WHERE id = ? AND epoch = ? AND lease_owner = ? AND status = 'running'",
        )
        .bind(id)
        .bind(epoch)
        .bind(owner),
    )
    .await?;
    Ok(())
}

/// Deliveries of a job.
pub async fn of_job(db: &Db, job_id: Uuid) -> Result<Vec<Delivery>, StoreError> {
    db.read_all(Sql::new("SELECT * FROM webhook_deliveries WHERE job_id = ? ORDER BY id").bind(job_id)).await
}

/// How many deliveries wait or are sent, as of a lane: `deliveries_due`, `deliveries_sent`.
pub async fn backlog(db: &Db) -> Result<Vec<super::job::Backlog>, StoreError> {
    db.read_all(Sql::new(
        "SELECT 'webhook' AS lane, status, COUNT(*) AS jobs, CAST(SUM(CASE WHEN due_at <= {now} THEN 1 ELSE 0 END) AS BIGINT) AS due, \
         MIN(due_at) AS oldest_due FROM webhook_deliveries WHERE status = 'queued' GROUP BY status \
         UNION ALL SELECT 'webhook' AS lane, status, COUNT(*) AS jobs, CAST(0 AS BIGINT) AS due, NULL AS oldest_due \
         FROM webhook_deliveries WHERE status = 'running' GROUP BY status",
    ))
    .await
}

/// Which deliveries of an endpoint.
#[derive(Debug, Clone, Copy)]
pub struct LogFilter {
    /// Of this endpoint.
    pub endpoint_id: Uuid,
    /// Only those that stand so.
    pub status: Option<DeliveryStatus>,
    /// Only older ones.
    pub before: Option<Uuid>,
    /// At most so many.
    pub limit: u64,
}

/// The log of an endpoint, newest first: `deliveries_endpoint`.
pub async fn of_endpoint(db: &Db, filter: LogFilter) -> Result<Vec<Delivery>, StoreError> {
    let sql = Sql::new(
        "SELECT * FROM webhook_deliveries WHERE endpoint_id = ? AND id < ? AND (? OR status = ?) ORDER BY id DESC LIMIT ?",
    );
    let sql = sql.bind(filter.endpoint_id).bind(filter.before.unwrap_or(Uuid::max()));
    let sql = sql.bind(filter.status.is_none()).bind(filter.status.map_or("", DeliveryStatus::as_str));
    db.read_all(sql.bind(i64::try_from(filter.limit).unwrap_or(i64::MAX))).await
}

/// Finds a delivery.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<Delivery>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM webhook_deliveries WHERE id = ?").bind(id)).await
}

/// Sends one that has ended to its endpoint again, under the same id; a guard.
#[must_use]
pub fn again(id: Uuid) -> Sql {
    Sql::new(
        "UPDATE webhook_deliveries SET status = 'queued', attempt = 0, due_at = {now}, ring_at = {now}, ended_at = NULL WHERE id = ? \
         AND status IN ('succeeded', 'failed') AND endpoint_id IN (SELECT id FROM webhook_endpoints WHERE enabled AND deleted_at IS NULL)",
    )
    .bind(id)
}

/// The same for all that failed at the endpoint a verb holds since then.
#[must_use]
pub fn failed_again(since_ms: i64) -> Sql {
    Sql::new(
        "UPDATE webhook_deliveries SET status = 'queued', attempt = 0, due_at = {now}, ring_at = {now}, ended_at = NULL \
         WHERE status = 'failed' AND created_at >= ? AND endpoint_id IN (SELECT id FROM {held} AS held)",
    )
    .bind(since_ms)
}

/// How many deliveries failed at an endpoint since then.
pub async fn count_failed(db: &Db, endpoint_id: Uuid, since_ms: i64) -> Result<i64, StoreError> {
    #[derive(FromQueryResult)]
    struct Count {
        n: i64,
    }
    let sql =
        Sql::new("SELECT COUNT(*) AS n FROM webhook_deliveries WHERE endpoint_id = ? AND status = 'failed' AND created_at >= ?");
    Ok(db.read_one::<Count>(sql.bind(endpoint_id).bind(since_ms)).await?.map_or(0, |count| count.n))
}
