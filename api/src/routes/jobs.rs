//! Jobs: look, wait, cancel, retry.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::domain::issue_key::IssueKey;
use shared::domain::job::{JobKind, JobStatus, Stage};
use shared::domain::publish::Published;
use shared::domain::request::JobRequest;
use shared::domain::result::PublishArtifact;
use shared::domain::user::Permission;
use shared::jobs::Ended;
use shared::store::artifact;
use shared::store::job::{self, Filter, Job};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::generate::{needed, publishing_needs};
use crate::audit::looked;
use crate::extract::{Allowed, Caller, FromParams, Id, Params, Query, Read};
use crate::problem::{Problem, codes};
use crate::state::Api;
use crate::view::{JobView, word};

/// Which jobs.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Only those in this state.
    #[param(inline)]
    status: Option<JobStatus>,
    /// Only those of this kind.
    #[param(inline)]
    kind: Option<JobKind>,
    /// Only those of this story.
    #[param(value_type = Option<String>)]
    issue_key: Option<IssueKey>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    limit: u64,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Uuid>,
}

impl FromParams for ListParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        let issue_key = params.optional::<String>("issue_key").and_then(|text| key(params, &text));
        Some(Self {
            status: params.optional("status"),
            kind: params.optional("kind"),
            issue_key,
            limit: params.limit(20),
            cursor: params.cursor(),
        })
    }
}

/// A story's key among the parameters.
pub(super) fn key(params: &mut Params, text: &str) -> Option<IssueKey> {
    IssueKey::parse(text).map_err(|error| params.refuse("issue_key", error.to_string())).ok()
}

/// A page of jobs, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobPage)]
pub(super) struct JobPage {
    items: Vec<JobView>,
    /// `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// How long to wait.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ShowParams {
    /// Wait until the job has ended or awaits review, such as `30s`; at most 60 seconds.
    #[param(value_type = Option<String>, example = "30s")]
    wait: Option<Duration>,
}

impl FromParams for ShowParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        let text = params.optional::<String>("wait");
        let wait = text.and_then(|text| {
            let seconds = text.strip_suffix('s').unwrap_or(&text).parse().map(Duration::from_secs);
            seconds.map_err(|_| params.refuse("wait", "should be a number of seconds such as 30s")).ok()
        });
        Some(Self { wait })
    }
}

/// Jobs, newest first.
///
/// Needs `read`; jobs of others need `read_all`.
#[utoipa::path(get, path = "/jobs", operation_id = "list_jobs", tag = "jobs", params(ListParams), responses((status = 200, body = JobPage)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<Read>,
    Query(asked): Query<ListParams>,
) -> Result<Json<JobPage>, Problem> {
    let owner_id = (!caller.may(Permission::ReadAll)).then(|| caller.id());
    let filter = Filter { owner_id, status: asked.status, kind: asked.kind, issue_key: asked.issue_key.map(String::from) };
    let mut rows = job::list(api.db(), &filter, asked.cursor, asked.limit + 1).await?;
    let next_cursor = cut(&mut rows, asked.limit, |row| row.id);
    Ok(Json(JobPage { items: rows.iter().map(JobView::of).collect::<Result<_, _>>()?, next_cursor }))
}

/// Cuts a page that was read with one row more than asked for; answers the cursor of the next.
pub(super) fn cut<T>(rows: &mut Vec<T>, limit: u64, id: impl Fn(&T) -> Uuid) -> Option<Uuid> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    rows.last().filter(|_| has_more).map(id)
}

/// A job; `?wait=30s` waits for its end.
///
/// Needs `read`; a job of somebody else needs `read_all`. `Retry-After` says when to look again.
#[utoipa::path(get, path = "/jobs/{id}", operation_id = "show_job", tag = "jobs", params(("id" = Uuid, Path), ShowParams),
    responses((status = 200, body = JobView)))]
pub(super) async fn show(
    State(api): State<Api>,
    caller: Allowed<Read>,
    Id(id): Id,
    Query(asked): Query<ShowParams>,
) -> Result<Response, Problem> {
    let row = match asked.wait.filter(|wait| !wait.is_zero()) {
        Some(wait) => settled(&api, &caller, id, wait).await?,
        None => visible(&api, &caller, id).await?,
    };
    looked(&api, &caller, row.owner_id, "job.read", ("job", id)).await?;
    answer(&api, StatusCode::OK, &row).await
}

/// Cancel a job.
///
/// The owner may, by an API key only if it might submit such a job, and whoever may approve its result. 200: it is cancelled. 202: it will be; what is being written to Jira
/// is finished and recorded first, and a write whose answer was lost is looked for. `published` lists what was published.
#[utoipa::path(post, path = "/jobs/{id}/cancel", tag = "jobs", params(("id" = Uuid, Path)),
    responses((status = 200, body = JobView), (status = 202, body = JobView)))]
pub(super) async fn cancel(State(api): State<Api>, caller: Allowed<Read>, Id(id): Id) -> Result<Response, Problem> {
    let row = visible(&api, &caller, id).await?;
    if row.owner_id == caller.id() {
        submitting_needs(&row)?.into_iter().try_for_each(|permission| caller.lent(permission))?;
    } else {
        approving_needs(&row)?.into_iter().try_for_each(|permission| caller.must(permission))?;
    }
    let status = match api.jobs.cancel(id, &caller.actor()).await? {
        Ended::Now => StatusCode::OK,
        Ended::Asked => StatusCode::ACCEPTED,
    };
    answer(&api, status, &visible(&api, &caller, id).await?).await
}

/// Start a failed or cancelled job again.
///
/// Needs what submitting it needs; a job of somebody else also needs the right to approve its result. Stages that are
/// stored are not paid for again.
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", params(("id" = Uuid, Path)), responses((status = 202, body = JobView)))]
pub(super) async fn retry(State(api): State<Api>, caller: Allowed<Read>, Id(id): Id) -> Result<Response, Problem> {
    let row = visible(&api, &caller, id).await?;
    if row.owner_id != caller.id() {
        approving_needs(&row)?.into_iter().try_for_each(|permission| caller.must(permission))?;
    }
    submitting_needs(&row)?.into_iter().try_for_each(|permission| caller.must(permission))?;
    let row = api.jobs.retry(id, &caller.actor()).await?;
    answer(&api, StatusCode::ACCEPTED, &row).await
}

/// A job that the caller may see; any other does not exist.
pub(super) async fn visible(api: &Api, caller: &Caller, id: Uuid) -> Result<Job, Problem> {
    job::find(api.db(), id).await?.filter(|row| caller.sees(row.owner_id)).ok_or_else(Problem::no_such_job)
}

/// A job with the time to come again.
pub(super) async fn answer(api: &Api, status: StatusCode, row: &Job) -> Result<Response, Problem> {
    let mut view = JobView::of(row)?;
    if view.status == JobStatus::Cancelled || (view.status == JobStatus::Succeeded && view.stage == Stage::Publish) {
        view.published = Some(published(api, row).await?);
    }
    let wait = (!view.status.is_ended()).then(|| look_again(row, api.jobs.clock().now_ms()));
    let mut response = (status, Json(view)).into_response();
    if let Some(seconds) = wait {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// What a job had published when it ended.
async fn published(api: &Api, row: &Job) -> Result<Vec<Published>, Problem> {
    let stored = artifact::find(api.db(), row.id, Stage::Publish).await?;
    let list = stored.map(|stored| serde_json::from_str::<PublishArtifact>(&stored.data)).transpose();
    Ok(list.map_err(Problem::internal)?.unwrap_or_default().published)
}

/// What approving the result of a job needs; the same may interfere with jobs of others.
pub(super) fn approving_needs(row: &Job) -> Result<Vec<Permission>, Problem> {
    Ok(match word(row, &row.kind)? {
        JobKind::AcceptanceCriteria => vec![Permission::PublishCriteria],
        JobKind::TestScenarios | JobKind::FullPipeline => vec![Permission::PublishScenarios],
        JobKind::Publication => publishing_needs(JobKind::Publication, &asked(row)?.publish).collect(),
    })
}

fn submitting_needs(row: &Job) -> Result<Vec<Permission>, Problem> {
    let kind: JobKind = word(row, &row.kind)?;
    Ok(needed(kind).into_iter().chain(publishing_needs(kind, &asked(row)?.publish)).collect())
}

fn asked(row: &Job) -> Result<JobRequest, Problem> {
    serde_json::from_str(&row.request).map_err(Problem::internal)
}

/// The job once it has ended or awaits review, or as it stands when the time is over or the server ends.
async fn settled(api: &Api, caller: &Caller, id: Uuid, wait: Duration) -> Result<Job, Problem> {
    // Only who may see a job may make the hub watch it.
    let mut row = visible(api, caller, id).await?;
    if rests(&row) {
        return Ok(row);
    }
    let until = Instant::now() + wait.min(api.settings.longest_wait);
    let mut watch = api.hub.watch(id, caller.id()).ok_or_else(too_many)?;
    loop {
        // They may not be let in any more by now, or not to this job.
        let caller = caller.again(api).await?.ok_or_else(Problem::not_let_in)?;
        row = visible(api, &caller, id).await?;
        if rests(&row) {
            return Ok(row);
        }
        tokio::select! {
            () = watch.after(row.event_seq) => {}
            () = tokio::time::sleep_until(until) => return Ok(row),
            () = api.drain.closing() => return Ok(row),
        }
    }
}

/// Too many streams and long polls.
pub(super) fn too_many() -> Problem {
    Problem::new(codes::STREAM_FULL, "Too many callers are waiting for jobs at once; ask without waiting, or try again.")
        .retry_after(Duration::from_secs(2))
}

fn rests(row: &Job) -> bool {
    row.status.parse().is_ok_and(|status: JobStatus| status.is_ended() || status == JobStatus::AwaitingReview)
}

/// Seconds until another look is worth while: soon for a young job, later for one that takes long or is due later.
fn look_again(row: &Job, now_ms: i64) -> u64 {
    let until_due = (row.due_at - now_ms) / 1000;
    let by_age = match (now_ms - row.created_at) / 1000 {
        ..10 => 1,
        10..60 => 2,
        60..300 => 5,
        _ => 10,
    };
    u64::try_from(until_due.max(by_age).clamp(1, 10)).unwrap_or(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_there_is_no_more() {
        let ids = |n: u128| (1..=n).map(Uuid::from_u128).collect::<Vec<_>>();
        let mut rows = ids(3);
        assert_eq!(cut(&mut rows, 2, |id| *id), Some(Uuid::from_u128(2)));
        assert_eq!(rows.len(), 2);
        assert_eq!(cut(&mut ids(2), 2, |id| *id), None);
    }

    #[test]
    fn a_wait_is_in_seconds() {
        let wait = |text: &str| Params::read::<ShowParams>(text).map(|params| params.wait);
        assert_eq!(wait("wait=30s").unwrap(), Some(Duration::from_secs(30)));
        assert_eq!(wait("wait=5").unwrap(), Some(Duration::from_secs(5)));
        assert_eq!(wait("").unwrap(), None);
        assert_eq!(wait("wait=soon").unwrap_err()[0].field, "wait");
    }
}
