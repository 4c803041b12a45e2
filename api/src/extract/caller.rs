//! Who calls.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use shared::domain::user::{Permission, Role};
use shared::store::audit::Actor;
use uuid::Uuid;

use super::client::Client;
use crate::audit::Who;
use crate::callers::Account;
use crate::problem::{Problem, codes};
use crate::state::Api;

/// An active account whose token was verified.
#[derive(Debug, Clone)]
pub struct Caller {
    account: Arc<Account>,
    client: Client,
}

impl Caller {
    /// The account's id.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.account.id
    }

    /// Lower case.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.account.email
    }

    /// How to call them.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.account.name
    }

    /// What they are.
    #[must_use]
    pub fn role(&self) -> Role {
        self.account.role
    }

    /// Whether the role holds a permission.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.account.role.may(permission)
    }

    /// Refuses a caller whose role does not hold a permission.
    pub fn must(&self, permission: Permission) -> Result<(), Problem> {
        if self.may(permission) { Ok(()) } else { Err(Problem::forbidden(permission)) }
    }

    /// Whether this caller may see what somebody owns.
    #[must_use]
    pub fn sees(&self, owner_id: Uuid) -> bool {
        self.account.sees(owner_id)
    }

    /// Whose budgets a request of this caller draws from.
    fn budget_keys(&self) -> Vec<String> {
        vec![format!("user:{}", self.account.id)]
    }

    /// The caller as the actor of a verb.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.client.actor(Some(self.account.id))
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let user_id = api.tokens.verify(bearer(parts)?)?;
        let account = api.callers.find(api.db(), user_id).await?;
        let account = account.ok_or_else(|| {
            Problem::new(codes::ACCOUNT_INACTIVE, "The account of this token does not exist or was deactivated.")
        })?;
        if let Some(who) = parts.extensions.get::<Who>() {
            who.is(account.id);
        }
        let caller = Self { account, client: Client::of(parts) };
        api.limits.admit(parts, &caller.budget_keys()).await?;
        Ok(caller)
    }
}

fn bearer(parts: &Parts) -> Result<&str, Problem> {
    let missing = || {
        Problem::new(
            codes::TOKEN_MISSING,
            "Send the header 'Authorization: Bearer <token>'; POST /api/v1/auth/login answers a token.",
        )
    };
    let value = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(missing()) }
}
