//! The stages of a job. Each stores what it made before the next begins, so a job that is run again starts at the
//! first stage that has no artifact and pays for nothing twice.
//!
//! * [`fetch`]: read the story
//! * [`criteria`], [`scenarios`]: write and check, by [`author`]
//! * [`publish`], [`remove`]: write to Jira

mod author;
mod criteria;
mod fetch;
mod made;
mod publish;
mod remove;
mod scenarios;

use std::sync::Arc;
use std::time::Duration;

use shared::adapters::connections::Connections;
use shared::domain::job::{JobKind, Stage};
use shared::domain::verdict::Failure;
use shared::jobs::{Advance, Claimed, Fenced, Jobs, Lease, Next};
use shared::ports::Jira;
use shared::store::StoreError;
use shared::store::llm_call::Settled;
use shared::store::publication::Written;
use shared::telemetry::Metrics;

use crate::runner::{Interrupted, Run};
use made::Made;

/// How a run ended.
#[derive(Debug)]
pub enum End {
    /// The job ended, or waits for a person; everything is recorded.
    Done,
    /// A stage failed; its verdict is to be settled.
    Failed(Failure),
    /// The process stops; the job goes back.
    GiveBack,
    /// Somebody else has the job; nothing may be written.
    Lost,
    /// The database refused what comes before a write to Jira: somebody asked to cancel, or the job is not ours any more.
    Refused,
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "the database failed a stage");
        Self::Failed(Failure::retry("store.unavailable", "the database did not do what a stage needed; it is tried again"))
    }
}

impl From<Fenced> for End {
    fn from(_: Fenced) -> Self {
        Self::Lost
    }
}

/// What a stage came to.
#[derive(Debug)]
struct Stored {
    advance: Advance,
    written: Vec<Written>,
}

/// See the module.
pub struct Pipeline {
    jobs: Jobs,
    connections: Arc<Connections>,
    metrics: Arc<Metrics>,
    /// Time limit of a write to Jira.
    write_timeout: Duration,
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").finish_non_exhaustive()
    }
}

/// Everything a stage may use.
struct Context<'a> {
    pipeline: &'a Pipeline,
    /// The job as it stands: its stage moves on with every commit.
    claimed: Claimed,
    /// The stage at which this run began.
    began_with: Stage,
    run: &'a Run,
    lease: &'a Lease,
}

impl Pipeline {
    /// A pipeline over these connections.
    #[must_use]
    pub fn new(jobs: Jobs, connections: Arc<Connections>, metrics: Arc<Metrics>, write_timeout: Duration) -> Self {
        Self { jobs, connections, metrics, write_timeout }
    }

    /// How long a write to Jira can take at most.
    #[must_use]
    pub fn longest_write(&self) -> Duration {
        self.write_timeout
    }

    /// Runs the stages that are left. Answers how it ended, and the job as it stood then.
    pub async fn run(&self, claimed: Claimed, run: &Run, lease: &Lease) -> (End, Claimed) {
        let mut context = Context { pipeline: self, began_with: claimed.stage, claimed, run, lease };
        let end = match context.stages().await {
            Ok(()) => End::Done,
            Err(end) => end,
        };
        (end, context.claimed)
    }
}

impl Context<'_> {
    async fn stages(&mut self) -> Result<(), End> {
        if self.deadline_passed() {
            return Err(
                Failure::fail("job.deadline_exceeded", "the job did not end before its deadline; submit or retry it").into()
            );
        }
        let mut made = Made::load(self.jobs(), &self.claimed).await?;
        loop {
            self.may_begin().await?;
            let stored = self.one(self.claimed.stage, &mut made).await?;
            let Some(next) = self.claimed.stage_after(self.claimed.stage) else {
                return self.finish(&stored, &made).await;
            };
            let advanced = self.jobs().advance(&self.claimed, &stored.advance, next).await?;
            let next = self.held(advanced, &stored).await?;
            self.run.stored_a_stage();
            match next {
                Next::Run(next) => self.claimed.moved_on_to(next),
                Next::Waits => return Ok(()),
                Next::Cancelled => return self.end_cancelled(&[]).await,
            }
        }
    }

    async fn one(&self, stage: Stage, made: &mut Made) -> Result<Stored, End> {
        match stage {
            Stage::Fetch => self.fetch(made).await,
            Stage::Criteria => self.criteria(made).await,
            Stage::Scenarios => self.scenarios(made).await,
            Stage::Publish => self.publish(made).await,
            Stage::Review => Err(Failure::fail("job.wrong_stage", "a job under review was claimed; this is a defect").into()),
        }
    }

    async fn finish(&self, stored: &Stored, made: &Made) -> Result<(), End> {
        let finished = self.jobs().finish(&self.claimed, &stored.advance, &stored.written).await?;
        let row = self.held(finished, stored).await?;
        self.count(made, &row);
        Ok(())
    }

    /// What a verb answered while the job was still ours. If it was not, the model calls of the stage were made all the same.
    async fn held<T>(&self, answer: Result<T, Fenced>, stored: &Stored) -> Result<T, End> {
        if answer.is_err() {
            self.settle_calls(&stored.advance.settled).await?;
        }
        Ok(answer?)
    }

    async fn settle_calls(&self, calls: &[Settled]) -> Result<(), End> {
        for call in calls {
            self.jobs().settle_call(*call).await?;
        }
        Ok(())
    }

    fn count(&self, made: &Made, row: &shared::store::job::Job) {
        let (criteria, scenarios) = made.counts();
        self.pipeline.metrics.generated(criteria, scenarios);
        if self.claimed.kind == JobKind::FullPipeline {
            let took = row.ended_at.unwrap_or(row.updated_at) - row.created_at;
            self.pipeline.metrics.pipeline_ended(took as f64 / 1000.0);
        }
    }

    /// No stage begins after a cancel, a lost lease or the word to stop.
    async fn may_begin(&self) -> Result<(), End> {
        match self.run.may_not_begin() {
            None => Ok(()),
            Some(why) => self.interrupted(why).await,
        }
    }

    async fn interrupted(&self, why: Interrupted) -> Result<(), End> {
        match why {
            Interrupted::Lost => Err(End::Lost),
            Interrupted::Stopping => Err(End::GiveBack),
            Interrupted::Cancelled => {
                self.end_cancelled(&[]).await?;
                Err(End::Done)
            }
        }
    }

    async fn end_cancelled(&self, published: &[Written]) -> Result<(), End> {
        Ok(self.jobs().end_cancelled(&self.claimed, published).await??)
    }

    /// Waits for something that may be dropped at any point.
    async fn interruptible<F: Future>(&self, work: F) -> Result<F::Output, End> {
        match self.run.interruptible(work).await {
            Ok(done) => Ok(done),
            Err(why) => {
                self.interrupted(why).await?;
                Err(End::Done)
            }
        }
    }

    fn deadline_passed(&self) -> bool {
        self.claimed.row.deadline_at <= self.jobs().clock().now_ms()
    }

    fn jobs(&self) -> &Jobs {
        &self.pipeline.jobs
    }

    fn jira(&self) -> Result<Arc<dyn Jira>, Failure> {
        let name = &self.claimed.row.connection;
        self.pipeline.connections.jira(Some(name)).map(|(_, jira)| jira).ok_or_else(|| {
            Failure::fail(
                "jira.not_configured",
                format!("the Jira connection '{name}' is not configured on this worker; see JQA_JIRA_URL"),
            )
        })
    }
}
