//! Publishing a result that exists.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::domain::issue_key::IssueKey;
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PublishPlan, PublishTarget, PublishWhat};
use shared::domain::reading;
use shared::domain::request::{JobRequest, Review};
use shared::domain::verdict::{Failure, Verdict};
use shared::publishing::{Subject, Wishes, plan_all};
use shared::store::history::History;
use shared::store::made::Made;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::accept::{Wanted, accept};
use super::generate::{no_connection, publishing_needs, targets};
use super::source::{self, Source};
use crate::audit::looked;
use crate::extract::{Allowed, Body, Caller, Fields, FromFields, FromParams, IdempotencyKey, Params, PublishCriteria, Query};
use crate::problem::{Code, FieldError, Problem, codes};
use crate::state::Api;
use crate::view::Accepted;

/// What to publish where.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Publish)]
pub(super) struct PublishBody {
    /// The job or history entry that holds the result.
    from: Uuid,
    /// Where to publish what; at least one.
    #[schema(min_items = 1)]
    publish: Vec<PublishTarget>,
    /// What to do with a section that a person changed; absent = keep it.
    #[schema(required = false)]
    on_conflict: Option<OnConflict>,
    /// Close the sub-tasks and tests of items that the result does not have any more, unless a person changed them.
    #[schema(required = false)]
    close_obsolete: bool,
    /// Publish even if the story changed since it was read.
    #[schema(required = false)]
    publish_stale: bool,
    /// Told by a signed webhook when the job ends.
    #[schema(required = false)]
    callback_url: Option<String>,
}

impl FromFields for PublishBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (from, publish) = (fields.required("from"), targets(fields).unwrap_or_default());
        if publish.is_empty() {
            fields.refuse("publish", "must hold at least one target such as {\"mode\":\"comment\"}");
        }
        Some(Self {
            on_conflict: fields.optional("on_conflict"),
            close_obsolete: fields.optional("close_obsolete").unwrap_or_default(),
            publish_stale: fields.optional("publish_stale").unwrap_or_default(),
            callback_url: fields.optional("callback_url"),
            from: from?,
            publish,
        })
    }
}

/// Whether to write.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PublishParams {
    /// Answer what would be written, and write nothing.
    #[param(value_type = Option<bool>)]
    dry_run: bool,
}

impl FromParams for PublishParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self { dry_run: params.optional("dry_run").unwrap_or_default() })
    }
}

/// What would be written.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublishPlans)]
pub(super) struct PlansView {
    plans: Vec<PublishPlan>,
}

/// Publish a result that exists.
///
/// Needs `publish_criteria` or `publish_scenarios`, by what is published. A result that awaits review is approved first.
#[utoipa::path(post, path = "/jira/publish", tag = "jira", request_body = PublishBody,
    params(PublishParams, ("Idempotency-Key" = Option<String>, Header, description = "Repeat a request safely for 24 hours.")),
    responses((status = 200, description = "With `dry_run`", body = PlansView),
        (status = 202, body = Accepted, headers(("Location" = String), ("Retry-After" = i32)))))]
pub(super) async fn publish(
    State(api): State<Api>,
    caller: Allowed<PublishCriteria>,
    key: IdempotencyKey,
    Query(asked): Query<PublishParams>,
    Body(body): Body<PublishBody>,
) -> Result<Response, Problem> {
    let row = check(&api, &caller, &body).await?;
    if asked.dry_run {
        let plans = plans(&api, &row, &body).await?;
        looked(&api, &caller, row.created_by, "history.read", ("history", row.id)).await?;
        return Ok(Json(PlansView { plans }).into_response());
    }
    let request = JobRequest {
        issue_key: IssueKey::parse(&row.issue_key).map_err(Problem::internal)?,
        connection: row.connection.clone(),
        llm: None,
        language: None,
        review: Review::None,
        publish: body.publish.clone(),
        on_conflict: body.on_conflict.unwrap_or_default(),
        close_obsolete: body.close_obsolete,
        publish_stale: body.publish_stale,
        from: Some(body.from),
        content_hash: Some(row.content_hash.clone()),
        callback_url: body.callback_url.clone(),
        fresh: false,
        economy: false,
        delta: false,
    };
    let wanted =
        Wanted { path: "/api/v1/jira/publish", kind: JobKind::Publication, request, issue_id: Some(row.issue_id), priority: 0 };
    accept(&api, &caller, key, &body, wanted).await
}

/// Checks what the fields mean and what the caller may; answers the result.
async fn check(api: &Api, caller: &Caller, body: &PublishBody) -> Result<History, Problem> {
    let row = match source::find(api, caller, body.from).await? {
        Source::Result(row) => *row,
        Source::NoResult => return Err(Problem::field("from", "is a job without a result")),
        Source::Nothing => return Err(Problem::field("from", "is neither a job nor a history entry that you may see")),
    };
    let kind: JobKind = row.kind.parse().map_err(Problem::internal)?;
    for permission in publishing_needs(kind, &body.publish) {
        caller.must(permission)?;
    }
    if !row.accepted {
        return Err(Problem::new(
            codes::NOT_APPROVED,
            "The result was not approved; POST /api/v1/jobs/{id}/approve approves it.",
        ));
    }
    let mut errors = Vec::new();
    for (n, target) in body.publish.iter().enumerate() {
        let missing = match target.what {
            PublishWhat::Criteria if row.acceptance_criteria_json.is_none() => Some("the result holds no criteria"),
            PublishWhat::Scenarios if row.test_scenarios_json.is_none() => Some("the result holds no scenarios"),
            _ => None,
        };
        errors.extend(missing.map(|message| FieldError::invalid(format!("publish[{n}].what"), message)));
    }
    if let Some(message) = body.callback_url.as_deref().and_then(|url| (api.outbound)(url).err()) {
        errors.push(FieldError::invalid("callback_url", message));
    }
    if api.connections.now().await?.jira(Some(&row.connection)).is_none() {
        errors.push(FieldError::invalid(
            "from",
            format!("belongs to a connection that is gone: {}", no_connection(Some(&row.connection))),
        ));
    }
    if errors.is_empty() { Ok(row) } else { Err(Problem::invalid(errors)) }
}

/// What would be done for every target.
async fn plans(api: &Api, row: &History, body: &PublishBody) -> Result<Vec<PublishPlan>, Problem> {
    let connection = super::jira::connection(api, Some(&row.connection)).await?;
    let jira = connection.client()?;
    let mut made = Made::of_result(api.db(), row).await?;
    if made.story.is_none() {
        // Its job is not kept any more; the story is where it was.
        let issue = jira.issue_alone(&row.issue_id).await?;
        made = made
            .with_story_of_now(row, reading::story(&issue.body, &issue.url, &connection.read_options.speaking(issue.markup))?);
    }
    let (markup, output, origin) = (jira.markup().await?, made.output(&row.issue_key), made.origin(None));
    let subject = Subject { connection: &row.connection, issue_id: &row.issue_id, markup, output, origin: &origin };
    let wishes = Wishes { on_conflict: body.on_conflict.unwrap_or_default(), close_obsolete: body.close_obsolete };
    plan_all(&api.jobs, &connection, &subject, &body.publish, wishes).await.map_err(not_planned)
}

/// Why something that was only to be looked at cannot be shown.
pub(super) fn not_planned(failure: Failure) -> Problem {
    let code = Code::find(failure.code).unwrap_or(codes::UNAVAILABLE);
    match failure.verdict {
        Verdict::Snooze(wait) => Problem::new(code, failure.message).retry_after(wait),
        Verdict::Retry | Verdict::Fail => Problem::new(code, failure.message),
    }
}
