//! The Atlassian Document Format: what is valid, how Jira stores it, how it reads.

mod grammar;
pub(crate) mod html;
pub(crate) mod normalise;
pub(crate) mod rules;
pub(crate) mod text;
