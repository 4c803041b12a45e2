//! What is to stand where: the result, rendered and cut to what Jira takes.

use serde_json::{Value, json};

use crate::domain::adf::marker;
use crate::domain::markup::{Markup, Rich, Written, fit};
use crate::domain::publish::{PublishTarget, PublishWhat, TextPlace};
use crate::domain::render::{self, Output};
use crate::domain::scenario::Suite;
use crate::ports::ItemStory;
use crate::store::publication::TargetKey;

/// The comment property that says that a comment is ours.
pub const PROPERTY: &str = "jqa.publication";

/// Property of the issue that says the same of our section of one of its fields; the mode follows.
pub const SECTION_PROPERTY: &str = "jqa.section";

/// The story a result belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Name of the Jira connection.
    pub connection: &'a str,
    /// Jira's numeric id of the story.
    pub issue_id: &'a str,
    /// Which kind of text its site speaks.
    pub markup: Markup,
    /// The result.
    pub output: Output<'a>,
    /// Where it comes from, as it is kept beside what is written: see [`Made::origin`](crate::store::made::Made::origin).
    pub origin: &'a Value,
}

impl<'a> Subject<'a> {
    /// The story that it is of.
    #[must_use]
    pub const fn story(&self) -> ItemStory<'a> {
        let Output { story_key: key, story_summary: summary, story_url: url, .. } = self.output;
        ItemStory { id: self.issue_id, key, summary, url }
    }
}

/// One thing to write: a comment, or our section of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Where it goes.
    pub key: TargetKey,
    /// Which text of the issue that is.
    pub place: TextPlace,
    /// What it is known by in Jira.
    pub marker: String,
    /// A whole text for a comment, our part of one for a section.
    pub content: Rich,
    /// [`content_hash`](crate::domain::markup::content_hash) of `content`.
    pub hash: String,
    /// [`Subject::origin`].
    pub origin: Value,
}

impl Piece {
    /// The value of our property for a text with this hash.
    #[must_use]
    pub fn property(&self, hash: &str) -> Value {
        json!({ "marker": self.marker, "hash": hash, "origin": self.origin })
    }
}

/// Which scenarios a target leaves out, and why; empty when there are none.
#[must_use]
pub fn skipped(subject: &Subject<'_>, target: PublishTarget) -> String {
    let suite = subject.output.suite.filter(|_| target.what != PublishWhat::Criteria);
    suite.map(Suite::skipped_words).unwrap_or_default()
}

/// The pieces of one target of texts, in order.
#[must_use]
pub fn pieces(subject: &Subject<'_>, target: PublishTarget) -> Vec<Piece> {
    let Some(place) = target.mode.text() else { return Vec::new() };
    let identity = format!("{}/{}/{}/{}", subject.connection, subject.issue_id, target.mode, target.what);
    let marker = marker::marker(&identity);
    let document = render::document(&subject.output, target.what, &marker);
    let contents: Vec<Written> = match place {
        TextPlace::Comment => fit::written(&document, subject.markup, fit::LIMIT, subject.output.language()),
        TextPlace::Field => {
            let title = render::section_title(&subject.output, target.what, &marker);
            vec![subject.markup.section(&title, &document)]
        }
    };
    let key = |part| TargetKey { connection: subject.connection.to_owned(), issue_id: subject.issue_id.to_owned(), target, part };
    contents
        .into_iter()
        .enumerate()
        .map(|(n, Written { content, hash })| Piece {
            key: key(n + 1),
            place,
            marker: marker::part(&marker, n + 1),
            hash,
            content,
            origin: subject.origin.clone(),
        })
        .collect()
}
