//! A table of a story as one criterion with its rows as examples.

use super::lexicon::fill;
use super::outline::Table;
use super::rules::Frame;
use crate::domain::criterion::{CriterionKind, Examples};
use crate::domain::evidence::{Evidence, Origin};
use crate::domain::language::fold;
use crate::domain::reply::ProposedCriterion;

/// What the column of roles is called, in all languages: teams mix them.
const ROLES: &[&str] = &[
    "role",
    "roles",
    "user role",
    "rolle",
    "rollen",
    "rol",
    "rollen",
    "papel",
    "papeis",
    "perfil",
    "profil",
    "profile",
    "user group",
    "benutzerrolle",
    "gebruikersrol",
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
    let matrix = if is_matrix(table) { matrix(&columns, rows, frame) } else { None };
    let (when, then, examples) = matrix.unwrap_or_else(|| {
        let rows = rows.iter().take(ROWS).cloned().collect();
        (inputs.iter().map(cell).collect(), vec![cell(last)], Examples { header: columns.clone(), rows })
    });
    let quotes = table.lines.iter().take(ROWS + 1);
    // Who may do what: the role of a row, and not that of the story.
    let roles = examples.header.len() == 3 && ROLES.contains(&fold(first).as_str()) && is_matrix(table);
    let role = || fill(frame.words.phrases.role_is, &[&format!("<{first}>")]);
    let deed = || fill(frame.words.phrases.frames.tried, &[&format!("<{}>", frame.words.phrases.frames.case_column)]);
    Some(ProposedCriterion {
        title: columns.join(" / "),
        kind: if roles { CriterionKind::Permission } else { CriterionKind::Rule },
        given: if roles { vec![role()] } else { frame.given() },
        when: if roles { vec![deed()] } else { when },
        then,
        examples,
        origin: Origin::Stated,
        evidence: quotes.map(|line| Evidence { source: table.part.to_owned(), quote: (*line).to_owned() }).collect(),
        rule: String::new(),
    })
}

/// One row for each cell; `None` when they are too many.
fn matrix(columns: &[String], rows: &[Vec<String>], frame: &Frame<'_>) -> Option<(Vec<String>, Vec<String>, Examples)> {
    let phrases = &frame.words.phrases;
    let (case, value) = (phrases.frames.case_column, phrases.column);
    let (first, others) = columns.split_first()?;
    let clear = first != case && first != value;
    let blank = |name: &str| format!("<{name}>");
    let cells = rows.iter().flat_map(|row| {
        let (head, cells) = row.split_first().map_or((String::new(), &[][..]), |(head, cells)| (head.clone(), cells));
        others.iter().zip(cells).map(move |(column, cell)| vec![head.clone(), column.clone(), cell.clone()])
    });
    let rows: Vec<Vec<String>> = cells.collect();
    let when = vec![fill(phrases.cell, &[first, &blank(first)]), fill(phrases.frames.case, &[&blank(case)])];
    let header = vec![first.clone(), case.to_owned(), value.to_owned()];
    (clear && rows.len() <= ROWS).then(|| (when, vec![fill(phrases.holds, &[&blank(value)])], Examples { header, rows }))
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
