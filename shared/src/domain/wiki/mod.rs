//! Wiki markup: the rich text of Jira Data Center and Server.
//!
//! * [`read`]: wiki markup as the nodes of ADF, which is how everything else reads it
//! * [`mod@write`]: our [`Document`](super::document::Document) as wiki markup
//! * [`escape`]: foreign words that cannot become markup
//! * [`section`]: our own section inside somebody's description

pub mod escape;
pub mod read;
pub mod section;
pub mod write;

#[cfg(test)]
mod tests;
