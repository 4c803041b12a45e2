//! Text as it is compared: the same words in another dress are equal.
//!
//! * [`text`] takes the dress off
//! * [`Haystack`] finds quotations and numbers in a story
//! * [`numbers`] and [`quoted_strings`] take out what must not be made up

mod haystack;
mod markup;
mod number;
mod quoted;
mod runs;
mod unify;

pub use haystack::Haystack;
pub use number::numbers;
pub use quoted::quoted_strings;
pub(crate) use runs::{Run, runs};
pub use unify::{is_invisible, is_one_line, text};
pub(crate) use unify::{is_plain_line, plain, spaced};

#[cfg(test)]
mod tests;
