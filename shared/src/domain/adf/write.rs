//! Our document as ADF that is valid by construction: the safe subset of nodes, no empty text, no control characters, padded tables.

use std::borrow::Cow;

use serde_json::Value;
use url::Url;

use super::super::document::{Block, Body, Document, Flow, Inline, Item, Table};
use super::node::{Attr, DOC, Mark, Node};
use super::plain;

/// Deeper lists are flattened: Jira's editor handles six levels.
const LIST_LEVELS: usize = 6;
/// A longer address is written out instead of linked.
const URL_LENGTH: usize = 2_000;

/// The document as a `doc` node.
#[must_use]
pub fn adf(document: &Document) -> Value {
    tree(document).into()
}

/// The same before it is JSON.
#[must_use]
pub fn tree(document: &Document) -> Node<'_> {
    let mut content: Vec<Node<'_>> = document.blocks.iter().flat_map(block).collect();
    if let Some(footer) = &document.footer {
        let both = !footer.text.is_empty() && !footer.marker.is_empty();
        let text = format!("{}{}{}", footer.text, if both { " · " } else { "" }, footer.marker);
        let mut line = Vec::new();
        lines(&mut line, &text, Some(&Mark::Plain("em")));
        // The words are put together here and not in the document.
        let owned = line.into_iter().map(Node::into_owned).collect::<Vec<_>>();
        content.extend((!owned.is_empty()).then(|| Node::of("paragraph", owned)));
    }
    Node::of(DOC, content)
}

/// The document as one `expand` node, to stand in somebody's description; its own expands become nested ones.
///
/// Give it a title that ends with the marker.
#[must_use]
pub fn section(title: &str, document: &Document) -> Value {
    section_tree(title, document).into()
}

/// The same before it is JSON.
#[must_use]
pub fn section_tree<'a>(title: &str, document: &'a Document) -> Node<'a> {
    let mut content: Vec<Node<'_>> = Vec::new();
    for block in &document.blocks {
        match block {
            Block::Body(part) => content.extend(body(part)),
            Block::Expand { title, body } => content.extend(expand("nestedExpand", title, body)),
        }
    }
    titled("expand", plain::line(title), content)
}

/// One block, as none or one node.
pub(in super::super) fn block(block: &Block) -> Option<Node<'_>> {
    match block {
        Block::Body(part) => body(part),
        Block::Expand { title, body } => expand("expand", title, body),
    }
}

fn expand<'a>(kind: &'static str, title: &str, parts: &'a [Body]) -> Option<Node<'a>> {
    let title = plain::line(title);
    let nested = kind == "nestedExpand";
    let content: Vec<Node<'_>> = parts
        .iter()
        .filter_map(|part| match part {
            // No table may stand in a nested expand.
            Body::Table(table) if nested => flow(&as_list(table), 0).map(Node::into_owned),
            part => body(part),
        })
        .collect();
    (!title.is_empty() || !content.is_empty()).then(|| titled(kind, title, content))
}

/// A node that opens; it must not be empty.
fn titled<'a>(kind: &'static str, title: String, content: Vec<Node<'a>>) -> Node<'a> {
    let content = if content.is_empty() { vec![Node::bare("paragraph")] } else { content };
    Node::of(kind, content).with("title", Attr::Text(title.into()))
}

/// A node that is nothing without children.
fn filled<'a>(kind: &'static str, content: Vec<Node<'a>>) -> Option<Node<'a>> {
    (!content.is_empty()).then(|| Node::of(kind, content))
}

fn body(part: &Body) -> Option<Node<'_>> {
    match part {
        Body::Heading { level, text } => {
            filled("heading", inline(text)).map(|node| node.with("level", Attr::Number(level.number())))
        }
        Body::Panel { kind, body } => {
            let content = body.iter().filter_map(|part| flow(part, 0)).collect();
            filled("panel", content).map(|node| node.with("panelType", Attr::Text(kind.as_str().into())))
        }
        Body::Table(rows) => table(rows),
        Body::Rule => Some(Node::bare("rule")),
        Body::Flow(part) => flow(part, 0),
    }
}

fn flow(part: &Flow, level: usize) -> Option<Node<'_>> {
    match part {
        Flow::Paragraph(text) => paragraph(text),
        Flow::BulletList(items) => list("bulletList", items, level),
        Flow::OrderedList(items) => list("orderedList", items, level),
        Flow::CodeBlock { language, text } => code_block(language, text),
    }
}

fn paragraph(text: &[Inline]) -> Option<Node<'_>> {
    filled("paragraph", inline(text))
}

fn code_block<'a>(language: &str, text: &'a str) -> Option<Node<'a>> {
    let text = match plain::visible(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches('\n')),
        Cow::Owned(text) => Cow::Owned(text.trim_matches('\n').to_owned()),
    };
    if text.is_empty() {
        return None;
    }
    let language = plain::line(language);
    let node = Node::of("codeBlock", vec![Node::text(text, None)]);
    Some(if language.is_empty() { node } else { node.with("language", Attr::Text(language.into())) })
}

fn list<'a>(kind: &'static str, items: &'a [Item], level: usize) -> Option<Node<'a>> {
    filled(kind, list_items(items, level + 1))
}

fn list_items(items: &[Item], level: usize) -> Vec<Node<'_>> {
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        let mut content = Vec::with_capacity(item.body.len() + 1);
        // An item begins with a paragraph: older servers refuse one that begins with a list.
        let text = paragraph(&item.text);
        let said = text.is_some();
        content.push(text.unwrap_or(Node::bare("paragraph")));
        let mut lifted = Vec::new();
        for part in &item.body {
            match part {
                Flow::BulletList(nested) | Flow::OrderedList(nested) if level >= LIST_LEVELS => {
                    lifted.extend(list_items(nested, level));
                }
                part => content.extend(flow(part, level)),
            }
        }
        if said || content.len() > 1 {
            out.push(Node::of("listItem", content));
        }
        out.extend(lifted);
    }
    out
}

fn table(table: &Table) -> Option<Node<'_>> {
    let width = table.rows.iter().map(Vec::len).max().unwrap_or(0).max(table.header.len());
    if width == 0 {
        return None;
    }
    let mut rows: Vec<Node<'_>> = Vec::with_capacity(table.rows.len() + 1);
    if !table.header.is_empty() {
        rows.push(row("tableHeader", table.header.iter().map(|text| heading(text)).collect(), width));
    }
    rows.extend(table.rows.iter().map(|cells| row("tableCell", cells.iter().map(|cell| inline(cell)).collect(), width)));
    let node = Node::of("table", rows).with("isNumberColumnEnabled", Attr::Flag(table.numbered));
    Some(node.with("layout", Attr::Text("default".into())))
}

/// A column's name.
fn heading(text: &str) -> Vec<Node<'_>> {
    let mut cell = Vec::new();
    lines(&mut cell, text, Some(&Mark::Plain("strong")));
    cell
}

fn row<'a>(kind: &'static str, cells: Vec<Vec<Node<'a>>>, width: usize) -> Node<'a> {
    let mut cells = cells.into_iter();
    let cells: Vec<Node<'_>> = (0..width)
        .map(|_| {
            let text = cells.next().and_then(|cell| filled("paragraph", cell)).unwrap_or(Node::bare("paragraph"));
            Node::of(kind, vec![text])
        })
        .collect();
    Node::of("tableRow", cells)
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

fn inline(parts: &[Inline]) -> Vec<Node<'_>> {
    let mut out: Vec<Node<'_>> = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Inline::Text(text) => lines(&mut out, text, None),
            Inline::Strong(text) => lines(&mut out, text, Some(&Mark::Plain("strong"))),
            Inline::Em(text) => lines(&mut out, text, Some(&Mark::Plain("em"))),
            Inline::Code(text) => lines(&mut out, text, Some(&Mark::Plain("code"))),
            Inline::Link { text, url } => link(&mut out, text, url),
            Inline::Status { text, colour } => {
                let text = plain::line(text);
                if !text.is_empty() {
                    let status = Node::bare("status").with("text", Attr::Text(text.into()));
                    out.push(status.with("color", Attr::Text(colour.as_str().into())));
                }
            }
            Inline::Break => out.push(Node::bare("hardBreak")),
        }
    }
    out
}

fn link<'a>(out: &mut Vec<Node<'a>>, text: &'a str, url: &'a str) {
    match address(url) {
        Some(address) if plain::line(text).is_empty() => {
            push_line(out, 0, address.clone().into(), Some(&Mark::Link(address.into())));
        }
        Some(address) => lines(out, text, Some(&Mark::Link(address.into()))),
        // Not a link, but not lost either.
        None if plain::line(url).is_empty() || plain::line(url) == plain::line(text) => lines(out, text, None),
        None => {
            lines(out, text, None);
            lines(out, " (", None);
            lines(out, url, None);
            lines(out, ")", None);
        }
    }
}

/// An address that may be linked to.
pub(in super::super) fn address(url: &str) -> Option<String> {
    let parsed = Url::parse(plain::line(url).as_str()).ok()?;
    let address = parsed.to_string();
    (matches!(parsed.scheme(), "http" | "https" | "mailto") && address.len() <= URL_LENGTH).then_some(address)
}

/// Text with line ends as breaks, merged with the text before when that has the same marks.
fn lines<'a>(out: &mut Vec<Node<'a>>, text: &'a str, mark: Option<&Mark<'a>>) {
    match plain::visible(text) {
        Cow::Borrowed(text) => text.split('\n').enumerate().for_each(|(number, line)| push_line(out, number, line.into(), mark)),
        Cow::Owned(text) => {
            let lines = text.split('\n').map(|line| Cow::Owned(line.to_owned()));
            lines.enumerate().for_each(|(number, line)| push_line(out, number, line, mark));
        }
    }
}

fn push_line<'a>(out: &mut Vec<Node<'a>>, number: usize, line: Cow<'a, str>, mark: Option<&Mark<'a>>) {
    if number > 0 {
        out.push(Node::bare("hardBreak"));
    }
    if line.is_empty() {
        return;
    }
    match out.last_mut().and_then(|last| last.text_marked(mark)) {
        Some(before) => before.push_str(&line),
        None => out.push(Node::text(line, mark.cloned())),
    }
}
