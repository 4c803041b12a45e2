//! Results as people and tools read them.
//!
//! * [`document()`]: what stands in Jira, in the story's language
//! * [`single()`]: one criterion or scenario alone
//! * [`gherkin()`]: a `.feature` file
//! * [`markdown()`]: a page
//! * [`csv()`]: a table for a spreadsheet or a test management tool

mod brief;
mod criteria;
mod csv;
mod document;
mod gherkin_file;
mod item;
mod markdown;
mod single;
#[cfg(test)]
mod size_tests;
mod suite;
#[cfg(test)]
mod tests;
mod words;

pub use csv::csv;
pub use document::{document, section_title};
pub use gherkin_file::gherkin;
pub use markdown::{document_markdown, markdown};
pub use single::{Single, single};

use super::criterion::CriteriaSet;
use super::language::Language;
use super::scenario::Suite;

/// A result to render: a story's criteria, its suite or both.
#[derive(Debug, Clone, Copy)]
pub struct Output<'a> {
    /// The story's key.
    pub story_key: &'a str,
    /// The story's summary.
    pub story_summary: &'a str,
    /// The page a person would open; empty when there is none.
    pub story_url: &'a str,
    /// The criteria.
    pub criteria: Option<&'a CriteriaSet>,
    /// The suite.
    pub suite: Option<&'a Suite>,
}

impl Output<'_> {
    /// The language the result is written in.
    #[must_use]
    pub fn language(&self) -> Language {
        let suite = self.suite.map(|suite| suite.language);
        self.criteria.map(|criteria| criteria.language).or(suite).unwrap_or(Language::English)
    }

    /// The page of another issue of the same site, and of a comment of this one.
    fn link_to(&self, source: &str) -> Option<String> {
        let (base, _) = self.story_url.rsplit_once("/browse/")?;
        match source.split_once(':')? {
            ("comment", id) if id.bytes().all(|b| b.is_ascii_digit()) => {
                Some(format!("{}?focusedCommentId={id}", self.story_url))
            }
            ("link", key) if key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') => {
                Some(format!("{base}/browse/{key}"))
            }
            _ => None,
        }
    }
}
