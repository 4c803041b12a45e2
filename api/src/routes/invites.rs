//! Invitations, for administrators.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use shared::accounts::invite::Invite;
use shared::accounts::{AccountError, By};
use shared::domain::email::Email;
use shared::domain::user::Role;
use shared::store::StoreError;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::jobs::cut;
use crate::extract::{Administer, Allowed, Body, Fields, FromFields, FromParams, Id, InPerson, Params, Query};
use crate::problem::{Problem, codes};
use crate::state::Api;
use crate::view::rfc3339;

/// Days an invitation lasts, unless told otherwise.
const DAYS: u64 = 7;
/// The most.
const MOST_DAYS: u64 = 90;

/// Which invitations.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    /// Items of a page.
    #[param(minimum = 1, maximum = 100, default = 20, required = false)]
    limit: u64,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>)]
    cursor: Option<Uuid>,
}

impl FromParams for ListParams {
    fn from_params(params: &mut Params) -> Option<Self> {
        Some(Self { limit: params.limit(20), cursor: params.cursor() })
    }
}

/// Whom to invite.
#[derive(ToSchema)]
#[schema(as = NewInvite)]
pub(super) struct InviteBody {
    /// Only an account of this e-mail can be made with it.
    #[schema(value_type = String, example = "ada@example.com")]
    email: Email,
    /// What they will be.
    role: Role,
    /// 1 to 90; left out = 7.
    #[schema(minimum = 1, maximum = 90, default = 7)]
    expires_in_days: Option<u64>,
}

impl FromFields for InviteBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (email, role) = (fields.required("email"), fields.required("role"));
        let expires_in_days = fields.optional("expires_in_days");
        if expires_in_days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
            fields.refuse("expires_in_days", "should be a number between 1 and 90");
        }
        Some(Self { email: email?, role: role?, expires_in_days })
    }
}

/// An invitation that was not used yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invite)]
pub(super) struct InviteView {
    id: Uuid,
    email: String,
    role: Role,
    created_at: String,
    expires_at: String,
}

impl InviteView {
    fn of(row: Invite) -> Result<Self, Problem> {
        Ok(Self {
            role: row.role.parse().map_err(|error| StoreError::Bug(format!("invite {}: {error}", row.id)))?,
            id: row.id,
            email: row.email,
            created_at: rfc3339(row.created_at),
            expires_at: rfc3339(row.expires_at),
        })
    }
}

/// A new invitation.
#[derive(Serialize, ToSchema)]
#[schema(as = Invited)]
pub(super) struct InvitedView {
    #[serde(flatten)]
    invite: InviteView,
    /// `jqi_…`; shown this once.
    token: String,
}

/// A page of open invitations, newest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvitePage)]
pub(super) struct InvitePage {
    items: Vec<InviteView>,
    /// `null` on the last page.
    next_cursor: Option<Uuid>,
}

/// Open invitations, newest first.
#[utoipa::path(get, path = "/invites", operation_id = "list_invites", tag = "admin", params(ListParams), responses((status = 200, body = InvitePage)))]
pub(super) async fn list(
    State(api): State<Api>,
    _caller: Allowed<Administer>,
    Query(asked): Query<ListParams>,
) -> Result<Json<InvitePage>, Problem> {
    let mut rows = api.accounts.invites(asked.cursor, asked.limit + 1).await?;
    let next_cursor = cut(&mut rows, asked.limit, |row| row.id);
    Ok(Json(InvitePage { items: rows.into_iter().map(InviteView::of).collect::<Result<_, _>>()?, next_cursor }))
}

/// Invites somebody.
///
/// The token is shown once; hand it to them. An invitation of the same e-mail that is open ends with it. It makes one account, by `/auth/register`, where `JQA_REGISTRATION=invite`.
#[utoipa::path(post, path = "/invites", operation_id = "create_invite", tag = "admin", request_body = InviteBody, responses((status = 201, body = InvitedView)))]
pub(super) async fn create(
    State(api): State<Api>,
    caller: InPerson<Administer>,
    Body(body): Body<InviteBody>,
) -> Result<(StatusCode, Json<InvitedView>), Problem> {
    let life = Duration::from_secs(body.expires_in_days.unwrap_or(DAYS) * 24 * 3600);
    let (row, token) = api.accounts.invite(&body.email, body.role, life, By::Person(&caller.actor())).await?;
    Ok((StatusCode::CREATED, Json(InvitedView { invite: InviteView::of(row)?, token })))
}

/// Takes an open invitation back.
#[utoipa::path(delete, path = "/invites/{id}", operation_id = "delete_invite", tag = "admin", params(("id" = Uuid, Path)), responses((status = 204)))]
pub(super) async fn delete(State(api): State<Api>, caller: InPerson<Administer>, Id(id): Id) -> Result<StatusCode, Problem> {
    match api.accounts.uninvite(id, By::Person(&caller.actor())).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(AccountError::NotFound) => Err(Problem::new(codes::INVITE_NOT_FOUND, "There is no open invitation of this id.")),
        Err(error) => Err(error.into()),
    }
}
