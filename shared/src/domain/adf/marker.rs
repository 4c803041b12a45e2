//! The short text by which we know what is ours: `jqa:3f2a9c1b`, and `jqa:3f2a9c1b.2` for a continuation.

use serde_json::Value;

use super::super::story::sha256_hex;

/// What every marker begins with.
pub const PREFIX: &str = "jqa:";

/// The marker for an identity, such as connection, issue id, mode and what: the same identity has the same marker for ever.
#[must_use]
pub fn marker(identity: &str) -> String {
    let hash = sha256_hex(identity.as_bytes());
    format!("{PREFIX}{}", hash.get(..8).unwrap_or(&hash))
}

/// The marker of the nth part (from 1) of something that did not fit into one comment.
#[must_use]
pub fn part(marker: &str, number: usize) -> String {
    if number <= 1 { marker.to_owned() } else { format!("{marker}.{number}") }
}

/// The marker a text ends with, when it ends with one.
#[must_use]
pub fn marker_of(text: &str) -> Option<&str> {
    let word = text.split_whitespace().next_back()?;
    is_marker(word, PREFIX).then_some(word)
}

/// Whether a comment's body carries exactly this marker.
#[must_use]
pub fn carries_marker(body: &Value, marker: &str) -> bool {
    marker_in(body) == Some(marker)
}

/// The marker a comment's body carries: its last paragraph that holds anything ends with it, in italics.
#[must_use]
pub fn marker_in(body: &Value) -> Option<&str> {
    let blocks = body.get("content")?.as_array()?;
    let last = blocks.iter().rev().find(|block| !is_empty_paragraph(block))?;
    if last.get("type")?.as_str()? != "paragraph" {
        return None;
    }
    let text = last.get("content")?.as_array()?.iter().next_back()?;
    let is_em = text.get("marks")?.as_array()?.iter().any(|mark| mark.get("type").and_then(Value::as_str) == Some("em"));
    if is_em { marker_of(text.get("text")?.as_str()?) } else { None }
}

/// Whether a word is a marker with this prefix: eight hex digits, perhaps `.2`.
pub(in super::super) fn is_marker(word: &str, prefix: &str) -> bool {
    let Some(rest) = word.strip_prefix(prefix) else { return false };
    let (id, part) = rest.split_once('.').map_or((rest, None), |(id, part)| (id, Some(part)));
    id.len() == 8
        && id.bytes().all(|b| b.is_ascii_hexdigit())
        && part.is_none_or(|part| !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit()))
}

pub(super) fn is_empty_paragraph(block: &Value) -> bool {
    block.get("type").and_then(Value::as_str) == Some("paragraph")
        && block.get("content").and_then(Value::as_array).is_none_or(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_marker_is_stable_and_found_at_the_end_only() {
        assert_eq!(marker("site/10001/comment"), marker("site/10001/comment"));
        assert_eq!(marker_of("Acceptance criteria · jqa:3f2a9c1b"), Some("jqa:3f2a9c1b"));
        assert_eq!(marker_of("x jqa:3f2a9c1b.2"), Some("jqa:3f2a9c1b.2"));
        assert_eq!(marker_of("jqa:3f2a9c1b is ours"), None);
        assert_eq!(marker_of("jqa:3f2a9c1"), None);
    }

    #[test]
    fn a_person_who_quotes_our_marker_does_not_make_a_comment_ours() {
        let paragraph = |marks: Value| {
            json!({"type": "doc", "version": 1, "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "see jqa:3f2a9c1b", "marks": marks}]}, {"type": "paragraph"}]})
        };
        assert!(carries_marker(&paragraph(json!([{"type": "em"}])), "jqa:3f2a9c1b"));
        assert!(!carries_marker(&paragraph(json!([])), "jqa:3f2a9c1b"));
        assert!(!carries_marker(&paragraph(json!([{"type": "em"}])), "jqa:00000000"));
        assert!(!carries_marker(&json!("jqa:3f2a9c1b"), "jqa:3f2a9c1b"));
    }
}
