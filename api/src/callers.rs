//! Who comes in with a session, remembered for some seconds: a busy caller costs no look-up, and whoever was deactivated,
//! demoted or logged out is so on every node within that time.

use std::sync::Arc;
use std::time::Duration;

use shared::crypto::Bearer;
use shared::domain::user::Role;
use shared::store::{Db, StoreError, session};
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

/// Why a good token lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallerRefused {
    /// The account was deactivated.
    Inactive,
    /// The session has ended, or there is no such session.
    Ended,
}

#[derive(Debug)]
pub(crate) struct Callers {
    known: Memory<Uuid, Account>,
}

impl Callers {
    pub(crate) fn new(memory: Duration) -> Self {
        Self { known: Memory::new(memory) }
    }

    /// A session that was ended here is over here at once.
    pub(crate) fn forget(&self, session_id: Uuid) {
        self.known.forget(&session_id);
    }

    /// All sessions of an account are looked up anew.
    pub(crate) fn forget_those_of(&self, user_id: Uuid) {
        self.known.forget_if(|account| account.id == user_id);
    }

    /// The account of a session, if both are good.
    pub(crate) async fn find(&self, db: &Db, bearer: Bearer) -> Result<Result<Arc<Account>, CallerRefused>, StoreError> {
        let now = db.clock().monotonic();
        if let Some(account) = self.known.recall(&bearer.session_id, now).filter(|account| account.id == bearer.user_id) {
            return Ok(Ok(account));
        }
        let Some(row) = session::signed_in(db, bearer.session_id, bearer.user_id).await? else {
            return Ok(Err(CallerRefused::Ended));
        };
        if !row.active {
            return Ok(Err(CallerRefused::Inactive));
        }
        if !row.is_live {
            return Ok(Err(CallerRefused::Ended));
        }
        let role = row.role.parse().map_err(|error| StoreError::Bug(format!("user {}: {error}", row.id)))?;
        let account = Arc::new(Account { id: row.id, email: row.email, name: row.name, role });
        self.known.keep(bearer.session_id, Arc::clone(&account), now);
        Ok(Ok(account))
    }
}
