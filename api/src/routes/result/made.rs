//! What the stages of a job left behind.

use serde::de::DeserializeOwned;
use shared::domain::criterion::{CriteriaSet, Testable};
use shared::domain::job::{JobKind, JobStatus, Stage};
use shared::domain::language::Language;
use shared::domain::publish::Published;
use shared::domain::render::Output;
use shared::domain::request::JobRequest;
use shared::domain::result::{Authorship, CriteriaArtifact, PublishArtifact, SuiteArtifact};
use shared::domain::scenario::Suite;
use shared::domain::story::Story;
use shared::ports::Usage;
use shared::store::job::Job;
use shared::store::{artifact, history};

use crate::problem::{Problem, codes};
use crate::state::Api;
use crate::view::word;

/// A result, as it is stored.
#[derive(Debug, Default)]
pub(in crate::routes) struct Made {
    pub(in crate::routes) story: Option<Story>,
    pub(in crate::routes) criteria: Option<CriteriaArtifact>,
    pub(in crate::routes) suite: Option<SuiteArtifact>,
    pub(in crate::routes) published: Vec<Published>,
    pub(in crate::routes) content_hash: String,
}

impl Made {
    /// The result of a job; of a publication, what it publishes.
    pub(in crate::routes) async fn load(api: &Api, row: &Job) -> Result<Self, Problem> {
        let kind: JobKind = word(row, &row.kind)?;
        if kind == JobKind::Publication {
            return Self::load_published(api, row).await;
        }
        let content_hash = row.content_hash.clone().ok_or_else(|| no_result(row))?;
        let mut made = Self { content_hash, ..Self::default() };
        for artifact in artifact::of_job(api.db(), row.id).await? {
            match artifact.stage.parse() {
                Ok(Stage::Fetch) => made.story = Some(read(&artifact.data)?),
                Ok(Stage::Criteria) => made.criteria = Some(read(&artifact.data)?),
                Ok(Stage::Scenarios) => made.suite = Some(read(&artifact.data)?),
                Ok(Stage::Publish) => made.published = read::<PublishArtifact>(&artifact.data)?.published,
                Ok(Stage::Review) | Err(_) => {}
            }
        }
        Ok(made)
    }

    /// The result that a publication publishes, as the job that made it stores it, and what became of the targets.
    async fn load_published(api: &Api, row: &Job) -> Result<Self, Problem> {
        let request: JobRequest = serde_json::from_str(&row.request).map_err(Problem::internal)?;
        let published = artifact::find(api.db(), row.id, Stage::Publish).await?.ok_or_else(|| no_result(row))?;
        let mut made = Self { published: read::<PublishArtifact>(&published.data)?.published, ..Self::default() };
        let Some(from) = request.from else { return Ok(made) };
        let entry = match history::find(api.db(), from).await? {
            Some(entry) => Some(entry),
            None => history::of_job(api.db(), from).await?,
        };
        let source = entry.as_ref().map_or(from, |entry| entry.job_id);
        made.content_hash = entry.map(|entry| entry.content_hash).unwrap_or_default();
        for artifact in artifact::of_job(api.db(), source).await? {
            match artifact.stage.parse() {
                Ok(Stage::Fetch) => made.story = Some(read(&artifact.data)?),
                Ok(Stage::Criteria) => made.criteria = Some(read(&artifact.data)?),
                Ok(Stage::Scenarios) => made.suite = Some(read(&artifact.data)?),
                Ok(Stage::Publish | Stage::Review) | Err(_) => {}
            }
        }
        Ok(made)
    }

    /// The criteria of the job, or those its scenarios were written for.
    pub(in crate::routes) fn criteria_set(&self) -> Option<&CriteriaSet> {
        let own = self.criteria.as_ref().map(|artifact| &artifact.set);
        own.or_else(|| self.suite.as_ref().and_then(|artifact| artifact.criteria.as_ref()))
    }

    /// The scenarios.
    pub(in crate::routes) fn suite(&self) -> Option<&Suite> {
        self.suite.as_ref().map(|artifact| &artifact.suite)
    }

    /// Who wrote the last of it.
    pub(super) fn authorship(&self) -> Option<&Authorship> {
        self.suite.as_ref().map(|artifact| &artifact.by).or_else(|| self.criteria.as_ref().map(|artifact| &artifact.by))
    }

    /// What all of it cost.
    pub(super) fn usage(&self) -> Usage {
        let parts = [self.criteria.as_ref().map(|artifact| &artifact.by), self.suite.as_ref().map(|artifact| &artifact.by)];
        parts.into_iter().flatten().fold(Usage::default(), |mut sum, by| {
            sum += Usage { input_tokens: by.input_tokens, output_tokens: by.output_tokens };
            sum
        })
    }

    /// The language it is written in.
    pub(super) fn language(&self) -> Language {
        let written = self.criteria_set().map(|set| set.language).or_else(|| self.suite().map(|suite| suite.language));
        written.or_else(|| self.story.as_ref().map(|story| story.language)).unwrap_or(Language::English)
    }

    /// For the renderers.
    pub(in crate::routes) fn output<'a>(&'a self, row: &'a Job) -> Output<'a> {
        Output {
            story_key: self.story.as_ref().map_or(&row.issue_key, |story| &story.key),
            story_summary: self.story.as_ref().map_or("", |story| &story.summary),
            story_url: self.story.as_ref().map_or("", |story| &story.url),
            criteria: self.criteria_set(),
            suite: self.suite(),
        }
    }
}

/// A set without criteria.
pub(super) fn nothing(language: Language) -> CriteriaSet {
    CriteriaSet {
        language,
        testable: Testable::Yes,
        reasons: Vec::new(),
        criteria: Vec::new(),
        out_of_scope: Vec::new(),
        questions: Vec::new(),
        warnings: Vec::new(),
        findings: Vec::new(),
        dropped: Vec::new(),
    }
}

fn no_result(row: &Job) -> Problem {
    let detail = match row.status.parse() {
        Ok(JobStatus::Failed) => "The job failed before it had a result; its 'error' says why.",
        Ok(JobStatus::Cancelled) => "The job was cancelled before it had a result.",
        _ => "The job has not come to a result yet; GET /api/v1/jobs/{id}?wait=30s waits for it.",
    };
    Problem::new(codes::NO_RESULT_YET, detail)
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T, Problem> {
    serde_json::from_str(json).map_err(|error| Problem::internal(format!("a stored artifact cannot be read: {error}")))
}
