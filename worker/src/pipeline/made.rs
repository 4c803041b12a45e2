//! What the stages have made so far, as it was stored.

use serde::de::DeserializeOwned;
use shared::domain::criterion::CriteriaSet;
use shared::domain::job::{JobKind, Stage};
use shared::domain::publish::{PublishTarget, PublishWhat};
use shared::domain::render::Output;
use shared::domain::result::{Authorship, CriteriaArtifact, PublishArtifact, SuiteArtifact};
use shared::domain::scenario::Suite;
use shared::domain::story::Story;
use shared::domain::user::Permission;
use shared::domain::verdict::Failure;
use shared::jobs::{Claimed, Jobs};
use shared::store::artifact;
use shared::store::history;

use super::End;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) story: Option<Story>,
    pub(super) criteria: Option<CriteriaArtifact>,
    pub(super) suite: Option<SuiteArtifact>,
    pub(super) published: PublishArtifact,
    /// The latest results of the story before this job, for ids that stay; looked up once.
    before: Option<Before>,
}

/// Earlier results of a story.
#[derive(Debug, Clone, Default)]
pub(super) struct Before {
    pub(super) criteria: Option<CriteriaSet>,
    pub(super) suite: Option<Suite>,
}

impl Made {
    /// Loads the artifacts of a job, or for a publication those of the job it publishes.
    pub(super) async fn load(jobs: &Jobs, claimed: &Claimed) -> Result<Self, End> {
        let source = match (claimed.kind, claimed.request.from) {
            (JobKind::Publication, Some(from)) => history::find(jobs.db(), from).await?.map_or(from, |row| row.job_id),
            _ if claimed.stage == Stage::Fetch => return Ok(Self::default()),
            _ => claimed.fence.job_id,
        };
        let mut made = Self::default();
        for artifact in artifact::of_job(jobs.db(), source).await? {
            match artifact.stage.parse() {
                Ok(Stage::Fetch) => made.story = Some(read(&artifact.data, Stage::Fetch)?),
                Ok(Stage::Criteria) => made.criteria = Some(read(&artifact.data, Stage::Criteria)?),
                Ok(Stage::Scenarios) => made.suite = Some(read(&artifact.data, Stage::Scenarios)?),
                Ok(Stage::Publish) if source == claimed.fence.job_id => made.published = read(&artifact.data, Stage::Publish)?,
                Ok(Stage::Publish | Stage::Review) | Err(_) => {}
            }
        }
        Ok(made)
    }

    /// Earlier results of the story.
    pub(super) async fn before(&mut self, jobs: &Jobs, connection: &str) -> Result<Before, End> {
        if let Some(before) = &self.before {
            return Ok(before.clone());
        }
        let (criteria, suite) = history::latest(jobs.db(), connection, &self.story()?.id).await?;
        let before = Before {
            criteria: criteria.and_then(|json| serde_json::from_str(&json).ok()),
            suite: suite.and_then(|json| serde_json::from_str(&json).ok()),
        };
        self.before = Some(before.clone());
        Ok(before)
    }

    pub(super) fn story(&self) -> Result<&Story, Failure> {
        self.story.as_ref().ok_or_else(|| missing(Stage::Fetch))
    }

    /// The criteria of this job, or those its scenarios were written for.
    pub(super) fn criteria_set(&self) -> Option<&CriteriaSet> {
        let own = self.criteria.as_ref().map(|artifact| &artifact.set);
        own.or_else(|| self.suite.as_ref().and_then(|artifact| artifact.criteria.as_ref()))
    }

    pub(super) fn suite(&self) -> Option<&Suite> {
        self.suite.as_ref().map(|artifact| &artifact.suite)
    }

    pub(super) fn output(&self) -> Result<Output<'_>, Failure> {
        let story = self.story()?;
        Ok(Output {
            story_key: &story.key,
            story_summary: &story.summary,
            story_url: &story.url,
            criteria: self.criteria_set(),
            suite: self.suite(),
        })
    }

    /// Who wrote all of it, added up.
    pub(super) fn authorship(&self) -> Authorship {
        let parts = [self.criteria.as_ref().map(|a| &a.by), self.suite.as_ref().map(|a| &a.by)];
        parts.into_iter().flatten().fold(Authorship::default(), |mut sum, part| {
            let versions = [sum.prompt_version.as_str(), part.prompt_version.as_str()];
            sum.prompt_version = versions.into_iter().filter(|version| !version.is_empty()).collect::<Vec<_>>().join(" ");
            sum.provider.clone_from(&part.provider);
            sum.model.clone_from(&part.model);
            sum.input_tokens += part.input_tokens;
            sum.output_tokens += part.output_tokens;
            sum.calls += part.calls;
            sum
        })
    }

    pub(super) fn counts(&self) -> (usize, usize) {
        (self.criteria.as_ref().map_or(0, |a| a.set.criteria.len()), self.suite.as_ref().map_or(0, |a| a.suite.scenarios.len()))
    }

    /// What somebody must be allowed to publish this target.
    pub(super) fn rights_for(&self, target: PublishTarget) -> Vec<Permission> {
        let criteria = target.what != PublishWhat::Scenarios && self.criteria_set().is_some();
        let scenarios = target.what != PublishWhat::Criteria && self.suite.is_some();
        [(criteria, Permission::PublishCriteria), (scenarios, Permission::PublishScenarios)]
            .into_iter()
            .filter_map(|(needed, right)| needed.then_some(right))
            .collect()
    }

    /// Whether there is anything to write for a target.
    pub(super) fn has(&self, target: PublishTarget) -> bool {
        match target.what {
            PublishWhat::Criteria => self.criteria_set().is_some(),
            PublishWhat::Scenarios => self.suite.is_some(),
            PublishWhat::All => self.criteria_set().is_some() || self.suite.is_some(),
        }
    }
}

fn read<T: DeserializeOwned>(data: &str, stage: Stage) -> Result<T, Failure> {
    serde_json::from_str(data).map_err(|error| {
        Failure::fail(
            "job.artifact_unreadable",
            format!("what the stage {stage} stored cannot be read: {error}; submit the story again"),
        )
    })
}

fn missing(stage: Stage) -> Failure {
    Failure::fail("job.artifact_missing", format!("what the stage {stage} stored is gone; submit the story again"))
}
