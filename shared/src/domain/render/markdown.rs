//! A page of Markdown: what Jira shows, and each scenario with its steps.

use super::super::adf::plain;
use super::super::document::{Block, Body, Document, Flow, Inline, Item, Table};
use super::Output;
use super::document::page;

/// The result as a page with the story as its title.
#[must_use]
pub fn markdown(output: &Output<'_>) -> String {
    let title = format!("{} {}", output.story_key, output.story_summary);
    let link = if output.story_url.is_empty() {
        Inline::Text(title)
    } else {
        Inline::Link { text: title, url: output.story_url.to_owned() }
    };
    format!("# {}\n\n{}", line(&[link]), document_markdown(&page(output)))
}

/// A document as Markdown.
#[must_use]
pub fn document_markdown(document: &Document) -> String {
    let mut out: Vec<String> = Vec::new();
    for block in &document.blocks {
        match block {
            Block::Body(part) => out.push(body(part)),
            Block::Expand { title, body: parts } => {
                out.push(format!("#### {}", escaped(&plain::line(title))));
                out.extend(parts.iter().map(body));
            }
        }
    }
    out.extend(
        document
            .footer
            .as_ref()
            .map(|footer| format!("*{}*", escaped(&plain::line(&format!("{} {}", footer.text, footer.marker))))),
    );
    out.retain(|text| !text.trim().is_empty());
    let mut text = out.join("\n\n");
    text.push('\n');
    text
}

fn body(part: &Body) -> String {
    match part {
        Body::Heading { level, text } => format!("{} {}", "#".repeat(level.number().into()), plain::line(&line(text))),
        Body::Panel { body, .. } => quoted(&body.iter().map(flow).collect::<Vec<_>>().join("\n\n")),
        Body::Table(rows) => table(rows),
        Body::Rule => "---".to_owned(),
        Body::Flow(part) => flow(part),
    }
}

fn flow(part: &Flow) -> String {
    match part {
        Flow::Paragraph(text) => at_line_start(&line(text)),
        Flow::BulletList(items) => items.iter().map(|it| item("- ", it)).collect::<Vec<_>>().join("\n"),
        Flow::OrderedList(items) => (1..).zip(items).map(|(n, it)| item(&format!("{n}. "), it)).collect::<Vec<_>>().join("\n"),
        Flow::CodeBlock { language, text } => {
            let text = plain::visible(text);
            let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
            let fence = "`".repeat(longest.max(2) + 1);
            format!("{fence}{}\n{}\n{fence}", plain::line(language).replace('`', ""), text.trim_matches('\n'))
        }
    }
}

fn item(marker: &str, item: &Item) -> String {
    let mut text = at_line_start(&line(&item.text));
    for part in &item.body {
        text.push('\n');
        text.push_str(&flow(part));
    }
    let indent = " ".repeat(marker.len());
    format!("{marker}{}", text.lines().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n").trim_start())
}

fn table(table: &Table) -> String {
    let width = table.rows.iter().map(Vec::len).max().unwrap_or(0).max(table.header.len());
    if width == 0 {
        return String::new();
    }
    let row = |first: &str, cells: Vec<String>| {
        let number = if table.numbered { format!(" {first} |") } else { String::new() };
        let cells: String = (0..width).map(|n| format!(" {} |", cells.get(n).map_or("", String::as_str))).collect();
        format!("|{number}{cells}")
    };
    let mut lines = vec![row("#", table.header.iter().map(|text| escaped(&plain::line(text))).collect())];
    lines.push(format!("|{}", " --- |".repeat(width + usize::from(table.numbered))));
    lines.extend(
        (1..)
            .zip(&table.rows)
            .map(|(n, cells): (usize, _)| row(&n.to_string(), cells.iter().map(|cell| in_cell(&line(cell))).collect())),
    );
    lines.join("\n")
}

fn in_cell(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("<br>")
}

fn line(parts: &[Inline]) -> String {
    parts.iter().map(inline).collect::<String>().trim().to_owned()
}

fn inline(part: &Inline) -> String {
    match part {
        Inline::Text(text) => escaped(&plain::visible(text)).replace('\n', "  \n"),
        Inline::Strong(text) => around("**", text),
        Inline::Em(text) => around("*", text),
        Inline::Code(text) => {
            let text = plain::line(text);
            let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
            let (fence, space) = ("`".repeat(longest + 1), if longest > 0 { " " } else { "" });
            if text.is_empty() { text } else { format!("{fence}{space}{text}{space}{fence}").replace('|', "\\|") }
        }
        Inline::Link { text, url } => {
            let url: String = plain::line(url).replace(' ', "%20").replace('(', "%28").replace(')', "%29").replace('|', "%7C");
            let safe = ["https://", "http://", "mailto:"].iter().any(|scheme| url.to_ascii_lowercase().starts_with(scheme));
            if safe {
                format!("[{}]({url})", escaped(&plain::line(text)))
            } else {
                escaped(&plain::line(&format!("{text} {url}")))
            }
        }
        Inline::Status { text, .. } => format!("`{}`", plain::line(text).replace(['`', '|'], "")),
        Inline::Break => "  \n".to_owned(),
    }
}

/// Marks around the words, white space outside.
fn around(mark: &str, text: &str) -> String {
    let text = plain::visible(text);
    let core = plain::line(&text);
    if core.is_empty() {
        return " ".to_owned();
    }
    let start = if text.starts_with(char::is_whitespace) { " " } else { "" };
    let end = if text.ends_with(char::is_whitespace) { " " } else { "" };
    format!("{start}{mark}{}{mark}{end}", escaped(&core))
}

/// Text that means itself: a story's words make no markup, no HTML and no table cells.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~') {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// A line that begins like a heading, a list or a rule is still a line.
fn at_line_start(text: &str) -> String {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let numbered = digits > 0 && text.get(digits..).is_some_and(|rest| rest.starts_with(['.', ')']));
    if numbered {
        let (number, rest) = text.split_at(digits);
        return format!("{number}\\{rest}");
    }
    if text.starts_with(['#', '-', '+', '=']) { format!("\\{text}") } else { text.to_owned() }
}

fn quoted(text: &str) -> String {
    text.lines().map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") }).collect::<Vec<_>>().join("\n")
}
