//! Both sides of a stated limit, with values computed from its number.

use super::clause::{self, tidy};
use super::lexicon::{Lexicon, fill};
use super::number::{self, Limit, Side};
use super::plain::Plain;
use super::variants::derived;
use super::wording::{short, step};
use crate::domain::criterion::Criterion;
use crate::domain::reply::ProposedScenario;
use crate::domain::scenario::Technique;

/// At each limit and just outside it: the limits of the outcome, then those of the condition.
pub(super) fn of(criterion: &Criterion, text: &str, words: &Lexicon) -> Vec<ProposedScenario> {
    let clause = clause::split(text, words);
    let outcome = if clause.condition.is_some() { clause.outcome.as_str() } else { text };
    let mut all: Vec<ProposedScenario> = Vec::new();
    for limit in number::limits(outcome, words) {
        all.extend(
            around(&limit).into_iter().map(|(steps, inside)| ruled(criterion, text, outcome, &limit, (steps, inside), words)),
        );
    }
    for condition in &criterion.when {
        // A moment stands after the words that frame it.
        let condition = condition.split_once(": ").map_or(condition.as_str(), |(_, moment)| moment);
        for limit in number::limits(condition, words) {
            // The third attempt fulfils "3 times", and so would a fourth.
            let values = around(&limit).into_iter().filter(|(steps, _)| limit.side != Side::Exactly || *steps <= 0);
            all.extend(values.map(|(steps, inside)| conditional(criterion, condition, &limit, (steps, inside), words)));
        }
    }
    all
}

/// The values to try, as steps beside the number, and whether the rule holds there.
fn around(limit: &Limit) -> Vec<(i64, bool)> {
    let mut values = match limit.side {
        Side::AtMost | Side::Ahead => vec![(0, true), (1, false)],
        Side::AtLeast | Side::AheadAtLeast => vec![(0, true), (-1, false)],
        Side::Below => vec![(-1, true), (0, false)],
        Side::Above => vec![(1, true), (0, false)],
        Side::Exactly => vec![(0, true), (-1, false), (1, false)],
        // Whether the last moment itself belongs to the span, stories hardly say.
        Side::Lasting => vec![(-1, true), (1, false)],
    };
    values.retain(|(steps, _)| *steps >= 0 || limit.has_below());
    values
}

/// A limit of the outcome: the rule is kept or broken.
fn ruled(
    criterion: &Criterion,
    text: &str,
    outcome: &str,
    limit: &Limit,
    (steps, inside): (i64, bool),
    words: &Lexicon,
) -> ProposedScenario {
    let phrases = &words.phrases;
    let quoted = short(text, 200).replace('"', "'");
    let value = limit.beside(steps);
    let then = criterion.then.join("; ");
    let awaited = awaited(outcome, limit, words);
    let (when, then) = match limit.side {
        Side::Lasting => {
            (fill(phrases.elapsed, &[&value]), fill(if inside { phrases.not_over } else { phrases.over }, &[&value, &quoted]))
        }
        Side::Ahead | Side::AheadAtLeast => {
            let moment = moment(outcome, &value, limit, words);
            (fill(phrases.ahead, &[&moment]), if inside { then } else { fill(phrases.absent, &[&then]) })
        }
        _ => {
            let then = match (awaited, inside) {
                (Some(awaited), true) => awaited,
                (Some(awaited), false) => fill(phrases.absent, &[&awaited]),
                (None, true) => fill(phrases.within, &[&value, &quoted]),
                (None, false) => fill(phrases.beyond, &[&value, &quoted]),
            };
            (fill(phrases.value, &[&value]), then)
        }
    };
    scenario(criterion, &value, steps, inside, (when, then), words)
}

/// A limit of the condition: the outcome comes or does not come.
fn conditional(
    criterion: &Criterion,
    condition: &str,
    limit: &Limit,
    (steps, holds): (i64, bool),
    words: &Lexicon,
) -> ProposedScenario {
    let phrases = &words.phrases;
    let value = limit.beside(steps);
    let then = criterion.then.join("; ");
    // A span that has to pass is fulfilled after it and not before.
    let holds = if limit.side == Side::Lasting { steps > 0 } else { holds };
    let when = match limit.side {
        Side::Lasting => fill(phrases.elapsed, &[&value]),
        Side::Ahead | Side::AheadAtLeast => fill(phrases.ahead, &[&moment(condition, &value, limit, words)]),
        _ => fill(phrases.value, &[&value]),
    };
    scenario(criterion, &value, steps, holds, (when, if holds { then } else { fill(phrases.absent, &[&then]) }), words)
}

fn scenario(
    criterion: &Criterion,
    value: &str,
    steps: i64,
    inside: bool,
    (when, then): (String, String),
    words: &Lexicon,
) -> ProposedScenario {
    let phrases = &words.phrases;
    let phrase = match (steps, inside) {
        (0, _) => phrases.title_at,
        (_, true) => phrases.title_inside,
        (_, false) => phrases.title_outside,
    };
    let mut scenario = derived(criterion, fill(phrase, &[value, &criterion.title]), Technique::Boundary);
    scenario.when = vec![when];
    scenario.then = vec![step(&then, words)];
    scenario
}

/// "Two days before an offer ends": the event stays, the days change.
fn moment(text: &str, value: &str, limit: &Limit, words: &Lexicon) -> String {
    let event = text.get(limit.end..).map(tidy).unwrap_or_default();
    if words.verb_first.is_empty() {
        return format!("{value} {event}");
    }
    // German and Dutch put the verb last: the event is the preposition and its noun.
    let event: Vec<&str> = event.split_whitespace().take(3).collect();
    format!("{value} {}", event.join(" "))
}

/// "At least 15% must be packed before labels are printed": what waits for the limit.
fn awaited(text: &str, limit: &Limit, words: &Lexicon) -> Option<String> {
    if limit.side != Side::AtLeast {
        return None;
    }
    let hit = Plain::new(text).find_from(words.until, limit.end)?;
    let outcome = tidy(text.get(hit.end..)?);
    (outcome.split_whitespace().count() >= 2).then(|| outcome.to_owned())
}
