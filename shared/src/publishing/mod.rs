//! What publishing would do, before anything is written.
//!
//! * [`pieces()`]: what is to stand where, rendered
//! * [`decide()`]: what to do about one piece, given what stands there now
//! * [`Duplicate`]: what stands there twice
//! * [`leftovers`]: what a shorter result does not need any more
//! * [`trace()`]: what became of a write whose answer was lost
//! * [`plan_all`]: all of it, for a dry run

mod decide;
mod duplicate;
mod leftover;
mod pieces;
mod plan;
mod trace;

pub use decide::{Decision, decide, hash_of_ours, ours};
pub use duplicate::Duplicate;
pub use leftover::{Fate, Leftover, leftovers};
pub use pieces::{PROPERTY, Piece, Subject, pieces};
pub use plan::{Site, plan_all, read_site, updated};
pub use trace::{Trace, trace};
