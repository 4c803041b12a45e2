//! Stories and searches, through the configured connection.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::adapters::connections::JiraConnection;
use shared::domain::reading;
use shared::domain::story::Story;
use shared::ports::{IssueSummary, JiraError, ProjectFields};
use utoipa::{IntoParams, ToSchema};

use super::generate::no_connection;
use crate::extract::{Allowed, FromParams, Key, Params, ProjectKey, Query, Read};
use crate::problem::{FieldError, Problem, codes};
use crate::state::Api;

/// The longest JQL.
const JQL_CHARS: usize = 4000;

/// Which connection.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct StoryParams {
    /// Name of the Jira connection; absent = the configured one.
    connection: Option<String>,
}

impl FromParams for StoryParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self { connection: params.optional("connection") })
    }
}

/// What to look for.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchParams {
    /// At most 4000 characters.
    #[param(example = "project = SHOP AND issuetype = Story")]
    jql: String,
    /// Issues of a page.
    #[param(minimum = 1, maximum = 100, default = 50, required = false)]
    limit: u64,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Name of the Jira connection; absent = the configured one.
    connection: Option<String>,
}

impl FromParams for SearchParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        let jql = params.optional::<String>("jql").unwrap_or_default();
        if jql.trim().is_empty() {
            params.refuse("jql", "must be given; Jira does not answer an empty search");
        } else if jql.chars().count() > JQL_CHARS {
            params.refuse("jql", format!("is longer than {JQL_CHARS} characters"));
        }
        Some(Self { jql, limit: params.limit(50), cursor: params.optional("cursor"), connection: params.optional("connection") })
    }
}

/// A page of issues.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuePage)]
pub(super) struct IssuePage {
    items: Vec<IssueSummary>,
    /// `null` on the last page.
    next_cursor: Option<String>,
}

/// A story as it would be read for a generation.
///
/// Needs `read`.
#[utoipa::path(get, path = "/jira/story/{key}", tag = "jira", params(("key" = String, Path, example = "SHOP-12"), StoryParams),
    responses((status = 200, body = Story)))]
pub(super) async fn story(
    State(api): State<Api>,
    _caller: Allowed<Read>,
    Key(key): Key,
    Query(asked): Query<StoryParams>,
) -> Result<Json<Story>, Problem> {
    let connection = connection(&api, asked.connection.as_deref()).await?;
    let issue = connection.client()?.issue(key.as_str()).await?;
    Ok(Json(reading::story(&issue.body, &issue.url, &connection.read_options.speaking(issue.markup))?))
}

/// Issues by JQL.
///
/// Needs `read`.
#[utoipa::path(get, path = "/jira/search", tag = "jira", params(SearchParams), responses((status = 200, body = IssuePage)))]
pub(super) async fn search(
    State(api): State<Api>,
    _caller: Allowed<Read>,
    Query(asked): Query<SearchParams>,
) -> Result<Json<IssuePage>, Problem> {
    let jira = connection(&api, asked.connection.as_deref()).await?.client()?;
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let page = jira.search(&asked.jql, limit, asked.cursor.as_deref()).await;
    let page = page.map_err(|error| refused(error, asked.cursor.is_some()))?;
    Ok(Json(IssuePage { items: page.issues, next_cursor: page.next }))
}

/// What the issues of a project are made of: what can be required of a sub-task, and where a section can stand.
///
/// Needs `read`.
#[utoipa::path(get, path = "/jira/projects/{key}/fields", operation_id = "project_fields", tag = "jira",
    params(("key" = String, Path, example = "SHOP"), StoryParams), responses((status = 200, body = ProjectFields)))]
pub(super) async fn project_fields(
    State(api): State<Api>,
    _caller: Allowed<Read>,
    ProjectKey(key): ProjectKey,
    Query(asked): Query<StoryParams>,
) -> Result<Json<ProjectFields>, Problem> {
    let jira = connection(&api, asked.connection.as_deref()).await?.client()?;
    Ok(Json(jira.project_fields(&key).await?))
}

/// A connection by name, or the default.
pub(super) async fn connection(api: &Api, name: Option<&str>) -> Result<Arc<JiraConnection>, Problem> {
    let found = api.connections.now().await?.jira(name).cloned();
    found
        .ok_or_else(|| Problem::new(codes::JIRA_NOT_CONFIGURED, format!("There is no such connection: {}.", no_connection(name))))
}

/// What Jira refuses about a search is the JQL, or the token of a page that it does not know (any more).
fn refused(error: JiraError, has_cursor: bool) -> Problem {
    match error {
        JiraError::Refused { status: 400, message } if has_cursor && message.to_lowercase().contains("token") => {
            Problem::new(codes::BAD_QUERY, "Jira does not accept the cursor; begin again without one.")
                .with_errors(vec![FieldError::invalid("cursor", message)])
        }
        JiraError::Refused { status: 400, message } => Problem::new(codes::JIRA_BAD_JQL, "Jira does not accept the search.")
            .with_errors(vec![FieldError::invalid("jql", message)]),
        error => error.into(),
    }
}
