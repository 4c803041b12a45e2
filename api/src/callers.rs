//! Accounts, remembered for some seconds: a busy caller costs no look-up, a deactivated one is out at once.

use std::sync::Arc;
use std::time::Duration;

use shared::domain::user::Role;
use shared::store::{Db, StoreError, user};
use uuid::Uuid;

use crate::memory::Memory;

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

#[derive(Debug)]
pub(crate) struct Callers {
    known: Memory<Uuid, Account>,
}

impl Callers {
    pub(crate) fn new(memory: Duration) -> Self {
        Self { known: Memory::new(memory) }
    }

    /// The account, unless it is unknown or was deactivated.
    pub(crate) async fn find(&self, db: &Db, id: Uuid) -> Result<Option<Arc<Account>>, StoreError> {
        let now = db.clock().monotonic();
        if let Some(account) = self.known.recall(&id, now) {
            return Ok(Some(account));
        }
        let Some(row) = user::by_id(db, id).await?.filter(|row| row.active) else { return Ok(None) };
        let role = row.role.parse().map_err(|error| StoreError::Bug(format!("user {id}: {error}")))?;
        let account = Arc::new(Account { id, email: row.email, name: row.name, role });
        self.known.keep(id, Arc::clone(&account), now);
        Ok(Some(account))
    }
}
