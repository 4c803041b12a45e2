//! The audit log as an auditor can trust it: entries are numbered and chained after they were written, by one process
//! at a time, and anybody who holds the key can see whether one was changed, removed, added or moved.
//!
//! * [`Chain`]: the verbs
//! * [`seal`](Chain::seal): entries that were committed become links; segments end
//! * [`remove`](Chain::remove): whole segments that are too old leave
//! * [`verify`](Chain::verify): the chain is walked from its beginning
//! * [`keep`](Chain::keep): a head on paper, which no later one may fall behind
//! * [`signed`]: what is signed, byte for byte

mod keep;
mod remove;
mod seal;
mod signed;
mod verify;

use std::sync::{Arc, Mutex};

use signed::Signer;

use crate::crypto::KeyRing;
use crate::store::Db;

pub use seal::{SealError, Sealed};
pub use verify::{Anchor, Finding, Report, VerifyError};

/// The chain over the audit log of one database.
#[derive(Debug, Clone)]
pub struct Chain {
    db: Db,
    signer: Arc<Signer>,
    /// Whose lease it is; a name that no other process has.
    owner: Arc<str>,
    /// The furthest head that was met here, or kept from before.
    furthest: Arc<Mutex<Option<Anchor>>>,
}

impl Chain {
    /// The chain that is signed with the current key of a ring and verified with all of them.
    #[must_use]
    pub fn new(db: Db, keys: &KeyRing) -> Self {
        let owner = db.clock().new_id().to_string().into();
        Self { db, signer: Arc::new(Signer::new(keys)), owner, furthest: Arc::default() }
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }
}
