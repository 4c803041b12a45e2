//! Enumerations: the values a sentence lists.

use super::clause::tidy;
use super::lexicon::{Lexicon, List, list};
use super::plain::{Plain, words};

/// A list of values and where it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Values {
    /// Where the list begins.
    pub(super) start: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// The values, in order.
    pub(super) items: Vec<String>,
    /// How they belong together.
    pub(super) joined: Joined,
}

/// How the values of a list belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joined {
    /// All of them hold ("red, green and blue").
    All,
    /// One of them holds ("hidden/shown").
    One,
    /// Each is an example by itself.
    Each,
}

impl Values {
    /// The text with the list replaced by a placeholder.
    pub(super) fn replaced(&self, text: &str, column: &str) -> String {
        let (before, after) = (text.get(..self.start).unwrap_or_default(), text.get(self.end..).unwrap_or_default());
        format!("{before}<{column}>{after}")
    }
}

/// A longer text is no sentence.
const LONGEST: usize = 2_000;

/// The lists in a text.
pub(super) fn lists(text: &str, lexicon: &Lexicon) -> Vec<Values> {
    if text.len() > LONGEST {
        return Vec::new();
    }
    let mut all = compact(text);
    if all.is_empty() {
        all.extend(brackets(text).or_else(|| slashes(text)).or_else(|| enumeration(text, lexicon)));
    }
    let plain = Plain::new(text);
    // Two lists that go together, and a list that is one thing, are no rows of their own.
    if plain.has(lexicon.deeds.respectively) && all.len() < 2 {
        return Vec::new();
    }
    let among = |values: &Values| {
        let head = text.get(..values.start).and_then(last_word).unwrap_or_default();
        lexicon.deeds.among.holds(&Plain::new(head).folded)
    };
    all.retain(|values| values.items.len() >= 2 && distinct(&values.items) && !among(values));
    all
}

fn distinct(items: &[String]) -> bool {
    items.iter().enumerate().all(|(at, item)| !item.is_empty() && !items.iter().skip(at + 1).any(|other| other == item))
}

/// "(letter, box)", "(e.g. red wine, white wine, etc.)".
fn brackets(text: &str) -> Option<Values> {
    let open = text.find('(')? + 1;
    let close = open + text.get(open..)?.find(')')?;
    let inside = text.get(open..close)?;
    let listed = Plain::new(inside).after(SUCH_AS).unwrap_or(inside);
    let items: Vec<String> =
        listed.split(", ").map(str::trim).filter(|item| !Plain::new(item).folded.starts_with("etc")).map(str::to_owned).collect();
    let usable = items.len() >= 2 && items.iter().all(|item| !item.is_empty() && item.split_whitespace().count() <= 4);
    usable.then_some(Values { start: close - listed.len(), end: close, items, joined: Joined::Each })
}

/// What opens a list of examples within brackets.
const SUCH_AS: &List = list![
    "e.g.",
    "e.g",
    "i.e.",
    "for example",
    "such as",
    "z.b.",
    "z. b.",
    "zum beispiel",
    "p.ex.",
    "p. ex.",
    "par exemple",
    "ex.",
    "por ejemplo",
    "p.ej.",
    "p. ej.",
    "bijv.",
    "bv.",
    "bijvoorbeeld",
    "por exemplo",
];

/// "open / print / close", "locked/unlocked".
fn slashes(text: &str) -> Option<Values> {
    let spaced = text.contains(" / ");
    if !spaced {
        let token = text.split_whitespace().find(|token| {
            let word = token.trim_matches(|letter: char| !letter.is_alphanumeric());
            let parts: Vec<&str> = word.split('/').collect();
            parts.len() > 1 && parts.iter().all(|part| part.chars().count() > 3 && part.chars().all(char::is_alphabetic))
        })?;
        let word = token.trim_matches(|letter: char| !letter.is_alphanumeric());
        let start = text.find(word)?;
        let items = word.split('/').map(str::to_owned).collect();
        return Some(Values { start, end: start + word.len(), items, joined: Joined::One });
    }
    let first_slash = text.find(" / ")?;
    let last_slash = text.rfind(" / ")?;
    let start = text.get(..first_slash)?.rfind(' ').map_or(0, |at| at + 1);
    let tail = text.get(last_slash + 3..)?;
    let end = last_slash
        + 3
        + tail.find(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '-' | '_' | '\''))).unwrap_or(tail.len());
    let items: Vec<String> = text.get(start..end)?.split(" / ").map(|item| item.trim().to_owned()).collect();
    items.iter().all(|item| item.split_whitespace().count() <= 4).then_some(Values { start, end, items, joined: Joined::One })
}

/// "red, green and blue": single words only, because nobody can tell where a longer first value begins.
fn enumeration(text: &str, lexicon: &Lexicon) -> Option<Values> {
    let plain = Plain::new(text);
    let mut from = 0;
    while let Some(hit) = plain.find_from(lexicon.and, from) {
        // A letter that folds to several holds a hit without an end of its own.
        from = hit.end.max(from + 1);
        let head = text.get(..hit.start)?.trim_end().trim_end_matches(',');
        let commas: Vec<&str> = head.split(", ").collect();
        let [first, middle @ ..] = commas.as_slice() else { continue };
        // Only the last run of short pieces belongs to the list.
        let run = middle.iter().rev().take_while(|piece| piece.split_whitespace().count() == 1).count();
        if run == 0 {
            continue;
        }
        let cut = middle.len() - run;
        let before = if cut == 0 { *first } else { middle.get(cut - 1).copied().unwrap_or(first) };
        let inner: Vec<&str> = middle.iter().skip(cut).copied().collect();
        let (Some(lead), Some(last)) = (last_word(before), first_word(text.get(hit.end..)?)) else { continue };
        let start = head.len() - inner.iter().map(|piece| piece.len() + 2).sum::<usize>() - lead.len();
        let end = text.len() - text.get(hit.end..)?.trim_start().len() + last.len();
        let mut items = vec![lead.to_owned()];
        items.extend(inner.iter().map(|piece| (*piece).to_owned()));
        items.push(last.to_owned());
        if items
            .iter()
            .any(|item| item.contains(['(', ')', '"']) || words(&Plain::new(item).folded).all(|word| lexicon.small.holds(word)))
        {
            continue;
        }
        let or = text.get(hit).is_some_and(|word| lexicon.deeds.or.holds(&Plain::new(word).folded));
        return Some(Values { start, end, items, joined: if or { Joined::One } else { Joined::All } });
    }
    None
}

/// Conditions of which each is enough: "it is handed over, when it is out for delivery and when it was delivered".
pub(super) fn conditions(text: &str, lexicon: &Lexicon) -> Option<Values> {
    let plain = Plain::new(text);
    let mut items = Vec::new();
    let (mut start, mut from, mut or) = (0, 0, false);
    while let Some(hit) = plain.find_from(lexicon.middle, from) {
        from = hit.end.max(from + 1);
        let head = text.get(start..hit.start)?.trim_end();
        let last = last_word(head).map(|word| Plain::new(word).folded).filter(|word| lexicon.and.holds(word));
        let bare = last.as_ref().map_or(head, |_| head.rsplit_once(' ').map_or(head, |(bare, _)| bare.trim_end()));
        if last.is_none() && !head.ends_with(',') {
            continue;
        }
        or |= last.is_some_and(|word| lexicon.deeds.or.holds(&word));
        items.push(tidy(bare).to_owned());
        start = hit.end;
    }
    items.push(tidy(text.get(start..)?).to_owned());
    // "when A and when B" may mean both at once.
    let told = items.len() > 2 || items.len() == 2 && or;
    let whole = items.iter().all(|item| item.split_whitespace().count() > 1) && distinct(&items);
    (told && whole).then_some(Values { start: 0, end: text.len(), items, joined: Joined::One })
}

fn last_word(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let start = text.rfind([' ', '(']).map_or(0, |at| at + 1);
    text.get(start..)
        .filter(|words| !words.is_empty() && words.chars().all(|letter| letter.is_alphanumeric() || " -'’:_".contains(letter)))
}

fn first_word(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let end = text.find([' ', ',', '.', ';', ')']).unwrap_or(text.len());
    text.get(..end).filter(|word| !word.is_empty())
}

/// "S,M,XL".
fn compact(text: &str) -> Vec<Values> {
    let mut found = Vec::new();
    let mut from = 0;
    for token in text.split_whitespace() {
        let Some(at) = text.get(from..).and_then(|rest| rest.find(token)).map(|at| from + at) else { continue };
        from = at + token.len();
        let word = token.trim_matches(|letter: char| !letter.is_alphanumeric());
        let items: Vec<String> = word.split(',').map(str::to_owned).collect();
        let short = items.iter().all(|item| (1..=4).contains(&item.chars().count()) && item.chars().all(char::is_alphabetic));
        if items.len() >= 3 && short {
            let start = at + token.find(word).unwrap_or(0);
            found.push(Values { start, end: start + word.len(), items, joined: Joined::Each });
        }
    }
    found
}

/// What a compound wish lists: its parts when each opens with a verb of its own, otherwise the wish itself.
pub(super) fn wishes(wish: &str, lexicon: &Lexicon) -> Vec<String> {
    let pieces: Vec<&str> = wish.split(", ").map(|piece| strip_and(piece, lexicon)).collect();
    let opens = |piece: &str| {
        let bare = Plain::new(piece).after(lexicon.ability).unwrap_or(piece);
        let bare = Plain::new(bare).after(list!["a", "an", "manually"]).unwrap_or(bare);
        Plain::new(bare).after(lexicon.acts).is_some()
    };
    let verbs = pieces.iter().filter(|piece| opens(piece)).count();
    if pieces.len() < 3 || verbs < pieces.len() {
        return vec![wish.to_owned()];
    }
    pieces
        .iter()
        .map(|piece| {
            let bare = Plain::new(piece).after(lexicon.ability).unwrap_or(piece);
            let typo = Plain::new(bare).after(list!["a", "an"]).filter(|rest| Plain::new(rest).after(lexicon.acts).is_some());
            typo.unwrap_or(bare).to_owned()
        })
        .collect()
}

fn strip_and<'a>(piece: &'a str, lexicon: &Lexicon) -> &'a str {
    Plain::new(piece).after(lexicon.and).unwrap_or(piece).trim()
}
