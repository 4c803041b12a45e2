//! Endpoints that are told what happens: what verbs are made of, and reads.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError, entity};
use crate::domain::duration::ms;
use crate::domain::json::to_json;
use crate::domain::webhook::{DISABLED_AFTER, OLD_SECRET_SIGNS, WebhookEvent};

/// A row of `webhook_endpoints`.
pub type Endpoint = entity::webhook_endpoint::Model;

/// An endpoint to insert.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// UUIDv7.
    pub id: Uuid,
    /// Whose it is.
    pub owner_id: Uuid,
    /// What it is for.
    pub name: String,
    /// Where to.
    pub url: String,
    /// What it is told.
    pub events: Vec<WebhookEvent>,
    /// Its secret, sealed.
    pub secret_sealed: String,
}

/// Inserts an endpoint, unless its owner has as many as there may be.
#[must_use]
pub fn insert(new: &NewEndpoint) -> Sql {
    Sql::new(
        "INSERT INTO webhook_endpoints (id, owner_id, slot, name, url, target, events, enabled, secret_sealed, created_at, updated_at) \
         SELECT ?, ?, free.n, ?, ?, ?, ?, TRUE, ?, {now}, {now} FROM (SELECT MIN(s.n) AS n FROM (SELECT 1 AS n UNION ALL SELECT 2 \
         UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 \
         UNION ALL SELECT 9 UNION ALL SELECT 10) AS s WHERE s.n NOT IN (SELECT slot FROM webhook_endpoints WHERE owner_id = ? \
         AND deleted_at IS NULL)) AS free WHERE free.n IS NOT NULL",
    )
    .bind(new.id)
    .bind(new.owner_id)
    .bind(new.name.clone())
    .bind(new.url.clone())
    .bind(new.id.to_string())
    .bind(to_json(&new.events))
    .bind(new.secret_sealed.clone())
    .bind(new.owner_id)
}

/// The target of the endpoint a verb holds, which has not failed yet.
#[must_use]
pub fn fresh_target_of_held() -> Sql {
    Sql::new(
        "INSERT INTO webhook_targets (id, failures) SELECT held.target, 0 FROM {held} AS held WHERE TRUE \
         ON CONFLICT (id) DO UPDATE SET failures = 0, failing_since = NULL",
    )
}

/// What is to be changed of an endpoint; `None` = as it is.
#[derive(Debug, Clone, Default)]
pub struct EndpointChange {
    /// What it is for.
    pub name: Option<String>,
    /// Where to.
    pub url: Option<String>,
    /// What it is told.
    pub events: Option<Vec<WebhookEvent>>,
    /// Whether it is told anything.
    pub enabled: Option<bool>,
}

/// Changes an endpoint; its guard.
#[must_use]
pub fn change(id: Uuid, change: &EndpointChange) -> Sql {
    Sql::new(
        "UPDATE webhook_endpoints SET name = COALESCE(?, name), url = COALESCE(?, url), events = COALESCE(?, events), \
         enabled = COALESCE(?, enabled), disabled_at = CASE WHEN ? THEN NULL ELSE disabled_at END, \
         disabled_why = CASE WHEN ? THEN NULL ELSE disabled_why END, updated_at = {now} WHERE id = ? AND deleted_at IS NULL",
    )
    .bind(change.name.clone())
    .bind(change.url.clone())
    .bind(change.events.as_ref().map(to_json))
    .bind(change.enabled)
    .bind(change.enabled.is_some())
    .bind(change.enabled.is_some())
    .bind(id)
}

/// Gives an endpoint another secret; the one before, sealed anew in its place, signs too for a while. Its guard.
#[must_use]
pub fn rotate(seen: &Endpoint, secret_sealed: String, old_secret_sealed: String) -> Sql {
    Sql::new(
        "UPDATE webhook_endpoints SET secret_sealed = ?, old_secret_sealed = ?, old_secret_until = {now} + ?, updated_at = {now} \
         WHERE id = ? AND secret_sealed = ? AND deleted_at IS NULL",
    )
    .bind(secret_sealed)
    .bind(old_secret_sealed)
    .bind(ms(OLD_SECRET_SIGNS))
    .bind(seen.id)
    .bind(seen.secret_sealed.clone())
}

/// Removes an endpoint with its secrets; its log stays until it is old. Its guard.
#[must_use]
pub fn remove(id: Uuid) -> Sql {
    Sql::new(
        "UPDATE webhook_endpoints SET deleted_at = {now}, enabled = FALSE, secret_sealed = NULL, old_secret_sealed = NULL, \
         updated_at = {now} WHERE id = ? AND deleted_at IS NULL",
    )
    .bind(id)
}

/// Holds an endpoint that is there; a guard that changes nothing.
#[must_use]
pub fn hold(id: Uuid) -> Sql {
    Sql::new("UPDATE webhook_endpoints SET updated_at = updated_at WHERE id = ? AND deleted_at IS NULL").bind(id)
}

/// Disables an endpoint that is gone, or that took nothing for too long; its guard.
#[must_use]
pub fn disable(id: Uuid, is_gone: bool, why: &str) -> Sql {
    Sql::new(
        "UPDATE webhook_endpoints SET enabled = FALSE, disabled_at = {now}, disabled_why = ?, updated_at = {now} WHERE id = ? AND enabled \
         AND (? OR EXISTS (SELECT 1 FROM webhook_targets t WHERE t.id = webhook_endpoints.target AND t.failing_since <= {now} - ?))",
    )
    .bind(why)
    .bind(id)
    .bind(is_gone)
    .bind(ms(DISABLED_AFTER))
}

/// Finds an endpoint that was not removed.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<Endpoint>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM webhook_endpoints WHERE id = ? AND deleted_at IS NULL").bind(id)).await
}

/// An endpoint and how it fares.
#[derive(Debug, Clone)]
pub struct Faring {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Since when it took nothing.
    pub failing_since: Option<i64>,
    /// Tries that failed since.
    pub failures: i64,
}

#[derive(FromQueryResult)]
struct Health {
    id: String,
    failing_since: Option<i64>,
    failures: i64,
}

/// The endpoints of an owner in the order in which they were made; at most [`MOST_ENDPOINTS`](crate::domain::webhook::MOST_ENDPOINTS).
pub async fn list(db: &Db, owner_id: Uuid) -> Result<Vec<Faring>, StoreError> {
    let endpoints = Sql::new("SELECT * FROM webhook_endpoints WHERE owner_id = ? AND deleted_at IS NULL ORDER BY id");
    let health = Sql::new(
        "SELECT id, failing_since, failures FROM webhook_targets WHERE id IN (SELECT target FROM webhook_endpoints \
         WHERE owner_id = ? AND deleted_at IS NULL)",
    );
    let endpoints: Vec<Endpoint> = db.read_all(endpoints.bind(owner_id)).await?;
    let health: Vec<Health> = db.read_all(health.bind(owner_id)).await?;
    let of = |endpoint: &Endpoint| health.iter().find(|health| health.id == endpoint.target);
    Ok(endpoints.into_iter().map(|endpoint| Faring::of(of(&endpoint), endpoint)).collect())
}

/// How an endpoint fares.
pub async fn faring(db: &Db, endpoint: Endpoint) -> Result<Faring, StoreError> {
    let sql = Sql::new("SELECT id, failing_since, failures FROM webhook_targets WHERE id = ?").bind(endpoint.target.clone());
    let health: Option<Health> = db.read_one(sql).await?;
    Ok(Faring::of(health.as_ref(), endpoint))
}

impl Faring {
    fn of(health: Option<&Health>, endpoint: Endpoint) -> Self {
        let (failing_since, failures) = health.map_or((None, 0), |health| (health.failing_since, health.failures));
        Self { endpoint, failing_since, failures }
    }
}
