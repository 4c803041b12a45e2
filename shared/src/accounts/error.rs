//! Why an account was not changed, and who wanted to.

use serde_json::Value;
use uuid::Uuid;

use crate::store::StoreError;
use crate::store::audit::Actor;

/// Why a verb did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is no such account, or no such invitation.
    #[error("there is no such account")]
    NotFound,
    /// The e-mail has an account already.
    #[error("there is already an account with this e-mail")]
    Taken,
    /// Nobody could administer any more.
    #[error("this is the last active administrator; make somebody else an administrator first")]
    LastAdmin,
    /// The invitation is unknown, for another e-mail, used or expired.
    #[error("the invitation cannot be used")]
    BadInvite,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who changes an account.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// Somebody over the API.
    Person(&'a Actor),
    /// Somebody at the command line of the server.
    Cli,
    /// The settings, when a process starts.
    Environment,
}

impl By<'_> {
    /// As the audit log knows them.
    pub(super) fn actor(&self) -> Actor {
        match self {
            Self::Person(actor) => (*actor).clone(),
            Self::Cli | Self::Environment => Actor::default(),
        }
    }

    /// Whose right to it is asked again when it happens.
    pub(super) fn person(&self) -> Option<Uuid> {
        match self {
            Self::Person(actor) => actor.user_id,
            Self::Cli | Self::Environment => None,
        }
    }

    /// Says so in the details of an entry, where no account can.
    pub(super) fn signed(&self, mut details: Value) -> Value {
        match self {
            Self::Person(_) => {}
            Self::Cli => details["by"] = "cli".into(),
            Self::Environment => details["by"] = "environment".into(),
        }
        details
    }
}
