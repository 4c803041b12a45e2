//! Our document as wiki markup. Every word in it is escaped: what a story or a model wrote cannot act.

use super::super::adf::{plain, write::address};
use super::super::document::{Block, Body, Colour, Document, Flow, Inline, Item, PanelKind, Table};
use super::escape;
use super::read::PANELS;
use super::section;

/// What stands between two blocks.
const APART: &str = "\n\n";

/// A break where a line end would end an item or a row.
const BREAK: &str = " \\\\ ";

/// Languages that the code macro knows; another one makes it show an error.
const LANGUAGES: [&str; 12] =
    ["bash", "css", "html", "java", "javascript", "json", "php", "python", "ruby", "sql", "xml", "yaml"];

/// The document as a text.
#[must_use]
pub fn text(document: &Document) -> String {
    let footer = document.footer.as_ref().map(|footer| {
        let both = !footer.text.is_empty() && !footer.marker.is_empty();
        let line = format!("{}{}{}", footer.text, if both { " · " } else { "" }, footer.marker);
        inline(&[Inline::Em(line)], "\n")
    });
    joined(document.blocks.iter().map(block).chain(footer))
}

/// The document as a section of its own, to stand in somebody's description. Give it a title that ends with the marker.
#[must_use]
pub fn section(title: &str, document: &Document) -> String {
    section::framed(&escape::words(&plain::line(title)), &joined(document.blocks.iter().map(block)))
}

/// One block.
pub(in super::super) fn block(block: &Block) -> String {
    match block {
        Block::Body(part) => body(part),
        // What opens is no part of Jira's markup.
        Block::Expand { title, body: parts } => {
            let title = inline(&[Inline::Strong(plain::line(title))], " ");
            joined(std::iter::once(title).chain(parts.iter().map(body)))
        }
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join(APART)
}

fn body(part: &Body) -> String {
    match part {
        Body::Heading { level, text } => match inline(text, " ").trim() {
            "" => String::new(),
            text => format!("h{}. {text}", level.number()),
        },
        Body::Panel { kind, body } => match joined(body.iter().map(flow)).as_str() {
            "" => String::new(),
            body => format!("{{panel:bgColor={}}}\n{body}\n{{panel}}", background(*kind)),
        },
        Body::Table(rows) => table(rows),
        Body::Rule => "----".to_owned(),
        Body::Flow(part) => flow(part),
    }
}

fn background(kind: PanelKind) -> &'static str {
    PANELS.iter().find(|(name, _)| *name == kind.as_str()).map_or("#ffffff", |(_, colour)| colour)
}

fn flow(part: &Flow) -> String {
    match part {
        Flow::Paragraph(text) => {
            // An empty line would end the paragraph.
            let lines = inline(text, "\n");
            lines.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
        }
        Flow::BulletList(items) => list(items, "*"),
        Flow::OrderedList(items) => list(items, "#"),
        Flow::CodeBlock { language, text } => code_block(language, text),
    }
}

fn list(items: &[Item], marks: &str) -> String {
    let lines: Vec<String> = items.iter().map(|item| self::item(item, marks)).filter(|item| !item.is_empty()).collect();
    lines.join("\n")
}

/// An item: its own line with what can stand in it, then code and deeper lists.
fn item(item: &Item, marks: &str) -> String {
    let mut line = vec![inline(&item.text, BREAK)];
    let mut below = Vec::new();
    for part in &item.body {
        match part {
            Flow::Paragraph(text) => line.push(inline(text, BREAK)),
            Flow::BulletList(items) => below.push(list(items, &format!("{marks}*"))),
            Flow::OrderedList(items) => below.push(list(items, &format!("{marks}#"))),
            code @ Flow::CodeBlock { .. } => below.push(flow(code)),
        }
    }
    let line: Vec<&str> = line.iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
    let own = (!line.is_empty()).then(|| format!("{marks} {}", line.join(BREAK)));
    own.into_iter().chain(below.into_iter().filter(|part| !part.is_empty())).collect::<Vec<_>>().join("\n")
}

/// Code as it is, in a macro that it does not end by itself.
fn code_block(language: &str, text: &str) -> String {
    let text = plain::visible(text);
    let text = text.trim_matches('\n');
    let holds = |macro_name: &str| text.to_lowercase().contains(macro_name);
    let language = plain::line(language).to_lowercase();
    if text.trim().is_empty() {
        String::new()
    } else if LANGUAGES.contains(&language.as_str()) && !holds("{code") {
        format!("{{code:{language}}}\n{text}\n{{code}}")
    } else if !holds("{noformat") {
        format!("{{noformat}}\n{text}\n{{noformat}}")
    } else if !holds("{code") {
        format!("{{code}}\n{text}\n{{code}}")
    } else {
        flow(&Flow::Paragraph(vec![Inline::Text(text.to_owned())]))
    }
}

fn table(table: &Table) -> String {
    let width = table.rows.iter().map(Vec::len).max().unwrap_or(0).max(table.header.len());
    if width == 0 {
        return String::new();
    }
    let number = |text: String| table.numbered.then_some(text);
    let header = (!table.header.is_empty()).then(|| {
        let names = table.header.iter().map(|name| escape::words(&plain::line(name)));
        row("||", number("\\#".to_owned()).into_iter().chain(names), width + usize::from(table.numbered))
    });
    let rows = (1..).zip(&table.rows).map(|(n, cells): (usize, _)| {
        let cells = cells.iter().map(|cell| inline(cell, BREAK));
        row("|", number(n.to_string()).into_iter().chain(cells), width + usize::from(table.numbered))
    });
    header.into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

fn row(bar: &str, cells: impl Iterator<Item = String>, width: usize) -> String {
    let cells = cells.map(|cell| cell.trim().to_owned()).chain(std::iter::repeat_n(String::new(), width)).take(width);
    let cells = cells.map(|cell| if cell.is_empty() { " ".to_owned() } else { cell });
    cells.fold(bar.to_owned(), |row, cell| row + &cell + bar)
}

/// Pieces of a line; `end` is what ends a line there.
fn inline(parts: &[Inline], end: &str) -> String {
    let mut out = String::new();
    for (n, part) in parts.iter().enumerate() {
        let next = parts.iter().skip(n + 1).find_map(first_char);
        match part {
            Inline::Text(text) => out.push_str(&lines(text, end, escape::words)),
            Inline::Strong(text) => marked(&mut out, text, '*', end, next),
            Inline::Em(text) => marked(&mut out, text, '_', end, next),
            Inline::Code(text) => out.push_str(&lines(text, end, |line| match line.trim() {
                "" => String::new(),
                code => format!("{{{{{}}}}}", escape::code(code)),
            })),
            Inline::Link { text, url } => link(&mut out, text, url, end),
            Inline::Status { text, colour } => status(&mut out, text, *colour),
            Inline::Break => out.push_str(end),
        }
    }
    out
}

/// The first character that a piece begins with; none when it is empty.
fn first_char(part: &Inline) -> Option<char> {
    match part {
        Inline::Text(text) | Inline::Strong(text) | Inline::Em(text) | Inline::Code(text) => plain::visible(text).chars().next(),
        // What leads nowhere is written as words.
        Inline::Link { text, url } if address(url).is_none() => plain::visible(text).chars().chain(" ".chars()).next(),
        Inline::Link { .. } | Inline::Status { .. } => Some('['),
        Inline::Break => Some(' '),
    }
}

fn lines(text: &str, end: &str, each: impl Fn(&str) -> String) -> String {
    plain::visible(text).split('\n').map(each).collect::<Vec<_>>().join(end)
}

/// Words between two signs; white space at their ends stays outside, and signs within a word stand in braces.
fn marked(out: &mut String, text: &str, sign: char, end: &str, next: Option<char>) {
    let text = plain::visible(text);
    let mut rest = text.split('\n').peekable();
    while let Some(line) = rest.next() {
        let core = line.trim();
        let (head, tail) = (line.len() - line.trim_start().len(), line.trim_end().len());
        out.push_str(line.get(..head).unwrap_or_default());
        if !core.is_empty() {
            let is_last = rest.peek().is_none() && tail == line.len();
            let touches = |c: char| c.is_alphanumeric() || "*_-+^~?\\&".contains(c);
            let forced = out.chars().next_back().is_some_and(touches) || next.filter(|_| is_last).is_some_and(touches);
            let sign = if forced { format!("{{{sign}}}") } else { sign.to_string() };
            out.push_str(&format!("{sign}{}{sign}", escape::words(core)));
            out.push_str(line.get(tail..).unwrap_or_default());
        }
        if rest.peek().is_some() {
            out.push_str(end);
        }
    }
}

fn link(out: &mut String, text: &str, url: &str, end: &str) {
    let label = escape::words(&plain::line(text));
    match address(url).map(|address| encoded(&address)) {
        Some(address) if label.is_empty() => out.push_str(&format!("[{address}]")),
        Some(address) => out.push_str(&format!("[{label}|{address}]")),
        // Not a link, but not lost either.
        None if plain::line(url).is_empty() || plain::line(url) == plain::line(text) => out.push_str(&label),
        None => out.push_str(&format!("{label} ({})", lines(url, end, escape::words))),
    }
}

/// An address without the signs that would end it.
fn encoded(address: &str) -> String {
    let signs = [('|', "%7C"), ('[', "%5B"), (']', "%5D"), ('{', "%7B"), ('}', "%7D"), ('\\', "%5C"), ('^', "%5E"), ('!', "%21")];
    signs.iter().fold(address.to_owned(), |address, (sign, code)| address.replace(*sign, code))
}

fn status(out: &mut String, text: &str, colour: Colour) {
    let text = plain::line(text);
    if text.is_empty() {
        return;
    }
    let colour = match colour {
        Colour::Neutral => "#42526e",
        Colour::Purple => "#403294",
        Colour::Blue => "#0747a6",
        Colour::Red => "#bf2600",
        Colour::Yellow => "#974f0c",
        Colour::Green => "#006644",
    };
    out.push_str(&format!("{{color:{colour}}}*{}*{{color}}", escape::words(&text)));
}
