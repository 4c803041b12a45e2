//! What a job made.

mod format;
mod shown;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::domain::checks::{self, Quality};
use shared::domain::criterion::CriteriaSet;
use shared::domain::language::Language;
use shared::domain::publish::Published;
use shared::domain::render;
use shared::domain::result::Authorship;
use shared::domain::scenario::Suite;
use shared::ports::Usage;
use shared::store::job::Job;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

pub(super) use self::format::Format;
pub(super) use self::shown::Shown;
use super::history::SuspectView;
use super::jobs::visible;
use crate::audit::looked;
use crate::extract::{Allowed, FromParams, Id, Params, Query, Read, etag};
use crate::problem::Problem;
use crate::state::Api;

/// In which form.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ShowParams {
    /// Goes before `Accept`.
    #[param(inline)]
    format: Option<Format>,
}

impl FromParams for ShowParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self { format: params.optional("format") })
    }
}

/// The story a result belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoryReference)]
pub(super) struct StoryView {
    key: String,
    summary: String,
    url: String,
    language: Language,
    /// Another hash = another story.
    hash: String,
}

/// A result.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobResult)]
pub(super) struct ResultView<'a> {
    job_id: Uuid,
    issue_key: &'a str,
    story: StoryView,
    /// Also the `ETag`; edits and approvals are bound to it.
    content_hash: &'a str,
    /// The criteria, or those the scenarios were written for.
    #[serde(skip_serializing_if = "Option::is_none")]
    criteria: Option<&'a CriteriaSet>,
    /// The test scenarios.
    #[serde(skip_serializing_if = "Option::is_none")]
    suite: Option<&'a Suite>,
    quality: Quality,
    /// One for each target, once it was published.
    published: &'a [Published],
    provider: &'a str,
    model: &'a str,
    prompt_version: &'a str,
    usage: Usage,
    /// Its story is not what it was; `null` = it is, as far as Jira told.
    suspect: Option<&'a SuspectView>,
}

/// The result of a job.
///
/// Needs `read`; a job of somebody else needs `read_all`. JSON, Gherkin, Markdown or CSV, by `format` or `Accept`.
#[utoipa::path(get, path = "/jobs/{id}/result", operation_id = "show_result", tag = "jobs", params(("id" = Uuid, Path), ShowParams),
    responses((status = 200, headers(("ETag" = String)), content(
        (ResultView = "application/json"), (String = "text/x-gherkin"), (String = "text/markdown"), (String = "text/csv"))),
        (status = 304, description = "`If-None-Match` names this result")))]
pub(super) async fn show(
    State(api): State<Api>,
    caller: Allowed<Read>,
    Id(id): Id,
    Query(asked): Query<ShowParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let format = asked.format.map_or_else(|| Format::accepted(&headers), Ok)?;
    let row = visible(&api, &caller, id).await?;
    let shown = Shown::load(&api, &row).await?;
    looked(&api, &caller, row.owner_id, "result.read", ("job", id)).await?;
    // The tag names what was made, not what became of it.
    if is_known(&headers, &shown.content_hash) && shown.made.published.is_empty() && shown.suspect.is_none() {
        return Ok(tagged(StatusCode::NOT_MODIFIED.into_response(), &shown.content_hash));
    }
    answer(&row, &shown, format)
}

/// A result in some form, with its tag.
pub(super) fn answer(row: &Job, shown: &Shown, format: Format) -> Result<Response, Problem> {
    let output = shown.made.output(&row.issue_key);
    let body = match format {
        Format::Json => serde_json::to_string(&view(row, shown, &shown.made.authorship())).map_err(Problem::internal)?,
        Format::Gherkin => render::gherkin(&output),
        Format::Markdown => render::markdown(&output),
        Format::Csv => render::csv(&output),
    };
    let mut response = ([(CONTENT_TYPE, format.media_type())], body).into_response();
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    if let (Some(ending), Ok(key)) = (format.file_ending(), row.issue_key.parse::<String>()) {
        let name = HeaderValue::from_str(&format!("attachment; filename=\"{key}.{ending}\""));
        name.into_iter().for_each(|name| drop(response.headers_mut().insert(CONTENT_DISPOSITION, name)));
    }
    Ok(tagged(response, &shown.content_hash))
}

/// A result as JSON, for those that stand among others.
pub(super) fn json(row: &Job, shown: &Shown) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(view(row, shown, &shown.made.authorship())).map_err(Problem::internal)
}

fn view<'a>(row: &'a Job, shown: &'a Shown, by: &'a Authorship) -> ResultView<'a> {
    let (made, language) = (&shown.made, shown.language());
    let empty = CriteriaSet::without_criteria(language);
    let measured = made.story.as_ref().map(|story| checks::quality(story, made.criteria_set().unwrap_or(&empty), made.suite()));
    ResultView {
        job_id: row.id,
        issue_key: &row.issue_key,
        story: made.story.as_ref().map_or_else(
            || StoryView {
                key: row.issue_key.clone(),
                summary: String::new(),
                url: String::new(),
                language,
                hash: String::new(),
            },
            |story| StoryView {
                key: story.key.clone(),
                summary: story.summary.clone(),
                url: story.url.clone(),
                language: story.language,
                hash: story.hash.clone(),
            },
        ),
        content_hash: &shown.content_hash,
        criteria: made.criteria_set(),
        suite: made.suite(),
        quality: measured.unwrap_or_default(),
        published: &made.published,
        provider: &by.provider,
        model: &by.model,
        prompt_version: &by.prompt_version,
        usage: by.usage,
        suspect: shown.suspect.as_ref(),
    }
}

fn tagged(mut response: Response, content_hash: &str) -> Response {
    if let Some(tag) = etag(content_hash) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

fn is_known(headers: &HeaderMap, content_hash: &str) -> bool {
    let tag = format!("\"{content_hash}\"");
    let seen = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    seen.split(',').any(|seen| seen.trim().trim_start_matches("W/") == tag)
}
