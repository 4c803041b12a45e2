//! Who calls.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use shared::crypto::{ApiKey, Bearer};
use shared::domain::user::{Permission, Role};
use shared::store::StoreError;
use shared::store::audit::Actor;
use uuid::Uuid;

use super::client::Client;
use super::credential::Credential;
use crate::audit::Who;
use crate::callers::Account;
use crate::keys::KeyRefused;
use crate::problem::{Problem, codes};
use crate::state::Api;

/// An active account whose token or API key was verified.
#[derive(Debug, Clone)]
pub struct Caller {
    account: Arc<Account>,
    credential: Credential,
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

    /// What they came with.
    #[must_use]
    pub fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Whether the role holds a permission, and what they came with covers it.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.account.role.may(permission) && self.credential.covers(permission)
    }

    /// Refuses a caller who does not hold a permission.
    pub fn must(&self, permission: Permission) -> Result<(), Problem> {
        self.lent(permission)?;
        if self.account.role.may(permission) { Ok(()) } else { Err(Problem::forbidden(permission)) }
    }

    /// Refuses an API key that was not given a permission. For what the owner of something may do whatever their role.
    pub fn lent(&self, permission: Permission) -> Result<(), Problem> {
        if self.credential.covers(permission) {
            return Ok(());
        }
        Err(Problem::new(codes::FORBIDDEN, format!("This API key was not given the permission '{permission}'.")))
    }

    /// Whether this caller may see what somebody owns.
    #[must_use]
    pub fn sees(&self, owner_id: Uuid) -> bool {
        owner_id == self.account.id || self.may(Permission::ReadAll)
    }

    /// Whose budgets a request of this caller draws from.
    fn budget_keys(&self) -> Vec<String> {
        let key = self.credential.api_key_id().map(|id| format!("key:{id}"));
        key.into_iter().chain([format!("user:{}", self.account.id)]).collect()
    }

    /// The caller as the actor of a verb.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor { api_key_id: self.credential.api_key_id(), ..self.client.actor(Some(self.account.id)) }
    }

    /// The same caller as of now: their role may have changed since. `None` = they may not come in any more.
    pub(crate) async fn again(&self, api: &Api) -> Result<Option<Self>, StoreError> {
        let account = match &self.credential {
            Credential::Session(session_id) => {
                let bearer = Bearer { user_id: self.account.id, session_id: *session_id };
                api.callers.find(api.db(), bearer).await?.ok()
            }
            Credential::ApiKey { id, .. } => api.keys.by_id(api.db(), *id).await?.map(|key| Arc::clone(&key.account)),
        };
        Ok(account.map(|account| Self { account, ..self.clone() }))
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let token = bearer(parts)?;
        let (account, credential) =
            if ApiKey::is_meant(token) { by_key(api, token).await? } else { by_token(api, token).await? };
        if let Some(who) = parts.extensions.get::<Who>() {
            who.is(account.id);
        }
        let caller = Self { account, credential, client: Client::of(parts) };
        api.limits.admit(parts, &caller.budget_keys()).await?;
        Ok(caller)
    }
}

async fn by_token(api: &Api, token: &str) -> Result<(Arc<Account>, Credential), Problem> {
    let bearer = api.tokens.verify(token)?;
    let account = api.callers.find(api.db(), bearer).await??;
    Ok((account, Credential::Session(bearer.session_id)))
}

async fn by_key(api: &Api, token: &str) -> Result<(Arc<Account>, Credential), Problem> {
    let key = ApiKey::parse(token).ok_or(KeyRefused::Mistyped)?;
    let known = api.keys.used(api.db(), &key).await??;
    let credential = Credential::ApiKey { id: known.id, permissions: Arc::clone(&known.permissions) };
    Ok((Arc::clone(&known.account), credential))
}

fn bearer(parts: &Parts) -> Result<&str, Problem> {
    let missing = || {
        Problem::new(
            codes::TOKEN_MISSING,
            "Send the header 'Authorization: Bearer <token>'; POST /api/v1/auth/login answers a token, POST /api/v1/api-keys a key for programs.",
        )
    };
    let value = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(missing()) }
}
