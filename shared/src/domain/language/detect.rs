//! Tells a text's language by its small words.

use super::Language;
use super::fold::fold;
use super::stop_words::stop_words;

/// Enough text to be sure; a longer one costs time and adds nothing.
const ENOUGH: usize = 20_000;

pub(super) fn detect(text: &str) -> Language {
    let text: String = text.chars().take(ENOUGH).collect();
    let folded = fold(&without_code(&text));
    let mut scores = [0_u32; Language::ALL.len()];
    for word in folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let known: Vec<bool> = Language::ALL.iter().map(|language| stop_words(*language).contains(&word)).collect();
        let shared = u32::try_from(known.iter().filter(|hit| **hit).count()).unwrap_or(1).max(1);
        // A word that several languages share says little about any of them.
        for (score, hit) in scores.iter_mut().zip(&known) {
            *score += if *hit { 12 / (shared * shared) } else { 0 };
        }
        for (score, language) in scores.iter_mut().zip(Language::ALL) {
            *score += if word.len() > 5 && endings(*language).iter().any(|end| word.ends_with(end)) { 3 } else { 0 };
        }
    }
    for letter in text.chars().flat_map(char::to_lowercase) {
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

/// Code is English whatever the language around it.
fn without_code(text: &str) -> String {
    text.split("```").step_by(2).flat_map(|outside| outside.split('`').step_by(2)).fold(String::new(), |mut prose, piece| {
        prose.push_str(piece);
        prose.push(' ');
        prose
    })
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
