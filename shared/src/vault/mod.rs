//! The verbs of what is kept sealed: the only code that changes connections, and that seals their secrets anew.
//!
//! | verb | what |
//! |---|---|
//! | [`Vault::create_jira`], [`Vault::create_llm`] | a new connection |
//! | [`Vault::change_jira`], [`Vault::change_llm`] | another address, account, secret, option, default |
//! | [`Vault::remove_jira`], [`Vault::remove_llm`] | away, unless an open job uses it |
//! | [`Vault::try_jira`], [`Vault::try_llm`] | a call to the other side, and what came of it |
//! | [`Vault::create_endpoint`], … | where users are told what happens, with secrets that sign it |
//! | [`Vault::rotate`] | every secret under the current key |
//!
//! Each is one transaction with its audit entry, which says what was changed and never a secret.

mod error;
mod jira;
mod llm;
mod rotate;
mod webhook;

pub use error::VaultError;
pub use jira::{JiraChange, NewJira};
pub use llm::{KeyChange, LlmChange, NewLlm};
pub use rotate::{Holding, Rotated};
pub use webhook::{EndpointError, EndpointWish, WithSecret};

use crate::crypto::{KeyRing, Sealer};
use crate::store::connection::DEFAULTS;
use crate::store::{Db, Sql};

/// The verbs, over one database and one ring of keys.
#[derive(Debug, Clone)]
pub struct Vault {
    db: Db,
    ring: KeyRing,
    sealer: Sealer,
}

impl Vault {
    /// Verbs over this database, with these keys.
    #[must_use]
    pub fn new(db: Db, ring: KeyRing) -> Self {
        let sealer = Sealer::new(ring.clone());
        Self { db, ring, sealer }
    }

    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// What seals and opens.
    #[must_use]
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }
}

/// The guard of a new connection: counts the change and, if it is to be, makes it the default.
fn counted(text: &'static str, id: uuid::Uuid, is_default: bool) -> Sql {
    Sql::new(text).bind(is_default).bind(id).bind(DEFAULTS)
}

/// Follows from a change: counts it, and makes the connection the default or takes that from it.
fn counted_with_held(text: &'static str, id: uuid::Uuid, is_default: Option<bool>) -> Sql {
    Sql::new(text).bind(is_default == Some(true)).bind(id).bind(is_default == Some(false)).bind(id).bind(DEFAULTS)
}
