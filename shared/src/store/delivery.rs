//! Webhook deliveries.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError, entity};

/// A row of `webhook_deliveries`.
pub type Delivery = entity::delivery::Model;

/// A delivery of the newest event of the job a verb holds.
#[must_use]
pub fn due_for_held(id: Uuid, url: &str) -> Sql {
    Sql::new(
        "INSERT INTO webhook_deliveries (id, job_id, event_seq, url, status, attempt, due_at, ring_at, epoch, created_at) \
         SELECT ?, held.id, held.event_seq, ?, 'queued', 0, {now}, {now}, 0, {now} FROM {held} AS held",
    )
    .bind(id)
    .bind(url)
}

/// Claims a delivery that is due.
pub async fn claim(db: &Db, id: Uuid, owner: &str) -> Result<Option<Delivery>, StoreError> {
    let rows: Vec<Delivery> = db
        .write_all(
            Sql::new(
                "UPDATE webhook_deliveries SET status = 'running', lease_owner = ?, epoch = epoch + 1 \
                 WHERE id = ? AND status = 'queued' AND due_at <= {now} RETURNING *",
            )
            .bind(owner)
            .bind(id),
        )
        .await?;
    Ok(rows.into_iter().next())
}

/// Claims deliveries that have been due for longer than `overdue_ms`.
pub async fn claim_overdue(db: &Db, overdue_ms: i64, limit: usize, owner: &str) -> Result<Vec<Delivery>, StoreError> {
    let text = if db.is_postgres() {
        "UPDATE webhook_deliveries SET status = 'running', lease_owner = ?, epoch = epoch + 1 WHERE id = ANY(ARRAY(SELECT id FROM webhook_deliveries \
         WHERE status = 'queued' AND due_at <= {now} - ? ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED)) AND status = 'queued' RETURNING *"
    } else {
        "UPDATE webhook_deliveries SET status = 'running', lease_owner = ?, epoch = epoch + 1 WHERE id IN (SELECT id FROM webhook_deliveries \
         WHERE status = 'queued' AND due_at <= {now} - ? ORDER BY due_at LIMIT ?) AND status = 'queued' RETURNING *"
    };
    db.write_all(Sql::new(text).bind(owner).bind(overdue_ms).bind(i64::try_from(limit).unwrap_or(i64::MAX))).await
}

#[derive(FromQueryResult)]
struct Id {
    id: Uuid,
}

/// Takes deliveries whose bell should ring, and sets when it rings again.
pub async fn take_to_ring(db: &Db, again_ms: i64, limit: usize) -> Result<Vec<Uuid>, StoreError> {
    let text = if db.is_postgres() {
        "UPDATE webhook_deliveries SET ring_at = {now} + ? WHERE id = ANY(ARRAY(SELECT id FROM webhook_deliveries WHERE status = 'queued' \
         AND due_at <= {now} AND ring_at <= {now} ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED)) AND status = 'queued' RETURNING id"
    } else {
        "UPDATE webhook_deliveries SET ring_at = {now} + ? WHERE id IN (SELECT id FROM webhook_deliveries WHERE status = 'queued' \
         AND due_at <= {now} AND ring_at <= {now} ORDER BY due_at LIMIT ?) AND status = 'queued' RETURNING id"
    };
    let rows: Vec<Id> = db.write_all(Sql::new(text).bind(again_ms).bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// What a try came to.
#[derive(Debug, Clone)]
pub enum Tried {
    /// The other side took it.
    Succeeded {
        /// HTTP status.
        status: u16,
    },
    /// Again later.
    Again {
        /// HTTP status, when there was an answer.
        status: Option<u16>,
        /// Why.
        error: String,
        /// Milliseconds until then.
        in_ms: i64,
    },
    /// Never again.
    Failed {
        /// HTTP status, when there was an answer.
        status: Option<u16>,
        /// Why.
        error: String,
    },
}

/// Records a try under its fence. `false` = somebody else has it.
pub async fn settle(db: &Db, delivery: &Delivery, tried: Tried) -> Result<bool, StoreError> {
    let (status, code, error, in_ms, ended) = match tried {
        Tried::Succeeded { status } => ("succeeded", Some(status), None, 0, true),
        Tried::Again { status, error, in_ms } => ("queued", status, Some(error), in_ms, false),
        Tried::Failed { status, error } => ("failed", status, Some(error), 0, true),
    };
    let rows = db
        .execute(
            Sql::new(
                "UPDATE webhook_deliveries SET status = ?, attempt = attempt + 1, last_status = ?, last_error = ?, due_at = {now} + ?, \
                 ring_at = {now} + ?, lease_owner = NULL, ended_at = CASE WHEN ? THEN {now} ELSE NULL END \
                 WHERE id = ? AND epoch = ? AND status = 'running'",
            )
            .bind(status)
            .bind(code.map(i32::from))
            .bind(error)
            .bind(in_ms)
            .bind(in_ms)
            .bind(ended)
            .bind(delivery.id)
            .bind(delivery.epoch),
        )
        .await?;
    Ok(rows == 1)
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
