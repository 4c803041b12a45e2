//! `jqa batch` and `jqa batches …`: many stories in one request.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use shared::domain::batch::{MOST_AT_ONCE, MOST_JOBS, Skip};
use shared::domain::issue_key::IssueKey;
use shared::domain::job::JobStatus;
use shared::domain::publish::{OnConflict, PublishMode, PublishTarget, PublishWhat};
use shared::domain::request::LlmChoice;
use uuid::Uuid;

use super::duration;
use super::generate::{Format, Kind, llm_choice, word};
use super::value::{story_batch_id, whole};

const AFTER_HELP: &str = "\
Examples:
  jqa batch --jql 'project = SHOP AND sprint in openSprints()' --wait
  jqa batch --jql 'project = SHOP' --kind acceptance-criteria --concurrency 8 --max-cost-usd 20
  jqa batch SHOP-12 SHOP-13 SHOP-14 --publish comment --wait
  jqa batch --jql 'project = SHOP' --force               also stories that say nothing new
  jqa batches pause ID                                   then: resume, cancel, retry

Stories whose latest accepted result still says what they say are skipped. One bad story is one bad story: the others go on.";

/// The arguments of `jqa batch`.
#[derive(Clone, Debug, Args)]
#[command(after_help = AFTER_HELP, group = ArgGroup::new("stories").required(true).args(["keys", "jql"]))]
pub(crate) struct BatchArgs {
    /// Stories, such as SHOP-12
    #[arg(value_name = "KEY", value_parser = IssueKey::parse)]
    pub(crate) keys: Vec<IssueKey>,

    /// The stories that a query finds
    #[arg(long, value_name = "JQL")]
    pub(crate) jql: Option<String>,

    /// What each job makes
    #[arg(long, value_enum, default_value_t = Kind::FullPipeline)]
    pub(crate) kind: Kind,

    /// Most jobs at once; 4 when not given
    #[arg(long, value_name = "N", value_parser = whole(1..=MOST_AT_ONCE))]
    pub(crate) concurrency: Option<u32>,

    /// Most jobs; stories beyond are left out; 1000 when not given
    #[arg(long, value_name = "N", value_parser = whole(1..=MOST_JOBS))]
    pub(crate) max_issues: Option<u32>,

    /// Dollars that all calls may cost; then the batch is paused
    #[arg(long, value_name = "DOLLARS")]
    pub(crate) max_cost_usd: Option<f64>,

    /// Make a new result even where the latest accepted one still says what the story says
    #[arg(long)]
    pub(crate) force: bool,

    /// Ask the model even if it was asked the same not long ago
    #[arg(long)]
    pub(crate) fresh: bool,

    /// Ask the model in batches of its provider: half the price, within a day or two
    #[arg(long)]
    pub(crate) economy: bool,

    /// Keep what still holds of the latest accepted results, and write only what changes touch
    #[arg(long)]
    pub(crate) delta: bool,

    /// Publish to Jira; may be given more than once
    #[arg(long, value_name = "WHERE", value_parser = word::<PublishMode>())]
    pub(crate) publish: Vec<PublishMode>,

    /// What to publish; when not given: all, and of sub-tasks and tests the scenarios
    #[arg(long, requires = "publish", value_parser = word::<PublishWhat>())]
    pub(crate) what: Option<PublishWhat>,

    /// What to do with what a person changed since
    #[arg(long, requires = "publish", value_parser = word::<OnConflict>())]
    pub(crate) on_conflict: Option<OnConflict>,

    /// Close the sub-tasks and tests of scenarios that a result does not have any more
    #[arg(long, requires = "publish")]
    pub(crate) close_obsolete: bool,

    /// Stop each job before publishing until a person approves
    #[arg(long)]
    pub(crate) review: bool,

    /// Language of the results (en, fr, de, es, nl, pt); each story's own when not given
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,

    /// Which model writes: a provider, or provider/model
    #[arg(long, value_name = "PROVIDER[/MODEL]", value_parser = llm_choice)]
    pub(crate) llm: Option<LlmChoice>,

    /// Name of the Jira connection; the default one when not given
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,

    /// From -10 (later) to 10 (sooner)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole(-10..=10))]
    pub(crate) priority: Option<i32>,

    /// Makes repeated runs of one pipeline the same batch
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,

    /// Wait for the end, showing progress
    #[arg(long)]
    pub(crate) wait: bool,

    /// Write the results into this folder, one file a story (implies --wait)
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// How results are written
    #[arg(long, value_enum, default_value_t = Format::Gherkin, requires = "out")]
    pub(crate) format: Format,

    /// How long to wait; the batch goes on on the server after it
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = duration::parse)]
    pub(crate) timeout: Duration,

    /// Print the batch as JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

impl BatchArgs {
    /// What to publish where.
    pub(crate) fn targets(&self) -> Vec<PublishTarget> {
        self.publish.iter().map(|mode| PublishTarget::of(*mode, self.what)).collect()
    }
}

/// `jqa batches …`.
#[derive(Debug, Subcommand)]
pub(crate) enum BatchesCommand {
    /// List batches, newest first
    List(ListBatchesArgs),
    /// Show one
    Show(ThatBatchArgs),
    /// Show one until it is at rest
    Watch(WatchBatchArgs),
    /// List the stories of one
    Items(ItemsArgs),
    /// Begin nothing new; what runs goes on
    Pause(ThatBatchArgs),
    /// Go on with a paused one
    Resume(ThatBatchArgs),
    /// End what was not begun, and ask what runs to stop
    Cancel(ThatBatchArgs),
    /// Start the failed jobs of one again
    Retry(ThatBatchArgs),
}

/// Which batches.
#[derive(Debug, Args)]
pub(crate) struct ListBatchesArgs {
    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = whole(1..=10_000_u32))]
    pub(crate) limit: u32,

    /// Print one JSON object a line to stdout instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which batch.
#[derive(Debug, Args)]
pub(crate) struct ThatBatchArgs {
    /// The batch's id, as `jqa batches list` shows it
    #[arg(value_name = "ID", value_parser = story_batch_id)]
    pub(crate) id: Uuid,

    /// Print the batch as JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which batch, and for how long.
#[derive(Debug, Args)]
pub(crate) struct WatchBatchArgs {
    #[command(flatten)]
    pub(crate) batch: ThatBatchArgs,

    /// How long to wait; the batch goes on on the server after it
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = duration::parse)]
    pub(crate) timeout: Duration,
}

/// Which stories.
#[derive(Debug, Args)]
pub(crate) struct ItemsArgs {
    /// The batch's id, as `jqa batches list` shows it
    #[arg(value_name = "ID", value_parser = story_batch_id)]
    pub(crate) id: Uuid,

    /// Only those whose job stands so
    #[arg(long, value_name = "STATUS", value_parser = word::<JobStatus>())]
    pub(crate) status: Option<JobStatus>,

    /// Only those without a job, for this reason
    #[arg(long, value_name = "REASON", value_parser = word::<Skip>())]
    pub(crate) skip: Option<Skip>,

    /// At most this many
    #[arg(long, default_value_t = 100, value_parser = whole(1..=10_000_u32))]
    pub(crate) limit: u32,

    /// Print one JSON object a line to stdout instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}
