//! Whether a person changed what we wrote: a hash of what a node says, blind to what Jira and its editor add by themselves.

use serde_json::{Map, Value};

use super::super::story::sha256_hex;
use super::marker::is_empty_paragraph;

/// Deeper than any document Jira stores; below it everything counts as equal.
const DEPTH: usize = 200;

/// Attributes that say how something is laid out or identified, not what it says. The editor sets them on any save.
const LAYOUT: &[&str] = &[
    "localId",
    "layout",
    "width",
    "displayMode",
    "colwidth",
    "isNumberColumnEnabled",
    "wrap",
    "hideLineNumbers",
    "style",
    "valign",
];

/// Marks without a meaning of their own.
const LAYOUT_MARKS: &[&str] = &["breakout", "fragment"];

/// The hash of a node or of a whole comment body, in hex.
///
/// It does not see `localId`s, the order of attributes and marks, empty `attrs`, `marks` and `content`, defaults, layout, how runs of
/// equally marked text are cut, or empty paragraphs at the end.
#[must_use]
pub fn content_hash(node: &Value) -> String {
    let canonical = canonical(node, 0);
    sha256_hex(canonical.to_string().as_bytes())
}

fn canonical(value: &Value, depth: usize) -> Value {
    if depth > DEPTH {
        return Value::Null;
    }
    match value {
        Value::Object(object) => node(object, depth),
        Value::Array(items) => Value::Array(items.iter().map(|item| canonical(item, depth + 1)).collect()),
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), Value::from),
        other => other.clone(),
    }
}

fn node(object: &Map<String, Value>, depth: usize) -> Value {
    let mut keys: Vec<&String> = object.keys().collect();
    keys.sort();
    let mut out = Map::new();
    for key in keys {
        let Some(value) = object.get(key) else { continue };
        let value = match (key.as_str(), value) {
            ("attrs", Value::Object(attrs)) => Value::Object(attributes(attrs, depth)),
            ("marks", Value::Array(marks)) => Value::Array(sorted_marks(marks, depth)),
            ("content", Value::Array(children)) => Value::Array(content(children, depth)),
            (_, value) => canonical(value, depth + 1),
        };
        let empty = match &value {
            Value::Null => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            _ => false,
        };
        if !empty {
            out.insert(key.clone(), value);
        }
    }
    Value::Object(out)
}

fn attributes(attrs: &Map<String, Value>, depth: usize) -> Map<String, Value> {
    let mut keys: Vec<&String> = attrs.keys().filter(|key| !LAYOUT.contains(&key.as_str())).collect();
    keys.sort();
    keys.into_iter()
        .filter_map(|key| {
            let value = canonical(attrs.get(key)?, depth + 1);
            let default = match key.as_str() {
                "order" | "colspan" | "rowspan" => value.as_f64() == Some(1.0),
                _ => value.is_null() || value.as_str() == Some(""),
            };
            (!default).then(|| (key.clone(), value))
        })
        .collect()
}

fn sorted_marks(marks: &[Value], depth: usize) -> Vec<Value> {
    let mut marks: Vec<Value> = marks
        .iter()
        .filter(|mark| !mark.get("type").and_then(Value::as_str).is_some_and(|kind| LAYOUT_MARKS.contains(&kind)))
        .map(|mark| canonical(mark, depth + 1))
        .collect();
    marks.sort_by_cached_key(ToString::to_string);
    marks
}

fn content(children: &[Value], depth: usize) -> Vec<Value> {
    let end = children.iter().rposition(|child| !is_empty_paragraph(child)).map_or(0, |last| last + 1);
    let mut out: Vec<Value> = Vec::with_capacity(end);
    for child in children.iter().take(end) {
        let child = canonical(child, depth + 1);
        if let Some(joined) = out.last().and_then(|before| join(before, &child)) {
            out.pop();
            out.push(joined);
        } else {
            out.push(child);
        }
    }
    out
}

/// Two runs of text with the same marks as one.
fn join(before: &Value, after: &Value) -> Option<Value> {
    let is_text = |node: &Value| node.get("type").and_then(Value::as_str) == Some("text");
    if !is_text(before) || !is_text(after) || before.get("marks") != after.get("marks") {
        return None;
    }
    let text = format!("{}{}", before.get("text")?.as_str()?, after.get("text")?.as_str()?);
    let mut joined = before.as_object()?.clone();
    joined.insert("text".to_owned(), Value::String(text));
    Some(Value::Object(joined))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_jira_adds_does_not_change_the_hash() {
        let ours = json!({"type": "expand", "attrs": {"title": "T"}, "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "ab", "marks": [{"type": "strong"}, {"type": "em"}]}]},
            {"type": "orderedList", "content": []}]});
        let stored = json!({"type": "expand", "content": [
            {"content": [{"type": "text", "text": "a", "marks": [{"type": "em"}, {"type": "strong"}]},
                         {"text": "b", "marks": [{"type": "em"}, {"type": "strong"}], "type": "text"}],
             "type": "paragraph", "attrs": {"localId": "p1"}, "marks": []},
            {"type": "orderedList", "attrs": {"order": 1}, "content": []},
            {"type": "paragraph"}],
            "marks": [{"type": "breakout", "attrs": {"mode": "wide"}}], "attrs": {"localId": "x", "title": "T"}});
        assert_eq!(content_hash(&ours), content_hash(&stored));
    }

    #[test]
    fn what_a_person_changes_changes_the_hash() {
        let text =
            |text: &str, marks: Value| json!({"type": "paragraph", "content": [{"type": "text", "text": text, "marks": marks}]});
        let hash = content_hash(&text("a", json!([])));
        assert_ne!(hash, content_hash(&text("b", json!([]))));
        assert_ne!(hash, content_hash(&text("a", json!([{"type": "strong"}]))));
    }
}
