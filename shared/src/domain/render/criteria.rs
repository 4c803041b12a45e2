//! The criteria of a story.

use super::super::criterion::{CriteriaSet, Criterion, Testable};
use super::super::document::{Block, Body, Flow, Inline, Item, Level, PanelKind};
use super::Output;
use super::item;
use super::words::Words;

/// Whether the story can be tested, then each criterion, then what it leaves out.
pub(super) fn blocks(output: &Output<'_>, words: &Words, set: &CriteriaSet) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    out.push(item::heading(Level::Three, vec![Inline::text(words.criteria)]).into());
    out.extend(testable(words, set));
    for criterion in &set.criteria {
        out.extend(one(output, words, criterion).into_iter().map(Block::Body));
    }
    let scope = set.out_of_scope.iter().map(|evidence| {
        let quote = Inline::em(format!("“{}”", item::one_line(&evidence.quote)));
        Item::line(vec![quote, Inline::text(" – "), item::source(output, words, &evidence.source)])
    });
    out.extend(item::panel(PanelKind::Info, words.out_of_scope, scope.collect()));
    out
}

fn one(output: &Output<'_>, words: &Words, criterion: &Criterion) -> Vec<Body> {
    let mut title = vec![Inline::text(format!("{} {}", criterion.id, item::one_line(&criterion.title)))];
    title.extend(item::badge(words, criterion.origin));
    let mut out = vec![item::heading(Level::Four, title)];
    out.extend(body(output, words, criterion));
    out
}

/// All of a criterion but its id and title.
pub(super) fn body(output: &Output<'_>, words: &Words, criterion: &Criterion) -> Vec<Body> {
    let mut out = vec![item::gherkin(untagged(&criterion.gherkin))];
    out.extend(item::evidence(output, words, &criterion.evidence, &criterion.rule));
    out.extend(item::checks(words, &criterion.findings));
    out
}

/// A scenario without the tags above it: the heading says the same. Tags alone stay.
fn untagged(gherkin: &str) -> &str {
    let mut rest = gherkin;
    while rest.trim_start().starts_with('@')
        && let Some((_, below)) = rest.trim_start().split_once('\n')
    {
        rest = below;
    }
    if rest.trim().is_empty() { gherkin } else { rest }
}

fn testable(words: &Words, set: &CriteriaSet) -> Option<Block> {
    let title = match set.testable {
        Testable::Yes => return None,
        Testable::Partly => words.partly_testable,
        Testable::No => words.not_testable,
    };
    let reasons: Vec<Item> = set.reasons.iter().map(|reason| Item::line(vec![Inline::text(item::one_line(reason))])).collect();
    let mut body = vec![Flow::Paragraph(vec![Inline::strong(title)])];
    body.extend((!reasons.is_empty()).then_some(Flow::BulletList(reasons)));
    Some(Block::Body(Body::Panel { kind: PanelKind::Warning, body }))
}
