//! Markdown blocks to document nodes.

use serde_json::{Value, json};

use super::{inline, lists, tables};

const DEEPEST: usize = 8;
const PANELS: &[&str] = &["info", "note", "tip", "warning", "error", "success"];

/// What a place may hold; anything else is turned into something it may.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Item,
    Quote,
    Panel,
    Expand,
}

/// The nodes these lines stand for, as they may stand at the top of a document.
pub(super) fn parse(lines: &[&str], depth: usize) -> Vec<Value> {
    let mut nodes = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim();
        at += if line.is_empty() { 1 } else { block(&lines[at..], line, depth, &mut nodes) };
    }
    nodes
}

/// Reads one block from the front and says how many lines it took.
fn block(lines: &[&str], line: &str, depth: usize, nodes: &mut Vec<Value>) -> usize {
    if let Some(language) = line.strip_prefix("```") {
        return code(lines, language.trim(), nodes);
    }
    if let Some(kind) = line.strip_prefix(":::").filter(|kind| !kind.is_empty() && depth < DEEPEST) {
        return container(lines, kind, depth, nodes);
    }
    if let Some((level, title)) = heading(line) {
        nodes.push(json!({"type": "heading", "attrs": {"level": level}, "content": inline::parse(title)}));
        return 1;
    }
    if is_rule(line) {
        nodes.push(json!({"type": "rule"}));
        return 1;
    }
    if line.starts_with('>') && depth < DEEPEST {
        return quote(lines, depth, nodes);
    }
    if tables::is_row(line) {
        return tables::parse(lines, nodes);
    }
    if lists::marker(lines[0]).is_some() && depth < DEEPEST {
        return lists::parse(lines, depth, nodes);
    }
    if let Some(text) = html(line) {
        if !text.is_empty() {
            nodes.push(paragraph(&[&text]));
        }
        return 1;
    }
    let count = 1 + lines[1..].iter().take_while(|next| !interrupts(next)).count();
    nodes.push(paragraph(&lines[..count]));
    count
}

fn interrupts(line: &str) -> bool {
    let trimmed = line.trim();
    trimmed.is_empty()
        || ["```", ":::", ">"].iter().any(|mark| trimmed.starts_with(mark))
        || heading(trimmed).is_some()
        || is_rule(trimmed)
        || tables::is_row(trimmed)
        || lists::marker(line).is_some()
        || html(trimmed).is_some()
}

/// A paragraph; every line break of the source is kept.
pub(super) fn paragraph(lines: &[&str]) -> Value {
    let content = inline::parse(&lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n"));
    if content.is_empty() { json!({"type": "paragraph"}) } else { json!({"type": "paragraph", "content": content}) }
}

fn code(lines: &[&str], language: &str, nodes: &mut Vec<Value>) -> usize {
    let body: Vec<&str> = lines[1..].iter().take_while(|line| !line.trim_start().starts_with("```")).copied().collect();
    let mut node = json!({"type": "codeBlock"});
    if !language.is_empty() {
        node["attrs"] = json!({"language": language});
    }
    let text = body.join("\n");
    if !text.is_empty() {
        node["content"] = json!([{"type": "text", "text": text}]);
    }
    nodes.push(node);
    (body.len() + 2).min(lines.len())
}

fn container(lines: &[&str], kind: &str, depth: usize, nodes: &mut Vec<Value>) -> usize {
    let mut open = 1;
    let inner: Vec<&str> = lines[1..]
        .iter()
        .take_while(|line| {
            let mark = line.trim();
            if mark == ":::" {
                open -= 1;
            } else if mark.starts_with(":::") {
                open += 1;
            }
            open > 0
        })
        .copied()
        .collect();
    let (name, title) = kind.split_once(' ').unwrap_or((kind, ""));
    let blocks = parse(&inner, depth + 1);
    if name == "expand" {
        nodes.push(json!({"type": "expand", "attrs": {"title": title.trim()}, "content": fit(blocks, Place::Expand)}));
    } else {
        let kind = if PANELS.contains(&name) { name } else { "info" };
        let mut content = Vec::new();
        if !title.trim().is_empty() {
            content.push(paragraph(&[&format!("**{}**", title.trim())]));
        }
        content.extend(fit(blocks, Place::Panel));
        nodes.push(json!({"type": "panel", "attrs": {"panelType": kind}, "content": content}));
    }
    (inner.len() + 2).min(lines.len())
}

fn quote(lines: &[&str], depth: usize, nodes: &mut Vec<Value>) -> usize {
    let inner: Vec<&str> =
        lines.iter().map_while(|line| line.trim().strip_prefix('>')).map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let blocks = parse(&inner, depth + 1);
    nodes.push(json!({"type": "blockquote", "content": fit(blocks, Place::Quote)}));
    inner.len()
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = line.get(level..)?.strip_prefix(' ')?.trim().trim_end_matches('#').trim();
    ((1..=6).contains(&level) && !title.is_empty()).then_some((level, title))
}

fn is_rule(line: &str) -> bool {
    line.len() >= 3 && ["-", "*", "_"].iter().any(|mark| line.replace(mark, "").trim().is_empty())
}

/// The words of a line of HTML, when it begins with a tag.
fn html(line: &str) -> Option<String> {
    const TAGS: &[&str] =
        &["<table", "</table", "<tr", "</tr", "<td", "<th", "<p", "</p", "<ul", "</ul", "<ol", "</ol", "<li", "<div", "</div"];
    let lower = line.get(..7.min(line.len())).unwrap_or(line).to_ascii_lowercase();
    if !TAGS.iter().any(|tag| lower.starts_with(tag)) {
        return None;
    }
    let mut text = String::new();
    let mut inside = false;
    for character in line.chars() {
        match character {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            other if !inside => text.push(other),
            _ => {}
        }
    }
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Makes nodes fit a place: what is not allowed there is flattened into what is.
pub(super) fn fit(nodes: Vec<Value>, place: Place) -> Vec<Value> {
    let mut fitted = Vec::new();
    for node in nodes {
        fit_one(node, place, &mut fitted);
    }
    if fitted.is_empty() {
        fitted.push(json!({"type": "paragraph"}));
    }
    fitted
}

fn fit_one(node: Value, place: Place, fitted: &mut Vec<Value>) {
    use Place::{Expand, Item, Panel};
    let allowed = match node["type"].as_str().unwrap_or_default() {
        "paragraph" | "bulletList" | "orderedList" | "codeBlock" => true,
        "heading" | "rule" => matches!(place, Panel | Expand),
        "taskList" => matches!(place, Item | Panel | Expand),
        "panel" | "blockquote" | "table" => place == Expand,
        _ => false,
    };
    if allowed {
        fitted.push(node);
        return;
    }
    let kind = node["type"].as_str().unwrap_or_default();
    let content = node["content"].as_array().cloned().unwrap_or_default();
    match kind {
        "heading" | "taskItem" => fitted.push(json!({"type": "paragraph", "content": content})),
        "table" => fitted.extend(content.iter().map(|row| {
            let words = crate::adf::text::plain(row);
            paragraph(&[&words])
        })),
        "rule" => {}
        _ => content.into_iter().for_each(|child| fit_one(child, place, fitted)),
    }
}
