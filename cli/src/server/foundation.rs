//! What every process has: database, queue, verbs, connections. URL schemes choose the backends here and nowhere else.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use shared::accounts::AccountError;
use shared::adapters::bus::{LocalBus, RedisBus};
use shared::adapters::connections::Connections;
use shared::adapters::limiter::{LocalLimiter, SharedLimiter};
use shared::adapters::pacer::{LocalPacer, SharedPacer};
use shared::adapters::queue::{ChannelQueue, RedisQueue, connect};
use shared::auditing::{Chain, SealError};
use shared::config::Settings;
use shared::crypto::KeyRing;
use shared::jobs::{Bell, Jobs, Ring};
use shared::lifecycle::Lifecycle;
use shared::ports::{Clock, EventBus, Pacer, Queue, RateLimiter, SystemClock};
use shared::store::{Db, DbOptions, StoreError};
use shared::telemetry::Metrics;
use shared::vault::Vault;
use tokio::sync::mpsc;
use worker::Doorbell;

use super::people;

/// How long is waited before the database is asked again.
const WAIT: Duration = Duration::from_millis(500);

/// See the module.
pub(super) struct Foundation {
    pub(super) settings: Settings,
    pub(super) lifecycle: Lifecycle,
    pub(super) jobs: Jobs,
    pub(super) queue: Arc<dyn Queue>,
    pub(super) doorbell: Doorbell,
    pub(super) heard: mpsc::Receiver<Ring>,
    pub(super) connections: Arc<Connections>,
    pub(super) vault: Vault,
    pub(super) metrics: Arc<Metrics>,
    pub(super) keys: KeyRing,
    pub(super) limiter: Arc<dyn RateLimiter>,
    pub(super) pacer: Arc<dyn Pacer>,
}

/// Opens the database with the sizes of the settings.
pub(super) async fn open(settings: &Settings) -> anyhow::Result<Db> {
    let options = DbOptions { pool: settings.database.pool, acquire_timeout: settings.database.acquire_timeout };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Db::open(&settings.database.url, options, clock).await.context("the database cannot be opened; see JQA_DATABASE_URL")
}

impl Foundation {
    /// Lays it.
    pub(super) async fn lay(settings: Settings, keys: KeyRing) -> anyhow::Result<Self> {
        let lifecycle = Lifecycle::new();
        let metrics = Arc::new(Metrics::default());
        let (queue, doorbell, bus) = transport(&settings, &lifecycle)?;
        let limiter = limiter(&settings, &metrics, &lifecycle)?;
        let pacer = pacer(&settings)?;
        let (bell, heard) = Bell::new();
        let db = open(&settings).await?;
        let vault = Vault::new(db.clone(), keys.clone());
        let connections = Connections::of(&settings, &metrics, pacer.clone(), db.clock().clone())?
            .and_those_kept_in(db.clone(), vault.sealer().clone());
        let jobs = Jobs::new(db, settings.limits.clone(), bell, bus);
        let connections = Arc::new(connections);
        Ok(Self { settings, lifecycle, jobs, queue, doorbell, heard, connections, vault, metrics, keys, limiter, pacer })
    }

    /// Waits until somebody has migrated the database.
    pub(super) async fn wait_for_schema(&self) -> anyhow::Result<()> {
        let mut told = false;
        loop {
            match migration::is_current(self.jobs.db().reader()).await {
                Ok(true) => return Ok(()),
                Ok(false) if !told => tracing::info!("waiting for the database to be migrated; `jqa migrate` does it"),
                Err(error) if !told => tracing::warn!(%error, "waiting for the database"),
                _ => {}
            }
            told = true;
            self.waited().await?;
        }
    }

    /// What must be in the database before anybody uses it. A database that restarts meanwhile is waited for.
    pub(super) async fn settle(&self) -> anyhow::Result<()> {
        loop {
            match self.begin().await {
                Err(error) if is_transient(&error) => tracing::warn!(%error, "waiting for the database"),
                settled => return settled,
            }
            self.waited().await?;
        }
    }

    /// May be done again.
    async fn begin(&self) -> anyhow::Result<()> {
        Chain::new(self.jobs.db().clone(), &self.keys).begin().await?;
        people::first_admin(self).await
    }

    async fn waited(&self) -> anyhow::Result<()> {
        tokio::select! {
            () = self.lifecycle.stop().cancelled() => anyhow::bail!("stopped before the database was ready"),
            () = tokio::time::sleep(WAIT) => Ok(()),
        }
    }
}

/// Whether the database was away.
fn is_transient(error: &anyhow::Error) -> bool {
    let store = match (error.downcast_ref(), error.downcast_ref()) {
        (Some(SealError::Store(store)), _) | (_, Some(AccountError::Store(store))) => Some(store),
        _ => error.downcast_ref(),
    };
    store.is_some_and(StoreError::is_transient)
}

fn limiter(settings: &Settings, metrics: &Arc<Metrics>, lifecycle: &Lifecycle) -> anyhow::Result<Arc<dyn RateLimiter>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let Some(url) = &settings.redis_url else { return Ok(Arc::new(LocalLimiter::new(clock))) };
    let shared = SharedLimiter::start(redis_client(url)?, &settings.redis_prefix, clock, metrics.clone(), lifecycle);
    Ok(Arc::new(shared.context("the connection to Redis cannot be set up")?))
}

fn pacer(settings: &Settings) -> anyhow::Result<Arc<dyn Pacer>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let Some(url) = &settings.redis_url else { return Ok(Arc::new(LocalPacer::new(clock))) };
    let shared = SharedPacer::new(redis_client(url)?, &settings.redis_prefix, clock);
    Ok(Arc::new(shared.context("the connection to Redis cannot be set up")?))
}

fn redis_client(url: &str) -> anyhow::Result<redis::Client> {
    redis::Client::open(url).context("JQA_REDIS_URL should be a Redis URL such as redis://localhost:6379/")
}

type Transport = (Arc<dyn Queue>, Doorbell, Arc<dyn EventBus>);

fn transport(settings: &Settings, lifecycle: &Lifecycle) -> anyhow::Result<Transport> {
    let Some(url) = &settings.redis_url else {
        let queue = Arc::new(ChannelQueue::new(settings.queue_bound));
        return Ok((queue.clone(), Doorbell::Channel(queue), Arc::new(LocalBus::default())));
    };
    let client = redis_client(url)?;
    let connection = connect(client.clone()).context("the connection to Redis cannot be set up")?;
    let queue = RedisQueue::new(connection.clone(), settings.redis_prefix.clone(), settings.queue_bound);
    queue.listen(client.clone(), lifecycle);
    let channel = format!("{}:events", settings.redis_prefix);
    let bus = RedisBus::start(client, connection.clone(), channel, lifecycle);
    let doorbell =
        Doorbell::Redis { connection, prefix: settings.redis_prefix.clone(), poll: settings.queue_poll, queue: queue.clone() };
    Ok((Arc::new(queue), doorbell, Arc::new(bus)))
}
