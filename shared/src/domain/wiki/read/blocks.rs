//! What stands on lines of its own.

use serde_json::{Value, json};

use super::macros::{self, Unclosed};
use super::{DEPTH, inline, list, node, table};

/// The blocks of a text.
pub(super) fn all(text: &str, depth: usize) -> Vec<Value> {
    let mut out = Vec::new();
    let mut unclosed = Unclosed::default();
    let (mut at, mut from) = (0, 0);
    while let Some(found) = macros::next(text, from, &mut unclosed) {
        from = found.end;
        if found.is_within_line(text) {
            continue;
        }
        lines(text.get(at..found.start).unwrap_or_default(), depth, &mut out);
        out.extend(found.nodes(depth));
        at = found.end;
    }
    lines(text.get(at..).unwrap_or_default(), depth, &mut out);
    out
}

/// The words alone, where blocks are nested too deeply.
pub(super) fn flat(text: &str) -> Vec<Value> {
    let words = text.trim();
    if words.is_empty() { vec![] } else { vec![node("paragraph", vec![super::text(words, &[])])] }
}

fn lines(text: &str, depth: usize, out: &mut Vec<Value>) {
    let lines: Vec<&str> = text.lines().collect();
    let mut rest = lines.as_slice();
    let mut paragraph: Vec<&str> = Vec::new();
    while let Some((line, after)) = rest.split_first() {
        let trimmed = line.trim();
        let found = match block(trimmed, rest, depth) {
            _ if trimmed.is_empty() => Some((vec![], after)),
            found => found,
        };
        match found {
            Some((blocks, after)) => {
                end(&mut paragraph, out);
                out.extend(blocks);
                rest = after;
            }
            None => {
                paragraph.push(line);
                rest = after;
            }
        }
    }
    end(&mut paragraph, out);
}

/// The block that begins with a line, and the lines after it.
fn block<'r, 'a>(line: &str, rest: &'r [&'a str], depth: usize) -> Option<(Vec<Value>, &'r [&'a str])> {
    let after = rest.get(1..).unwrap_or_default();
    if let Some((level, title)) = heading(line) {
        let title = inline::all(title, &[]);
        let heading = json!({ "type": "heading", "attrs": { "level": level }, "content": title });
        return Some((vec![heading], after));
    }
    if is_rule(line) {
        return Some((vec![json!({ "type": "rule" })], after));
    }
    if let Some(quoted) = line.strip_prefix("bq.").filter(|quoted| quoted.is_empty() || quoted.starts_with(char::is_whitespace)) {
        let quoted = node("paragraph", inline::all(quoted.trim(), &[]));
        return Some((vec![node("blockquote", vec![quoted])], after));
    }
    if depth >= DEPTH {
        return None;
    }
    if line.starts_with('|') {
        return Some(table::first(rest, depth));
    }
    list::marks(line).is_some().then(|| list::first(rest))
}

/// Whether a line is a rule across.
pub(super) fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 4 && line.bytes().all(|byte| byte == b'-')
}

/// `h2. Title` as level and title.
pub(super) fn heading(line: &str) -> Option<(u8, &str)> {
    let rest = line.trim().strip_prefix('h')?;
    let level = *rest.as_bytes().first()?;
    let title = rest.get(1..)?.strip_prefix('.')?;
    (b'1'..=b'6').contains(&level).then(|| (level - b'0', title.trim()))
}

/// Ends the paragraph that was gathered.
fn end(paragraph: &mut Vec<&str>, out: &mut Vec<Value>) {
    let text = std::mem::take(paragraph).join("\n");
    let content = inline::all(text.trim(), &[]);
    if !content.is_empty() {
        out.push(node("paragraph", content));
    }
}
