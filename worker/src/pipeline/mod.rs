//! The stages of a job. Each stores what it made before the next begins, so a job that is run again starts at the
//! first stage that has no artifact and pays for nothing twice.
//!
//! * [`fetch`]: read the story
//! * [`criteria`], [`scenarios`]: write and check, by [`author`], at the pace of [`pacing`], or in batches: [`in_batch`]
//! * [`publish`]: write to Jira

mod author;
mod criteria;
mod desk;
mod fetch;
mod in_batch;
mod pacing;
mod publish;
mod scenarios;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use shared::adapters::connections::{Author, Connections, JiraConnection, Known};
use shared::domain::criterion::CriteriaSet;
use shared::domain::delta::Earlier;
use shared::domain::job::{JobKind, Lane, Stage};
use shared::domain::scenario::Suite;
use shared::domain::story::Story;
use shared::domain::verdict::Failure;
use shared::jobs::accepted::Wanted;
use shared::jobs::{Advance, Claimed, Fenced, Jobs, Lease, Next};
use shared::ports::{Jira, Pacer};
use shared::store::llm_call::Settled;
use shared::store::made::{Made, MadeError};
use shared::store::publication::Written;
use shared::store::{StoreError, history};
use shared::telemetry::Metrics;
use tokio::sync::OnceCell;

use crate::runner::{Interrupted, Run};
pub(crate) use author::used_of;
use desk::{Desk, Desks};
use pacing::Pacing;

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
    /// Somebody asked to cancel.
    Cancelled,
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

impl From<MadeError> for End {
    fn from(error: MadeError) -> Self {
        match error {
            MadeError::Store(error) => error.into(),
            MadeError::Unreadable { .. } => {
                Failure::fail("job.artifact_unreadable", format!("{error}; submit the story again")).into()
            }
        }
    }
}

impl From<Fenced> for End {
    fn from(_: Fenced) -> Self {
        Self::Lost
    }
}

impl From<Interrupted> for End {
    fn from(why: Interrupted) -> Self {
        match why {
            Interrupted::Lost => Self::Lost,
            Interrupted::Stopping => Self::GiveBack,
            Interrupted::Cancelled => Self::Cancelled,
        }
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
    desks: Desks,
    pacing: Pacing,
    /// How long the answers of models stand in for the same questions; `None` = they do not.
    replies: Option<Duration>,
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
    /// The connections as they stood when this run began.
    known: Arc<Known>,
    /// Earlier results of the story, for ids that stay; looked up once.
    before: OnceCell<Before>,
    /// The project of the story, when it was read by this claim.
    project: OnceLock<String>,
    desk: Desk,
}

/// Earlier results of a story.
#[derive(Debug, Default)]
struct Before {
    criteria: Option<CriteriaSet>,
    suite: Option<Suite>,
}

impl Pipeline {
    /// Answers of models stand in for the same questions for so long.
    #[must_use]
    pub fn reusing_replies(mut self, within: Option<Duration>) -> Self {
        self.replies = within;
        self
    }

    /// A pipeline over these connections, at which so many jobs of each lane are worked on at once, not counting those that
    /// wait for a model.
    #[must_use]
    pub fn new(
        jobs: Jobs,
        connections: Arc<Connections>,
        metrics: Arc<Metrics>,
        pacer: Arc<dyn Pacer>,
        write_timeout: Duration,
        at_work: usize,
    ) -> Self {
        let pacing = Pacing::new(pacer, jobs.clock().clone());
        Self { jobs, connections, metrics, write_timeout, desks: Desks::new(at_work), pacing, replies: None }
    }

    /// How long a write to Jira can take at most.
    #[must_use]
    pub fn longest_write(&self) -> Duration {
        self.write_timeout
    }

    /// Runs the stages that are left. Answers how it ended, and the job as it stood then.
    pub async fn run(&self, claimed: Claimed, run: &Run, lease: &Lease) -> (End, Claimed) {
        let desk = match run.interruptible(self.desks.take(lane_of(&claimed))).await {
            Ok(desk) => desk,
            Err(Interrupted::Cancelled) => self.desks.take(lane_of(&claimed)).await,
            Err(why) => return (why.into(), claimed),
        };
        let known = match self.connections.now().await {
            Ok(known) => known,
            Err(error) => return (error.into(), claimed),
        };
        let mut context = Context {
            pipeline: self,
            began_with: claimed.stage,
            claimed,
            run,
            lease,
            known,
            before: OnceCell::new(),
            project: OnceLock::new(),
            desk,
        };
        let ended = match context.stages().await {
            Err(End::Cancelled) => context.end_cancelled().await,
            ended => ended,
        };
        let end = ended.err().unwrap_or(End::Done);
        (end, context.claimed)
    }
}

fn lane_of(claimed: &Claimed) -> Lane {
    claimed.row.lane.parse().unwrap_or(Lane::Interactive)
}

impl Context<'_> {
    async fn stages(&mut self) -> Result<(), End> {
        if self.claimed.is_to_be_cancelled() {
            return Err(End::Cancelled);
        }
        if self.deadline_passed() {
            return Err(
                Failure::fail("job.deadline_exceeded", "the job did not end before its deadline; submit or retry it").into()
            );
        }
        let mut made = self.made_before().await?;
        let mut ended = Vec::new();
        loop {
            if let Err(end) = self.may_begin() {
                self.keep(&ended).await?;
                return Err(end);
            }
            let stored = self.one(self.claimed.stage, &mut made).await?;
            ended.push(stored.advance);
            let Some(next) = self.claimed.stage_after(self.claimed.stage) else {
                return self.finish(&ended, &stored.written, &made).await;
            };
            if self.is_free(next)? {
                self.claimed.stage = next;
                continue;
            }
            let advanced = self.jobs().advance(&self.claimed, &ended, next).await?;
            let next = self.held(advanced, &ended).await?;
            self.run.stored_a_stage();
            match next {
                Next::Run(next) => self.claimed.moved_on_to(next),
                Next::Waits => return Ok(()),
                Next::Cancelled => return Err(End::Cancelled),
            }
            // Its room goes too: the next stage may wait for a model.
            ended = Vec::new();
        }
    }

    /// Stores stages that wait for the next one, which does not begin any more.
    async fn keep(&self, ended: &[Advance]) -> Result<(), End> {
        if ended.is_empty() {
            return Ok(());
        }
        let advanced = self.jobs().advance(&self.claimed, ended, self.claimed.stage).await?;
        self.held(advanced, ended).await.map(drop)
    }

    /// What is there to go on from: what earlier stages left behind or, for a publication, the result it publishes.
    async fn made_before(&self) -> Result<Made, End> {
        let db = self.jobs().db();
        match (self.claimed.kind, self.claimed.request.from) {
            (JobKind::Publication, Some(from)) => {
                let row = history::named_by(db, from).await?.ok_or_else(|| missing("the result to publish"))?;
                let made = Made::of_result(db, &row).await?;
                if made.story.is_some() {
                    return Ok(made);
                }
                // Its job is not kept any more; the story is where it was.
                Ok(made.with_story_of_now(&row, self.read_story(&row.issue_id).await?))
            }
            _ if self.claimed.stage == Stage::Fetch => Ok(Made::default()),
            _ => Ok(Made::of_job(db, self.claimed.fence.job_id).await?),
        }
    }

    /// Whether a stage only computes: nobody is paid and nothing is written, so what came before it is stored with it.
    fn is_free(&self, stage: Stage) -> Result<bool, Failure> {
        Ok(matches!(stage, Stage::Criteria | Stage::Scenarios) && matches!(self.author()?, Author::Offline))
    }

    async fn one(&self, stage: Stage, made: &mut Made) -> Result<Stored, End> {
        match stage {
            Stage::Fetch => self.fetch(made).await,
            Stage::Criteria => self.criteria(made).await,
            Stage::Scenarios => self.scenarios(made).await,
            // By far the largest of the futures.
            Stage::Publish => Box::pin(self.publish(made)).await,
            Stage::Review => Err(Failure::fail("job.wrong_stage", "a job under review was claimed; this is a defect").into()),
        }
    }

    /// Earlier results of the story.
    async fn before(&self, story: &Story) -> Result<&Before, End> {
        let look = || async {
            let (criteria, suite) = history::latest(self.jobs().db(), &self.claimed.row.connection, &story.id).await?;
            Ok::<_, End>(Before {
                criteria: criteria.and_then(|json| serde_json::from_str(&json).ok()),
                suite: suite.and_then(|json| serde_json::from_str(&json).ok()),
            })
        };
        self.before.get_or_try_init(look).await
    }

    /// The accepted result that a stage keeps things of, where that is asked for.
    async fn earlier(&self, story: &Story, stage: Stage) -> Result<Option<Box<Earlier>>, End> {
        if !self.claimed.request.delta {
            return Ok(None);
        }
        let row = &self.claimed.row;
        let wanted = Wanted { owner: row.owner_id, connection: &row.connection, from: None };
        // Few jobs ask for it: those that do not carry no room for it.
        Ok(Box::pin(self.jobs().earlier(story, wanted, stage)).await?.map(Box::new))
    }

    async fn finish(&self, ended: &[Advance], written: &[Written], made: &Made) -> Result<(), End> {
        let finished = self.jobs().finish(&self.claimed, ended, written).await?;
        if finished.is_err() {
            // What is in Jira is in Jira.
            for written in written {
                self.jobs().settle_publication(&self.claimed.fence, written).await?;
            }
        }
        let row = self.held(finished, ended).await?;
        self.count(made, &row);
        Ok(())
    }

    /// What a verb answered while the job was still ours. If it was not, the model calls of its stages were made all the same.
    async fn held<T>(&self, answer: Result<T, Fenced>, ended: &[Advance]) -> Result<T, End> {
        if answer.is_err() {
            for stage in ended {
                self.settle_calls(&stage.settled).await?;
            }
        }
        Ok(answer?)
    }

    async fn settle_calls(&self, calls: &[Settled]) -> Result<(), End> {
        for call in calls {
            self.jobs().settle_call(call).await?;
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
    fn may_begin(&self) -> Result<(), End> {
        self.run.may_not_begin().map_or(Ok(()), |why| Err(why.into()))
    }

    /// Waits for something that may be dropped at any point.
    async fn interruptible<F: Future>(&self, work: F) -> Result<F::Output, End> {
        Ok(self.run.interruptible(work).await?)
    }

    /// By the clock of the database: the claim was the last to change the row, at this time.
    fn deadline_passed(&self) -> bool {
        self.claimed.row.deadline_at <= self.claimed.row.updated_at
    }

    fn jobs(&self) -> &Jobs {
        &self.pipeline.jobs
    }

    fn jira(&self) -> Result<Arc<dyn Jira>, Failure> {
        self.connection()?.client()
    }

    /// The Jira connection of the job.
    fn connection(&self) -> Result<&JiraConnection, Failure> {
        let name = &self.claimed.row.connection;
        self.known.jira_of_job(name).map(AsRef::as_ref).ok_or_else(|| {
            let why = format!(
                "there is no Jira connection '{name}' any more; an administrator can make it again, and the job be retried"
            );
            Failure::fail("jira.not_configured", why)
        })
    }
}

/// The story that every stage after `fetch` needs.
fn story(made: &Made) -> Result<&Story, Failure> {
    made.story.as_ref().ok_or_else(|| missing("the story as it was read"))
}

fn missing(what: &str) -> Failure {
    Failure::fail("job.artifact_missing", format!("{what} is gone; submit the story again"))
}
