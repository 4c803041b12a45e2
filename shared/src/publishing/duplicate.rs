//! Comments of ours that stand beside an older one by mistake: two writers, or a write that came late.

use super::decide::is_as_we_wrote_it;
use super::leftover::Fate;
use super::pieces::Piece;
use crate::domain::markup;
use crate::domain::publish::OnConflict;
use crate::ports::Comment;
use crate::store::publication::Publication;

/// One of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Duplicate {
    /// It.
    pub comment: Comment,
    /// Whether nobody changed it since we wrote it.
    pub as_we_wrote_it: bool,
}

impl Duplicate {
    pub(super) fn of(comment: &Comment, piece: &Piece, record: Option<&Publication>) -> Self {
        let hash = markup::content_hash(&comment.body.value());
        let as_we_wrote_it = hash == piece.hash || is_as_we_wrote_it(comment, record, &hash);
        Self { comment: comment.clone(), as_we_wrote_it }
    }

    /// Decides about it. What a person changed is never removed: even who asks for ours to be written over theirs has seen
    /// the older comment, not this one.
    #[must_use]
    pub fn fate(&self, on_conflict: OnConflict) -> Fate {
        match on_conflict {
            _ if self.as_we_wrote_it => Fate::Goes,
            OnConflict::Keep | OnConflict::Overwrite => Fate::Conflict,
            OnConflict::Merge => Fate::Stays,
        }
    }
}
