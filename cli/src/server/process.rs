//! `serve`, `api`, `worker`: which parts run, from start to end. `serve` is the other two in one process.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use api::{Drain, ServeSettings, Tls};
use shared::auditing::Chain;
use shared::config::Settings;
use shared::jobs::Relay;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::foundation::Foundation;
use super::kept_head::KeptHead;
use super::lock::Lock;
use super::{key, make_data_dir, migrate_schema, parts, sealing, secrets};

/// What comes after the grace at shutdown: a write to Jira in flight, and storing its end.
const LAST_RESORT: Duration = Duration::from_secs(45);

/// Where a worker tells about itself when nothing is said.
const WORKER_OPS: ([u8; 4], u16) = ([127, 0, 0, 1], 8001);

/// API and worker in one process.
pub(super) async fn serve(settings: Settings) -> anyhow::Result<()> {
    let (foundation, lock) = Box::pin(start_embedded(settings)).await?;
    heed_signals(&foundation);
    let listener = listen(foundation.settings.http.bind, "JQA_BIND").await?;
    run(foundation, Some(listener), true, lock).await
}

/// The API alone.
pub(super) async fn api(settings: Settings) -> anyhow::Result<()> {
    let foundation = Box::pin(start_scaled(settings, "api")).await?;
    let listener = listen(foundation.settings.http.bind, "JQA_BIND").await?;
    run(foundation, Some(listener), false, None).await
}

/// A worker alone.
pub(super) async fn worker(settings: Settings) -> anyhow::Result<()> {
    let mut foundation = Box::pin(start_scaled(settings, "worker")).await?;
    foundation.settings.http.ops_bind.get_or_insert(SocketAddr::from(WORKER_OPS));
    run(foundation, None, true, None).await
}

/// Lock, migrate, lay the foundation.
pub(super) async fn start_embedded(settings: Settings) -> anyhow::Result<(Foundation, Option<Lock>)> {
    make_data_dir(&settings)?;
    let file = settings.database.sqlite_file();
    let lock = file.as_deref().map(Lock::take).transpose()?;
    let keys = key::key_ring(&settings)?;
    migrate_schema(&settings).await?;
    let foundation = Foundation::lay(settings, keys).await?;
    if lock.is_some() {
        // Whoever held a lease on this file is gone: we have its lock.
        shared::store::worker::end_all_leases(foundation.jobs.db()).await?;
    }
    foundation.settle().await?;
    secrets::warn_of_missing_keys(&foundation.vault).await;
    Ok((foundation, lock))
}

async fn start_scaled(settings: Settings, command: &str) -> anyhow::Result<Foundation> {
    if let Some(file) = settings.database.sqlite_file() {
        bail!("`jqa {command}` does not run on SQLite ({}); use `jqa serve`, or set JQA_DATABASE_URL=postgres://…", shown(&file));
    }
    let keys = key::key_ring(&settings)?;
    let foundation = Foundation::lay(settings, keys).await?;
    heed_signals(&foundation);
    foundation.wait_for_schema().await?;
    foundation.settle().await?;
    secrets::warn_of_missing_keys(&foundation.vault).await;
    Ok(foundation)
}

fn shown(file: &Path) -> std::path::Display<'_> {
    file.display()
}

async fn listen(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{address} cannot be listened on; see {setting}"))
}

/// From here on SIGTERM and SIGINT end the process in good order.
fn heed_signals(f: &Foundation) {
    let lifecycle = f.lifecycle.clone();
    tokio::spawn(async move { lifecycle.heed_signals().await });
}

/// Runs the parts until the process is told to stop and everything in flight has ended.
pub(super) async fn run(f: Foundation, listener: Option<TcpListener>, works: bool, lock: Option<Lock>) -> anyhow::Result<()> {
    let Foundation { lifecycle, .. } = &f;
    let lifecycle = lifecycle.clone();
    let drain = Drain::new();
    let tls = f.settings.http.tls.as_ref().map(|(certificate, key)| Tls::open(certificate, key)).transpose();
    let tls = tls.context("HTTPS cannot be set up; see JQA_TLS_CERT_FILE and JQA_TLS_KEY_FILE")?;
    let public_url = public_url(&f.settings, listener.as_ref());
    let ops_apart = match f.settings.http.ops_bind {
        Some(address) => Some(listen(address, "JQA_OPS_BIND").await?),
        None => None,
    };
    let serving = ServeSettings {
        max_connections: f.settings.http.max_connections,
        max_connections_per_ip: f.settings.http.max_connections_per_ip,
        trusted_proxies: f.settings.http.trusted_proxies.clone(),
        header_timeout: f.settings.http.header_timeout,
        keep_alive: f.settings.http.keep_alive,
        drain: f.settings.http.drain,
        ..ServeSettings::default()
    };
    if let Some(listener) = listener {
        tracing::info!(address = %listener.local_addr()?, "the API listens");
        // Waiting requests hear of events until the last of them was answered.
        let closed = CancellationToken::new();
        let mut router = api::router(parts::api(&f, drain.clone(), &public_url, closed.clone())?);
        if ops_apart.is_none() {
            router = router.merge(api::ops_router(parts::ops(&f, drain.clone())));
        }
        let serving = ServeSettings { tls, ..serving.clone() };
        let serving = api::serve(listener, router, serving, drain.clone(), lifecycle.stop().clone());
        lifecycle.spawn(async move {
            let _closes = closed.drop_guard();
            told(serving).await;
        });
    }
    if let Some(listener) = ops_apart {
        tracing::info!(address = %listener.local_addr()?, "metrics and health are told here");
        let router = api::ops_router(parts::ops(&f, drain.clone()));
        lifecycle.spawn(told(api::serve(listener, router, serving, drain, lifecycle.stop().clone())));
    }
    let runner = if works { Some(parts::worker(&f, &public_url)?) } else { None };
    let own = runner.as_ref().map(|runner| runner.owner().clone());
    if let Some(runner) = runner {
        lifecycle.spawn(runner.run(f.doorbell.clone()));
    }
    lifecycle.spawn(parts::sample(f.jobs.clone(), f.metrics.clone(), lifecycle.stop().clone()));
    lifecycle.spawn(parts::prune(f.jobs.clone(), f.settings.retention.clone(), lifecycle.stop().clone()));
    let chain = Chain::new(f.jobs.db().clone(), &f.keys);
    lifecycle.spawn(sealing::remove(chain.clone(), f.settings.retention.audit, lifecycle.stop().clone()));
    let kept = KeptHead::of(&f.settings);
    lifecycle.spawn(sealing::seal(chain, kept, f.metrics.clone(), lifecycle.stop().clone()));
    let mut relay = Relay::new(f.jobs.clone(), f.queue.clone(), f.heard);
    if lock.is_some() {
        relay = relay.alone();
    }
    if let Some(own) = own {
        relay = relay.sparing(own);
    }
    lifecycle.spawn(relay.run(lifecycle.stop().clone()));

    lifecycle.stop().cancelled().await;
    let longest = f.settings.worker.grace + f.settings.http.drain + LAST_RESORT;
    if tokio::time::timeout(longest, lifecycle.ended()).await.is_err() {
        tracing::warn!("ending although something did not; what it held is reclaimed");
    }
    f.jobs.db().close().await;
    drop(lock);
    tracing::info!("stopped");
    Ok(())
}

async fn told(serving: impl Future<Output = std::io::Result<()>>) {
    if let Err(error) = serving.await {
        tracing::error!(%error, "a listener ended");
    }
}

fn public_url(settings: &Settings, listener: Option<&TcpListener>) -> String {
    if let Some(url) = &settings.http.public_url {
        return url.as_str().trim_end_matches('/').to_owned();
    }
    let address = listener.and_then(|listener| listener.local_addr().ok()).unwrap_or(settings.http.bind);
    let scheme = if settings.http.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{address}")
}
