//! Texts in quotation marks.

/// What stands between quotation marks or code marks, of whatever style, in order.
#[must_use]
pub fn quoted_strings(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.bytes().any(may_open) {
        return found;
    }
    for line in text.lines() {
        let mut before = None;
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let after = rest.get(c.len_utf8()..).unwrap_or_default();
            if let Some((inside, left, last)) = closers(c, before).and_then(|closers| inside(after, closers)) {
                if inside.chars().any(char::is_alphanumeric) {
                    found.push(inside.trim().to_owned());
                }
                before = Some(last);
                rest = left;
            } else {
                before = Some(c);
                rest = after;
            }
        }
    }
    found
}

/// Whether a character that opens a quotation may begin with this byte.
const fn may_open(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`' | 0xc2 | 0xe2 | 0xe3 | 0xef)
}

/// The characters that close a quotation opened by `c`; an apostrophe inside a word opens none.
fn closers(c: char, before: Option<char>) -> Option<&'static [char]> {
    let in_word = before.is_some_and(char::is_alphanumeric);
    Some(match c {
        '"' | '＂' => &['"', '＂', '”'],
        '“' => &['”', '"'],
        '„' => &['“', '”', '"'],
        '”' if !in_word => &['”'],
        '«' => &['»'],
        '»' if !in_word => &['«', '»'],
        '‹' => &['›'],
        '‚' => &['‘', '’', '\''],
        '‘' => &['’', '\''],
        '\'' if !in_word => &['\'', '’'],
        '`' => &['`'],
        '「' => &['」'],
        _ => return None,
    })
}

/// The text up to a closer, what follows it, and the closer; an apostrophe closes only where a word ends.
fn inside<'a>(text: &'a str, closers: &[char]) -> Option<(&'a str, &'a str, char)> {
    if closers.contains(&'\'') && text.starts_with(char::is_whitespace) {
        return None;
    }
    text.char_indices().find_map(|(at, c)| {
        let left = text.get(at + c.len_utf8()..).unwrap_or_default();
        let is_apostrophe = matches!(c, '\'' | '’') && left.starts_with(char::is_alphanumeric);
        (closers.contains(&c) && !is_apostrophe).then(|| (text.get(..at).unwrap_or_default(), left, c))
    })
}
