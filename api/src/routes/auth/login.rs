//! Coming in, and staying in.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use shared::accounts::Proof;
use shared::crypto::Passwords;
use shared::domain::email::{Email, LONGEST as LONGEST_EMAIL};
use shared::domain::password::LONGEST;
use shared::store::{audit, user};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{GrantedView, granted};
use crate::extract::{Body, Client, Fields, FromFields};
use crate::problem::{Problem, codes};
use crate::state::Api;

/// An e-mail and its password.
#[derive(ToSchema)]
#[schema(as = Login)]
pub(in crate::routes) struct LoginBody {
    /// In any case.
    #[schema(example = "qa@example.com")]
    email: String,
    /// As it was set.
    password: String,
}

impl FromFields for LoginBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (email, password) = (fields.required::<String>("email"), fields.required::<String>("password"));
        if password.as_ref().is_some_and(|password| password.len() > LONGEST) {
            fields.refuse("password", "is longer than 1024 bytes");
        }
        if email.as_ref().is_some_and(|email| email.len() > LONGEST_EMAIL || email.contains(char::is_control)) {
            fields.refuse("email", "should be an e-mail address");
        }
        let (email, password) = (email?, password?);
        // As accounts are kept, so that it is found however it was typed. What is none is no account's.
        let email = Email::parse(&email).map_or_else(|_| String::new(), String::from);
        Some(Self { email, password })
    }
}

/// A token to come in with again.
#[derive(ToSchema)]
#[schema(as = Refresh)]
pub(in crate::routes) struct RefreshBody {
    /// As it was answered last.
    refresh_token: String,
}

impl FromFields for RefreshBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { refresh_token: fields.required("refresh_token")? })
    }
}

/// Log in.
///
/// Unknown accounts and wrong passwords are answered alike. After some failures each further one waits longer.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = LoginBody, security(()), responses((status = 200, body = GrantedView)))]
pub(in crate::routes) async fn login(
    State(api): State<Api>,
    client: Client,
    Body(body): Body<LoginBody>,
) -> Result<Json<GrantedView>, Problem> {
    let ip = client.ip.as_deref();
    if let Some(wait) = api.accounts.begin_login(&body.email, ip).await? {
        record_refusal(&api, &client, None, &json!({ "waits": true })).await?;
        return Err(Problem::new(codes::TOO_MANY_ATTEMPTS, "Too many logins failed; wait before the next one.").retry_after(wait));
    }
    let row = user::by_email(api.db(), &body.email).await?;
    // Whoever comes by single sign-on has none.
    let hashed = row.as_ref().map(|row| row.password_hash.as_str()).filter(|hash| !hash.is_empty());
    let is_right = api.passwords.verify(&body.password, hashed).await?;
    let who = row.as_ref().map(|row| row.id);
    let Some(row) = row.filter(|row| is_right && row.active) else {
        record_refusal(&api, &client, who, &json!({})).await?;
        return Err(wrong());
    };
    let hash = current(&api, row.id, row.password_hash, &body.password).await?;
    // The check took its time, and the password may have been changed meanwhile.
    let Some(begun) = api.sessions.begin(row.id, Proof::Password(&hash), &client.actor(None)).await? else {
        record_refusal(&api, &client, who, &json!({ "changed": true })).await?;
        return Err(wrong());
    };
    api.accounts.login_came_in(&body.email, ip).await?;
    Ok(Json(granted(&api, begun).await?))
}

/// Renew a session.
///
/// Each refresh token is good once; its answer holds the next. The same token again within 10 seconds gets the same answer,
/// because an answer may be lost; later it ends the session, because somebody holds a copy.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = RefreshBody, security(()), responses((status = 200, body = GrantedView)))]
pub(in crate::routes) async fn refresh(
    State(api): State<Api>,
    client: Client,
    Body(body): Body<RefreshBody>,
) -> Result<Json<GrantedView>, Problem> {
    let renewed = api.sessions.refresh(&body.refresh_token, &client.actor(None)).await?;
    Ok(Json(granted(&api, renewed).await?))
}

fn wrong() -> Problem {
    Problem::new(codes::BAD_CREDENTIALS, "The e-mail is unknown, the password is wrong, or the account is not active.")
}

/// The hash of a password by the parameters of today, which is kept while the password is known.
async fn current(api: &Api, id: Uuid, hash: String, password: &str) -> Result<String, Problem> {
    if Passwords::is_current(&hash) {
        return Ok(hash);
    }
    let newer = api.passwords.hash(password).await?;
    // Somebody may have changed it at this moment, which counts.
    Ok(if api.accounts.rehash(id, &hash, &newer).await? { newer } else { hash })
}

/// A login that was refused, for the audit log; `whom` it was meant for, where there is such an account.
pub(in crate::routes) async fn record_refusal(
    api: &Api,
    client: &Client,
    whom: Option<Uuid>,
    how: &Value,
) -> Result<(), Problem> {
    let (id, whom) = (api.jobs.clock().new_id(), whom.map(|id| id.to_string()).unwrap_or_default());
    api.db().execute(audit::refused(id, &client.actor(None), "auth.login_failed", "user", &whom, how)).await?;
    Ok(())
}
