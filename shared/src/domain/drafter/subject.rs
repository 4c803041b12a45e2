//! What a limit is the limit of: the sentence around it, with the value in its place.

use super::clause::tidy;
use super::lexicon::{Lexicon, fill};
use super::number::{self, Limit, Side};
use super::permission;
use super::plain::Plain;
use super::wording::is_passive;
use crate::domain::language::fold;

/// A limit within its sentence.
pub(super) struct Said<'a> {
    /// The limit.
    pub(super) limit: &'a Limit,
    /// The part of the text that speaks of it.
    pub(super) segment: &'a str,
    /// What has the value, where it can be told.
    pub(super) subject: Option<String>,
    /// What is so while a span lasts.
    pub(super) state: String,
    /// The sentence before and after the value, where a value can stand between them.
    case: Option<(String, String)>,
    /// Whether something is said of the values, and what, where it stands apart from them.
    pub(super) predicate: Option<Option<&'a str>>,
    /// Whether what lies beyond the number is refused.
    pub(super) refuses: bool,
    /// Whether a span of time is the least something is kept.
    pub(super) kept: bool,
    /// Whether the product itself hands out the number, so that nobody can enter another.
    pub(super) handed: bool,
    /// Where the words of the limit begin and end in the text, with those of the limit beside it.
    span: (usize, usize),
    /// Whether the text is a condition.
    pub(super) in_condition: bool,
}

impl Said<'_> {
    /// A condition with a value in place of the limit.
    pub(super) fn with(&self, condition: &str, value: &str) -> String {
        // "within 24 hours" keeps its preposition, "more than 10 MB" does not keep "more than".
        let start = if self.limit.side == Side::Deadline { self.limit.start } else { self.span.0 };
        let (before, after) = (condition.get(..start).unwrap_or_default(), condition.get(self.span.1..).unwrap_or_default());
        format!("{before}{value}{after}")
    }

    /// Whether what lasts or ends is named.
    pub(super) fn names_state(&self) -> bool {
        self.state.split_whitespace().count() > 1
    }

    /// Whether the span is one at whose end something comes ("sessions expire").
    pub(super) fn ends(&self, words: &Lexicon) -> bool {
        Plain::new(&self.state).has(words.edges.expiry)
    }

    /// A value as an action.
    pub(super) fn when(&self, value: &str, words: &Lexicon) -> String {
        match (&self.case, &self.subject) {
            (Some((before, after)), _) => format!("{before} {value} {after}").trim().to_owned(),
            (None, Some(subject)) => fill(words.phrases.frames.value_for, &[value, subject]),
            (None, None) => fill(words.phrases.value, &[value]),
        }
    }
}

/// Reads the sentence around one of the limits of a text.
pub(super) fn read<'a>(text: &'a str, limits: &'a [Limit], at: usize, words: &Lexicon) -> Option<Said<'a>> {
    let limit = limits.get(at)?;
    let edges = words.edges;
    // Limits joined by "and" share what stands before and after them.
    let linked = |first: usize| {
        limits.get(first).zip(limits.get(first + 1)).is_some_and(|(one, two)| number::joined(text, one, two, words))
    };
    let first = if at > 0 && linked(at - 1) { limits.get(at - 1)? } else { limit };
    let last = if linked(at) { limits.get(at + 1)? } else { limit };
    let lead = text.get(..first.lead)?;
    let apart = lead.rfind("; ").or_else(|| lead.rfind(" ; ")).map_or(0, |place| place + 2);
    let earlier = limits.iter().take_while(|other| other.end <= first.lead && other.start != first.start).last();
    let from = earlier.map_or(apart, |other| other.end.max(apart));
    let tail = text.get(last.end..)?;
    let stop = last.end + tail.find(';').unwrap_or(tail.len());
    let segment = text.get(apart..stop)?.trim();
    let before = text.get(from..first.lead)?.trim();
    let after = text.get(last.end..stop)?.trim_end_matches(['.', ' ']);
    let denied = Plain::new(before).after(edges.none);
    let exclusive = matches!(limit.side, Side::Above | Side::Below);
    let refusal = Plain::new(segment).has(edges.refusal);
    let refuses = exclusive && !limit.ranged && (refusal || denied.is_some());
    let bare = Plain::new(after);
    let opener = edges.case.holds(&fold(before));
    let consequence = Some(tidy(after)).filter(|after| opener && after.split_whitespace().count() > 1);
    let said_of = bare.after(edges.predicate).is_some() && !before.is_empty()
        || before.is_empty() && bare.after(edges.predicate).is_some() && !bare.has(edges.acceptance);
    // "available from 100 €": what is said stands before the number.
    let offered = Plain::new(before).has(words.deeds.available) && tidy(after).is_empty();
    let said_of = said_of || offered;
    let predicate = match consequence {
        Some(words) => Some(Some(words)),
        None if offered || said_of && !bare.has(edges.acceptance) => Some(None),
        None => None,
    };
    let (subject, case) = parts(denied.unwrap_or(before), after, said_of, words);
    // "available for orders from 100 €": the number is that of the orders.
    let there = Plain::new(before).find(words.deeds.available).and_then(|hit| before.get(hit.end..));
    let owner = there.and_then(|rest| noun_of(Plain::new(rest).after(edges.links)?, words));
    let subject = if offered { owner.or(subject) } else { subject };
    let (subject, case) = if opener { (None, None) } else { (subject, case) };
    let case = case.or_else(|| measured(before, after, words));
    Some(Said {
        limit,
        segment,
        subject,
        state: state(text, from, limit, words),
        case,
        predicate,
        refuses,
        kept: Plain::new(segment).has(words.deeds.kept),
        handed: is_handed(before, segment, words),
        span: (first.lead, last.end),
        in_condition: false,
    })
}

/// What has the value, and the sentence with a gap for it.
fn parts(before: &str, after: &str, said_of: bool, words: &Lexicon) -> (Option<String>, Option<(String, String)>) {
    let edges = words.edges;
    let plain = Plain::new(before);
    let unfit =
        before.is_empty() || before.contains([',', ':', '(', '"']) || before.contains(|letter: char| letter.is_ascii_digit());
    if unfit {
        return (None, None);
    }
    let modals = plain.find(words.modal).into_iter().chain(plain.find(words.may));
    let modal = modals.min_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
    let verbs = [edges.stating, words.deeds.asked].into_iter().filter_map(|list| plain.find(list));
    let verb = verbs.filter(|hit| hit.start > 0).min_by_key(|hit| hit.start);
    let noun = |end: usize| noun_of(before.get(..end).unwrap_or_default(), words);
    if let Some(modal) = modal.filter(|hit| hit.start > 0 && verb.as_ref().is_none_or(|verb| hit.start <= verb.start)) {
        return (noun(modal.start), attempted(before, &modal, after, words));
    }
    let Some(verb) = verb.filter(|_| !said_of) else {
        let end = plain.find(edges.predicate).map(|hit| hit.start).filter(|at| *at > 0);
        return (noun(end.unwrap_or(before.len())), None);
    };
    // "needs a reason of at least 10 characters": what is entered is the reason.
    if words.deeds.asked.holds(&fold(before.get(verb.clone()).unwrap_or_default())) {
        let entered = noun_of(before.get(verb.end..).unwrap_or_default(), words);
        return (entered.or_else(|| noun(verb.start)), None);
    }
    let subject = noun(verb.start);
    let (name, rest) = (before.get(verb.clone()).unwrap_or_default(), before.get(verb.end..).unwrap_or_default().trim());
    let after = tidy(after);
    if !words.phrases.frames.verb_last {
        let short = after.split_whitespace().count() <= 4 && !after.contains(',');
        return (subject, Some((before.to_owned(), if short { after.to_owned() } else { String::new() })));
    }
    // German and Dutch: the verb goes to the end of the clause; a participle there has its own.
    let subject_words = before.get(..verb.start).unwrap_or_default().trim();
    let case = after.is_empty().then(|| (format!("{subject_words} {rest}").trim().to_owned(), name.to_owned()));
    (subject, case)
}

/// "10% of the work must be done": what the value is a part of.
fn measured(before: &str, after: &str, words: &Lexicon) -> Option<(String, String)> {
    let plain = Plain::new(after);
    let verb = plain.find(words.modal).into_iter().chain(plain.find(words.edges.predicate)).map(|hit| hit.start).min()?;
    let whole = after.get(..verb).map(str::trim).filter(|whole| Plain::new(whole).after(words.edges.links).is_some())?;
    // What must have become of it: "must be completed before …".
    let rest = after.get(verb..).and_then(|rest| rest.split_once(' ')).map_or("", |(_, rest)| rest);
    let until = Plain::new(rest).find(words.until).map_or(rest.len(), |hit| hit.start);
    let done = rest.get(..until).map(tidy).unwrap_or_default();
    let passive = words.phrases.passive.0;
    let done = Plain::new(done).after_word(passive).filter(|_| !passive.is_empty()).unwrap_or(done);
    let whole = if done.is_empty() { whole.to_owned() } else { format!("{whole} ({done})") };
    let splits = before.is_empty() && !words.phrases.frames.verb_last;
    splits.then(|| (fill(words.phrases.value, &[""]).trim().to_owned(), whole))
}

/// Whether the product hands out the number: the verb right before it says so, or what is made, and nobody may choose.
fn is_handed(before: &str, segment: &str, words: &Lexicon) -> bool {
    let ends = Plain::new(before).folded;
    let verb =
        words.deeds.handed.iter().any(|verb| ends.strip_suffix(verb).is_some_and(|head| head.is_empty() || head.ends_with(' ')));
    let segment = Plain::new(segment);
    (verb || segment.has(words.deeds.made)) && !segment.has(words.edges.choice)
}

/// What people may do with the value: "the customer can choose 12 instalments".
fn attempted(before: &str, modal: &std::ops::Range<usize>, after: &str, words: &Lexicon) -> Option<(String, String)> {
    let who = permission::is_person(before.get(..modal.start)?, words);
    let (verb, after) = (before.get(modal.end..)?.trim(), tidy(after));
    let done_to = [verb, after].iter().any(|deed| is_passive(&Plain::new(deed), words));
    let said = if words.phrases.frames.verb_last { !after.is_empty() } else { !verb.is_empty() };
    let short = after.split_whitespace().count() <= 4 && !after.contains(',');
    let before = fill(words.phrases.frames.tried, &[verb]).trim().to_owned();
    (who && said && short && !done_to).then(|| (before, after.to_owned()))
}

/// A noun without the small words after it.
fn noun_of(text: &str, words: &Lexicon) -> Option<String> {
    let mut noun = text.trim();
    while let Some((head, last)) = noun.rsplit_once(' ')
        && words.edges.links.holds(&fold(last))
    {
        noun = head.trim_end();
    }
    (!noun.is_empty() && noun.split_whitespace().count() <= 7 && !words.small.holds(&fold(noun))).then(|| lowered(noun, words))
}

/// A noun as it stands within a sentence.
fn lowered(noun: &str, words: &Lexicon) -> String {
    // A word that follows tells a name of two words from an ordinary noun.
    let followed = super::wording::lower_first(&format!("{noun} is"), words);
    followed.strip_suffix(" is").unwrap_or(&followed).to_owned()
}

/// "The draft is kept (for 7 days)", "the link expires (after 7 days)".
fn state(text: &str, from: usize, limit: &Limit, words: &Lexicon) -> String {
    if limit.side != Side::Lasting {
        return String::new();
    }
    let mut before = text.get(from..limit.start).unwrap_or_default().trim();
    while let Some((head, last)) = before.rsplit_once(' ')
        && !words.edges.stating.holds(&fold(last))
        && (words.small.holds(&fold(last)) || matches!(fold(last).as_str(), "pendant" | "durante" | "gedurende"))
    {
        before = head.trim_end();
    }
    // The rest of a verb or its complement: "läuft nach 30 Minuten ab", "ist 30 Minuten gültig".
    let after = text.get(limit.end..).unwrap_or_default().trim_start();
    let word = after.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
    let belongs = words.edges.lasting_after.holds(&fold(word)) || (words.phrases.frames.verb_last && tidy(after) == word);
    if belongs { format!("{before} {word}").trim().to_owned() } else { before.to_owned() }
}
