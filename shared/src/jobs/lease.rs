//! The lease of a worker on all its jobs: one row, renewed by one statement.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::domain::duration::ms;
use crate::ports::Clock;
use crate::store::job::Held;
use crate::store::{Db, StoreError, delivery, job, worker};

/// What a worker knows of its own lease, on its own monotonic clock, from before the last successful renewal.
#[derive(Clone)]
pub struct Lease {
    owner: Arc<str>,
    clock: Arc<dyn Clock>,
    origin: Instant,
    /// Milliseconds after `origin` until which the lease surely lasts.
    until: Arc<AtomicI64>,
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("owner", &self.owner).finish_non_exhaustive()
    }
}

impl Lease {
    /// A lease that was not taken yet. The owner's name must be new at each start.
    #[must_use]
    pub fn new(owner: impl Into<Arc<str>>, clock: Arc<dyn Clock>) -> Self {
        let origin = clock.monotonic();
        Self { owner: owner.into(), clock, origin, until: Arc::new(AtomicI64::new(-1)) }
    }

    /// The worker's name.
    #[must_use]
    pub fn owner(&self) -> &Arc<str> {
        &self.owner
    }

    /// How much longer the lease surely lasts.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        let left = self.until.load(Ordering::Acquire) - self.elapsed_ms();
        Duration::from_millis(u64::try_from(left).unwrap_or(0))
    }

    fn elapsed_ms(&self) -> i64 {
        ms(self.clock.monotonic().saturating_duration_since(self.origin))
    }
}

/// Renews a lease through a connection of its own.
#[derive(Debug)]
pub struct Heartbeat {
    db: Db,
    lease: Lease,
    length: Duration,
}

impl Heartbeat {
    /// Renewals of `lease` by `length`, through `db` (see [`Db::aside`]).
    #[must_use]
    pub fn new(db: Db, lease: Lease, length: Duration) -> Self {
        Self { db, lease, length }
    }

    /// Renews once.
    pub async fn beat(&self) -> Result<(), StoreError> {
        let before = self.lease.elapsed_ms();
        worker::renew(&self.db, &self.lease.owner, ms(self.length)).await?;
        self.lease.until.store(before + ms(self.length), Ordering::Release);
        Ok(())
    }

    /// What the database says that this worker holds.
    pub async fn held(&self) -> Result<Vec<Held>, StoreError> {
        job::held_summary(&self.db, &self.lease.owner).await
    }

    /// Gives a job back that the database says we hold but that nobody here runs (a claim whose answer was lost).
    pub async fn give_back(&self, id: Uuid, epoch: i64) -> Result<(), StoreError> {
        use crate::store::Sql;

        self.db
            .execute(
                Sql::new(
                    "UPDATE jobs SET status = 'queued', lease_owner = NULL, due_at = {now}, ring_at = {now} \
                     WHERE id = ? AND epoch = ? AND status = 'running' AND lease_owner = ?",
                )
                .bind(id)
                .bind(epoch)
                .bind(&*self.lease.owner),
            )
            .await?;
        Ok(())
    }

    /// What the database says that this worker is delivering.
    pub async fn held_deliveries(&self) -> Result<Vec<Held>, StoreError> {
        delivery::held_summary(&self.db, &self.lease.owner).await
    }

    /// Gives a delivery back that nobody here makes (its end could not be stored, or the answer to its claim was lost).
    pub async fn give_back_delivery(&self, id: Uuid, epoch: i64) -> Result<(), StoreError> {
        delivery::give_back(&self.db, id, epoch, &self.lease.owner).await
    }

    /// Leaves: the worker holds nothing any more.
    pub async fn leave(&self) -> Result<(), StoreError> {
        worker::leave(&self.db, &self.lease.owner).await
    }
}
