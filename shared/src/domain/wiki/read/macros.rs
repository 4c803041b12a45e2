//! Macros that have a body: `{code:sql}…{code}`, `{noformat}`, `{quote}`, `{panel:title=…}` and those that add-ons bring along.

use serde_json::{Value, json};

use super::{DEPTH, blocks, inline, node, text};

/// Those whose body is kept as it is.
const VERBATIM: [&str; 2] = ["code", "noformat"];

/// Those whose body is markup again.
const BOXES: [&str; 7] = ["quote", "panel", "info", "note", "tip", "warning", "expand"];

/// A macro in a text, by byte offsets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Macro<'a> {
    name: &'static str,
    params: &'a str,
    body: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Names of macros that are not closed any more from here on, so that nobody looks again and again.
#[derive(Debug, Default)]
pub(super) struct Unclosed(Vec<&'static str>);

/// What belongs together within a line stands no further apart, so that no text takes long to read.
const FAR: usize = 2_000;

/// The part of a text in which something must be closed.
pub(super) fn near(text: &str) -> &str {
    text.get(..text.floor_char_boundary(FAR)).unwrap_or(text)
}

/// The first macro with a body from `from` on.
pub(super) fn next<'a>(text: &'a str, from: usize, unclosed: &mut Unclosed) -> Option<Macro<'a>> {
    let mut at = from;
    while let Some(found) = text.get(at..)?.find('{') {
        at += found;
        match here(text, at, unclosed) {
            Some(found) => return Some(found),
            None => at += 1,
        }
    }
    None
}

/// The macro that begins at a brace.
pub(super) fn here<'a>(text: &'a str, at: usize, unclosed: &mut Unclosed) -> Option<Macro<'a>> {
    if text.get(..at)?.ends_with('\\') {
        return None;
    }
    let rest = text.get(at + 1..)?;
    let name = VERBATIM
        .into_iter()
        .chain(BOXES)
        .find(|name| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with(['}', ':'])))?;
    let head = near(rest).find(['}', '\n']).filter(|end| rest.as_bytes().get(*end) == Some(&b'}'))?;
    if unclosed.0.contains(&name) {
        return None;
    }
    let params = rest.get(name.len() + 1..head).unwrap_or_default();
    let begin = at + head + 2;
    let close = format!("{{{name}}}");
    let Some(length) = text.get(begin..)?.find(&close) else {
        unclosed.0.push(name);
        return None;
    };
    let body = text.get(begin..begin + length)?;
    Some(Macro { name, params, body, start: at, end: begin + length + close.len() })
}

impl Macro<'_> {
    /// Whether its body is kept as it is.
    pub(super) fn is_verbatim(&self) -> bool {
        VERBATIM.contains(&self.name)
    }

    /// Whether it stands within a line, between other words, or in a cell of a table.
    pub(super) fn is_within_line(&self, text: &str) -> bool {
        let before = text.get(text.floor_char_boundary(self.start.saturating_sub(FAR))..self.start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
        let after = text.get(self.end..).unwrap_or_default().trim_start_matches([' ', '\t']);
        let is_alone = line.is_empty() && (after.is_empty() || after.starts_with('\n'));
        line.starts_with('|') || (self.is_verbatim() && !self.body.contains('\n') && !is_alone)
    }

    /// The body, where it is kept as it is.
    pub(super) fn words(&self) -> &str {
        self.body.trim_matches('\n')
    }

    /// As nodes.
    pub(super) fn nodes(&self, depth: usize) -> Vec<Value> {
        let title = self.param("title").map(|title| inline::all(title, &[])).filter(|title| !title.is_empty());
        if self.is_verbatim() {
            return title.map(|title| node("paragraph", title)).into_iter().chain(self.code()).collect();
        }
        let body = if depth >= DEPTH { blocks::flat(self.body) } else { blocks::all(self.body.trim_matches('\n'), depth + 1) };
        if self.name == "quote" {
            return if body.is_empty() { vec![] } else { vec![node("blockquote", body)] };
        }
        if self.name == "expand" {
            let title = self.param("title").unwrap_or(self.params);
            return vec![json!({ "type": "expand", "attrs": { "title": title }, "content": body })];
        }
        let content: Vec<Value> = title.map(|title| node("paragraph", title)).into_iter().chain(body).collect();
        if content.is_empty() {
            return vec![];
        }
        vec![json!({ "type": "panel", "attrs": { "panelType": self.colour() }, "content": content })]
    }

    fn code(&self) -> Option<Value> {
        let words = self.words();
        let language = self.params.split('|').find(|param| !param.contains('=') && !param.trim().is_empty());
        let mut code = node("codeBlock", if words.is_empty() { vec![] } else { vec![text(words, &[])] });
        if let Some(language) = language {
            code["attrs"] = json!({ "language": language.trim() });
        }
        (!words.is_empty() || language.is_some()).then_some(code)
    }

    fn colour(&self) -> &str {
        let by_name = |name: &str| PANELS.iter().find(|(_, colour)| colour.eq_ignore_ascii_case(name)).map(|(kind, _)| *kind);
        match self.name {
            "panel" => self.param("bgColor").and_then(by_name).unwrap_or("custom"),
            "tip" => "success",
            other => other,
        }
    }

    fn param(&self, name: &str) -> Option<&str> {
        let named = self.params.split('|').filter_map(|param| param.split_once('='));
        named.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim()).next()
    }
}

/// The colours of our panels.
pub(in super::super) const PANELS: [(&str, &str); 5] =
    [("info", "#deebff"), ("note", "#eae6ff"), ("warning", "#fffae6"), ("success", "#e3fcef"), ("error", "#ffebe6")];
