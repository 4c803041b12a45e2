//! Splits a sentence into condition and outcome.

use super::lexicon::{Lexicon, List, fill, list};
use super::plain::Plain;

/// A sentence as condition and outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clause {
    /// The role, where the sentence names one in front ("as a guest, after …").
    pub(super) role: Option<String>,
    /// The condition without the word that opens it, ready to follow `When`.
    pub(super) condition: Option<String>,
    /// What is so then.
    pub(super) outcome: String,
    /// Whether nothing happens unless the condition holds.
    pub(super) only: bool,
    /// What keeps the outcome from happening ("unless"), where the condition is that it does not hold.
    pub(super) barrier: Option<String>,
    /// What is so when the barrier holds ("unless …, in which case …").
    pub(super) instead: Option<String>,
    /// Whether the condition is an event that has happened before.
    pub(super) event: bool,
}

/// Splits a sentence; the outcome is the whole sentence where it states no condition.
pub(super) fn split(text: &str, words: &Lexicon) -> Clause {
    split_plain(&Plain::new(tidy(text)), words)
}

/// The same of a text that is tidy already.
pub(super) fn split_plain(plain: &Plain<'_>, words: &Lexicon) -> Clause {
    if let Some((role, rest)) = role(plain, words) {
        let inner = split(rest, words);
        return Clause { role: Some(role), ..inner };
    }
    leading(plain, words)
        .or_else(|| preposed(plain, words))
        .or_else(|| only(plain, words))
        .or_else(|| trailing(plain, words))
        .or_else(|| case(plain, words))
        .unwrap_or_else(|| Clause { outcome: plain.text.to_owned(), ..Clause::default() })
}

/// Text without the full stop and the spaces around it.
pub(super) fn tidy(text: &str) -> &str {
    text.trim().trim_end_matches(['.', ';', ',', ':', '…']).trim()
}

/// "as a guest, after …"
fn role<'a>(whole: &Plain<'a>, words: &Lexicon) -> Option<(String, &'a str)> {
    let text = whole.text;
    let rest = whole.after(words.role)?;
    let (role, outcome) = rest.split_once(", ")?;
    // Longer ones are clauses of their own ("as long as …").
    let plain = Plain::new(role);
    if role.split_whitespace().count() > 4
        || plain.has(words.want)
        || whole.after(words.opening).is_some()
        || plain.folded.starts_with("soon")
    {
        return None;
    }
    let opened = text.len() - rest.len();
    let article = text.get(..opened)?.split_whitespace().nth(1).filter(|word| matches!(*word, "a" | "an" | "the"));
    // "As a system setting, it is hidden": a thing and not a person, when the sentence goes on with "it".
    if Plain::new(outcome).after_word("it").is_some() {
        return None;
    }
    Some((article.map_or_else(|| role.to_owned(), |article| format!("{article} {role}")), outcome))
}

/// "If X, then Y", "After X, Y".
fn leading(plain: &Plain<'_>, words: &Lexicon) -> Option<Clause> {
    let (rest, event) = match (plain.after(words.opening), plain.after(words.after)) {
        (Some(rest), _) => (rest, false),
        (None, Some(rest)) => (rest, true),
        (None, None) => return None,
    };
    let inner = Plain::new(rest);
    let comma = comma(rest);
    let then = inner.find(words.then).filter(|hit| hit.start > 0);
    let (condition, outcome) = match (then, comma) {
        (Some(then), _) => (rest.get(..then.start)?, rest.get(then.end..)?),
        (None, Some(at)) => (rest.get(..at)?, rest.get(at + 1..)?),
        (None, None) => return None,
    };
    let (condition, outcome) = (tidy(condition), tidy(outcome.trim_start_matches([',', ' '])));
    if condition.is_empty() || outcome.split_whitespace().count() < 2 {
        return None;
    }
    let gerund = words.infinitive.is_empty() && condition.split_whitespace().next().is_some_and(|word| word.ends_with("ing"));
    let condition = if event || gerund { fill(words.phrases.event, &[condition]) } else { condition.to_owned() };
    Some(Clause { condition: Some(condition), outcome: outcome.to_owned(), event: event || gerund, ..Clause::default() })
}

/// German and Dutch: "Wird die Lieferung verweigert, soll …": the verb goes to the end of the clause.
fn preposed(plain: &Plain<'_>, words: &Lexicon) -> Option<Clause> {
    let rest = plain.after(words.verb_first)?;
    let at = comma(rest)?;
    let verb = plain.text.split_whitespace().next()?.to_lowercase();
    let (condition, outcome) = (tidy(rest.get(..at)?), tidy(rest.get(at + 1..)?));
    let inverted = Plain::new(outcome);
    let verbs_second = inverted.after(words.verb_first).is_some()
        || inverted.after(words.modal).is_some()
        || inverted.after(words.then).is_some();
    if !verbs_second {
        return None;
    }
    let outcome = inverted.after(words.then).unwrap_or(outcome);
    Some(Clause { condition: Some(format!("{condition} {verb}")), outcome: outcome.to_owned(), ..Clause::default() })
}

/// "Y only if X".
fn only(plain: &Plain<'_>, words: &Lexicon) -> Option<Clause> {
    let hit = plain.find(words.only_if)?;
    let (outcome, condition) = (tidy(plain.text.get(..hit.start)?), tidy(plain.text.get(hit.end..)?));
    if outcome.is_empty() || condition.is_empty() {
        return None;
    }
    if words.unless.holds(&Plain::new(plain.text.get(hit)?).folded) {
        // What follows a comma ("in which case …") is another statement.
        let (condition, rest) = comma(condition).and_then(|at| condition.split_at_checked(at)).unwrap_or((condition, ""));
        let instead =
            Plain::new(rest.trim_start_matches([',', ' '])).after(words.deeds.which_case).map(|rest| tidy(rest).to_owned());
        return Some(Clause {
            condition: Some(fill(words.phrases.unmet, &[condition])),
            outcome: outcome.to_owned(),
            barrier: Some(condition.to_owned()),
            instead,
            ..Clause::default()
        });
    }
    Some(Clause { condition: Some(condition.to_owned()), outcome: outcome.to_owned(), only: true, ..Clause::default() })
}

/// "Y when X".
fn trailing(plain: &Plain<'_>, words: &Lexicon) -> Option<Clause> {
    let hit = plain.find(words.middle)?;
    let (outcome, condition) = (tidy(plain.text.get(..hit.start)?), tidy(plain.text.get(hit.end..)?));
    // "check if it is larger" asks, and a clause within brackets explains.
    let said = Plain::new(outcome);
    let asks = said.folded.split_whitespace().last().is_some_and(|word| words.asks.holds(word));
    let inside = outcome.matches('(').count() > outcome.matches(')').count();
    // "…, if it is known" belongs to the last part of the outcome only.
    let back = Plain::new(condition).after(words.edges.pronouns).is_some() && outcome.contains(' ') && said.has(words.and);
    // "so if X then Y" has its outcome behind the condition.
    let reversed = Plain::new(condition).find(words.then).is_some_and(|hit| hit.start > 0);
    if asks || inside || back || reversed || outcome.split_whitespace().count() < 2 || condition.split_whitespace().count() < 2 {
        return None;
    }
    // "is only shown when …": "only" belongs to the condition when hardly a word follows it.
    if let Some(only) = said.find(words.only)
        && (1..=2).contains(&outcome.get(only.end..)?.split_whitespace().count())
    {
        let rest = format!("{} {}", outcome.get(..only.start)?.trim(), outcome.get(only.end..)?.trim());
        return Some(Clause {
            condition: Some(condition.to_owned()),
            outcome: rest.trim().to_owned(),
            only: true,
            ..Clause::default()
        });
    }
    Some(Clause { condition: Some(condition.to_owned()), outcome: outcome.to_owned(), ..Clause::default() })
}

/// "Without a reason the order stays open", "Bei einer unbekannten Adresse wird …": the case stands before the outcome.
fn case(plain: &Plain<'_>, words: &Lexicon) -> Option<Clause> {
    let past = plain.after(words.after).filter(|_| plain.after(list!["on", "upon", "once"]).is_none());
    let opened = plain.after(words.edges.case);
    let rest = past.or(opened)?;
    let start = plain.text.len() - rest.len();
    // A comma further on belongs to the outcome ("Without stock the button is disabled, …").
    let near = comma(rest).filter(|at| rest.get(..*at).is_some_and(|head| head.split_whitespace().count() <= CASE));
    let cut = match near {
        Some(at) => start + at,
        None if words.phrases.frames.verb_last => {
            let verbs = [words.verb_first, words.edges.stating].map(|verbs| plain.find_from(verbs, start + 1));
            verbs.into_iter().flatten().map(|hit| hit.start).min()?
        }
        None => {
            // English: the subject opens with its article; the first one belongs to the case itself.
            let first = rest.split_whitespace().next().map_or(start, |word| start + word.len());
            plain.find_from(DETERMINERS, first + 1).filter(|_| words.infinitive.is_empty())?.start
        }
    };
    let (head, outcome) = (tidy(plain.text.get(..cut)?), tidy(plain.text.get(cut..)?.trim_start_matches([',', ' '])));
    let few = (2..=CASE + 1).contains(&head.split_whitespace().count());
    if !few || outcome.split_whitespace().count() < 3 || head.contains([':', '"', '(']) {
        return None;
    }
    let condition = match past {
        Some(_) if !words.phrases.frames.verb_last => fill(words.phrases.event, &[tidy(head.get(start..)?)]),
        _ => fill(words.phrases.frames.case, &[&super::wording::lower_first(head, words)]),
    };
    Some(Clause { condition: Some(condition), outcome: outcome.to_owned(), event: true, ..Clause::default() })
}

/// Most words of a case.
const CASE: usize = 8;

/// What an English subject opens with.
const DETERMINERS: &List = list!["the", "a", "an", "nothing", "no", "all", "each", "every", "it"];

/// The comma that ends the condition: the first one that is not within a list, brackets or a number.
fn comma(text: &str) -> Option<usize> {
    let mut open = 0_i32;
    let mut found = None;
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' => open += 1,
            ')' | ']' => open -= 1,
            ',' if open <= 0 && text.get(at + 1..).is_some_and(|rest| rest.starts_with(' ')) => {
                found = Some(at);
                break;
            }
            _ => {}
        }
    }
    found
}
