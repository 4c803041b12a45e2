//! The verbs of accounts: the only code that changes who may come in. Each is one transaction with its audit entry.
//!
//! * [`user`]: accounts; [`sign_in`]: those that an identity provider vouches for
//! * [`invite`]: invitations, and accounts that people make for themselves
//! * [`failures`]: failed logins, and how long the next one waits
//! * [`Sessions`]: logins, their renewal and their end
//! * [`api_key`]: what programs come in with

mod api_key;
mod session;
mod sign_in;

pub use api_key::{ApiKeyError, CreatedApiKey, KeyRequest};
pub use sign_in::SignInError;

mod error;
pub mod failures;
pub mod invite;
pub mod user;

use std::sync::Arc;

pub use error::{AccountError, By};

use crate::ports::Clock;
use crate::store::Db;

pub use session::{Proof, RefreshError, Renewable, SessionLives, Sessions};

/// The verbs of accounts over one database.
#[derive(Debug, Clone)]
pub struct Accounts {
    db: Db,
}

impl Accounts {
    /// Verbs over this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        self.db.clock()
    }
}
