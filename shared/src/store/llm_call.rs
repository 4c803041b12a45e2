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
        "INSERT INTO llm_calls (id, job_id, stage, epoch, provider, model, state, reserved_tokens, owner_id, issue_key, created_at) \
         SELECT ?, held.id, ?, held.epoch, ?, ?, 'reserved', ?, held.owner_id, held.issue_key, {now} FROM {held} AS held WHERE TRUE \
         ON CONFLICT (id) DO NOTHING",
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
    Sql::new(
        "UPDATE llm_calls SET state = ?, input_tokens = ?, output_tokens = ?, cached_tokens = ?, cache_write_tokens = ?, \
         reasoning_tokens = ?, cost_nano_usd = ?, settled_at = {now} WHERE id = ?",
    )
    .bind(if call.usage.is_some() { "settled" } else { "unknown" })
    .bind(call.usage.map(|usage| usage.input_tokens))
    .bind(call.usage.map(|usage| usage.output_tokens))
    .bind(call.usage.map(|usage| usage.cached_tokens))
    .bind(call.usage.map(|usage| usage.cache_write_tokens))
    .bind(call.usage.map(|usage| usage.reasoning_tokens))
    .bind(call.usage.and_then(|usage| usage.cost_nano_usd))
    .bind(call.id)
}

/// What is known to have been spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Spent {
    /// Calls.
    pub calls: i64,
    input_tokens: i64,
    output_tokens: i64,
    cached_tokens: i64,
    cache_write_tokens: i64,
    reasoning_tokens: i64,
    cost_nano_usd: Option<i64>,
}

/// A statement that adds calls up into [`Spent`]; one of unknown cost makes the sum unknown.
macro_rules! adding_up {
    ($($rest:literal),+) => {
        concat!(
            "SELECT COUNT(*) AS calls, CAST(COALESCE(SUM(input_tokens), 0) AS BIGINT) AS input_tokens, \
             CAST(COALESCE(SUM(output_tokens), 0) AS BIGINT) AS output_tokens, \
             CAST(COALESCE(SUM(cached_tokens), 0) AS BIGINT) AS cached_tokens, \
             CAST(COALESCE(SUM(cache_write_tokens), 0) AS BIGINT) AS cache_write_tokens, \
             CAST(COALESCE(SUM(reasoning_tokens), 0) AS BIGINT) AS reasoning_tokens, \
             CAST(CASE WHEN COUNT(*) = COUNT(cost_nano_usd) THEN COALESCE(SUM(cost_nano_usd), 0) END AS BIGINT) AS cost_nano_usd",
            $($rest),+
        )
    };
}

/// By what calls are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageBy {
    /// Provider and model.
    Model,
    /// Jira project.
    Project,
    /// Account.
    User,
    /// Day, UTC.
    Day,
}

/// Calls of one group.
#[derive(Debug, FromQueryResult)]
pub struct UsedRow {
    /// `provider/model`, the key of a project with its hyphen, an e-mail, or days since the epoch.
    pub name: String,
    /// What they were.
    #[sea_orm(nested)]
    pub spent: Spent,
}

/// More groups are not told: the dearest come first.
const MOST_GROUPS: u64 = 1000;

/// Calls that were made from a time on and before another (epoch milliseconds), of one account or of all, added up by what is
/// asked: `llm_calls_owner`, `llm_calls_age`.
pub async fn used(db: &Db, by: UsageBy, owner: Option<Uuid>, from: i64, until: i64) -> Result<Vec<UsedRow>, StoreError> {
    macro_rules! by {
        ($name:literal, $group:literal) => {
            Sql::new(adding_up!(
                ", ",
                $name,
                " AS name FROM llm_calls WHERE state <> 'reserved' AND created_at >= ? AND created_at < ? AND (owner_id = ? OR ?) \
                 GROUP BY ",
                $group,
                " ORDER BY COALESCE(SUM(cost_nano_usd), 0) DESC, SUM(output_tokens) DESC LIMIT ?"
            ))
        };
    }
    let sql = match by {
        UsageBy::Model => by!("provider || '/' || model", "provider, model"),
        UsageBy::Project => by!("COALESCE(rtrim(issue_key, '0123456789'), '')", "rtrim(issue_key, '0123456789')"),
        UsageBy::User => by!("COALESCE((SELECT email FROM users WHERE users.id = llm_calls.owner_id), '')", "owner_id"),
        UsageBy::Day => by!("CAST(created_at / 86400000 AS TEXT)", "created_at / 86400000"),
    };
    let limit = i64::try_from(MOST_GROUPS).unwrap_or(i64::MAX);
    db.read_all(sql.bind(from).bind(until).bind(owner.unwrap_or(Uuid::nil())).bind(owner.is_none()).bind(limit)).await
}

impl Spent {
    /// Nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            calls: 0,
            input_tokens: 0,
            output_tokens: 0,
            cached_tokens: 0,
            cache_write_tokens: 0,
            reasoning_tokens: 0,
            cost_nano_usd: Some(0),
        }
    }

    /// Tokens and cost.
    #[must_use]
    pub fn usage(&self) -> Usage {
        Usage {
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cached_tokens: self.cached_tokens,
            cache_write_tokens: self.cache_write_tokens,
            reasoning_tokens: self.reasoning_tokens,
            cost_nano_usd: self.cost_nano_usd,
        }
    }
}

/// What earlier claims of a job spent on a stage that they did not come to store.
pub async fn spent_before(db: &Db, job_id: Uuid, stage: Stage, epoch: i64) -> Result<Spent, StoreError> {
    let sql = Sql::new(adding_up!(" FROM llm_calls WHERE job_id = ? AND stage = ? AND epoch < ? AND state = 'settled'"));
    let spent = db.read_one(sql.bind(job_id).bind(stage.as_str()).bind(epoch)).await?;
    Ok(spent.unwrap_or_else(Spent::nothing))
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
