//! Changing one's own password.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use shared::crypto::PasswordError;
use shared::store::{audit, user};
use utoipa::ToSchema;

use crate::extract::{Body, Caller, Fields, FromFields, InPerson, Read};
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
    let session = caller.credential().session_id().unwrap_or_default();
    let current = proved(&api, &caller, &body.current_password).await?;
    let new = match api.passwords.hash_new(&body.new_password, caller.email(), caller.name()).await {
        Err(PasswordError::Weak(weak)) => return Err(Problem::field("new_password", weak.to_string())),
        hashed => hashed?,
    };
    if api.sessions.change_password(caller.id(), &current, &new, session, &caller.actor()).await? {
        api.callers.forget_those_of(caller.id());
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(codes::CONFLICT, "The password was changed by somebody else at this moment; try again."))
}

/// The hash of the caller's password, which they know. Whoever found a session open is not to guess it: failures are
/// counted with those of logins, and are in the audit log.
async fn proved(api: &Api, caller: &Caller, password: &str) -> Result<String, Problem> {
    let hashed = user::by_id(api.db(), caller.id()).await?.map(|row| row.password_hash).unwrap_or_default();
    if hashed.is_empty() {
        return Err(Problem::field("current_password", "is none: this account comes in by single sign-on"));
    }
    let actor = caller.actor();
    if let Some(wait) = api.accounts.begin_login(caller.email(), actor.ip.as_deref()).await? {
        let detail = "Too many passwords were tried; wait before the next one.";
        return Err(Problem::new(codes::TOO_MANY_ATTEMPTS, detail).retry_after(wait));
    }
    if !api.passwords.verify(password, Some(&hashed)).await? {
        let (id, whom, how) = (api.jobs.clock().new_id(), caller.id().to_string(), json!({ "by": "password change" }));
        api.db().execute(audit::refused(id, &actor, "auth.login_failed", "user", &whom, &how)).await?;
        return Err(Problem::field("current_password", "is not the password of this account"));
    }
    api.accounts.login_came_in(caller.email(), actor.ip.as_deref()).await?;
    Ok(hashed)
}
