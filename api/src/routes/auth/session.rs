//! Who one is, where one is logged in, and leaving.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use shared::domain::session::{EndReason, LoginMethod};
use shared::domain::user::Permission;
use shared::store::session::{self, Session};
use utoipa::ToSchema;
use uuid::Uuid;

use super::UserView;
use crate::extract::{Allowed, Id, InPerson, Read};
use crate::problem::{Problem, codes};
use crate::state::Api;
use crate::view::rfc3339;

/// The account of the token.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub(in crate::routes) struct MeView {
    #[serde(flatten)]
    user: UserView,
    /// What the caller may do.
    permissions: Vec<Permission>,
}

/// A login that goes on.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(in crate::routes) struct SessionView {
    id: Uuid,
    #[schema(inline)]
    method: LoginMethod,
    /// Whether this request came with it.
    is_current: bool,
    /// Where it began.
    ip: Option<String>,
    /// With what it began.
    user_agent: Option<String>,
    /// RFC 3339 in UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last renewed.
    #[schema(format = DateTime)]
    refreshed_at: String,
    /// When it is over at the latest.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Logins, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = SessionList)]
pub(in crate::routes) struct SessionListView {
    items: Vec<SessionView>,
}

/// The account of the token, and what it may do.
#[utoipa::path(get, path = "/auth/me", tag = "auth", responses((status = 200, body = MeView)))]
pub(in crate::routes) async fn me(caller: Allowed<Read>) -> Json<MeView> {
    let user =
        UserView { id: caller.id(), email: caller.email().to_owned(), name: caller.name().to_owned(), role: caller.role() };
    Json(MeView { user, permissions: Permission::ALL.iter().copied().filter(|permission| caller.may(*permission)).collect() })
}

/// Leave.
///
/// Ends the session of the token: its refresh token is over at once, its access tokens within seconds.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", responses((status = 204)))]
pub(in crate::routes) async fn logout(State(api): State<Api>, caller: InPerson<Read>) -> Result<StatusCode, Problem> {
    let id = caller.credential().session_id().unwrap_or_default();
    // Somebody else may have ended it meanwhile, which is as good.
    api.sessions.end(id, caller.id(), EndReason::Logout, &caller.actor()).await?;
    api.callers.forget(id);
    Ok(StatusCode::NO_CONTENT)
}

/// Where one is logged in.
#[utoipa::path(get, path = "/auth/sessions", operation_id = "list_sessions", tag = "auth", responses((status = 200, body = SessionListView)))]
pub(in crate::routes) async fn list(State(api): State<Api>, caller: InPerson<Read>) -> Result<Json<SessionListView>, Problem> {
    let rows = session::of_user(api.db(), caller.id()).await?;
    let current = caller.credential().session_id();
    let items = rows.into_iter().map(|row| SessionView::of(row, current)).collect::<Result<_, _>>()?;
    Ok(Json(SessionListView { items }))
}

/// End all of one's own logins but this one.
#[utoipa::path(delete, path = "/auth/sessions", operation_id = "end_other_sessions", tag = "auth", responses((status = 204)))]
pub(in crate::routes) async fn end_others(State(api): State<Api>, caller: InPerson<Read>) -> Result<StatusCode, Problem> {
    let this = caller.credential().session_id().unwrap_or_default();
    api.sessions.end_others(caller.id(), this, &caller.actor()).await?;
    api.callers.forget_those_of(caller.id());
    Ok(StatusCode::NO_CONTENT)
}

/// End one of one's own logins.
#[utoipa::path(delete, path = "/auth/sessions/{id}", tag = "auth", params(("id" = Uuid, Path)), responses((status = 204)))]
pub(in crate::routes) async fn end(State(api): State<Api>, caller: InPerson<Read>, Id(id): Id) -> Result<StatusCode, Problem> {
    if api.sessions.end(id, caller.id(), EndReason::Ended, &caller.actor()).await? {
        api.callers.forget(id);
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(codes::SESSION_NOT_FOUND, "You have no session of this id that goes on."))
}

impl SessionView {
    fn of(row: Session, current: Option<Uuid>) -> Result<Self, Problem> {
        Ok(Self {
            id: row.id,
            method: row.method.parse().map_err(Problem::internal)?,
            is_current: current == Some(row.id),
            ip: row.ip,
            user_agent: row.user_agent,
            created_at: rfc3339(row.created_at),
            refreshed_at: rfc3339(row.refreshed_at),
            expires_at: rfc3339(row.expires_at),
        })
    }
}
