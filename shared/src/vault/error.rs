//! Why a verb of the vault did nothing.

use crate::crypto::SealError;
use crate::store::StoreError;

/// By what the caller does about it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// No such connection.
    #[error("there is no connection of this id")]
    NotFound,
    /// The name is another connection's.
    #[error("there is a connection of this name already")]
    NameTaken,
    /// Another address, and the secret was not given again.
    #[error("another base_url needs the secret again: what is stored goes to the address it was given for and to no other")]
    SecretNeeded,
    /// Somebody else changed it meanwhile.
    #[error("somebody else changed the connection at the same time; read it again")]
    Changed,
    /// It is what requests without a name use.
    #[error("the connection is the default; make another one the default first, or set is_default to false")]
    IsDefault,
    /// Jobs that have not ended use it.
    #[error("the connection is used by jobs that have not ended; wait for them or cancel them, or set active to false meanwhile")]
    InUse,
    /// Its secret cannot be opened.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for VaultError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::NameTaken,
            error => Self::Store(error),
        }
    }
}
