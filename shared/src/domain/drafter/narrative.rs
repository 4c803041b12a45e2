//! "As a role, I want a wish, so that a benefit": who the story is for and what they want.

use super::lexicon::{Lexicon, fill};
use super::plain::Plain;
use super::wording::is_passive;

/// The role and the wish of a story, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Narrative {
    /// The part the words stand in.
    pub(super) part: String,
    /// The words, verbatim.
    pub(super) quote: String,
    /// Who wants it, with the article ("a seller").
    pub(super) role: String,
    /// What is wanted; an infinitive when `infinitive` says so.
    pub(super) wish: String,
    /// Whether the wish can follow "I can".
    pub(super) infinitive: bool,
}

/// Reads a text that may be a narrative.
pub(super) fn read(part: &str, quote: &str, text: &str, words: &Lexicon) -> Option<Narrative> {
    let plain = Plain::new(text);
    let role_at = plain.find(words.role)?;
    // "US1 - Como …", "#12 - Als …", "US-3 | En tant que …": a key may stand before, a sentence may not.
    let lead = text.get(..role_at.start)?;
    if lead.split_whitespace().count() > 4 || lead.contains(". ") {
        return None;
    }
    let article = text
        .get(role_at.clone())?
        .split_whitespace()
        .last()
        .filter(|word| words.role.contains(&"as a") && matches!(*word, "a" | "an" | "the"));
    let want = plain.find_from(words.want, role_at.end)?;
    let role =
        text.get(role_at.end..want.start)?.trim_matches(|letter: char| letter == ',' || letter == ':' || letter.is_whitespace());
    // French and Portuguese put the subject before the wish: "je", "eu".
    let role = role.trim_end_matches(['*', '-']).trim();
    if role.is_empty() || role.chars().count() > 80 {
        return None;
    }
    let rest = text.get(want.end..)?;
    let benefit = Plain::new(rest).find(words.so_that).map_or(rest.len(), |hit| hit.start);
    let wish = rest.get(..benefit)?;
    let wish = wish.split(" | ").next().unwrap_or(wish);
    let wish = wish.trim_matches(|letter: char| ",.;:…".contains(letter) || letter.is_whitespace());
    let (wish, told) = match Plain::new(wish).after(words.ability) {
        Some(rest) => (rest, true),
        None => (wish, false),
    };
    let wish = words
        .ability_end
        .iter()
        .find_map(|end| Plain::new(wish).folded.ends_with(end).then(|| wish.rsplit_once(' '))?)
        .map_or(wish, |cut| cut.0);
    // Dutch: "een bestelling kunnen retourneren".
    let wish = match wish.rsplit_once(' ').and_then(|(head, verb)| Some((head.strip_suffix(" kunnen")?, verb))) {
        Some((head, verb)) => format!("{head} {verb}"),
        None => wish.to_owned(),
    };
    if wish.is_empty() {
        return None;
    }
    let infinitive = told || is_infinitive(&wish, text.get(want)?, words);
    let role = article.map_or_else(|| role.to_owned(), |article| format!("{article} {role}"));
    Some(Narrative { part: part.to_owned(), quote: quote.to_owned(), role, wish, infinitive })
}

/// Whether a wish is a verb: by what opens it in English, by its ending elsewhere (first word in Romance, last in German and Dutch).
fn is_infinitive(wish: &str, want: &str, words: &Lexicon) -> bool {
    let folded = Plain::new(wish).folded;
    let opener = Plain::new(want).folded;
    if words.infinitive.is_empty() {
        return opener.ends_with(" to") || opener.ends_with("can");
    }
    let last = words.role.contains(&"als") || words.role.contains(&"als een");
    let main = folded.split([',']).next().unwrap_or(&folded);
    let word = if last {
        main.split_whitespace().last()
    } else {
        folded.split_whitespace().find(|word| !words.small.holds(word) && !matches!(*word, "me" | "se"))
    };
    word.is_some_and(|word| words.infinitive.iter().any(|end| word.ends_with(end)))
}

impl Narrative {
    /// The role as a precondition.
    pub(super) fn given(&self, words: &Lexicon) -> String {
        fill(words.phrases.role, &[&self.role])
    }

    /// The wish as an action; `None` where nobody acts: what is done to somebody is nothing they do, and to want a thing is no action.
    pub(super) fn act(&self, words: &Lexicon) -> Option<String> {
        let done_to_them = is_passive(&Plain::new(&self.wish), words);
        (self.infinitive && !done_to_them).then(|| fill(words.phrases.act, &[core(&self.wish, words)]))
    }

    /// A thing wished for as something that can be tried.
    pub(super) fn attempt(&self, wished: &str, words: &Lexicon) -> Option<String> {
        let plain = Plain::new(wished);
        let state = plain.after(words.deeds.states).is_some();
        (self.infinitive && !state).then(|| fill(words.phrases.attempt, &[wished]))
    }
}

/// Longest wish that is taken whole as an action.
const WHOLE: usize = 140;

/// What a long wish begins with, up to a bracket, a comma or a clause about its last noun.
fn core<'a>(wish: &'a str, words: &Lexicon) -> &'a str {
    if wish.chars().count() <= WHOLE {
        return wish;
    }
    let marks = wish.find(['(', ',', ';', ':']);
    let clause = Plain::new(wish).find(words.deeds.relative).map(|hit| hit.start);
    let cut = marks.into_iter().chain(clause).min().and_then(|at| wish.get(..at)).map(str::trim);
    cut.filter(|head| head.split_whitespace().count() > 2).unwrap_or(wish)
}
