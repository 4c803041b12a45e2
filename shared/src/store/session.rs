//! Sessions: what refresh tokens belong to.

use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::{Db, Sql, StoreError};

/// A row of `sessions`.
#[derive(Clone, PartialEq, Eq, FromQueryResult)]
pub struct Session {
    /// UUIDv7.
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// [`LoginMethod`](crate::domain::session::LoginMethod).
    pub method: String,
    /// How often it was renewed.
    pub generation: i64,
    /// The key that the token of this generation is made with.
    pub key_id: String,
    /// What all its tokens are made from; useless without the key.
    pub seed: String,
    /// Where it began.
    pub ip: Option<String>,
    /// With what it began.
    pub user_agent: Option<String>,
    /// Epoch milliseconds.
    pub created_at: i64,
    /// Epoch milliseconds.
    pub refreshed_at: i64,
    /// Not renewed by then, it is over. Epoch milliseconds.
    pub idle_until: i64,
    /// Over by then whatever happens. Epoch milliseconds.
    pub expires_at: i64,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("id", &self.id).field("generation", &self.generation).finish_non_exhaustive()
    }
}

/// A session as a refresh finds it.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Found {
    /// The row.
    #[sea_orm(nested)]
    pub session: Session,
    /// Whether it goes on: not ended, not over, its account active.
    pub is_live: bool,
    /// Whether it was renewed within the grace.
    pub is_fresh: bool,
}

/// Whoever comes with a session, and whether they may come in.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct SignedIn {
    /// The account.
    pub id: Uuid,
    /// Lower case.
    pub email: String,
    /// How to call them.
    pub name: String,
    /// [`Role`](crate::domain::user::Role).
    pub role: String,
    /// Whether the account may come in.
    pub active: bool,
    /// Whether the session goes on.
    pub is_live: bool,
}

/// A session, and how it stands by the database's clock. `grace_ms` = how long ago a renewal counts as fresh.
pub async fn find(db: &Db, id: Uuid, grace_ms: i64) -> Result<Option<Found>, StoreError> {
    let sql = Sql::new(
        "SELECT s.*, (s.ended_at IS NULL AND s.idle_until > {now} AND s.expires_at > {now} AND u.active) AS is_live, \
         (s.refreshed_at > {now} - ?) AS is_fresh \
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?",
    );
    db.read_one(sql.bind(grace_ms).bind(id)).await
}

/// The account of a session.
pub async fn signed_in(db: &Db, id: Uuid, user_id: Uuid) -> Result<Option<SignedIn>, StoreError> {
    let sql = Sql::new(
        "SELECT u.id, u.email, u.name, u.role, u.active, (s.ended_at IS NULL AND s.expires_at > {now}) AS is_live \
         FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ? AND u.id = ?",
    );
    db.read_one(sql.bind(id).bind(user_id)).await
}

/// The sessions of an account that go on, the newest first.
pub async fn of_user(db: &Db, user_id: Uuid) -> Result<Vec<Session>, StoreError> {
    let sql = Sql::new(
        "SELECT * FROM sessions WHERE user_id = ? AND ended_at IS NULL AND idle_until > {now} AND expires_at > {now} \
         ORDER BY created_at DESC, id DESC LIMIT 200",
    );
    db.read_all(sql.bind(user_id)).await
}

/// The guard that ends a session, whoever asks.
#[must_use]
pub fn end(id: Uuid, reason: &'static str) -> Sql {
    Sql::new("UPDATE sessions SET ended_at = {now}, ended_reason = ? WHERE id = ? AND ended_at IS NULL").bind(reason).bind(id)
}

/// Ends the sessions of the account that a verb holds, but for one.
#[must_use]
pub fn end_those_of_held(reason: &'static str, but: Option<Uuid>) -> Sql {
    Sql::new(
        "UPDATE sessions SET ended_at = {now}, ended_reason = ? \
         WHERE user_id IN (SELECT id FROM {held} AS held) AND ended_at IS NULL AND id <> ?",
    )
    .bind(reason)
    .bind(but.unwrap_or(Uuid::nil()))
}
