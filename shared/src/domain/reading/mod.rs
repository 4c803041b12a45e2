//! From Jira's answer to a [`Story`](super::story::Story).
//!
//! * [`mod@story`]: the whole
//! * [`part`]: the text parts, one function for each kind
//! * [`documents`]: wiki markup as the documents that all else reads
//! * [`field`]: fields by id or name
//! * [`existing`]: the tests that exist for it, which are no part of it
//! * [`hidden`]: what nobody sees is told
//! * [`limit`]: what fits into a prompt, with a visible mark where something was cut

mod documents;
mod existing;
pub mod field;
mod hidden;
mod limit;
mod part;
mod story;
#[cfg(test)]
mod tests;

pub use existing::{MOST_TESTS, test_keys};
pub use hidden::HIDDEN;
pub use limit::TRUNCATED;
pub use story::{ReadError, ReadOptions, hash, story};
