//! The answers that repeated requests get again.

use uuid::Uuid;

use super::{Db, Sql, StoreError, entity};

/// A key as it came with a request, and the answer to keep.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Who asked.
    pub caller: Uuid,
    /// HTTP method.
    pub method: &'static str,
    /// Path.
    pub path: String,
    /// The header's value.
    pub key: String,
    /// SHA-256 of the parsed body.
    pub body_hash: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// JSON of the answer.
    pub response: String,
}

/// Takes the key unless somebody has it. A second request with the same key waits here until the first has committed.
/// A key that has expired is taken over.
#[must_use]
pub fn take(key: &NewKey, job_id: Uuid, keep_ms: i64) -> Sql {
    Sql::new(
        "INSERT INTO idempotency_keys (caller, method, path, idempotency_key, body_hash, job_id, status, response, expires_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, {now} + ?) \
         ON CONFLICT (caller, method, path, idempotency_key) DO UPDATE SET body_hash = excluded.body_hash, job_id = excluded.job_id, \
         status = excluded.status, response = excluded.response, expires_at = excluded.expires_at WHERE idempotency_keys.expires_at < {now}",
    )
    .bind(key.caller)
    .bind(key.method)
    .bind(key.path.clone())
    .bind(key.key.clone())
    .bind(key.body_hash.clone())
    .bind(job_id)
    .bind(i32::from(key.status))
    .bind(key.response.clone())
    .bind(keep_ms)
}

/// The stored answer.
pub async fn find(db: &Db, key: &NewKey) -> Result<Option<entity::idempotency::Model>, StoreError> {
    db.read_one(
        Sql::new("SELECT * FROM idempotency_keys WHERE caller = ? AND method = ? AND path = ? AND idempotency_key = ?")
            .bind(key.caller)
            .bind(key.method)
            .bind(key.path.clone())
            .bind(key.key.clone()),
    )
    .await
}
