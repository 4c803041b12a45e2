//! The processes: settings in, wired parts out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::args::server::ServerCommand;
use crate::commands::Check;

/// Runs a process, or a command that opens the database.
///
/// # Errors
/// What a person should read on stderr.
pub(crate) async fn run(command: ServerCommand, config: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not wired yet: {command:?} {config:?}")
}

/// Checks settings, database, queue and Jira.
pub(crate) async fn doctor(config: Option<PathBuf>) -> Vec<Check> {
    vec![Check::skipped("server", format!("not wired yet: {config:?}"))]
}

/// A server for the demo.
pub(crate) struct DemoServer {
    /// Where it listens.
    pub(crate) url: String,
    /// The e-mail address of its administrator.
    pub(crate) email: String,
    /// The administrator's password.
    pub(crate) password: String,
    /// Asks it to end.
    pub(crate) stop: CancellationToken,
    /// Ends with it.
    pub(crate) done: JoinHandle<anyhow::Result<()>>,
}

/// Starts API and worker in this process on SQLite below `data_dir`, against this Jira, with the offline drafter.
///
/// # Errors
/// When the port is taken or the folder cannot be written.
pub(crate) async fn start_demo(jira_url: &str, token: &str, data_dir: &Path, port: u16) -> anyhow::Result<DemoServer> {
    anyhow::bail!("not wired yet: {jira_url} {} {} {port}", token.len(), data_dir.display())
}
