//! Text within a block: marks, links, mentions, lozenges.

use chrono::NaiveDate;
use serde_json::{Value, json};

const DELIMITERS: &[(&str, &str)] = &[("**", "strong"), ("__", "strong"), ("~~", "strike"), ("*", "em"), ("_", "em")];

/// The inline nodes of a text; line breaks become hard breaks.
pub(super) fn parse(text: &str) -> Vec<Value> {
    let mut nodes = Vec::new();
    read(text, &[], &mut nodes);
    nodes
}

fn read(text: &str, marks: &[Value], nodes: &mut Vec<Value>) {
    let mut rest = text;
    let mut plain = String::new();
    while let Some(character) = rest.chars().next() {
        let before = plain.chars().last();
        let special = if matches!(character, '\\' | '`' | '*' | '_' | '~' | '[' | '!' | '<' | '{' | '@' | 'h' | '\n') {
            special(rest, before, marks)
        } else {
            None
        };
        match special {
            Some((found, length)) => {
                push(&mut plain, marks, nodes);
                found.into_iter().for_each(|node| append(node, nodes));
                rest = &rest[length..];
            }
            None => {
                plain.push(character);
                rest = &rest[character.len_utf8()..];
            }
        }
    }
    push(&mut plain, marks, nodes);
}

/// What begins here, if it is more than a character, and how many bytes it takes.
fn special(rest: &str, before: Option<char>, marks: &[Value]) -> Option<(Vec<Value>, usize)> {
    let at_word = before.is_none_or(|c| !c.is_alphanumeric());
    if rest.starts_with('\n') {
        return Some((vec![json!({"type": "hardBreak"})], 1));
    }
    if let Some(escaped) = rest.strip_prefix('\\') {
        let character = escaped.chars().next().filter(char::is_ascii_punctuation)?;
        return Some((vec![text_node(&character.to_string(), marks)], 2));
    }
    if let Some(inner) = rest.strip_prefix('`') {
        let end = inner.find('`').filter(|end| *end > 0)?;
        return Some((vec![code(&inner[..end], marks)], end + 2));
    }
    if rest.starts_with("<br") {
        let end = rest.find('>').filter(|end| *end < 6)?;
        return Some((vec![json!({"type": "hardBreak"})], end + 1));
    }
    if let Some(address) = rest.strip_prefix('<').filter(|address| address.starts_with("http")) {
        let end = address.find('>')?;
        return Some((linked(&address[..end], &address[..end], marks), end + 2));
    }
    if at_word && (rest.starts_with("http://") || rest.starts_with("https://")) {
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '|' | ')' | ']')).unwrap_or(rest.len());
        let url = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
        return (url.len() > 8).then(|| (linked(url, url, marks), url.len()));
    }
    if let Some(found) = lozenge(rest) {
        return Some(found);
    }
    if let Some(image) = rest.strip_prefix("![") {
        let (label, url, length) = bracketed(image)?;
        let label = if label.is_empty() { url } else { label };
        return Some((linked(label, url, marks), length + 2));
    }
    if let Some(link) = rest.strip_prefix('[') {
        let (label, url, length) = bracketed(link)?;
        return Some((linked(label, url, marks), length + 1));
    }
    delimited(rest, at_word, marks)
}

fn delimited(rest: &str, at_word: bool, marks: &[Value]) -> Option<(Vec<Value>, usize)> {
    let (sign, mark) = DELIMITERS.iter().find(|(sign, _)| rest.starts_with(sign))?;
    let inner = &rest[sign.len()..];
    if (sign.starts_with('_') && !at_word) || inner.starts_with([' ', '\n']) {
        return None;
    }
    let end = inner.find(sign).filter(|end| *end > 0 && !inner[..*end].ends_with(' '))?;
    let mut inside = marks.to_vec();
    if !inside.iter().any(|known| known["type"] == *mark) {
        inside.push(json!({"type": mark}));
    }
    let mut nodes = Vec::new();
    read(&inner[..end], &inside, &mut nodes);
    Some((nodes, end + 2 * sign.len()))
}

/// `label](url)` after an opening bracket.
fn bracketed(rest: &str) -> Option<(&str, &str, usize)> {
    let middle = rest.find("](")?;
    let end = rest[middle..].find(')')? + middle;
    let (label, url) = (&rest[..middle], rest[middle + 2..end].trim());
    (!label.contains(['[', '\n']) && !url.is_empty()).then_some((label, url, end + 1))
}

fn lozenge(rest: &str) -> Option<(Vec<Value>, usize)> {
    if let Some(name) = rest.strip_prefix("@[") {
        let end = name.find(']')?;
        let id = crate::site::people::account_id(&name[..end]);
        return Some((vec![json!({"type": "mention", "attrs": {"id": id, "text": format!("@{}", &name[..end])}})], end + 3));
    }
    let inner = rest.strip_prefix('{')?;
    let end = inner.find('}')?;
    let (kind, value) = inner[..end].split_once(':')?;
    let node = match kind {
        "status" => {
            let (color, text) = value.split_once('|')?;
            json!({"type": "status", "attrs": {"text": text, "color": color}})
        }
        "date" => {
            let day = value.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis();
            json!({"type": "date", "attrs": {"timestamp": day.to_string()}})
        }
        "card" => json!({"type": "inlineCard", "attrs": {"url": value}}),
        _ => return None,
    };
    Some((vec![node], end + 2))
}

fn linked(label: &str, url: &str, marks: &[Value]) -> Vec<Value> {
    let mut inside = marks.to_vec();
    if !inside.iter().any(|mark| mark["type"] == "link") {
        inside.push(json!({"type": "link", "attrs": {"href": url}}));
    }
    vec![text_node(label, &inside)].into_iter().filter(|node| node["text"] != "").collect()
}

fn code(text: &str, marks: &[Value]) -> Value {
    let mut inside: Vec<Value> = marks.iter().filter(|mark| mark["type"] == "link").cloned().collect();
    inside.push(json!({"type": "code"}));
    text_node(text, &inside)
}

fn text_node(text: &str, marks: &[Value]) -> Value {
    if marks.is_empty() { json!({"type": "text", "text": text}) } else { json!({"type": "text", "text": text, "marks": marks}) }
}

fn push(plain: &mut String, marks: &[Value], nodes: &mut Vec<Value>) {
    if !plain.is_empty() {
        append(text_node(plain, marks), nodes);
        plain.clear();
    }
}

/// Adds a node; text with equal marks is joined.
fn append(node: Value, nodes: &mut Vec<Value>) {
    if let Some(last) = nodes.last_mut()
        && last["type"] == "text"
        && node["type"] == "text"
        && last["marks"] == node["marks"]
    {
        let joined = format!("{}{}", last["text"].as_str().unwrap_or_default(), node["text"].as_str().unwrap_or_default());
        last["text"] = Value::String(joined);
        return;
    }
    nodes.push(node);
}
