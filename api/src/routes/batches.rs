//! Batches: many jobs from one JQL query or list of keys.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::{Body as Stream, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::domain::batch::{BatchRequest, BatchStatus, MOST_AT_ONCE, MOST_JOBS, Selection, Skip};
use shared::domain::issue_key::IssueKey;
use shared::domain::job::{JobKind, JobStatus, Stage};
use shared::domain::json::to_json;
use shared::domain::language::Language;
use shared::domain::publish::{OnConflict, PublishTarget};
use shared::domain::request::{LlmChoice, Review};
use shared::domain::user::Permission;
use shared::jobs::{BatchSubmission, SubmittedBatch};
use shared::store::batch::{self, Batch, Counts, Item, ItemFilter};
use shared::store::job;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::accept::{IDEMPOTENCY_REPLAYED, once};
use super::budgets::{MOST_USD, nano, usd};
use super::generate::{Shared, language, needed, priority, publishing_needs, targets};
use super::jobs::cut;
use super::result::{self, Shown};
use crate::audit::looked;
use crate::extract::{
    Allowed, Body, Caller, Fields, FromFields, FromParams, Id, IdempotencyKey, Params, Query, Read, RunBatches,
};
use crate::problem::{Problem, codes};
use crate::state::Api;
use crate::view::{JobFailure, rfc3339};

const PATH: &str = "/api/v1/batches";

/// Jobs of a batch at once, when nobody says how many.
const AT_ONCE: u32 = 4;

/// Jobs of a batch, when nobody says how many.
const JOBS: u32 = 1000;

/// Stories of a piece of the lines.
const CHUNK: u64 = 20;

const LINES: &str = "application/x-ndjson";

/// Longer queries are nobody's.
const LONGEST_JQL: usize = 10_000;

/// Which stories, and what each job makes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewBatch)]
pub(super) struct BatchBody {
    /// The stories that a query finds; either this or `issue_keys`.
    #[schema(required = false, max_length = 10000, example = "project = SHOP AND sprint in openSprints()")]
    jql: Option<String>,
    /// These stories.
    #[schema(required = false, min_items = 1, max_items = 10000)]
    issue_keys: Vec<IssueKey>,
    /// Name of the Jira connection; absent = the configured one.
    #[schema(required = false)]
    connection: Option<String>,
    /// What each job makes; absent = `full-pipeline`. A publication cannot be made by a batch.
    #[schema(required = false)]
    kind: JobKind,
    /// Which model writes; absent = the configured one.
    #[schema(required = false)]
    llm: Option<LlmChoice>,
    /// A fixed output language; absent or `auto` = each story's.
    #[schema(required = false)]
    language: Option<Language>,
    /// Whether a person must approve each result before anything is published.
    #[schema(required = false)]
    review: Option<Review>,
    /// Where to publish what.
    #[schema(required = false)]
    publish: Vec<PublishTarget>,
    /// What to do with what a person changed; absent = keep it.
    #[schema(required = false)]
    on_conflict: Option<OnConflict>,
    /// Close the sub-tasks and tests of items that a result does not have any more, unless a person changed them.
    #[schema(required = false)]
    close_obsolete: bool,
    /// Make a new result even where the latest accepted one still says what the story says.
    #[schema(required = false)]
    force: bool,
    /// Ask the model in batches of its provider: for half the price, and within a day or two.
    #[schema(required = false)]
    economy: bool,
    /// Ask the model even if it was asked the same not long ago.
    #[schema(required = false)]
    fresh: bool,
    /// Keep what still holds of the latest accepted result of each story.
    #[schema(required = false)]
    delta: bool,
    /// Most jobs at once; absent = 4.
    #[schema(required = false, minimum = 1, maximum = 256)]
    concurrency: u32,
    /// Most jobs; stories beyond are left out; absent = 1000.
    #[schema(required = false, minimum = 1, maximum = 10000)]
    max_issues: u32,
    /// Dollars that the calls of all jobs may cost; then the batch is paused.
    #[schema(required = false, minimum = 0)]
    max_cost_usd: Option<f64>,
    /// Higher first.
    #[schema(required = false, minimum = -10, maximum = 10)]
    priority: i32,
}

impl FromFields for BatchBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let jql: Option<String> = fields.optional("jql");
        let issue_keys: Option<Vec<IssueKey>> = fields.optional("issue_keys");
        match (&jql, &issue_keys) {
            (Some(_), Some(_)) => fields.refuse("issue_keys", "cannot stand beside jql; choose one"),
            (None, None) => fields.refuse("jql", "is needed, or issue_keys"),
            (Some(jql), None) if jql.trim().is_empty() || jql.len() > LONGEST_JQL => {
                fields.refuse("jql", format!("should be a query of at most {LONGEST_JQL} bytes"));
            }
            (None, Some(keys)) if keys.is_empty() || keys.len() > MOST_JOBS as usize => {
                fields.refuse("issue_keys", format!("should hold 1 to {MOST_JOBS} keys"));
            }
            _ => {}
        }
        let kind = fields.optional("kind").unwrap_or(JobKind::FullPipeline);
        if kind == JobKind::Publication {
            fields.refuse("kind", "should be acceptance-criteria, test-scenarios or full-pipeline");
        }
        let max_cost_usd: Option<f64> = fields.optional("max_cost_usd");
        if max_cost_usd.is_some_and(|dollars| !(0.0..=MOST_USD).contains(&dollars)) {
            fields.refuse("max_cost_usd", format!("should be dollars from 0 to {MOST_USD}"));
        }
        Some(Self {
            connection: fields.optional("connection"),
            llm: fields.optional("llm"),
            language: language(fields),
            review: fields.optional("review"),
            publish: targets(fields).unwrap_or_default(),
            on_conflict: fields.optional("on_conflict"),
            close_obsolete: fields.optional("close_obsolete").unwrap_or_default(),
            force: fields.optional("force").unwrap_or_default(),
            economy: fields.optional("economy").unwrap_or_default(),
            fresh: fields.optional("fresh").unwrap_or_default(),
            delta: fields.optional("delta").unwrap_or_default(),
            concurrency: number(fields, "concurrency", MOST_AT_ONCE).unwrap_or(AT_ONCE),
            max_issues: number(fields, "max_issues", MOST_JOBS).unwrap_or(JOBS),
            priority: priority(fields).unwrap_or_default(),
            issue_keys: issue_keys.unwrap_or_default(),
            max_cost_usd,
            kind,
            jql,
        })
    }
}

/// A whole number from 1 on.
fn number(fields: &mut Fields, name: &'static str, most: u32) -> Option<u32> {
    let wanted: i64 = fields.optional(name)?;
    let number = u32::try_from(wanted).ok().filter(|number| (1..=most).contains(number));
    if number.is_none() {
        fields.refuse(name, format!("should be a whole number from 1 to {most}"));
    }
    number
}

impl BatchBody {
    fn request(&self) -> BatchRequest {
        let select = match &self.jql {
            Some(jql) => Selection::Jql(jql.clone()),
            None => {
                let mut keys = Vec::with_capacity(self.issue_keys.len());
                let mut seen = std::collections::HashSet::new();
                keys.extend(self.issue_keys.iter().filter(|key| seen.insert(key.as_str().to_owned())).cloned());
                Selection::IssueKeys(keys)
            }
        };
        BatchRequest {
            select,
            max_issues: self.max_issues,
            force: self.force,
            llm: self.llm.clone(),
            language: self.language,
            review: self.review.unwrap_or(Review::None),
            publish: self.publish.clone(),
            on_conflict: self.on_conflict.unwrap_or_default(),
            close_obsolete: self.close_obsolete,
            fresh: self.fresh,
            economy: self.economy,
            delta: self.delta,
        }
    }
}

/// Where to go from a batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchLinks)]
struct BatchLinks {
    /// The batch.
    #[serde(rename = "self")]
    this: String,
    /// Its stories.
    items: String,
}

/// How many stories are where.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchCounts)]
struct CountsView {
    /// Jobs by status; a status without jobs is left out.
    jobs: BTreeMap<JobStatus, i64>,
    /// Stories without a job, by reason.
    skipped: BTreeMap<Skip, i64>,
}

/// A batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Batch)]
pub(super) struct BatchView {
    id: Uuid,
    status: BatchStatus,
    /// What its jobs make.
    kind: JobKind,
    /// Name of the Jira connection.
    connection: String,
    /// Who asked.
    owner_id: Uuid,
    /// The query whose stories these are; `null` where they were listed.
    jql: Option<String>,
    /// Where results are published.
    publish: Vec<PublishTarget>,
    concurrency: i32,
    priority: i32,
    max_issues: u32,
    /// Stories that were found.
    found: i64,
    /// Whether there were more than `max_issues`.
    has_more: bool,
    counts: CountsView,
    /// Dollars that the calls have cost, as far as prices are known; calls under way with the most that they may.
    cost_usd: f64,
    /// Dollars that they may cost; `null` = any number.
    max_cost_usd: Option<f64>,
    /// Of a batch that paused by itself: why, as `batch.cost_reached`.
    pause_code: Option<String>,
    /// Why not all stories could be found.
    error: Option<JobFailure>,
    created_at: String,
    /// When all stories were found.
    expanded_at: Option<String>,
    ended_at: Option<String>,
    links: BatchLinks,
}

/// A page of batches, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchPage)]
pub(super) struct BatchPage {
    items: Vec<BatchView>,
    /// `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// Which batches.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct BatchParams {
    /// Items of a page.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    limit: u64,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Uuid>,
}

impl FromParams for BatchParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self { limit: params.limit(20), cursor: params.cursor() })
    }
}

/// Which stories of a batch.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ItemParams {
    /// Only those whose job stands so.
    #[param(inline)]
    status: Option<JobStatus>,
    /// Only those without a job, for this reason.
    #[param(inline)]
    skip: Option<Skip>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    limit: u64,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: i64,
}

impl FromParams for ItemParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        let cursor: i64 = params.optional("cursor").unwrap_or_default();
        if cursor < 0 {
            params.refuse("cursor", "should be the next_cursor of the page before");
        }
        Some(Self { status: params.optional("status"), skip: params.optional("skip"), limit: params.limit(20), cursor })
    }
}

/// A story of a batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchItem)]
pub(super) struct ItemView {
    /// Its place in the batch, from 1.
    number: i64,
    issue_key: String,
    /// Its job; `null` = it has none.
    job_id: Option<Uuid>,
    /// Where the job stands.
    status: Option<JobStatus>,
    /// The stage that runs, or runs next.
    stage: Option<Stage>,
    /// Why it has no job.
    skip: Option<Skip>,
    /// Of one that is unchanged: since when there is a result.
    since: Option<String>,
    /// The last failure of the job.
    error: Option<JobFailure>,
    /// The result, in the history.
    history_id: Option<Uuid>,
    ended_at: Option<String>,
}

/// A story of a batch with its result.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchResult)]
struct LineView {
    #[serde(flatten)]
    item: ItemView,
    /// As `GET /jobs/{id}/result` tells it; `null` = there is none, or none yet.
    #[schema(value_type = Option<Object>)]
    result: Option<serde_json::Value>,
}

/// A page of stories, in the order in which they were found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BatchItemPage)]
pub(super) struct ItemPage {
    items: Vec<ItemView>,
    /// `null` on the last page; stories may still be found after it.
    next_cursor: Option<String>,
}

/// Start a batch.
///
/// Needs `run_batches`, and what submitting each of its jobs needs. Stories whose latest accepted result of this kind still says
/// what they say are skipped as `unchanged`, unless `force` is given. The set of stories is fixed once they were found.
#[utoipa::path(post, path = "/batches", tag = "batches", request_body = BatchBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeat a request safely for 24 hours.")),
    responses((status = 202, body = BatchView, headers(("Location" = String), ("Retry-After" = i32)))))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Allowed<RunBatches>,
    key: IdempotencyKey,
    Body(body): Body<BatchBody>,
) -> Result<Response, Problem> {
    needs(body.kind, &body.publish).try_for_each(|permission| caller.must(permission))?;
    let connection = check(&api, &body).await?;
    let id = api.jobs.clock().new_id();
    let submission = BatchSubmission {
        id,
        kind: body.kind,
        connection,
        request: body.request(),
        actor: caller.actor(),
        owner_id: caller.id(),
        priority: body.priority,
        concurrency: body.concurrency,
        max_cost_nano_usd: body.max_cost_usd.map(nano),
        key: once(&caller, key, PATH, &body, StatusCode::ACCEPTED, to_json(&id)),
    };
    let (id, is_replayed) = match api.jobs.submit_batch(submission).await? {
        SubmittedBatch::Accepted(batch) => (batch.id, false),
        SubmittedBatch::Replayed(stored) => (stored.job_id, true),
    };
    let view = shown(&api, visible(&api, &caller, id).await?).await?;
    let mut answer = accepted(&view);
    if is_replayed {
        answer.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(answer)
}

/// Batches, newest first.
///
/// Needs `read`; batches of others need `read_all`.
#[utoipa::path(get, path = "/batches", operation_id = "list_batches", tag = "batches", params(BatchParams),
    responses((status = 200, body = BatchPage)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<Read>,
    Query(asked): Query<BatchParams>,
) -> Result<Json<BatchPage>, Problem> {
    let owner = (!caller.may(Permission::ReadAll)).then(|| caller.id());
    let mut rows = batch::list(api.db(), owner, asked.cursor, asked.limit + 1).await?;
    let next_cursor = cut(&mut rows, asked.limit, |row| row.id);
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut counts = batch::counts_of(api.db(), &ids).await?;
    let items = rows.into_iter().map(|row| {
        let counts = counts.remove(&row.id).unwrap_or_default();
        view(row, counts)
    });
    Ok(Json(BatchPage { items: items.collect::<Result<_, _>>()?, next_cursor }))
}

/// One batch.
///
/// Needs `read`; a batch of somebody else needs `read_all`.
#[utoipa::path(get, path = "/batches/{id}", operation_id = "show_batch", tag = "batches", params(("id" = Uuid, Path)),
    responses((status = 200, body = BatchView)))]
pub(super) async fn show(State(api): State<Api>, caller: Allowed<Read>, Id(id): Id) -> Result<Json<BatchView>, Problem> {
    let row = visible(&api, &caller, id).await?;
    looked(&api, &caller, row.owner_id, "batch.read", ("batch", id)).await?;
    Ok(Json(shown(&api, row).await?))
}

/// The stories of a batch.
///
/// Needs `read`; a batch of somebody else needs `read_all`.
#[utoipa::path(get, path = "/batches/{id}/items", operation_id = "list_batch_items", tag = "batches",
    params(("id" = Uuid, Path), ItemParams), responses((status = 200, body = ItemPage)))]
pub(super) async fn items(
    State(api): State<Api>,
    caller: Allowed<Read>,
    Id(id): Id,
    Query(asked): Query<ItemParams>,
) -> Result<Json<ItemPage>, Problem> {
    let row = visible(&api, &caller, id).await?;
    looked(&api, &caller, row.owner_id, "batch.read", ("batch", id)).await?;
    let filter = ItemFilter { status: asked.status, skip: asked.skip };
    let mut rows = batch::items(api.db(), id, &filter, asked.cursor, asked.limit + 1).await?;
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| has_more).map(|row| row.n.to_string());
    Ok(Json(ItemPage { items: rows.into_iter().map(item).collect::<Result<_, _>>()?, next_cursor }))
}

/// The results of a batch, one story a line, in the order in which they were found.
///
/// Needs `read`; a batch of somebody else needs `read_all`. May be read while the batch runs: a story without a result yet has
/// `result: null`. When the database fails on the way, the answer breaks off.
#[utoipa::path(get, path = "/batches/{id}/results.jsonl", operation_id = "list_batch_results", tag = "batches",
    params(("id" = Uuid, Path)), responses((status = 200, content((LineView = "application/x-ndjson")))))]
pub(super) async fn results(State(api): State<Api>, caller: Allowed<Read>, Id(id): Id) -> Result<Response, Problem> {
    let row = visible(&api, &caller, id).await?;
    looked(&api, &caller, row.owner_id, "batch.read", ("batch", id)).await?;
    Ok(([(CONTENT_TYPE, LINES)], lines(api, id)).into_response())
}

/// A few stories are in memory at a time.
fn lines(api: Api, id: Uuid) -> Stream {
    Stream::from_stream(futures::stream::try_unfold(Some(0), move |after| {
        let api = api.clone();
        async move {
            let Some(after) = after else { return Ok::<_, std::io::Error>(None) };
            let rows = batch::items(api.db(), id, &ItemFilter::default(), after, CHUNK).await.map_err(broken_off)?;
            let next = rows.last().map(|row| row.n).filter(|_| rows.len() as u64 == CHUNK);
            let mut text = String::new();
            for row in rows {
                text += &to_json(&line(&api, row).await.map_err(broken_off)?);
                text.push('\n');
            }
            Ok(Some((Bytes::from(text), next)))
        }
    }))
}

/// The rest of the lines could not be read; the log has why.
fn broken_off(problem: impl std::fmt::Debug) -> std::io::Error {
    tracing::warn!(?problem, "the results of a batch broke off");
    std::io::Error::other("the results could not all be read")
}

async fn line(api: &Api, row: Item) -> Result<LineView, Problem> {
    let result = match row.job_id.filter(|_| row.history_id.is_some()) {
        Some(id) => match job::find(api.db(), id).await? {
            Some(job) => Some(result::json(&job, &Shown::load(api, &job).await?)?),
            None => None,
        },
        None => None,
    };
    Ok(LineView { item: item(row)?, result })
}

/// Begin nothing new; what runs goes on.
///
/// Needs `run_batches`; a batch of somebody else also needs `publish_scenarios`.
#[utoipa::path(post, path = "/batches/{id}/pause", operation_id = "pause_batch", tag = "batches", params(("id" = Uuid, Path)),
    responses((status = 200, body = BatchView)))]
pub(super) async fn pause(State(api): State<Api>, caller: Allowed<RunBatches>, Id(id): Id) -> Result<Json<BatchView>, Problem> {
    theirs(&api, &caller, id).await?;
    Ok(Json(shown(&api, api.jobs.pause_batch(id, &caller.actor()).await?).await?))
}

/// Go on with a paused batch.
///
/// Needs `run_batches`; a batch of somebody else also needs `publish_scenarios`.
#[utoipa::path(post, path = "/batches/{id}/resume", operation_id = "resume_batch", tag = "batches", params(("id" = Uuid, Path)),
    responses((status = 200, body = BatchView)))]
pub(super) async fn resume(State(api): State<Api>, caller: Allowed<RunBatches>, Id(id): Id) -> Result<Json<BatchView>, Problem> {
    theirs(&api, &caller, id).await?;
    Ok(Json(shown(&api, api.jobs.resume_batch(id, &caller.actor()).await?).await?))
}

/// Cancel a batch.
///
/// Needs `run_batches`; a batch of somebody else also needs `publish_scenarios`. What was not begun is cancelled at once, what runs
/// is asked to stop: the status is `cancelling` until it has.
#[utoipa::path(post, path = "/batches/{id}/cancel", operation_id = "cancel_batch", tag = "batches", params(("id" = Uuid, Path)),
    responses((status = 200, body = BatchView)))]
pub(super) async fn cancel(State(api): State<Api>, caller: Allowed<RunBatches>, Id(id): Id) -> Result<Json<BatchView>, Problem> {
    theirs(&api, &caller, id).await?;
    Ok(Json(shown(&api, api.jobs.cancel_batch(id, &caller.actor()).await?).await?))
}

/// Start the failed jobs of a batch again.
///
/// Needs `run_batches`; a batch of somebody else also needs `publish_scenarios`. Stages that are stored are not paid for again.
#[utoipa::path(post, path = "/batches/{id}/retry-failed", operation_id = "retry_failed_of_batch", tag = "batches",
    params(("id" = Uuid, Path)), responses((status = 200, body = BatchView)))]
pub(super) async fn retry_failed(
    State(api): State<Api>,
    caller: Allowed<RunBatches>,
    Id(id): Id,
) -> Result<Json<BatchView>, Problem> {
    let row = theirs(&api, &caller, id).await?;
    let (kind, request) = (row.kind()?, row.request()?);
    needs(kind, &request.publish).try_for_each(|permission| caller.must(permission))?;
    Ok(Json(shown(&api, api.jobs.retry_failed(id, &caller.actor()).await?).await?))
}

/// What each job of a batch needs.
fn needs(kind: JobKind, publish: &[PublishTarget]) -> impl Iterator<Item = Permission> {
    needed(kind).into_iter().chain(publishing_needs(kind, publish))
}

/// Checks what the fields mean; answers the connection's name.
async fn check(api: &Api, body: &BatchBody) -> Result<String, Problem> {
    let (connection, llm) = (body.connection.as_deref(), body.llm.as_ref());
    let shared = Shared { connection, llm, economy: body.economy, publish: &body.publish };
    let mut errors = Vec::new();
    let connection = shared.check(&*api.connections.now().await?, body.kind, &mut errors);
    connection.filter(|_| errors.is_empty()).ok_or_else(|| Problem::invalid(errors))
}

/// A batch that the caller may see; any other does not exist.
async fn visible(api: &Api, caller: &Caller, id: Uuid) -> Result<Batch, Problem> {
    let missing = || Problem::new(codes::BATCH_NOT_FOUND, "There is no such batch.");
    batch::find(api.db(), id).await?.filter(|row| caller.sees(row.owner_id)).ok_or_else(missing)
}

/// A batch that the caller may interfere with.
async fn theirs(api: &Api, caller: &Caller, id: Uuid) -> Result<Batch, Problem> {
    let row = visible(api, caller, id).await?;
    if row.owner_id != caller.id() {
        caller.must(Permission::PublishScenarios)?;
    }
    Ok(row)
}

fn accepted(view: &BatchView) -> Response {
    let headers = [(LOCATION, view.links.this.clone()), (RETRY_AFTER, "1".to_owned())];
    let mut answer = (StatusCode::ACCEPTED, headers, to_json(view)).into_response();
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

async fn shown(api: &Api, row: Batch) -> Result<BatchView, Problem> {
    let counts = batch::counts(api.db(), row.id).await?;
    view(row, counts)
}

fn view(row: Batch, counts: Counts) -> Result<BatchView, Problem> {
    let (kind, status, request) = (row.kind()?, row.status(), row.request()?);
    let this = format!("{PATH}/{}", row.id);
    let jql = match request.select {
        Selection::Jql(jql) => Some(jql),
        Selection::IssueKeys(_) => None,
    };
    Ok(BatchView {
        id: row.id,
        status,
        kind,
        connection: row.connection,
        owner_id: row.owner_id,
        jql,
        publish: request.publish,
        concurrency: row.concurrency,
        priority: row.priority,
        max_issues: request.max_issues,
        found: row.found,
        has_more: row.has_more,
        cost_usd: usd(counts.cost_nano_usd),
        max_cost_usd: row.max_cost_nano_usd.map(usd),
        counts: CountsView { jobs: counts.jobs.into_iter().collect(), skipped: counts.skipped.into_iter().collect() },
        pause_code: row.pause_code,
        error: failure(row.error_code, row.error_message),
        created_at: rfc3339(row.created_at),
        expanded_at: row.expanded_at.map(rfc3339),
        ended_at: row.ended_at.map(rfc3339),
        links: BatchLinks { items: format!("{this}/items"), this },
    })
}

fn item(row: Item) -> Result<ItemView, Problem> {
    Ok(ItemView {
        number: row.n,
        issue_key: row.issue_key,
        job_id: row.job_id,
        status: word(row.status)?,
        stage: word(row.stage)?,
        skip: word(row.skip)?,
        since: row.since.map(rfc3339),
        error: failure(row.error_code, row.error_message),
        history_id: row.history_id,
        ended_at: row.ended_at.map(rfc3339),
    })
}

fn word<T: std::str::FromStr<Err: std::fmt::Display>>(text: Option<String>) -> Result<Option<T>, Problem> {
    text.map(|text| text.parse()).transpose().map_err(Problem::internal)
}

fn failure(code: Option<String>, message: Option<String>) -> Option<JobFailure> {
    code.map(|code| JobFailure { code, message: message.unwrap_or_default() })
}
