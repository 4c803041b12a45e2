//! Webhook endpoints: where a user is told what happens.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::normal::is_one_line;
use shared::domain::webhook::WebhookEvent;
use shared::store::delivery::{self, Delivery, DeliveryStatus, LogFilter};
use shared::store::webhook::{self, Endpoint, EndpointChange, Faring};
use shared::vault::{EndpointError, EndpointWish, WithSecret};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::jobs::cut;
use crate::extract::{Allowed, Body, Caller, Fields, FromFields, FromParams, Id, ManageOwn, Params, Query};
use crate::problem::{FieldError, Problem, codes};
use crate::state::Api;
use crate::view::rfc3339;

/// Characters of a name.
const LONGEST_NAME: usize = 100;

/// An endpoint to be made.
#[derive(ToSchema)]
#[schema(as = NewWebhook)]
pub(super) struct NewWebhookBody {
    /// Where to: `https`, or what an administrator allowed with `JQA_OUTBOUND_ALLOW`.
    #[schema(max_length = 2000, example = "https://ci.example.org/hooks/jqa")]
    url: String,
    /// What it is for; absent = the host of the address.
    #[schema(required = false, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// What it is told; absent = everything.
    #[schema(required = false, min_items = 1)]
    events: Option<Vec<WebhookEvent>>,
}

/// What is to be changed of an endpoint.
#[derive(ToSchema)]
#[schema(as = WebhookChange)]
pub(super) struct WebhookChangeBody {
    /// Another address.
    #[schema(required = false, max_length = 2000)]
    url: Option<String>,
    /// Another name.
    #[schema(required = false, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// What it is told from now on.
    #[schema(required = false, min_items = 1)]
    events: Option<Vec<WebhookEvent>>,
    /// `false` = it is told nothing. `true` forgets that it failed.
    #[schema(required = false)]
    enabled: Option<bool>,
}

fn name(fields: &mut Fields) -> Option<String> {
    let name = fields.optional::<String>("name").map(|name| name.trim().to_owned())?;
    if !(1..=LONGEST_NAME).contains(&name.chars().count()) || !is_one_line(&name) {
        fields.refuse("name", format!("should have 1 to {LONGEST_NAME} characters, in one line"));
    }
    Some(name)
}

fn events(fields: &mut Fields) -> Option<Vec<WebhookEvent>> {
    let mut events = fields.optional::<Vec<WebhookEvent>>("events")?;
    if events.is_empty() {
        fields.refuse("events", "holds none, so the endpoint would be told nothing");
    }
    events.sort_unstable();
    events.dedup();
    Some(events)
}

impl FromFields for NewWebhookBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (url, name, events) = (fields.required("url"), name(fields), events(fields));
        Some(Self { url: url?, name, events })
    }
}

impl FromFields for WebhookChangeBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (url, name, events) = (fields.optional("url"), name(fields), events(fields));
        Some(Self { url, name, events, enabled: fields.optional("enabled") })
    }
}

/// Since when.
#[derive(ToSchema)]
#[schema(as = RedeliverFailed)]
pub(super) struct SinceBody {
    /// RFC 3339.
    failed_since: DateTime<Utc>,
}

impl FromFields for SinceBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { failed_since: fields.required("failed_since")? })
    }
}

/// Which deliveries.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct LogParams {
    /// Only those that stand so.
    #[param(value_type = Option<DeliveryStatus>)]
    status: Option<DeliveryStatus>,
    /// Items of a page.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    limit: u64,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Uuid>,
}

impl FromParams for LogParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self { status: params.optional("status"), limit: params.limit(20), cursor: params.cursor() })
    }
}

/// An endpoint without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(super) struct WebhookView {
    id: Uuid,
    name: String,
    url: String,
    events: Vec<WebhookEvent>,
    enabled: bool,
    /// Since when it is disabled, if that was not a person.
    disabled_at: Option<String>,
    /// Why.
    disabled_why: Option<String>,
    /// Since when it took nothing; `null` = the last message was taken.
    failing_since: Option<String>,
    /// Tries that failed since.
    failures: i64,
    /// Until when the secret before signs too.
    old_secret_until: Option<String>,
    created_at: String,
    updated_at: String,
}

/// An endpoint and its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookWithSecret)]
pub(super) struct WithSecretView {
    #[serde(flatten)]
    about: WebhookView,
    /// What signs its messages, shown this once.
    secret: String,
}

/// The endpoints of a user.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhooks)]
pub(super) struct WebhooksView {
    items: Vec<WebhookView>,
}

/// A message to an endpoint, and its tries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(super) struct DeliveryView {
    id: Uuid,
    /// `webhook-id` of every try.
    message_id: String,
    /// `type` of the message.
    #[serde(rename = "type")]
    kind: Option<String>,
    job_id: Option<Uuid>,
    status: DeliveryStatus,
    /// Tries made since it was (last) queued.
    attempts: i32,
    /// When it is tried (again).
    next_try_at: Option<String>,
    tried_at: Option<String>,
    /// HTTP status of the last try.
    last_status: Option<i32>,
    /// Why it did not succeed.
    last_error: Option<String>,
    /// How the last answer began.
    last_answer: Option<String>,
    created_at: String,
    ended_at: Option<String>,
}

/// A page of a log, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryPage)]
pub(super) struct DeliveryPage {
    items: Vec<DeliveryView>,
    /// `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// A message that is on its way.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SentDelivery)]
pub(super) struct SentView {
    /// The delivery.
    id: Uuid,
}

/// Messages that are on their way again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SentDeliveries)]
pub(super) struct SentAgainView {
    /// How many.
    count: i64,
}

/// Your webhook endpoints.
///
/// Needs `manage_own`. There are ten at most.
#[utoipa::path(get, path = "/webhooks", operation_id = "list_webhooks", tag = "webhooks",
    responses((status = 200, body = WebhooksView)))]
pub(super) async fn list(State(api): State<Api>, caller: Allowed<ManageOwn>) -> Result<Json<WebhooksView>, Problem> {
    let rows = webhook::list(api.db(), caller.id()).await?;
    Ok(Json(WebhooksView { items: rows.into_iter().map(WebhookView::of).collect::<Result<_, _>>()? }))
}

/// Make a webhook endpoint. Its secret is shown once.
///
/// Needs `manage_own`. It is told of your jobs, batches and results; messages and signatures follow Standard Webhooks.
#[utoipa::path(post, path = "/webhooks", operation_id = "create_webhook", tag = "webhooks", request_body = NewWebhookBody,
    responses((status = 201, body = WithSecretView)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: Allowed<ManageOwn>,
    Body(body): Body<NewWebhookBody>,
) -> Result<(StatusCode, Json<WithSecretView>), Problem> {
    check_url(&api, Some(&body.url))?;
    let host = || url::Url::parse(&body.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let wish = EndpointWish {
        owner_id: caller.id(),
        name: body.name.clone().or_else(host).unwrap_or_default().chars().take(LONGEST_NAME).collect(),
        events: body.events.unwrap_or_else(|| WebhookEvent::ALL.to_vec()),
        url: body.url,
    };
    let made = api.vault.create_endpoint(wish, &caller.actor()).await?;
    Ok((StatusCode::CREATED, Json(WithSecretView::of(&api, made).await?)))
}

/// A webhook endpoint.
///
/// Needs `manage_own`.
#[utoipa::path(get, path = "/webhooks/{id}", operation_id = "show_webhook", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 200, body = WebhookView)))]
pub(super) async fn show(State(api): State<Api>, caller: Allowed<ManageOwn>, Id(id): Id) -> Result<Json<WebhookView>, Problem> {
    let endpoint = own(&api, &caller, id).await?;
    Ok(Json(WebhookView::of(webhook::faring(api.db(), endpoint).await?)?))
}

/// Change a webhook endpoint.
///
/// Needs `manage_own`. An endpoint that was disabled because it took nothing is enabled again by `"enabled": true`.
#[utoipa::path(patch, path = "/webhooks/{id}", operation_id = "change_webhook", tag = "webhooks", params(("id" = Uuid, Path)),
    request_body = WebhookChangeBody, responses((status = 200, body = WebhookView)))]
pub(super) async fn change(
    State(api): State<Api>,
    caller: Allowed<ManageOwn>,
    Id(id): Id,
    Body(body): Body<WebhookChangeBody>,
) -> Result<Json<WebhookView>, Problem> {
    own(&api, &caller, id).await?;
    check_url(&api, body.url.as_deref())?;
    let WebhookChangeBody { url, name, events, enabled } = body;
    let change = EndpointChange { name, url, events, enabled };
    let endpoint = api.vault.change_endpoint(id, &change, &caller.actor()).await?;
    Ok(Json(WebhookView::of(webhook::faring(api.db(), endpoint).await?)?))
}

/// Remove a webhook endpoint. What it was still to be told is told to nobody.
///
/// Needs `manage_own`.
#[utoipa::path(delete, path = "/webhooks/{id}", operation_id = "remove_webhook", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Removed")))]
pub(super) async fn remove(State(api): State<Api>, caller: Allowed<ManageOwn>, Id(id): Id) -> Result<StatusCode, Problem> {
    own(&api, &caller, id).await?;
    api.vault.remove_endpoint(id, &caller.actor()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a message of type `webhook.test`.
///
/// Needs `manage_own`. What came of it stands in the log of the endpoint, under the id that is answered.
#[utoipa::path(post, path = "/webhooks/{id}/test", operation_id = "test_webhook", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 202, body = SentView)))]
pub(super) async fn test(
    State(api): State<Api>,
    caller: Allowed<ManageOwn>,
    Id(id): Id,
) -> Result<(StatusCode, Json<SentView>), Problem> {
    own(&api, &caller, id).await?;
    let id = api.vault.test_endpoint(id, &caller.actor()).await?;
    Ok((StatusCode::ACCEPTED, Json(SentView { id })))
}

/// Give a webhook endpoint another secret. It is shown once; for 24 hours messages are signed with the one before, too.
///
/// Needs `manage_own`.
#[utoipa::path(post, path = "/webhooks/{id}/rotate-secret", operation_id = "rotate_webhook_secret", tag = "webhooks",
    params(("id" = Uuid, Path)), responses((status = 200, body = WithSecretView)))]
pub(super) async fn rotate_secret(
    State(api): State<Api>,
    caller: Allowed<ManageOwn>,
    Id(id): Id,
) -> Result<Json<WithSecretView>, Problem> {
    own(&api, &caller, id).await?;
    let rotated = api.vault.rotate_endpoint(id, &caller.actor()).await?;
    Ok(Json(WithSecretView::of(&api, rotated).await?))
}

/// What a webhook endpoint was told, newest first, with what it answered.
///
/// Needs `manage_own`.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", operation_id = "list_deliveries", tag = "webhooks",
    params(("id" = Uuid, Path), LogParams), responses((status = 200, body = DeliveryPage)))]
pub(super) async fn deliveries(
    State(api): State<Api>,
    caller: Allowed<ManageOwn>,
    Id(id): Id,
    Query(asked): Query<LogParams>,
) -> Result<Json<DeliveryPage>, Problem> {
    let endpoint_id = own(&api, &caller, id).await?.id;
    let filter = LogFilter { endpoint_id, status: asked.status, before: asked.cursor, limit: asked.limit + 1 };
    let mut rows = delivery::of_endpoint(api.db(), filter).await?;
    let next_cursor = cut(&mut rows, asked.limit, |row| row.id);
    Ok(Json(DeliveryPage { items: rows.into_iter().map(DeliveryView::of).collect::<Result<_, _>>()?, next_cursor }))
}

/// Send everything again that a webhook endpoint did not take since then, under the same ids.
///
/// Needs `manage_own`.
#[utoipa::path(post, path = "/webhooks/{id}/redeliver", operation_id = "redeliver_failed", tag = "webhooks",
    params(("id" = Uuid, Path)), request_body = SinceBody, responses((status = 202, body = SentAgainView)))]
pub(super) async fn redeliver_failed(
    State(api): State<Api>,
    caller: Allowed<ManageOwn>,
    Id(id): Id,
    Body(body): Body<SinceBody>,
) -> Result<(StatusCode, Json<SentAgainView>), Problem> {
    is_enabled(&own(&api, &caller, id).await?)?;
    let count = api.vault.redeliver_failed(id, body.failed_since.timestamp_millis(), &caller.actor()).await?;
    Ok((StatusCode::ACCEPTED, Json(SentAgainView { count })))
}

/// Send a message to a webhook endpoint again, under the same id.
///
/// Needs `manage_own`. Only what has ended is sent again, taken or not.
#[utoipa::path(post, path = "/deliveries/{id}/redeliver", operation_id = "redeliver", tag = "webhooks", params(("id" = Uuid, Path)),
    responses((status = 202, body = SentView)))]
pub(super) async fn redeliver(
    State(api): State<Api>,
    caller: Allowed<ManageOwn>,
    Id(id): Id,
) -> Result<(StatusCode, Json<SentView>), Problem> {
    let row = delivery::find(api.db(), id).await?;
    let endpoint_id = row.and_then(|row| row.endpoint_id).ok_or_else(no_such_delivery)?;
    is_enabled(&own(&api, &caller, endpoint_id).await.map_err(|_| no_such_delivery())?)?;
    if api.vault.redeliver(id, &caller.actor()).await? {
        return Ok((StatusCode::ACCEPTED, Json(SentView { id })));
    }
    Err(Problem::new(codes::DELIVERY_NOT_ENDED, "The message is still on its way; what has ended can be sent again."))
}

/// An endpoint of the caller.
async fn own(api: &Api, caller: &Caller, id: Uuid) -> Result<Endpoint, Problem> {
    let endpoint = webhook::find(api.db(), id).await?.filter(|endpoint| endpoint.owner_id == caller.id());
    endpoint.ok_or_else(|| EndpointError::NotFound.into())
}

fn is_enabled(endpoint: &Endpoint) -> Result<(), Problem> {
    if endpoint.enabled {
        return Ok(());
    }
    Err(Problem::new(codes::WEBHOOK_DISABLED, "The endpoint is told nothing; enable it first."))
}

fn no_such_delivery() -> Problem {
    Problem::new(codes::DELIVERY_NOT_FOUND, "There is no delivery of this id to an endpoint of yours.")
}

fn check_url(api: &Api, url: Option<&str>) -> Result<(), Problem> {
    match url.and_then(|url| (api.outbound)(url).err()) {
        Some(message) => Err(Problem::invalid(vec![FieldError::invalid("url", message)])),
        None => Ok(()),
    }
}

impl WebhookView {
    fn of(row: Faring) -> Result<Self, Problem> {
        let Faring { endpoint, failing_since, failures } = row;
        let events = serde_json::from_str(&endpoint.events);
        Ok(Self {
            events: events.map_err(|error| Problem::internal(format!("webhook endpoint {}: {error}", endpoint.id)))?,
            id: endpoint.id,
            name: endpoint.name,
            url: endpoint.url,
            enabled: endpoint.enabled,
            disabled_at: endpoint.disabled_at.map(rfc3339),
            disabled_why: endpoint.disabled_why,
            failing_since: failing_since.map(rfc3339),
            failures,
            old_secret_until: endpoint.old_secret_until.map(rfc3339),
            created_at: rfc3339(endpoint.created_at),
            updated_at: rfc3339(endpoint.updated_at),
        })
    }
}

impl WithSecretView {
    async fn of(api: &Api, made: WithSecret) -> Result<Self, Problem> {
        let WithSecret { endpoint, secret } = made;
        Ok(Self { about: WebhookView::of(webhook::faring(api.db(), endpoint).await?)?, secret })
    }
}

impl DeliveryView {
    fn of(row: Delivery) -> Result<Self, Problem> {
        let status: DeliveryStatus =
            row.status.parse().map_err(|error| Problem::internal(format!("delivery {}: {error}", row.id)))?;
        Ok(Self {
            id: row.id,
            message_id: format!("msg_{}", row.id.simple()),
            kind: row.kind,
            job_id: row.job_id,
            status,
            attempts: row.attempt,
            next_try_at: Some(row.due_at).filter(|_| status == DeliveryStatus::Queued).map(rfc3339),
            tried_at: row.tried_at.map(rfc3339),
            last_status: row.last_status,
            last_error: row.last_error,
            last_answer: row.last_answer,
            created_at: rfc3339(row.created_at),
            ended_at: row.ended_at.map(rfc3339),
        })
    }
}
