//! The scenarios that follow from a rule: both sides of a limit, each value of a list, the contrary of "only", the refused.

use super::boundary;
use super::cases::evidence;
use super::clause::{self, tidy};
use super::lexicon::{Lexicon, fill};
use super::narrative;
use super::number;
use super::permission;
use super::plain::{Plain, is_whole, unfilled, unmarked, without_markup};
use super::values::{self, Joined, Values};
use super::wording::step;
use crate::domain::criterion::{Criterion, CriterionKind, Examples};
use crate::domain::evidence::Origin;
use crate::domain::reply::ProposedScenario;
use crate::domain::scenario::{Priority, Relation, Technique};

/// The variants of a criterion, in a fixed order.
pub(super) fn of(criterion: &Criterion, text: &str, words: &Lexicon) -> Vec<ProposedScenario> {
    // A table has its values already.
    let tabled = !criterion.examples.is_empty() && criterion.kind != CriterionKind::Permission;
    let mut all = if tabled { Vec::new() } else { boundary::of(criterion, text, words) };
    all.extend(contrary(criterion, text, words));
    all.extend(again(criterion, text, words));
    all.extend(permissions(criterion, text, words));
    all
}

/// Whether the boundary scenarios leave nothing of a criterion unsaid: one sentence whose only numbers are the limits they try.
pub(super) fn replaced(
    criterion: &Criterion,
    text: &str,
    own: &ProposedScenario,
    variants: &[ProposedScenario],
    words: &Lexicon,
) -> bool {
    let tried = variants.iter().any(|variant| variant.technique == Technique::Boundary);
    let single =
        criterion.then.len() == 1 && criterion.when.len() == 1 && own.examples.is_empty() && criterion.examples.is_empty();
    let outcome = variants.iter().any(|variant| variant.technique != Technique::Data && variant.then == criterion.then);
    let limits = number::limits(text, words);
    let whole = limits.iter().any(|limit| boundary::beyond(text, limit, words).is_some());
    let plain = !text.contains([',', ';', ':', '(']) || outcome || whole;
    let tried = tried || outcome;
    let same = |variant: &ProposedScenario| variant.when == own.when && variant.then == own.then && variant.given == own.given;
    if own.examples.is_empty() && variants.iter().any(same) {
        return true;
    }
    if !(tried && single && plain) || clause::split(text, words).condition.is_some() {
        return false;
    }
    if whole {
        return true;
    }
    let numbers: std::collections::BTreeSet<String> = crate::domain::normal::numbers(text).into_iter().collect();
    numbers.len() <= limits.len().max(1) && limits.iter().all(|limit| limit.side != number::Side::Deadline)
}

/// The rule in the story's words; the outcome where the criterion quotes nothing, or something in another language than its own.
pub(super) fn rule(criterion: &Criterion, foreign: bool, words: &Lexicon) -> String {
    let quoted = criterion
        .evidence
        .iter()
        .rev()
        .find(|evidence| evidence.verified && !foreign)
        .map(|evidence| unlabelled(unfilled(unmarked(&without_markup(&evidence.quote)))));
    // A narrative says more than its wish.
    let quoted = quoted.filter(|quote| narrative::read("", quote, quote, words).is_none());
    let outcome = criterion.then.join("; ");
    let quoted = quoted.filter(|quote| {
        // A keyword of the story's own Gherkin is no part of the rule.
        !words.gherkin.iter().skip(3).any(|then| Plain::new(quote).after(then).is_some_and(|rest| tidy(rest) == tidy(&outcome)))
    });
    match quoted {
        Some(quote) if quote.contains(tidy(&outcome)) || criterion.evidence.len() == 1 => tidy(&quote).to_owned(),
        _ => tidy(&outcome).to_owned(),
    }
}

/// "A: the chart grows" without the mark of an answer.
fn unlabelled(text: &str) -> String {
    let label = text.split_once(": ").filter(|(label, _)| label.chars().count() == 1);
    label.map_or(text, |(_, rest)| rest).to_owned()
}

/// A scenario that follows from a criterion; the caller says how.
pub(super) fn derived(criterion: &Criterion, title: String, technique: Technique) -> ProposedScenario {
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
        relation: Relation::default(),
    }
}

/// "Y only if X": without X no Y. "Y unless X": with X no Y.
fn contrary(criterion: &Criterion, text: &str, words: &Lexicon) -> Option<ProposedScenario> {
    let clause = clause::split(text, words);
    if let Some(barrier) = clause.barrier {
        let mut scenario = derived(criterion, fill(words.phrases.title_contrary, &[&criterion.title]), Technique::Negative);
        scenario.when = vec![step(&barrier, words)];
        let absent = || fill(words.phrases.absent, &[&step(&clause.outcome, words)]);
        scenario.then = vec![clause.instead.as_deref().map_or_else(absent, |instead| step(instead, words))];
        return Some(scenario);
    }
    let condition = clause.condition.filter(|_| clause.only)?;
    let mut scenario = derived(criterion, fill(words.phrases.title_contrary, &[&criterion.title]), Technique::Negative);
    scenario.when = vec![fill(words.phrases.unmet, &[&step(&condition, words)])];
    scenario.then = vec![fill(words.phrases.absent, &[&step(&clause.outcome, words)])];
    Some(scenario)
}

/// What is allowed once is refused the second time.
fn again(criterion: &Criterion, text: &str, words: &Lexicon) -> Option<ProposedScenario> {
    let plain = Plain::new(text);
    let allowed = plain.has(words.may) || plain.has(words.edges.choice);
    // "only once the order is paid" is a condition.
    if !(allowed && plain.has(words.deeds.once)) || clause::split(text, words).condition.is_some() {
        return None;
    }
    let mut scenario = derived(criterion, fill(words.phrases.title_refused, &[&criterion.title]), Technique::Negative);
    let (when, then) = words.phrases.frames.again;
    scenario.when = vec![when.to_owned()];
    scenario.then = vec![then.to_owned()];
    Some(scenario)
}

/// The refused side of a permission that says "only".
fn permissions(criterion: &Criterion, text: &str, words: &Lexicon) -> Vec<ProposedScenario> {
    let phrases = &words.phrases;
    if criterion.kind != CriterionKind::Permission {
        return Vec::new();
    }
    let Some(permission) = permission::read(&Plain::new(tidy(&clause::split(text, words).outcome)), words) else {
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
        // "…; the others see an error": what is said of them follows.
        scenario.then.extend(text.split_once("; ").map(|(_, others)| step(others, words)));
        scenario.examples = Examples::default();
        scenario.priority = Priority::High;
        all.push(scenario);
    }
    if let Some(only) = permission.only.filter(|_| !permission.denied) {
        let mut scenario = derived(criterion, title, Technique::Permission);
        let attempt = fill(phrases.attempt_beyond, &[&only]);
        scenario.then = vec![fill(phrases.refused, &[&fill(phrases.more_than, &[&only])])];
        scenario.when = vec![attempt];
        scenario.priority = Priority::High;
        all.push(scenario);
    }
    all
}

/// One row for each value that the outcome, or else the condition, lists; lists of one length go together ("S,M,L … small,middle,large").
pub(super) fn each(criterion: &Criterion, words: &Lexicon) -> Option<ProposedScenario> {
    if !criterion.examples.is_empty() {
        return None;
    }
    let place = |steps: &[String], lists: &dyn Fn(&str) -> Vec<Values>| {
        steps.iter().enumerate().map(|(at, text)| (at, lists(text))).find(|(_, lists)| !lists.is_empty())
    };
    // Of alternatives in an outcome ("is hidden/shown") nobody knows which one a row must show, unless one may choose.
    let chosen = |text: &str| [words.edges.choice, words.may].iter().any(|list| Plain::new(text).has(list));
    let outcomes = |text: &str| {
        let lists = values::lists(text, words);
        lists.into_iter().filter(|values| values.joined != Joined::One || chosen(text)).collect()
    };
    // A condition that lists what must hold together is one condition.
    let conditions = |text: &str| {
        let whole = values::conditions(text, words);
        let lists = || values::lists(text, words).into_iter().filter(|values| values.joined != Joined::All).collect();
        whole.map_or_else(lists, |whole| vec![whole])
    };
    let in_then = place(&criterion.then, &outcomes);
    let outcome = in_then.is_some();
    let (at, mut lists) = in_then.or_else(|| place(&criterion.when, &conditions))?;
    let length = lists.first()?.items.len();
    lists.retain(|values| values.items.len() == length);
    let technique = if criterion.kind == CriterionKind::Permission { Technique::Permission } else { Technique::Data };
    let mut scenario = derived(criterion, fill(words.phrases.title_each, &[&criterion.title]), technique);
    let column = words.phrases.column;
    let header: Vec<String> =
        (1..=lists.len()).map(|number| if number == 1 { column.to_owned() } else { format!("{column} {number}") }).collect();
    let steps = if outcome { &mut scenario.then } else { &mut scenario.when };
    let text = steps.get_mut(at)?;
    let whole = text.clone();
    // From the end, so that the places before stay where they are.
    for (values, name) in lists.iter().zip(&header).rev() {
        *text = values.replaced(text, name);
    }
    // The same list in another step has the same value.
    let listed: Vec<String> = lists.iter().filter_map(|values| whole.get(values.start..values.end).map(str::to_owned)).collect();
    for text in scenario.when.iter_mut().chain(&mut scenario.then) {
        for (list, name) in listed.iter().zip(&header) {
            *text = replaced_words(text, list, &format!("<{name}>"));
        }
    }
    let rows = (0..length).map(|row| lists.iter().filter_map(|values| values.items.get(row).cloned()).collect()).collect();
    scenario.examples = Examples { header, rows };
    Some(scenario)
}

/// The text with a list replaced where it stands by itself, and not within longer words ("open/closed" in "reopen/closed").
fn replaced_words(text: &str, list: &str, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(list).filter(|_| !list.is_empty()) {
        out.push_str(before);
        out.push_str(if is_whole(before, after) { name } else { list });
        rest = after;
    }
    out + rest
}
