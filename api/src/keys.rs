//! API keys, remembered for some seconds: a busy program costs no look-up, and a revoked key is out within that time, at
//! once where it was revoked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::crypto::ApiKey;
use shared::domain::user::Permission;
use shared::store::api_key::{self, KeyHolder};
use shared::store::{Db, StoreError};
use uuid::Uuid;

use crate::callers::Account;
use crate::memory::Memory;

/// A key that may be used, and the account behind it.
#[derive(Debug)]
pub(crate) struct KnownKey {
    pub(crate) id: Uuid,
    pub(crate) permissions: Arc<[Permission]>,
    pub(crate) account: Arc<Account>,
    /// Epoch milliseconds.
    expires_at: Option<i64>,
}

/// Why a key may not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyRefused {
    /// Its checksum is wrong.
    Mistyped,
    /// There is none like it.
    Unknown,
    /// Somebody revoked it.
    Revoked,
    /// Its time is over.
    Expired,
    /// Its account was deactivated.
    Inactive,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Name {
    Hash(String),
    Id(Uuid),
}

#[derive(Debug)]
pub(crate) struct Keys {
    known: Memory<Name, KnownKey>,
    /// When keys were last used, epoch milliseconds; not written yet.
    uses: Mutex<HashMap<Uuid, i64>>,
}

impl Keys {
    pub(crate) fn new(memory: Duration) -> Self {
        Self { known: Memory::new(memory), uses: Mutex::default() }
    }

    /// The key that came with a request, which counts as used.
    pub(crate) async fn used(&self, db: &Db, key: &ApiKey) -> Result<Result<Arc<KnownKey>, KeyRefused>, StoreError> {
        let found = self.find(db, Name::Hash(key.hash())).await?;
        if let Ok(key) = &found {
            self.uses().insert(key.id, db.clock().now_ms());
        }
        Ok(found)
    }

    /// A key that came before, if it may still be used.
    pub(crate) async fn by_id(&self, db: &Db, id: Uuid) -> Result<Option<Arc<KnownKey>>, StoreError> {
        Ok(self.find(db, Name::Id(id)).await?.ok())
    }

    /// Writes when keys were last used, all in one statement. Called once a minute, since nobody needs it closer.
    pub(crate) async fn write_uses(&self, db: &Db) -> Result<(), StoreError> {
        let uses: Vec<_> = std::mem::take(&mut *self.uses()).into_iter().collect();
        if uses.is_empty() {
            return Ok(());
        }
        let written = api_key::used(db, &uses).await;
        if written.is_err() {
            let mut since = self.uses();
            for (id, at) in uses {
                since.entry(id).or_insert(at);
            }
        }
        written
    }

    /// A key that was revoked here is out here at once.
    pub(crate) fn forget(&self, id: Uuid) {
        self.known.forget_if(|key| key.id == id);
    }

    /// All keys of an account are looked up anew.
    pub(crate) fn forget_those_of(&self, user_id: Uuid) {
        self.known.forget_if(|key| key.account.id == user_id);
    }

    fn uses(&self) -> MutexGuard<'_, HashMap<Uuid, i64>> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn find(&self, db: &Db, name: Name) -> Result<Result<Arc<KnownKey>, KeyRefused>, StoreError> {
        let begun = db.clock().monotonic();
        let key = match self.known.recall(&name, begun) {
            Some(key) => key,
            None => match look_up(db, &name).await? {
                Ok(key) => {
                    let key = Arc::new(key);
                    self.known.keep(name, Arc::clone(&key), begun);
                    key
                }
                Err(refused) => return Ok(Err(refused)),
            },
        };
        let is_over = key.expires_at.is_some_and(|at| at <= db.clock().now_ms());
        Ok(if is_over { Err(KeyRefused::Expired) } else { Ok(key) })
    }
}

async fn look_up(db: &Db, name: &Name) -> Result<Result<KnownKey, KeyRefused>, StoreError> {
    let holder = match name {
        Name::Hash(hash) => api_key::holder_by_hash(db, hash).await?,
        Name::Id(id) => api_key::holder_by_id(db, *id).await?,
    };
    let Some(holder) = holder else { return Ok(Err(KeyRefused::Unknown)) };
    if holder.revoked_at.is_some() {
        return Ok(Err(KeyRefused::Revoked));
    }
    if !holder.active {
        return Ok(Err(KeyRefused::Inactive));
    }
    known(holder).map(Ok)
}

fn known(holder: KeyHolder) -> Result<KnownKey, StoreError> {
    let bug = |error: &dyn std::fmt::Display| StoreError::Bug(format!("API key {}: {error}", holder.id));
    let permissions: Vec<Permission> = serde_json::from_str(&holder.permissions).map_err(|error| bug(&error))?;
    let role = holder.role.parse().map_err(|error| bug(&error))?;
    Ok(KnownKey {
        id: holder.id,
        permissions: permissions.into(),
        account: Arc::new(Account { id: holder.user_id, email: holder.email, name: holder.user_name, role }),
        expires_at: holder.expires_at,
    })
}
