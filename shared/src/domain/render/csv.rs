//! A table for a spreadsheet or a test management tool.

use super::super::criterion::CriteriaSet;
use super::super::evidence::CheckedEvidence;
use super::super::scenario::{Relation, Scenario, Step, Suite};
use super::Output;

const SCENARIOS: [&str; 13] = [
    "id",
    "title",
    "technique",
    "priority",
    "preconditions",
    "step",
    "action",
    "data",
    "expected",
    "covers",
    "origin",
    "evidence",
    "relation",
];
const CRITERIA: [&str; 8] = ["id", "title", "kind", "given", "when", "then", "origin", "evidence"];

/// The suite, one row a step; or the criteria, one row each, where there is no suite.
///
/// No cell is a formula to a spreadsheet: what would begin one gets an apostrophe in front.
#[must_use]
pub fn csv(output: &Output<'_>) -> String {
    let rows = match (output.suite, output.criteria) {
        (None, Some(criteria)) => criteria_rows(criteria),
        (suite, _) => suite_rows(suite),
    };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        // Rows are as wide as the header and memory does not fail.
        let _ = writer.write_record(row.iter().map(|cell| guarded(cell)));
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn suite_rows(suite: Option<&Suite>) -> Vec<Vec<String>> {
    let mut rows = vec![SCENARIOS.map(str::to_owned).to_vec()];
    for scenario in suite.into_iter().flat_map(|suite| &suite.scenarios) {
        let none = Step { action: String::new(), data: String::new(), expected: String::new() };
        let steps = if scenario.steps.is_empty() { std::slice::from_ref(&none) } else { &scenario.steps };
        rows.extend((1..).zip(steps).map(|(number, step)| step_row(scenario, number, step)));
    }
    rows
}

fn step_row(scenario: &Scenario, number: usize, step: &Step) -> Vec<String> {
    vec![
        scenario.id.clone(),
        scenario.title.clone(),
        scenario.technique.to_string(),
        scenario.priority.to_string(),
        scenario.preconditions.join("\n"),
        number.to_string(),
        step.action.clone(),
        step.data.clone(),
        step.expected.clone(),
        scenario.covers.join(", "),
        scenario.origin.to_string(),
        quotes(&scenario.evidence),
        relation(&scenario.relation),
    ]
}

/// `extends SHOP-31`, or `new`.
fn relation(relation: &Relation) -> String {
    if relation.is_new() { relation.kind.to_string() } else { format!("{} {}", relation.kind, relation.of) }
}

fn criteria_rows(set: &CriteriaSet) -> Vec<Vec<String>> {
    let mut rows = vec![CRITERIA.map(str::to_owned).to_vec()];
    rows.extend(set.criteria.iter().map(|criterion| {
        vec![
            criterion.id.clone(),
            criterion.title.clone(),
            criterion.kind.to_string(),
            criterion.given.join("\n"),
            criterion.when.join("\n"),
            criterion.then.join("\n"),
            criterion.origin.to_string(),
            quotes(&criterion.evidence),
        ]
    }));
    rows
}

fn quotes(evidence: &[CheckedEvidence]) -> String {
    evidence.iter().map(|quoted| format!("{}: {}", quoted.source, quoted.quote)).collect::<Vec<_>>().join("\n")
}

/// A cell that no spreadsheet takes for a formula.
fn guarded(cell: &str) -> String {
    let starts = |text: &str| text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if starts(cell) || starts(cell.trim_start()) { format!("'{cell}") } else { cell.to_owned() }
}
