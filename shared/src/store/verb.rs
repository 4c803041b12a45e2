//! One verb = one guarded change and what follows from it, all or nothing.
//!
//! On PostgreSQL a verb is one statement (data-modifying CTEs), so one round trip; on SQLite it is one
//! `BEGIN IMMEDIATE` transaction of the same statements.

use sea_orm::{ConnectionTrait, FromQueryResult};
use uuid::Uuid;

use super::db::Db;
use super::error::StoreError;
use super::sql::{Name, Sql};

/// A guarded change of one row, and the rows that are written with it.
///
/// Tokens: `{held}` in a following statement is the changed row; `{gate}` in the guard is the gate's row (or one row
/// when there is no gate).
#[derive(Debug)]
pub struct Verb {
    table: &'static str,
    id: Uuid,
    gate: Option<Sql>,
    guard: Sql,
    then: Vec<Sql>,
}

impl Verb {
    /// A change of the row `id` of `table`. The guard is an `UPDATE` or `INSERT` without `RETURNING`.
    #[must_use]
    pub fn new(table: &'static str, id: Uuid, guard: Sql) -> Self {
        Self { table, id, gate: None, guard, then: Vec::with_capacity(4) }
    }

    /// A statement that must write a row before anything else happens.
    #[must_use]
    pub fn gate(mut self, gate: Option<Sql>) -> Self {
        self.gate = gate;
        self
    }

    /// A statement that follows from the change.
    #[must_use]
    pub fn then(mut self, sql: Sql) -> Self {
        self.then.push(sql);
        self
    }

    /// Statements that follow from the change.
    #[must_use]
    pub fn then_all(mut self, sql: impl IntoIterator<Item = Sql>) -> Self {
        self.then.extend(sql);
        self
    }

    /// Runs it. `None` = the guard (or the gate) took nothing, and nothing at all was written.
    pub async fn run<T: FromQueryResult>(self, db: &Db) -> Result<Option<T>, StoreError> {
        if db.is_postgres() { self.in_one_statement(db).await } else { self.in_transaction(db).await }
    }

    async fn in_one_statement<T: FromQueryResult>(self, db: &Db) -> Result<Option<T>, StoreError> {
        let (mut text, mut values, now) = (String::with_capacity(1024), Vec::with_capacity(32), db.now());
        text.push_str("WITH ");
        let gate_name = if let Some(gate) = self.gate {
            text.push_str("gate AS (");
            gate.render(&mut text, &mut values, now, &[]);
            text.push_str(" RETURNING 1), ");
            "gate"
        } else {
            "(SELECT 1) AS gate"
        };
        text.push_str("held AS (");
        self.guard.render(&mut text, &mut values, now, &[("gate", Name::Text(gate_name))]);
        text.push_str(" RETURNING *)");
        for (n, sql) in self.then.into_iter().enumerate() {
            use std::fmt::Write;
            let _ = write!(text, ", then{n} AS (");
            sql.render(&mut text, &mut values, now, &[("held", Name::Text("held"))]);
            text.push(')');
        }
        text.push_str(" SELECT * FROM held");
        let row = db.query_one(text, values).await?;
        row.map(|row| T::from_query_result(&row, "")).transpose().map_err(StoreError::from)
    }

    async fn in_transaction<T: FromQueryResult>(self, db: &Db) -> Result<Option<T>, StoreError> {
        let transaction = db.begin().await?;
        if let Some(gate) = self.gate
            && transaction.execute_raw(db.statement(gate, &[])).await?.rows_affected() == 0
        {
            transaction.rollback().await?;
            return Ok(None);
        }
        let mut guard = db.statement(self.guard, &[("gate", Name::Text("(SELECT 1) AS gate"))]);
        guard.sql.push_str(" RETURNING *");
        let Some(row) = transaction.query_one_raw(guard).await? else {
            transaction.rollback().await?;
            return Ok(None);
        };
        let held = Name::Row(self.table, self.id);
        for sql in self.then {
            transaction.execute_raw(db.statement(sql, &[("held", held)])).await?;
        }
        transaction.commit().await?;
        Ok(Some(T::from_query_result(&row, "")?))
    }
}
