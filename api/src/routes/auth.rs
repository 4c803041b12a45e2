//! Who are you?

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::domain::user::{Permission, Role};
use shared::store::{audit, user};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::{Allowed, Body, Client, Fields, FromFields, Read};
use crate::problem::{Problem, codes};
use crate::state::Api;

/// Longer ones only cost time.
const LONGEST_PASSWORD: usize = 1024;

/// Longer ones do not exist, and each that failed is remembered for a while.
const LONGEST_EMAIL: usize = 320;

/// An e-mail and its password.
#[derive(ToSchema)]
#[schema(as = Login)]
pub(super) struct LoginBody {
    /// In any case.
    #[schema(example = "qa@example.com")]
    email: String,
    /// As it was set.
    password: String,
}

impl FromFields for LoginBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (email, password) = (fields.required::<String>("email"), fields.required::<String>("password"));
        if password.as_ref().is_some_and(|password| password.len() > LONGEST_PASSWORD) {
            fields.refuse("password", "is longer than 1024 bytes");
        }
        if email.as_ref().is_some_and(|email| email.len() > LONGEST_EMAIL || email.contains(char::is_control)) {
            fields.refuse("email", "should be an e-mail address of at most 320 bytes");
        }
        Some(Self { email: email?.trim().to_lowercase(), password: password? })
    }
}

/// An access token and whom it is for.
#[derive(Serialize, ToSchema)]
#[schema(as = LoggedIn)]
pub(super) struct LoggedInView {
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    user: UserView,
}

/// An account.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserView {
    id: Uuid,
    email: String,
    name: String,
    role: Role,
}

/// The account of the token.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
pub(super) struct MeView {
    #[serde(flatten)]
    user: UserView,
    /// What its role may do.
    permissions: Vec<Permission>,
}

/// Log in.
///
/// Unknown accounts and wrong passwords are answered alike. After some failures each further one waits longer.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = LoginBody, security(()), responses((status = 200, body = LoggedInView)))]
pub(super) async fn login(
    State(api): State<Api>,
    client: Client,
    Body(body): Body<LoginBody>,
) -> Result<Json<LoggedInView>, Problem> {
    let ip = client.ip.as_deref();
    if let Some(wait) = api.accounts.begin_login(&body.email, ip).await? {
        return Err(Problem::new(codes::TOO_MANY_ATTEMPTS, "Too many logins failed; wait before the next one.").retry_after(wait));
    }
    let row = user::by_email(api.db(), &body.email).await?;
    let hashed = row.as_ref().map(|row| row.password_hash.as_str());
    let is_right = api.passwords.verify(&body.password, hashed).await?;
    let Some(row) = row.filter(|row| is_right && row.active) else {
        record(&api, &client, None, "auth.login_failed").await?;
        return Err(Problem::new(
            codes::BAD_CREDENTIALS,
            "The e-mail is unknown, the password is wrong, or the account is not active.",
        ));
    };
    api.accounts.login_came_in(&body.email, ip).await?;
    record(&api, &client, Some(row.id), "auth.login").await?;
    let role = row.role.parse().map_err(Problem::internal)?;
    Ok(Json(LoggedInView {
        access_token: api.tokens.issue(row.id)?,
        token_type: "Bearer",
        expires_in: api.tokens.life().as_secs(),
        user: UserView { id: row.id, email: row.email, name: row.name, role },
    }))
}

/// The account of the token, and what it may do.
#[utoipa::path(get, path = "/auth/me", tag = "auth", responses((status = 200, body = MeView)))]
pub(super) async fn me(caller: Allowed<Read>) -> Json<MeView> {
    let user =
        UserView { id: caller.id(), email: caller.email().to_owned(), name: caller.name().to_owned(), role: caller.role() };
    Json(MeView { user, permissions: Permission::ALL.iter().copied().filter(|permission| caller.may(*permission)).collect() })
}

async fn record(api: &Api, client: &Client, user_id: Option<Uuid>, action: &'static str) -> Result<(), Problem> {
    let resource_id = user_id.map(|id| id.to_string()).unwrap_or_default();
    let write = if user_id.is_some() { audit::entry } else { audit::refused };
    let id = api.jobs.clock().new_id();
    api.db().execute(write(id, &client.actor(user_id), action, "user", &resource_id, &serde_json::json!({}))).await?;
    Ok(())
}
