//! From Jira's answer to a [`Story`](super::story::Story).
//!
//! * [`mod@story`]: the whole
//! * [`part`]: the text parts, one function for each kind
//! * [`limit`]: what fits into a prompt, with a visible mark where something was cut

mod limit;
mod part;
mod story;
#[cfg(test)]
mod tests;

pub use limit::TRUNCATED;
pub use story::{ReadError, ReadOptions, hash, story};
