//! The ledger of model calls: written before a call, settled after it, never deleted by a retry.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError};
use crate::domain::job::Stage;
use crate::ports::Usage;

/// A call about to be made.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// UUIDv7.
    pub id: Uuid,
    /// For which stage.
    pub stage: Stage,
    /// Of which provider.
    pub provider: String,
    /// Of which model.
    pub model: String,
    /// Tokens set aside for it.
    pub reserved_tokens: i64,
}

/// What became of a call.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    /// The call.
    pub id: Uuid,
    /// What it used; `None` when nobody knows.
    pub usage: Option<Usage>,
}

/// Writes a call for the job a verb holds.
#[must_use]
pub fn reserve(call: &NewCall) -> Sql {
    Sql::new(
        "INSERT INTO llm_calls (id, job_id, stage, epoch, provider, model, state, reserved_tokens, created_at) \
         SELECT ?, held.id, ?, held.epoch, ?, ?, 'reserved', ?, {now} FROM {held} AS held WHERE TRUE ON CONFLICT (id) DO NOTHING",
    )
    .bind(call.id)
    .bind(call.stage.as_str())
    .bind(call.provider.clone())
    .bind(call.model.clone())
    .bind(call.reserved_tokens)
}

/// Settles a call, whether or not the job is still held.
#[must_use]
pub fn settle(call: Settled) -> Sql {
    Sql::new("UPDATE llm_calls SET state = ?, input_tokens = ?, output_tokens = ?, settled_at = {now} WHERE id = ?")
        .bind(if call.usage.is_some() { "settled" } else { "unknown" })
        .bind(call.usage.map(|usage| usage.input_tokens))
        .bind(call.usage.map(|usage| usage.output_tokens))
        .bind(call.id)
}

/// What is known to have been spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct Spent {
    /// Calls.
    pub calls: i64,
    /// Tokens in.
    pub input_tokens: i64,
    /// Tokens out.
    pub output_tokens: i64,
}

/// What earlier claims of a job spent on a stage that they did not come to store.
pub async fn spent_before(db: &Db, job_id: Uuid, stage: Stage, epoch: i64) -> Result<Spent, StoreError> {
    let spent = db
        .read_one(
            Sql::new(
                "SELECT COUNT(*) AS calls, CAST(COALESCE(SUM(input_tokens), 0) AS BIGINT) AS input_tokens, \
                 CAST(COALESCE(SUM(output_tokens), 0) AS BIGINT) AS output_tokens FROM llm_calls \
                 WHERE job_id = ? AND stage = ? AND epoch < ? AND state = 'settled'",
            )
            .bind(job_id)
            .bind(stage.as_str())
            .bind(epoch),
        )
        .await?;
    Ok(spent.unwrap_or_default())
}

/// Closes what the job that a verb ends has reserved and not settled: a crash left it open, or the call was never made.
#[must_use]
pub fn close_of_held() -> Sql {
    Sql::new(
        "UPDATE llm_calls SET state = 'unknown', settled_at = {now} WHERE state = 'reserved' AND job_id IN (SELECT id FROM {held} AS held)",
    )
}

/// Marks calls as unknown that a crash left open: reserved under an older epoch of a job that is not running them.
pub async fn close_abandoned(db: &Db, job_id: Uuid, epoch: i64) -> Result<u64, StoreError> {
    db.execute(
        Sql::new(
            "UPDATE llm_calls SET state = 'unknown', settled_at = {now} WHERE job_id = ? AND epoch < ? AND state = 'reserved'",
        )
        .bind(job_id)
        .bind(epoch),
    )
    .await
}
