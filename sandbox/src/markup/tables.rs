//! Tables in pipes.

use serde_json::{Value, json};

use super::blocks;

/// Whether a line looks like a row.
pub(super) fn is_row(line: &str) -> bool {
    line.len() > 2 && line.starts_with('|') && line[1..].contains('|')
}

/// Reads a table from the front and says how many lines it took.
pub(super) fn parse(lines: &[&str], nodes: &mut Vec<Value>) -> usize {
    let rows: Vec<Vec<String>> = lines.iter().map(|line| line.trim()).take_while(|line| is_row(line)).map(cells).collect();
    let taken = rows.len();
    let header = rows.get(1).is_some_and(|row| is_separator(row));
    let width = rows.iter().map(Vec::len).max().unwrap_or(1);
    let content: Vec<Value> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| !is_separator(row))
        .map(|(number, row)| table_row(row, width, header && number == 0))
        .collect();
    if !content.is_empty() {
        nodes.push(json!({"type": "table", "content": content}));
    }
    taken.max(1)
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.strip_prefix('|').unwrap_or(line);
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    inner.replace("\\|", "\u{1}").split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}

fn is_separator(row: &[String]) -> bool {
    row.iter().all(|cell| cell.contains('-') && cell.chars().all(|c| matches!(c, '-' | ':' | ' ')))
}

fn table_row(row: &[String], width: usize, header: bool) -> Value {
    let kind = if header { "tableHeader" } else { "tableCell" };
    let cells: Vec<Value> = (0..width)
        .map(|column| {
            let text = row.get(column).map(|cell| cell.replace("<br>", "\n")).unwrap_or_default();
            json!({"type": kind, "attrs": {}, "content": [blocks::paragraph(&text.lines().collect::<Vec<_>>())]})
        })
        .collect();
    json!({"type": "tableRow", "content": cells})
}
