//! How the database would run what it was asked, for tests and for whoever wonders about an index.

use std::fmt;

use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement, TransactionTrait};

use super::db::Db;
use super::error::StoreError;
use super::verb::TOOK;

/// A statement and how the database would run it.
#[derive(Debug)]
pub struct Plan {
    /// The statement.
    pub sql: String,
    /// The lines of `EXPLAIN` (PostgreSQL) or `EXPLAIN QUERY PLAN` (SQLite).
    pub steps: Vec<String>,
}

impl Plan {
    /// What is read from end to end: tables and, on SQLite, what a statement makes for itself.
    #[must_use]
    pub fn scanned<'a>(&'a self) -> Vec<&'a str> {
        let after = |step: &'a str, mark| step.split_once(mark).and_then(|(_, rest)| rest.split(' ').next());
        self.steps.iter().filter_map(|step| after(step, "Seq Scan on ").or_else(|| after(step, "SCAN "))).collect()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n    {}", self.sql, self.steps.join("\n    "))
    }
}

/// The plans of a statement, or of each statement of a script. On PostgreSQL a scan of a whole table is the last resort:
/// a table that is small today does not hide that it has no index.
pub(super) async fn plans(db: &Db, statement: Statement) -> Result<Vec<Plan>, StoreError> {
    let transaction = db.reader().begin().await?;
    let mut plans = Vec::new();
    if db.is_postgres() {
        transaction.execute_unprepared("SET LOCAL enable_seqscan = off").await?;
        plans.push(explain(&transaction, "EXPLAIN ", statement, "QUERY PLAN").await?);
    } else {
        transaction.execute_unprepared(TOOK).await?;
        for sql in statement.sql.split("; ").filter(|sql| !sql.trim().is_empty()) {
            // The plan of a SQLite statement does not depend on its values.
            let statement = Statement::from_string(db.backend(), sql);
            plans.push(explain(&transaction, "EXPLAIN QUERY PLAN ", statement, "detail").await?);
        }
    }
    transaction.rollback().await?;
    Ok(plans)
}

async fn explain(
    transaction: &DatabaseTransaction,
    verb: &str,
    mut statement: Statement,
    column: &str,
) -> Result<Plan, StoreError> {
    let sql = statement.sql.clone();
    statement.sql.insert_str(0, verb);
    let rows = transaction.query_all_raw(statement).await?;
    let steps = rows.iter().map(|row| row.try_get("", column)).collect::<Result<_, _>>()?;
    Ok(Plan { sql, steps })
}
