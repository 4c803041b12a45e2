//! A text as a site of Jira gives and takes it: ADF on Cloud, wiki markup on Data Center and Server.
//!
//! Both are kept as JSON, an object or a string, so that what is said of a text by its words ([`content_hash`], [`marker_in`]) is one
//! for both: wiki markup is read into the nodes of ADF first. What must leave the words of people byte for byte as they are
//! works on the text itself.
//!
//! * [`rich`]: such a text, written once and shared
//! * [`fit`]: a document that is too long for one comment, as several
//! * [`section`]: our own section in a description
//! * [`below`]: ours below what a person wrote in a comment

pub mod below;
#[cfg(test)]
mod bytes_tests;
pub mod fit;
pub mod rich;
pub mod section;

use std::borrow::Cow;

use serde_json::Value;

use super::adf::{hash, marker, write};
use super::document::{Block, Document};
use super::wiki;
pub use fit::Written;
pub use rich::Rich;

super::words::words! {
    /// Which kind of text a site speaks.
    #[derive(Default)]
    Markup {
        /// Atlassian Document Format.
        #[default]
        Adf = "adf",
        /// Wiki markup.
        Wiki = "wiki",
    }
}

impl Markup {
    /// The document in it.
    #[must_use]
    pub fn written(self, document: &Document) -> Written {
        match self {
            Self::Adf => Written::from(&write::tree(document)),
            Self::Wiki => Written::from(wiki::write::text(document)),
        }
    }

    /// The document as a section, to stand in somebody's description. Give it a title that ends with the marker.
    #[must_use]
    pub fn section(self, title: &str, document: &Document) -> Written {
        match self {
            Self::Adf => Written::from(&write::section_tree(title, document)),
            Self::Wiki => Written::from(wiki::write::section(title, document)),
        }
    }

    /// How long a block is there, with what stands between it and the next.
    fn size(self, block: &Block) -> usize {
        match self {
            Self::Adf => write::block(block).map_or(0, |node| node.json().len() + 1),
            Self::Wiki => units(&wiki::write::block(block)) + 2,
        }
    }

    /// How long a document is there, as far as Jira's limit goes.
    fn length(self, document: &Document) -> usize {
        match self {
            // Whether Cloud counts text or JSON is not known, so we count JSON.
            Self::Adf => write::tree(document).json().len(),
            Self::Wiki => units(&wiki::write::text(document)),
        }
    }
}

/// What Data Center counts.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// A text as the nodes of ADF.
#[must_use]
pub fn nodes(text: &Value) -> Cow<'_, Value> {
    match text {
        Value::String(text) => Cow::Owned(wiki::read::document(text)),
        adf => Cow::Borrowed(adf),
    }
}

/// The hash of what a text says, blind to what Jira and its editors change by themselves.
#[must_use]
pub fn content_hash(text: &Value) -> String {
    hash::content_hash(&nodes(text))
}

/// The marker that a comment's text ends with, if it is ours.
#[must_use]
pub fn marker_in(text: &Value) -> Option<String> {
    marker::marker_in(&nodes(text)).map(str::to_owned)
}

/// Whether a comment's text carries exactly this marker.
#[must_use]
pub fn carries_marker(text: &Value, marker: &str) -> bool {
    marker_in(text).as_deref() == Some(marker)
}
