//! ADF is read as Markdown, the Markdown is parsed by a parser of others, and what that understood is written as ADF again: the same.

use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::markdown;
use crate::domain::adf::write;
use crate::domain::document::{Block, Body, Document, Flow, Inline, Item, Level, Table};

/// Words that are no markup.
fn words() -> impl Strategy<Value = String> {
    "[A-Za-zÄÖÜäöüß]{1,8}( [A-Za-zäöü0-9]{1,8}){0,4}"
}

fn inlines() -> impl Strategy<Value = Vec<Inline>> {
    let link =
        (words(), "https://[a-z]{2,8}\\.example\\.com/[a-z0-9_()?=&%-]{0,12}").prop_map(|(text, url)| Inline::Link { text, url });
    let code = "[A-Za-z0-9*_<>|\\[\\]`-]{1,10}".prop_map(Inline::Code);
    // Between two of a kind stands plain text, or they would be one.
    (
        words(),
        prop::collection::vec(
            (prop_oneof![link, code, words().prop_map(Inline::Strong), words().prop_map(Inline::Em)], words()),
            0..3,
        ),
    )
        .prop_map(|(first, rest)| {
            let mut line = vec![Inline::Text(first)];
            for (one, after) in rest {
                line.extend([Inline::Text(" ".to_owned()), one, Inline::Text(format!(" {after}"))]);
            }
            joined(line)
        })
}

fn code() -> impl Strategy<Value = Flow> {
    let lines = prop::collection::vec("[ -~]{0,20}", 1..4);
    ("(sql|json|)", lines).prop_map(|(language, lines)| Flow::CodeBlock { language, text: format!("{}.", lines.join("\n")) })
}

fn flow() -> impl Strategy<Value = Flow> {
    let leaf = prop_oneof![inlines().prop_map(Flow::Paragraph), code()];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let item = (inlines(), prop::option::of(inner)).prop_map(|(text, body)| Item { text, body: body.into_iter().collect() });
        let items = prop::collection::vec(item, 1..4);
        (any::<bool>(), items)
            .prop_map(|(is_numbered, items)| if is_numbered { Flow::OrderedList(items) } else { Flow::BulletList(items) })
    })
}

fn table() -> impl Strategy<Value = Table> {
    (1..4_usize).prop_flat_map(|width| {
        let header = prop::collection::vec(words(), width);
        let rows = prop::collection::vec(prop::collection::vec(inlines(), width), 0..4);
        (header, rows).prop_map(|(header, rows)| Table { numbered: false, header, rows })
    })
}

fn document() -> impl Strategy<Value = Document> {
    let level = prop::sample::select(vec![Level::One, Level::Two, Level::Three, Level::Four, Level::Five, Level::Six]);
    let heading = (level, words()).prop_map(|(level, text)| Body::Heading { level, text: vec![Inline::Text(text)] });
    let body = prop_oneof![table().prop_map(Body::Table), flow().prop_map(Body::Flow)];
    // Two lists that follow each other are one in Markdown; a heading stands between them.
    prop::collection::vec((heading, body), 0..4).prop_map(|parts| Document {
        blocks: parts.into_iter().flat_map(|(heading, body)| [Block::Body(heading), Block::Body(body)]).collect(),
        footer: None,
    })
}

/// Texts beside each other are one.
fn joined(line: Vec<Inline>) -> Vec<Inline> {
    line.into_iter().fold(Vec::new(), |mut line, inline| {
        match (line.last_mut(), inline) {
            (Some(Inline::Text(before)), Inline::Text(text)) => before.push_str(&text),
            (_, inline) => line.push(inline),
        }
        line
    })
}

/// What a parser of Markdown understands.
struct Understood<'a>(std::iter::Peekable<Parser<'a>>);

impl Understood<'_> {
    fn document(text: &str) -> Document {
        let mut events = Understood(Parser::new_ext(text, Options::ENABLE_TABLES).peekable());
        let mut blocks = Vec::new();
        while let Some(event) = events.0.next() {
            blocks.push(Block::Body(events.body(event)));
        }
        Document { blocks, footer: None }
    }

    fn body(&mut self, event: Event<'_>) -> Body {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let levels = [Level::One, Level::Two, Level::Three, Level::Four, Level::Five, Level::Six];
                let text = self.line(|end| matches!(end, TagEnd::Heading(_)));
                Body::Heading { level: levels[level as usize - 1], text }
            }
            Event::Start(Tag::Table(_)) => Body::Table(self.table()),
            Event::Rule => Body::Rule,
            other => Body::Flow(self.flow(other)),
        }
    }

    fn flow(&mut self, event: Event<'_>) -> Flow {
        match event {
            Event::Start(Tag::Paragraph) => Flow::Paragraph(self.line(|end| end == TagEnd::Paragraph)),
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.to_string(),
                    CodeBlockKind::Indented => "indented".to_owned(),
                };
                let text = self.text();
                Flow::CodeBlock { language, text: text.strip_suffix('\n').unwrap_or(&text).to_owned() }
            }
            Event::Start(Tag::List(start)) => {
                let mut items = Vec::new();
                while let Some(Event::Start(Tag::Item)) = self.0.next() {
                    items.push(self.item());
                }
                if start.is_some() { Flow::OrderedList(items) } else { Flow::BulletList(items) }
            }
            other => panic!("not expected here: {other:?}"),
        }
    }

    fn item(&mut self) -> Item {
        let mut item = Item::default();
        while let Some(event) = self.0.next() {
            match event {
                Event::End(TagEnd::Item) => break,
                Event::Start(Tag::Paragraph) if item.text.is_empty() => item.text = self.line(|end| end == TagEnd::Paragraph),
                Event::Start(Tag::Link { .. } | Tag::Strong | Tag::Emphasis) | Event::Text(_) | Event::Code(_) => {
                    item.text.extend(self.inline(&event));
                }
                other => {
                    let flow = self.flow(other);
                    item.body.push(flow);
                }
            }
        }
        item.text = joined(item.text);
        item
    }

    fn table(&mut self) -> Table {
        let mut table = Table::default();
        let mut row = Vec::new();
        loop {
            match self.0.next().expect("the end of the table") {
                Event::Start(Tag::TableCell) => row.push(self.line(|end| end == TagEnd::TableCell)),
                Event::End(TagEnd::TableHead) => {
                    let text = |cell: &Vec<Inline>| match cell.first() {
                        Some(Inline::Strong(text) | Inline::Text(text)) => text.clone(),
                        _ => String::new(),
                    };
                    table.header = std::mem::take(&mut row).iter().map(text).collect();
                }
                Event::End(TagEnd::TableRow) => table.rows.push(std::mem::take(&mut row)),
                Event::End(TagEnd::Table) => return table,
                _ => {}
            }
        }
    }

    fn line(&mut self, is_end: impl Fn(TagEnd) -> bool) -> Vec<Inline> {
        let mut line = Vec::new();
        loop {
            match self.0.next().expect("the end of the line") {
                Event::End(end) if is_end(end) => return joined(line),
                event => line.extend(self.inline(&event)),
            }
        }
    }

    /// Text up to the end of what it is in.
    fn text(&mut self) -> String {
        let mut text = String::new();
        while let Some(Event::Text(more)) = self.0.next() {
            text.push_str(&more);
        }
        text
    }

    fn inline(&mut self, event: &Event<'_>) -> Option<Inline> {
        match event {
            Event::Text(text) => Some(Inline::Text(text.to_string())),
            Event::Code(text) => Some(Inline::Code(text.to_string())),
            Event::Start(Tag::Strong) => Some(Inline::Strong(self.text())),
            Event::Start(Tag::Emphasis) => Some(Inline::Em(self.text())),
            Event::Start(Tag::Link { dest_url, .. }) => Some(Inline::Link { text: self.text(), url: dest_url.to_string() }),
            other => panic!("not expected in a line: {other:?}"),
        }
    }
}

proptest! {
    #[test]
    fn tables_code_lists_and_links_are_the_same_when_their_markdown_is_written_as_adf_again(document in document()) {
        let adf = write::adf(&document);
        let read = markdown(&adf);
        prop_assert!(read.lossy.is_empty(), "{:?}", read.lossy);
        let again = write::adf(&Understood::document(&read.markdown));
        prop_assert_eq!(&again, &adf, "{}", read.markdown);
    }
}
