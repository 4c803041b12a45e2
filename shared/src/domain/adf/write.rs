//! Our document as ADF that is valid by construction: the safe subset of nodes, no empty text, no control characters, padded tables.

use serde_json::{Map, Value, json};
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
    object([("type", "doc".into()), ("version", 1.into()), ("content", content.into())])
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
    titled("expand", plain::line(title), content)
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
    (!title.is_empty() || !content.is_empty()).then(|| titled(kind, title, content))
}

fn titled(kind: &str, title: String, content: Vec<Value>) -> Value {
    node(kind, Some(object([("title", title.into())])), filled(content))
}

/// A node with its attributes and children.
fn node(kind: &str, attrs: Option<Value>, content: Vec<Value>) -> Value {
    let attrs = attrs.map(|attrs| ("attrs", attrs));
    object([Some(("type", kind.into())), attrs, Some(("content", content.into()))].into_iter().flatten())
}

/// An object of values that are moved into it: `json!` would copy whole subtrees.
fn object(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut object = Map::with_capacity(3);
    object.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(object)
}

fn empty_paragraph() -> Value {
    object([("type", "paragraph".into())])
}

/// Content for a node that must not be empty.
fn filled(content: Vec<Value>) -> Vec<Value> {
    if content.is_empty() { vec![empty_paragraph()] } else { content }
}

fn body(part: &Body) -> Option<Value> {
    match part {
        Body::Heading { level, text } => {
            let content = inline(text);
            let attrs = object([("level", level.number().into())]);
            (!content.is_empty()).then(|| node("heading", Some(attrs), content))
        }
        Body::Panel { kind, body } => {
            let content: Vec<Value> = body.iter().filter_map(|part| flow(part, 0)).collect();
            let attrs = object([("panelType", kind.as_str().into())]);
            (!content.is_empty()).then(|| node("panel", Some(attrs), content))
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
    (!content.is_empty()).then(|| node("paragraph", None, content))
}

fn code_block(language: &str, text: &str) -> Option<Value> {
    let text = plain::visible(text);
    let text = text.trim_matches('\n');
    if text.is_empty() {
        return None;
    }
    let language = plain::line(language);
    let attrs = (!language.is_empty()).then(|| object([("language", language.into())]));
    Some(node("codeBlock", attrs, vec![object([("type", "text".into()), ("text", text.into())])]))
}

fn list(kind: &str, items: &[Item], level: usize) -> Option<Value> {
    let content = list_items(items, level + 1);
    (!content.is_empty()).then(|| node(kind, None, content))
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
            content.insert(0, text.unwrap_or_else(empty_paragraph));
            out.push(node("listItem", None, content));
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
    Some(node("table", Some(attrs), rows))
}

fn row(kind: &str, cells: &[Vec<Inline>], width: usize) -> Value {
    let cells: Vec<Value> = (0..width)
        .map(|column| {
            let text = cells.get(column).and_then(|cell| paragraph(cell)).unwrap_or_else(empty_paragraph);
            node(kind, None, vec![text])
        })
        .collect();
    node("tableRow", None, cells)
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
            Inline::Text(text) => lines(&mut out, text, None),
            Inline::Strong(text) => lines(&mut out, text, Some(mark("strong"))),
            Inline::Em(text) => lines(&mut out, text, Some(mark("em"))),
            Inline::Code(text) => lines(&mut out, text, Some(mark("code"))),
            Inline::Link { text, url } => link(&mut out, text, url),
            Inline::Status { text, colour } => {
                let text = plain::line(text);
                if !text.is_empty() {
                    let attrs = object([("text", text.into()), ("color", colour.as_str().into())]);
                    out.push(object([("type", "status".into()), ("attrs", attrs)]));
                }
            }
            Inline::Break => out.push(hard_break()),
        }
    }
    out
}

fn hard_break() -> Value {
    object([("type", "hardBreak".into())])
}

fn mark(kind: &str) -> Value {
    Value::Array(vec![object([("type", kind.into())])])
}

fn link(out: &mut Vec<Value>, text: &str, url: &str) {
    match address(url) {
        Some(address) => {
            let text = if plain::line(text).is_empty() { &address } else { text };
            lines(out, text, Some(json!([{"type": "link", "attrs": {"href": address}}])));
        }
        // Not a link, but not lost either.
        None if plain::line(url).is_empty() || plain::line(url) == plain::line(text) => lines(out, text, None),
        None => lines(out, &format!("{text} ({url})"), None),
    }
}

/// An address that may be linked to.
fn address(url: &str) -> Option<String> {
    let parsed = Url::parse(plain::line(url).as_str()).ok()?;
    let address = parsed.to_string();
    (matches!(parsed.scheme(), "http" | "https" | "mailto") && address.len() <= URL_LENGTH).then_some(address)
}

/// Text with line ends as breaks, merged with the text before when that has the same marks.
fn lines(out: &mut Vec<Value>, text: &str, marks: Option<Value>) {
    for (number, line) in plain::visible(text).split('\n').enumerate() {
        if number > 0 {
            out.push(hard_break());
        }
        if line.is_empty() {
            continue;
        }
        let before = out
            .last_mut()
            .filter(|last| last.get("type").and_then(Value::as_str) == Some("text") && last.get("marks") == marks.as_ref());
        if let Some(Value::String(before)) = before.and_then(|last| last.get_mut("text")) {
            before.push_str(line);
        } else {
            let marks = marks.clone().map(|marks| ("marks", marks));
            out.push(object([Some(("type", "text".into())), Some(("text", line.into())), marks].into_iter().flatten()));
        }
    }
}
