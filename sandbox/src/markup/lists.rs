//! Bullet, numbered and task lists.

use serde_json::{Value, json};

use super::blocks::{self, Place};
use super::inline;

/// How an item begins.
#[derive(Clone, Copy)]
pub(super) struct Marker {
    indent: usize,
    width: usize,
    number: Option<u64>,
}

/// One item with everything that belongs to it.
struct Item<'a> {
    number: Option<u64>,
    lines: Vec<&'a str>,
}

/// The marker at the start of a line.
pub(super) fn marker(line: &str) -> Option<Marker> {
    let indent = line.len() - line.trim_start().len();
    let rest = &line[indent..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (sign, number) = if digits > 0 && digits < 9 {
        (rest[digits..].starts_with(['.', ')']).then_some(digits + 1)?, rest[..digits].parse().ok())
    } else {
        (rest.starts_with(['-', '*', '+', '•']).then(|| rest.chars().next().map_or(1, char::len_utf8))?, None)
    };
    let after = &rest[sign..];
    if !after.is_empty() && !after.starts_with([' ', '\t']) {
        return None;
    }
    let gap = (after.len() - after.trim_start().len()).clamp(1, 4);
    Some(Marker { indent, width: sign + gap, number })
}

/// Reads a list from the front and says how many lines it took.
pub(super) fn parse(lines: &[&str], depth: usize, nodes: &mut Vec<Value>) -> usize {
    let Some(first) = marker(lines[0]) else { return 1 };
    let (items, taken) = items(lines, first);
    let ordered = first.number.is_some();
    let tasks: Vec<Option<(bool, &str)>> =
        items.iter().map(|item| task(item.lines.first().copied().unwrap_or_default())).collect();
    if !ordered && tasks.iter().all(Option::is_some) && items.iter().all(|item| item.lines.len() == 1) {
        nodes.push(task_list(&tasks));
        return taken;
    }
    let content: Vec<Value> = items.iter().map(|item| list_item(item, depth)).collect();
    let mut list = json!({"type": if ordered { "orderedList" } else { "bulletList" }});
    if let Some(order) = items.first().and_then(|item| item.number).filter(|order| *order != 1) {
        list["attrs"] = json!({"order": order});
    }
    list["content"] = Value::Array(content);
    nodes.push(list);
    taken
}

fn items<'a>(lines: &[&'a str], first: Marker) -> (Vec<Item<'a>>, usize) {
    let mut items: Vec<Item<'a>> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let indent = line.len() - line.trim_start().len();
        match marker(line) {
            Some(next) if next.indent <= first.indent + 1 => {
                if next.number.is_some() != first.number.is_some() {
                    break;
                }
                items.push(Item { number: next.number, lines: vec![line.get(next.indent + next.width..).unwrap_or_default()] });
            }
            _ if line.trim().is_empty() => {
                let goes_on = lines.get(at + 1).is_some_and(|next| {
                    next.len() - next.trim_start().len() > first.indent + 1
                        || marker(next).is_some_and(|marker| {
                            marker.indent <= first.indent + 1 && marker.number.is_some() == first.number.is_some()
                        })
                });
                if !goes_on {
                    break;
                }
            }
            _ if indent > first.indent => {
                let cut = indent.min(first.indent + first.width);
                if let Some(item) = items.last_mut() {
                    item.lines.push(line.get(cut..).unwrap_or(line.trim_start()));
                }
            }
            _ => break,
        }
        at += 1;
    }
    (items, at.max(1))
}

fn list_item(item: &Item<'_>, depth: usize) -> Value {
    let mut lines = item.lines.clone();
    if let Some((_, rest)) = lines.first().and_then(|line| task(line)) {
        lines[0] = rest;
    }
    let mut content = blocks::fit(blocks::parse(&lines, depth + 1), Place::Item);
    if content[0]["type"] != "paragraph" && content[0]["type"] != "codeBlock" {
        content.insert(0, json!({"type": "paragraph"}));
    }
    json!({"type": "listItem", "content": content})
}

fn task(line: &str) -> Option<(bool, &str)> {
    let line = line.trim_start();
    let open = line.strip_prefix("[ ]").map(|rest| (false, rest.trim()));
    open.or_else(|| line.strip_prefix("[x]").or_else(|| line.strip_prefix("[X]")).map(|rest| (true, rest.trim())))
}

fn task_list(tasks: &[Option<(bool, &str)>]) -> Value {
    let items: Vec<Value> = tasks
        .iter()
        .flatten()
        .enumerate()
        .map(|(number, (done, text))| {
            let state = if *done { "DONE" } else { "TODO" };
            json!({"type": "taskItem", "attrs": {"localId": format!("task-{}", number + 1), "state": state}, "content": inline::parse(text)})
        })
        .collect();
    json!({"type": "taskList", "attrs": {"localId": "tasks"}, "content": items})
}
