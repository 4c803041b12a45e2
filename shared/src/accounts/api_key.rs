//! `create_api_key`, `revoke_api_key`: what programs come in with.

use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use super::Accounts;
use crate::store::api_key::{self, ApiKeyRow, NewApiKey};
use crate::store::audit::Actor;
use crate::store::idempotency::NewKey;
use crate::store::{StoreError, Verb, audit, entity, idempotency, user};

/// Keys of one account that may be used at a time.
const MOST_KEYS: i64 = 100;

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// The account has as many keys as it may have.
    #[error("the account has {MOST_KEYS} API keys already; revoke one that is not used any more")]
    TooMany,
    /// The account was put out of service meanwhile.
    #[error("the account is not active")]
    Inactive,
    /// The `Idempotency-Key` was used with another body.
    #[error("this Idempotency-Key was used with another request")]
    KeyReused,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A key that somebody asks for, checked and allowed.
#[derive(Debug, Clone)]
pub struct KeyRequest {
    /// What is stored.
    pub new: NewApiKey,
    /// Who asks.
    pub actor: Actor,
    /// The `Idempotency-Key` that came with it, with an answer that holds no secret, and for how long it is kept.
    pub once: Option<(NewKey, Duration)>,
}

/// What became of a request for a key.
#[derive(Debug)]
pub enum CreatedApiKey {
    /// A new key.
    Created(Box<ApiKeyRow>),
    /// The same request came before: this is what it was answered, without the secret.
    Replayed(entity::idempotency::Model),
}

impl Accounts {
    /// Adds an API key of an account.
    pub async fn create_api_key(&self, request: KeyRequest) -> Result<CreatedApiKey, ApiKeyError> {
        let KeyRequest { new, actor, once } = request;
        if let Some((key, _)) = &once
            && idempotency::find(&self.db, key).await?.is_some()
        {
            return self.replay(Some(key)).await;
        }
        // Two requests at once may pass the limit; it keeps tables small and is no lock.
        if api_key::usable(&self.db, new.user_id).await? >= MOST_KEYS {
            return Err(ApiKeyError::TooMany);
        }
        let details = json!({
            "user_id": new.user_id, "name": new.name, "prefix": new.prefix, "permissions": new.permissions, "expires_at": new.expires_at,
        });
        let entry = audit::about_held(self.db.clock().new_id(), &actor, "api_key.create", "api_key", new.id, &details);
        let taken = once.as_ref().map(|(key, keep)| {
            let keep_ms = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
            idempotency::take(key, new.id, keep_ms)
        });
        let verb = Verb::new("api_keys", new.id, api_key::insert(&new)).gate(taken).then(entry);
        match verb.run::<ApiKeyRow>(&self.db).await? {
            Some(row) => Ok(CreatedApiKey::Created(Box::new(row))),
            None if user::by_id(&self.db, new.user_id).await?.is_none_or(|user| !user.active) => Err(ApiKeyError::Inactive),
            None => self.replay(once.map(|(key, _)| key).as_ref()).await,
        }
    }

    /// Revokes a key; `false` = there is none, or it is revoked.
    pub async fn revoke_api_key(&self, id: Uuid, actor: &Actor) -> Result<bool, StoreError> {
        Verb::new("api_keys", id, api_key::revoke(id, actor.user_id))
            .then(audit::about_held(self.db.clock().new_id(), actor, "api_key.revoke", "api_key", id, &json!({})))
            .took(&self.db)
            .await
    }

    async fn replay(&self, key: Option<&NewKey>) -> Result<CreatedApiKey, ApiKeyError> {
        let lost = || StoreError::Bug("an API key was added and is not there".into());
        let key = key.ok_or_else(lost)?;
        let stored = idempotency::find(&self.db, key).await?.ok_or_else(lost)?;
        if stored.body_hash == key.body_hash { Ok(CreatedApiKey::Replayed(stored)) } else { Err(ApiKeyError::KeyReused) }
    }
}
