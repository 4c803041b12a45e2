//! API keys: what programs come in with.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::accounts::{CreatedApiKey, KeyRequest};
use shared::crypto::ApiKey;
use shared::domain::json::to_json;
use shared::domain::normal::is_one_line;
use shared::domain::user::Permission;
use shared::store::api_key::{self, ApiKeyRow, NewApiKey};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::accept::{IDEMPOTENCY_REPLAYED, once};
use super::jobs::cut;
use super::owner::Owner;
use crate::extract::{
    Allowed, Body, Caller, Fields, FromFields, FromParams, Id, IdempotencyKey, InPerson, ManageOwn, Params, Query,
};
use crate::problem::{FieldError, Problem};
use crate::state::Api;
use crate::view::rfc3339;

/// A century is for ever, which has a field of its own.
const MOST_DAYS: u64 = 36_500;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long a key is good for when nobody says.
const USUAL: Duration = Duration::from_secs(90 * 24 * 3600);

/// Characters of a name.
const LONGEST_NAME: usize = 100;

/// Which keys.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// `me`, `all`, or the id of a user; others' need `administer`.
    #[param(value_type = Option<String>)]
    owner: Owner,
    /// Items of a page.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    limit: u64,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Uuid>,
}

impl FromParams for ListParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        let owner = params.optional("owner").unwrap_or(Owner::Me);
        Some(Self { owner, limit: params.limit(20), cursor: params.cursor() })
    }
}

/// A key to be made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewApiKey)]
pub(super) struct NewApiKeyBody {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100, example = "nightly pipeline")]
    name: String,
    /// What it may be used for, of what your role holds; absent = all of that but `administer`.
    #[schema(required = false)]
    permissions: Option<Vec<Permission>>,
    /// Absent = 90, or the longest that is allowed here.
    #[schema(required = false, minimum = 1, maximum = 36500)]
    expires_in_days: Option<u64>,
    /// Good for ever, where that is allowed.
    #[schema(required = false)]
    never_expires: bool,
}

impl FromFields for NewApiKeyBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.required::<String>("name").map(|name| name.trim().to_owned());
        let is_name = |name: &String| (1..=LONGEST_NAME).contains(&name.chars().count()) && is_one_line(name);
        if name.as_ref().is_some_and(|name| !is_name(name)) {
            fields.refuse("name", format!("should have 1 to {LONGEST_NAME} characters, in one line"));
        }
        let permissions = fields.optional::<Vec<Permission>>("permissions");
        if permissions.as_ref().is_some_and(Vec::is_empty) {
            fields.refuse("permissions", "holds none, so the key would be good for nothing");
        }
        let expires_in_days = fields.optional("expires_in_days");
        let never_expires = fields.optional("never_expires").unwrap_or_default();
        if expires_in_days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
            fields.refuse("expires_in_days", "should be a number between 1 and 36500");
        }
        if never_expires && expires_in_days.is_some() {
            fields.refuse("never_expires", "contradicts expires_in_days; keep one of them");
        }
        Some(Self { name: name?, permissions, expires_in_days, never_expires })
    }
}

/// A key without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(super) struct ApiKeyView {
    id: Uuid,
    user_id: Uuid,
    name: String,
    /// How it begins.
    #[schema(example = "jqa_4fGq0ZtB")]
    prefix: String,
    /// What it may be used for, as far as the role of its account holds it.
    permissions: Vec<Permission>,
    created_at: String,
    /// `null` = never.
    expires_at: Option<String>,
    /// To the minute; `null` = never yet.
    last_used_at: Option<String>,
    /// `null` = not revoked.
    revoked_at: Option<String>,
    revoked_by: Option<Uuid>,
}

/// A key that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedApiKey)]
pub(super) struct CreatedApiKeyView {
    #[serde(flatten)]
    about: ApiKeyView,
    /// The key itself, shown this once; `null` when the request is repeated under its `Idempotency-Key`.
    key: Option<String>,
}

/// A page of keys, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKeyPage)]
pub(super) struct ApiKeyPage {
    items: Vec<ApiKeyView>,
    /// `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// API keys, newest first, those that were revoked or have expired too.
///
/// Needs `manage_own`; keys of others need `administer`.
#[utoipa::path(get, path = "/api-keys", operation_id = "list_api_keys", tag = "api keys", params(ListParams),
    responses((status = 200, body = ApiKeyPage)))]
pub(super) async fn list(
    State(api): State<Api>,
    caller: Allowed<ManageOwn>,
    Query(asked): Query<ListParams>,
) -> Result<Json<ApiKeyPage>, Problem> {
    let owner = asked.owner.as_seen_by(&caller)?;
    let mut rows = api_key::list(api.db(), owner, asked.cursor, asked.limit + 1).await?;
    let next_cursor = cut(&mut rows, asked.limit, |row| row.id);
    Ok(Json(ApiKeyPage { items: rows.into_iter().map(ApiKeyView::of).collect::<Result<_, _>>()?, next_cursor }))
}

/// Make an API key. It is shown once.
///
/// Needs `manage_own` and an access token: no key makes keys. A request that is repeated under its `Idempotency-Key` makes no second key and is
/// answered without the secret, which is not kept: if the first answer was lost, revoke that key and make another.
#[utoipa::path(post, path = "/api-keys", operation_id = "create_api_key", tag = "api keys", request_body = NewApiKeyBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "Repeat a request safely for 24 hours.")),
    responses((status = 201, body = CreatedApiKeyView)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: InPerson<ManageOwn>,
    key: IdempotencyKey,
    Body(body): Body<NewApiKeyBody>,
) -> Result<Response, Problem> {
    let (secret, wanted) = (ApiKey::generate(), check(&api, &caller, &body)?);
    let now = api.jobs.clock().now_ms();
    let new = NewApiKey {
        id: api.jobs.clock().new_id(),
        user_id: caller.id(),
        name: body.name.clone(),
        prefix: secret.prefix().to_owned(),
        hash: secret.hash(),
        permissions: wanted.permissions,
        expires_at: wanted.life.map(|life| now.saturating_add(i64::try_from(life.as_millis()).unwrap_or(i64::MAX))),
    };
    let kept = CreatedApiKeyView { about: ApiKeyView::of_new(&new, now), key: None };
    let once = once(&caller, key, "/api/v1/api-keys", &body, StatusCode::CREATED, to_json(&kept));
    match api
        .accounts
        .create_api_key(KeyRequest {
            new,
            actor: caller.actor(),
            once: once.map(|key| (key, api.jobs.limits().keep_idempotency)),
        })
        .await?
    {
        CreatedApiKey::Created(row) => {
            let view = CreatedApiKeyView { about: ApiKeyView::of(*row)?, key: Some(secret.expose().to_owned()) };
            Ok((StatusCode::CREATED, Json(view)).into_response())
        }
        CreatedApiKey::Replayed(stored) => {
            let headers = [(CONTENT_TYPE, "application/json"), (IDEMPOTENCY_REPLAYED, "true")];
            Ok((StatusCode::CREATED, headers, stored.response).into_response())
        }
    }
}

/// Revoke an API key.
///
/// Your own need `manage_own`, others' `administer`; an access token is needed: no key revokes keys. It ends within 5 s on every server. Revoking it again
/// changes nothing.
#[utoipa::path(delete, path = "/api-keys/{id}", operation_id = "revoke_api_key", tag = "api keys", params(("id" = Uuid, Path)),
    responses((status = 204, description = "Revoked")))]
pub(super) async fn revoke(State(api): State<Api>, caller: InPerson<ManageOwn>, Id(id): Id) -> Result<StatusCode, Problem> {
    let row = api_key::find(api.db(), id).await?;
    row.filter(|row| row.user_id == caller.id() || caller.may(Permission::Administer)).ok_or_else(Problem::no_such_api_key)?;
    api.accounts.revoke_api_key(id, &caller.actor()).await?;
    api.keys.forget(id);
    Ok(StatusCode::NO_CONTENT)
}

struct Wanted {
    permissions: Vec<Permission>,
    /// `None` = for ever.
    life: Option<Duration>,
}

/// Checks that the caller may have such a key.
fn check(api: &Api, caller: &Caller, body: &NewApiKeyBody) -> Result<Wanted, Problem> {
    let mut errors = Vec::new();
    let longest = api.settings.longest_api_key;
    let life = match body.expires_in_days {
        _ if body.never_expires => None,
        Some(days) => Some(DAY * u32::try_from(days).unwrap_or(u32::MAX)),
        None => Some(longest.map_or(USUAL, |longest| longest.min(USUAL))),
    };
    if let Some(longest) = longest.filter(|longest| life.is_none_or(|life| life > *longest)) {
        let (field, days) =
            (if body.never_expires { "never_expires" } else { "expires_in_days" }, longest.as_secs() / DAY.as_secs());
        errors.push(FieldError::invalid(
            field,
            format!("is more than is allowed here, which is {days} days (JQA_API_KEY_LONGEST)"),
        ));
    }
    let asked = body.permissions.iter().flatten().enumerate();
    for (n, permission) in asked.filter(|(_, permission)| !caller.may(**permission)) {
        errors.push(FieldError::invalid(format!("permissions[{n}]"), format!("your role does not hold '{permission}'")));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let all =
        || Permission::ALL.iter().copied().filter(|permission| *permission != Permission::Administer && caller.may(*permission));
    let mut permissions = body.permissions.clone().unwrap_or_else(|| all().collect());
    permissions.sort_unstable();
    permissions.dedup();
    Ok(Wanted { permissions, life })
}

impl ApiKeyView {
    fn of(row: ApiKeyRow) -> Result<Self, Problem> {
        let permissions = serde_json::from_str(&row.permissions);
        Ok(Self {
            permissions: permissions.map_err(|error| Problem::internal(format!("API key {}: {error}", row.id)))?,
            id: row.id,
            user_id: row.user_id,
            name: row.name,
            prefix: row.prefix,
            created_at: rfc3339(row.created_at),
            expires_at: row.expires_at.map(rfc3339),
            last_used_at: row.last_used_at.map(rfc3339),
            revoked_at: row.revoked_at.map(rfc3339),
            revoked_by: row.revoked_by,
        })
    }

    fn of_new(new: &NewApiKey, now_ms: i64) -> Self {
        Self {
            id: new.id,
            user_id: new.user_id,
            name: new.name.clone(),
            prefix: new.prefix.clone(),
            permissions: new.permissions.clone(),
            created_at: rfc3339(now_ms),
            expires_at: new.expires_at.map(rfc3339),
            last_used_at: None,
            revoked_at: None,
            revoked_by: None,
        }
    }
}
