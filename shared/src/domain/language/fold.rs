//! Text as it is compared: lower case, without accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case without accents and with plain apostrophes, so that `Étant donné` and `etant donne` are the same.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            '\u{2019}' | '\u{2018}' | '\u{02bc}' => folded.push('\''),
            'ß' | 'ẞ' => folded.push_str("ss"),
            'œ' | 'Œ' => folded.push_str("oe"),
            other => folded.extend(other.to_lowercase()),
        }
    }
    folded
}
