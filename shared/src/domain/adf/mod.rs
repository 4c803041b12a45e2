//! Atlassian Document Format: Jira's rich text.
//!
//! * [`read`]: any JSON that claims to be ADF, as Markdown
//! * [`node`]: a node of it before it is JSON
//! * [`mod@write`]: our [`Document`](super::document::Document) as ADF that is valid by construction
//! * [`section`]: our own section inside somebody's description
//! * [`marker`]: the short text by which we know what is ours
//! * [`hash`]: whether a person changed what we wrote
//! * [`plain`]: text without invisible characters

pub mod hash;
pub mod marker;
pub mod node;
pub mod plain;
pub mod read;
pub mod section;
pub mod write;

#[cfg(test)]
pub(crate) mod schema_tests;
