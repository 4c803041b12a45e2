//! Publications: where, what, and what the plan says will happen.

use serde::{Deserialize, Serialize};

super::words::words! {
    /// A place in Jira that results are written to.
    PublishMode {
        /// A comment of ours, updated in place.
        Comment = "comment",
        /// A section of ours in the description.
        Description = "description",
    }
}

super::words::words! {
    /// What is written.
    PublishWhat {
        /// The criteria.
        Criteria = "criteria",
        /// The scenarios.
        Scenarios = "scenarios",
        /// Criteria and scenarios.
        All = "all",
    }
}

super::words::words! {
    /// What to do with a section that a person changed since we wrote it.
    OnConflict {
        /// Leave it and report the conflict.
        Keep = "keep",
        /// Replace it by ours.
        Overwrite = "overwrite",
        /// Append ours beside theirs.
        Merge = "merge",
    }
}

#[expect(clippy::derivable_impls, reason = "the enum is declared by a macro that derives no default")]
impl Default for OnConflict {
    fn default() -> Self {
        Self::Keep
    }
}

/// One thing to publish at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishTarget {
    /// Where.
    pub mode: PublishMode,
    /// What; everything the job made when absent.
    #[serde(default = "all")]
    pub what: PublishWhat,
}

const fn all() -> PublishWhat {
    PublishWhat::All
}

super::words::words! {
    /// What a plan says about one target.
    PlannedAction {
        /// Nothing of ours is there.
        Create = "create",
        /// Ours is there and differs.
        Update = "update",
        /// Ours is there and is the same.
        Unchanged = "unchanged",
        /// Ours is there and is not needed any more.
        Remove = "remove",
        /// A person changed ours.
        Conflict = "conflict",
        /// It cannot be done.
        Impossible = "impossible",
    }
}

/// The plan for one target: what would be sent, before anything is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PublishPlan {
    /// The target.
    pub target: PublishTarget,
    /// What would happen.
    pub action: PlannedAction,
    /// The object it would happen to: a comment id, or the key.
    pub remote_id: Option<String>,
    /// Why, when it is a conflict or impossible.
    pub reason: String,
    /// Length of the serialised payload, in bytes.
    pub length: usize,
    /// The exact payload.
    pub payload: serde_json::Value,
}

super::words::words! {
    /// What became of one target.
    PublishOutcome {
        /// Written anew.
        Created = "created",
        /// Written in place.
        Updated = "updated",
        /// There already, the same.
        Unchanged = "unchanged",
        /// Left as a person wrote it.
        Conflict = "conflict",
        /// Not written.
        Failed = "failed",
    }
}

impl PublishOutcome {
    /// Whether ours stands there as it should.
    #[must_use]
    pub const fn stands(self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::Unchanged)
    }

    /// How much a person should look at it.
    const fn gravity(self) -> u8 {
        match self {
            Self::Unchanged => 0,
            Self::Updated => 1,
            Self::Created => 2,
            Self::Conflict => 3,
            Self::Failed => 4,
        }
    }
}

/// What became of one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Published {
    /// The target.
    pub target: PublishTarget,
    /// What became of it.
    pub outcome: PublishOutcome,
    /// The object written: a comment id, or the key.
    pub remote_id: Option<String>,
    /// The page a person would open.
    pub url: Option<String>,
    /// Stable code of the failure, empty when there is none.
    pub code: String,
    /// What a person should know; empty when there is nothing.
    pub message: String,
}

impl Published {
    /// The outcome of a target is that of its worst piece; of two that are alike the first.
    #[must_use]
    pub fn worst(before: Option<Self>, piece: Self) -> Self {
        match before {
            Some(before) if before.outcome.gravity() >= piece.outcome.gravity() => before,
            _ => piece,
        }
    }
}
