//! Whose things are asked for.

use std::str::FromStr;

use shared::domain::user::Permission;
use uuid::Uuid;

use crate::extract::Caller;
use crate::problem::Problem;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The caller's.
    Me,
    /// Everybody's.
    All,
    /// Somebody's.
    User(Uuid),
}

impl FromStr for Owner {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "me" => Ok(Self::Me),
            "all" => Ok(Self::All),
            id => id.parse().map(Self::User).map_err(|_| "should be me, all, or the id of a user"),
        }
    }
}

impl Owner {
    /// Whose, `None` = everybody's; others' are for administrators.
    pub(super) fn as_seen_by(self, caller: &Caller) -> Result<Option<Uuid>, Problem> {
        let owner = match self {
            Self::Me => Some(caller.id()),
            Self::User(id) => Some(id),
            Self::All => None,
        };
        if owner != Some(caller.id()) {
            caller.must(Permission::Administer)?;
        }
        Ok(owner)
    }
}
