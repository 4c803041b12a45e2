//! API keys: what verbs are made of, and the look-up of each request.

use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Db, Sql, StoreError, entity};
use crate::domain::json::to_json;
use crate::domain::user::Permission;

/// A row of `api_keys`.
pub type ApiKeyRow = entity::api_key::Model;

/// A key to insert.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// UUIDv7.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Uuid,
    /// What it is for.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// SHA-256 of the key.
    pub hash: String,
    /// What it may be used for.
    pub permissions: Vec<Permission>,
    /// Epoch milliseconds; `None` = never.
    pub expires_at: Option<i64>,
}

/// Inserts a key.
#[must_use]
pub fn insert(key: &NewApiKey) -> Sql {
    Sql::new(
        "INSERT INTO api_keys (id, user_id, name, prefix, hash, permissions, created_at, expires_at) \
         SELECT ?, ?, ?, ?, ?, ?, {now}, ? FROM {gate} WHERE EXISTS (SELECT 1 FROM users WHERE id = ? AND active)",
    )
    .bind(key.id)
    .bind(key.user_id)
    .bind(key.name.clone())
    .bind(key.prefix.clone())
    .bind(key.hash.clone())
    .bind(to_json(&key.permissions))
    .bind(key.expires_at)
    .bind(key.user_id)
}

/// Revokes a key that is not revoked yet.
#[must_use]
pub fn revoke(id: Uuid, by: Option<Uuid>) -> Sql {
    Sql::new("UPDATE api_keys SET revoked_at = {now}, revoked_by = ? WHERE id = ? AND revoked_at IS NULL").bind(by).bind(id)
}

/// Revokes all keys of the account that a verb holds.
#[must_use]
pub fn revoke_those_of_held() -> Sql {
    Sql::new("UPDATE api_keys SET revoked_at = {now} WHERE user_id IN (SELECT id FROM {held} AS held) AND revoked_at IS NULL")
}

/// Finds a key.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<ApiKeyRow>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM api_keys WHERE id = ?").bind(id)).await
}

/// How many keys of an account may be used: `api_keys_owner`.
pub async fn usable(db: &Db, user_id: Uuid) -> Result<i64, StoreError> {
    #[derive(FromQueryResult)]
    struct Count {
        n: i64,
    }
    let sql = Sql::new(
        "SELECT COUNT(*) AS n FROM api_keys WHERE user_id = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > {now})",
    );
    Ok(db.read_one::<Count>(sql.bind(user_id)).await?.map_or(0, |count| count.n))
}

/// Keys, newest first, older than `before`; only those of `owner` when there is one.
pub async fn list(db: &Db, owner: Option<Uuid>, before: Option<Uuid>, limit: u64) -> Result<Vec<ApiKeyRow>, StoreError> {
    use entity::api_key::Column as C;

    let mut query = entity::api_key::Entity::find().order_by_desc(C::Id).limit(limit);
    if let Some(owner) = owner {
        query = query.filter(C::UserId.eq(owner));
    }
    if let Some(before) = before {
        query = query.filter(C::Id.lt(before));
    }
    Ok(query.all(db.reader()).await?)
}

/// A key and the account behind it.
#[derive(Clone, FromQueryResult)]
pub struct KeyHolder {
    /// The key.
    pub id: Uuid,
    /// JSON: what it may be used for.
    pub permissions: String,
    /// Epoch milliseconds; `None` = never.
    pub expires_at: Option<i64>,
    /// Epoch milliseconds.
    pub revoked_at: Option<i64>,
    /// Whose it is.
    pub user_id: Uuid,
    /// Lower case.
    pub email: String,
    /// How to call them.
    pub user_name: String,
    /// What they are.
    pub role: String,
    /// Whether they may come in.
    pub active: bool,
}

/// Finds the key of a hash, with its account: `api_keys_hash`.
pub async fn holder_by_hash(db: &Db, hash: &str) -> Result<Option<KeyHolder>, StoreError> {
    db.read_one(
        Sql::new(
            "SELECT k.id, k.permissions, k.expires_at, k.revoked_at, k.user_id, u.email, u.name AS user_name, u.role, u.active \
             FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.hash = ?",
        )
        .bind(hash),
    )
    .await
}

/// The same by the id of the key.
pub async fn holder_by_id(db: &Db, id: Uuid) -> Result<Option<KeyHolder>, StoreError> {
    db.read_one(
        Sql::new(
            "SELECT k.id, k.permissions, k.expires_at, k.revoked_at, k.user_id, u.email, u.name AS user_name, u.role, u.active \
             FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.id = ?",
        )
        .bind(id),
    )
    .await
}

/// Notes when keys were last used (epoch milliseconds); an older use changes nothing.
pub async fn used(db: &Db, uses: &[(Uuid, i64)]) -> Result<(), StoreError> {
    let text = if db.is_postgres() {
        "UPDATE api_keys SET last_used_at = used.at FROM json_to_recordset(CAST(? AS JSON)) AS used(id UUID, at BIGINT) \
         WHERE api_keys.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)"
    } else {
        "UPDATE api_keys SET last_used_at = used.at FROM (SELECT unhex(value ->> 'id') AS id, value ->> 'at' AS at FROM json_each(?)) AS used \
         WHERE api_keys.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at)"
    };
    let uses: serde_json::Value =
        uses.iter().map(|(id, at)| serde_json::json!({ "id": id.simple().to_string(), "at": at })).collect();
    db.execute(Sql::new(text).bind(uses.to_string())).await?;
    Ok(())
}
