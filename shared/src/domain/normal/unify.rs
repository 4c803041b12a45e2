//! One spelling for what looks or means the same.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::markup;
use super::runs::{Run, runs};
use crate::domain::language;

/// The text without markup, invisible characters and typography, on one line and in lower case.
#[must_use]
pub fn text(raw: &str) -> String {
    if is_bare(raw) {
        let mut text = String::with_capacity(raw.len());
        push_lower(&mut text, raw);
        return text;
    }
    fold(&markup::strip(&plain(raw)))
}

/// Whether a text has nothing to take off but its capitals: plain words with one space between them, without markup.
fn is_bare(text: &str) -> bool {
    let mut before = b' ';
    // A line that begins with a letter and goes on with one is no heading, item or table.
    let opening = text.as_bytes().get(..2).is_some_and(|opening| opening.iter().all(u8::is_ascii_alphabetic));
    opening
        && !text.starts_with("bq.")
        && text.bytes().all(|byte| {
            let plain = match byte {
                b' ' => before != b' ',
                // A dash that stands alone says nothing.
                b'-' | b'=' => before != b' ',
                b'!'..=b'~' => !markup::is_markup(byte),
                // Letters of Latin-1.
                0x80..=0xbf | 0xc3 => true,
                _ => false,
            };
            before = byte;
            plain
        })
        && before != b' '
}

/// Characters in their common form (NFKC), without invisible ones; lines and case are kept.
pub(crate) fn plain(raw: &str) -> Cow<'_, str> {
    if raw.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r')) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    for run in runs(raw) {
        match run {
            Run::Plain(text) => visible(&mut out, text.chars()),
            Run::Other(text) if is_composed(text) => visible(&mut out, text.chars()),
            Run::Other(text) => visible(&mut out, text.nfkc()),
        }
    }
    Cow::Owned(out)
}

fn visible(out: &mut String, letters: impl Iterator<Item = char>) {
    out.extend(letters.filter(|c| !is_invisible(*c)).map(unified));
}

fn is_composed(text: &str) -> bool {
    is_nfkc_quick(text.chars()) == IsNormalized::Yes
}

/// Lower case and single spaces.
pub(super) fn fold(text: &str) -> String {
    let mut lower = String::with_capacity(text.len() + 4);
    for run in runs(text) {
        match run {
            Run::Plain(text) => push_lower(&mut lower, text),
            Run::Other(text) => {
                let text = text.to_lowercase();
                if is_composed(&text) {
                    push_plain(&mut lower, text.chars());
                } else {
                    push_plain(&mut lower, text.nfkc());
                }
            }
        }
    }
    if is_spaced(&lower) { lower } else { spaced(lower.split_whitespace(), lower.len()) }
}

/// Appends plain text in lower case.
fn push_lower(out: &mut String, text: &str) {
    language::push_lower(out, text, |out, letter| push_plain(out, letter.to_lowercase()));
}

/// Appends letters in lower case; those that have two spellings in one of them.
fn push_plain(out: &mut String, letters: impl Iterator<Item = char>) {
    for letter in letters {
        match letter {
            'ß' => out.push_str("ss"),
            'ς' => out.push('σ'),
            other => out.push(other),
        }
    }
}

/// Words with one space between them.
pub(crate) fn spaced<'a>(words: impl Iterator<Item = &'a str>, size: usize) -> String {
    let mut text = String::with_capacity(size);
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// Whether a text surely is words with one space between them, composed, with nothing that cannot be seen: ASCII and the letters of
/// Western languages. What is not told at a glance is not this.
pub(crate) fn is_plain_line(text: &str) -> bool {
    let mut before = b' ';
    for byte in text.bytes() {
        match byte {
            b' ' if before == b' ' => return false,
            b' '..=b'~' | 0x80..=0xbf | 0xc3..=0xc5 => before = byte,
            _ => return false,
        }
    }
    before != b' '
}

/// Whether a text is words with one plain space between them already.
fn is_spaced(text: &str) -> bool {
    let mut before = ' ';
    for c in text.chars() {
        if c.is_whitespace() && (c != ' ' || before == ' ') {
            return false;
        }
        before = c;
    }
    before != ' ' || text.is_empty()
}

/// Whether a character has no shape of its own: formatting, direction, variation and tag characters, soft hyphens, controls.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}');
    }
    match c {
        '\u{85}' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fe00}'..='\u{fe0f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' => true,
        other => other.is_control(),
    }
}

/// Whether a text is one line of characters that are seen: nothing in it breaks the line, turns it or hides.
#[must_use]
pub fn is_one_line(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}'))
}

fn unified(c: char) -> char {
    match c {
        ' '..='~' | '\n' | '\r' => c,
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '′' | '´' | 'ʼ' => '\'',
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '〝' | '〞' | '「' | '」' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹘' => '-',
        '⁄' => '/',
        other if other.is_whitespace() => match other {
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{b}' | '\u{c}' => '\n',
            _ => ' ',
        },
        other => other,
    }
}
