//! What stands in a line: marks, escapes, line breaks, smilies, addresses.

use serde_json::{Value, json};

use super::super::escape;
use super::macros::{self, Unclosed, near};
use super::{bracket, text};

/// Signs around words, and the mark they are in ADF.
const SIGNS: [(&str, &str, &str); 9] = [
    ("??", "em", ""),
    ("*", "strong", ""),
    ("_", "em", ""),
    ("-", "strike", ""),
    ("+", "underline", ""),
    ("^", "subsup", "sup"),
    ("~", "subsup", "sub"),
    ("{*}", "strong", ""),
    ("{_}", "em", ""),
];

/// Smilies that say something to a tester. Others stay as they are written.
const SMILIES: [(&str, &str); 7] =
    [("(/)", "✅"), ("(x)", "❌"), ("(!)", "⚠️"), ("(?)", "❓"), ("(+)", "➕"), ("(-)", "➖"), ("(*)", "⭐")];

/// What ends coloured words.
const COLOUR: &str = "{color}";

/// How addresses begin that need no brackets.
const SCHEMES: [&str; 5] = ["http://", "https://", "ftp://", "mailto:", "file://"];

/// The nodes of a text; line ends become breaks.
pub(super) fn all(text: &str, marks: &[Value]) -> Vec<Value> {
    let mut line = Line { marks, plain: String::new(), nodes: Vec::new(), unclosed: Unclosed::default(), lonely: Vec::new() };
    line.read(text);
    line.end_text();
    line.nodes
}

/// The state of one reading.
struct Line<'m> {
    marks: &'m [Value],
    plain: String,
    nodes: Vec<Value>,
    unclosed: Unclosed,
    /// Signs that are not closed any more in this line.
    lonely: Vec<&'static str>,
}

impl Line<'_> {
    fn read(&mut self, text: &str) {
        let mut rest = text;
        let mut before = None;
        while let Some(c) = rest.chars().next() {
            let taken = match self.special(c, before, rest) {
                0 => {
                    self.plain.push(c);
                    c.len_utf8()
                }
                taken => taken,
            };
            let (done, after) = rest.split_at(taken);
            before = done.chars().next_back();
            rest = after;
        }
    }

    /// Reads what begins here if it is more than a character; answers how many bytes it took.
    fn special(&mut self, c: char, before: Option<char>, rest: &str) -> usize {
        let after_word = before.is_some_and(char::is_alphanumeric);
        match c {
            '\n' => {
                self.lonely.retain(|sign| *sign == COLOUR);
                self.push(vec![json!({ "type": "hardBreak" })], 1)
            }
            '\\' => self.backslash(rest),
            '&' => self.entity(rest),
            '{' => self.brace(rest),
            '[' => bracket::link(rest, self.marks).map_or(0, |(nodes, length)| self.push(nodes, length)),
            '!' if !after_word => bracket::image(rest).map_or(0, |(nodes, length)| self.push(nodes, length)),
            '(' if !after_word => self.smiley(rest),
            'h' | 'f' | 'm' | 'H' | 'F' | 'M' if !after_word => self.address(rest),
            '*' | '_' | '-' | '+' | '^' | '~' | '?' if !after_word => self.signs(before, rest),
            _ => 0,
        }
    }

    /// An escaped sign, or a break where it stands apart.
    fn backslash(&mut self, rest: &str) -> usize {
        if let Some(after) = rest.strip_prefix("\\\\") {
            let ends = after.is_empty() || after.starts_with(char::is_whitespace);
            // A line end right behind is the same break.
            let skipped = after.len() - after.trim_start_matches([' ', '\t']).len();
            let line_end = usize::from(after.get(skipped..).is_some_and(|after| after.starts_with('\n')));
            return if ends {
                self.push(vec![json!({ "type": "hardBreak" })], 2 + skipped + line_end)
            } else {
                self.plain(rest, 2)
            };
        }
        match rest.chars().nth(1).filter(|c| escape::is_escapable(*c)) {
            Some(c) => {
                self.plain.push(c);
                1 + c.len_utf8()
            }
            None => 0,
        }
    }

    fn entity(&mut self, rest: &str) -> usize {
        escape::entity(rest).map_or(0, |(c, length)| {
            self.plain.push(c);
            length
        })
    }

    fn brace(&mut self, rest: &str) -> usize {
        if let Some(inner) = rest.strip_prefix("{{") {
            let Some(end) = near(inner).find("}}").filter(|end| inner.get(..*end).is_some_and(|code| !code.contains('\n')))
            else {
                return 0;
            };
            let code = escape::read(inner.get(..end).unwrap_or_default());
            return if code.is_empty() { 0 } else { self.code(&code, end + 4) };
        }
        if let Some(found) =
            macros::here(rest, 0, &mut self.unclosed).filter(|found| found.is_verbatim() && !found.words().is_empty())
        {
            return self.code(found.words(), found.end);
        }
        let colour = self.colour(rest);
        if colour > 0 { colour } else { self.signs(None, rest) }
    }

    /// `{color:red}words{color}`.
    fn colour(&mut self, rest: &str) -> usize {
        let Some(inner) = rest.strip_prefix("{color:") else { return 0 };
        let Some((colour, inner)) = near(inner).find('}').map(|end| (&inner[..end], &inner[end + 1..])) else { return 0 };
        if self.lonely.contains(&COLOUR) {
            return 0;
        }
        let Some(end) = inner.find(COLOUR) else {
            self.lonely.push(COLOUR);
            return 0;
        };
        let length = rest.len() - inner.len() + end + COLOUR.len();
        let mark = json!({ "type": "textColor", "attrs": { "color": colour.trim() } });
        self.marked(&inner[..end], &mark, length)
    }

    fn smiley(&mut self, rest: &str) -> usize {
        let Some((sign, text)) = SMILIES.iter().find(|(sign, _)| rest.starts_with(sign)) else { return 0 };
        self.push(vec![json!({ "type": "emoji", "attrs": { "shortName": sign, "text": text } })], sign.len())
    }

    /// An address is kept as it is: signs in it mean nothing.
    fn address(&mut self, rest: &str) -> usize {
        let starts = |scheme: &&str| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        if !SCHEMES.iter().any(starts) {
            return 0;
        }
        let end = rest.find(|c: char| c.is_whitespace() || "|[]{}\"<>\\".contains(c)).unwrap_or(rest.len());
        let length =
            rest.get(..end).unwrap_or_default().trim_end_matches(['*', '_', '-', '+', '^', '~', '!', '?', '.', ',', ')']).len();
        self.plain(rest, length)
    }

    /// Words between two equal signs.
    fn signs(&mut self, before: Option<char>, rest: &str) -> usize {
        let Some((sign, kind, detail)) = SIGNS.iter().find(|(sign, ..)| rest.starts_with(sign)) else { return 0 };
        let is_doubled = before.is_some_and(|before| sign.starts_with(before)) || self.lonely.contains(sign);
        if is_doubled || self.marks.iter().any(|mark| mark["type"] == *kind) {
            return 0;
        }
        let inner = rest.get(sign.len()..).unwrap_or_default();
        if inner.starts_with(char::is_whitespace) || inner.starts_with(sign) {
            return 0;
        }
        let line = inner.split('\n').next().unwrap_or_default();
        let Some(end) = closing(line, sign) else {
            self.lonely.push(sign);
            return 0;
        };
        let mark = if detail.is_empty() { json!({ "type": kind }) } else { json!({ "type": kind, "attrs": { "type": detail } }) };
        let words = line.get(..end).unwrap_or_default();
        self.marked(words, &mark, sign.len() + end + sign.len())
    }

    fn marked(&mut self, words: &str, mark: &Value, length: usize) -> usize {
        let marks: Vec<Value> = self.marks.iter().cloned().chain([mark.clone()]).collect();
        self.push(all(words, &marks), length)
    }

    fn code(&mut self, code: &str, length: usize) -> usize {
        let links = self.marks.iter().filter(|mark| mark["type"] == "link").cloned();
        let marks: Vec<Value> = links.chain([json!({ "type": "code" })]).collect();
        self.push(vec![text(code, &marks)], length)
    }

    fn plain(&mut self, rest: &str, length: usize) -> usize {
        self.plain.push_str(rest.get(..length).unwrap_or_default());
        length
    }

    fn push(&mut self, nodes: Vec<Value>, length: usize) -> usize {
        self.end_text();
        self.nodes.extend(nodes);
        length
    }

    fn end_text(&mut self) {
        if !self.plain.is_empty() {
            self.nodes.push(text(&std::mem::take(&mut self.plain), self.marks));
        }
    }
}

/// Where words end: at a sign behind a word and before none.
fn closing(line: &str, sign: &str) -> Option<usize> {
    let forced = sign.starts_with('{');
    line.match_indices(sign).map(|(at, _)| at).find(|at| {
        let before = line.get(..*at).unwrap_or_default();
        let after = line.get(at + sign.len()..).unwrap_or_default().chars().next();
        let ends_word = before.chars().next_back().is_some_and(|c| !c.is_whitespace()) && !is_escaped(before);
        let in_braces = before.ends_with('{') && after == Some('}');
        ends_word && !in_braces && (forced || !after.is_some_and(|c| c.is_alphanumeric() || sign.starts_with(c)))
    })
}

/// Whether what comes next is escaped.
fn is_escaped(before: &str) -> bool {
    (before.len() - before.trim_end_matches('\\').len()) % 2 == 1
}
