//! Our own section in a description: one `expand` whose title ends with our marker. Everything else belongs to people.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::marker::is_marker;
use super::plain;

/// Deeper than an expand can stand in a document that Jira accepts.
const DEPTH: usize = 64;

/// Our section as it stands in a description.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The `expand` node.
    pub node: Value,
}

/// A description without our sections, for reading; as it is where there are none.
#[must_use]
pub fn strip<'a>(adf: &'a Value, prefix: &str) -> Cow<'a, Value> {
    if holds_ours(adf, prefix, 0) { Cow::Owned(strip_at(adf, prefix, 0)) } else { Cow::Borrowed(adf) }
}

fn holds_ours(node: &Value, prefix: &str, depth: usize) -> bool {
    let children = node.get("content").and_then(Value::as_array).filter(|_| depth < DEPTH);
    children.is_some_and(|children| {
        children.iter().any(|child| {
            title_marker(child).is_some_and(|marker| is_marker(marker, prefix)) || holds_ours(child, prefix, depth + 1)
        })
    })
}

fn strip_at(node: &Value, prefix: &str, depth: usize) -> Value {
    let Some(object) = node.as_object().filter(|_| depth < DEPTH) else { return node.clone() };
    let mut out = object.clone();
    if let Some(Value::Array(children)) = out.get_mut("content") {
        *children = children
            .iter()
            .filter(|child| !title_marker(child).is_some_and(|marker| is_marker(marker, prefix)))
            .map(|child| strip_at(child, prefix, depth + 1))
            .collect();
    }
    Value::Object(out)
}

/// Our section, wherever a person may have moved it (it can stand in a layout column).
#[must_use]
pub fn find(adf: &Value, marker: &str) -> Option<Section> {
    find_at(adf, marker, 0).map(|node| Section { node: node.clone() })
}

fn find_at<'a>(node: &'a Value, marker: &str, depth: usize) -> Option<&'a Value> {
    if depth > DEPTH {
        return None;
    }
    let children = node.get("content")?.as_array()?;
    children.iter().find_map(|child| if is_ours(child, marker) { Some(child) } else { find_at(child, marker, depth + 1) })
}

/// The description with our section replaced in place, or appended when it is not there. No other node changes.
#[must_use]
pub fn replace(adf: &Value, marker: &str, node: Value) -> Value {
    let mut out = document(adf);
    match find_mut(&mut out, marker, 0) {
        Some(place) => *place = node,
        None => push(&mut out, node),
    }
    out
}

/// The description with a node appended at its end.
#[must_use]
pub fn append(adf: &Value, node: Value) -> Value {
    let mut out = document(adf);
    push(&mut out, node);
    out
}

fn find_mut<'a>(node: &'a mut Value, marker: &str, depth: usize) -> Option<&'a mut Value> {
    if depth > DEPTH {
        return None;
    }
    let children = node.get_mut("content")?.as_array_mut()?;
    children.iter_mut().find_map(|child| if is_ours(child, marker) { Some(child) } else { find_mut(child, marker, depth + 1) })
}

fn push(document: &mut Value, node: Value) {
    if let Some(Value::Array(children)) = document.get_mut("content") {
        children.push(node);
    }
}

/// What is there as a document that can be appended to; nothing a person wrote is lost, whatever its shape.
fn document(adf: &Value) -> Value {
    match adf {
        Value::Object(object) if object.get("content").is_some_and(Value::is_array) => adf.clone(),
        Value::String(text) => {
            let paragraphs: Vec<Value> = plain::visible(text)
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(|line| json!({"type": "paragraph", "content": [{"type": "text", "text": line}]}))
                .collect();
            json!({"type": "doc", "version": 1, "content": paragraphs})
        }
        _ => json!({"type": "doc", "version": 1, "content": []}),
    }
}

/// A section that is a person's from now on: its title without our marker.
#[must_use]
pub fn disowned(mut node: Value, marker: &str) -> Value {
    if let Some(title) = node.get_mut("attrs").and_then(|attrs| attrs.get_mut("title")) {
        let plain = title.as_str().unwrap_or_default().replace(marker, "").trim_end_matches([' ', '·']).to_owned();
        *title = Value::String(plain);
    }
    node
}

fn is_ours(node: &Value, marker: &str) -> bool {
    node.get("type").and_then(Value::as_str) == Some("expand") && title_marker(node) == Some(marker)
}

/// The last word of an expand's title.
fn title_marker(node: &Value) -> Option<&str> {
    let kind = node.get("type")?.as_str()?;
    if !matches!(kind, "expand" | "nestedExpand") {
        return None;
    }
    node.get("attrs")?.get("title")?.as_str()?.split_whitespace().next_back()
}

#[cfg(test)]
#[path = "section/tests.rs"]
mod tests;
