//! What the story leaves open, as questions that quote it.

use super::lexicon::{Ask, Lexicon, fill};
use super::number;
use super::plain::Plain;
use super::wording::short;
use crate::domain::reply::ProposedQuestion;

/// More questions than this nobody answers.
const MOST: usize = 25;

/// The questions so far, each once.
#[derive(Default)]
pub(super) struct Doubts {
    questions: Vec<ProposedQuestion>,
    /// Whether a statement became a question instead of a criterion.
    pub(super) undecided: bool,
}

impl Doubts {
    /// Asks, unless it was asked before.
    pub(super) fn ask(&mut self, ask: Ask, quotes: &[&str]) {
        let quotes: Vec<String> = quotes.iter().map(|quote| short(quote, 160).replace('"', "'")).collect();
        let quotes: Vec<&str> = quotes.iter().map(String::as_str).collect();
        let question = ProposedQuestion { text: fill(ask.0, &quotes), why: ask.1.to_owned() };
        if self.questions.len() < MOST && !self.questions.iter().any(|asked| asked.text == question.text) {
            self.questions.push(question);
        }
    }

    /// Asks once about several sentences.
    pub(super) fn ask_all(&mut self, ask: Ask, quotes: &[&str]) {
        const MOST: usize = 5;
        let quoted = |quote: &&str| format!("\"{}\"", short(quote.trim_end_matches('.'), 90).replace('"', "'"));
        let mut listed: Vec<String> = quotes.iter().take(MOST).map(quoted).collect();
        if quotes.len() > MOST {
            listed.push(format!("… (+{})", quotes.len() - MOST));
        }
        if !quotes.is_empty() {
            self.questions.push(ProposedQuestion { text: fill(ask.0, &[&listed.join("; ")]), why: ask.1.to_owned() });
        }
    }

    /// Asks instead of stating.
    pub(super) fn instead(&mut self, ask: Ask, quotes: &[&str]) {
        self.undecided = true;
        self.ask(ask, quotes);
    }

    /// The questions.
    pub(super) fn into_questions(self) -> Vec<ProposedQuestion> {
        self.questions
    }

    /// What a statement that became a criterion still leaves open.
    pub(super) fn about(&mut self, plain: &Plain<'_>, words: &Lexicon) {
        let text = plain.text;
        if let Some(hit) = plain.find(words.vague) {
            self.ask(words.phrases.ask_vague, &[text.get(hit).unwrap_or_default(), text]);
        }
        if plain.has(words.message) && !text.contains(|letter: char| letter.is_ascii_digit() || "\"“«„`".contains(letter)) {
            self.ask(words.phrases.ask_message, &[text]);
        }
        if let Some(number) = number::without_unit(plain, words) {
            self.ask(words.phrases.ask_unit, &[number, text]);
        }
        if plain.has(words.period) {
            self.ask(words.phrases.ask_period, &[text]);
        }
    }

    /// One unit written in two ways.
    pub(super) fn units(&mut self, texts: &[&str], words: &Lexicon) {
        let mut seen: Vec<&str> = Vec::new();
        for size in texts.iter().flat_map(|text| number::sizes(text)) {
            if let Some(other) = seen.iter().find(|other| other.eq_ignore_ascii_case(size) && **other != size) {
                self.ask(words.phrases.ask_units, &[other, size]);
                return;
            }
            seen.push(size);
        }
    }
}
