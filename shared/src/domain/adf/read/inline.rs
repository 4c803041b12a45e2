//! Text, marks and what stands in a line.

use std::borrow::Cow;

use chrono::DateTime;
use serde_json::Value;

use super::{MAX_DEPTH, Reader, attr, children, kind, plain};

/// What the marks of a run of text amount to. Colours and underlines have no Markdown and say nothing a tester needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Marks {
    strong: bool,
    em: bool,
    strike: bool,
    code: bool,
    script: Option<&'static str>,
    link: Option<String>,
}

/// Whether a node stands in a line.
pub(super) fn is_inline(node: &Value) -> bool {
    matches!(
        kind(node),
        Some(
            "text"
                | "hardBreak"
                | "mention"
                | "emoji"
                | "date"
                | "status"
                | "inlineCard"
                | "mediaInline"
                | "inlineExtension"
                | "placeholder"
        )
    )
}

impl Reader {
    pub(super) fn inline(&mut self, nodes: &[Value], depth: usize) -> String {
        if depth >= MAX_DEPTH {
            return self.too_deep();
        }
        // Neighbours with the same marks are one run: `**ab**`, not `**a****b**`.
        let mut runs: Vec<(Marks, String)> = Vec::new();
        for node in nodes {
            if !self.enter() {
                break;
            }
            let (marks, text) = match kind(node) {
                Some("text") => (marks(node), plain::visible(node.get("text").and_then(Value::as_str).unwrap_or_default())),
                _ => (Marks::default(), Cow::Owned(self.inline_node(node, depth))),
            };
            match runs.last_mut() {
                Some((last, run)) if *last == marks => run.push_str(&text),
                _ => runs.push((marks, text.into_owned())),
            }
        }
        runs.iter().map(|(marks, text)| marked(marks, text)).collect()
    }

    fn inline_node(&mut self, node: &Value, depth: usize) -> String {
        let Some(kind) = kind(node) else { return self.block(node, depth) };
        match kind {
            "hardBreak" => "  \n".to_owned(),
            "mention" => {
                let name = attr(node, "text").or_else(|| attr(node, "id")).unwrap_or_else(|| "somebody".to_owned());
                format!("@{}", name.trim_start_matches('@'))
            }
            "emoji" => attr(node, "text").or_else(|| attr(node, "shortName")).unwrap_or_default(),
            "date" => date(node),
            "status" => format!("[{}]", attr(node, "text").unwrap_or_default()),
            "inlineCard" => self.card(node),
            "mediaInline" | "media" => self.media(node),
            "placeholder" => attr(node, "text").map(|text| format!("[{text}]")).unwrap_or_default(),
            "inlineExtension" => self.macro_with_body(node, kind, depth + 1),
            // A block where none may stand: on lines of its own.
            _ => format!("\n\n{}\n\n", self.block(node, depth)),
        }
    }

    /// The text of a code block: no marks, no Markdown.
    pub(super) fn raw(&mut self, nodes: &[Value], depth: usize) -> String {
        if depth >= MAX_DEPTH {
            return self.too_deep();
        }
        let mut out = String::new();
        for node in nodes {
            if !self.enter() {
                break;
            }
            match kind(node) {
                Some("text") => out.push_str(&plain::visible(node.get("text").and_then(Value::as_str).unwrap_or_default())),
                Some("hardBreak") => out.push('\n'),
                _ if !children(node).is_empty() => out.push_str(&self.raw(children(node), depth + 1)),
                _ => out.push_str(&self.inline_node(node, depth + 1)),
            }
        }
        out
    }
}

fn marks(node: &Value) -> Marks {
    let mut out = Marks::default();
    for mark in node.get("marks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
        match kind(mark) {
            Some("strong") => out.strong = true,
            Some("em") => out.em = true,
            Some("strike") => out.strike = true,
            Some("code") => out.code = true,
            Some("subsup") => out.script = Some(if attr(mark, "type").as_deref() == Some("sup") { "sup" } else { "sub" }),
            Some("link") => out.link = attr(mark, "href").map(|href| plain::line(&href)),
            _ => {}
        }
    }
    out
}

/// A run of text with its marks; white space at its ends stays outside, or Markdown would not see the marks.
fn marked(marks: &Marks, text: &str) -> String {
    let core = text.trim();
    if *marks == Marks::default() || core.is_empty() {
        return text.to_owned();
    }
    let start = text.get(..text.len() - text.trim_start().len()).unwrap_or_default();
    let end = text.get(text.trim_end().len()..).unwrap_or_default();
    let mut out = if marks.code { code(core) } else { core.to_owned() };
    if let Some(script) = marks.script {
        out = format!("<{script}>{out}</{script}>");
    }
    for (set, with) in [(marks.strike, "~~"), (marks.em, "*"), (marks.strong, "**")] {
        if set {
            out = format!("{with}{out}{with}");
        }
    }
    if let Some(url) = marks.link.as_deref().filter(|url| *url != core) {
        let url = if url.contains([' ', '(', ')']) { format!("<{url}>") } else { url.to_owned() };
        out = format!("[{out}]({url})");
    }
    format!("{start}{out}{end}")
}

fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// A date is a string of milliseconds; numbers are tolerated.
fn date(node: &Value) -> String {
    let Some(raw) = attr(node, "timestamp") else { return String::new() };
    let day = raw.trim().parse::<i64>().ok().and_then(DateTime::from_timestamp_millis);
    day.map_or(raw, |day| day.format("%Y-%m-%d").to_string())
}
