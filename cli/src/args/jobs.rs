//! Looking at jobs, results and stories.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use shared::domain::issue_key::IssueKey;
use shared::domain::job::{JobKind, JobStatus};
use uuid::Uuid;

use super::duration;
use super::generate::{Format, word};
use super::value::{id, whole};

/// `jqa jobs …`.
#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// List jobs, newest first
    List(ListArgs),
    /// Show one job
    Show(JobArgs),
    /// Follow a job until it ends or waits for review
    Watch(WatchArgs),
    /// Cancel a job
    Cancel(JobArgs),
    /// Start a failed or cancelled job again; what it made already is kept
    Retry(JobArgs),
    /// Approve the result of a job that waits for review
    Approve(ApproveArgs),
}

/// `jqa queue`.
#[derive(Debug, Args)]
#[command(
    after_help = "Ends with 1 when something is due and no worker is alive. Jobs that were given up: jqa jobs list --status failed; again: jqa jobs retry ID."
)]
pub(crate) struct QueueArgs {
    /// Print JSON to stdout instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

/// One job.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    /// The job
    #[arg(value_name = "ID", value_parser = id)]
    pub(crate) id: Uuid,

    /// Print JSON to stdout instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which jobs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jqa jobs list --status failed\n  jqa jobs list --issue SHOP-12 --json | jq -r .id")]
pub(crate) struct ListArgs {
    /// Only with this status
    #[arg(long, value_parser = word::<JobStatus>())]
    pub(crate) status: Option<JobStatus>,

    /// Only of this kind
    #[arg(long, value_parser = word::<JobKind>())]
    pub(crate) kind: Option<JobKind>,

    /// Only of this story
    #[arg(long = "issue", value_name = "KEY", value_parser = IssueKey::parse)]
    pub(crate) issue_key: Option<IssueKey>,

    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = whole(1..=10_000_u32))]
    pub(crate) limit: u32,

    /// Print one JSON object a line to stdout instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// Following a job.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// The job
    #[arg(value_name = "ID", value_parser = id)]
    pub(crate) id: Uuid,

    /// How long; the job goes on on the server after it
    #[arg(long, value_name = "SPAN", default_value = "10m", value_parser = duration::parse)]
    pub(crate) timeout: Duration,

    /// Print one JSON object a line to stdout instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Approving a job.
#[derive(Debug, Args)]
#[command(
    after_help = "Without --hash the result as it is now is approved. With it, approving fails if anybody changed the result since you saw it."
)]
pub(crate) struct ApproveArgs {
    /// The job
    #[arg(value_name = "ID", value_parser = id)]
    pub(crate) id: Uuid,

    /// The content_hash of the result that was reviewed
    #[arg(long, value_name = "HASH")]
    pub(crate) hash: Option<String>,

    /// Publish even if the story changed since it was read
    #[arg(long)]
    pub(crate) publish_stale: bool,

    /// Print JSON to stdout instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// `jqa result`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  jqa result ID > SHOP-12.feature\n  jqa result ID --format csv --out cases.csv")]
pub(crate) struct ResultArgs {
    /// The job
    #[arg(value_name = "ID", value_parser = id)]
    pub(crate) id: Uuid,

    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Gherkin)]
    pub(crate) format: Format,

    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// `jqa fields`.
#[derive(Debug, Args)]
#[command(after_help = "Ids and names of this list go into the options of a Jira connection: subtasks and custom_fields.")]
pub(crate) struct FieldsArgs {
    /// The project, such as SHOP
    #[arg(value_name = "PROJECT")]
    pub(crate) project: String,

    /// Name of the Jira connection; the default one when not given
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,

    /// Print JSON to stdout instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// `jqa diff`.
#[derive(Debug, Args)]
#[command(
    after_help = "Ids are those of jobs (`jqa jobs list --issue SHOP-12`) or of results (history_id of a job).\nExample:\n  jqa diff BEFORE AFTER"
)]
pub(crate) struct DiffArgs {
    /// The earlier job or result
    #[arg(value_name = "BEFORE", value_parser = id)]
    pub(crate) before: Uuid,

    /// The later job or result
    #[arg(value_name = "AFTER", value_parser = id)]
    pub(crate) after: Uuid,

    /// Print JSON to stdout instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// `jqa story`.
#[derive(Debug, Args)]
pub(crate) struct StoryArgs {
    /// The story, such as SHOP-12
    #[arg(value_name = "KEY", value_parser = IssueKey::parse)]
    pub(crate) key: IssueKey,

    /// Name of the Jira connection; the default one when not given
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,

    /// Print JSON to stdout instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// `jqa search`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  jqa search 'project = SHOP AND status = \"To Do\" ORDER BY created'")]
pub(crate) struct SearchArgs {
    /// Jira's query language
    #[arg(value_name = "JQL")]
    pub(crate) jql: String,

    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = whole(1..=10_000_u32))]
    pub(crate) limit: u32,

    /// Print one JSON object a line to stdout instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which results.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  jqa suspects --issue SHOP-12\n  jqa generate SHOP-12 --delta     write anew only what the change touches"
)]
pub(crate) struct SuspectsArgs {
    /// Only those of this story
    #[arg(long = "issue", value_name = "KEY", value_parser = IssueKey::parse)]
    pub(crate) issue_key: Option<IssueKey>,

    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = whole(1..=10_000_u32))]
    pub(crate) limit: u32,

    /// Print one JSON object a line to stdout instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}
