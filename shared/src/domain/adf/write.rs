//! Our document as ADF that is valid by construction: the safe subset of nodes, no empty text, no control characters, padded tables.

use serde_json::{Value, json};
use url::Url;

use super::super::document::{Block, Body, Document, Flow, Inline, Item, Table};
use super::plain;

/// Deeper lists are flattened: Jira's editor handles six levels.
const LIST_LEVELS: usize = 6;
/// A longer address is written out instead of linked.
const URL_LENGTH: usize = 2_000;

/// The document as a `doc` node.
#[must_use]
pub fn adf(document: &Document) -> Value {
    let mut content: Vec<Value> = document.blocks.iter().flat_map(block).collect();
    if let Some(footer) = &document.footer {
        let text = [footer.text.as_str(), footer.marker.as_str()]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(" · ");
        content.extend(paragraph(&[Inline::Em(text)]));
    }
    json!({"type": "doc", "version": 1, "content": content})
}

/// The document as one `expand` node, to stand in somebody's description; its own expands become nested ones.
///
/// Give it a title that ends with the marker.
#[must_use]
pub fn section(title: &str, document: &Document) -> Value {
    let mut content: Vec<Value> = Vec::new();
    for block in &document.blocks {
        match block {
            Block::Body(part) => content.extend(body(part)),
            Block::Expand { title, body } => content.extend(expand("nestedExpand", title, body)),
        }
    }
    json!({"type": "expand", "attrs": {"title": plain::line(title)}, "content": filled(content)})
}

/// One block, as none or one node.
pub(super) fn block(block: &Block) -> Option<Value> {
    match block {
        Block::Body(part) => body(part),
        Block::Expand { title, body } => expand("expand", title, body),
    }
}

fn expand(kind: &str, title: &str, parts: &[Body]) -> Option<Value> {
    let title = plain::line(title);
    let nested = kind == "nestedExpand";
    let content: Vec<Value> = parts
        .iter()
        .filter_map(|part| match part {
            // No table may stand in a nested expand.
            Body::Table(table) if nested => flow(&as_list(table), 0),
            part => body(part),
        })
        .collect();
    (!title.is_empty() || !content.is_empty())
        .then(|| json!({"type": kind, "attrs": {"title": title}, "content": filled(content)}))
}

/// Content for a node that must not be empty.
fn filled(content: Vec<Value>) -> Vec<Value> {
    if content.is_empty() { vec![json!({"type": "paragraph"})] } else { content }
}

fn body(part: &Body) -> Option<Value> {
    match part {
        Body::Heading { level, text } => {
            let content = inline(text);
            (!content.is_empty()).then(|| json!({"type": "heading", "attrs": {"level": level.number()}, "content": content}))
        }
        Body::Panel { kind, body } => {
            let content: Vec<Value> = body.iter().filter_map(|part| flow(part, 0)).collect();
            (!content.is_empty()).then(|| json!({"type": "panel", "attrs": {"panelType": kind.as_str()}, "content": content}))
        }
        Body::Table(rows) => table(rows),
        Body::Rule => Some(json!({"type": "rule"})),
        Body::Flow(part) => flow(part, 0),
    }
}

fn flow(part: &Flow, level: usize) -> Option<Value> {
    match part {
        Flow::Paragraph(text) => paragraph(text),
        Flow::BulletList(items) => list("bulletList", items, level),
        Flow::OrderedList(items) => list("orderedList", items, level),
        Flow::CodeBlock { language, text } => code_block(language, text),
    }
}

fn paragraph(text: &[Inline]) -> Option<Value> {
    let content = inline(text);
    (!content.is_empty()).then(|| json!({"type": "paragraph", "content": content}))
}

fn code_block(language: &str, text: &str) -> Option<Value> {
    let text = plain::visible(text);
    let text = text.trim_matches('\n');
    if text.is_empty() {
        return None;
    }
    let language = plain::line(language);
    let content = json!([{"type": "text", "text": text}]);
    Some(if language.is_empty() {
        json!({"type": "codeBlock", "content": content})
    } else {
        json!({"type": "codeBlock", "attrs": {"language": language}, "content": content})
    })
}

fn list(kind: &str, items: &[Item], level: usize) -> Option<Value> {
    let content = list_items(items, level + 1);
    (!content.is_empty()).then(|| json!({"type": kind, "content": content}))
}

fn list_items(items: &[Item], level: usize) -> Vec<Value> {
    let mut out = Vec::new();
    for item in items {
        let mut content = Vec::new();
        let mut lifted = Vec::new();
        for part in &item.body {
            match part {
                Flow::BulletList(nested) | Flow::OrderedList(nested) if level >= LIST_LEVELS => {
                    lifted.extend(list_items(nested, level));
                }
                part => content.extend(flow(part, level)),
            }
        }
        let text = paragraph(&item.text);
        if text.is_some() || !content.is_empty() {
            // An item begins with a paragraph: older servers refuse one that begins with a list.
            content.insert(0, text.unwrap_or_else(|| json!({"type": "paragraph"})));
            out.push(json!({"type": "listItem", "content": content}));
        }
        out.extend(lifted);
    }
    out
}

fn table(table: &Table) -> Option<Value> {
    let width = table.rows.iter().map(Vec::len).max().unwrap_or(0).max(table.header.len());
    if width == 0 {
        return None;
    }
    let mut rows: Vec<Value> = Vec::new();
    if !table.header.is_empty() {
        let header: Vec<Vec<Inline>> = table.header.iter().map(|text| vec![Inline::strong(text)]).collect();
        rows.push(row("tableHeader", &header, width));
    }
    rows.extend(table.rows.iter().map(|cells| row("tableCell", cells, width)));
    let attrs = json!({"isNumberColumnEnabled": table.numbered, "layout": "default"});
    Some(json!({"type": "table", "attrs": attrs, "content": rows}))
}

fn row(kind: &str, cells: &[Vec<Inline>], width: usize) -> Value {
    let cells: Vec<Value> = (0..width)
        .map(|column| {
            let text = cells.get(column).and_then(|cell| paragraph(cell)).unwrap_or_else(|| json!({"type": "paragraph"}));
            json!({"type": kind, "content": [text]})
        })
        .collect();
    json!({"type": "tableRow", "content": cells})
}

/// A table where none may stand: an item for each row, its first cell as the line, the others below with their column's name.
fn as_list(table: &Table) -> Flow {
    let items = table.rows.iter().map(|cells| {
        let mut cells = cells.iter().zip(table.header.iter().map(String::as_str).chain(std::iter::repeat("")));
        let text = cells.next().map(|(cell, _)| cell.clone()).unwrap_or_default();
        let below: Vec<Item> = cells
            .filter(|(cell, _)| !inline(cell).is_empty())
            .map(|(cell, name)| {
                let name = (!name.is_empty()).then(|| Inline::Strong(format!("{name}: ")));
                Item::line(name.into_iter().chain(cell.iter().cloned()).collect())
            })
            .collect();
        Item { text, body: if below.is_empty() { vec![] } else { vec![Flow::BulletList(below)] } }
    });
    if table.numbered { Flow::OrderedList(items.collect()) } else { Flow::BulletList(items.collect()) }
}

fn inline(parts: &[Inline]) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for part in parts {
        match part {
            Inline::Text(text) => lines(&mut out, text, &json!([])),
            Inline::Strong(text) => lines(&mut out, text, &json!([{"type": "strong"}])),
            Inline::Em(text) => lines(&mut out, text, &json!([{"type": "em"}])),
            Inline::Code(text) => lines(&mut out, text, &json!([{"type": "code"}])),
            Inline::Link { text, url } => link(&mut out, text, url),
            Inline::Status { text, colour } => {
                let text = plain::line(text);
                if !text.is_empty() {
                    out.push(json!({"type": "status", "attrs": {"text": text, "color": colour.as_str()}}));
                }
            }
            Inline::Break => out.push(json!({"type": "hardBreak"})),
        }
    }
    out
}

fn link(out: &mut Vec<Value>, text: &str, url: &str) {
    match address(url) {
        Some(address) => {
            let text = if plain::line(text).is_empty() { &address } else { text };
            lines(out, text, &json!([{"type": "link", "attrs": {"href": address}}]));
        }
        // Not a link, but not lost either.
        None if plain::line(url).is_empty() || plain::line(url) == plain::line(text) => lines(out, text, &json!([])),
        None => lines(out, &format!("{text} ({url})"), &json!([])),
    }
}

/// An address that may be linked to.
fn address(url: &str) -> Option<String> {
    let parsed = Url::parse(plain::line(url).as_str()).ok()?;
    let address = parsed.to_string();
    (matches!(parsed.scheme(), "http" | "https" | "mailto") && address.len() <= URL_LENGTH).then_some(address)
}

/// Text with line ends as breaks, merged with the text before when that has the same marks.
fn lines(out: &mut Vec<Value>, text: &str, marks: &Value) {
    let has_marks = marks.as_array().is_some_and(|marks| !marks.is_empty());
    for (number, line) in plain::visible(text).split('\n').enumerate() {
        if number > 0 {
            out.push(json!({"type": "hardBreak"}));
        }
        if line.is_empty() {
            continue;
        }
        let before = out.last_mut().filter(|last| {
            last.get("type").and_then(Value::as_str) == Some("text") && last.get("marks") == has_marks.then_some(marks)
        });
        if let Some(Value::String(before)) = before.and_then(|last| last.get_mut("text")) {
            before.push_str(line);
        } else if has_marks {
            out.push(json!({"type": "text", "text": line, "marks": marks}));
        } else {
            out.push(json!({"type": "text", "text": line}));
        }
    }
}
