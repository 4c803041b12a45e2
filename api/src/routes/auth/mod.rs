//! Who are you?
//!
//! * [`login`]: coming in, and staying in
//! * [`session`]: who one is, where one is logged in, and leaving
//! * [`oidc`]: coming in by single sign-on
//! * [`password`]: changing one's own

pub(super) mod login;
pub(super) mod oidc;
pub(super) mod password;
pub(super) mod session;

use serde::Serialize;
use shared::accounts::Renewable;
use shared::crypto::Bearer;
use shared::domain::user::Role;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;
use crate::state::Api;
use crate::view::rfc3339;

/// An account.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserView {
    id: Uuid,
    email: String,
    name: String,
    role: Role,
}

/// An access token, what it is renewed with, and whom they are for.
#[derive(Serialize, ToSchema)]
#[schema(as = Granted)]
pub(super) struct GrantedView {
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    /// Good once, for `POST /auth/refresh`.
    refresh_token: String,
    /// When the refresh token is over if it is not used. RFC 3339 in UTC.
    #[schema(format = DateTime)]
    refresh_until: String,
    user: UserView,
}

/// What somebody gets who was let in.
async fn granted(api: &Api, begun: Renewable) -> Result<GrantedView, Problem> {
    let session = begun.session;
    let bearer = Bearer { user_id: session.user_id, session_id: session.id };
    let account = api.callers.find(api.db(), bearer).await??;
    let user = UserView { id: account.id, email: account.email.clone(), name: account.name.clone(), role: account.role };
    Ok(GrantedView {
        access_token: api.tokens.issue(bearer)?,
        token_type: "Bearer",
        expires_in: api.tokens.life().as_secs(),
        refresh_token: begun.refresh_token,
        refresh_until: rfc3339(session.idle_until.min(session.expires_at)),
        user,
    })
}
