//! Both sides of a stated limit, with values computed from its number.

use super::clause::{self, tidy};
use super::lexicon::{Lexicon, fill};
use super::number::{self, Limit, Side};
use super::plain::Plain;
use super::subject::{self, Said};
use super::variants::derived;
use super::wording::{TITLE, plural, short, step, title, without_article};
use crate::domain::criterion::Criterion;
use crate::domain::reply::ProposedScenario;
use crate::domain::scenario::{Priority, Step, Technique};

/// At each limit and just outside it: the limits of the outcome, then those of the condition.
pub(super) fn of(criterion: &Criterion, text: &str, words: &Lexicon) -> Vec<ProposedScenario> {
    let clause = clause::split(text, words);
    let outcome = if clause.condition.is_some() { clause.outcome.as_str() } else { text };
    let mut all: Vec<ProposedScenario> = Vec::new();
    let limits = number::limits(outcome, words);
    // The size of what people only get is none they could enter.
    let fetched = criterion.when.iter().any(|when| Plain::new(when).has(words.deeds.fetched));
    let got = |limit: &Limit| fetched && limit.is_size();
    for at in 0..limits.len() {
        let Some(said) = subject::read(outcome, &limits, at, words).filter(|said| !said.handed && !got(said.limit)) else {
            continue;
        };
        // What ends or lasts must be named: that a time is over when it is over tests nothing.
        if said.limit.side == Side::Lasting && !said.names_state() {
            continue;
        }
        all.extend(around(&said).into_iter().map(|value| ruled(criterion, (text, outcome), &said, value, words)));
    }
    for condition in &criterion.when {
        // A moment stands after the words that frame it.
        let framed = condition.split_once(": ");
        let condition = framed.map_or(condition.as_str(), |(_, moment)| moment);
        let mut limits = number::limits(condition, words);
        let occasions = framed.filter(|_| clause.event).and_then(|_| number::occasions(condition, words));
        let known = |found: &Limit| limits.iter().any(|limit| limit.start == found.start);
        let occasional = occasions.is_some();
        if let Some(occasions) = occasions.filter(|found| !known(found)) {
            limits.insert(0, occasions);
        }
        for at in 0..limits.len() {
            let Some(mut said) = subject::read(condition, &limits, at, words) else { continue };
            said.in_condition = true;
            // Five within 15 minutes may also be five within 16: only their number has another side.
            if occasional && said.limit.side == Side::Deadline {
                continue;
            }
            // The third attempt fulfils "3 times", and so would a fourth.
            let values = around(&said).into_iter().filter(|(steps, _)| said.limit.side != Side::Exactly || *steps <= 0);
            // Within a clause of ours a German verb stands where the story has it.
            let denied = Some(&clause.outcome).filter(|_| clause.condition.is_some() && criterion.then.len() == 1);
            let denied = denied.map_or_else(|| criterion.then.join("; "), |outcome| step(outcome, words));
            all.extend(values.map(|value| conditional(criterion, (condition, &denied), &said, value, words)));
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
        // What is kept so long need not be gone afterwards.
        Side::Lasting if said.kept => vec![(-1, true)],
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
    (text, outcome): (&str, &str),
    said: &Said<'_>,
    (steps, holds): (i64, bool),
    words: &Lexicon,
) -> ProposedScenario {
    let (phrases, frames) = (&words.phrases, words.phrases.frames);
    let conditional = outcome != text;
    let limit = said.limit;
    let value = limit.beside(steps);
    let then = criterion.then.join("; ");
    // What stands before a moment.
    let before = || outcome.get(..limit.lead).map(tidy).filter(|before| before.split_whitespace().count() > 2);
    let ahead = if matches!(limit.side, Side::Ahead | Side::AheadAtLeast) { before() } else { None };
    let pick = |pair: (&str, &str)| fill(if plural(&value) { pair.1 } else { pair.0 }, &[&value]);
    let (when, then) = match limit.side {
        Side::Lasting => (fill(phrases.elapsed, &[&value]), lasting(said, holds, words)),
        Side::Ahead | Side::AheadAtLeast => {
            let moment = moment(outcome, &value, limit, words);
            // German and Dutch end with the verb, so that what stands before the moment is no sentence.
            let bare = ahead.filter(|_| !frames.verb_last);
            let denied = bare.unwrap_or_else(|| tidy(outcome));
            let then = if holds { bare.map_or(then, str::to_owned) } else { fill(phrases.absent, &[&step(denied, words)]) };
            (fill(phrases.ahead, &[&moment]), then)
        }
        _ => {
            let awaited = awaited(outcome, limit, words);
            let beyond = beyond(outcome, limit, words);
            // What waits for a least number comes at it, what follows a most number comes beyond it.
            let comes = holds == (limit.side == Side::AtLeast);
            let then = match (&said.predicate, awaited) {
                // What lies beyond the number is refused, the number itself is not.
                (_, None) if said.refuses && holds => then,
                (_, None) if said.refuses => fill(frames.not_for, &[&value, &step(said.segment, words)]),
                (_, Some(awaited)) if comes && awaited.contains(' ') => awaited,
                (_, Some(awaited)) => fill(if comes { phrases.holds } else { phrases.absent }, &[&awaited]),
                (Some(Some(consequence)), None) if holds => (*consequence).to_owned(),
                (Some(None), None) if holds && beyond.is_some() => said.segment.to_owned(),
                // Of several statements, the one that speaks of the limit.
                (Some(None), None) if holds && outcome.contains(';') && limit.lead > outcome.find(';').unwrap_or(0) => {
                    said.segment.to_owned()
                }
                (Some(None), None) if holds => then,
                (Some(_), None) if beyond.is_some() => beyond.unwrap_or_default().to_owned(),
                (Some(_), None) => fill(frames.not_for, &[&value, &step(said.segment, words)]),
                (None, None) => pick(if holds { frames.accepted } else { frames.rejected }),
            };
            (said.when(&value, words), then)
        }
    };
    let about = said.subject.as_deref().or(ahead);
    let about = about.map_or_else(|| brief(&criterion.title, words), |subject| without_article(subject, words).to_owned());
    let title = entitled(&about, &value, place(said, (steps, holds), words), words);
    let mut scenario = scenario(criterion, said, title, &value, holds, (when, then), words);
    if limit.side == Side::Lasting {
        scenario.given.extend(begun(criterion, said, conditional, words));
        scenario.preconditions.clone_from(&scenario.given);
    }
    scenario
}

/// Whether what lasts is still so, or what ends has come.
fn lasting(said: &Said<'_>, holds: bool, words: &Lexicon) -> String {
    let frames = words.phrases.frames;
    let phrase = match (said.ends(words), holds) {
        (true, true) => frames.not_yet,
        (true, false) => frames.has_come,
        (false, true) => frames.still,
        (false, false) => frames.no_longer,
    };
    fill(phrase, &[&step(&said.state, words)])
}

/// What must be so before a span runs: the condition, or the state itself.
fn begun(criterion: &Criterion, said: &Said<'_>, conditional: bool, words: &Lexicon) -> Vec<String> {
    let frames = words.phrases.frames;
    match (conditional, said.ends(words)) {
        (true, _) => criterion.when.clone(),
        (false, true) => vec![fill(frames.not_yet, &[&step(&said.state, words)])],
        (false, false) => vec![fill(words.phrases.holds, &[&step(&said.state, words)])],
    }
}

/// "Up to 6 are free; above that the rate is 1.5 %": the rule for what lies beyond.
pub(super) fn beyond<'a>(text: &'a str, limit: &Limit, words: &Lexicon) -> Option<&'a str> {
    let next = text.get(limit.end..)?.split_once(';')?.1.split(';').next()?.trim();
    let rule = Plain::new(next).after(words.deeds.beyond).map(|rest| tidy(rest.trim_start_matches(',')))?;
    // "above 10 kg …" has a limit of its own.
    if rule.split_whitespace().take(2).any(|word| word.starts_with(|letter: char| letter.is_ascii_digit())) {
        return None;
    }
    (matches!(limit.side, Side::AtMost | Side::Below) && rule.split_whitespace().count() > 1).then_some(rule)
}

/// A limit of the condition: the outcome comes or, in the words of `denied`, does not come.
fn conditional(
    criterion: &Criterion,
    (condition, denied): (&str, &str),
    said: &Said<'_>,
    (steps, holds): (i64, bool),
    words: &Lexicon,
) -> ProposedScenario {
    let phrases = &words.phrases;
    let limit = said.limit;
    let value = limit.beside(steps);
    // A span that has to pass is fulfilled after it and not before.
    let holds = if limit.side == Side::Lasting { steps > 0 } else { holds };
    let when = match limit.side {
        Side::Lasting => fill(phrases.elapsed, &[&value]),
        Side::Ahead | Side::AheadAtLeast => fill(phrases.ahead, &[&moment(condition, &value, limit, words)]),
        _ => framed(criterion, condition, &said.with(condition, &value)),
    };
    let absent = || affirmed(denied, words).unwrap_or_else(|| fill(phrases.absent, &[denied]));
    let then = if holds { criterion.then.join("; ") } else { absent() };
    let place = place(said, (steps, holds), words);
    // The condition as it is tried says more than its number.
    let tried = said.with(condition, &value);
    let title = match &said.subject {
        Some(subject) => entitled(without_article(subject, words), &value, place, words),
        None if phrases.frames.verb_last => format!("{tried} ({place})"),
        None => entitled(&brief(&title(&criterion.then.join("; ")), words), &tried, place, words),
    };
    let title = Some(title).filter(|title| title.chars().count() <= TITLE);
    let title = title.unwrap_or_else(|| entitled(&brief(&criterion.title, words), &value, place, words));
    scenario(criterion, said, title, &value, holds, (when, then), words)
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
    title: String,
    value: &str,
    holds: bool,
    (when, then): (String, String),
    words: &Lexicon,
) -> ProposedScenario {
    let mut scenario = derived(criterion, title, Technique::Boundary);
    if said.refuses && holds {
        scenario.technique = Technique::Negative;
        scenario.priority = Priority::High;
    }
    scenario.when = vec![step(&when, words)];
    scenario.then = vec![step(&then, words)];
    scenario.steps = vec![Step { action: String::new(), data: value.to_owned(), expected: String::new() }];
    scenario
}

/// "No further mail is sent" → "a further mail is sent": a denial is not denied once more.
fn affirmed(denial: &str, words: &Lexicon) -> Option<String> {
    let plain = Plain::new(denial);
    let (place, positive) = plain.words().find_map(|(place, word)| {
        let pair = words.deeds.positive.iter().find(|(negative, _)| *negative == word)?;
        Some((place, pair.1))
    })?;
    let (before, after) = (denial.get(..place.start)?, denial.get(place.end..)?);
    // One denial that stands before its noun, and no other.
    let others = plain.words().filter(|(_, word)| words.deeds.denial.holds(word)).count();
    let next = plain.words().find(|(other, _)| other.start >= place.end).map_or("", |(_, word)| word);
    let noun = after.starts_with(' ') && !["longer", "one", "more", "mehr", "meer"].contains(&next);
    (others < 2 && (noun || after.is_empty()))
        .then(|| format!("{before}{positive}{after}").split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Where a value stands.
fn place(said: &Said<'_>, (steps, holds): (i64, bool), words: &Lexicon) -> &'static str {
    let (at, within, outside) = words.phrases.frames.place;
    match (steps, said.limit.side) {
        (0, _) => at,
        (1.., Side::Above) => outside,
        _ if holds => within,
        _ => outside,
    }
}

/// "The quantity: 21 (outside the limit)".
fn entitled(about: &str, value: &str, place: &str, words: &Lexicon) -> String {
    let colon = if words.infinitive.contains(&"oir") { " :" } else { ":" };
    format!("{about}{colon} {value} ({place})")
}

/// Letters of a title that fit beside a value.
const BRIEF: usize = 52;

/// The first words of a title, as many as fit beside a value.
fn brief(title: &str, words: &Lexicon) -> String {
    let first = title.split([';', '(']).next().unwrap_or(title);
    let cut = short(first, BRIEF);
    let Some(mut head) = cut.strip_suffix('…') else { return cut.trim().to_owned() };
    // No title ends with "the".
    while let Some((before, last)) = head.trim_end().rsplit_once(' ')
        && words.small.holds(&Plain::new(last).folded)
    {
        head = before;
    }
    head.trim().to_owned()
}

/// "Two days before an offer ends": the event stays, the days change.
fn moment(text: &str, value: &str, limit: &Limit, words: &Lexicon) -> String {
    let event = text.get(limit.end..).map(tidy).unwrap_or_default();
    if words.verb_first.is_empty() {
        return format!("{value} {event}");
    }
    // German and Dutch put the verb last: the event is the preposition and its noun.
    let verb = |word: &&str| [words.edges.predicate, words.modal].iter().any(|list| list.holds(&Plain::new(word).folded));
    let mut event: Vec<&str> = event.split_whitespace().take(3).take_while(|word| !verb(word)).collect();
    while event.pop_if(|last| words.edges.articles.holds(&Plain::new(last).folded)).is_some() {}
    format!("{value} {}", event.join(" "))
}

/// "At least 15% must be packed before labels are printed": what waits for the limit.
fn awaited(text: &str, limit: &Limit, words: &Lexicon) -> Option<String> {
    let least = match limit.side {
        Side::AtLeast => 2,
        // "At most 5 attempts before a lock": what the last attempt brings about, in a word or more.
        Side::AtMost if words.deeds.attempts.holds(Plain::new(&limit.unit).folded.trim()) => 1,
        _ => return None,
    };
    let hit = Plain::new(text).find_from(words.until, limit.end)?;
    let outcome = tidy(text.get(hit.end..)?);
    (outcome.split_whitespace().count() >= least).then(|| outcome.to_owned())
}
