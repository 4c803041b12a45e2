//! Words of a story that a statement rests on.

use serde::{Deserialize, Serialize};

/// A quotation a model or a drafter gives for what it states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
#[schemars(inline)]
pub struct Evidence {
    /// The handle (`id`) of the part of the story it was copied from, such as `description` or `comment:10234`.
    pub source: String,
    /// The words, verbatim.
    pub quote: String,
}

/// A quotation after it was looked up in the story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CheckedEvidence {
    /// The handle of the part the words were found in (corrected when they stand in another part than was claimed).
    pub source: String,
    /// The words as they were given.
    pub quote: String,
    /// Whether code found the words in the story.
    pub verified: bool,
}

super::words::words! {
    /// How sure an item is.
    Origin {
        /// The story says so.
        Stated = "stated",
        /// It follows from a rule the story states (a boundary, a negative).
        Derived = "derived",
        /// Experience suggests it; the story does not say so. Never published without being named as such.
        Proposed = "proposed",
    }
}
