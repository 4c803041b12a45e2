//! Whether a person changed what we wrote: a hash of what a node says, blind to what Jira and its editor add by themselves.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::super::story::sha256_hex;
use super::marker::is_empty_paragraph;

/// Deeper than any document Jira stores; below it everything counts as equal.
const DEPTH: usize = 200;

/// Attributes that say how something is laid out or identified, not what it says. The editor sets them on any save.
pub(super) const LAYOUT: &[&str] = &[
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
    let mut canonical = Vec::with_capacity(4_096);
    value(&mut canonical, node, 0);
    sha256_hex(&canonical)
}

fn value(out: &mut Vec<u8>, value: &Value, depth: usize) {
    match value {
        _ if depth > DEPTH => out.extend_from_slice(b"null"),
        Value::Object(object) => node(out, object, None, depth),
        Value::Array(items) => list(out, items, |out, item| self::value(out, item, depth + 1)),
        Value::Number(number) => match number.as_f64() {
            Some(number) => json(out, &Value::from(number)),
            None => json(out, value),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => json(out, value),
    }
}

/// Writing to memory cannot fail, and strings and numbers always have JSON.
pub(super) fn json(out: &mut Vec<u8>, value: &(impl serde::Serialize + ?Sized)) {
    let _ = serde_json::to_writer(out, value);
}

pub(super) fn list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        each(out, item);
    }
    out.push(b']');
}

/// The fields of an object, sorted by name.
fn sorted(object: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut fields: Vec<(&str, &Value)> = object.iter().map(|(name, value)| (name.as_str(), value)).collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    fields
}

/// A node without its empty fields; with another text where several runs are one.
fn node(out: &mut Vec<u8>, object: &Map<String, Value>, text: Option<&str>, depth: usize) {
    out.push(b'{');
    let mut first = true;
    for (name, field) in sorted(object) {
        let start = out.len();
        if !first {
            out.push(b',');
        }
        json(out, name);
        out.push(b':');
        let written = out.len();
        match (name, field) {
            ("text", _) if text.is_some() => json(out, text.unwrap_or_default()),
            ("attrs", Value::Object(attrs)) => attributes(out, attrs, depth),
            ("marks", Value::Array(marks)) => out.extend_from_slice(&sorted_marks(marks, depth)),
            ("content", Value::Array(children)) => content(out, children, depth),
            (_, field) => value(out, field, depth + 1),
        }
        if matches!(out.get(written..), Some(b"null" | b"[]" | b"{}")) {
            out.truncate(start);
        } else {
            first = false;
        }
    }
    out.push(b'}');
}

fn attributes(out: &mut Vec<u8>, attrs: &Map<String, Value>, depth: usize) {
    out.push(b'{');
    let mut first = true;
    for (name, field) in sorted(attrs) {
        let default = match (name, field) {
            ("order" | "colspan" | "rowspan", field) => field.as_f64() == Some(1.0),
            (_, field) => field.is_null() || field.as_str() == Some(""),
        };
        if LAYOUT.contains(&name) || default {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        json(out, name);
        out.push(b':');
        value(out, field, depth + 1);
    }
    out.push(b'}');
}

fn sorted_marks(marks: &[Value], depth: usize) -> Vec<u8> {
    let meant =
        marks.iter().filter(|mark| !mark.get("type").and_then(Value::as_str).is_some_and(|kind| LAYOUT_MARKS.contains(&kind)));
    let mut marks: Vec<Vec<u8>> = meant
        .map(|mark| {
            let mut written = Vec::with_capacity(32);
            value(&mut written, mark, depth + 1);
            written
        })
        .collect();
    marks.sort_unstable();
    let mut out = Vec::with_capacity(64);
    list(&mut out, &marks, |out, mark| out.extend_from_slice(mark));
    out
}

/// Children, runs of text with the same marks as one.
fn content(out: &mut Vec<u8>, children: &[Value], depth: usize) {
    let end = children.iter().rposition(|child| !is_empty_paragraph(child)).map_or(0, |last| last + 1);
    let mut rest = children.get(..end).unwrap_or_default();
    let runs = std::iter::from_fn(|| {
        let first = rest.first()?;
        let more = run_of(first).filter(|_| depth < DEPTH).map_or(0, |text| {
            let marks = marks_of(text, depth);
            let same = |next: &&Value| run_of(next).is_some_and(|next| marks_of(next, depth) == marks);
            rest.iter().skip(1).take_while(same).count()
        });
        let run = rest.get(..=more)?;
        rest = rest.get(more + 1..).unwrap_or_default();
        Some(run)
    });
    list(out, runs, |out, run| match run {
        [one] => value(out, one, depth + 1),
        many => {
            let text: String = many.iter().filter_map(|node| node.get("text")?.as_str()).collect();
            let first = many.first().and_then(Value::as_object);
            first.into_iter().for_each(|first| node(out, first, Some(&text), depth + 1));
        }
    });
}

/// A run of text as the object it is.
fn run_of(node: &Value) -> Option<&Map<String, Value>> {
    let object = node.as_object()?;
    (object.get("type")?.as_str()? == "text" && object.get("text")?.is_string()).then_some(object)
}

/// The marks of a run; none and an empty list are the same.
fn marks_of(run: &Map<String, Value>, depth: usize) -> Cow<'static, [u8]> {
    match run.get("marks") {
        None => Cow::Borrowed(b"[]"),
        Some(Value::Array(marks)) => Cow::Owned(sorted_marks(marks, depth + 1)),
        Some(other) => {
            let mut written = Vec::new();
            value(&mut written, other, depth + 2);
            Cow::Owned(if matches!(written.as_slice(), b"null" | b"{}") { b"[]".to_vec() } else { written })
        }
    }
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
