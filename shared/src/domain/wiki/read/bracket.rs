//! What stands in brackets, `[text|address]`, `[~person]`, `[^file]`, and pictures, `!file.png|thumbnail!`.

use serde_json::{Value, json};

use super::{inline, text};

/// More than anybody writes into brackets.
const LONGEST: usize = 3_000;

/// How long what begins here is, when it is something.
pub(super) fn length(rest: &str, first: char) -> Option<usize> {
    if first == '[' { inside(rest, ']').map(|inside| inside.len() + 2) } else { picture(rest).map(|(_, length)| length) }
}

/// A link, a mention or a file, and how many bytes it takes.
pub(super) fn link(rest: &str, marks: &[Value]) -> Option<(Vec<Value>, usize)> {
    let inner = inside(rest, ']')?;
    let length = inner.len() + 2;
    if let Some(name) = inner.strip_prefix('~') {
        let name = name.trim().trim_start_matches("accountid:");
        let mention = json!({ "type": "mention", "attrs": { "id": name, "text": format!("@{name}") } });
        return (!name.is_empty()).then_some((vec![mention], length));
    }
    if let Some(file) = inner.strip_prefix('^') {
        return Some((vec![file_node(file)], length));
    }
    let Some((label, target)) = split(inner) else {
        let address = is_address(inner).then(|| inner.trim())?;
        return Some((vec![linked(address, address, marks)], length));
    };
    let target = split(target).map_or(target, |(target, _)| target).trim();
    if label.trim().is_empty() || target.is_empty() {
        return None;
    }
    if !is_address(target) {
        // An anchor, a file, another page: what it leads to is said.
        let mut nodes = inline::all(label, marks);
        nodes.push(text(&format!(" ({})", target.trim_start_matches('^')), marks));
        return Some((nodes, length));
    }
    let marks: Vec<Value> = marks.iter().cloned().chain([href(target)]).collect();
    Some((inline::all(label.trim(), &marks), length))
}

/// A picture, and how many bytes it takes.
pub(super) fn image(rest: &str) -> Option<(Vec<Value>, usize)> {
    let (name, length) = picture(rest)?;
    Some((vec![file_node(name)], length))
}

fn picture(rest: &str) -> Option<(&str, usize)> {
    let inner = inside(rest, '!')?;
    let (name, _) = inner.split_once('|').unwrap_or((inner, ""));
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_file = (2..=5).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_picture =
        (is_file || is_address(name)) && !name.starts_with(char::is_whitespace) && !name.ends_with(char::is_whitespace);
    is_picture.then_some((name, inner.len() + 2))
}

/// A picture or a file, of which the name is known.
fn file_node(name: &str) -> Value {
    let name = name.split('|').next().unwrap_or_default().trim();
    if is_address(name) {
        return json!({ "type": "mediaInline", "attrs": { "type": "external", "alt": "image", "url": name } });
    }
    json!({ "type": "mediaInline", "attrs": { "type": "file", "alt": name } })
}

/// What stands between the first character and the next closing one of the same line.
fn inside(rest: &str, close: char) -> Option<&str> {
    let inner = rest.get(1..)?;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if at > LONGEST => return None,
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == close => return inner.get(..at).filter(|inner| !inner.trim().is_empty()),
            _ => {}
        }
    }
    None
}

/// At the first bar that is not escaped.
fn split(inner: &str) -> Option<(&str, &str)> {
    let bars = inner.match_indices('|').map(|(at, _)| at);
    let bar = bars.into_iter().find(|at| !inner.get(..*at).is_some_and(|before| before.ends_with('\\')))?;
    Some((inner.get(..bar)?, inner.get(bar + 1..)?))
}

fn linked(label: &str, address: &str, marks: &[Value]) -> Value {
    let marks: Vec<Value> = marks.iter().cloned().chain([href(address)]).collect();
    text(label, &marks)
}

fn href(address: &str) -> Value {
    json!({ "type": "link", "attrs": { "href": address } })
}

/// Whether a text is an address that a link can lead to.
fn is_address(text: &str) -> bool {
    let text = text.trim();
    ["http://", "https://", "ftp://", "mailto:", "file:"].iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)) && text.len() > scheme.len()
    }) && !text.contains(char::is_whitespace)
}
