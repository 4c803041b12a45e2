//! `jqa eval`: which stories, who writes, what is compared and asked for.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use shared::adapters::llm::{PROVIDERS, spec};
use shared::domain::measures::Floor;

use super::duration;
use super::value::whole;

const AFTER_HELP: &str = "\
A server of its own and a Jira double run the same pipeline as `jqa serve`, on a temporary database; nothing is published.
The model is that of JQA_LLM_PROVIDER, JQA_LLM_MODEL and the other JQA_LLM_ settings, unless --provider and --model say
otherwise. Stories are JSON lines as for `jqa sandbox --stories`, or Markdown files whose first line is '# Summary'; of a
folder all its .jsonl, .json and .md files. What each measure counts: docs/evaluation.md.

Examples:
  jqa eval stories.jsonl                                       the offline drafter alone
  JQA_LLM_API_KEY_FILE=key jqa eval stories/ --provider claude --out claude.json
  jqa eval stories/ --provider claude --model claude-haiku-5-5 --against claude.json
  jqa eval stories.jsonl --fail-under coverage=95 --fail-under evidence=98      in CI; ends with 6 when one is not held
  jqa eval stories.jsonl --json | jq -c 'select(.type == \"total\") | .measures'";

/// The arguments of `jqa eval`.
#[derive(Clone, Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct EvalArgs {
    /// Files of stories, or folders that hold them
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Who writes; the offline drafter is measured beside it, as the baseline
    #[arg(long, value_name = "PROVIDER", value_parser = provider())]
    pub(crate) provider: Option<String>,

    /// The model to ask for
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,

    /// Only these stories, by issue key or by the name in the table
    #[arg(long, value_name = "KEY", num_args = 1..)]
    pub(crate) only: Vec<String>,

    /// At most this many stories, from the first on
    #[arg(long, value_name = "N", value_parser = whole(1..=100_000_usize))]
    pub(crate) limit: Option<usize>,

    /// Write for each story this often, each time anew, and measure how much the runs have in common
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole(1..=20_u32))]
    pub(crate) runs: u32,

    /// Stories that are worked on at a time
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = whole(1..=256_usize))]
    pub(crate) concurrency: usize,

    /// How long all of it may take
    #[arg(long, value_name = "SPAN", default_value = "1h", value_parser = duration::parse)]
    pub(crate) timeout: Duration,

    /// Keep the run in this file, to compare others with it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// Compare with the run kept in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,

    /// End with 6 if a measure is under this, such as coverage=95; may be given several times
    #[arg(long, value_name = "MEASURE=PERCENT", value_parser = str::parse::<Floor>)]
    pub(crate) fail_under: Vec<Floor>,

    /// Print one JSON object a line to stdout instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

/// A reader of providers by their name or alias, which answers the name.
fn provider() -> impl clap::builder::TypedValueParser<Value = String> {
    let names = PROVIDERS.iter().flat_map(|spec| [Some(spec.name), spec.alias]).flatten();
    PossibleValuesParser::new(names).map(|name| spec(&name).map_or(name, |spec| spec.name.to_owned()))
}
