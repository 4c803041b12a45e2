//! What publishing would do, before anything is written.
//!
//! * [`pieces()`]: what is to stand where, rendered
//! * [`Fields`]: which field of the issue that is
//! * [`decide()`]: what to do about one piece, given what stands there now
//! * [`Duplicate`]: what stands there twice
//! * [`leftovers`]: what a shorter result does not need any more
//! * [`item_pieces`], [`decide_item`], [`obsolete`]: the same for what stands as objects of its own
//! * [`trace()`]: what became of a write whose answer was lost
//! * [`plan_all`]: all of it, for a dry run

mod decide;
mod duplicate;
mod field;
mod items;
mod leftover;
mod pieces;
mod plan;
mod trace;

pub use decide::{Decision, decide, ours};
pub use duplicate::Duplicate;
pub use field::{Field, Fields};
pub use items::{Farewell, ItemDecision, ItemPiece, Obsolete, UNNEEDED, decide_item, item_pieces, obsolete, standing_of};
pub use leftover::{Fate, Leftover, leftovers};
pub use pieces::{PROPERTY, Piece, SECTION_PROPERTY, Subject, pieces, skipped};
pub use plan::{Site, Wishes, plan_all, read_site, updated};
pub use trace::{Trace, trace, trace_item};
