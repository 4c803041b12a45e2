//! The ledger of model calls: written before a call, settled after it, never deleted by a retry.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::llm_reply::Reply;
use super::{Db, Sql, StoreError};
use crate::domain::budget::{Budget, BudgetPeriod, BudgetScope};
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
    /// Nano-dollars set aside for it; `None` = nobody knows what it may cost.
    pub reserved_nano_usd: Option<i64>,
}

/// What became of a call.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The call.
    pub id: Uuid,
    /// What it used.
    pub used: Used,
    /// Its answer, where it is to be kept with the stage.
    pub reply: Option<Reply>,
}

impl Settled {
    /// A call without an answer to keep.
    #[must_use]
    pub const fn new(id: Uuid, used: Used) -> Self {
        Self { id, used, reply: None }
    }
}

/// What a call used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// As the provider told.
    Known(Usage),
    /// Nothing: the provider refused it before any work.
    Nothing,
    /// Nobody knows: no answer came.
    Unknown,
}

impl Used {
    const fn state(self) -> &'static str {
        match self {
            Self::Known(_) => "settled",
            Self::Nothing => "free",
            Self::Unknown => "unknown",
        }
    }

    /// What the provider told of it.
    #[must_use]
    pub const fn known(self) -> Option<Usage> {
        match self {
            Self::Known(usage) => Some(usage),
            Self::Nothing | Self::Unknown => None,
        }
    }

    /// Tokens in and out, where that is known.
    #[must_use]
    pub fn tokens(self) -> Option<i64> {
        self.usage().map(|usage| usage.input_tokens + usage.output_tokens)
    }

    /// What is known of it.
    fn usage(self) -> Option<Usage> {
        match self {
            Self::Known(usage) => Some(usage),
            Self::Nothing => Some(Usage::default()),
            Self::Unknown => None,
        }
    }
}

/// Writes a call for the row `held` of its job; followed by a condition.
macro_rules! reserving {
    ($held:literal, $($rest:expr),+) => {
        concat!(
            "INSERT INTO llm_calls (id, job_id, stage, epoch, provider, model, state, reserved_tokens, reserved_nano_usd, owner_id, \
             issue_key, created_at) SELECT ?, held.id, ?, held.epoch, ?, ?, 'reserved', ?, ?, held.owner_id, held.issue_key, {now} FROM ",
            $held,
            " AS held WHERE ",
            $($rest),+,
            " ON CONFLICT (id) DO NOTHING"
        )
    };
}

/// Writes a call for the job a verb holds.
#[must_use]
pub fn reserve(call: &NewCall) -> Sql {
    bound(Sql::new(reserving!("{held}", "TRUE")), call)
}

fn bound(sql: Sql, call: &NewCall) -> Sql {
    sql.bind(call.id)
        .bind(call.stage.as_str())
        .bind(call.provider.clone())
        .bind(call.model.clone())
        .bind(call.reserved_tokens)
        .bind(call.reserved_nano_usd)
}

/// One part of [`reserve_within`]: nothing is over the limits of the budget of one scope and period.
macro_rules! within {
    ($whose:literal) => {
        concat!(
            " AND NOT EXISTS (SELECT 1 FROM (SELECT CAST(COALESCE(SUM(COALESCE(cost_nano_usd, reserved_nano_usd, 0)), 0) AS BIGINT) AS spent, \
             COUNT(*) AS calls FROM llm_calls WHERE state <> 'free' AND created_at >= ?",
            $whose,
            ") AS taken WHERE taken.spent > ? OR taken.calls > ?)"
        )
    };
}

/// The scopes and periods of [`reserve_within`], in its order.
const KINDS: [(BudgetScope, BudgetPeriod); 6] = [
    (BudgetScope::Instance, BudgetPeriod::Day),
    (BudgetScope::Instance, BudgetPeriod::Month),
    (BudgetScope::User, BudgetPeriod::Day),
    (BudgetScope::User, BudgetPeriod::Month),
    (BudgetScope::Project, BudgetPeriod::Day),
    (BudgetScope::Project, BudgetPeriod::Month),
];

/// Writes a call for a job that is held by this fence, if the budgets have room for it. Calls at once must queue for the lock of
/// [`Db::alone`], or each of them would not see the others.
pub(crate) fn reserve_within(call: &NewCall, job_id: Uuid, epoch: i64, budgets: &[&Budget], now: DateTime<Utc>) -> Sql {
    let mut sql = bound(
        Sql::new(reserving!(
            "jobs",
            "held.id = ? AND held.epoch = ? AND held.status = 'running'",
            within!(""),
            within!(""),
            within!(" AND owner_id = held.owner_id"),
            within!(" AND owner_id = held.owner_id"),
            within!(" AND rtrim(issue_key, '0123456789') = rtrim(held.issue_key, '0123456789')"),
            within!(" AND rtrim(issue_key, '0123456789') = rtrim(held.issue_key, '0123456789')")
        )),
        call,
    )
    .bind(job_id)
    .bind(epoch);
    for kind in KINDS {
        let budget = budgets.iter().find(|budget| (budget.scope, budget.period) == kind);
        // Without a budget of the kind, no call is looked at.
        let since = budget.map_or(i64::MAX, |budget| budget.period.around(now).0);
        let money = budget.and_then(|budget| budget.max_nano_usd);
        let calls = budget.and_then(|budget| budget.max_calls);
        sql = sql
            .bind(since)
            .bind(money.map_or(i64::MAX, |most| most.saturating_sub(call.reserved_nano_usd.unwrap_or(0))))
            .bind(calls.map_or(i64::MAX, |most| most.saturating_sub(1)));
    }
    sql
}

/// Sets what a call came to; followed by which.
macro_rules! settling {
    ($which:literal) => {
        concat!(
            "UPDATE llm_calls SET state = ?, input_tokens = ?, output_tokens = ?, cached_tokens = ?, cache_write_tokens = ?, \
             reasoning_tokens = ?, cost_nano_usd = ?, settled_at = {now} WHERE ",
            $which
        )
    };
}

/// Settles a call, whether or not the job is still held.
#[must_use]
pub fn settle(call: &Settled) -> Sql {
    came_to(Sql::new(settling!("id = ?")), call.used).bind(call.id)
}

/// Settles the call whose question a verb holds.
#[must_use]
pub fn settle_of_held(used: Used) -> Sql {
    came_to(Sql::new(settling!("id IN (SELECT id FROM {held} AS held)")), used)
}

/// Settles the calls without an answer of the batch that a verb holds.
#[must_use]
pub fn settle_all_of_held(used: Used) -> Sql {
    let text = settling!(
        "id IN (SELECT q.id FROM llm_questions q WHERE q.state = 'sent' AND q.batch_id IN (SELECT id FROM {held} AS held))"
    );
    came_to(Sql::new(text), used)
}

fn came_to(sql: Sql, used: Used) -> Sql {
    let usage = used.usage();
    sql.bind(used.state())
        .bind(usage.map(|usage| usage.input_tokens))
        .bind(usage.map(|usage| usage.output_tokens))
        .bind(usage.map(|usage| usage.cached_tokens))
        .bind(usage.map(|usage| usage.cache_write_tokens))
        .bind(usage.map(|usage| usage.reasoning_tokens))
        .bind(usage.and_then(|usage| usage.cost_nano_usd))
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
                " AS name FROM llm_calls WHERE state NOT IN ('reserved', 'free') AND created_at >= ? AND created_at < ? AND (owner_id = ? OR ?) \
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

/// Tokens that answers of a model had for a stage among the latest 2000 calls of the last 30 days, on average; `None` = there
/// were none: `llm_calls_age`.
pub async fn usual_output(db: &Db, provider: &str, model: &str, stage: Stage) -> Result<Option<i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Average {
        tokens: Option<i64>,
    }
    let sql = Sql::new(
        "SELECT CAST(AVG(output_tokens) AS BIGINT) AS tokens FROM (SELECT provider, model, stage, state, output_tokens FROM llm_calls \
         WHERE created_at >= {now} - 2592000000 ORDER BY created_at DESC LIMIT 2000) AS recent \
         WHERE state = 'settled' AND provider = ? AND model = ? AND stage = ?",
    );
    let row = db.read_one::<Average>(sql.bind(provider.to_owned()).bind(model.to_owned()).bind(stage.as_str())).await?;
    Ok(row.and_then(|row| row.tokens))
}

/// What earlier claims of a job spent on a stage that they did not come to store.
pub async fn spent_before(db: &Db, job_id: Uuid, stage: Stage, epoch: i64) -> Result<Spent, StoreError> {
    let sql = Sql::new(adding_up!(" FROM llm_calls WHERE job_id = ? AND stage = ? AND epoch < ? AND state = 'settled'"));
    let spent = db.read_one(sql.bind(job_id).bind(stage.as_str()).bind(epoch)).await?;
    Ok(spent.unwrap_or_else(Spent::nothing))
}

/// Closes what the job that a verb ends has reserved and not settled: a crash left it open, or the call was never made. Calls
/// that were given away are settled with their batch.
#[must_use]
pub fn close_of_held() -> Sql {
    Sql::new(
        "UPDATE llm_calls SET state = 'unknown', settled_at = {now} WHERE state = 'reserved' AND job_id IN (SELECT id FROM {held} AS held) \
         AND NOT EXISTS (SELECT 1 FROM llm_questions q WHERE q.id = llm_calls.id AND q.state IN ('waiting', 'sent'))",
    )
}

/// Marks calls as unknown that a crash left open: reserved under an older epoch of a job that is not running them, and not
/// given away.
pub async fn close_abandoned(db: &Db, job_id: Uuid, epoch: i64) -> Result<u64, StoreError> {
    db.execute(
        Sql::new(
            "UPDATE llm_calls SET state = 'unknown', settled_at = {now} WHERE job_id = ? AND epoch < ? AND state = 'reserved' \
             AND NOT EXISTS (SELECT 1 FROM llm_questions q WHERE q.id = llm_calls.id AND q.state IN ('waiting', 'sent'))",
        )
        .bind(job_id)
        .bind(epoch),
    )
    .await
}
