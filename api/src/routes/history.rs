//! Versioned results.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::domain::criterion::CriteriaSet;
use shared::domain::diff::{self, PartDiff, ResultDiff, Side};
use shared::domain::issue_key::IssueKey;
use shared::domain::job::JobKind;
use shared::domain::scenario::Suite;
use shared::domain::user::Permission;
use shared::ports::Usage;
use shared::store::history::{self, Filter, History};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::jobs::{cut, key};
use crate::audit::looked;
use crate::extract::{Allowed, FromParams, Id, Ids, Params, Query, Read};
use crate::problem::{Problem, codes};
use crate::state::Api;
use crate::view::rfc3339;

/// Which results.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Only those of this story.
    #[param(value_type = Option<String>)]
    issue_key: Option<IssueKey>,
    /// `true` = only results whose story changed since, and that no later result of their kind replaced; `false` = the others.
    suspect: Option<bool>,
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
        Some(Self { issue_key, suspect: params.optional("suspect"), limit: params.limit(20), cursor: params.cursor() })
    }
}

/// A page of results, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryPage)]
pub(super) struct HistoryPage {
    items: Vec<HistoryView>,
    /// `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// A result as it was kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = History)]
pub(super) struct HistoryView {
    id: Uuid,
    job_id: Uuid,
    issue_key: String,
    /// Jira's numeric id, which never changes.
    issue_id: String,
    kind: JobKind,
    /// 1, 2, 3, … for the story.
    version: i64,
    /// Approved, or no review was asked for.
    accepted: bool,
    provider: String,
    model: String,
    prompt_version: String,
    /// Hash of the story.
    source_hash: String,
    content_hash: String,
    usage: Usage,
    created_by: Uuid,
    created_at: String,
    /// Its story is not what it was; `null` = it is, as far as Jira told.
    suspect: Option<SuspectView>,
    /// Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    criteria: Option<CriteriaSet>,
    /// Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    suite: Option<Suite>,
}

/// What of the story a result was made for is not what it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Suspect)]
pub(super) struct SuspectView {
    /// When that was noticed.
    since: String,
    /// The parts of the story that came, went or changed.
    parts: Vec<PartDiff>,
}

impl SuspectView {
    /// Of a result; `None` = it is up to date.
    pub(super) fn of(row: &History) -> Option<Self> {
        let parts = row.suspect_json.as_deref().and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
        row.suspect_at.map(|since| Self { since: rfc3339(since), parts })
    }
}

/// Results, newest first, without their content.
///
/// Needs `read`; results of others need `read_all`.
#[utoipa::path(get, path = "/history", operation_id = "list_history", tag = "history", params(ListParams),
    responses((status = 200, body = HistoryPage)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<Read>,
    Query(asked): Query<ListParams>,
) -> Result<Json<HistoryPage>, Problem> {
    let creator = (!caller.may(Permission::ReadAll)).then(|| caller.id());
    let issue_key = asked.issue_key.as_ref().map(IssueKey::as_str);
    let filter = Filter { created_by: creator, issue_key, suspect: asked.suspect };
    let mut rows = history::list(api.db(), &filter, asked.cursor, asked.limit + 1).await?;
    let next_cursor = cut(&mut rows, asked.limit, |row| row.id);
    let items =
        rows.into_iter().map(|row| HistoryView::of(History { acceptance_criteria_json: None, test_scenarios_json: None, ..row }));
    Ok(Json(HistoryPage { items: items.collect::<Result<_, _>>()?, next_cursor }))
}

/// A result with its content.
///
/// Needs `read`; a result of somebody else needs `read_all`.
#[utoipa::path(get, path = "/history/{id}", operation_id = "show_history", tag = "history", params(("id" = Uuid, Path)),
    responses((status = 200, body = HistoryView)))]
pub(super) async fn show(State(api): State<Api>, caller: Allowed<Read>, Id(id): Id) -> Result<Json<HistoryView>, Problem> {
    Ok(Json(HistoryView::of(seen(&api, &caller, history::find(api.db(), id).await?).await?)?))
}

/// What differs between two results of a story.
///
/// Needs `read`; a result of somebody else needs `read_all`. `id` is the one before, `other` the one after, each the id of a
/// result or of the job that made it. Items are the same ones by their ids.
#[utoipa::path(get, path = "/history/{id}/diff/{other}", operation_id = "diff_history", tag = "history",
    params(("id" = Uuid, Path), ("other" = Uuid, Path)), responses((status = 200, body = ResultDiff)))]
pub(super) async fn diff(State(api): State<Api>, caller: Allowed<Read>, Ids(ids): Ids<2>) -> Result<Json<ResultDiff>, Problem> {
    let [before, after] = ids;
    let (before, after) = (named(&api, &caller, before).await?, named(&api, &caller, after).await?);
    if (&before.connection, &before.issue_id) != (&after.connection, &after.issue_id) {
        let detail = format!("One result is of {}, the other of {}.", before.issue_key, after.issue_key);
        return Err(Problem::new(codes::HISTORY_OF_OTHER_STORY, detail));
    }
    let parts = [history_parts(&before)?, history_parts(&after)?];
    let (before, after) = (HistoryView::of(before)?, HistoryView::of(after)?);
    Ok(Json(diff::between(before.side(&parts[0]), after.side(&parts[1]))))
}

async fn named(api: &Api, caller: &Allowed<Read>, id: Uuid) -> Result<History, Problem> {
    seen(api, caller, history::named_by(api.db(), id).await?).await
}

/// A result, if the caller may see it; that they looked is audited.
async fn seen(api: &Api, caller: &Allowed<Read>, row: Option<History>) -> Result<History, Problem> {
    let row = row.filter(|row| caller.sees(row.created_by)).ok_or_else(Problem::no_such_history)?;
    looked(api, caller, row.created_by, "history.read", ("history", row.id)).await?;
    Ok(row)
}

fn history_parts(row: &History) -> Result<BTreeMap<String, String>, Problem> {
    serde_json::from_str(&row.sources_json).map_err(|error| Problem::internal(format!("history {}: sources: {error}", row.id)))
}

impl HistoryView {
    fn side<'a>(&'a self, parts: &'a BTreeMap<String, String>) -> Side<'a> {
        Side { parts, criteria: self.criteria.as_ref(), suite: self.suite.as_ref() }
    }

    fn of(row: History) -> Result<Self, Problem> {
        let unreadable =
            |what: &str, error: &dyn std::fmt::Display| Problem::internal(format!("history {}: {what}: {error}", row.id));
        Ok(Self {
            kind: row.kind.parse().map_err(|error| unreadable("kind", &error))?,
            suspect: SuspectView::of(&row),
            usage: serde_json::from_str(&row.usage_json).unwrap_or_default(),
            criteria: row
                .acceptance_criteria_json
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .map_err(|error| unreadable("criteria", &error))?,
            suite: row
                .test_scenarios_json
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .map_err(|error| unreadable("suite", &error))?,
            id: row.id,
            job_id: row.job_id,
            issue_key: row.issue_key,
            issue_id: row.issue_id,
            version: row.version,
            accepted: row.accepted,
            provider: row.provider,
            model: row.model,
            prompt_version: row.prompt_version,
            source_hash: row.source_hash,
            content_hash: row.content_hash,
            created_by: row.created_by,
            created_at: rfc3339(row.created_at),
        })
    }
}
