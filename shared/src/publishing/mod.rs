//! What publishing would do, before anything is written.
//!
//! * [`pieces`]: what is to stand where, rendered
//! * [`decide`]: what to do about one piece, given what stands there now
//! * [`plan_all`]: both, for a dry run

mod decide;
mod pieces;
mod plan;

pub use decide::{Decision, decide, is_ours};
pub use pieces::{Piece, PROPERTY, Subject, pieces};
pub use plan::{Site, plan_all, read_site};
