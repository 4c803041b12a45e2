//! The ladder every generated item climbs. A model proposes; here code decides.
//!
//! Cheap rungs first; an item that falls from the first three is not looked at further:
//! 1. [`form`]: a title, steps, nothing too long, a table that fits
//! 2. [`syntax`]: the Gherkin parses and reads `Given* When+ Then+`
//! 3. [`references`]: the criteria it names exist
//! 4. [`evidence`]: its quotations are in the story, and are enough for its origin
//! 5. [`literals`]: a stated item's numbers and quoted texts are in the story
//! 6. [`vague`]: somebody can observe each `Then`
//! 7. [`scope`]: the story does not exclude it
//! 8. [`duplicates`]: nothing before it says the same
//!
//! Then [`ids`] are given and [`coverage`] is computed.
//!
//! The way of a reply: [`criteria()`] → while something failed and a model is there, [`repair_criteria`] → [`settle_criteria`];
//! likewise for scenarios. What a person edits goes through [`recheck_criteria`] and [`recheck_suite`].

mod akin;
mod checked;
mod coverage;
mod criteria;
mod duplicates;
mod evidence;
mod form;
mod ids;
mod ladder;
mod literals;
mod outdated;
mod quality;
mod recheck;
mod references;
mod remark;
mod scope;
mod sieve;
mod suite;
mod syntax;
mod vague;
mod vague_words;

pub use criteria::{CheckedCriteria, criteria, repair_criteria, settle_criteria};
pub use outdated::mark_outdated;
pub use quality::{Quality, Share, quality};
pub use recheck::{recheck_criteria, recheck_suite};
pub use remark::in_other_language;
pub use sieve::{Failed, MOST_ITEMS};
pub use suite::{CheckedSuite, repair_scenarios, scenarios, settle_suite};

#[cfg(test)]
mod tests;
