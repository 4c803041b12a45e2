//! A table of a story as one criterion with its rows as examples.

use super::lexicon::{List, fill, list};
use super::outline::Table;
use super::rules::Frame;
use crate::domain::criterion::{CriterionKind, Examples};
use crate::domain::evidence::{Evidence, Origin};
use crate::domain::language::fold;
use crate::domain::reply::ProposedCriterion;

/// What the column of roles is called, in all languages: teams mix them.
const ROLES: &List = list![
    "role",
    "roles",
    "user role",
    "rolle",
    "rollen",
    "rol",
    "perfil",
    "profil",
    "profile",
    "user group",
    "benutzerrolle",
    "gebruikersrol",
    "papel do usuario",
];

/// Most rows that are taken over.
pub(super) const ROWS: usize = 50;

/// The last column is what must be seen, the others are what it depends on; in a matrix each cell is, and depends on the heads of its
/// line and of its column; `None` for a table of another shape.
pub(super) fn criterion(table: &Table<'_>, frame: &Frame<'_>) -> Option<ProposedCriterion> {
    let (header, rows) = table.rows.split_first()?;
    let rows: Vec<Vec<String>> = rows.iter().filter(|row| !row.iter().any(|cell| cell.contains('\n'))).cloned().collect();
    let rows = rows.as_slice();
    let full = header.iter().all(|cell| !cell.is_empty()) && rows.iter().all(|row| row.len() == header.len());
    if header.len() < 2 || rows.is_empty() || !full {
        return None;
    }
    let columns: Vec<String> = header.iter().map(|cell| cell.replace(['<', '>', '|', '\n'], " ").trim().to_owned()).collect();
    let cell = |column: &String| fill(frame.words.phrases.cell, &[column, &format!("<{column}>")]);
    let (last, inputs) = columns.split_last()?;
    let first = columns.first()?;
    let shape = if is_matrix(table) {
        matrix(&columns, rows, frame).unwrap_or_else(|| {
            let others = columns.get(1..).unwrap_or_default();
            Shape { when: vec![cell(first)], then: others.iter().map(cell).collect(), ..plain_shape(&columns, rows, frame) }
        })
    } else {
        Shape { when: inputs.iter().map(cell).collect(), then: vec![cell(last)], ..plain_shape(&columns, rows, frame) }
    };
    let quotes = table.lines.iter().take(ROWS + 1);
    Some(ProposedCriterion {
        title: columns.join(" / "),
        kind: shape.kind,
        given: shape.given,
        when: shape.when,
        then: shape.then,
        examples: shape.examples,
        origin: Origin::Stated,
        evidence: quotes.map(|line| Evidence { source: table.part.to_owned(), quote: (*line).to_owned() }).collect(),
        rule: String::new(),
    })
}

/// What a table becomes.
struct Shape {
    kind: CriterionKind,
    given: Vec<String>,
    when: Vec<String>,
    then: Vec<String>,
    examples: Examples,
}

/// The lines of a table as they stand.
fn plain_shape(columns: &[String], rows: &[Vec<String>], frame: &Frame<'_>) -> Shape {
    let examples = Examples { header: columns.to_vec(), rows: rows.iter().take(ROWS).cloned().collect() };
    Shape { kind: CriterionKind::Rule, given: frame.given(), when: Vec::new(), then: Vec::new(), examples }
}

/// One row for each cell; `None` when they are too many.
fn matrix(columns: &[String], rows: &[Vec<String>], frame: &Frame<'_>) -> Option<Shape> {
    let phrases = &frame.words.phrases;
    let (case, value) = (phrases.frames.case_column, phrases.column);
    let (first, others) = columns.split_first()?;
    let clear = first != case && first != value;
    let blank = |name: &str| format!("<{name}>");
    let cells = rows.iter().flat_map(|row| {
        let (head, cells) = row.split_first().map_or((String::new(), &[][..]), |(head, cells)| (head.clone(), cells));
        others.iter().zip(cells).map(move |(column, cell)| vec![head.clone(), column.clone(), cell.clone()])
    });
    let rows: Vec<Vec<String>> = cells.take(ROWS + 1).collect();
    if !clear || rows.len() > ROWS {
        return None;
    }
    let then = vec![fill(phrases.holds, &[&blank(value)])];
    let examples = Examples { header: vec![first.clone(), case.to_owned(), value.to_owned()], rows };
    if ROLES.holds(&fold(first)) {
        // Who may do what: the role of a row, and not that of the story.
        let given = vec![fill(phrases.role_is, &[&blank(first)])];
        let when = vec![fill(phrases.frames.tried, &[&blank(case)])];
        return Some(Shape { kind: CriterionKind::Permission, given, when, then, examples });
    }
    let when = vec![fill(phrases.cell, &[first, &blank(first)]), fill(phrases.frames.case, &[&blank(case)])];
    Some(Shape { kind: CriterionKind::Rule, given: frame.given(), when, then, examples })
}

/// Whether all columns but the first hold values of one kind: amounts of one unit, or the same few words.
pub(super) fn is_matrix(table: &Table<'_>) -> bool {
    let rows = table.rows.get(1..).unwrap_or_default();
    let kind = |cell: &String| {
        let number = cell.contains(|letter: char| letter.is_ascii_digit());
        if number { cell.split_whitespace().last().unwrap_or_default().to_lowercase() } else { cell.to_lowercase() }
    };
    let cells: Vec<String> = rows.iter().flat_map(|row| row.iter().skip(1)).map(kind).collect();
    let kinds: std::collections::BTreeSet<&String> = cells.iter().collect();
    let wide = rows.iter().all(|row| row.len() > 2);
    // At least two columns of three lines, so that a repetition is no accident.
    wide && cells.len() >= 4 && kinds.len() * 2 <= cells.len() && kinds.len() <= 4
}

/// The header as a person would read it aloud.
pub(super) fn heading(table: &Table<'_>) -> String {
    table.rows.first().map_or_else(String::new, |header| header.join(" · "))
}
