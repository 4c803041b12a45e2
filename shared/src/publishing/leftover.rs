//! Continuations of ours that a shorter result does not need any more.

use super::decide::{is_as_we_wrote_it, property_marker};
use super::pieces::Piece;
use crate::domain::markup;
use crate::domain::publish::OnConflict;
use crate::ports::Comment;
use crate::store::publication::{Publication, TargetKey};

/// A comment that nothing stands in any more.
#[derive(Debug, Clone, PartialEq)]
pub struct Leftover {
    /// The part it was.
    pub key: TargetKey,
    /// What it is known by in Jira.
    pub marker: String,
    /// It.
    pub comment: Comment,
}

/// What is to become of a leftover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is as we wrote it, or it was asked for: it goes.
    Goes,
    /// A person changed it and nobody said what to do.
    Conflict,
    /// A person changed it and it shall stand beside ours.
    Stays,
}

/// The leftovers of a target with these pieces, in the order of their parts. Only our property makes a comment ours.
#[must_use]
pub fn leftovers(pieces: &[Piece], comments: &[Comment]) -> Vec<Leftover> {
    let Some(first) = pieces.first() else { return Vec::new() };
    let leftover = |comment: &Comment| {
        let marker = property_marker(comment)?;
        let part = marker.strip_prefix(first.marker.as_str())?.strip_prefix('.')?.parse().ok()?;
        let key = TargetKey { part, ..first.key.clone() };
        (part > pieces.len()).then(|| Leftover { key, marker: marker.to_owned(), comment: comment.clone() })
    };
    let mut all: Vec<Leftover> = comments.iter().filter_map(leftover).collect();
    all.sort_by_key(|leftover| leftover.key.part);
    all
}

impl Leftover {
    /// Decides about it.
    #[must_use]
    pub fn fate(&self, record: Option<&Publication>, on_conflict: OnConflict) -> Fate {
        let as_we_wrote_it = is_as_we_wrote_it(&self.comment, record, &markup::content_hash(&self.comment.body.value()));
        match on_conflict {
            _ if as_we_wrote_it => Fate::Goes,
            OnConflict::Overwrite => Fate::Goes,
            OnConflict::Keep => Fate::Conflict,
            OnConflict::Merge => Fate::Stays,
        }
    }
}
