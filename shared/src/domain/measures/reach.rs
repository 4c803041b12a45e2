//! Reach: whether scenarios go to the limits of a story, beyond them, and not where it says that they should not go.

use std::collections::BTreeSet;

use super::look::{Look, lines};
use super::{Portion, Taken};
use crate::domain::drafter::StatedLimit;
use crate::domain::normal::numbers;
use crate::domain::scenario::{Scenario, Technique};

/// Limits that the story states, with a value inside and a value outside among the scenarios about them.
pub(super) fn boundary_pairs(look: &Look<'_>) -> Taken {
    if !look.owes_scenarios() {
        return None;
    }
    Portion::of(look.facts.limits.iter().map(|limit| has_both_sides(look, limit)))
}

fn has_both_sides(look: &Look<'_>, limit: &StatedLimit) -> bool {
    let names_it = |text: &str| numbers(text).iter().filter_map(|number| millionths(number)).any(|value| limit.is_at(value));
    let criteria = look.criteria().iter().filter(|item| {
        let said = item.when.iter().chain(&item.then).chain([&item.title]).map(String::as_str);
        said.chain(item.evidence.iter().map(|said| said.quote.as_str())).any(names_it)
    });
    let about: BTreeSet<&String> = criteria.map(|criterion| &criterion.id).collect();
    let about_it = |scenario: &&Scenario| scenario.covers.iter().any(|id| about.contains(id)) || lines(scenario).any(names_it);
    let tried = look.scenarios().iter().filter(about_it).flat_map(tried);
    let (inside, outside): (Vec<i128>, Vec<i128>) = tried.partition(|value| limit.allows(*value));
    !inside.is_empty() && !outside.is_empty()
}

/// The values that a scenario sets up or enters; what it expects is no value that is tried.
fn tried(scenario: &Scenario) -> Vec<i128> {
    let steps = scenario.steps.iter().flat_map(|step| [&step.action, &step.data]);
    let set_up = scenario.preconditions.iter().chain(&scenario.given).chain(&scenario.when);
    let cells = scenario.examples.rows.iter().flatten();
    set_up.chain(steps).chain(cells).flat_map(|text| numbers(text)).filter_map(|number| millionths(&number)).collect()
}

/// A number in millionths; `None` for a version and the like.
fn millionths(number: &str) -> Option<i128> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if part.len() > 6 || !digits(whole) || !digits(part) {
        return None;
    }
    format!("{whole}{part:0<6}").parse().ok()
}

/// Scenarios that try what should not go through, or the edge of it, where the story states a rule.
pub(super) fn negative_share(look: &Look<'_>) -> Taken {
    if !look.facts.states_rule {
        return None;
    }
    let beyond =
        |scenario: &Scenario| matches!(scenario.technique, Technique::Negative | Technique::Boundary | Technique::Permission);
    Portion::of(look.scenarios().iter().map(beyond))
}

/// Items that are not about what the story excludes.
pub(super) fn scope(look: &Look<'_>) -> Taken {
    if !look.judge.knows_exclusions() {
        return None;
    }
    Portion::of(look.items().map(|item| !look.judge.is_excluded(item)))
}
