//! What runs on this machine.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::value::whole;

/// `jqa login`.
#[derive(Debug, Args)]
#[command(after_help = "\
The password is asked for; piped, it is the first line of stdin; JQA_PASSWORD wins over both. The login is kept in
$XDG_CONFIG_HOME/jqa/credentials.toml, readable by you alone. JQA_URL and JQA_TOKEN win over it.

Examples:
  jqa login --email ada@example.com
  jqa login --url https://jqa.example.com --sso
  jqa login --url https://jqa.example.com --email ci@example.com < password.txt")]
pub(crate) struct LoginArgs {
    /// Sign in in the browser, at the identity provider of the server
    #[arg(long)]
    pub(crate) sso: bool,
}

/// `jqa doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Exits with 1 when anything is marked with ✗.")]
pub(crate) struct DoctorArgs {
    /// Check only what the client commands need
    #[arg(long, conflicts_with = "server")]
    pub(crate) client: bool,

    /// Check only what the server needs: settings, database, queue, Jira, model
    #[arg(long)]
    pub(crate) server: bool,

    /// Print one JSON object a line to stdout instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which Jira the double is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Deployment {
    /// REST v3
    Cloud,
    /// REST v2 below /jira, wiki markup, a personal access token or any account's password
    DataCenter,
}

/// `jqa sandbox`.
#[derive(Debug, Args)]
#[command(after_help = "\
It remembers what is written to it and forgets it at the end. Look at it with a browser; order faults by POST /_faults.

Example, in two terminals:
  jqa sandbox --port 8090
  JQA_JIRA_URL=http://127.0.0.1:8090 JQA_JIRA_EMAIL=me@example.com JQA_JIRA_TOKEN=sandbox jqa serve

The same as Jira Data Center:
  jqa sandbox --port 8090 --deployment data-center
  JQA_JIRA_URL=http://127.0.0.1:8090/jira JQA_JIRA_TOKEN=sandbox jqa serve

Two answers of 429, and a comment whose answer is lost after it was written:
  curl 127.0.0.1:8090/_faults -d '{\"match\":{\"path\":\"/issue/\"},\"times\":2,\"action\":{\"status\":429,\"headers\":{\"Retry-After\":\"1\"}}}'
  curl 127.0.0.1:8090/_faults -d '{\"match\":{\"method\":\"POST\",\"path\":\"/comment\"},\"action\":{\"drop\":\"after\"}}'
Other actions: {\"delay_ms\":500}, {\"drop\":\"before\"}, {\"drop_then_apply_ms\":2000}, {\"truncate_body\":true}. GET /_journal shows what was asked.")]
pub(crate) struct SandboxArgs {
    /// Where it listens; 0 takes a free port
    #[arg(long, value_name = "N", default_value_t = 8090, value_parser = whole(0..=u16::MAX))]
    pub(crate) port: u16,

    /// Which Jira it is
    #[arg(long, value_enum, default_value_t = Deployment::Cloud)]
    pub(crate) deployment: Deployment,

    /// Stories to begin with instead of the built-in ones, one JSON object a line
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) stories: Option<PathBuf>,

    /// Wait this long before each answer
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = whole(0..=600_000_u64))]
    pub(crate) latency: u64,
}

/// `jqa demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Starts a Jira double with example stories and the server, works on six stories, publishes comments and shows all of it.
Nothing leaves this machine: the offline drafter writes, no model is called.

Examples:
  jqa demo
  jqa demo --once                 exits with 0 only if every job succeeded and every comment is there exactly once")]
pub(crate) struct DemoArgs {
    /// Exit when the stories are done
    #[arg(long)]
    pub(crate) once: bool,

    /// Where the server listens; 0 takes a free port
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole(0..=u16::MAX))]
    pub(crate) port: u16,

    /// Keep the database in this folder; otherwise it is removed at the end
    #[arg(long, value_name = "DIR")]
    pub(crate) keep_data: Option<PathBuf>,
}
