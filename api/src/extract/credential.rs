//! What a caller came with.

use std::sync::Arc;

use shared::domain::user::Permission;
use uuid::Uuid;

/// See the module.
#[derive(Debug, Clone)]
pub enum Credential {
    /// An access token of this session: a person who logged in.
    Session(Uuid),
    /// An API key: a program to which a person lent some of their permissions.
    ApiKey {
        /// Which key.
        id: Uuid,
        /// What it may be used for, as far as the person's role holds it.
        permissions: Arc<[Permission]>,
    },
}

impl Credential {
    /// Whether it can be used for something that its account may do.
    #[must_use]
    pub fn covers(&self, permission: Permission) -> bool {
        match self {
            Self::Session(_) => true,
            Self::ApiKey { permissions, .. } => permissions.contains(&permission),
        }
    }

    /// The key, when it is one.
    #[must_use]
    pub fn api_key_id(&self) -> Option<Uuid> {
        match self {
            Self::Session(_) => None,
            Self::ApiKey { id, .. } => Some(*id),
        }
    }

    /// The session, when it is one.
    #[must_use]
    pub fn session_id(&self) -> Option<Uuid> {
        match self {
            Self::Session(id) => Some(*id),
            Self::ApiKey { .. } => None,
        }
    }
}
