//! Takes Markdown and wiki markup off a text.

use std::borrow::Cow;

use super::unify::spaced;

/// The words of a text, lines joined by spaces.
pub(super) fn strip(text: &str) -> String {
    let words = words_of(text);
    spaced(words.iter(), words.size())
}

/// Words without markup.
pub(super) struct Words<'a>(Cow<'a, str>);

impl Words<'_> {
    /// The words in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_whitespace().filter(|word| !is_decoration(word))
    }

    /// At least as many bytes as the words have.
    pub(super) fn size(&self) -> usize {
        self.0.len()
    }
}

/// The words of a text.
pub(super) fn words_of(text: &str) -> Words<'_> {
    if !text.contains('\n') {
        let line = without_markers(text.trim());
        if !line.bytes().any(is_markup) {
            return Words(Cow::Borrowed(line));
        }
    }
    let mut words = String::with_capacity(text.len() + 1);
    for line in text.lines() {
        // Whether an underscore stands within a word is judged on its own line.
        let start = words.len();
        without_inline(&mut words, start, without_markers(line.trim()));
        words.push(' ');
    }
    Words(Cow::Owned(words))
}

/// A dash or bullet that stands alone joins or lists, it does not say anything.
fn is_decoration(word: &str) -> bool {
    word.chars().all(|c| matches!(c, '-' | '•' | '◦' | '▪' | '‣' | '·' | '●' | '○' | '■' | '–' | '=' | '~' | '_'))
}

/// The line without headings, quotation marks, list markers and task boxes before it.
fn without_markers(line: &str) -> &str {
    if line.starts_with("```") || line.starts_with("~~~") {
        return "";
    }
    let mut rest = line;
    while let Some(left) = without_marker(rest) {
        rest = left.trim_start();
    }
    rest
}

fn without_marker(line: &str) -> Option<&str> {
    let after = |count: usize| line.get(count..).filter(|left| left.is_empty() || left.starts_with(' '));
    let run = line.len() - line.trim_start_matches(['#', '*', '-', '+', '>', '•', '◦', '▪', '‣']).len();
    if run > 0 && after(run).is_some() {
        return after(run);
    }
    for boxed in ["[ ]", "[x]", "[X]", "(/)", "(x)", "(!)", "(?)", "bq."] {
        if let Some(left) = line.strip_prefix(boxed) {
            return Some(left);
        }
    }
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if (1..=3).contains(&digits) && line.get(digits..).is_some_and(|left| left.starts_with(['.', ')'])) {
        return after(digits + 1);
    }
    let heading = line.strip_prefix('h').and_then(|left| left.strip_prefix(['1', '2', '3', '4', '5', '6']));
    heading.and_then(|left| left.strip_prefix(". "))
}

/// Whether a character may be markup.
pub(super) const fn is_markup(byte: u8) -> bool {
    matches!(byte, b'*' | b'`' | b'~' | b'_' | b'|' | b'\\' | b'!' | b'[' | b']' | b'<' | b'&' | b'{' | b'}')
}

/// Appends the line without emphasis, code marks, macros, brackets of links and pipes of tables; its words begin at `start`.
fn without_inline(words: &mut String, start: usize, line: &str) {
    let mut rest = line;
    while let Some(at) = rest.bytes().position(is_markup) {
        let (before, marked) = rest.split_at_checked(at).unwrap_or_default();
        words.push_str(before);
        rest = marked;
        let Some(c) = rest.chars().next() else { break };
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if let Some(left) = macro_end(rest) {
            rest = left;
            continue;
        }
        let next = after.chars().next();
        match c {
            '*' | '`' => {}
            '~' if next == Some('~') => {
                rest = after.trim_start_matches('~');
                continue;
            }
            '_' if !(words.get(start..).is_some_and(|line| line.ends_with(char::is_alphanumeric))
                && next.is_some_and(char::is_alphanumeric)) => {}
            '|' => words.push(' '),
            '\\' if next == Some('\\') => {
                words.push(' ');
                rest = after.get(1..).unwrap_or_default();
                continue;
            }
            '\\' if next.is_some_and(|c| c.is_ascii_punctuation()) => {
                words.extend(next);
                rest = after.get(1..).unwrap_or_default();
                continue;
            }
            '!' if next == Some('[') => {}
            '[' => {
                if let Some((label, left)) = wiki_link(after) {
                    let start = words.len();
                    without_inline(words, start, label);
                    rest = left;
                    continue;
                }
            }
            ']' => {
                if let Some(left) = after.strip_prefix('(').and_then(|url| url.split_once(')')).map(|(_, left)| left) {
                    rest = left;
                    continue;
                }
            }
            '<' => {
                if let Some((inside, left)) = after.split_once('>').filter(|(inside, _)| is_html_or_url(inside)) {
                    words.push_str(if inside.contains("://") { inside } else { " " });
                    rest = left;
                    continue;
                }
            }
            '&' => {
                if let Some((plain, left)) = entity(after) {
                    words.push_str(plain);
                    rest = left;
                    continue;
                }
            }
            other => words.push(other),
        }
        rest = after;
        if c == '<' || c == '&' {
            words.push(c);
        }
    }
    words.push_str(rest);
}

/// What follows a wiki macro such as `{code:java}` or the braces of `{{code}}`.
fn macro_end(text: &str) -> Option<&str> {
    if let Some(left) = text.strip_prefix("{{").or_else(|| text.strip_prefix("}}")) {
        return Some(left);
    }
    let inside = text.strip_prefix('{')?;
    let name = ["code", "noformat", "quote", "panel", "color", "info", "note", "warning", "tip", "expand"]
        .into_iter()
        .find(|name| inside.starts_with(name))?;
    let left = inside.get(name.len()..)?;
    if let Some(left) = left.strip_prefix('}') {
        return Some(left);
    }
    left.strip_prefix(':')?.split_once('}').map(|(_, left)| left)
}

/// `text|url]` as its text and what follows.
fn wiki_link(text: &str) -> Option<(&str, &str)> {
    let (inside, left) = text.split_once(']')?;
    let (label, target) = inside.split_once('|')?;
    let is_link = target.contains("://") || target.starts_with("mailto:") || target.starts_with(['#', '^', '~', '/']);
    (is_link && !label.contains('[')).then_some((label, left))
}

fn is_html_or_url(inside: &str) -> bool {
    let name = inside.trim_start_matches('/').trim_end_matches('/').trim();
    let name = name.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    inside.contains("://")
        || [
            "br", "b", "i", "u", "p", "ul", "ol", "li", "em", "strong", "code", "pre", "del", "ins", "sub", "sup", "table", "tr",
            "td", "th",
        ]
        .contains(&name.as_str())
}

fn entity(text: &str) -> Option<(&'static str, &str)> {
    [("amp;", "&"), ("lt;", "<"), ("gt;", ">"), ("quot;", "\""), ("#39;", "'"), ("nbsp;", " ")]
        .into_iter()
        .find_map(|(name, plain)| text.strip_prefix(name).map(|left| (plain, left)))
}
