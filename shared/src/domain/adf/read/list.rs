//! Lists of all kinds.

use serde_json::Value;

use super::inline::is_inline;
use super::{MAX_DEPTH, Reader, attr, children, kind};

impl Reader {
    pub(super) fn list(&mut self, node: &Value, list: &str, depth: usize) -> String {
        let start = node.get("attrs").and_then(|attrs| attrs.get("order")).and_then(Value::as_u64).unwrap_or(1);
        let mut lines = Vec::new();
        for (number, child) in (start..).zip(children(node)) {
            let marker = if list == "orderedList" { format!("{number}. ") } else { "- ".to_owned() };
            // A task list stands directly in its parent list, not in one of its items.
            let nested = matches!(kind(child), Some("taskList" | "bulletList" | "orderedList" | "decisionList"));
            let line = if nested { indent(&self.block(child, depth), "  ") } else { self.list_item(child, &marker, depth) };
            if !line.is_empty() {
                lines.push(line);
            }
        }
        lines.join("\n")
    }

    pub(super) fn list_item(&mut self, node: &Value, marker: &str, depth: usize) -> String {
        if depth >= MAX_DEPTH {
            return self.too_deep();
        }
        if !self.enter() {
            return String::new();
        }
        let body = match kind(node) {
            Some("listItem") => self.item_body(children(node), depth + 1),
            Some("taskItem" | "blockTaskItem") => {
                let done = attr(node, "state").is_some_and(|state| state.eq_ignore_ascii_case("done"));
                format!("{} {}", if done { "[x]" } else { "[ ]" }, self.item_body(children(node), depth + 1))
            }
            Some("decisionItem") => format!("[decision] {}", self.item_body(children(node), depth + 1)),
            _ => self.item_body(std::slice::from_ref(node), depth + 1),
        };
        item(marker, &body)
    }

    /// The blocks of an item; lists and code follow their line directly, paragraphs keep a line between them.
    fn item_body(&mut self, nodes: &[Value], depth: usize) -> String {
        let mut out = String::new();
        let mut rest = nodes;
        while let Some(first) = rest.first() {
            let run = rest.iter().take_while(|node| is_inline(node)).count().max(1);
            let (now, later) = rest.split_at(run);
            let text = if is_inline(first) { self.inline(now, depth).trim().to_owned() } else { self.block(first, depth) };
            let tight = matches!(kind(first), Some("bulletList" | "orderedList" | "taskList" | "decisionList" | "codeBlock"));
            if !text.is_empty() {
                if !out.is_empty() {
                    out.push_str(if tight { "\n" } else { "\n\n" });
                }
                out.push_str(&text);
            }
            rest = later;
        }
        out
    }
}

/// An item: its marker, and everything below indented by the marker's width.
pub(super) fn item(marker: &str, body: &str) -> String {
    format!("{marker}{}", indent(body, &" ".repeat(marker.len())).trim_start_matches(' '))
}

fn indent(text: &str, by: &str) -> String {
    text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{by}{line}") }).collect::<Vec<_>>().join("\n")
}
