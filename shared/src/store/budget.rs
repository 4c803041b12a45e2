//! Budgets: the rows, and what was used of them by the ledger.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError};
use crate::domain::budget::{Budget, BudgetScope};

/// A row of `budgets`.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct BudgetRow {
    /// UUIDv7.
    pub id: Uuid,
    scope: String,
    user_id: Option<Uuid>,
    project: Option<String>,
    period: String,
    max_nano_usd: Option<i64>,
    max_calls: Option<i64>,
    allow_unknown_price: bool,
    /// Counts its changes.
    pub version: i64,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Epoch milliseconds.
    pub updated_at: i64,
}

impl BudgetRow {
    /// What it says.
    pub fn budget(&self) -> Result<Budget, StoreError> {
        let unreadable = |error| StoreError::Bug(format!("budget {}: {error}", self.id));
        Ok(Budget {
            scope: self.scope.parse().map_err(unreadable)?,
            user_id: self.user_id,
            project: self.project.clone(),
            period: self.period.parse().map_err(unreadable)?,
            max_nano_usd: self.max_nano_usd,
            max_calls: self.max_calls,
            allow_unknown_price: self.allow_unknown_price,
        })
    }
}

/// All budgets, as they were made.
pub async fn all(db: &Db) -> Result<Vec<BudgetRow>, StoreError> {
    db.read_all(Sql::new("SELECT * FROM budgets ORDER BY id")).await
}

/// A budget.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<BudgetRow>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM budgets WHERE id = ?").bind(id)).await
}

/// What the calls since a time took of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Taken {
    /// Nano-dollars of calls that ended; of one whose cost nobody knows, the most it can have cost.
    pub spent: i64,
    /// Nano-dollars set aside for calls under way.
    pub set_aside: i64,
    /// Calls that were made, those under way too.
    pub calls: i64,
    /// Those under way.
    pub open: i64,
}

macro_rules! taken {
    ($whose:literal) => {
        concat!(
            "SELECT CAST(COALESCE(SUM(CASE WHEN state <> 'reserved' THEN COALESCE(cost_nano_usd, reserved_nano_usd, 0) ELSE 0 END), 0) \
             AS BIGINT) AS spent, \
             CAST(COALESCE(SUM(CASE WHEN state = 'reserved' THEN COALESCE(reserved_nano_usd, 0) ELSE 0 END), 0) AS BIGINT) AS set_aside, \
             COUNT(*) AS calls, CAST(COALESCE(SUM(CASE WHEN state = 'reserved' THEN 1 ELSE 0 END), 0) AS BIGINT) AS open \
             FROM llm_calls WHERE state <> 'free' AND created_at >= ?",
            $whose
        )
    };
}

/// What was taken of a budget in the period that holds `now`, by a project or an account where it counts those.
pub async fn taken(db: &Db, budget: &Budget, user_id: Uuid, project: &str, now: DateTime<Utc>) -> Result<Taken, StoreError> {
    let (since, _) = budget.period.around(now);
    let sql = match budget.scope {
        BudgetScope::Instance => Sql::new(taken!("")).bind(since),
        BudgetScope::User => Sql::new(taken!(" AND owner_id = ?")).bind(since).bind(user_id),
        BudgetScope::Project => {
            Sql::new(taken!(" AND rtrim(issue_key, '0123456789') = ?")).bind(since).bind(format!("{project}-"))
        }
    };
    Ok(db.read_one(sql).await?.unwrap_or(Taken { spent: 0, set_aside: 0, calls: 0, open: 0 }))
}
