//! Text as it is compared: lower case, without accents.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Lower case without accents and with plain apostrophes, so that `Étant donné` and `etant donne` are the same.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    push_lower(&mut folded, text, fold_letter);
    folded
}

/// Appends a text in lower case: ASCII, which is most of it, at once, every other letter as `other` says.
pub(crate) fn push_lower(out: &mut String, text: &str, mut other: impl FnMut(&mut String, char)) {
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        let start = out.len();
        out.push_str(rest.get(..ascii).unwrap_or_default());
        if let Some(new) = out.get_mut(start..) {
            new.make_ascii_lowercase();
        }
        let mut letters = rest.get(ascii..).unwrap_or_default().chars();
        if let Some(letter) = letters.next() {
            other(out, letter);
        }
        rest = letters.as_str();
    }
}

/// The letters of Latin-1 from U+00C0 on.
#[rustfmt::skip]
const LATIN: [&str; 64] = [
    "a", "a", "a", "a", "a", "a", "æ", "c", "e", "e", "e", "e", "i", "i", "i", "i",
    "ð", "n", "o", "o", "o", "o", "o", "×", "ø", "u", "u", "u", "u", "y", "þ", "ss",
    "a", "a", "a", "a", "a", "a", "æ", "c", "e", "e", "e", "e", "i", "i", "i", "i",
    "ð", "n", "o", "o", "o", "o", "o", "÷", "ø", "u", "u", "u", "u", "y", "þ", "y",
];

/// Appends a letter in lower case and without accents. Marks are left out, so their order does not matter.
pub(crate) fn fold_letter(folded: &mut String, letter: char) {
    if letter.is_ascii() {
        folded.push(letter.to_ascii_lowercase());
        return;
    }
    let latin = u32::from(letter).checked_sub(0xc0).and_then(|at| LATIN.get(at as usize));
    if let Some(letter) = latin {
        folded.push_str(letter);
        return;
    }
    decompose_compatible(letter, |letter| match letter {
        '\u{2019}' | '\u{2018}' | '\u{02bc}' => folded.push('\''),
        'ß' | 'ẞ' => folded.push_str("ss"),
        'œ' | 'Œ' => folded.push_str("oe"),
        'a'..='z' => folded.push(letter),
        mark if is_combining_mark(mark) => {}
        other => folded.extend(other.to_lowercase()),
    });
}
