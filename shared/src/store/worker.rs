//! Workers and their leases: one row a process, renewed for all its jobs at once.

use sea_orm::FromQueryResult;

use super::{Db, Sql, StoreError};

/// Registers a worker, or renews its lease.
pub async fn renew(db: &Db, id: &str, lease_ms: i64) -> Result<(), StoreError> {
    db.execute(
        Sql::new(
            "INSERT INTO workers (id, lease_until, started_at, version) VALUES (?, {now} + ?, {now}, ?) \
             ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until",
        )
        .bind(id)
        .bind(lease_ms)
        .bind(env!("CARGO_PKG_VERSION")),
    )
    .await?;
    Ok(())
}

/// How many have a lease that has not ended: the table has a row for each process.
pub async fn live(db: &Db) -> Result<u32, StoreError> {
    #[derive(FromQueryResult)]
    struct Count {
        n: i64,
    }
    let row: Option<Count> = db.read_one(Sql::new("SELECT COUNT(*) AS n FROM workers WHERE lease_until > {now}")).await?;
    Ok(row.and_then(|row| u32::try_from(row.n).ok()).unwrap_or(0))
}

/// A worker and what it holds.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Worker {
    /// Host, process, and a random part.
    pub id: String,
    /// When it came, epoch milliseconds.
    pub started_at: i64,
    /// Until when it holds what it holds, unless it renews that.
    pub lease_until: i64,
    /// Its version; `None` = one that does not tell.
    pub version: Option<String>,
    /// Whether its lease has not ended.
    pub alive: bool,
    /// Jobs that it runs.
    pub jobs: i64,
    /// Deliveries that it sends.
    pub deliveries: i64,
}

/// All workers, those whose lease ended not long ago too: `jobs_running`, `deliveries_running`.
pub async fn all(db: &Db) -> Result<Vec<Worker>, StoreError> {
    db.read_all(Sql::new(
        "SELECT w.id, w.started_at, w.lease_until, w.version, w.lease_until > {now} AS alive, \
         (SELECT COUNT(*) FROM jobs j WHERE j.lease_owner = w.id AND j.status = 'running') AS jobs, \
         (SELECT COUNT(*) FROM webhook_deliveries d WHERE d.lease_owner = w.id AND d.status = 'running') AS deliveries \
         FROM workers w ORDER BY w.started_at, w.id",
    ))
    .await
}

/// Removes a worker that holds nothing any more.
pub async fn leave(db: &Db, id: &str) -> Result<(), StoreError> {
    db.execute(
        Sql::new(
            "DELETE FROM workers WHERE id = ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE lease_owner = ? AND status = 'running') \
             AND NOT EXISTS (SELECT 1 FROM webhook_deliveries WHERE lease_owner = ? AND status = 'running')",
        )
        .bind(id)
        .bind(id)
        .bind(id),
    )
    .await?;
    Ok(())
}

/// Ends every lease at once: right only where nobody else can hold one (SQLite, lock file held, at start).
pub async fn end_all_leases(db: &Db) -> Result<(), StoreError> {
    db.execute(Sql::new("UPDATE workers SET lease_until = 0")).await?;
    Ok(())
}

/// Forgets workers whose lease ended long ago and that hold nothing.
pub async fn forget_lapsed(db: &Db, older_than_ms: i64) -> Result<u64, StoreError> {
    db.execute(
        Sql::new(
            "DELETE FROM workers WHERE lease_until < {now} - ? \
             AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.lease_owner = workers.id AND jobs.status = 'running') \
             AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.lease_owner = workers.id AND d.status = 'running')",
        )
        .bind(older_than_ms),
    )
    .await
}

#[derive(FromQueryResult)]
struct Id {
    id: String,
}

/// Workers whose lease has ended, and owners of rows that are no registered worker (one that left while a claim of its
/// own was under way).
pub async fn lapsed(db: &Db) -> Result<Vec<String>, StoreError> {
    let rows: Vec<Id> = db
        .read_all(Sql::new(
            "SELECT id FROM workers WHERE lease_until < {now} \
             UNION SELECT lease_owner FROM jobs WHERE status = 'running' AND NOT EXISTS (SELECT 1 FROM workers WHERE id = lease_owner) \
             UNION SELECT lease_owner FROM webhook_deliveries WHERE status = 'running' \
             AND NOT EXISTS (SELECT 1 FROM workers WHERE id = lease_owner)",
        ))
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
