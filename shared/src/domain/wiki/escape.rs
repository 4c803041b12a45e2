//! Foreign words in wiki markup: none of them can become a macro, a link, a mention, an image or emphasis.

use std::borrow::Cow;

/// Signs that a backslash takes their meaning from.
const ESCAPABLE: &str = "{}[]*_|!-+^~?#()\\";

/// Entities by name that are read.
const NAMED: [(&str, char); 6] =
    [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\''), ("&nbsp;", '\u{a0}')];

/// Whether a backslash before a sign escapes it.
pub(super) fn is_escapable(c: char) -> bool {
    ESCAPABLE.contains(c)
}

/// Words of others, to stand in a line. What could begin a block only counts where a line begins.
#[must_use]
pub fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let chars: Vec<char> = text.chars().collect();
    let at = |n: usize| chars.get(n).copied();
    let mut begins_line = true;
    for (n, &c) in chars.iter().enumerate() {
        let (before, after) = (n.checked_sub(1).and_then(at), at(n + 1));
        let in_word = before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric);
        let apart = !begins_line && before == Some(' ') && after == Some(' ');
        match c {
            // Two of them are a break, and how one is escaped is not the same everywhere.
            '\\' => out.push_str("&#92;"),
            '&' if is_entity_like(&chars, n) => out.push_str("&amp;"),
            // An address becomes a link by its colon, a smiley too.
            ':' if starts_address(&chars, n) || after.is_some_and(|c| "()-DP|/".contains(c)) => out.push_str("&#58;"),
            ';' if after.is_some_and(|c| "()-".contains(c)) => out.push_str("&#59;"),
            '{' | '}' | '[' | ']' | '*' | '|' | '^' | '~' => push_escaped(&mut out, c),
            '!' if after.is_some_and(|c| !c.is_whitespace()) => push_escaped(&mut out, c),
            '_' if !in_word => push_escaped(&mut out, c),
            '-' | '+' if !in_word && !apart => push_escaped(&mut out, c),
            '?' if before == Some('?') || after == Some('?') => push_escaped(&mut out, c),
            '#' if begins_line => push_escaped(&mut out, c),
            '(' if is_smiley(&chars, n) => push_escaped(&mut out, c),
            '.' if is_block_sign(&out) => out.push_str("&#46;"),
            c => out.push(c),
        }
        begins_line = c == '\n' || (begins_line && c.is_whitespace());
    }
    out
}

/// The same for code within a line: the braces that end it cannot be escaped by a backslash everywhere.
#[must_use]
pub fn code(text: &str) -> String {
    words(text).replace("\\{", "&#123;").replace("\\}", "&#125;")
}

/// Escaped words as they were.
#[must_use]
pub fn read(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '&']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (read, length) = match c {
            '\\' => rest.chars().nth(1).filter(|c| is_escapable(*c)).map_or((c, 1), |c| (c, 1 + c.len_utf8())),
            '&' => entity(rest).unwrap_or((c, 1)),
            c => (c, c.len_utf8()),
        };
        out.push(read);
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(out)
}

/// The character that an entity stands for, and how long the entity is.
pub(super) fn entity(rest: &str) -> Option<(char, usize)> {
    if let Some((name, c)) = NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
        return Some((*c, name.len()));
    }
    let digits = rest.strip_prefix("&#")?;
    let end = digits.bytes().take(7).position(|byte| byte == b';')?;
    let digits = digits.get(..end).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let c = digits.parse().ok().and_then(char::from_u32).filter(|c| !c.is_control())?;
    Some((c, end + 3))
}

fn push_escaped(out: &mut String, c: char) {
    out.push('\\');
    out.push(c);
}

/// Whether an ampersand begins what would be read as another character.
fn is_entity_like(chars: &[char], at: usize) -> bool {
    let rest: String = chars.iter().skip(at).take(10).collect();
    rest.get(1..).is_some_and(|rest| {
        rest.find(';').is_some_and(|end| {
            end > 0 && rest.get(..end).is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#'))
        })
    })
}

/// Whether a colon ends a word that addresses begin with.
fn starts_address(chars: &[char], at: usize) -> bool {
    let word: String = chars[..at].iter().rev().take_while(|c| c.is_ascii_alphanumeric()).take(12).collect();
    let word: String = word.chars().rev().collect::<String>().to_ascii_lowercase();
    chars.get(at + 1) == Some(&'/')
        || ["mailto", "file", "javascript", "data", "skype", "callto"].iter().any(|scheme| word.ends_with(scheme))
}

/// Whether a bracket begins one of Jira's smilies: `(/)`, `(x)`, `(on)`, `(flag)`, `(*r)`.
fn is_smiley(chars: &[char], at: usize) -> bool {
    let inner: String = chars.iter().skip(at + 1).take(8).take_while(|c| **c != ')').collect();
    let is_closed = chars.get(at + 1 + inner.chars().count()) == Some(&')');
    let known = ["y", "n", "i", "/", "x", "!", "+", "-", "?", "on", "off", "*", "*r", "*g", "*b", "*y", "flag", "flagoff"];
    is_closed && known.contains(&inner.to_ascii_lowercase().as_str())
}

/// Whether what was written so far of this line is `h1` or `bq`, which a dot would turn into a block.
fn is_block_sign(out: &str) -> bool {
    let line = out.rsplit('\n').next().unwrap_or_default().trim_start();
    line == "bq" || (line.len() == 2 && line.starts_with('h') && line.ends_with(|c: char| c.is_ascii_digit()))
}
