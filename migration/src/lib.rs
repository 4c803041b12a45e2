//! Schema changes, one a file, in order. Each runs in a transaction on both databases.
//!
//! The SQL is written once; `{uuid}` is the only type that SQLite and PostgreSQL spell differently, and `{nil}` its value of
//! zeroes. JSON is kept as
//! text, because nothing queries inside it. Times are epoch milliseconds.

mod m0001_people;
mod m0002_jobs;
mod m0003_results;
mod m0004_deliveries;
mod m0005_audit;
mod m0006_removals;
mod m0007_versions;
mod m0008_ledger_age;
mod m0009_sessions;
mod m0010_api_keys;
mod m0011_identities;
mod m0012_connections;
mod m0013_audit_seal;
mod m0014_llm_costs;
mod m0015_budgets;
mod m0016_policies;
mod m0017_llm_replies;
mod m0018_economy;
mod m0019_audit_guards;
mod m0020_jira_events;
mod m0021_test_tools;
mod m0022_batches;
mod m0023_webhooks;
mod m0024_worker_versions;

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, RuntimeErr, SqlxError,
};

/// The list of changes.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_jobs::Migration),
            Box::new(m0003_results::Migration),
            Box::new(m0004_deliveries::Migration),
            Box::new(m0005_audit::Migration),
            Box::new(m0006_removals::Migration),
            Box::new(m0007_versions::Migration),
            Box::new(m0008_ledger_age::Migration),
            Box::new(m0009_sessions::Migration),
            Box::new(m0010_api_keys::Migration),
            Box::new(m0011_identities::Migration),
            Box::new(m0012_connections::Migration),
            Box::new(m0013_audit_seal::Migration),
            Box::new(m0014_llm_costs::Migration),
            Box::new(m0015_budgets::Migration),
            Box::new(m0016_policies::Migration),
            Box::new(m0017_llm_replies::Migration),
            Box::new(m0018_economy::Migration),
            Box::new(m0019_audit_guards::Migration),
            Box::new(m0020_jira_events::Migration),
            Box::new(m0021_test_tools::Migration),
            Box::new(m0022_batches::Migration),
            Box::new(m0023_webhooks::Migration),
            Box::new(m0024_worker_versions::Migration),
        ]
    }
}

/// Any number, the same in every process; it only has to differ from other applications' locks on the database.
const ADVISORY_LOCK: i64 = 0x006a_7161_6d69_6772;

/// How long to wait for a database that does not answer.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Brings the schema up to date. Any number of processes may call it at once on an empty database: the first one
/// migrates under a lock, the others wait and find nothing left to do. Answers how many changes it applied.
pub async fn migrate(url: &str) -> Result<usize, DbErr> {
    let refuse = |error: std::io::Error| DbErr::Migration(format!("cannot lock the database for migration: {error}"));
    // Waiting for the lock blocks a thread, which must not be one that the holder of the lock may need to go on.
    let path = url.to_owned();
    let waited = tokio::task::spawn_blocking(move || file_lock(&path)).await.map_err(|error| refuse(error.into()))?;
    let _lock = waited.map_err(refuse)?;
    let mut options = ConnectOptions::new(with_create(url));
    options.max_connections(1).connect_timeout(PATIENCE).acquire_timeout(PATIENCE).sqlx_logging(false);
    let db = Database::connect(options).await.map_err(in_words)?;
    let postgres = db.get_database_backend() == DbBackend::Postgres;
    if postgres {
        db.execute_unprepared(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})")).await?;
    } else {
        db.execute_unprepared("PRAGMA busy_timeout = 10000").await?;
    }
    let result = apply(&db).await;
    if postgres {
        db.execute_unprepared(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})")).await?;
    }
    db.close().await?;
    result
}

/// The pool says that it timed out; what a person must know is that nobody answered.
fn in_words(error: DbErr) -> DbErr {
    let is_silence = matches!(&error, DbErr::Conn(RuntimeErr::SqlxError(cause)) if matches!(**cause, SqlxError::PoolTimedOut));
    if is_silence { DbErr::Custom(format!("nobody answered there for {} s", PATIENCE.as_secs())) } else { error }
}

async fn apply(db: &DatabaseConnection) -> Result<usize, DbErr> {
    let pending = Migrator::get_pending_migrations_read_only(db).await?.len();
    Migrator::up(db, None).await.map(|()| pending)
}

/// Whether every change is applied; writes nothing.
pub async fn is_current(db: &DatabaseConnection) -> Result<bool, DbErr> {
    Ok(Migrator::get_pending_migrations_read_only(db).await?.is_empty())
}

fn with_create(url: &str) -> String {
    if url.starts_with("sqlite:") && !url.contains('?') { format!("{url}?mode=rwc") } else { url.to_owned() }
}

/// SQLite has no advisory lock; a lock file beside the database does.
fn file_lock(url: &str) -> std::io::Result<Option<std::fs::File>> {
    let Some(path) = url.strip_prefix("sqlite:") else { return Ok(None) };
    let path = path.trim_start_matches("//").split('?').next().unwrap_or_default();
    if path.is_empty() || path == ":memory:" {
        return Ok(None);
    }
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(format!("{path}.migrate.lock"))?;
    fs4::FileExt::lock(&file)?;
    Ok(Some(file))
}

/// Runs statements separated by `;`, with the types of the database at hand.
async fn run(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    let (uuid, nil) = match manager.get_database_backend() {
        DbBackend::Postgres => ("uuid", "'00000000-0000-0000-0000-000000000000'"),
        _ => ("blob", "zeroblob(16)"),
    };
    for statement in
        sql.replace("{uuid}", uuid).replace("{nil}", nil).split(';').map(str::trim).filter(|statement| !statement.is_empty())
    {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}

/// Declares a migration from its two scripts.
macro_rules! migration {
    ($name:literal, up: $up:expr, down: $down:expr) => {
        use sea_orm_migration::prelude::*;

        /// See the module.
        #[derive(Debug)]
        pub(crate) struct Migration;

        impl MigrationName for Migration {
            fn name(&self) -> &str {
                $name
            }
        }

        #[async_trait::async_trait]
        impl MigrationTrait for Migration {
            async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                $crate::run(manager, $up).await
            }

            async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
                $crate::run(manager, $down).await
            }

            fn use_transaction(&self) -> Option<bool> {
                Some(true)
            }
        }
    };
}
pub(crate) use migration;
