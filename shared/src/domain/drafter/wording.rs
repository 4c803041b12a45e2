//! Steps and titles: one line, of bounded length, with the sentence's edges trimmed.

use std::borrow::Cow;

use super::clause::tidy;
use super::lexicon::Lexicon;
use super::plain::Plain;
use crate::domain::language::fold;
use crate::domain::normal::spaced;

/// Longest step.
const STEP: usize = 400;
/// Longest title.
pub(super) const TITLE: usize = 96;

/// A step: one line, no placeholder by accident, no bullet, no full stop.
pub(super) fn step(text: &str, words: &Lexicon) -> String {
    let line = spaced(text.split_whitespace(), text.len());
    short(tidy(&lower_first(&without_angles(&line), words)), STEP)
}

/// `<name>` in the story's own words is no placeholder of ours.
pub(super) fn without_angles(text: &str) -> Cow<'_, str> {
    if let (Some(open), Some(close)) = (text.find('<'), text.rfind('>'))
        && open < close
    {
        return Cow::Owned(text.replace('<', "‹").replace('>', "›"));
    }
    Cow::Borrowed(text)
}

/// Whether a deed is done to something: "be notified", "per E-Mail benachrichtigt werden".
pub(super) fn is_passive(deed: &Plain<'_>, words: &Lexicon) -> bool {
    let opener = words.phrases.passive.0;
    let opens = !opener.is_empty() && deed.after_word(opener).is_some();
    opens || deed.folded.split_whitespace().next_back().is_some_and(|verb| matches!(verb, "werden" | "worden"))
}

/// A title: short, capital first, no full stop.
pub(super) fn title(text: &str) -> String {
    let whole = spaced(text.split_whitespace(), text.len());
    // What was cut before keeps its mark.
    let line = if whole.ends_with('…') { whole.as_str() } else { tidy(&whole) };
    let paired = line.contains(']');
    let line = line.trim_start_matches(|letter: char| {
        !(letter.is_alphanumeric() || "\"'«“¿(<‹".contains(letter) || letter == '[' && paired)
    });
    let line = &clause_of(line);
    // `orderId` and `iOS` are names.
    let name = line.split_whitespace().next().is_some_and(|word| word.chars().skip(1).any(char::is_uppercase));
    if name {
        return short(line, TITLE);
    }
    let mut letters = line.chars();
    let upper: String = letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
    short(&upper, TITLE)
}

/// A long title up to the end of a clause, where one ends late enough.
fn clause_of(line: &str) -> String {
    if line.len() <= TITLE || line.chars().count() <= TITLE {
        return line.to_owned();
    }
    let head: String = line.chars().take(TITLE).collect();
    let cut = ["; ", " (", ", ", " – "].iter().filter_map(|mark| head.rfind(mark)).max().filter(|at| *at > TITLE / 2);
    match cut.and_then(|at| head.get(..at)).filter(|text| is_balanced(text)) {
        Some(text) => text.to_owned(),
        None => line.to_owned(),
    }
}

/// Whether no bracket and no plain quotation mark is left open.
pub(super) fn is_balanced(text: &str) -> bool {
    text.matches('"').count().is_multiple_of(2) && text.matches('(').count() == text.matches(')').count()
}

/// Whether a value is several of something that is counted: "50 items" and not "5 MB".
pub(super) fn plural(value: &str) -> bool {
    let (number, unit) = value.split_once([' ', '\u{a0}']).unwrap_or((value, ""));
    number != "1" && unit.chars().count() > 3 && unit.chars().next().is_some_and(char::is_lowercase)
}

/// A noun without its article.
pub(super) fn without_article<'a>(noun: &'a str, words: &Lexicon) -> &'a str {
    // German: "das neue Passwort" is no "neue Passwort".
    let whole = |rest: &&str| !(rest.is_empty() || words.edges.articles.contains(&"das") && rest.starts_with(char::is_lowercase));
    super::plain::Plain::new(noun).after(words.edges.articles).filter(whole).unwrap_or(noun)
}

/// The text, cut between two words where it is longer than that many characters.
pub(super) fn short(text: &str, most: usize) -> String {
    if text.len() <= most || text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most.saturating_sub(1)).collect();
    let cut = head.rfind(' ').filter(|at| *at > most / 2).unwrap_or(head.len());
    format!("{}…", head.get(..cut).unwrap_or(&head).trim_end_matches([',', ' ', ';', ':', '-', '–']))
}

/// Small words lose their capital within a sentence; names, acronyms and German nouns keep theirs.
pub(super) fn lower_first(text: &str, words: &Lexicon) -> String {
    let first = text.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    let folded = fold(first);
    let small = words.small.holds(&folded) || words.edges.articles.holds(&folded);
    if first == "I" && words.infinitive.is_empty() || !(small || is_ordinary(text, first, words)) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |letter| letter.to_lowercase().chain(letters).collect())
}

/// Whether the first word is an ordinary one by its ending: a name mostly has none of these, and often another name after it.
fn is_ordinary(text: &str, first: &str, words: &Lexicon) -> bool {
    // German writes nouns with a capital anywhere.
    let german = words.edges.articles.contains(&"das");
    let plain = first.chars().skip(1).all(char::is_lowercase) && first.chars().count() > 3;
    let endings: &[&str] = if words.edges.articles.contains(&"het") { &["en", "s", "t"] } else { &["s", "ing", "ed"] };
    let next = text.get(first.len()..).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
    // A list of names goes on with "and" or a comma.
    let alone = next.chars().all(char::is_lowercase)
        && !words.and.holds(next)
        && text.get(first.len()..).is_some_and(|rest| rest.starts_with(' '));
    plain && !german && alone && endings.iter().any(|end| first.ends_with(end))
}

/// Titles in use, so that none comes twice.
#[derive(Default)]
pub(super) struct Titles(Vec<String>);

impl Titles {
    /// A title of its own. The mark is a letter: a digit would be a number the story does not state.
    pub(super) fn unique(&mut self, wanted: &str) -> String {
        let base = title(wanted);
        let mut candidate = base.clone();
        for mark in 'b'..='z' {
            if !self.0.contains(&candidate) {
                break;
            }
            candidate = format!("{} ({mark})", short(&base, TITLE - 4));
        }
        self.0.push(candidate.clone());
        candidate
    }
}
