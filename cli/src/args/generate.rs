//! `jqa generate`: the request of a job, and what to do with its result.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use shared::domain::issue_key::IssueKey;
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PublishMode, PublishTarget, PublishWhat};
use shared::domain::request::LlmChoice;
use uuid::Uuid;

use super::duration;
use super::value::{id, whole};

const AFTER_HELP: &str = "\
Examples:
  jqa generate SHOP-12 --wait
  jqa generate SHOP-12 SHOP-13 --kind acceptance-criteria --out features/
  jqa generate SHOP-12 --wait --publish comment --publish description --what criteria
  jqa generate SHOP-12 --wait --publish custom_field     our section of the field for criteria
  jqa generate SHOP-12 --wait --publish subtask          a sub-task for each scenario
  jqa generate SHOP-12 --review --publish comment        then: jqa jobs approve ID
  jqa generate SHOP-12 --preview                         what a model would be told, and the price
  jqa generate SHOP-12 --wait --json | jq -c 'select(.type == \"result\")'

Submitting is safe to repeat: each request carries an Idempotency-Key, and network errors are retried with it.";

/// The arguments of `jqa generate`.
#[derive(Clone, Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct GenerateArgs {
    /// Stories, such as SHOP-12
    #[arg(required = true, value_name = "KEY", value_parser = IssueKey::parse)]
    pub(crate) keys: Vec<IssueKey>,

    /// What to make
    #[arg(long, value_enum, default_value_t = Kind::FullPipeline)]
    pub(crate) kind: Kind,

    /// Show what would be sent to the model and what that may cost, and send nothing
    #[arg(long, conflicts_with_all = ["wait", "out", "format", "publish", "review"])]
    pub(crate) preview: bool,

    /// Ask the model even if it was asked the same not long ago
    #[arg(long)]
    pub(crate) fresh: bool,

    /// Ask the model in batches of its provider: half the price, within a day or two
    #[arg(long)]
    pub(crate) economy: bool,

    /// Keep what still holds of the latest accepted result, and write only what changes of the story touch
    #[arg(long)]
    pub(crate) delta: bool,

    /// Wait for the end, showing progress
    #[arg(long)]
    pub(crate) wait: bool,

    /// How long to wait; the jobs go on on the server after it
    #[arg(long, value_name = "SPAN", default_value = "10m", value_parser = duration::parse)]
    pub(crate) timeout: Duration,

    /// Write the results into this folder, one file a story (implies --wait)
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// How results are written; gherkin when not given (implies --wait)
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,

    /// Publish to Jira; may be given twice
    #[arg(long, value_name = "WHERE", value_parser = word::<PublishMode>())]
    pub(crate) publish: Vec<PublishMode>,

    /// What to publish; when not given: all, and of sub-tasks the scenarios
    #[arg(long, requires = "publish", value_parser = word::<PublishWhat>())]
    pub(crate) what: Option<PublishWhat>,

    /// What to do with a published section that a person changed since
    #[arg(long, requires = "publish", default_value = "keep", value_parser = word::<OnConflict>())]
    pub(crate) on_conflict: OnConflict,

    /// Close the sub-tasks and tests of scenarios that the result does not have any more
    #[arg(long, requires = "publish")]
    pub(crate) close_obsolete: bool,

    /// Publish even if the story changes meanwhile
    #[arg(long)]
    pub(crate) publish_stale: bool,

    /// Stop before publishing until a person approves
    #[arg(long)]
    pub(crate) review: bool,

    /// Language of the result (en, fr, de, es, nl, pt); the story's own when not given
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<String>,

    /// Which model writes: a provider, or provider/model
    #[arg(long, value_name = "PROVIDER[/MODEL]", value_parser = llm_choice)]
    pub(crate) llm: Option<LlmChoice>,

    /// Take the criteria from this job or history entry (test-scenarios only)
    #[arg(long, value_name = "ID", value_parser = id)]
    pub(crate) criteria_from: Option<Uuid>,

    /// Name of the Jira connection; the default one when not given
    #[arg(long, value_name = "NAME")]
    pub(crate) connection: Option<String>,

    /// Announce the end to this URL, signed
    #[arg(long, value_name = "URL")]
    pub(crate) callback_url: Option<String>,

    /// From -10 (later) to 10 (sooner)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole(-10..=10))]
    pub(crate) priority: Option<i32>,

    /// Print one JSON object a line to stdout instead of text
    #[arg(long)]
    pub(crate) json: bool,

    /// Makes repeated runs of one pipeline the same request: the key sent is PREFIX-kind-KEY
    #[arg(long, value_name = "PREFIX")]
    pub(crate) idempotency_key_prefix: Option<String>,
}

impl GenerateArgs {
    /// Whether the command stays until the jobs are at rest.
    pub(crate) fn waits(&self) -> bool {
        self.wait || self.out.is_some() || self.format.is_some()
    }

    /// The format of results.
    pub(crate) fn format(&self) -> Format {
        self.format.unwrap_or(Format::Gherkin)
    }

    /// What to publish where.
    pub(crate) fn targets(&self) -> Vec<PublishTarget> {
        self.publish.iter().map(|mode| PublishTarget::of(*mode, self.what)).collect()
    }
}

/// What `generate` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Criteria, then scenarios
    FullPipeline,
    /// Criteria alone
    AcceptanceCriteria,
    /// Scenarios for criteria that exist
    TestScenarios,
}

impl From<Kind> for JobKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::FullPipeline => Self::FullPipeline,
            Kind::AcceptanceCriteria => Self::AcceptanceCriteria,
            Kind::TestScenarios => Self::TestScenarios,
        }
    }
}

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A feature file
    Gherkin,
    /// For people
    Markdown,
    /// For spreadsheets
    Csv,
    /// Everything there is
    Json,
}

impl Format {
    /// The word in `?format=`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Gherkin => "gherkin",
            Self::Markdown => "markdown",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// How file names end.
    pub(crate) const fn extension(self) -> &'static str {
        match self {
            Self::Gherkin => "feature",
            Self::Markdown => "md",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// A parser for one of the domain's words, listed in help and in errors.
pub(crate) fn word<T>() -> impl clap::builder::TypedValueParser<Value = T>
where
    T: Word,
{
    use clap::builder::TypedValueParser as _;
    clap::builder::PossibleValuesParser::new(T::words()).try_map(|text| text.parse::<T>())
}

/// A domain enum of plain words.
pub(crate) trait Word:
    std::str::FromStr<Err: std::error::Error + Send + Sync + 'static> + Clone + Send + Sync + 'static
{
    /// Their spellings.
    fn words() -> Vec<&'static str>;
}

macro_rules! word {
    ($($name:ty),+) => {
        $(impl Word for $name {
            fn words() -> Vec<&'static str> {
                <$name>::ALL.iter().map(|value| value.as_str()).collect()
            }
        })+
    };
}
word!(
    PublishMode,
    PublishWhat,
    OnConflict,
    JobKind,
    shared::domain::batch::Skip,
    shared::domain::job::JobStatus,
    shared::domain::provider_batch::BatchDecision,
    shared::domain::provider_batch::ProviderBatchState,
    shared::domain::webhook::WebhookEvent,
    shared::store::delivery::DeliveryStatus,
    shared::domain::user::Role,
    shared::domain::user::Permission
);

/// Reads `provider` or `provider/model`; a model's name may hold further slashes.
pub(crate) fn llm_choice(text: &str) -> Result<LlmChoice, String> {
    let (provider, model) = text.split_once('/').map_or((text, None), |(provider, model)| (provider, Some(model)));
    if provider.is_empty() || model == Some("") {
        return Err("write it like offline, claude or openai_compatible/llama3.1".to_owned());
    }
    Ok(LlmChoice { provider: provider.to_owned(), model: model.map(str::to_owned) })
}
