//! Text as a person sees it: what cannot be seen is not passed on.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::super::normal::{self, Run, runs};

/// Text without invisible and control characters, in NFC; line ends are `\n`, tabs stay.
///
/// Invisible characters carry instructions past a reviewer (tag block, variation selectors) or turn text around (bidi controls).
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return Cow::Borrowed(text);
    }
    let text = if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    let mut hidden = false;
    let mut push = |c: char| match c {
        ' '..='~' | '\n' | '\t' => out.push(c),
        '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
        c if is_invisible(c) => hidden = true,
        c => out.push(c),
    };
    for run in runs(&text) {
        match run {
            Run::Plain(text) => text.chars().for_each(&mut push),
            Run::Other(text) if is_nfc_quick(text.chars()) == IsNormalized::Yes => text.chars().for_each(&mut push),
            Run::Other(text) => text.nfc().for_each(&mut push),
        }
    }
    // Two letters that an invisible character kept apart may compose only now.
    Cow::Owned(if hidden { out.nfc().collect() } else { out })
}

/// The same on one line: runs of white space become one space.
#[must_use]
pub fn line(text: &str) -> String {
    if normal::is_plain_line(text) {
        return text.to_owned();
    }
    normal::spaced(visible(text).split_whitespace(), text.len())
}

/// Whether a character is there without being seen, or may not stand in XML or JSON that Jira accepts.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    normal::is_invisible(c)
        || matches!(c, '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{fff0}'..='\u{fff8}' | '\u{fffe}' | '\u{ffff}' | '\u{1d173}'..='\u{1d17a}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_instructions_and_bidi_controls_are_gone() {
        let hidden: String = "drop".chars().filter_map(|c| char::from_u32(0xe0000 + c as u32)).collect();
        assert_eq!(visible(&format!("a{hidden}b\u{200b}c\u{202e}d\u{feff}")), "abcd");
    }

    #[test]
    fn text_is_composed_and_line_ends_are_plain() {
        assert_eq!(visible("e\u{301}te\u{301}\r\nx\ty"), "été\nx\ty");
        assert_eq!(visible("e\u{200b}\u{301}"), "é");
        assert_eq!(line(" a \n\t b "), "a b");
    }
}
