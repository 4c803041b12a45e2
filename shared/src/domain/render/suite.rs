//! The suite as a page tells it: an overview, then each scenario at length.

use super::super::criterion::{CriteriaSet, Examples};
use super::super::document::{Block, Body, Colour, Flow, Inline, Item, Level, PanelKind, Table};
use super::super::scenario::{Priority, Scenario, Suite};
use super::Output;
use super::item;
use super::words::Words;

/// What is not covered, the overview, the scenarios.
pub(super) fn blocks(output: &Output<'_>, words: &Words, suite: &Suite, _shown: Option<&CriteriaSet>) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    out.push(item::heading(Level::Three, vec![Inline::text(words.scenarios)]).into());
    out.extend(uncovered(words, suite, output.criteria));
    if !suite.scenarios.is_empty() {
        out.push(Block::Body(Body::Table(overview(words, suite))));
    }
    out.extend(suite.scenarios.iter().map(|scenario| one(output, words, scenario)));
    out
}

pub(super) fn uncovered(words: &Words, suite: &Suite, criteria: Option<&CriteriaSet>) -> Option<Block> {
    let rows = suite.coverage.rows.iter().filter(|row| row.scenarios.is_empty());
    let items = rows.map(|row| {
        let title = title_of(criteria, &row.criterion).unwrap_or_default();
        Item::line(vec![Inline::text(format!("{} {title}", row.criterion))])
    });
    item::panel(PanelKind::Warning, words.uncovered, items.collect())
}

/// What a criterion says in a line.
pub(super) fn title_of(criteria: Option<&CriteriaSet>, id: &str) -> Option<String> {
    criteria?.criteria.iter().find(|criterion| criterion.id == id).map(|criterion| item::one_line(&criterion.title))
}

fn overview(words: &Words, suite: &Suite) -> Table {
    let rows = suite.scenarios.iter().map(|scenario| {
        let mut title = vec![Inline::text(item::one_line(&scenario.title))];
        title.extend(item::badge(words, scenario.origin));
        vec![
            vec![Inline::strong(&scenario.id)],
            title,
            vec![Inline::text(words.technique(scenario.technique))],
            vec![priority(words, scenario.priority)],
            vec![Inline::text(scenario.covers.join(", "))],
        ]
    });
    let header = [words.id, words.title, words.technique, words.priority, words.covers].map(str::to_owned).to_vec();
    Table { numbered: false, header, rows: rows.collect() }
}

pub(super) fn priority(words: &Words, priority: Priority) -> Inline {
    let colour = match priority {
        Priority::High => Colour::Red,
        Priority::Medium => Colour::Purple,
        Priority::Low => Colour::Neutral,
    };
    Inline::status(words.priority(priority).to_uppercase(), colour)
}

fn one(output: &Output<'_>, words: &Words, scenario: &Scenario) -> Block {
    Block::Expand { title: format!("{} {}", scenario.id, item::one_line(&scenario.title)), body: body(output, words, scenario) }
}

/// All of a scenario but its id and title.
pub(super) fn body(output: &Output<'_>, words: &Words, scenario: &Scenario) -> Vec<Body> {
    let mut body: Vec<Body> = Vec::new();
    let mut facts = vec![priority(words, scenario.priority), Inline::text(format!(" {}", words.technique(scenario.technique)))];
    if !scenario.covers.is_empty() {
        facts.push(Inline::text(format!(" · {}: {}", words.covers, scenario.covers.join(", "))));
    }
    facts.extend(item::badge(words, scenario.origin));
    body.push(Flow::Paragraph(facts).into());
    let relation = item::relation(output, words, &scenario.relation);
    body.extend((!relation.is_empty()).then(|| Flow::Paragraph(relation).into()));
    if !scenario.preconditions.is_empty() {
        body.push(Flow::Paragraph(vec![Inline::strong(words.preconditions)]).into());
        let items = scenario.preconditions.iter().map(|text| Item::line(vec![Inline::text(item::one_line(text))]));
        body.push(Flow::BulletList(items.collect()).into());
    }
    body.extend(steps(words, scenario));
    body.push(item::gherkin(&scenario.gherkin));
    body.extend(examples(&scenario.examples, &scenario.gherkin));
    body.extend(item::evidence(output, words, &scenario.evidence, ""));
    body.extend(item::checks(words, &scenario.findings));
    body
}

fn steps(words: &Words, scenario: &Scenario) -> Option<Body> {
    let data = scenario.steps.iter().any(|step| !step.data.trim().is_empty());
    let rows = scenario.steps.iter().map(|step| {
        let mut row = vec![vec![Inline::text(&step.action)]];
        row.extend(data.then(|| vec![Inline::text(&step.data)]));
        row.push(vec![Inline::text(&step.expected)]);
        row
    });
    let mut header = vec![words.action.to_owned()];
    header.extend(data.then(|| words.data.to_owned()));
    header.push(words.expected.to_owned());
    (!scenario.steps.is_empty()).then(|| Body::Table(Table { numbered: true, header, rows: rows.collect() }))
}

/// Examples that the Gherkin does not already show.
pub(super) fn examples(examples: &Examples, gherkin: &str) -> Option<Body> {
    let shown = examples
        .rows
        .first()
        .and_then(|row| row.first())
        .is_some_and(|cell| gherkin.contains('|') && gherkin.contains(cell.trim()));
    let cell = |text: &String| vec![Inline::text(text)];
    let rows = || examples.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    (!examples.is_empty() && !shown)
        .then(|| Body::Table(Table { numbered: false, header: examples.header.clone(), rows: rows() }))
}
