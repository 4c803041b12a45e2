//! Nodes that stand on lines of their own.

use serde_json::Value;

use super::inline::is_inline;
use super::{MAX_DEPTH, Reader, attr, children, kind, plain};

impl Reader {
    /// Nodes one below the other; loose inline nodes among them make paragraphs.
    pub(super) fn blocks(&mut self, nodes: &[Value], depth: usize) -> String {
        let mut out: Vec<String> = Vec::new();
        let mut rest = nodes;
        while let Some(first) = rest.first() {
            let run = rest.iter().take_while(|node| is_inline(node)).count().max(1);
            let (now, later) = rest.split_at(run);
            let text = if is_inline(first) { self.inline(now, depth).trim().to_owned() } else { self.block(first, depth) };
            if !text.trim().is_empty() {
                out.push(text);
            }
            rest = later;
        }
        out.join("\n\n")
    }

    pub(super) fn block(&mut self, node: &Value, depth: usize) -> String {
        if depth >= MAX_DEPTH {
            return self.too_deep();
        }
        if !self.enter() {
            return String::new();
        }
        let Some(kind) = kind(node) else { return self.value_in_content(node, depth) };
        let inner = depth + 1;
        match kind {
            "doc" | "layoutSection" | "layoutColumn" | "mediaGroup" | "mediaSingle" | "listItem" => {
                self.blocks(children(node), inner)
            }
            "paragraph" => self.inline(children(node), inner).trim().to_owned(),
            "caption" => self.inline(children(node), inner).trim().to_owned(),
            "heading" => self.heading(node, inner),
            "bulletList" | "orderedList" | "taskList" | "decisionList" => self.list(node, kind, inner),
            "taskItem" | "blockTaskItem" | "decisionItem" => self.list_item(node, "- ", inner),
            "codeBlock" => self.code_block(node, inner),
            "blockquote" => quoted(&self.blocks(children(node), inner)),
            "panel" => self.panel(node, inner),
            "expand" | "nestedExpand" => self.titled(node, inner),
            "table" => self.table(node, inner),
            "tableRow" | "tableCell" | "tableHeader" => self.blocks(children(node), inner),
            "rule" => "---".to_owned(),
            "media" => self.media(node),
            "blockCard" | "embedCard" => self.card(node),
            "extension" | "bodiedExtension" | "multiBodiedExtension" | "extensionFrame" => {
                self.macro_with_body(node, kind, inner)
            }
            "bodiedSyncBlock" => self.blocks(children(node), inner),
            "syncBlock" => {
                self.note("a synced block, whose text is kept elsewhere");
                format!("[synced block {}]", attr(node, "resourceId").unwrap_or_default())
            }
            other => self.unknown(node, other, inner),
        }
    }

    /// Something in `content` that is no node at all.
    fn value_in_content(&mut self, node: &Value, depth: usize) -> String {
        match node {
            Value::Null => String::new(),
            Value::Object(_) if !children(node).is_empty() => {
                self.note("a node without a type");
                self.blocks(children(node), depth + 1)
            }
            other => {
                self.note("a node that is no node");
                self.value(other, depth + 1)
            }
        }
    }

    fn heading(&mut self, node: &Value, depth: usize) -> String {
        let level = node.get("attrs").and_then(|attrs| attrs.get("level")).and_then(Value::as_u64).unwrap_or(1).clamp(1, 6);
        let text = plain::line(&self.inline(children(node), depth));
        if text.is_empty() { text } else { format!("{} {text}", "#".repeat(usize::try_from(level).unwrap_or(1))) }
    }

    fn code_block(&mut self, node: &Value, depth: usize) -> String {
        let text = self.raw(children(node), depth);
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let language = attr(node, "language").unwrap_or_default();
        // An info string with a backtick or a line end would break the fence.
        let language: String = language.chars().filter(|c| !c.is_whitespace() && *c != '`').collect();
        format!("{fence}{language}\n{}\n{fence}", text.trim_end_matches('\n'))
    }

    fn panel(&mut self, node: &Value, depth: usize) -> String {
        let kind = attr(node, "panelType").unwrap_or_else(|| "panel".to_owned()).to_uppercase();
        let body = self.blocks(children(node), depth);
        // A list, a table or code must begin on its own line to stay one.
        let apart = body.starts_with(['-', '|', '`', '#', '>']) || body.starts_with(|c: char| c.is_ascii_digit());
        quoted(&format!("**[{kind}]**{}{body}", if apart { "\n\n" } else { " " }))
    }

    fn titled(&mut self, node: &Value, depth: usize) -> String {
        let body = self.blocks(children(node), depth);
        match attr(node, "title") {
            Some(title) => format!("**{}**\n\n{body}", plain::line(&title)).trim_end().to_owned(),
            None => body,
        }
    }

    /// A picture or file: what it is called is all we have.
    pub(super) fn media(&mut self, node: &Value) -> String {
        let alt = attr(node, "alt").map_or_else(|| "image".to_owned(), |alt| plain::line(&alt));
        self.note("an image or file, of which only the name is read");
        match (attr(node, "url"), attr(node, "id")) {
            (Some(url), _) => format!("![{alt}]({})", plain::line(&url)),
            (None, Some(id)) => format!("![{alt}](attachment:{})", plain::line(&id)),
            (None, None) => format!("![{alt}]"),
        }
    }

    /// A link that Jira shows as a card.
    pub(super) fn card(&mut self, node: &Value) -> String {
        let data = |key: &str| {
            let text = node.get("attrs")?.get("data")?.get(key)?.as_str()?;
            Some(plain::visible(text).into_owned())
        };
        let found = attr(node, "url").or_else(|| data("url")).or_else(|| data("name"));
        found.unwrap_or_else(|| {
            self.note("an embedded list or card without a link");
            "[embedded list]".to_owned()
        })
    }

    pub(super) fn macro_with_body(&mut self, node: &Value, kind: &str, depth: usize) -> String {
        let body = self.blocks(children(node), depth);
        if kind == "extensionFrame" {
            return body;
        }
        let key = attr(node, "extensionKey").map_or_else(|| "unknown".to_owned(), |key| plain::line(&key));
        self.note(&format!("macro {}", short(&key)));
        let label = attr(node, "text").unwrap_or_else(|| format!("[macro {key}]"));
        if body.is_empty() { label } else { format!("{label}\n\n{body}") }
    }

    /// A node we have never heard of: its children, else what its attributes say, else a placeholder.
    pub(super) fn unknown(&mut self, node: &Value, kind: &str, depth: usize) -> String {
        self.note(&format!("unknown node {}", short(kind)));
        let nested = self.blocks(children(node), depth);
        if !nested.is_empty() {
            return nested;
        }
        if let Some(text) = node.get("text").and_then(Value::as_str) {
            return plain::visible(text).into_owned();
        }
        let said = ["text", "title", "url", "shortName", "alt"].iter().find_map(|name| attr(node, name));
        said.unwrap_or_else(|| format!("[unsupported: {}]", short(kind)))
    }
}

/// Each line behind `> `.
fn quoted(text: &str) -> String {
    text.trim()
        .lines()
        .map(|line| if line.is_empty() { ">".to_owned() } else { format!("> {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

/// A name from a document, short enough for a message.
fn short(name: &str) -> String {
    plain::line(name).chars().take(40).collect()
}
