//! What the database says, seen from beside the product.

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr, FromQueryResult, Statement,
    TransactionTrait,
};
use std::time::Duration;
use uuid::Uuid;

/// A connection of the test's own.
#[derive(Debug, Clone)]
pub(crate) struct Rows(DatabaseConnection);

/// A job as far as the tests look at it.
#[derive(Debug, Clone, FromQueryResult)]
pub(crate) struct JobRow {
    pub(crate) id: Uuid,
    pub(crate) issue_key: String,
    pub(crate) status: String,
    pub(crate) stage: String,
    pub(crate) epoch: i64,
    pub(crate) crashes: i32,
    pub(crate) lease_owner: Option<String>,
    pub(crate) event_seq: i64,
    pub(crate) error_code: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) started_at: Option<i64>,
}

impl JobRow {
    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "succeeded" | "failed" | "cancelled")
    }

    /// Whether the process with this number holds it: an owner is named host, process, chance.
    pub(crate) fn is_held_by(&self, pid: u32) -> bool {
        self.status == "running"
            && self.lease_owner.as_deref().is_some_and(|owner| owner.rsplit('-').nth(1) == Some(&pid.to_string()))
    }

    /// Whether a model may be at work for it.
    pub(crate) fn asks_a_model(&self) -> bool {
        self.stage == "criteria" || self.stage == "scenarios"
    }
}

impl Rows {
    pub(crate) async fn open(url: &str) -> Self {
        let mut options = ConnectOptions::new(url);
        options.max_connections(4).acquire_timeout(Duration::from_secs(2)).connect_lazy(true).sqlx_logging(false);
        Self(Database::connect(options).await.expect("a database"))
    }

    pub(crate) async fn all<T: FromQueryResult>(&self, sql: &str) -> Result<Vec<T>, DbErr> {
        let rows = self.0.query_all_raw(Statement::from_string(self.0.get_database_backend(), sql)).await?;
        rows.iter().map(|row| T::from_query_result(row, "")).collect()
    }

    pub(crate) async fn jobs(&self) -> Result<Vec<JobRow>, DbErr> {
        self.all(
            "SELECT id, issue_key, status, stage, epoch, crashes, lease_owner, event_seq, error_code, created_at, started_at FROM jobs ORDER BY id",
        )
        .await
    }

    /// The names of the workers whose lease was taken.
    pub(crate) async fn workers(&self) -> Result<Vec<String>, DbErr> {
        #[derive(FromQueryResult)]
        struct Worker {
            id: String,
        }
        Ok(self.all::<Worker>("SELECT id FROM workers").await?.into_iter().map(|worker| worker.id).collect())
    }

    /// Runs a statement.
    pub(crate) async fn run(&self, sql: &str) {
        self.0.execute_unprepared(sql).await.expect("a statement that runs");
    }

    /// Lets nobody read or write a table until the transaction ends.
    pub(crate) async fn hold(&self, table: &str) -> DatabaseTransaction {
        let held = self.0.begin().await.expect("a transaction");
        held.execute_unprepared(&format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")).await.expect("a lock");
        held
    }

    pub(crate) async fn close(&self) {
        self.0.close_by_ref().await.expect("a connection that closes");
    }
}
