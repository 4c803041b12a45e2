//! Steps and titles: one line, of bounded length, with the sentence's edges trimmed.

use super::clause::tidy;
use super::lexicon::Lexicon;
use crate::domain::language::fold;

/// Longest step.
const STEP: usize = 400;
/// Longest title.
const TITLE: usize = 96;

/// A step: one line, no placeholder by accident, no bullet, no full stop.
pub(super) fn step(text: &str, words: &Lexicon) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    short(tidy(&lower_first(&without_angles(&line), words)), STEP)
}

/// `<name>` in the story's own words is no placeholder of ours.
pub(super) fn without_angles(text: &str) -> String {
    let mut out = text.to_owned();
    if let (Some(open), Some(close)) = (text.find('<'), text.rfind('>'))
        && open < close
    {
        out = text.replace('<', "‹").replace('>', "›");
    }
    out
}

/// A title: short, capital first, no full stop.
pub(super) fn title(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = tidy(&line).trim_start_matches(|letter: char| !letter.is_alphanumeric() && !"\"'«“¿(".contains(letter));
    // `orderId` and `iOS` are names.
    let name = line.split_whitespace().next().is_some_and(|word| word.chars().skip(1).any(char::is_uppercase));
    if name {
        return short(line, TITLE);
    }
    let mut letters = line.chars();
    let upper: String = letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
    short(&upper, TITLE)
}

/// The text, cut between two words where it is longer than that many characters.
pub(super) fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
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
    if first == "I" && words.infinitive.is_empty() || !words.small.contains(&folded.as_str()) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |letter| letter.to_lowercase().chain(letters).collect())
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
