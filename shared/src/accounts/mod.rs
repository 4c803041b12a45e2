//! The verbs of accounts: the only code that changes who may come in. Each is one transaction with its audit entry.
//!
//! * [`Sessions`]: logins, their renewal and their end
//!
//! | verb | what it changes |
//! |---|---|
//! | [`create_api_key`](Accounts::create_api_key), [`revoke_api_key`](Accounts::revoke_api_key) | what programs come in with |
//! | [`sign_in`](Accounts::sign_in) | who an identity provider vouches for: a new account, a link, a role |

mod api_key;
mod session;
mod sign_in;

pub use api_key::{ApiKeyError, CreatedApiKey, KeyRequest};
pub use sign_in::SignInError;

use crate::store::Db;

pub use session::{RefreshError, Renewable, SessionLives, Sessions};

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
}
