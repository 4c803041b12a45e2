//! One verb = one guarded change and what follows from it, all or nothing, in one message to the database.
//!
//! On PostgreSQL a verb is one statement (data-modifying CTEs); on SQLite it is a script of the same statements, run in
//! one transaction, in which each asks whether the guard took its row.

use std::fmt::Write as _;

use sea_orm::{FromQueryResult, QueryResult, Statement, Value};
use uuid::Uuid;

use super::db::{Alone, Db};
use super::error::StoreError;
use super::sql::{Name, Sql};
use super::user;

/// A guarded change of one row, and the rows that are written with it.
///
/// Tokens: `{held}` in a following statement is the changed row, and no row when the guard took none; `{gate}` in the
/// guard is the gate's row (or one row when there is no gate); `{administers}` in the guard is whether who acts is an active
/// administrator at that moment. A following statement without `{held}` is carried out
/// whatever the guard did.
#[derive(Debug)]
pub struct Verb {
    table: &'static str,
    id: Uuid,
    gate: Option<Sql>,
    administrator: Option<Uuid>,
    guard: Sql,
    then: Vec<Sql>,
    /// The columns of the changed row that are answered.
    answer: &'static str,
}

impl Verb {
    /// A change of the row `id` of `table`. The guard is an `UPDATE` or `INSERT` without `RETURNING`.
    #[must_use]
    pub fn new(table: &'static str, id: Uuid, guard: Sql) -> Self {
        Self { table, id, gate: None, administrator: None, guard, then: Vec::with_capacity(8), answer: "*" }
    }

    /// A statement that must write a row before anything else happens.
    #[must_use]
    pub fn gate(mut self, gate: Option<Sql>) -> Self {
        self.gate = gate;
        self
    }

    /// Only while somebody is an active administrator: they may have been demoted since they came in. `None` = no person.
    #[must_use]
    pub fn administered_by(mut self, who: Option<Uuid>) -> Self {
        debug_assert!(self.guard.has("{administers}"), "the guard does not ask who administers");
        self.administrator = who;
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

    /// Runs it. `None` = the guard (or the gate) took nothing.
    pub async fn run<T: FromQueryResult>(self, db: &Db) -> Result<Option<T>, StoreError> {
        let row = self.rows(db).await?.into_iter().next();
        row.map(|row| T::from_query_result(&row, "")).transpose().map_err(StoreError::from)
    }

    /// Runs it and answers whether the guard took its row, for those who do not read it.
    pub async fn took(mut self, db: &Db) -> Result<bool, StoreError> {
        self.answer = "id";
        Ok(!self.rows(db).await?.is_empty())
    }

    async fn rows(self, db: &Db) -> Result<Vec<QueryResult>, StoreError> {
        let administrator = self.administrator;
        let rows = db.write_rows(self.statement(db)).await?;
        match administrator {
            Some(id) if rows.is_empty() && !user::administers(db, id).await? => Err(StoreError::NotAdministrator),
            _ => Ok(rows),
        }
    }

    /// The same, while nobody else runs a verb of this kind.
    pub async fn took_alone(mut self, db: &Db, kind: Alone) -> Result<bool, StoreError> {
        self.answer = "id";
        let statement = self.statement(db);
        Ok(!db.write_rows_alone(kind, statement).await?.is_empty())
    }

    /// The whole verb as the database gets it.
    pub(super) fn statement(self, db: &Db) -> Statement {
        let (text, values) = if db.is_postgres() { self.one_statement(db) } else { self.script(db) };
        Statement::from_sql_and_values(db.backend(), text, values)
    }

    fn one_statement(self, db: &Db) -> (String, Vec<Value>) {
        let (mut text, mut values, now) = (String::with_capacity(2048), Vec::with_capacity(48), db.now());
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
        let administers = Name::Administers(self.administrator);
        self.guard.render(&mut text, &mut values, now, &[("gate", Name::Text(gate_name)), ("administers", administers)]);
        text.push_str(" RETURNING *)");
        for (n, sql) in self.then.into_iter().enumerate() {
            let _ = write!(text, ", then{n} AS (");
            sql.render(&mut text, &mut values, now, &[("held", Name::Text("held"))]);
            text.push(')');
        }
        let _ = write!(text, " SELECT {} FROM held", self.answer);
        (text, values)
    }

    fn script(self, db: &Db) -> (String, Vec<Value>) {
        let (mut text, mut values, now) = (String::with_capacity(2048), Vec::with_capacity(48), db.now());
        let gate_name = if let Some(gate) = self.gate {
            gate.render(&mut text, &mut values, now, &[]);
            text.push_str(REMEMBER);
            "(SELECT 1 FROM temp.took WHERE n > 0) AS gate"
        } else {
            "(SELECT 1) AS gate"
        };
        let administers = Name::Administers(self.administrator);
        self.guard.render(&mut text, &mut values, now, &[("gate", Name::Text(gate_name)), ("administers", administers)]);
        let _ = write!(text, " RETURNING {}", self.answer);
        text.push_str(REMEMBER);
        let held = Name::Row(self.table, self.id);
        for sql in self.then {
            sql.render(&mut text, &mut values, now, &[("held", held)]);
            text.push_str("; ");
        }
        (text, values)
    }
}

/// Made for each connection that writes to SQLite: how many rows the gate or guard of the script took.
pub(super) const TOOK: &str = "CREATE TEMP TABLE IF NOT EXISTS took (n INTEGER NOT NULL); INSERT INTO took VALUES (0)";

const REMEMBER: &str = "; UPDATE temp.took SET n = changes(); ";
