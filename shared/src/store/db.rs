//! The connection pools and the clock that due times and leases are compared with.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, FromQueryResult, QueryResult,
    Statement, TransactionTrait,
};

use super::asked::Asked;
use super::error::StoreError;
use super::plan::{self, Plan};
use super::sql::{Now, Sql};
use super::verb::TOOK;
use super::writer::Writer;
use crate::ports::Clock;

/// Sizes of the pools.
#[derive(Debug, Clone, Copy)]
pub struct DbOptions {
    /// Connections to PostgreSQL, or readers of SQLite.
    pub pool: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
}

/// What [`Db::alone`] runs one of at a time: the numbers of locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alone {
    /// A model call is let in by budgets.
    Budget = 0x6a71_6101,
}

/// The database: one pool on PostgreSQL; one writer and some readers on SQLite.
#[derive(Clone)]
pub struct Db {
    backend: DbBackend,
    /// PostgreSQL's pool, or the readers of SQLite.
    pool: DatabaseConnection,
    /// What writes to SQLite.
    writer: Option<Writer>,
    clock: Arc<dyn Clock>,
    asked: Arc<Asked>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("backend", &self.backend).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the pools. Connections are made when first needed, so a database that is away does not stop a start.
    pub async fn open(url: &str, options: DbOptions, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            let writer = Database::connect(writes(sqlite(url, 1, options.acquire_timeout))).await?;
            let pool = Database::connect(sqlite(url, options.pool.max(1), options.acquire_timeout)).await?;
            Ok(Self { backend: DbBackend::Sqlite, pool, writer: Some(Writer::start(writer)), clock, asked: Arc::default() })
        } else {
            let mut connect = ConnectOptions::new(url);
            connect
                .max_connections(options.pool)
                .min_connections(0)
                .acquire_timeout(options.acquire_timeout)
                .test_before_acquire(false)
                .test_before_acquire_if_idle_for(Duration::from_secs(5))
                .set_application_name("jqa")
                .sqlx_logging(false)
                .connect_lazy(true);
            let pool = Database::connect(connect).await?;
            Ok(Self { backend: DbBackend::Postgres, pool, writer: None, clock, asked: Arc::default() })
        }
    }

    /// A pool of one connection beside the others, for the heartbeat: a full pool cannot starve it.
    pub async fn aside(url: &str, acquire_timeout: Duration, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open(url, DbOptions { pool: 1, acquire_timeout }, clock).await
    }

    /// Which database it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.backend
    }

    /// Whether it is PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.backend == DbBackend::Postgres
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The reading side, for entity queries.
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// How often the database was asked so far; lists for people are not counted.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.asked.times()
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.pool.query_one_raw(Statement::from_string(self.backend, "SELECT 1")).await?;
        Ok(())
    }

    /// Runs one writing statement; answers the number of rows.
    pub async fn execute(&self, sql: Sql) -> Result<u64, StoreError> {
        let statement = self.statement(sql);
        self.asked.note(&statement);
        match &self.writer {
            Some(writer) => writer.count(statement).await,
            None => Ok(self.pool.execute_raw(statement).await?.rows_affected()),
        }
    }

    /// Runs one writing statement while nobody else runs one of this kind, so that it sees what the others wrote; answers the
    /// number of rows. On SQLite there is one writer anyway.
    pub async fn alone(&self, kind: Alone, sql: Sql) -> Result<u64, StoreError> {
        if self.writer.is_some() {
            return self.execute(sql).await;
        }
        let statement = self.statement(sql);
        self.asked.note(&statement);
        let transaction = self.locked(kind).await?;
        let rows = transaction.execute_raw(statement).await?.rows_affected();
        transaction.commit().await?;
        Ok(rows)
    }

    /// A transaction of PostgreSQL beside which there is none other of this kind.
    async fn locked(&self, kind: Alone) -> Result<DatabaseTransaction, StoreError> {
        let transaction = self.pool.begin().await?;
        // Whoever freezes with the lock, or before it, must not hold up the others for long.
        let lock = format!(
            "SET LOCAL lock_timeout = '2s'; SET LOCAL idle_in_transaction_session_timeout = '5s'; SELECT pg_advisory_xact_lock({})",
            kind as i64
        );
        transaction.execute_unprepared(&lock).await?;
        Ok(transaction)
    }

    /// Runs one writing statement with `RETURNING`; answers its rows.
    pub async fn write_all<T: FromQueryResult>(&self, sql: Sql) -> Result<Vec<T>, StoreError> {
        rows(&self.write_rows(self.statement(sql)).await?)
    }

    /// Reads rows.
    pub async fn read_all<T: FromQueryResult>(&self, sql: Sql) -> Result<Vec<T>, StoreError> {
        let statement = self.statement(sql);
        self.asked.note(&statement);
        rows(&self.pool.query_all_raw(statement).await?)
    }

    /// Reads a row.
    pub async fn read_one<T: FromQueryResult>(&self, sql: Sql) -> Result<Option<T>, StoreError> {
        let statement = self.statement(sql);
        self.asked.note(&statement);
        let row = self.pool.query_one_raw(statement).await?;
        row.map(|row| T::from_query_result(&row, "")).transpose().map_err(StoreError::from)
    }

    /// How the database would run a statement.
    pub async fn plan(&self, sql: Sql) -> Result<Vec<Plan>, StoreError> {
        plan::plans(self, self.statement(sql)).await
    }

    /// From now on [`Db::plans_of_asked`] tells how the statements that count as round trips were run.
    pub fn listen(&self) {
        self.asked.listen();
    }

    /// How the database runs what it was asked since the last look.
    pub async fn plans_of_asked(&self) -> Result<Vec<Plan>, StoreError> {
        let mut plans = Vec::new();
        for statement in self.asked.take_heard() {
            plans.extend(plan::plans(self, statement).await?);
        }
        Ok(plans)
    }

    /// Closes the pool. The writer of SQLite ends when nobody can write any more.
    pub async fn close(&self) {
        // Errors while closing have nobody left to tell.
        let _ = self.pool.close_by_ref().await;
    }

    /// Runs a statement, or on SQLite a script, in a transaction of its own; answers its `RETURNING` rows.
    pub(super) async fn write_rows(&self, statement: Statement) -> Result<Vec<QueryResult>, StoreError> {
        self.asked.note(&statement);
        match &self.writer {
            Some(writer) => writer.rows(statement).await,
            None => Ok(self.pool.query_all_raw(statement).await?),
        }
    }

    /// The same as [`Db::write_rows`], while nobody else runs one of this kind.
    pub(super) async fn write_rows_alone(&self, kind: Alone, statement: Statement) -> Result<Vec<QueryResult>, StoreError> {
        if self.writer.is_some() {
            return self.write_rows(statement).await;
        }
        self.asked.note(&statement);
        let transaction = self.locked(kind).await?;
        let rows = transaction.query_all_raw(statement).await?;
        transaction.commit().await?;
        Ok(rows)
    }

    pub(super) fn statement(&self, sql: Sql) -> Statement {
        let (mut text, mut values) = (String::with_capacity(256), Vec::with_capacity(8));
        sql.render(&mut text, &mut values, self.now(), &[]);
        Statement::from_sql_and_values(self.backend, text, values)
    }

    pub(super) fn now(&self) -> Now {
        match (self.backend, self.clock.overrides_database()) {
            (DbBackend::Postgres, false) => Now::Database,
            (DbBackend::Postgres, true) => Now::GivenPostgres(self.clock.now_ms()),
            _ => Now::Given(self.clock.now_ms()),
        }
    }
}

fn rows<T: FromQueryResult>(rows: &[QueryResult]) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| T::from_query_result(row, "").map_err(StoreError::from)).collect()
}

fn sqlite(url: &str, pool: u32, acquire_timeout: Duration) -> ConnectOptions {
    let mut connect = ConnectOptions::new(url);
    connect
        .max_connections(pool)
        .min_connections(1)
        .acquire_timeout(acquire_timeout.max(Duration::from_secs(10)))
        .test_before_acquire(false)
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|options| {
            options
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(10))
                .foreign_keys(true)
        });
    connect
}

/// With the table that scripts remember in.
fn writes(mut connect: ConnectOptions) -> ConnectOptions {
    use sea_orm::sqlx::Executor;

    connect.map_sqlx_sqlite_pool_opts(|pool| {
        pool.after_connect(|connection, _| Box::pin(async move { connection.execute(TOOK).await.map(drop) }))
    });
    connect
}
