//! One spelling for what looks or means the same.

use unicode_normalization::UnicodeNormalization;

use super::markup;

/// The text without markup, invisible characters and typography, on one line and in lower case.
#[must_use]
pub fn text(raw: &str) -> String {
    fold(&markup::strip(&plain(raw)))
}

/// Characters in their common form (NFKC), without invisible ones; lines and case are kept.
pub(super) fn plain(raw: &str) -> String {
    raw.nfkc().filter(|c| !is_invisible(*c)).map(unified).collect()
}

/// Lower case and single spaces.
pub(super) fn fold(text: &str) -> String {
    let lower: String = text.to_lowercase().nfkc().collect::<String>().replace('ß', "ss").replace('ς', "σ");
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character has no shape of its own: formatting, direction, variation and tag characters, soft hyphens, controls.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fe00}'..='\u{fe0f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => true,
        other => other.is_control(),
    }
}

fn unified(c: char) -> char {
    match c {
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '´' | 'ʼ' => '\'',
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '〝' | '〞' | '「' | '」' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹘' => '-',
        '⁄' => '/',
        other if other.is_whitespace() && !matches!(other, '\n' | '\r') => match other {
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' => '\n',
            _ => ' ',
        },
        other => other,
    }
}
