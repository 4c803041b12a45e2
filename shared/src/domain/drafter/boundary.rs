//! Both sides of a stated limit, with values computed from its number.

use super::clause::{self, tidy};
use super::lexicon::{Lexicon, fill};
use super::number::{self, Limit, Side};
use super::plain::Plain;
use super::subject::{self, Said};
use super::variants::derived;
use super::wording::{plural, short, step, without_article};
use crate::domain::criterion::Criterion;
use crate::domain::reply::ProposedScenario;
use crate::domain::scenario::{Priority, Step, Technique};

/// At each limit and just outside it: the limits of the outcome, then those of the condition.
pub(super) fn of(criterion: &Criterion, text: &str, words: &Lexicon) -> Vec<ProposedScenario> {
    let clause = clause::split(text, words);
    let outcome = if clause.condition.is_some() { clause.outcome.as_str() } else { text };
    let mut all: Vec<ProposedScenario> = Vec::new();
    let limits = number::limits(outcome, words);
    for at in 0..limits.len() {
        let Some(said) = subject::read(outcome, &limits, at, words) else { continue };
        all.extend(around(&said).into_iter().map(|value| ruled(criterion, outcome, &said, value, words)));
    }
    for condition in &criterion.when {
        // A moment stands after the words that frame it.
        let condition = condition.split_once(": ").map_or(condition.as_str(), |(_, moment)| moment);
        let limits = number::limits(condition, words);
        for at in 0..limits.len() {
            let Some(mut said) = subject::read(condition, &limits, at, words) else { continue };
            said.in_condition = true;
            // The third attempt fulfils "3 times", and so would a fourth.
            let values = around(&said).into_iter().filter(|(steps, _)| said.limit.side != Side::Exactly || *steps <= 0);
            all.extend(values.map(|value| conditional(criterion, condition, &said, value, words)));
        }
    }
    all
}

/// The values to try, as steps beside the number, and whether the rule holds there.
fn around(said: &Said<'_>) -> Vec<(i64, bool)> {
    let limit = said.limit;
    let mut values = match limit.side {
        Side::AtMost | Side::Ahead => vec![(0, true), (1, false)],
        Side::AtLeast | Side::AheadAtLeast => vec![(0, true), (-1, false)],
        Side::Below => vec![(-1, true), (0, false)],
        Side::Above => vec![(1, true), (0, false)],
        Side::Exactly => vec![(0, true), (-1, false), (1, false)],
        // Whether the last moment itself belongs to the span, stories hardly say.
        Side::Lasting => vec![(-1, true), (1, false)],
        // Beyond a deadline there is nothing to accept or to refuse; within a condition it is a limit.
        Side::Deadline if said.in_condition => vec![(0, true), (1, false)],
        Side::Deadline => Vec::new(),
    };
    values.retain(|(steps, _)| *steps >= 0 || limit.has_below());
    values
}

/// A limit of the outcome: the rule is kept or broken.
fn ruled(
    criterion: &Criterion,
    outcome: &str,
    said: &Said<'_>,
    (steps, holds): (i64, bool),
    words: &Lexicon,
) -> ProposedScenario {
    let (phrases, frames) = (&words.phrases, words.phrases.frames);
    let limit = said.limit;
    let value = limit.beside(steps);
    let then = criterion.then.join("; ");
    let pick = |pair: (&str, &str)| fill(if plural(&value) { pair.1 } else { pair.0 }, &[&value]);
    let (when, then) = match limit.side {
        Side::Lasting => (fill(phrases.elapsed, &[&value]), lasting(said, &value, holds, words)),
        Side::Ahead | Side::AheadAtLeast => {
            let moment = moment(outcome, &value, limit, words);
            let bare = outcome.get(..limit.lead).map(tidy).filter(|bare| bare.split_whitespace().count() > 2);
            let bare = bare.map_or_else(|| then.clone(), str::to_owned);
            (fill(phrases.ahead, &[&moment]), if holds { bare } else { fill(phrases.absent, &[&step(&bare, words)]) })
        }
        _ => {
            let awaited = awaited(outcome, limit, words);
            let then = match (&said.predicate, awaited) {
                // What lies beyond the number is refused, the number itself is not.
                (_, None) if said.refuses => {
                    if holds {
                        then
                    } else {
                        pick(frames.accepted)
                    }
                }
                (_, Some(awaited)) if holds => awaited,
                (_, Some(awaited)) => fill(phrases.absent, &[&awaited]),
                (Some(Some(consequence)), None) if holds => (*consequence).to_owned(),
                // Of several statements, the one that speaks of the limit.
                (Some(None), None) if holds && outcome.contains(';') && limit.lead > outcome.find(';').unwrap_or(0) => {
                    said.segment.to_owned()
                }
                (Some(None), None) if holds => then,
                (Some(_), None) => fill(frames.not_for, &[&value, &step(said.segment, words)]),
                (None, None) => pick(if holds { frames.accepted } else { frames.rejected }),
            };
            (said.when(&value, words), then)
        }
    };
    scenario(criterion, said, &value, (steps, holds), (when, then), words)
}

/// Whether what lasts is still so, or what ends has come.
fn lasting(said: &Said<'_>, value: &str, holds: bool, words: &Lexicon) -> String {
    let frames = words.phrases.frames;
    let ends = Plain::new(&said.state).has(words.edges.expiry);
    let phrase = match (ends, holds) {
        (true, true) => frames.not_yet,
        (true, false) => frames.has_come,
        (false, true) => frames.still,
        (false, false) => frames.no_longer,
    };
    if said.state.split_whitespace().count() > 1 {
        return fill(phrase, &[&step(&said.state, words)]);
    }
    let quoted = short(said.segment, 200).replace('"', "'");
    fill(if holds { words.phrases.not_over } else { words.phrases.over }, &[value, &quoted])
}

/// A limit of the condition: the outcome comes or does not come.
fn conditional(
    criterion: &Criterion,
    condition: &str,
    said: &Said<'_>,
    (steps, holds): (i64, bool),
    words: &Lexicon,
) -> ProposedScenario {
    let phrases = &words.phrases;
    let limit = said.limit;
    let value = limit.beside(steps);
    let then = criterion.then.join("; ");
    // A span that has to pass is fulfilled after it and not before.
    let holds = if limit.side == Side::Lasting { steps > 0 } else { holds };
    let when = match limit.side {
        Side::Lasting => fill(phrases.elapsed, &[&value]),
        Side::Ahead | Side::AheadAtLeast => fill(phrases.ahead, &[&moment(condition, &value, limit, words)]),
        _ => framed(criterion, condition, &said.with(condition, &value)),
    };
    let then = if holds { then } else { fill(phrases.absent, &[&then]) };
    scenario(criterion, said, &value, (steps, holds), (when, then), words)
}

/// A condition in the words that frame it.
fn framed(criterion: &Criterion, condition: &str, changed: &str) -> String {
    let whole = criterion.when.iter().find(|when| when.ends_with(condition));
    let frame = whole.and_then(|when| when.strip_suffix(condition)).unwrap_or_default();
    format!("{frame}{changed}")
}

fn scenario(
    criterion: &Criterion,
    said: &Said<'_>,
    value: &str,
    (steps, holds): (i64, bool),
    (when, then): (String, String),
    words: &Lexicon,
) -> ProposedScenario {
    let (at, within, beyond) = words.phrases.frames.place;
    let place = match (steps, said.limit.side) {
        (0, _) => at,
        (1.., Side::Above) => beyond,
        _ if holds => within,
        _ => beyond,
    };
    let about =
        said.subject.as_ref().map_or_else(|| brief(&criterion.title), |subject| without_article(subject, words).to_owned());
    let colon = if words.infinitive.contains(&"oir") { " :" } else { ":" };
    let mut scenario = derived(criterion, format!("{about}{colon} {value} ({place})"), Technique::Boundary);
    if said.refuses && holds {
        scenario.technique = Technique::Negative;
        scenario.priority = Priority::High;
    }
    scenario.when = vec![step(&when, words)];
    scenario.then = vec![step(&then, words)];
    scenario.steps = vec![Step { action: String::new(), data: value.to_owned(), expected: String::new() }];
    scenario
}

/// The first words of a title, as many as fit beside a value.
fn brief(title: &str) -> String {
    const MOST: usize = 52;
    let first = title.split([';', '(']).next().unwrap_or(title);
    short(first, MOST).trim_end_matches('…').trim().to_owned()
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
