//! Tells a text's language by its small words.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::Language;
use super::fold::fold;
use super::stop_words::stop_words;

/// Enough text to be sure; a longer one costs time and adds nothing.
const ENOUGH: usize = 20_000;

/// For each small word the languages that have it, by their place in [`Language::ALL`].
static SMALL: LazyLock<HashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut all: HashMap<&'static str, Vec<usize>> = HashMap::new();
    for (at, language) in Language::ALL.iter().enumerate() {
        for word in stop_words(*language) {
            let known = all.entry(word).or_default();
            if !known.contains(&at) {
                known.push(at);
            }
        }
    }
    all
});

pub(super) fn detect(text: &str) -> Language {
    let text = beginning(text);
    let folded = fold(&without_code(text));
    let mut scores = [0_u32; Language::ALL.len()];
    for word in folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let known = SMALL.get(word).map_or(&[][..], Vec::as_slice);
        let shared = u32::try_from(known.len()).unwrap_or(1).max(1);
        // A word that several languages share says little about any of them.
        for at in known {
            if let Some(score) = scores.get_mut(*at) {
                *score += 12 / (shared * shared);
            }
        }
        if word.len() > 5 {
            for (score, language) in scores.iter_mut().zip(Language::ALL) {
                *score += if endings(*language).iter().any(|end| word.ends_with(end)) { 3 } else { 0 };
            }
        }
    }
    // No letter of ASCII speaks for a language.
    for letter in text.chars().filter(|letter| !letter.is_ascii()).flat_map(char::to_lowercase) {
        for (score, language) in scores.iter_mut().zip(Language::ALL) {
            *score += if letters(*language).contains(letter) { 2 } else { 0 };
        }
    }
    // English comes first in `ALL`, and only a higher score takes its place.
    let mut best = (Language::English, 0);
    for (language, score) in Language::ALL.iter().zip(scores) {
        if score > best.1 {
            best = (*language, score);
        }
    }
    best.0
}

fn beginning(text: &str) -> &str {
    if text.len() <= ENOUGH {
        return text;
    }
    text.char_indices().nth(ENOUGH).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// Code is English whatever the language around it.
fn without_code(text: &str) -> Cow<'_, str> {
    if !text.contains('`') {
        return Cow::Borrowed(text);
    }
    let outside = text.split("```").step_by(2).flat_map(|outside| outside.split('`').step_by(2));
    Cow::Owned(outside.fold(String::with_capacity(text.len()), |mut prose, piece| {
        prose.push_str(piece);
        prose.push(' ');
        prose
    }))
}

/// Letters that speak for a language.
const fn letters(language: Language) -> &'static str {
    match language {
        Language::English => "",
        Language::French => "èêàùœçé",
        Language::German => "äöüß",
        Language::Spanish => "ñ¿¡áíóúé",
        Language::Dutch => "ëï",
        Language::Portuguese => "ãõçáêâ",
    }
}

/// Word endings that speak for a language.
const fn endings(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["ing", "ness"],
        Language::French => &["eur", "euse", "ement", "aux"],
        Language::German => &["ung", "ungen", "keit", "lich", "isch"],
        Language::Spanish => &["cion", "ciones", "dad", "miento"],
        Language::Dutch => &["ijk", "heid", "eren", "ieve"],
        Language::Portuguese => &["cao", "coes", "dade", "mento"],
    }
}
