//! What a person reads in Jira.

use super::super::criterion::{CriteriaSet, Question};
use super::super::document::{Block, Document, Flow, Footer, Inline, Item, PanelKind};
use super::super::evidence::Origin;
use super::super::publish::PublishWhat;
use super::super::scenario::Suite;
use super::words::Words;
use super::{Output, brief, criteria, item, suite};

/// How the suite is told: [`brief::blocks`] or [`suite::blocks`].
type Telling = fn(&Output<'_>, &Words, &Suite, Option<&CriteriaSet>) -> Vec<Block>;

/// The result as a document for a comment or a section, short enough that an ordinary story needs one comment; `marker` is what we know
/// it by when we come back.
#[must_use]
pub fn document(output: &Output<'_>, what: PublishWhat, marker: &str) -> Document {
    told(output, what, marker, brief::blocks)
}

/// The whole result with each scenario at length, for a page.
pub(super) fn page(output: &Output<'_>) -> Document {
    Document { footer: None, ..told(output, PublishWhat::All, "", suite::blocks) }
}

fn told(output: &Output<'_>, what: PublishWhat, marker: &str, telling: Telling) -> Document {
    let words = Words::of(output.language());
    let output = Output { suite: output.suite.filter(|_| what != PublishWhat::Criteria), ..*output };
    // The criteria stay at hand for their titles even when only the suite is shown.
    let shown = output.criteria.filter(|_| what != PublishWhat::Scenarios);

    let mut blocks: Vec<Block> = vec![intro(words, shown, output.suite)];
    blocks.extend(item::legend(words, &origins(shown, output.suite)));
    blocks.extend(item::questions(words, &open_questions(shown, output.suite)));
    blocks.extend(to_check(words, shown, output.suite));
    blocks.extend(shown.into_iter().flat_map(|set| criteria::blocks(&output, words, set)));
    blocks.extend(output.suite.into_iter().flat_map(|set| telling(&output, words, set, shown)));
    let dropped: Vec<_> = shown
        .into_iter()
        .flat_map(|set| &set.dropped)
        .chain(output.suite.into_iter().flat_map(|set| &set.dropped))
        .cloned()
        .collect();
    blocks.extend(item::left_out(words, &dropped));
    Document { blocks, footer: Some(Footer { text: words.footer.to_owned(), marker: marker.to_owned() }) }
}

/// The title of our section in a description, ending with the marker.
#[must_use]
pub fn section_title(output: &Output<'_>, what: PublishWhat, marker: &str) -> String {
    let words = Words::of(output.language());
    let both = what == PublishWhat::All && output.criteria.is_some() && output.suite.is_some();
    let title = match what {
        _ if both => format!("{}, {}", words.criteria, words.scenarios),
        PublishWhat::Scenarios => words.scenarios.to_owned(),
        PublishWhat::All if output.criteria.is_none() => words.scenarios.to_owned(),
        _ => words.criteria.to_owned(),
    };
    format!("{title} · {marker}")
}

/// Counts and coverage in a line.
fn intro(words: &Words, criteria: Option<&CriteriaSet>, suite: Option<&Suite>) -> Block {
    let mut facts: Vec<String> = Vec::new();
    facts.extend(criteria.map(|set| format!("{}: {}", words.criteria, set.criteria.len())));
    facts.extend(suite.map(|set| format!("{}: {}", words.scenarios, set.scenarios.len())));
    let coverage = suite.map(|set| &set.coverage).filter(|coverage| coverage.total > 0);
    facts.extend(coverage.map(|it| format!("{}: {} {} {}", words.coverage, it.covered, words.covered_of, it.total)));
    let empty = criteria.is_none_or(|set| set.criteria.is_empty()) && suite.is_none_or(|set| set.scenarios.is_empty());
    let mut line = vec![Inline::strong(facts.join(" · "))];
    if empty {
        line.extend([Inline::Break, Inline::text(words.nothing)]);
    }
    Flow::Paragraph(line).into()
}

fn origins(criteria: Option<&CriteriaSet>, suite: Option<&Suite>) -> Vec<Origin> {
    let criteria = criteria.into_iter().flat_map(|set| set.criteria.iter().map(|item| item.origin));
    criteria.chain(suite.into_iter().flat_map(|set| set.scenarios.iter().map(|item| item.origin))).collect()
}

fn open_questions<'a>(criteria: Option<&'a CriteriaSet>, suite: Option<&'a Suite>) -> Vec<&'a Question> {
    criteria.into_iter().flat_map(|set| &set.questions).chain(suite.into_iter().flat_map(|set| &set.questions)).collect()
}

/// Warnings and findings about the whole.
fn to_check(words: &Words, criteria: Option<&CriteriaSet>, suite: Option<&Suite>) -> Option<Block> {
    let mut lines: Vec<String> = Vec::new();
    for (warnings, findings) in
        criteria.map(|set| (&set.warnings, &set.findings)).into_iter().chain(suite.map(|set| (&set.warnings, &set.findings)))
    {
        for line in warnings.iter().map(|warning| item::one_line(warning)).chain(item::messages(findings)) {
            if !line.is_empty() && !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    item::panel(PanelKind::Warning, words.check, lines.into_iter().map(|line| Item::line(vec![Inline::text(line)])).collect())
}
