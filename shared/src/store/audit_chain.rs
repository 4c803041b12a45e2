//! The chain over the audit log: its head, its segments, and the entries in its order.

use sea_orm::{DbBackend, FromQueryResult};
use uuid::Uuid;

use super::entity::audit::Model;
use super::{Db, Sql, StoreError, Verb};

/// There is one chain.
pub const HEAD: Uuid = Uuid::nil();

/// How far the chain is.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Head {
    /// The number of the last sealed entry; 0 = there is none.
    pub seq: i64,
    /// Its MAC.
    pub mac: String,
    /// The first number of the open segment.
    pub open_from: i64,
    /// When that was begun, in epoch milliseconds; 0 = nothing is in it.
    pub open_since: i64,
    /// The MAC before it.
    pub open_mac: String,
    /// When it was signed, in epoch milliseconds.
    pub at: i64,
    /// The key of the signature.
    pub key_id: String,
    /// Over all of the above.
    pub signature: String,
}

/// A stretch of the chain that is complete. It outlives its entries.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Segment {
    /// UUIDv7.
    pub id: Uuid,
    /// The number of its first entry.
    pub first_seq: i64,
    /// The number of its last one.
    pub last_seq: i64,
    /// The MAC before it.
    pub first_mac: String,
    /// The MAC of its last entry.
    pub last_mac: String,
    /// When it was closed, in epoch milliseconds; no entry is younger.
    pub closed_at: i64,
    /// The key of the signature.
    pub key_id: String,
    /// Over all of the above but the id.
    pub signature: String,
    /// When its entries were allowed to leave.
    pub removed_at: Option<i64>,
    /// The key of that permission.
    pub removed_key_id: Option<String>,
    /// The permission.
    pub removed_signature: Option<String>,
}

/// The link of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The entry.
    pub id: Uuid,
    /// Its number.
    pub seq: i64,
    /// Its MAC.
    pub mac: String,
}

/// The head.
pub async fn head(db: &Db) -> Result<Option<Head>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM audit_head WHERE id = ?").bind(HEAD)).await
}

/// Signs the first head, if it still is as it was made and nobody has an account.
pub async fn begin(db: &Db, head: &Head) -> Result<(), StoreError> {
    let sql = Sql::new(
        "UPDATE audit_head SET at = ?, key_id = ?, signature = ? WHERE id = ? AND seq = 0 AND signature = '' \
         AND NOT EXISTS (SELECT 1 FROM users)",
    );
    db.execute(sql.bind(head.at).bind(head.key_id.clone()).bind(head.signature.clone()).bind(HEAD)).await.map(drop)
}

/// Whether nobody has an account yet.
pub async fn is_before_all_accounts(db: &Db) -> Result<bool, StoreError> {
    Ok(number(db, Sql::new("SELECT COUNT(*) AS n FROM users")).await? == Some(0))
}

/// The head, if this owner may seal now: nobody else has the lease.
pub async fn head_for(db: &Db, owner: &str) -> Result<Option<Head>, StoreError> {
    let sql = Sql::new("SELECT * FROM audit_head WHERE id = ? AND (owner = ? OR lease_until < {now})");
    db.read_one(sql.bind(HEAD).bind(owner)).await
}

/// Entries that are not sealed yet, whenever they were written.
pub async fn unsealed(db: &Db, limit: u64) -> Result<Vec<Model>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    db.read_all(Sql::new("SELECT * FROM audit_logs WHERE sealed IS NULL ORDER BY id LIMIT ?").bind(limit)).await
}

/// The backlog of the sealer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Unsealed {
    /// Entries that are not sealed yet.
    pub entries: i64,
    /// When the oldest of them was written.
    pub oldest: Option<i64>,
}

/// The backlog of the sealer.
pub async fn backlog(db: &Db) -> Result<Unsealed, StoreError> {
    let sql = Sql::new("SELECT COUNT(*) AS entries, CAST(MIN(at) AS BIGINT) AS oldest FROM audit_logs WHERE sealed IS NULL");
    Ok(db.read_one(sql).await?.unwrap_or(Unsealed { entries: 0, oldest: None }))
}

/// Moves the head from `old` to `new`, if it still stands at `old` and nobody else has the lease; keeps the lease.
fn moved(old: &Head, new: &Head, owner: &str, lease_ms: i64) -> Verb {
    let guard = Sql::new(
        "UPDATE audit_head SET seq = ?, mac = ?, open_from = ?, open_since = ?, open_mac = ?, at = ?, key_id = ?, signature = ?, \
         owner = ?, lease_until = {now} + ? WHERE id = ? AND seq = ? AND mac = ? AND open_from = ? AND (owner = ? OR lease_until < {now})",
    );
    let guard = guard
        .bind(new.seq)
        .bind(new.mac.clone())
        .bind(new.open_from)
        .bind(new.open_since)
        .bind(new.open_mac.clone())
        .bind(new.at)
        .bind(new.key_id.clone())
        .bind(new.signature.clone())
        .bind(owner)
        .bind(lease_ms)
        .bind(HEAD)
        .bind(old.seq)
        .bind(old.mac.clone())
        .bind(old.open_from)
        .bind(owner);
    Verb::new("audit_head", HEAD, guard)
}

/// Links entries and moves the head past them. `false` = somebody else sealed meanwhile; nothing was written.
pub async fn seal(db: &Db, old: &Head, new: &Head, links: &[Link], owner: &str, lease_ms: i64) -> Result<bool, StoreError> {
    let links: Vec<_> = links
        .iter()
        .map(|link| serde_json::json!({ "id": link.id.simple().to_string(), "seq": link.seq, "mac": link.mac }))
        .collect();
    let text = match db.backend() {
        DbBackend::Postgres => {
            "UPDATE audit_logs SET sealed = s.seq, mac = s.mac, key_id = ? FROM (SELECT CAST(value->>'id' AS UUID) AS id, \
             CAST(value->>'seq' AS BIGINT) AS seq, value->>'mac' AS mac FROM json_array_elements(CAST(? AS JSON))) AS s \
             WHERE audit_logs.id = s.id AND EXISTS (SELECT 1 FROM {held} AS held)"
        }
        _ => {
            "UPDATE audit_logs SET sealed = s.seq, mac = s.mac, key_id = ? FROM (SELECT unhex(value->>'id') AS id, \
             value->>'seq' AS seq, value->>'mac' AS mac FROM json_each(?)) AS s \
             WHERE audit_logs.id = s.id AND EXISTS (SELECT 1 FROM {held} AS held)"
        }
    };
    let link = Sql::new(text).bind(new.key_id.clone()).bind(serde_json::Value::from(links).to_string());
    moved(old, new, owner, lease_ms).then(link).took(db).await
}

/// Ends the open segment. `false` = somebody else was faster; nothing was written.
pub async fn close(db: &Db, old: &Head, new: &Head, segment: &Segment, owner: &str, lease_ms: i64) -> Result<bool, StoreError> {
    let insert = Sql::new(
        "INSERT INTO audit_segments (id, first_seq, last_seq, first_mac, last_mac, closed_at, key_id, signature) \
         SELECT ?, ?, ?, ?, ?, ?, ?, ? FROM {held} AS held",
    )
    .bind(segment.id)
    .bind(segment.first_seq)
    .bind(segment.last_seq)
    .bind(segment.first_mac.clone())
    .bind(segment.last_mac.clone())
    .bind(segment.closed_at)
    .bind(segment.key_id.clone())
    .bind(segment.signature.clone());
    moved(old, new, owner, lease_ms).then(insert).took(db).await
}

/// The oldest segment whose entries are kept, if it was closed longer ago than `age_ms`.
pub async fn oldest_kept(db: &Db, age_ms: i64) -> Result<Option<Segment>, StoreError> {
    let oldest: Option<Segment> =
        db.read_one(Sql::new("SELECT * FROM audit_segments WHERE removed_at IS NULL ORDER BY first_seq LIMIT 1")).await?;
    Ok(oldest.filter(|segment| segment.closed_at < db.clock().now_ms() - age_ms))
}

/// Lets the entries of a segment leave.
pub async fn let_go(db: &Db, segment: &Segment) -> Result<u64, StoreError> {
    let sql = Sql::new(
        "UPDATE audit_segments SET removed_at = ?, removed_key_id = ?, removed_signature = ? WHERE id = ? AND removed_at IS NULL",
    );
    db.execute(
        sql.bind(segment.removed_at)
            .bind(segment.removed_key_id.clone())
            .bind(segment.removed_signature.clone())
            .bind(segment.id),
    )
    .await
}

/// Removes entries of segments that were let go, at most `limit`.
pub async fn remove(db: &Db, limit: i64) -> Result<u64, StoreError> {
    let sql = Sql::new(
        "DELETE FROM audit_logs WHERE id IN (SELECT l.id FROM audit_segments s JOIN audit_logs l \
         ON l.sealed BETWEEN s.first_seq AND s.last_seq WHERE s.removed_at IS NOT NULL ORDER BY l.sealed LIMIT ?)",
    );
    db.execute(sql.bind(limit)).await
}

/// The head and the last number that any entry has, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// The head.
    pub head: Head,
    /// The last number that an entry has.
    pub last: Option<i64>,
}

impl FromQueryResult for Ends {
    fn from_query_result(row: &sea_orm::QueryResult, prefix: &str) -> Result<Self, sea_orm::DbErr> {
        Ok(Self { head: Head::from_query_result(row, prefix)?, last: row.try_get(prefix, "last")? })
    }
}

/// Where the chain ends; `None` = its head is gone.
pub async fn ends(db: &Db) -> Result<Option<Ends>, StoreError> {
    let sql = Sql::new("SELECT *, (SELECT MAX(sealed) FROM audit_logs) AS last FROM audit_head WHERE id = ?");
    db.read_one(sql.bind(HEAD)).await
}

/// The lowest number that no entry may have: below 1, or, on SQLite, none at all (then as near to one as it comes).
pub async fn strange_number(db: &Db) -> Result<Option<i64>, StoreError> {
    let text = match db.backend() {
        DbBackend::Postgres => "SELECT MIN(sealed) AS n FROM audit_logs WHERE sealed < 1",
        _ => {
            "SELECT CAST(MIN(sealed) AS BIGINT) AS n FROM audit_logs WHERE sealed < 1 OR typeof(sealed) NOT IN ('integer', 'null')"
        }
    };
    number(db, Sql::new(text)).await
}

/// The lowest number of an entry within a segment whose entries left longer than `grace_ms` ago.
pub async fn left_behind(db: &Db, grace_ms: i64) -> Result<Option<i64>, StoreError> {
    let sql = Sql::new(
        "SELECT MIN(l.sealed) AS n FROM audit_segments s JOIN audit_logs l ON l.sealed BETWEEN s.first_seq AND s.last_seq \
         WHERE s.removed_at < {now} - ?",
    );
    number(db, sql.bind(grace_ms)).await
}

/// The lowest number that a segment begins with.
pub async fn first_number(db: &Db) -> Result<Option<i64>, StoreError> {
    number(db, Sql::new("SELECT MIN(first_seq) AS n FROM audit_segments")).await
}

async fn number(db: &Db, sql: Sql) -> Result<Option<i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Number {
        n: Option<i64>,
    }
    Ok(db.read_one::<Number>(sql).await?.and_then(|found| found.n))
}

/// The segment after a number.
pub async fn segment_after(db: &Db, seq: i64) -> Result<Option<Segment>, StoreError> {
    db.read_one(Sql::new("SELECT * FROM audit_segments WHERE first_seq > ? ORDER BY first_seq LIMIT 1").bind(seq)).await
}

/// Sealed entries after a number up to another, in order.
pub async fn between(db: &Db, after: i64, until: i64, limit: i64) -> Result<Vec<Model>, StoreError> {
    let sql = Sql::new("SELECT * FROM audit_logs WHERE sealed > ? AND sealed <= ? ORDER BY sealed LIMIT ?");
    db.read_all(sql.bind(after).bind(until).bind(limit)).await
}
