//! ADF, or anything else a Jira field may hold, as Markdown for a model and for a person.
//!
//! Lenient on purpose: documents hold nodes newer than any schema. What is not understood shows its children or a visible placeholder,
//! and is named in [`ReadText::lossy`]; nothing disappears silently.
//!
//! * `block`: nodes that stand on lines of their own
//! * `list`: lists of all kinds
//! * `table`: tables
//! * `inline`: text, marks and what stands in a line

mod block;
mod inline;
mod list;
#[cfg(test)]
mod round_trip_tests;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::Value;

use super::plain;

/// Deeper nodes are not followed.
const MAX_DEPTH: usize = 64;
/// More nodes than Jira stores in any field.
const MAX_NODES: usize = 50_000;

/// A text as it could be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadText {
    /// The text.
    pub markdown: String,
    /// What could not be read faithfully, in words.
    pub lossy: Vec<String>,
}

/// Reads a field's value: ADF, a string, a list or nothing.
#[must_use]
pub fn markdown(adf: &Value) -> ReadText {
    let mut reader = Reader { left: MAX_NODES, losses: BTreeMap::new() };
    let text = reader.value(adf, 0);
    ReadText { markdown: tidy(&text), lossy: reader.lossy() }
}

/// The state of one reading.
struct Reader {
    left: usize,
    losses: BTreeMap<String, usize>,
}

impl Reader {
    /// Any JSON: a node, nodes, or what simple custom fields hold.
    fn value(&mut self, value: &Value, depth: usize) -> String {
        match value {
            Value::Null => String::new(),
            Value::String(text) => plain::visible(text).into_owned(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Array(items) if items.iter().any(is_node) => self.blocks(items, depth),
            Value::Array(items) => self.lines(items, depth),
            Value::Object(_) if is_node(value) => self.blocks(std::slice::from_ref(value), depth),
            Value::Object(_) => self.option(value, depth),
        }
    }

    /// A list of plain values: one bullet each.
    fn lines(&mut self, items: &[Value], depth: usize) -> String {
        if depth >= MAX_DEPTH {
            return self.too_deep();
        }
        let lines: Vec<String> = items.iter().map(|item| self.value(item, depth + 1)).collect();
        lines
            .iter()
            .map(|line| line.trim())
            .filter(|line| !line.is_empty())
            .map(|line| list::item("- ", line))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The value of a select list, a user, a version, an item of a checklist.
    fn option(&mut self, value: &Value, depth: usize) -> String {
        if depth >= MAX_DEPTH {
            return self.too_deep();
        }
        let found = ["value", "name", "text", "displayName", "title", "key", "id"].iter().find_map(|key| value.get(*key));
        match found {
            Some(named) => {
                let own = self.value(named, depth + 1);
                let child = value.get("child").map(|child| self.value(child, depth + 1)).unwrap_or_default();
                if child.is_empty() { own } else { format!("{own} / {child}") }
            }
            None if value.as_object().is_some_and(serde_json::Map::is_empty) => String::new(),
            None => {
                self.note("a field value of unknown shape");
                "[unsupported: value]".to_owned()
            }
        }
    }

    /// Counts a node; `false` when there are too many.
    fn enter(&mut self) -> bool {
        if self.left == 0 {
            self.losses.entry(format!("more than {MAX_NODES} nodes; the rest was not read")).or_insert(1);
            return false;
        }
        self.left -= 1;
        true
    }

    fn too_deep(&mut self) -> String {
        self.note("nodes nested too deeply");
        "[nested too deeply]".to_owned()
    }

    fn note(&mut self, what: &str) {
        // A hostile document must not fill the list with invented names.
        let known = self.losses.len() < 50 || self.losses.contains_key(what);
        *self.losses.entry(if known { what.to_owned() } else { "other unknown nodes".to_owned() }).or_default() += 1;
    }

    fn lossy(self) -> Vec<String> {
        self.losses.into_iter().map(|(what, count)| if count > 1 { format!("{what} ({count}×)") } else { what }).collect()
    }
}

/// Whether a value looks like a node: an object with a textual `type` and something that nodes have.
fn is_node(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some();
    kind(value).is_some()
        && (has("content") || has("attrs") || has("text") || value.as_object().is_some_and(|object| object.len() == 1))
}

fn kind(node: &Value) -> Option<&str> {
    node.get("type")?.as_str()
}

fn children(node: &Value) -> &[Value] {
    node.get("content").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// An attribute as text; numbers are tolerated. `None` when absent or empty.
fn attr(node: &Value, name: &str) -> Option<String> {
    let text = match node.get("attrs")?.get(name)? {
        Value::String(text) => plain::visible(text).into_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

/// No white space at the ends, no runs of empty lines outside code.
fn tidy(text: &str) -> String {
    text.trim_matches('\n').trim_end().to_owned()
}
