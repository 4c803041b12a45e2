//! Lists: each line says by its marks how deep it stands and of which kind each level is, `*#` being a numbered list in a bullet list.

use serde_json::Value;

use super::{DEPTH, blocks, inline, node};

/// One item as it is written.
struct Line<'a> {
    marks: &'a str,
    text: String,
}

/// The marks of an item and its text.
pub(super) fn marks(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let end = line.find(|c: char| !matches!(c, '*' | '#' | '-'))?;
    let (marks, text) = line.split_at(end);
    // Two dashes are a dash.
    let is_list = !marks.is_empty() && (marks.len() == 1 || marks.contains(['*', '#']));
    (is_list && text.starts_with([' ', '\t'])).then(|| (marks, text.trim()))
}

/// The list that begins with the first line, and the lines after it.
pub(super) fn first<'r, 'a>(rest: &'r [&'a str]) -> (Vec<Value>, &'r [&'a str]) {
    let mut items: Vec<Line<'a>> = Vec::new();
    let mut taken = 0;
    for line in rest {
        let trimmed = line.trim();
        match (marks(line), items.last_mut()) {
            (Some((marks, text)), _) => items.push(Line { marks, text: text.to_owned() }),
            // What is no item goes on with the one before, up to an empty line or another block.
            (None, Some(last)) if goes_on(trimmed) => {
                last.text.push('\n');
                last.text.push_str(trimmed);
            }
            _ => break,
        }
        taken += 1;
    }
    (nested(&items, 0), rest.get(taken..).unwrap_or_default())
}

fn goes_on(line: &str) -> bool {
    !line.is_empty()
        && !line.starts_with('|')
        && blocks::heading(line).is_none()
        && !blocks::is_rule(line)
        && !line.starts_with("bq.")
}

/// The lists at one level.
fn nested(items: &[Line<'_>], level: usize) -> Vec<Value> {
    let mut lists = Vec::new();
    let mut rest = items;
    while let Some(first) = rest.first() {
        let kind = kind(first, level);
        let same = rest.iter().take_while(|item| self::kind(item, level) == kind).count().max(1);
        let (now, after) = rest.split_at(same);
        lists.push(node(kind, one(now, level)));
        rest = after;
    }
    lists
}

/// The items of one list, each with what stands below it.
fn one(items: &[Line<'_>], level: usize) -> Vec<Value> {
    let mut out = Vec::new();
    let mut rest = items;
    while let Some(first) = rest.first() {
        let is_own = first.marks.len() == level + 1 || level + 1 >= DEPTH;
        let below = rest.get(usize::from(is_own)..).unwrap_or_default();
        let count = if level + 1 >= DEPTH { 0 } else { below.iter().take_while(|item| item.marks.len() > level + 1).count() };
        let (below, after) = below.split_at(count);
        let own = if is_own { inline::all(&first.text, &[]) } else { vec![] };
        let mut content = vec![node("paragraph", own)];
        content.extend(nested(below, level + 1));
        out.push(node("listItem", content));
        rest = after;
    }
    out
}

fn kind(item: &Line<'_>, level: usize) -> &'static str {
    match item.marks.as_bytes().get(level) {
        Some(b'#') => "orderedList",
        _ => "bulletList",
    }
}
