//! Accounts that people make for themselves, as far as the settings allow.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use shared::accounts::AccountError;
use shared::accounts::user::NewAccount;
use shared::domain::email::Email;
use shared::domain::registration::Registration;
use shared::domain::user::Role;
use utoipa::ToSchema;

use super::users::required_name;
use crate::extract::{Body, Client, Fields, FromFields};
use crate::problem::{Problem, codes};
use crate::state::Api;

/// Somebody who wants an account.
#[derive(ToSchema)]
#[schema(as = Registration)]
pub(super) struct RegisterBody {
    /// In any case.
    #[schema(value_type = String, example = "ada@example.com")]
    email: Email,
    /// How to call them.
    name: String,
    /// At least 12 characters, and nothing that is guessed soon.
    password: String,
    /// The token of an invitation, where one is needed.
    invite: Option<String>,
}

impl FromFields for RegisterBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (email, name) = (fields.required("email"), required_name(fields));
        let (password, invite) = (fields.required("password"), fields.optional("invite"));
        Some(Self { email: email?, name: name?, password: password?, invite })
    }
}

/// What everybody is told.
#[derive(Serialize, ToSchema)]
#[schema(as = Registered)]
pub(super) struct RegisteredView {
    message: &'static str,
}

/// Makes an account.
///
/// The answer is the same when the e-mail has one already, which stays as it is. Log in afterwards.
#[utoipa::path(post, path = "/auth/register", operation_id = "register", tag = "auth", request_body = RegisterBody, security(()),
    responses((status = 202, body = RegisteredView)))]
pub(super) async fn register(
    State(api): State<Api>,
    client: Client,
    Body(body): Body<RegisterBody>,
) -> Result<(StatusCode, Json<RegisteredView>), Problem> {
    may_register(&api, &body.email)?;
    let by_invite = api.settings.registration == Registration::Invite;
    // Hashed whether there is an account or not: the time tells nobody.
    let password_hash = api.passwords.hash_new(&body.password, body.email.as_str(), &body.name).await?;
    let new = NewAccount { email: body.email, name: body.name, role: Role::Developer, password_hash };
    let actor = client.actor(None);
    let made = if by_invite {
        api.accounts.register_invited(new, body.invite.as_deref().unwrap_or_default(), &actor).await
    } else {
        api.accounts.register(new, &actor).await
    };
    match made {
        Ok(_) | Err(AccountError::Taken) => {
            let message = "If the e-mail had no account, it has one now: log in with it.";
            Ok((StatusCode::ACCEPTED, Json(RegisteredView { message })))
        }
        Err(error) => Err(error.into()),
    }
}

fn may_register(api: &Api, email: &Email) -> Result<(), Problem> {
    match api.settings.registration {
        Registration::Closed => {
            Err(Problem::new(codes::REGISTRATION_CLOSED, "Accounts are made by an administrator here; ask one of yours."))
        }
        Registration::Domain if !api.settings.registration_domains.iter().any(|domain| domain == email.host()) => Err(
            Problem::new(codes::DOMAIN_REFUSED, "Register with an e-mail address of your organisation, or ask an administrator."),
        ),
        Registration::Invite | Registration::Domain | Registration::Open => Ok(()),
    }
}
