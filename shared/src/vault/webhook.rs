//! Endpoints of users, and the secrets that sign what they are told.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Vault;
use crate::crypto::SealError;
use crate::domain::webhook::{WebhookEvent, new_secret};
use crate::store::audit::{self, Actor};
use crate::store::delivery;
use crate::store::sealed::{WEBHOOK_OLD_SECRET, WEBHOOK_SECRET};
use crate::store::webhook::{self, Endpoint, EndpointChange, NewEndpoint};
use crate::store::{Sql, StoreError, Verb};

/// An endpoint to be made.
#[derive(Debug, Clone)]
pub struct EndpointWish {
    /// Whose it is.
    pub owner_id: Uuid,
    /// What it is for.
    pub name: String,
    /// Where to.
    pub url: String,
    /// What it is told.
    pub events: Vec<WebhookEvent>,
}

/// An endpoint and its new secret, which nobody is shown again.
#[derive(Clone)]
pub struct WithSecret {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// `whsec_…`.
    pub secret: String,
}

/// Why a verb of an endpoint did nothing.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// No such endpoint.
    #[error("there is no webhook endpoint of this id that is yours")]
    NotFound,
    /// Its owner has as many as there may be.
    #[error("you have 10 webhook endpoints, and there may be no more; remove one first")]
    TooMany,
    /// Something else was changed meanwhile.
    #[error("your webhook endpoints were changed at the same time; try again")]
    Changed,
    /// Its secret cannot be opened.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Vault {
    /// Makes an endpoint.
    pub async fn create_endpoint(&self, wish: EndpointWish, actor: &Actor) -> Result<WithSecret, EndpointError> {
        let (id, secret) = (self.db.clock().new_id(), new_secret());
        let details = json!({ "name": wish.name, "host": host(&wish.url), "events": wish.events });
        let new = NewEndpoint {
            id,
            owner_id: wish.owner_id,
            name: wish.name,
            url: wish.url,
            events: wish.events,
            secret_sealed: self.sealer.seal(WEBHOOK_SECRET.of(id), &secret),
        };
        let made = Verb::new("webhook_endpoints", id, webhook::insert(&new))
            .then(webhook::fresh_target_of_held())
            .then(self.about_endpoint(actor, "webhook.create", id, &details))
            .run::<Endpoint>(&self.db)
            .await;
        match made {
            Ok(Some(endpoint)) => Ok(WithSecret { endpoint, secret }),
            Ok(None) => Err(EndpointError::TooMany),
            // Another endpoint of the same owner took the place at the same time.
            Err(StoreError::Conflict) => Err(EndpointError::Changed),
            Err(error) => Err(error.into()),
        }
    }

    /// Changes an endpoint. Another address, or being enabled again, makes its failures forgotten.
    pub async fn change_endpoint(&self, id: Uuid, change: &EndpointChange, actor: &Actor) -> Result<Endpoint, EndpointError> {
        let details = json!({ "name": change.name, "host": change.url.as_deref().map(host), "events": change.events,
            "enabled": change.enabled });
        let mut verb = Verb::new("webhook_endpoints", id, webhook::change(id, change));
        if change.url.is_some() || change.enabled == Some(true) {
            verb = verb.then(webhook::fresh_target_of_held());
        }
        let changed = verb.then(self.about_endpoint(actor, "webhook.update", id, &details)).run::<Endpoint>(&self.db).await?;
        changed.ok_or(EndpointError::NotFound)
    }

    /// Gives an endpoint another secret; what is sent is signed with both for a day.
    pub async fn rotate_endpoint(&self, id: Uuid, actor: &Actor) -> Result<WithSecret, EndpointError> {
        let seen = webhook::find(&self.db, id).await?.ok_or(EndpointError::NotFound)?;
        let old = self.sealer.open(WEBHOOK_SECRET.of(id), seen.secret_sealed.as_deref().unwrap_or_default())?;
        let secret = new_secret();
        let (new, old) = (self.sealer.seal(WEBHOOK_SECRET.of(id), &secret), self.sealer.seal(WEBHOOK_OLD_SECRET.of(id), &old));
        let rotated = Verb::new("webhook_endpoints", id, webhook::rotate(&seen, new, old))
            .then(self.about_endpoint(actor, "webhook.rotate_secret", id, &json!({ "name": seen.name })))
            .run::<Endpoint>(&self.db)
            .await?;
        let endpoint = rotated.ok_or(EndpointError::Changed)?;
        Ok(WithSecret { endpoint, secret })
    }

    /// Removes an endpoint; what it was to be told is told to nobody.
    pub async fn remove_endpoint(&self, id: Uuid, actor: &Actor) -> Result<(), EndpointError> {
        let verb = Verb::new("webhook_endpoints", id, webhook::remove(id));
        let removed = verb.then(self.about_endpoint(actor, "webhook.delete", id, &json!({}))).took(&self.db).await?;
        if removed { Ok(()) } else { Err(EndpointError::NotFound) }
    }

    /// Sends an endpoint a message that means nothing. Answers the delivery's id.
    pub async fn test_endpoint(&self, id: Uuid, actor: &Actor) -> Result<Uuid, EndpointError> {
        let delivery_id = self.db.clock().new_id();
        let data = json!({ "endpoint_id": id, "message": "This is a test." }).to_string();
        let sent = Verb::new("webhook_endpoints", id, webhook::hold(id))
            .then(delivery::test_of_held(delivery_id, &data))
            .then(self.about_endpoint(actor, "webhook.test", id, &json!({ "delivery_id": delivery_id })))
            .took(&self.db)
            .await?;
        if sent { Ok(delivery_id) } else { Err(EndpointError::NotFound) }
    }

    /// Sends a delivery that has ended again, under the same id. `false` = it has not ended, or its endpoint is told nothing.
    pub async fn redeliver(&self, id: Uuid, actor: &Actor) -> Result<bool, StoreError> {
        let told = audit::about_held(self.db.clock().new_id(), actor, "webhook.redeliver", "delivery", id, &json!({}));
        Verb::new("webhook_deliveries", id, delivery::again(id)).then(told).took(&self.db).await
    }

    /// The same with all that failed at an endpoint since then (epoch milliseconds). Answers how many, about.
    pub async fn redeliver_failed(&self, id: Uuid, since_ms: i64, actor: &Actor) -> Result<i64, EndpointError> {
        let count = delivery::count_failed(&self.db, id, since_ms).await?;
        let details = json!({ "failed_since": since_ms, "count": count });
        let sent = Verb::new("webhook_endpoints", id, webhook::hold(id))
            .then(delivery::failed_again(since_ms))
            .then(self.about_endpoint(actor, "webhook.redeliver", id, &details))
            .took(&self.db)
            .await?;
        if sent { Ok(count) } else { Err(EndpointError::NotFound) }
    }

    /// What signs a message to an endpoint now: its secret, and for a while the one before.
    pub fn signing_secrets(&self, endpoint: &Endpoint) -> Result<Vec<String>, EndpointError> {
        let now = self.db.clock().now_ms();
        let old = endpoint.old_secret_sealed.as_ref().filter(|_| endpoint.old_secret_until.is_some_and(|until| until > now));
        let places = [(WEBHOOK_SECRET, endpoint.secret_sealed.as_ref()), (WEBHOOK_OLD_SECRET, old)];
        let sealed = places.into_iter().filter_map(|(place, sealed)| sealed.map(|sealed| (place, sealed)));
        sealed.map(|(place, sealed)| Ok(self.sealer.open(place.of(endpoint.id), sealed)?)).collect()
    }

    /// Disables an endpoint that is gone, or that took nothing for days. `true` = it was enabled.
    pub async fn disable_endpoint(&self, id: Uuid, is_gone: bool, why: &str) -> Result<bool, StoreError> {
        let told = self.about_endpoint(&Actor::default(), "webhook.disable", id, &json!({ "why": why }));
        Verb::new("webhook_endpoints", id, webhook::disable(id, is_gone, why)).then(told).took(&self.db).await
    }

    fn about_endpoint(&self, actor: &Actor, action: &'static str, id: Uuid, details: &Value) -> Sql {
        audit::about_held(self.db.clock().new_id(), actor, action, "webhook", id, details)
    }
}

/// The host of an address: its path may hold a secret.
fn host(url: &str) -> String {
    let url = url::Url::parse(url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}
