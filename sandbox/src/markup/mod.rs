//! Source text to documents: GitHub Markdown with a few additions, and Jira wiki markup by way of it.
//!
//! Beyond Markdown: `:::info` … `:::` (panels), `:::expand Title` … `:::`, `{status:green|DONE}`, `{date:2026-11-03}`,
//! `@[Anna Schmidt]`.

mod blocks;
mod inline;
mod lists;
mod tables;
mod to_wiki;
mod wiki;

use serde_json::{Value, json};

/// The document a text stands for; which markup it is, is told by its looks.
pub(crate) fn to_adf(source: &str) -> Value {
    let clean: String = source.replace("\r\n", "\n").chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let markdown = if wiki::looks_like_wiki(&clean) { wiki::to_markdown(&clean) } else { clean };
    let lines: Vec<&str> = markdown.lines().collect();
    json!({"version": 1, "type": "doc", "content": blocks::parse(&lines, 0)})
}

/// Whether a text is wiki markup by its looks.
pub(crate) fn is_wiki(source: &str) -> bool {
    wiki::looks_like_wiki(source)
}

/// A document as wiki markup.
pub(crate) fn to_wiki(document: &Value) -> String {
    to_wiki::wiki(document)
}

#[cfg(test)]
#[path = "markup_tests.rs"]
mod tests;
