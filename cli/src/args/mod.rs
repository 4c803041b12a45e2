//! What can be typed after `jqa`.
//!
//! * [`api_keys`]: what programs come in with
//! * [`generate`]: the request of a job
//! * [`jobs`]: looking at jobs and steering them
//! * [`local`]: what runs on this machine: sandbox, demo, doctor, login
//! * [`server`]: the processes and what opens the database; [`audit`]: checking the audit log; [`user`]: accounts
//! * [`eval`]: measuring what is written
//! * [`provider_batches`]: batches at providers of models
//! * [`webhooks`]: where you are told what happens
//! * [`duration`]: `10m`, `1h30m`; [`value`]: ids and numbers

pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod batches;
pub(crate) mod duration;
pub(crate) mod eval;
pub(crate) mod generate;
pub(crate) mod jobs;
pub(crate) mod local;
pub(crate) mod provider_batches;
pub(crate) mod server;
#[cfg(test)]
mod tests;
pub(crate) mod user;
mod value;
pub(crate) mod webhooks;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use api_keys::ApiKeysCommand;
use audit::AuditCommand;
use batches::{BatchArgs, BatchesCommand};
use eval::EvalArgs;
use generate::GenerateArgs;
use jobs::{DiffArgs, FieldsArgs, JobsCommand, QueueArgs, ResultArgs, SearchArgs, StoryArgs, SuspectsArgs};
use local::{DemoArgs, DoctorArgs, LoginArgs, SandboxArgs};
use provider_batches::ProviderBatchesCommand;
use server::{KeysCommand, ServeArgs};
use user::UserCommand;
use webhooks::WebhooksCommand;

const AFTER_HELP: &str = "\
Examples:
  jqa demo                                         see everything work, with no service and no key
  jqa serve                                        start the server on http://127.0.0.1:8000
  jqa login --email ada@example.com                keep a login for the client commands
  jqa generate SHOP-12 --wait                      write criteria and scenarios and print them
  jqa generate SHOP-12 SHOP-13 --out features/     one file a story, for a pipeline
  jqa doctor                                       find out what is not set up

Exit codes:
  0  all went well
  1  a job failed or was cancelled, or the server refused
  2  the command line or a value in it was wrong
  3  the server cannot be reached or does not accept the login
  4  a person is to decide: a job waits for review, or kept what somebody changed
  5  the time of --timeout was up; the jobs go on on the server
  6  a measure of `jqa eval` is under what --fail-under asks
  130  stopped by Ctrl-C; the jobs go on on the server";

/// Acceptance criteria and test scenarios for Jira stories, checked against the story's own words.
#[derive(Parser)]
#[command(name = "jqa", version, after_help = AFTER_HELP, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// Settings file of the server commands (TOML); settings from the environment win over it
    #[arg(long, global = true, value_name = "FILE", env = "JQA_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) connect: ConnectArgs,

    #[command(flatten)]
    pub(crate) terminal: TerminalArgs,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where the server is and who is calling; for the client commands.
#[derive(Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectArgs {
    /// The server; otherwise that of `jqa login`, otherwise http://127.0.0.1:8000
    #[arg(long, global = true, value_name = "URL", env = "JQA_URL", hide_env_values = true)]
    pub(crate) url: Option<String>,

    /// An access token or an API key; otherwise that of `jqa login`
    #[arg(long, global = true, value_name = "TOKEN", env = "JQA_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,

    /// Log in as this user when there is no valid token (needs `JQA_PASSWORD`)
    #[arg(long, global = true, value_name = "EMAIL", env = "JQA_EMAIL", hide_env_values = true)]
    pub(crate) email: Option<String>,

    /// Taken from the environment alone: on a command line everybody on the machine would see it.
    #[arg(long, global = true, env = "JQA_PASSWORD", hide = true, hide_env_values = true)]
    pub(crate) password: Option<String>,

    /// The user's folder of settings; credentials are in `jqa/credentials.toml` below it.
    #[arg(long, global = true, env = "XDG_CONFIG_HOME", hide = true)]
    pub(crate) config_home: Option<PathBuf>,
}

/// How output looks.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TerminalArgs {
    /// Any value switches colours off.
    #[arg(long, global = true, env = "NO_COLOR", hide = true)]
    pub(crate) no_color: Option<OsString>,
}

/// Everything `jqa` does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start everything with a Jira of its own and example stories, and show what comes out
    Demo(DemoArgs),
    /// Write criteria and scenarios for stories
    Generate(Box<GenerateArgs>),
    /// Write for many stories in one request
    Batch(Box<BatchArgs>),
    /// List, show, watch and steer batches
    #[command(subcommand)]
    Batches(BatchesCommand),
    /// List, show, watch and steer jobs
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Show what waits, which workers are alive, and which jobs do not go as they should
    Queue(QueueArgs),
    /// Print what a job made
    Result(ResultArgs),
    /// Show what differs between two results of a story
    Diff(DiffArgs),
    /// List results whose story changed since they were made
    Suspects(SuspectsArgs),
    /// Print a story as it is read
    Story(StoryArgs),
    /// List the fields of a project, for the options of a connection
    Fields(FieldsArgs),
    /// Find stories by JQL
    Search(SearchArgs),
    /// Log in and keep the login
    Login(LoginArgs),
    /// End the kept login
    Logout,
    /// List, make and revoke API keys
    #[command(subcommand)]
    ApiKeys(ApiKeysCommand),
    /// List, make, try and change webhook endpoints, and what they were told
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
    /// List batches at model providers, and decide about one that is lost
    #[command(subcommand)]
    ProviderBatches(ProviderBatchesCommand),
    /// Check the set-up and say how to mend it
    Doctor(DoctorArgs),
    /// Write for a set of stories, measure what came out, and compare it
    Eval(Box<EvalArgs>),
    /// Run a Jira double with example stories, for trying things out
    Sandbox(SandboxArgs),
    /// Run API and worker in one process (SQLite unless set otherwise)
    Serve(ServeArgs),
    /// Run the API alone (needs PostgreSQL)
    Api(ServeArgs),
    /// Run a worker alone (needs PostgreSQL)
    Worker(ServeArgs),
    /// Bring the database up to date
    Migrate(ServeArgs),
    /// Print the secret that receivers of callbacks verify signatures with
    CallbackSecret(ServeArgs),
    /// Make and change the keys that sign tokens and seal secrets
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Check the audit log in the database
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Manage users in the database
    #[command(subcommand)]
    User(UserCommand),
}
