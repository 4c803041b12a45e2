//! What was made of a story, as it is stored: by the stages of a job, or in a result that outlives its job.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::history::History;
use super::{Db, StoreError, artifact};
use crate::domain::criterion::CriteriaSet;
use crate::domain::job::{JobKind, Stage};
use crate::domain::publish::{PublishTarget, PublishWhat, Published};
use crate::domain::render::Output;
use crate::domain::result::{Authorship, CriteriaArtifact, PublishArtifact, SuiteArtifact, Used};
use crate::domain::scenario::Suite;
use crate::domain::story::Story;
use crate::domain::user::Permission;

/// See the module.
#[derive(Debug, Clone, Default)]
pub struct Made {
    /// The story as it was read.
    pub story: Option<Story>,
    /// Criteria that were written for it.
    pub criteria: Option<CriteriaArtifact>,
    /// Scenarios that were written for it.
    pub suite: Option<SuiteArtifact>,
    /// What became of each target.
    pub published: Vec<Published>,
}

/// Why it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MadeError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is stored is of another version.
    #[error("what the stage {stage} stored cannot be read: {cause}")]
    Unreadable {
        /// Which stage.
        stage: Stage,
        /// The parser's words.
        cause: String,
    },
}

impl Made {
    /// What the stages of a job left behind.
    pub async fn of_job(db: &Db, job_id: Uuid) -> Result<Self, MadeError> {
        let mut made = Self::default();
        for artifact in artifact::of_job(db, job_id).await? {
            match artifact.stage.parse() {
                Ok(Stage::Fetch) => made.story = Some(read(&artifact.data, Stage::Fetch)?),
                Ok(Stage::Criteria) => made.criteria = Some(read(&artifact.data, Stage::Criteria)?),
                Ok(Stage::Scenarios) => made.suite = Some(read(&artifact.data, Stage::Scenarios)?),
                Ok(Stage::Publish) => made.published = read::<PublishArtifact>(&artifact.data, Stage::Publish)?.published,
                Ok(Stage::Review) | Err(_) => {}
            }
        }
        Ok(made)
    }

    /// A result, as it was kept; and the story it rests on, as long as its job is kept.
    pub async fn of_result(db: &Db, row: &History) -> Result<Self, MadeError> {
        let fetched = artifact::find(db, row.job_id, Stage::Fetch).await?;
        let story = fetched.map(|artifact| read(&artifact.data, Stage::Fetch)).transpose()?;
        let set: Option<CriteriaSet> = read_some(row.acceptance_criteria_json.as_deref(), Stage::Criteria)?;
        let suite: Option<Suite> = read_some(row.test_scenarios_json.as_deref(), Stage::Scenarios)?;
        let by = authorship(row);
        // Scenarios alone are kept with the criteria they were written for, which are somebody else's work.
        let only_scenarios = row.kind == JobKind::TestScenarios.as_str();
        let (own, lent) = if only_scenarios { (None, set) } else { (set, None) };
        let (of_criteria, of_suite) = if suite.is_some() { (Authorship::default(), by) } else { (by, Authorship::default()) };
        Ok(Self {
            story,
            criteria: own.map(|set| CriteriaArtifact { set, by: of_criteria }),
            suite: suite.map(|suite| SuiteArtifact { suite, criteria: lent, by: of_suite }),
            published: Vec::new(),
        })
    }

    /// The story as Jira has it now stands in for the one a result rests on. It keeps the hash of that one, so that a change
    /// is noticed; and no time of its own, which would say that there was none.
    #[must_use]
    pub fn with_story_of_now(self, row: &History, now: Story) -> Self {
        Self { story: Some(Story { hash: row.source_hash.clone(), updated: String::new(), ..now }), ..self }
    }

    /// The criteria, or those its scenarios were written for.
    #[must_use]
    pub fn criteria_set(&self) -> Option<&CriteriaSet> {
        let own = self.criteria.as_ref().map(|artifact| &artifact.set);
        own.or_else(|| self.suite.as_ref().and_then(|artifact| artifact.criteria.as_ref()))
    }

    /// The scenarios.
    #[must_use]
    pub fn suite(&self) -> Option<&Suite> {
        self.suite.as_ref().map(|artifact| &artifact.suite)
    }

    /// Where what is published comes from: who wrote it with which prompt, from which state of the story, and the job that publishes
    /// it.
    #[must_use]
    pub fn origin(&self, job_id: Option<Uuid>) -> Value {
        let by = |by: &Authorship| {
            let model = if by.model.is_empty() { by.provider.clone() } else { format!("{}/{}", by.provider, by.model) };
            json!({ "by": model, "prompt": by.prompt_version })
        };
        json!({
            "job": job_id,
            "story": self.story.as_ref().map(|story| &story.hash),
            "criteria": self.criteria.as_ref().map(|artifact| by(&artifact.by)),
            "scenarios": self.suite.as_ref().map(|artifact| by(&artifact.by)),
        })
    }

    /// For the renderers; `key` names a story that is not known.
    #[must_use]
    pub fn output<'a>(&'a self, key: &'a str) -> Output<'a> {
        let story = self.story.as_ref();
        Output {
            story_key: story.map_or(key, |story| &story.key),
            story_summary: story.map_or("", |story| &story.summary),
            story_url: story.map_or("", |story| &story.url),
            criteria: self.criteria_set(),
            suite: self.suite(),
        }
    }

    /// Who wrote all of it, added up.
    #[must_use]
    pub fn authorship(&self) -> Authorship {
        let parts = [self.criteria.as_ref().map(|a| &a.by), self.suite.as_ref().map(|a| &a.by)];
        let written = parts.into_iter().flatten().filter(|by| !by.provider.is_empty());
        written.fold(Authorship::default(), |mut sum, part| {
            let versions = [sum.prompt_version.as_str(), part.prompt_version.as_str()];
            sum.prompt_version = versions.into_iter().filter(|version| !version.is_empty()).collect::<Vec<_>>().join(" ");
            sum.provider.clone_from(&part.provider);
            sum.model.clone_from(&part.model);
            sum.usage += part.usage;
            sum.calls += part.calls;
            sum
        })
    }

    /// How many criteria and scenarios were written.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.criteria.as_ref().map_or(0, |a| a.set.criteria.len()), self.suite().map_or(0, |suite| suite.scenarios.len()))
    }

    /// What somebody must be allowed to publish this target.
    #[must_use]
    pub fn rights_for(&self, target: PublishTarget) -> Vec<Permission> {
        let criteria = target.what != PublishWhat::Scenarios && self.criteria_set().is_some();
        let scenarios = target.what != PublishWhat::Criteria && self.suite.is_some();
        [(criteria, Permission::PublishCriteria), (scenarios, Permission::PublishScenarios)]
            .into_iter()
            .filter_map(|(needed, right)| needed.then_some(right))
            .collect()
    }

    /// Whether there is anything to write for a target.
    #[must_use]
    pub fn has(&self, target: PublishTarget) -> bool {
        match target.what {
            PublishWhat::Criteria => self.criteria_set().is_some(),
            PublishWhat::Scenarios => self.suite.is_some(),
            PublishWhat::All => self.criteria_set().is_some() || self.suite.is_some(),
        }
    }
}

fn authorship(row: &History) -> Authorship {
    let used: Used = serde_json::from_str(&row.usage_json).unwrap_or_default();
    Authorship {
        provider: row.provider.clone(),
        model: row.model.clone(),
        prompt_version: row.prompt_version.clone(),
        usage: used.usage,
        calls: used.calls,
        reused: used.reused,
    }
}

fn read_some<T: DeserializeOwned>(json: Option<&str>, stage: Stage) -> Result<Option<T>, MadeError> {
    json.map(|json| read(json, stage)).transpose()
}

fn read<T: DeserializeOwned>(json: &str, stage: Stage) -> Result<T, MadeError> {
    serde_json::from_str(json).map_err(|error| MadeError::Unreadable { stage, cause: error.to_string() })
}
