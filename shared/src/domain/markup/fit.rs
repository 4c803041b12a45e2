//! A document that is too long for one comment, as several. Nothing is dropped; each part says that it goes on.

use serde_json::Value;

use super::super::adf::{marker, node::Node};
use super::super::document::{Block, Body, Document, Flow, Footer, Inline, Item, Table};
use super::super::language::Language;
use super::{Markup, Rich};

/// Jira refuses 32,767 characters and some texts below it.
pub const LIMIT: usize = 28_000;

/// A text for Jira, and what tells whether it is the same later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What is sent.
    pub content: Rich,
    /// The [`content_hash`](super::content_hash) of it.
    pub hash: String,
}

impl From<&Node<'_>> for Written {
    fn from(node: &Node<'_>) -> Self {
        Self { content: node.into(), hash: node.hash() }
    }
}

impl From<String> for Written {
    fn from(wiki: String) -> Self {
        let text = Value::String(wiki);
        Self { content: (&text).into(), hash: super::content_hash(&text) }
    }
}

/// The document as texts that fit: most documents are one, and are rendered once.
#[must_use]
pub fn written(document: &Document, markup: Markup, limit: usize, language: Language) -> Vec<Written> {
    let whole = markup.written(document);
    if whole.content.length() <= limit {
        return vec![whole];
    }
    cut_to(document, markup, limit, language).iter().map(|part| markup.written(part)).collect()
}

/// The document in parts, each at most as long as the limit, in order.
///
/// Every part carries the footer; its marker is numbered from the second on ([`marker::part`]). A block that is longer than the limit is
/// itself cut between its rows, items, lines or characters.
#[must_use]
pub fn fit(document: &Document, markup: Markup, limit: usize, language: Language) -> Vec<Document> {
    if markup.length(document) <= limit {
        return vec![document.clone()];
    }
    cut_to(document, markup, limit, language)
}

/// A document that is longer than the limit.
fn cut_to(document: &Document, markup: Markup, limit: usize, language: Language) -> Vec<Document> {
    // What each part costs besides its blocks: the frame, both notes and the footer with its longest marker.
    let frame = Document { blocks: vec![next(language), previous(language)], footer: document.footer.clone() };
    let room = limit.saturating_sub(markup.length(&frame) + 16).max(1);

    let mut parts: Vec<Vec<Block>> = vec![Vec::new()];
    let mut used = 0;
    let pieces = document.blocks.iter().flat_map(|block| cut(block.clone(), markup, room, 0));
    for (piece, size) in pieces {
        if used + size > room && parts.last().is_some_and(|part| !part.is_empty()) {
            // A heading goes with what it heads.
            let heading = parts.last_mut().filter(|part| part.len() > 1).and_then(|part| part.pop_if(|last| is_heading(last)));
            used = heading.as_ref().map_or(0, |heading| markup.size(heading));
            parts.push(heading.into_iter().collect());
            if used + size > room && used > 0 {
                parts.push(Vec::new());
                used = 0;
            }
        }
        used += size;
        if let Some(part) = parts.last_mut() {
            part.push(piece);
        }
    }
    numbered(parts, document.footer.as_ref(), language)
}

/// The parts with their notes and footers.
fn numbered(parts: Vec<Vec<Block>>, footer: Option<&Footer>, language: Language) -> Vec<Document> {
    let count = parts.len();
    (1..)
        .zip(parts)
        .map(|(number, mut blocks)| {
            if number > 1 {
                blocks.insert(0, previous(language));
            }
            if number < count {
                blocks.push(next(language));
            }
            let footer = footer.map(|footer| Footer { text: footer.text.clone(), marker: marker::part(&footer.marker, number) });
            Document { blocks, footer }
        })
        .collect()
}

const fn is_heading(block: &Block) -> bool {
    matches!(block, Block::Body(Body::Heading { .. }))
}

/// A block in pieces that fit, each with its size, by halving; what cannot be halved stays as it is.
fn cut(block: Block, markup: Markup, room: usize, depth: usize) -> Vec<(Block, usize)> {
    let size = markup.size(&block);
    if depth > 64 || size <= room {
        return vec![(block, size)];
    }
    match halves(&block) {
        Some((first, second)) => {
            let mut pieces = cut(first, markup, room, depth + 1);
            pieces.extend(cut(second, markup, room, depth + 1));
            pieces
        }
        None => vec![(block, size)],
    }
}

fn halves(block: &Block) -> Option<(Block, Block)> {
    match block {
        Block::Body(body) => body_halves(body).map(|(a, b)| (Block::Body(a), Block::Body(b))),
        Block::Expand { title, body } => {
            let (a, b) = match body.as_slice() {
                [one] => body_halves(one).map(|(a, b)| (vec![a], vec![b]))?,
                many => slices(many)?,
            };
            Some((Block::Expand { title: title.clone(), body: a }, Block::Expand { title: title.clone(), body: b }))
        }
    }
}

fn body_halves(body: &Body) -> Option<(Body, Body)> {
    match body {
        Body::Rule => None,
        Body::Flow(flow) => flow_halves(flow).map(|(a, b)| (Body::Flow(a), Body::Flow(b))),
        Body::Heading { level, text } => {
            inline_halves(text).map(|(a, b)| (Body::Heading { level: *level, text: a }, Body::Heading { level: *level, text: b }))
        }
        Body::Panel { kind, body } => {
            let (a, b) = match body.as_slice() {
                [one] => flow_halves(one).map(|(a, b)| (vec![a], vec![b]))?,
                many => slices(many)?,
            };
            Some((Body::Panel { kind: *kind, body: a }, Body::Panel { kind: *kind, body: b }))
        }
        Body::Table(table) => {
            let (a, b) = match table.rows.as_slice() {
                [one] => row_halves(one)?,
                many => slices(many)?,
            };
            let part = |rows| Body::Table(Table { numbered: table.numbered, header: table.header.clone(), rows });
            Some((part(a), part(b)))
        }
    }
}

/// The cells of a row.
type Row = Vec<Vec<Inline>>;

/// A row whose longest cell goes on in the next row.
fn row_halves(row: &Row) -> Option<(Vec<Row>, Vec<Row>)> {
    let longest = (0..row.len()).max_by_key(|n| row.get(*n).map_or(0, |cell| cell.iter().map(text_length).sum()))?;
    let (head, tail) = inline_halves(row.get(longest)?)?;
    let mut first = row.clone();
    let mut second = vec![Vec::new(); row.len()];
    *first.get_mut(longest)? = head;
    *second.get_mut(longest)? = tail;
    // The cells after it stay in the first row: each text stands exactly once.
    Some((vec![first], vec![second]))
}

fn flow_halves(flow: &Flow) -> Option<(Flow, Flow)> {
    match flow {
        Flow::Paragraph(text) => inline_halves(text).map(|(a, b)| (Flow::Paragraph(a), Flow::Paragraph(b))),
        Flow::BulletList(items) => item_halves(items).map(|(a, b)| (Flow::BulletList(a), Flow::BulletList(b))),
        Flow::OrderedList(items) => item_halves(items).map(|(a, b)| (Flow::OrderedList(a), Flow::OrderedList(b))),
        Flow::CodeBlock { language, text } => {
            let (a, b) = text_halves(text)?;
            let part = |text| Flow::CodeBlock { language: language.clone(), text };
            Some((part(a), part(b)))
        }
    }
}

fn item_halves(items: &[Item]) -> Option<(Vec<Item>, Vec<Item>)> {
    let [one] = items else { return slices(items) };
    let (a, b) = match one.body.as_slice() {
        [] => inline_halves(&one.text).map(|(a, b)| (Item::line(a), Item::line(b)))?,
        body if !one.text.is_empty() => (Item::line(one.text.clone()), Item { text: vec![], body: body.to_vec() }),
        [flow] => flow_halves(flow).map(|(a, b)| (Item { text: vec![], body: vec![a] }, Item { text: vec![], body: vec![b] }))?,
        many => slices(many).map(|(a, b)| (Item { text: vec![], body: a }, Item { text: vec![], body: b }))?,
    };
    Some((vec![a], vec![b]))
}

fn inline_halves(parts: &[Inline]) -> Option<(Vec<Inline>, Vec<Inline>)> {
    let [one] = parts else { return slices(parts) };
    let (a, b) = match one {
        Inline::Text(text) => text_halves(text).map(|(a, b)| (Inline::Text(a), Inline::Text(b)))?,
        Inline::Strong(text) => text_halves(text).map(|(a, b)| (Inline::Strong(a), Inline::Strong(b)))?,
        Inline::Em(text) => text_halves(text).map(|(a, b)| (Inline::Em(a), Inline::Em(b)))?,
        Inline::Code(text) => text_halves(text).map(|(a, b)| (Inline::Code(a), Inline::Code(b)))?,
        // A link or a status that alone is too long is cut as text.
        Inline::Link { text, url } => (Inline::Text(text.clone()), Inline::Text(format!(" ({url})"))),
        Inline::Status { text, .. } => text_halves(text).map(|(a, b)| (Inline::Text(a), Inline::Text(b)))?,
        Inline::Break => return None,
    };
    Some((vec![a], vec![b]))
}

fn text_length(part: &Inline) -> usize {
    match part {
        Inline::Text(text) | Inline::Strong(text) | Inline::Em(text) | Inline::Code(text) | Inline::Status { text, .. } => {
            text.len()
        }
        Inline::Link { text, url } => text.len() + url.len(),
        Inline::Break => 0,
    }
}

fn slices<T: Clone>(many: &[T]) -> Option<(Vec<T>, Vec<T>)> {
    if many.len() < 2 {
        return None;
    }
    let (a, b) = many.split_at(many.len() / 2);
    Some((a.to_vec(), b.to_vec()))
}

/// Two halves of a text, cut after an empty line, a line end or a space where there is one near the middle.
fn text_halves(text: &str) -> Option<(String, String)> {
    text.chars().nth(1)?;
    let middle = text.floor_char_boundary(text.len() / 2);
    let middle = if middle == 0 { text.chars().next().map_or(0, char::len_utf8) } else { middle };
    let (head, _) = text.split_at(middle);
    let near = ["\n\n", "\n", " "].iter().find_map(|gap| {
        let at = head.rfind(gap)?;
        (at > middle / 2).then_some(at + gap.len())
    });
    let (a, b) = text.split_at(near.unwrap_or(middle));
    Some((a.to_owned(), b.to_owned()))
}

fn next(language: Language) -> Block {
    note(match language {
        Language::English => "Continued in the next comment.",
        Language::French => "Suite dans le commentaire suivant.",
        Language::German => "Fortsetzung im nächsten Kommentar.",
        Language::Spanish => "Continúa en el siguiente comentario.",
        Language::Dutch => "Vervolg in de volgende opmerking.",
        Language::Portuguese => "Continua no próximo comentário.",
    })
}

fn previous(language: Language) -> Block {
    note(match language {
        Language::English => "Continued from the previous comment.",
        Language::French => "Suite du commentaire précédent.",
        Language::German => "Fortsetzung des vorigen Kommentars.",
        Language::Spanish => "Continuación del comentario anterior.",
        Language::Dutch => "Vervolg van de vorige opmerking.",
        Language::Portuguese => "Continuação do comentário anterior.",
    })
}

fn note(text: &str) -> Block {
    Block::Body(Body::Flow(Flow::Paragraph(vec![Inline::em(text)])))
}

#[cfg(test)]
#[path = "fit/tests.rs"]
mod tests;
