//! Changing one's own password.

use axum::extract::State;
use axum::http::StatusCode;
use shared::crypto::PasswordError;
use shared::store::user;
use utoipa::ToSchema;

use crate::extract::{Body, Fields, FromFields, InPerson, Read};
use crate::problem::{Problem, codes};
use crate::state::Api;

/// The password that is, and the one that is to be.
#[derive(ToSchema)]
#[schema(as = PasswordChange)]
pub(in crate::routes) struct PasswordBody {
    current_password: String,
    /// At least 12 characters, and nothing that is easily guessed.
    new_password: String,
}

impl FromFields for PasswordBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (current, new) = (fields.required("current_password"), fields.required("new_password"));
        Some(Self { current_password: current?, new_password: new? })
    }
}

/// Change one's own password.
///
/// Needs the current one, and ends all other sessions.
#[utoipa::path(post, path = "/auth/password", tag = "auth", request_body = PasswordBody, responses((status = 204)))]
pub(in crate::routes) async fn change(
    State(api): State<Api>,
    caller: InPerson<Read>,
    Body(body): Body<PasswordBody>,
) -> Result<StatusCode, Problem> {
    let (row, session) = (user::by_id(api.db(), caller.id()).await?, caller.credential().session_id().unwrap_or_default());
    let hashed = row.map(|row| row.password_hash).unwrap_or_default();
    if hashed.is_empty() {
        return Err(Problem::field("current_password", "is none: this account comes in by single sign-on"));
    }
    // Whoever found a session open is not to guess the password with it.
    let ip = caller.actor().ip;
    if let Some(wait) = api.accounts.begin_login(caller.email(), ip.as_deref()).await? {
        let detail = "Too many passwords were tried; wait before the next one.";
        return Err(Problem::new(codes::TOO_MANY_ATTEMPTS, detail).retry_after(wait));
    }
    let is_right = api.passwords.verify(&body.current_password, Some(&hashed)).await?;
    if !is_right {
        return Err(Problem::field("current_password", "is not the password of this account"));
    }
    api.accounts.login_came_in(caller.email(), ip.as_deref()).await?;
    let new = match api.passwords.hash_new(&body.new_password, caller.email(), caller.name()).await {
        Err(PasswordError::Weak(weak)) => return Err(Problem::field("new_password", weak.to_string())),
        hashed => hashed?,
    };
    if api.sessions.change_password(caller.id(), &hashed, &new, session, &caller.actor()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(codes::CONFLICT, "The password was changed by somebody else at this moment; try again."))
}
