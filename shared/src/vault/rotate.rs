//! `rotate`: every sealed value under the current key, while the service runs.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;

use super::{Vault, VaultError};
use crate::crypto::key_id;
use crate::store::audit::{self, Actor};
use crate::store::sealed::{PLACES, Sealed, SealedRow};
use crate::store::{Db, Sql, StoreError};

/// What a rotation did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Sealed anew.
    pub resealed: u64,
    /// Under the current key already, or changed by somebody else meanwhile, who sealed with their current key.
    pub left: u64,
    /// Under keys that are not in the ring, or spoiled: they stay as they are.
    pub unreadable: u64,
}

/// What still needs a key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holding {
    /// The key's id.
    pub key_id: String,
    /// Values sealed with it.
    pub values: u64,
    /// Logins whose refresh token was made with it.
    pub sessions: u64,
    /// Audit entries that are verified with it.
    pub entries: u64,
    /// Whether this process has it.
    pub in_ring: bool,
    /// Whether it is the one that seals.
    pub current: bool,
}

impl Vault {
    /// Seals every value with the current key that is sealed with another. It may be stopped and begun again at any time,
    /// and a change that somebody makes meanwhile is never overwritten.
    pub async fn rotate(&self) -> Result<Rotated, VaultError> {
        let mut rotated = Rotated::default();
        for place in PLACES {
            let mut last = Uuid::nil();
            loop {
                let rows = place.after(&self.db, last).await?;
                let Some(end) = rows.last() else { break };
                last = end.id;
                for row in &rows {
                    self.reseal(*place, row, &mut rotated).await?;
                }
            }
        }
        if rotated.resealed > 0 {
            let details = json!({ "resealed": rotated.resealed, "key": self.ring.current().id() });
            let id = self.db.clock().new_id();
            self.db
                .execute(audit::entry(id, &Actor::default(), "keys.rotate", "secret_key", &self.ring.current().id(), &details))
                .await?;
        }
        Ok(rotated)
    }

    async fn reseal(&self, place: Sealed, row: &SealedRow, rotated: &mut Rotated) -> Result<(), VaultError> {
        if self.sealer.is_current(&row.sealed) {
            rotated.left += 1;
            return Ok(());
        }
        let Ok(secret) = self.sealer.open(place.of(row.id), &row.sealed) else {
            rotated.unreadable += 1;
            return Ok(());
        };
        let took = place.replace(&self.db, row, self.sealer.seal(place.of(row.id), &secret)).await?;
        *(if took { &mut rotated.resealed } else { &mut rotated.left }) += 1;
        Ok(())
    }

    /// The keys of the ring and those that something still needs, with what needs each; the current one first. Counts all
    /// sealed audit entries, so it takes a while where there are millions.
    pub async fn holdings(&self) -> Result<Vec<Holding>, VaultError> {
        let mut counts: BTreeMap<String, Holding> = BTreeMap::new();
        for (key_id, n) in used_by(&self.db, LIVE_SESSIONS).await? {
            counts.entry(key_id).or_default().sessions = n;
        }
        for (key_id, n) in used_by(&self.db, SEALED_ENTRIES).await? {
            counts.entry(key_id).or_default().entries = n;
        }
        for place in PLACES {
            let mut last = Uuid::nil();
            loop {
                let rows = place.after(&self.db, last).await?;
                let Some(end) = rows.last() else { break };
                last = end.id;
                for row in &rows {
                    counts.entry(key_id(&row.sealed).unwrap_or("unknown").to_owned()).or_default().values += 1;
                }
            }
        }
        let current = self.ring.current().id();
        let mut holdings: Vec<Holding> = self
            .ring
            .iter()
            .map(|key| {
                let key_id = key.id();
                let held = counts.remove(&key_id).unwrap_or_default();
                Holding { current: key_id == current, key_id, in_ring: true, ..held }
            })
            .collect();
        holdings.extend(counts.into_iter().map(|(key_id, held)| Holding { key_id, ..held }));
        Ok(holdings)
    }

    /// Ids of keys that sealed values need and that are not in the ring.
    pub async fn missing_keys(&self) -> Result<Vec<String>, VaultError> {
        let holdings = self.holdings().await?;
        Ok(holdings.into_iter().filter(|held| !held.in_ring && held.values > 0).map(|held| held.key_id).collect())
    }
}

const LIVE_SESSIONS: &str = "SELECT key_id, COUNT(*) AS n FROM sessions \
     WHERE ended_at IS NULL AND idle_until > {now} AND expires_at > {now} GROUP BY key_id";

const SEALED_ENTRIES: &str = "SELECT key_id, COUNT(*) AS n FROM audit_logs WHERE key_id IS NOT NULL GROUP BY key_id";

#[derive(sea_orm::FromQueryResult)]
struct Used {
    key_id: String,
    n: i64,
}

async fn used_by(db: &Db, sql: &'static str) -> Result<Vec<(String, u64)>, StoreError> {
    let rows: Vec<Used> = db.read_all(Sql::new(sql)).await?;
    Ok(rows.into_iter().map(|row| (row.key_id, u64::try_from(row.n).unwrap_or(0))).collect())
}
