//! A result as it is shown: what was made, and the hash by which edits and approvals name it.

use shared::domain::job::{JobKind, JobStatus};
use shared::domain::language::Language;
use shared::domain::request::JobRequest;
use shared::store::history;
use shared::store::job::Job;
use shared::store::made::{Made, MadeError};

use crate::problem::{Problem, codes};
use crate::routes::history::SuspectView;
use crate::state::Api;
use crate::view::word;

/// See the module.
#[derive(Debug, Default)]
pub(in crate::routes) struct Shown {
    pub(in crate::routes) made: Made,
    pub(in crate::routes) content_hash: String,
    /// What of its story is not what it was.
    pub(in crate::routes) suspect: Option<SuspectView>,
}

impl Shown {
    /// The result of a job; of a publication, what it publishes.
    pub(in crate::routes) async fn load(api: &Api, row: &Job) -> Result<Self, Problem> {
        let kind: JobKind = word(row, &row.kind)?;
        if kind == JobKind::Publication {
            return Self::load_published(api, row).await;
        }
        let content_hash = row.content_hash.clone().ok_or_else(|| no_result(row))?;
        let kept = history::of_job(api.db(), row.id).await?;
        let suspect = kept.as_ref().and_then(SuspectView::of);
        Ok(Self { made: Made::of_job(api.db(), row.id).await?, content_hash, suspect })
    }

    /// The result that a publication publishes, and what became of the targets.
    async fn load_published(api: &Api, row: &Job) -> Result<Self, Problem> {
        let request: JobRequest = serde_json::from_str(&row.request).map_err(Problem::internal)?;
        let published = Made::of_job(api.db(), row.id).await?.published;
        if published.is_empty() {
            return Err(no_result(row));
        }
        let result = match request.from {
            Some(from) => history::named_by(api.db(), from).await?,
            None => None,
        };
        let Some(result) = result else { return Ok(Self { made: Made { published, ..Made::default() }, ..Self::default() }) };
        let made = Made { published, ..Made::of_result(api.db(), &result).await? };
        Ok(Self { made, suspect: SuspectView::of(&result), content_hash: result.content_hash })
    }

    /// The language it is written in.
    pub(super) fn language(&self) -> Language {
        let made = &self.made;
        let written = made.criteria_set().map(|set| set.language).or_else(|| made.suite().map(|suite| suite.language));
        written.or_else(|| made.story.as_ref().map(|story| story.language)).unwrap_or(Language::English)
    }
}

impl From<MadeError> for Problem {
    fn from(error: MadeError) -> Self {
        match error {
            MadeError::Store(error) => error.into(),
            MadeError::Unreadable { .. } => Self::internal(error),
        }
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
