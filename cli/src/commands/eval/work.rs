//! Writes for the stories: each run on a stage of its own, so that nothing of one reaches another.

use anyhow::Context as _;
use futures::StreamExt as _;
use serde_json::json;
use shared::adapters::llm::OFFLINE;
use shared::config::Source;
use shared::domain::job::{JobKind, JobStatus};
use shared::domain::measures::Effort;
use shared::ports::{Clock as _, SystemClock};
use shared::store::made::Made;
use tokio::time::Instant;

use super::stories::Chosen;
use crate::client::Client;
use crate::client::views::JobView;
use crate::commands::demo::stage::{Scene, Stage};
use crate::commands::generate::order::{Order, Outcome, work};
use crate::commands::signal::wish_to_end;
use crate::exit::Exit;
use crate::output::progress::Progress;
use crate::output::style;
use crate::output::tally::Tally;
use crate::output::{plain, span};

/// What is the same for every run.
pub(super) struct Task<'a> {
    /// All stories there are: one may be the parent of another.
    pub(super) all: &'a [Chosen],
    /// Those that are written for.
    pub(super) chosen: &'a [Chosen],
    /// How many at a time.
    pub(super) concurrency: usize,
    /// When all of it is to be done.
    pub(super) deadline: Instant,
    /// Whether stdout is JSON.
    pub(super) json: bool,
}

/// Who writes.
pub(super) struct Writer {
    /// The provider.
    pub(super) provider: String,
    /// Its settings.
    pub(super) settings: Source,
}

/// What came of a story.
pub(super) struct Written {
    /// Where its job ended.
    pub(super) status: String,
    /// Why it did not succeed.
    pub(super) error: Option<String>,
    /// What its stages left behind.
    pub(super) made: Made,
    /// What it took.
    pub(super) effort: Effort,
    /// What it means for the program.
    pub(super) exit: Exit,
}

impl Task<'_> {
    /// One run over the stories, in their order; `None` when somebody wished to end.
    pub(super) async fn run(&self, writer: &Writer, what: &str) -> anyhow::Result<Option<Vec<Written>>> {
        let stories = self.all.iter().map(|chosen| chosen.story.clone()).collect();
        let scene = Scene { jira: sandbox::Options::with_stories(stories), writer: writer.settings.clone(), ..Scene::default() };
        let stage = Stage::set(scene).await?;
        let worked = tokio::select! {
            worked = Box::pin(self.write(&stage, writer, what)) => worked.map(Some),
            () = stage.server_ended() => Err(anyhow::anyhow!("the server ended by itself; its log says why")),
            () = wish_to_end() => Ok(None),
        };
        stage.clear().await;
        worked
    }

    async fn write(&self, stage: &Stage, writer: &Writer, what: &str) -> anyhow::Result<Vec<Written>> {
        let client = stage.client().await?;
        let tally = Tally::new(what, self.chosen.len(), self.json);
        let all = futures::stream::iter(self.chosen.iter().enumerate()).map(|(index, chosen)| {
            let (client, tally) = (&client, &tally);
            async move {
                let written = self.one(client, stage, writer, chosen).await?;
                tally.done(&plain(&chosen.name), &verdict(&written));
                anyhow::Ok((index, written))
            }
        });
        let mut all: Vec<(usize, Written)> =
            all.buffer_unordered(self.concurrency).collect::<Vec<_>>().await.into_iter().collect::<anyhow::Result<_>>()?;
        all.sort_by_key(|(index, _)| *index);
        Ok(all.into_iter().map(|(_, written)| written).collect())
    }

    async fn one(&self, client: &Client, stage: &Stage, writer: &Writer, chosen: &Chosen) -> anyhow::Result<Written> {
        let order = Order {
            kind: JobKind::FullPipeline,
            key: chosen.story.key.clone(),
            body: json!({"issue_key": chosen.story.key}),
            idempotency_key: SystemClock.new_id().to_string(),
        };
        let outcome = work(client, order, &Progress::Silent, Some(self.deadline)).await;
        let made = match outcome.id {
            Some(id) => {
                Made::of_job(stage.db(), id).await.with_context(|| format!("what was made for {} is lost", chosen.name))?
            }
            None => Made::default(),
        };
        Ok(written(outcome, made, &writer.provider))
    }
}

fn written(outcome: Outcome, made: Made, provider: &str) -> Written {
    let Outcome { job, error, exit, .. } = outcome;
    let mut effort = Effort::of(&made.authorship(), job.as_ref().map_or(0, millis));
    if exit != Exit::Success && provider != OFFLINE {
        // Calls of a stage that did not end are not among what was made.
        effort.cost_nano_usd = None;
    }
    let (status, error) = match (job, exit) {
        (Some(job), _) => (job.status.to_string(), job.error.map(|error| format!("{} [{}]", error.message, error.code))),
        (None, Exit::TimedOut) => ("not_done".to_owned(), Some("it was not done in time; --timeout gives more".to_owned())),
        (None, _) => ("refused".to_owned(), Some(error)),
    };
    Written { status, error, made, effort, exit }
}

fn millis(job: &JobView) -> u64 {
    let ended = job.ended_at.unwrap_or(job.created_at);
    u64::try_from((ended - job.created_at).num_milliseconds()).unwrap_or(0)
}

fn verdict(written: &Written) -> String {
    let took = span(std::time::Duration::from_millis(written.effort.millis));
    match &written.error {
        None if written.status == JobStatus::Succeeded.as_str() => format!("{} ({took})", style::good(&written.status)),
        error => {
            format!("{} ({took}): {}", style::bad(&written.status), plain(error.as_deref().unwrap_or("no reason")))
        }
    }
}
