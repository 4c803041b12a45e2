//! Words that fit on one line of Gherkin.

use std::borrow::Cow;

use crate::domain::language::Language;
use crate::domain::normal::{is_invisible, is_plain_line};

/// Which step a text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    /// What is so before.
    Given,
    /// What happens.
    When,
    /// What is seen.
    Then,
}

impl Section {
    /// How the parser lets a step of this section begin, beside the joining words.
    const fn openers(self, language: Language) -> &'static [&'static str] {
        match (language, self) {
            (Language::English, Self::Given) => &["given"],
            (Language::English, Self::When) => &["when"],
            (Language::English, Self::Then) => &["then"],
            (Language::French, Self::Given) => &[
                "étant donnés",
                "étant données",
                "étant donnée",
                "étant donné",
                "etant donnés",
                "etant données",
                "etant donnée",
                "etant donné",
                "sachant",
                "soit",
            ],
            (Language::French, Self::When) => &["quand", "lorsque", "lorsqu'"],
            (Language::French, Self::Then) => &["alors", "donc"],
            (Language::German, Self::Given) => &["angenommen", "gegeben sei", "gegeben seien"],
            (Language::German, Self::When) => &["wenn"],
            (Language::German, Self::Then) => &["dann"],
            (Language::Spanish | Language::Portuguese, Self::Given) => &["dado", "dada", "dados", "dadas"],
            (Language::Spanish, Self::When) => &["cuando"],
            (Language::Spanish, Self::Then) => &["entonces"],
            (Language::Dutch, Self::Given) => &["gegeven", "stel"],
            (Language::Dutch, Self::When) => &["als", "wanneer"],
            (Language::Dutch, Self::Then) => &["dan"],
            (Language::Portuguese, Self::When) => &["quando"],
            (Language::Portuguese, Self::Then) => &["então", "entao"],
        }
    }
}

/// How a step that goes on may begin.
const fn joiners(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["and", "but"],
        Language::French => &["et", "mais"],
        Language::German => &["und", "aber"],
        Language::Spanish => &["y", "e", "pero"],
        Language::Dutch => &["en", "maar"],
        Language::Portuguese => &["e", "mas"],
    }
}

/// The text on one line: every break, tab and control is a space, spaces are single, and what cannot be seen is gone.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    if is_plain_line(text) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        let blank = match c {
            '!'..='~' => false,
            c if c.is_whitespace() => true,
            c if is_invisible(c) => continue,
            c => c.is_control(),
        };
        match blank {
            false => line.push(c),
            true if line.is_empty() || line.ends_with(' ') => {}
            true => line.push(' '),
        }
    }
    line.truncate(line.trim_end_matches(' ').len());
    Cow::Owned(line)
}

/// A step's text without the keyword a model may have written before it, on one line; empty when nothing is left.
#[must_use]
pub fn step_text(language: Language, section: Section, text: &str) -> Cow<'_, str> {
    let line = one_line(text);
    let rest = without_keywords(language, section, &line);
    if language == Language::French
        && let Some(elided) = elided(rest)
    {
        return Cow::Owned(elided);
    }
    match line {
        Cow::Borrowed(line) => Cow::Borrowed(line.get(line.len() - rest.len()..).unwrap_or_default()),
        Cow::Owned(_) => Cow::Owned(rest.to_owned()),
    }
}

/// A line without the keywords before it.
fn without_keywords(language: Language, section: Section, line: &str) -> &str {
    let mut rest = line;
    loop {
        let words = section.openers(language).iter().chain(joiners(language)).copied();
        let stripped = words
            .filter_map(|word| without_word(rest, word))
            .chain(rest.strip_prefix("* ").map(str::trim_start))
            .chain(is_only_keyword(language, section, rest).then_some(""))
            .min_by_key(|left| left.len());
        match stripped {
            Some(left) => rest = left,
            None => return rest,
        }
    }
}

/// "que il" as "qu'il": the French keyword and its clause are joined by a word that loses its vowel.
fn elided(step: &str) -> Option<String> {
    match without_word(step, "que") {
        // The parser would take the word for its keyword and find no step behind it.
        None if ["que", "qu'", "qu’"].iter().any(|word| step.eq_ignore_ascii_case(word)) => Some(String::new()),
        Some(clause) if begins_with_vowel(clause) => Some(format!("{}'{clause}", step.get(..2).unwrap_or("qu"))),
        _ => None,
    }
}

fn begins_with_vowel(clause: &str) -> bool {
    let first: String = clause.chars().take_while(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    first.starts_with(|c| "aàâeéèêëiîïoôuùûœæ".contains(c)) && !["onze", "onzième", "oui"].contains(&first.as_str())
}

/// What follows `word`, whatever its case, when it stands at the start as a word of its own.
fn without_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    for expected in word.chars() {
        let got = rest.next()?;
        if got.is_ascii() && expected.is_ascii() {
            if got.eq_ignore_ascii_case(&expected) { continue } else { return None }
        }
        let same = got == expected || got.to_lowercase().eq(expected.to_lowercase()) || (expected == '\'' && got == '’');
        if !same {
            return None;
        }
    }
    let rest = rest.as_str();
    if word.ends_with('\'') {
        return (!rest.is_empty()).then(|| rest.trim_start());
    }
    let rest = rest.strip_prefix([':', ',']).unwrap_or(rest);
    rest.starts_with(' ').then(|| rest.trim_start())
}

fn is_only_keyword(language: Language, section: Section, text: &str) -> bool {
    let word = text.trim_end_matches([':', ',']);
    // No keyword is as long as that, whatever its case.
    let word = if word.len() > 48 { return false } else { word.to_lowercase() };
    text == "*" || section.openers(language).iter().chain(joiners(language)).any(|opener| *opener == word)
}
