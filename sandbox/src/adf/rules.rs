//! Judges a document the way Jira does before it stores it.

use serde_json::{Map, Value};

use super::grammar::{self, Attribute, Grammar};

const DEEPEST: usize = 64;

/// Whether Jira would take the document; the error names the place and the reason.
///
/// # Errors
/// When the document breaks the format.
pub fn check(document: &Value) -> Result<(), String> {
    if document["type"] != "doc" {
        return Err("the root is not a doc".to_owned());
    }
    if document["version"] != 1 {
        return Err("doc: version is not 1".to_owned());
    }
    if !document["content"].is_array() {
        return Err("doc: no content".to_owned());
    }
    node(document, None, 0)
}

fn node(value: &Value, parent: Option<&str>, depth: usize) -> Result<(), String> {
    let Some(object) = value.as_object() else { return Err("a node is not an object".to_owned()) };
    let kind = object.get("type").and_then(Value::as_str).ok_or("a node without a type")?;
    if depth > DEEPEST {
        return Err(format!("{kind}: nested too deeply"));
    }
    if kind == "text" {
        return text(object, parent);
    }
    let grammar = grammar::of(kind).ok_or_else(|| format!("unknown node {kind}"))?;
    keys(object, kind, if kind == "doc" { &["type", "version", "content"] } else { &["type", "attrs", "content", "marks"] })?;
    attributes(object, kind, &grammar)?;
    children(object, kind, &grammar, depth)
}

fn text(object: &Map<String, Value>, parent: Option<&str>) -> Result<(), String> {
    keys(object, "text", &["type", "text", "marks"])?;
    if object.get("text").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err("text: empty".to_owned());
    }
    let Some(marks) = object.get("marks") else { return Ok(()) };
    let marks = marks.as_array().ok_or("text: marks is not a list")?;
    if parent == Some("codeBlock") && !marks.is_empty() {
        return Err("codeBlock: text with marks".to_owned());
    }
    let kinds: Vec<&str> = marks.iter().filter_map(|mark| mark["type"].as_str()).collect();
    if kinds.contains(&"code") && kinds.iter().any(|kind| !matches!(*kind, "code" | "link" | "annotation")) {
        return Err("text: code beside another mark".to_owned());
    }
    marks.iter().try_for_each(mark)
}

fn mark(mark: &Value) -> Result<(), String> {
    let kind = mark["type"].as_str().ok_or("a mark without a type")?;
    let known = grammar::mark(kind).ok_or_else(|| format!("unknown mark {kind}"))?;
    let object = mark.as_object().ok_or("a mark is not an object")?;
    keys(object, kind, &["type", "attrs"])?;
    held(object.get("attrs"), kind, known)
}

fn keys(object: &Map<String, Value>, kind: &str, known: &[&str]) -> Result<(), String> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{kind}: unknown key {key}")),
        None => Ok(()),
    }
}

fn attributes(object: &Map<String, Value>, kind: &str, grammar: &Grammar) -> Result<(), String> {
    let attributes = object.get("attrs");
    if attributes.is_none() && grammar.attributes_required {
        return Err(format!("{kind}: no attrs"));
    }
    held(attributes, kind, grammar.attributes)?;
    let has = |name: &str| attributes.is_some_and(|attributes| attributes.get(name).is_some());
    match kind {
        "inlineCard" | "blockCard" if !has("url") && !has("data") && !has("datasource") => Err(format!("{kind}: no url")),
        "media" if !has("id") && !has("url") => Err("media: neither id nor url".to_owned()),
        "mediaInline" if !has("id") || !has("collection") => Err("mediaInline: no id or collection".to_owned()),
        _ => Ok(()),
    }
}

fn held(attributes: Option<&Value>, kind: &str, known: &[Attribute]) -> Result<(), String> {
    let empty = Map::new();
    let given = match attributes {
        None => &empty,
        Some(value) => value.as_object().ok_or_else(|| format!("{kind}: attrs is not an object"))?,
    };
    for (name, value) in given {
        let attribute = known.iter().find(|attribute| attribute.name == name);
        let attribute = attribute.ok_or_else(|| format!("{kind}: unknown attribute {name}"))?;
        if !attribute.holds.admits(value) {
            return Err(format!("{kind}: bad {name}"));
        }
    }
    match known.iter().find(|attribute| attribute.required && !given.contains_key(attribute.name)) {
        Some(attribute) => Err(format!("{kind}: no {}", attribute.name)),
        None => Ok(()),
    }
}

fn children(object: &Map<String, Value>, kind: &str, grammar: &Grammar, depth: usize) -> Result<(), String> {
    let content = object.get("content");
    let Some(least) = grammar.least else {
        return if content.is_none() { Ok(()) } else { Err(format!("{kind}: takes no content")) };
    };
    let content = match content {
        None if least == 0 && kind != "tableRow" => return Ok(()),
        None => return Err(format!("{kind}: no content")),
        Some(value) => value.as_array().ok_or_else(|| format!("{kind}: content is not a list"))?,
    };
    if content.len() < least || content.len() > grammar.most {
        return Err(format!("{kind}: {} children", content.len()));
    }
    if kind == "taskList" && content[0]["type"] == "taskList" {
        return Err("taskList: begins with a list".to_owned());
    }
    for child in content {
        let child_kind = child["type"].as_str().unwrap_or_default();
        if !grammar.children.contains(&child_kind) {
            return Err(format!("{kind}: holds {child_kind}"));
        }
        node(child, Some(kind), depth + 1)?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
