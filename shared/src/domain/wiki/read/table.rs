//! Tables: `||head||head||` and `|cell|cell|`; a row goes on over lines until one ends with a bar.

use serde_json::Value;

use super::macros::{self, Unclosed};
use super::{blocks, bracket, node};

/// The table that begins with the first line, and the lines after it.
pub(super) fn first<'r, 'a>(rest: &'r [&'a str], depth: usize) -> (Vec<Value>, &'r [&'a str]) {
    let mut rows: Vec<String> = Vec::new();
    let mut taken = 0;
    for line in rest {
        let trimmed = line.trim();
        match rows.last_mut() {
            _ if trimmed.starts_with('|') => rows.push(trimmed.to_owned()),
            Some(row) if is_open(row) && !trimmed.is_empty() => {
                row.push('\n');
                row.push_str(trimmed);
            }
            _ => break,
        }
        taken += 1;
    }
    let rows = rows.iter().map(|row| self::row(row, depth)).collect();
    (vec![node("table", rows)], rest.get(taken..).unwrap_or_default())
}

fn is_open(row: &str) -> bool {
    !row.ends_with('|') || row.ends_with("\\|")
}

fn row(row: &str, depth: usize) -> Value {
    let cells = cells(row).into_iter().map(|(is_header, cell)| {
        let kind = if is_header { "tableHeader" } else { "tableCell" };
        let content = blocks::all(cell.trim(), depth + 1);
        node(kind, if content.is_empty() { vec![node("paragraph", vec![])] } else { content })
    });
    node("tableRow", cells.collect())
}

/// The cells of a row, and whether each is a header.
fn cells(row: &str) -> Vec<(bool, &str)> {
    let mut cells = Vec::new();
    let mut unclosed = Unclosed::default();
    let mut begun: Option<(bool, usize)> = None;
    let mut at = 0;
    while let Some(rest) = row.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        let width = match first {
            '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            '|' => {
                if let Some((is_header, start)) = begun {
                    cells.push((is_header, row.get(start..at).unwrap_or_default()));
                }
                let bars = if rest.starts_with("||") { 2 } else { 1 };
                begun = Some((bars == 2, at + bars));
                bars
            }
            '[' | '!' => bracket::length(rest, first).unwrap_or(1),
            '{' if rest.starts_with("{{") => macros::near(rest).find("}}").map_or(1, |end| end + 2),
            '{' => macros::here(row, at, &mut unclosed).map_or(1, |found| found.end - found.start),
            other => other.len_utf8(),
        };
        at += width;
    }
    // What stands behind the last bar is no cell when it is empty.
    if let Some((is_header, start)) = begun {
        let last = row.get(start..).unwrap_or_default();
        cells.extend((!last.trim().is_empty()).then_some((is_header, last)));
    }
    cells
}
