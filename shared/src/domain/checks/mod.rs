//! The ladder every generated item climbs. A model proposes; here code decides.
//!
//! Cheap rungs first; an item that falls from the first two is not looked at further:
//! 1. [`form`]: a title, steps, nothing too long, a table that fits
//! 2. [`syntax`]: the Gherkin parses and reads `Given* When+ Then+`
//! 3. [`foreign`]: no address, markup, mention or secret that the story itself does not hold, no order to a model
//! 4. [`references`]: the criteria it names exist
//! 5. [`existing`]: the test it extends or duplicates exists; what is called new reads like none
//! 6. [`evidence`]: its quotations are in the story, and are enough for its origin
//! 7. [`literals`]: a stated item's numbers and quoted texts are in the story
//! 8. [`vague`]: somebody can observe each `Then`
//! 9. [`scope`]: the story does not exclude it
//! 10. [`duplicates`]: nothing before it says the same
//!
//! Then [`ids`] are given and [`coverage`] is computed.
//!
//! The way of a reply: [`criteria()`] → while something failed and a model is there, [`repair_criteria`] → [`settle_criteria`];
//! likewise for scenarios. What a person edits goes through [`recheck_criteria`] and [`recheck_suite`].
//! [`Judge`] asks the rungs again about what stands already, for measures.

mod akin;
mod checked;
mod coverage;
mod criteria;
mod duplicates;
mod evidence;
mod existing;
mod foreign;
mod form;
mod ids;
mod judge;
mod ladder;
mod literals;
mod outdated;
mod quality;
mod recheck;
mod references;
mod remark;
mod scope;
mod screen;
mod sieve;
mod suite;
mod syntax;
mod vague;
mod vague_words;

pub(crate) use akin::akin;
pub use criteria::{CheckedCriteria, criteria, repair_criteria, settle_criteria};
pub(crate) use existing::relate;
pub(crate) use judge::{Judge, Likeness, Written};
pub use outdated::mark_outdated;
pub use quality::{Quality, Share, quality};
pub use recheck::{recheck_criteria, recheck_suite};
pub use remark::in_other_language;
pub use screen::{Instructions, screen};
pub use sieve::{Failed, MOST_ITEMS};
pub use suite::{CheckedSuite, repair_scenarios, scenarios, settle_suite};
pub(crate) use vague::is_vague;

#[cfg(test)]
mod tests;
