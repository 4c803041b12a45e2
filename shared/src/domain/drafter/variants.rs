//! The scenarios that follow from a rule: both sides of a limit, each value of a list, the contrary of "only", the refused.

use super::cases::evidence;
use super::clause::{self, tidy};
use super::lexicon::{Lexicon, fill};
use super::number::{self, Limit, Side};
use super::permission;
use super::plain::{Plain, without_markup};
use super::values;
use super::wording::{short, step};
use crate::domain::criterion::{Criterion, CriterionKind, Examples};
use crate::domain::evidence::Origin;
use crate::domain::reply::ProposedScenario;
use crate::domain::scenario::{Priority, Technique};

/// The variants of a criterion, in a fixed order.
pub(super) fn of(criterion: &Criterion, words: &Lexicon) -> Vec<ProposedScenario> {
    let text = rule(criterion);
    let mut all = boundaries(criterion, &text, words);
    all.extend(contrary(criterion, &text, words));
    all.extend(permissions(criterion, &text, words));
    if criterion.examples.is_empty() {
        all.extend(each(criterion, words));
    }
    all
}

/// The rule in the story's words; the outcome where the criterion quotes nothing.
fn rule(criterion: &Criterion) -> String {
    let quoted = criterion.evidence.iter().rev().find(|words| words.verified).map(|words| without_markup(&words.quote));
    let outcome = criterion.then.join("; ");
    match quoted {
        // A long quote holds more than this criterion.
        Some(quote) if quote.contains(tidy(&outcome)) || criterion.evidence.len() == 1 && criterion.kind != CriterionKind::Behaviour => tidy(&quote).to_owned(),
        _ => tidy(&outcome).to_owned(),
    }
}

fn derived(criterion: &Criterion, title: String, technique: Technique) -> ProposedScenario {
    ProposedScenario {
        title,
        technique,
        priority: Priority::Medium,
        preconditions: criterion.given.clone(),
        steps: Vec::new(),
        given: criterion.given.clone(),
        when: criterion.when.clone(),
        then: criterion.then.clone(),
        examples: criterion.examples.clone(),
        covers: vec![criterion.id.clone()],
        origin: Origin::Derived,
        evidence: evidence(criterion),
    }
}

/// At each limit and just outside it.
fn boundaries(criterion: &Criterion, text: &str, words: &Lexicon) -> Vec<ProposedScenario> {
    number::limits(text, words).iter().flat_map(|limit| pair(criterion, text, limit, words)).collect()
}

fn pair(criterion: &Criterion, text: &str, limit: &Limit, words: &Lexicon) -> Vec<ProposedScenario> {
    let phrases = &words.phrases;
    let quoted = short(text, 200).replace('"', "'");
    let awaited = awaited(text, limit, words);
    let scenario = |steps: i64, inside: bool| {
        let value = limit.beside(steps);
        let (when, then) = match (limit.side, inside) {
            (Side::Lasting, true) => (fill(phrases.elapsed, &[&value]), fill(phrases.not_over, &[&value, &quoted])),
            (Side::Lasting, false) => (fill(phrases.elapsed, &[&value]), fill(phrases.over, &[&value, &quoted])),
            (Side::Ahead, true) => (fill(phrases.ahead, &[&value]), criterion.then.join("; ")),
            (Side::Ahead, false) => (fill(phrases.ahead, &[&value]), fill(phrases.absent, &[&criterion.then.join("; ")])),
            (_, true) => (fill(phrases.value, &[&value]), awaited.clone().unwrap_or_else(|| fill(phrases.within, &[&value, &quoted]))),
            (_, false) => (
                fill(phrases.value, &[&value]),
                awaited.as_ref().map_or_else(|| fill(phrases.beyond, &[&value, &quoted]), |awaited| fill(phrases.absent, &[awaited])),
            ),
        };
        let title = fill(if inside { phrases.title_at } else { phrases.title_outside }, &[&value, &criterion.title]);
        let mut scenario = derived(criterion, title, Technique::Boundary);
        scenario.when = vec![when];
        scenario.then = vec![step(&then, words)];
        scenario
    };
    let mut pair = Vec::new();
    match limit.side {
        Side::AtMost => pair.extend([scenario(0, true), scenario(1, false)]),
        Side::AtLeast => {
            pair.push(scenario(0, true));
            pair.extend(limit.has_below().then(|| scenario(-1, false)));
        }
        Side::Exactly => {
            pair.push(scenario(0, true));
            pair.extend(limit.has_below().then(|| scenario(-1, false)));
            pair.push(scenario(1, false));
        }
        Side::Lasting => {
            pair.extend(limit.has_below().then(|| scenario(-1, true)));
            pair.push(scenario(1, false));
        }
        Side::Ahead => pair.extend([scenario(0, true), scenario(1, false)]),
    }
    pair
}

/// "At least 10% must be completed before projections are shown": what waits for the limit.
fn awaited(text: &str, limit: &Limit, words: &Lexicon) -> Option<String> {
    if limit.side != Side::AtLeast {
        return None;
    }
    let hit = Plain::new(text).find_from(words.until, limit.end)?;
    let outcome = tidy(text.get(hit.end..)?);
    (outcome.split_whitespace().count() >= 2).then(|| outcome.to_owned())
}

/// "Y only if X": without X no Y.
fn contrary(criterion: &Criterion, text: &str, words: &Lexicon) -> Option<ProposedScenario> {
    let clause = clause::split(text, words);
    let condition = clause.condition.filter(|_| clause.only)?;
    let mut scenario = derived(criterion, fill(words.phrases.title_contrary, &[&criterion.title]), Technique::Negative);
    scenario.when = vec![fill(words.phrases.unmet, &[&step(&condition, words)])];
    scenario.then = vec![fill(words.phrases.absent, &[&step(&clause.outcome, words)])];
    Some(scenario)
}

/// The refused side of a permission that says "only".
fn permissions(criterion: &Criterion, text: &str, words: &Lexicon) -> Vec<ProposedScenario> {
    let phrases = &words.phrases;
    if criterion.kind != CriterionKind::Permission {
        return Vec::new();
    }
    let Some(permission) = permission::read(&clause::split(text, words).outcome, words) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let title = fill(phrases.title_refused, &[&criterion.title]);
    let act = tidy(&permission.act).to_owned();
    if permission.exclusive {
        let mut scenario = derived(criterion, title.clone(), Technique::Permission);
        scenario.given = vec![fill(phrases.role_is_not, &[&permission.roles.join(", ")])];
        scenario.preconditions.clone_from(&scenario.given);
        scenario.when = vec![fill(phrases.attempt, &[&act])];
        scenario.then = vec![fill(phrases.refused, &[&act])];
        scenario.examples = Examples::default();
        scenario.priority = Priority::High;
        all.push(scenario);
    }
    if let Some(only) = permission.only.filter(|_| !permission.denied) {
        let mut scenario = derived(criterion, title, Technique::Permission);
        let attempt = fill(phrases.attempt_beyond, &[&only]);
        scenario.then = vec![fill(phrases.refused, &[&attempt_noun(&only, words)])];
        scenario.when = vec![attempt];
        scenario.priority = Priority::High;
        all.push(scenario);
    }
    all
}

fn attempt_noun(only: &str, words: &Lexicon) -> String {
    fill(words.phrases.more_than, &[only])
}

/// One row for each value that the outcome, or else the condition, lists.
fn each(criterion: &Criterion, words: &Lexicon) -> Option<ProposedScenario> {
    let column = words.phrases.column;
    let mut scenario = derived(criterion, fill(words.phrases.title_each, &[&criterion.title]), Technique::Data);
    let place = |steps: &[String]| steps.iter().enumerate().find_map(|(at, text)| values::lists(text, words).into_iter().next().map(|values| (at, values)));
    let values = if let Some((at, values)) = place(&scenario.then) {
        let text = scenario.then.get_mut(at)?;
        *text = values.replaced(text, column);
        values
    } else {
        let (at, values) = place(&scenario.when)?;
        let text = scenario.when.get_mut(at)?;
        *text = values.replaced(text, column);
        values
    };
    scenario.examples = Examples { header: vec![column.to_owned()], rows: values.items.into_iter().map(|item| vec![item]).collect() };
    Some(scenario)
}
