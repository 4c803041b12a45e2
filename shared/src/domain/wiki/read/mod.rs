//! Wiki markup as the nodes of ADF: what comes after (Markdown for a model, hashes, markers) is one for both.
//!
//! Lenient on purpose: what is not understood stays as its text, and what is not closed was never opened.
//!
//! * `macros`: `{code}`, `{panel}` and others that have a body
//! * `blocks`: headings, paragraphs, rules, quotations
//! * `list`: lists of all kinds, nested and mixed
//! * `table`: tables
//! * `inline`: what stands in a line
//! * `bracket`: links, mentions, attachments, images

mod blocks;
mod bracket;
mod inline;
mod list;
mod macros;
mod table;

pub(super) use macros::PANELS;

use std::borrow::Cow;

use serde_json::{Value, json};

/// Blocks nested deeper are read as text.
const DEPTH: usize = 12;

/// A text as a `doc` node.
#[must_use]
pub fn document(wiki: &str) -> Value {
    json!({ "type": "doc", "version": 1, "content": blocks::all(&plain_ends(wiki), 0) })
}

/// The title of a line that is a heading.
pub(super) fn heading(line: &str) -> Option<&str> {
    blocks::heading(line).map(|(_, title)| title)
}

/// The text with `\n` as its only line end: forms of browsers send `\r\n`.
fn plain_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(text) }
}

/// A node with children.
fn node(kind: &str, content: Vec<Value>) -> Value {
    json!({ "type": kind, "content": Value::Array(content) })
}

/// A text with marks.
fn text(text: &str, marks: &[Value]) -> Value {
    if marks.is_empty() {
        json!({ "type": "text", "text": text })
    } else {
        json!({ "type": "text", "text": text, "marks": marks })
    }
}
