//! A person decides: edit, approve.

mod described;
mod edited;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use shared::domain::checks;
use shared::domain::finding::Finding;
use shared::domain::job::JobStatus;
use shared::domain::result::content_hash;
use shared::domain::user::Permission;
use shared::jobs::{Approval, Edit, JobError};
use shared::store::job::Job;
use shared::store::made::Made;
use utoipa::ToSchema;

use self::edited::EditBody;
use super::jobs::{answer, approving_needs, visible};
use super::result::{self, Format, Shown};
use crate::extract::{Allowed, Body, Fields, FromFields, Id, IfMatch, PublishCriteria};
use crate::problem::{FieldError, Problem, codes};
use crate::state::Api;
use crate::view::{JobView, word};

/// The result that was seen.
#[derive(Debug, Default, ToSchema)]
#[schema(as = Approve)]
pub(super) struct ApproveBody {
    /// `content_hash` of the result; `If-Match` will do as well.
    #[schema(required = false)]
    content_hash: Option<String>,
    /// Publish even if the story changed since it was read; without it such a job stops again as `story.changed`.
    #[schema(required = false)]
    publish_stale: bool,
}

impl FromFields for ApproveBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            content_hash: fields.optional("content_hash"),
            publish_stale: fields.optional("publish_stale").unwrap_or_default(),
        })
    }
}

/// Edit a result that awaits review.
///
/// Criteria need `publish_criteria`, scenarios `publish_scenarios`. Each list replaces the old one; the checks run again,
/// and ids, Gherkin, findings and coverage are computed anew.
#[utoipa::path(patch, path = "/jobs/{id}/result", tag = "jobs", request_body = EditBody,
    params(("id" = Uuid, Path), ("If-Match" = String, Header, description = "The ETag of the result that was edited.")),
    responses((status = 200, body = result::ResultView, headers(("ETag" = String)))))]
pub(super) async fn edit(
    State(api): State<Api>,
    caller: Allowed<PublishCriteria>,
    Id(id): Id,
    IfMatch(seen): IfMatch,
    Body(body): Body<EditBody>,
) -> Result<Response, Problem> {
    let row = visible(&api, &caller, id).await?;
    if body.scenarios.is_some() {
        caller.must(Permission::PublishScenarios)?;
    }
    let seen = in_review(&row, seen)?;
    let Shown { made, suspect, .. } = Shown::load(&api, &row).await?;
    // The checks of a large result are work for a thread of their own.
    let made = tokio::task::spawn_blocking(move || change(made, body)).await.map_err(Problem::internal)??;
    let content_hash = content_hash(made.criteria_set(), made.suite());
    let edit = Edit { seen, content_hash: content_hash.clone(), criteria: made.criteria.clone(), suite: made.suite.clone() };
    let edited = api.jobs.edit(id, &edit, &caller.actor()).await?;
    result::answer(&edited.job, &Shown { made, content_hash, suspect }, Format::Json)
}

/// Approve the result that was seen.
///
/// Needs `publish_criteria` or `publish_scenarios`, by what the job made. The job goes on to publish, or has succeeded. A job
/// that stopped as `story.changed` goes on only with `publish_stale`.
#[utoipa::path(post, path = "/jobs/{id}/approve", tag = "jobs", request_body = Option<ApproveBody>,
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header)), responses((status = 200, body = JobView)))]
pub(super) async fn approve(
    State(api): State<Api>,
    caller: Allowed<PublishCriteria>,
    Id(id): Id,
    IfMatch(matching): IfMatch,
    body: Option<Body<ApproveBody>>,
) -> Result<Response, Problem> {
    let row = visible(&api, &caller, id).await?;
    for permission in approving_needs(&row)? {
        caller.must(permission)?;
    }
    let body = body.map(|Body(body)| body).unwrap_or_default();
    let seen = body.content_hash.or(matching).ok_or_else(|| {
        Problem::new(codes::NO_IF_MATCH, "Name the result that was seen: its content_hash in the body, or If-Match.")
    })?;
    let approval = Approval { seen, publish_stale: body.publish_stale };
    let row = api.jobs.approve(id, &approval, &caller.actor()).await?;
    answer(&api, StatusCode::OK, &row).await
}

/// Refuses early what the verb would refuse: the checks need not run for it.
fn in_review(row: &Job, seen: Option<String>) -> Result<String, Problem> {
    let missing = || Problem::new(codes::NO_IF_MATCH, "Send the ETag of the result that was edited as If-Match.");
    let seen = seen.ok_or_else(missing)?;
    let status: JobStatus = word(row, &row.status)?;
    if status != JobStatus::AwaitingReview {
        let hint = "only a job that awaits review can be edited or approved";
        return Err(JobError::WrongStatus { status, code: codes::JOB_NOT_IN_REVIEW.code, hint }.into());
    }
    if row.content_hash.as_ref() != Some(&seen) {
        return Err(JobError::ContentChanged.into());
    }
    Ok(seen)
}

/// The result with the edit, checked again.
fn change(mut made: Made, body: EditBody) -> Result<Made, Problem> {
    let (criteria_before, suite_before) = (made.criteria_set().cloned(), made.suite().cloned());
    let story = made.story.take().ok_or_else(|| Problem::internal("a job in review has no story"))?;
    let mut errors = Vec::new();
    match (body.criteria, &mut made.criteria) {
        (Some(criteria), Some(artifact)) => artifact.set.criteria = criteria,
        (Some(_), None) => errors.push(FieldError::invalid("criteria", "this job made no criteria")),
        (None, _) => {}
    }
    match (body.scenarios, &mut made.suite) {
        (Some(scenarios), Some(artifact)) => artifact.suite.scenarios = scenarios,
        (Some(_), None) => errors.push(FieldError::invalid("suite", "this job made no scenarios")),
        (None, _) => {}
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    if let Some(artifact) = &mut made.criteria {
        let before = criteria_before.as_ref().map_or(&[][..], |set| &set.criteria);
        let checked = checks::recheck_criteria(&story, artifact.set.clone(), before);
        artifact.set = checked.map_err(|found| unusable("criteria", found))?;
    }
    if let Some(mut artifact) = made.suite.take() {
        // The scenarios are checked against the criteria as they are now.
        let set = made.criteria.as_ref().map(|artifact| &artifact.set).or(artifact.criteria.as_ref());
        let set = set.ok_or_else(|| Problem::internal("a suite has no criteria"))?;
        let before = suite_before.as_ref().map_or(&[][..], |suite| &suite.scenarios);
        let checked = checks::recheck_suite(&story, set, artifact.suite, before);
        artifact.suite = checked.map_err(|found| unusable("suite", found))?;
        if let Some((criteria, suite)) = criteria_before.as_ref().zip(suite_before.as_ref()) {
            checks::mark_outdated(criteria, suite, set, &mut artifact.suite);
        }
        made.suite = Some(artifact);
    }
    made.story = Some(story);
    Ok(made)
}

fn unusable(part: &str, found: Vec<Finding>) -> Problem {
    let errors = found.into_iter().map(|finding| {
        let field = if finding.item.is_empty() { part.to_owned() } else { format!("{part}.{}", finding.item) };
        FieldError::new(field, finding.code.as_str(), finding.message)
    });
    Problem::new(codes::EDIT_REFUSED, "The edited result cannot be used as it is; nothing was changed.")
        .with_errors(errors.collect())
}
