//! Gherkin text, valid by construction, and the check that a text is valid.
//!
//! * [`scenario_text`] and [`feature_text`] write it
//! * [`check`] and [`sections`] read it with the real parser, [`Shape`] says whether that is needed
//! * [`step_text`] and [`one_line`] are what both rest on: words that cannot break out of their line

mod line;
mod read;
mod shape;
mod write;

pub use line::{Section, one_line, step_text};
pub use read::{check, sections};
pub use shape::Shape;
pub use write::{feature_text, scenario_text};

#[cfg(test)]
mod tests;
