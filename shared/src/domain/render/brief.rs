//! The suite as a comment tells it: what is tested under each criterion, and the Gherkin once, folded away.
//!
//! Steps, data and preconditions of a manual test stand in the page and the tables; a comment that repeats them grows too long to be read.

use super::super::criterion::CriteriaSet;
use super::super::document::{Block, Body, Flow, Inline, Item, Level, PanelKind};
use super::super::evidence::CheckedEvidence;
use super::super::scenario::{Priority, Scenario, Suite};
use super::words::Words;
use super::{Output, item, suite};

/// Scenarios that test the same criterion first of all; none for those that cover nothing.
struct Group<'a> {
    criterion: Option<&'a str>,
    scenarios: Vec<&'a Scenario>,
}

/// What is not covered, the scenarios of each criterion, those that exist as tests already, then the Gherkin of the others. `shown` are the criteria that stand above.
pub(super) fn blocks(output: &Output<'_>, words: &Words, suite: &Suite, shown: Option<&CriteriaSet>) -> Vec<Block> {
    let mut out: Vec<Block> = vec![item::heading(Level::Three, vec![Inline::text(words.scenarios)]).into()];
    out.extend(suite::uncovered(words, suite, output.criteria));
    let groups = groups(suite);
    for group in &groups {
        out.extend(group.criterion.map(|id| heading(output.criteria.filter(|_| shown.is_none()), id)));
        let items = group.scenarios.iter().map(|scenario| Item::line(line(output, words, scenario)));
        out.push(Flow::BulletList(items.collect()).into());
    }
    let skipped = suite.skipped().map(|scenario| {
        let mut text = vec![Inline::text(format!("{} {} · ", scenario.id, item::one_line(&scenario.title)))];
        text.extend(item::relation(output, words, &scenario.relation));
        Item::line(text)
    });
    out.extend(item::panel(PanelKind::Info, words.skipped, skipped.collect()));
    let scenarios: Vec<&Scenario> = groups.into_iter().flat_map(|group| group.scenarios).collect();
    if !scenarios.is_empty() {
        out.push(Block::Expand { title: words.gherkin.to_owned(), body: details(output, words, &scenarios, shown) });
    }
    out
}

/// In the order of the suite, but what covers nothing first: it has no heading.
fn groups(suite: &Suite) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for scenario in suite.published() {
        let criterion = scenario.covers.first().map(String::as_str);
        match groups.iter_mut().find(|group| group.criterion == criterion) {
            Some(group) => group.scenarios.push(scenario),
            None => groups.push(Group { criterion, scenarios: vec![scenario] }),
        }
    }
    groups.sort_by_key(|group| group.criterion.is_some());
    groups
}

/// A criterion that does not stand above is named by its title too.
fn heading(criteria: Option<&CriteriaSet>, id: &str) -> Block {
    let title = suite::title_of(criteria, id).map(|title| format!(" {title}")).unwrap_or_default();
    item::heading(Level::Five, vec![Inline::text(format!("{id}{title}"))]).into()
}

/// A scenario in a line; only what is unusual is coloured.
fn line(output: &Output<'_>, words: &Words, scenario: &Scenario) -> Vec<Inline> {
    let mut facts = format!("{} {} · {}", scenario.id, item::one_line(&scenario.title), words.technique(scenario.technique));
    if scenario.covers.len() > 1 {
        facts.push_str(&format!(" · {}: {}", words.covers, scenario.covers.join(", ")));
    }
    let mut out = if scenario.priority == Priority::High {
        vec![Inline::text(format!("{facts} · ")), suite::priority(words, scenario.priority)]
    } else {
        vec![Inline::text(format!("{facts} · {}", words.priority(scenario.priority)))]
    };
    out.extend(item::badge(words, scenario.origin));
    let relation = item::relation(output, words, &scenario.relation);
    out.extend((!relation.is_empty()).then(|| Inline::text(" · ")));
    out.extend(relation);
    let remarks = item::remarks(words, &scenario.findings);
    out.extend((!remarks.is_empty()).then_some(Inline::Break));
    out.extend(remarks);
    out
}

/// The Gherkin in one block, to be copied at once, then what neither it nor the criteria say already.
fn details(output: &Output<'_>, words: &Words, scenarios: &[&Scenario], shown: Option<&CriteriaSet>) -> Vec<Body> {
    let gherkin: Vec<&str> = scenarios.iter().map(|scenario| scenario.gherkin.trim_matches('\n')).collect();
    let mut out = vec![item::gherkin(&gherkin.join("\n\n"))];
    out.extend(scenarios.iter().filter_map(|scenario| suite::examples(&scenario.examples, &scenario.gherkin)));

    let mut notes: Vec<(Vec<&str>, Vec<CheckedEvidence>)> = Vec::new();
    for scenario in scenarios {
        let own = own_evidence(scenario, shown);
        match notes.iter_mut().find(|(_, evidence)| *evidence == own) {
            _ if own.is_empty() => {}
            Some((ids, _)) => ids.push(&scenario.id),
            None => notes.push((vec![&scenario.id], own)),
        }
    }
    let items = notes.into_iter().map(|(ids, evidence)| {
        let mut line = vec![Inline::text(format!("{}: ", ids.join(", ")))];
        line.extend(item::quotes(output, words, &evidence));
        Item::line(line)
    });
    let items: Vec<Item> = items.collect();
    out.extend((!items.is_empty()).then(|| Flow::BulletList(items).into()));
    out
}

/// The quotations that do not stand below one of its criteria.
fn own_evidence(scenario: &Scenario, shown: Option<&CriteriaSet>) -> Vec<CheckedEvidence> {
    let covered = shown.into_iter().flat_map(|set| &set.criteria).filter(|criterion| scenario.covers.contains(&criterion.id));
    let known: Vec<&CheckedEvidence> = covered.flat_map(|criterion| &criterion.evidence).collect();
    scenario.evidence.iter().filter(|quoted| !known.contains(quoted)).cloned().collect()
}
