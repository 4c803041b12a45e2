//! Accounts, remembered for some seconds: a busy caller costs no look-up, a deactivated one is out at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::domain::user::{Permission, Role};
use shared::store::{Db, StoreError, user};
use uuid::Uuid;

/// Accounts remembered at once.
const ROOM: usize = 4096;

/// An account that may come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// UUIDv7.
    pub id: Uuid,
    /// Lower case.
    pub email: String,
    /// How to call them.
    pub name: String,
    /// What they are.
    pub role: Role,
}

impl Account {
    /// Whether they may see what somebody owns.
    pub(crate) fn sees(&self, owner_id: Uuid) -> bool {
        owner_id == self.id || self.role.may(Permission::ReadAll)
    }
}

#[derive(Debug)]
pub(crate) struct Callers {
    memory: Duration,
    known: Mutex<HashMap<Uuid, (Instant, Arc<Account>)>>,
}

impl Callers {
    pub(crate) fn new(memory: Duration) -> Self {
        Self { memory, known: Mutex::default() }
    }

    /// The account, unless it is unknown or was deactivated.
    pub(crate) async fn find(&self, db: &Db, id: Uuid) -> Result<Option<Arc<Account>>, StoreError> {
        let now = db.clock().monotonic();
        if let Some(account) = self.remembered(id, now) {
            return Ok(Some(account));
        }
        let Some(row) = user::by_id(db, id).await?.filter(|row| row.active) else { return Ok(None) };
        let role = row.role.parse().map_err(|error| StoreError::Bug(format!("user {id}: {error}")))?;
        let account = Arc::new(Account { id, email: row.email, name: row.name, role });
        self.remember(&account, now);
        Ok(Some(account))
    }

    fn remembered(&self, id: Uuid, now: Instant) -> Option<Arc<Account>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (until, account) = known.get(&id)?;
        (*until > now).then(|| Arc::clone(account))
    }

    fn remember(&self, account: &Arc<Account>, now: Instant) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ROOM {
            known.retain(|_, (until, _)| *until > now);
            if known.len() >= ROOM {
                known.clear();
            }
        }
        known.insert(account.id, (now + self.memory, Arc::clone(account)));
    }
}
