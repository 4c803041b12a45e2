//! A server for the demo and for evaluation: the embedded composition with settings of its own.

use std::path::Path;

use anyhow::Context as _;
use rand::Rng as _;
use shared::config::{Settings, Source};
use shared::store::Db;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{all, process};

/// A running server.
pub(crate) struct DemoServer {
    /// Where it listens.
    pub(crate) url: String,
    /// The e-mail address of its administrator.
    pub(crate) email: String,
    /// The administrator's password.
    pub(crate) password: String,
    /// Its database.
    pub(crate) db: Db,
    /// Asks it to end.
    pub(crate) stop: CancellationToken,
    /// Ends with it.
    pub(crate) done: JoinHandle<anyhow::Result<()>>,
}

/// Starts API and worker in this process on SQLite below `data_dir`, against this Jira; `writer` says who
/// writes, and nothing else.
///
/// # Errors
/// When the port is taken or the folder cannot be written.
pub(crate) async fn start_demo(
    jira_url: &str,
    token: &str,
    data_dir: &Path,
    port: u16,
    writer: Source,
) -> anyhow::Result<DemoServer> {
    let email = "demo@localhost".to_owned();
    let password: String = (0..20).map(|_| char::from(rand::rng().sample(rand::distr::Alphanumeric))).collect();
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .with_context(|| format!("port {port} cannot be listened on; choose another with --port"))?;
    let url = format!("http://{}", listener.local_addr()?);
    let source = writer
        .only("JQA_LLM_")
        .with("JQA_DATA_DIR", data_dir.display().to_string())
        .with("JQA_PUBLIC_URL", &url)
        .with("JQA_ADMIN_EMAIL", &email)
        .with("JQA_ADMIN_PASSWORD", &password)
        .with("JQA_JIRA_URL", jira_url)
        .with("JQA_JIRA_EMAIL", &email)
        .with("JQA_JIRA_TOKEN", token)
        .with("JQA_DRAIN", "0s");
    let settings = Settings::read(&source).map_err(|problems| all(&problems))?;
    shared::telemetry::logs::start("warn", "auto");
    let (foundation, lock) = Box::pin(process::start_embedded(settings)).await?;
    let db = foundation.jobs.db().clone();
    let stop = foundation.lifecycle.stop().clone();
    let done = tokio::spawn(process::run(foundation, Some(listener), true, lock));
    Ok(DemoServer { url, email, password, db, stop, done })
}
