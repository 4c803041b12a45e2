//! Tables as GitHub-flavoured Markdown.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Reader, attr, children, kind};

/// Wider cells are cut; the schema sets no limit.
const MAX_SPAN: u64 = 50;

/// A cell as text, and whether it is a header.
struct Cell {
    text: String,
    header: bool,
}

impl Reader {
    pub(super) fn table(&mut self, node: &Value, depth: usize) -> String {
        let mut rows: Vec<Vec<Cell>> = Vec::new();
        // Column → how many rows below are still taken by a cell from above.
        let mut taken: BTreeMap<usize, u64> = BTreeMap::new();
        for row in children(node) {
            if !self.enter() {
                break;
            }
            rows.push(self.row(row, &mut taken, depth + 1));
        }
        let width = rows.iter().map(Vec::len).max().unwrap_or(0);
        if width == 0 {
            return String::new();
        }
        let headed = rows.first().is_some_and(|row| !row.is_empty() && row.iter().all(|cell| cell.header));
        let mut lines = Vec::new();
        let (head, body) = rows.split_at(usize::from(headed));
        lines.push(line(head.first().map_or(&[], Vec::as_slice), width, false));
        lines.push(format!("|{}", " --- |".repeat(width)));
        lines.extend(body.iter().map(|row| line(row, width, true)));
        lines.join("\n")
    }

    fn row(&mut self, row: &Value, taken: &mut BTreeMap<usize, u64>, depth: usize) -> Vec<Cell> {
        let mut cells: Vec<Cell> = Vec::new();
        for cell in children(row) {
            fill(&mut cells, taken);
            let span =
                |name: &str| attr(cell, name).and_then(|n| n.parse::<f64>().ok()).map_or(1, |n| (n as u64).clamp(1, MAX_SPAN));
            let (columns, rows) = (span("colspan"), span("rowspan"));
            let text = match kind(cell) {
                Some("tableCell" | "tableHeader") => self.blocks(children(cell), depth + 1),
                _ => self.blocks(std::slice::from_ref(cell), depth + 1),
            };
            let header = kind(cell) == Some("tableHeader");
            for column in 0..columns {
                if rows > 1 {
                    taken.insert(cells.len(), rows - 1);
                }
                cells.push(Cell { text: if column == 0 { flat(&text) } else { String::new() }, header });
            }
        }
        fill(&mut cells, taken);
        cells
    }
}

/// Empty cells where a cell from above reaches down.
fn fill(cells: &mut Vec<Cell>, taken: &mut BTreeMap<usize, u64>) {
    while let Some(left) = taken.get_mut(&cells.len()) {
        let column = cells.len();
        *left -= 1;
        if *left == 0 {
            taken.remove(&column);
        }
        cells.push(Cell { text: String::new(), header: false });
    }
}

fn line(cells: &[Cell], width: usize, body: bool) -> String {
    let mut out = String::from("|");
    for column in 0..width {
        let text = cells.get(column).map_or(String::new(), |cell| {
            let bold = body && cell.header && !cell.text.is_empty() && !cell.text.contains("**") && !cell.text.contains("<br>");
            if bold { format!("**{}**", cell.text) } else { cell.text.clone() }
        });
        out.push_str(&format!(" {text} |"));
    }
    out
}

/// A cell's blocks on one line.
fn flat(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("<br>").replace('|', "\\|")
}
