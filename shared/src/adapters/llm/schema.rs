//! The JSON schema that every provider accepts.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

/// References are followed to this depth; a schema that nests deeper recurses.
const DEPTH: usize = 16;

/// Keywords that at least one provider refuses and that only say in other words what the description says too.
const DROPPED: &[&str] =
    &["$schema", "$id", "$defs", "definitions", "title", "default", "examples", "readOnly", "writeOnly", "deprecated"];

/// Bounds that some providers refuse: they are told in the description instead.
const TOLD: &[&str] = &[
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "pattern",
    "minProperties",
    "maxProperties",
];

/// The schema within the intersection of the providers' dialects: references inlined, objects closed, every property
/// required, one-of-constants as `enum`, bounds in the description. Applying it twice changes nothing.
#[must_use]
pub fn portable(schema: &Value) -> Value {
    convert(schema, schema, DEPTH)
}

/// The portable schema as JSON. The few schemas that are asked for again and again are written once.
#[must_use]
pub fn portable_json(schema: &Arc<Value>) -> Arc<str> {
    /// More than there are kinds of calls.
    const MOST: usize = 8;
    static WRITTEN: Mutex<Vec<(Arc<Value>, Arc<str>)>> = Mutex::new(Vec::new());

    let mut written = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, json)) = written.iter().find(|(known, _)| Arc::ptr_eq(known, schema)) {
        return Arc::clone(json);
    }
    let json: Arc<str> = portable(schema).to_string().into();
    if written.len() < MOST {
        written.push((Arc::clone(schema), Arc::clone(&json)));
    }
    json
}

fn convert(node: &Value, root: &Value, depth: usize) -> Value {
    let Value::Object(source) = node else {
        // `true` in a schema stands for anything.
        return json!({});
    };
    if depth == 0 {
        return json!({});
    }
    let source = resolved(source, root, depth);
    let mut target = Map::new();
    for (key, value) in &source {
        match key.as_str() {
            "properties" => {
                let each = |(name, node): (&String, &Value)| (name.clone(), convert(node, root, depth - 1));
                target.insert(key.clone(), value.as_object().map(|map| map.iter().map(each).collect()).unwrap_or_default());
            }
            "items" => drop(target.insert(key.clone(), convert(value, root, depth - 1))),
            "oneOf" | "anyOf" => alternatives(value, root, depth, &mut target),
            "const" => drop(target.insert("enum".to_owned(), json!([value]))),
            "format" if is_numeric(&source) => {}
            "additionalProperties" | "required" | "description" => {}
            key if DROPPED.contains(&key) || TOLD.contains(&key) || key == "$ref" => {}
            _ => drop(target.insert(key.clone(), value.clone())),
        }
    }
    if target.contains_key("properties") || target.get("type") == Some(&json!("object")) {
        close(&mut target);
    }
    if let Some(text) = description(&source) {
        target.insert("description".to_owned(), Value::String(text));
    }
    Value::Object(target)
}

/// The object with its reference replaced by what it refers to; its own keywords win.
fn resolved(source: &Map<String, Value>, root: &Value, depth: usize) -> Map<String, Value> {
    let mut merged = source.clone();
    for _ in 0..depth {
        let Some(Value::String(reference)) = merged.remove("$ref") else { break };
        let pointed = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)).and_then(Value::as_object);
        for (key, value) in pointed.into_iter().flatten() {
            merged.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    merged
}

/// Alternatives that are all constants become one `enum`; others stay alternatives.
fn alternatives(value: &Value, root: &Value, depth: usize, target: &mut Map<String, Value>) {
    let branches: Vec<Value> = value.as_array().into_iter().flatten().map(|branch| convert(branch, root, depth - 1)).collect();
    let words = |branch: &Value| branch.get("enum").and_then(Value::as_array).cloned();
    match branches.iter().map(words).collect::<Option<Vec<_>>>() {
        Some(lists) if !lists.is_empty() => {
            let all: Vec<Value> = lists.into_iter().flatten().collect();
            if all.iter().all(Value::is_string) {
                target.insert("type".to_owned(), json!("string"));
            }
            target.insert("enum".to_owned(), Value::Array(all));
        }
        _ => drop(target.insert("anyOf".to_owned(), Value::Array(branches))),
    }
}

fn close(target: &mut Map<String, Value>) {
    let properties = target.entry("properties").or_insert_with(|| json!({}));
    let names: Vec<Value> = properties.as_object().map(|map| map.keys().map(|name| json!(name)).collect()).unwrap_or_default();
    target.insert("required".to_owned(), Value::Array(names));
    target.insert("additionalProperties".to_owned(), json!(false));
}

/// The description with the bounds that are not sent as keywords, in brackets.
fn description(source: &Map<String, Value>) -> Option<String> {
    let text = source.get("description").and_then(Value::as_str).unwrap_or_default();
    let bounds: Vec<String> = TOLD
        .iter()
        .filter_map(|key| Some(format!("{key}: {}", source.get(*key).filter(|_| !meaningless(source, key))?)))
        .collect();
    let told = if bounds.is_empty() { String::new() } else { format!("({})", bounds.join(", ")) };
    let whole = [text, &told].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
    (!whole.is_empty()).then_some(whole)
}

/// An unsigned number's `minimum: 0` is not worth a word.
fn meaningless(source: &Map<String, Value>, key: &str) -> bool {
    key == "minimum" && source.get(key) == Some(&json!(0)) && is_numeric(source)
}

fn is_numeric(source: &Map<String, Value>) -> bool {
    let numeric = |kind: &Value| matches!(kind.as_str(), Some("integer" | "number"));
    source.get("type").is_some_and(|kind| numeric(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(numeric)))
}

/// Writes words as the schema writes them: providers that enforce an `enum` may still change its case.
pub fn settle_words(value: &mut Value, schema: &Value) {
    settle(value, schema, schema, DEPTH);
}

fn settle(value: &mut Value, node: &Value, root: &Value, depth: usize) {
    let Some(node) = node.as_object().filter(|_| depth > 0) else { return };
    let node = resolved(node, root, depth);
    match value {
        Value::String(text) => {
            let words = node.get("enum").and_then(Value::as_array).into_iter().flatten();
            let constants = ["oneOf", "anyOf"].iter().filter_map(|key| node.get(*key)?.as_array()).flatten();
            let mut words = words.chain(constants.filter_map(|branch| branch.get("const"))).filter_map(Value::as_str);
            if let Some(word) = words.find(|word| word.eq_ignore_ascii_case(text)) {
                word.clone_into(text);
            }
        }
        Value::Array(items) => {
            let of_item = node.get("items").unwrap_or(&Value::Null);
            items.iter_mut().for_each(|item| settle(item, of_item, root, depth - 1));
        }
        Value::Object(fields) => {
            let properties = node.get("properties").unwrap_or(&Value::Null);
            fields.iter_mut().for_each(|(name, field)| settle(field, &properties[name.as_str()], root, depth - 1));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reply::{CriteriaReply, ScenariosReply};

    /// Every keyword of the portable profile.
    const ALLOWED: &[&str] = &["type", "properties", "required", "additionalProperties", "items", "enum", "description", "anyOf"];

    fn check(node: &Value, depth: usize) {
        assert!(depth <= 10, "nested too deep");
        let map = node.as_object().unwrap();
        for key in map.keys() {
            assert!(ALLOWED.contains(&key.as_str()), "{key}");
        }
        if let Some(properties) = map.get("properties").and_then(Value::as_object) {
            let required: Vec<&str> = map["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert_eq!(required, properties.keys().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(map["additionalProperties"], json!(false));
            properties.values().for_each(|property| check(property, depth + 1));
        }
        if let Some(items) = map.get("items") {
            check(items, depth + 1);
        }
    }

    #[test]
    fn the_replies_lie_within_what_all_providers_accept() {
        for schema in [schemars::schema_for!(CriteriaReply), schemars::schema_for!(ScenariosReply)] {
            let once = portable(schema.as_value());
            check(&once, 1);
            assert_eq!(portable(&once), once);
        }
    }

    #[test]
    fn the_schema_of_the_criteria_is_as_it_was() {
        insta::assert_json_snapshot!(portable(schemars::schema_for!(CriteriaReply).as_value()));
    }

    #[test]
    fn the_schema_of_the_scenarios_is_as_it_was() {
        insta::assert_json_snapshot!(portable(schemars::schema_for!(ScenariosReply).as_value()));
    }

    #[test]
    fn references_constants_bounds_and_formats_are_rewritten() {
        let schema = json!({ "$schema": "x", "title": "T", "type": "object", "properties": {
            "kind": { "description": "What.", "oneOf": [{ "const": "a", "type": "string", "description": "A" }, { "const": "b" }] },
            "count": { "type": "integer", "format": "uint8", "minimum": 0, "maximum": 255 },
            "child": { "$ref": "#/$defs/Child", "description": "Ours." },
        }, "$defs": { "Child": { "type": "object", "description": "Theirs.", "properties": { "name": { "type": "string", "maxLength": 5, "default": "" } } } } });
        let expected = json!({ "type": "object", "properties": {
            "kind": { "type": "string", "enum": ["a", "b"], "description": "What." },
            "count": { "type": "integer", "description": "(maximum: 255)" },
            "child": { "type": "object", "properties": { "name": { "type": "string", "description": "(maxLength: 5)" } },
                "required": ["name"], "additionalProperties": false, "description": "Ours." },
        }, "required": ["kind", "count", "child"], "additionalProperties": false });
        assert_eq!(portable(&schema), expected);
    }

    #[test]
    fn a_word_in_another_case_is_taken_for_the_one_that_was_asked_for() {
        let schema = schemars::schema_for!(ScenariosReply).to_value();
        let mut reply = json!({ "scenarios": [{ "technique": "Happy", "priority": "HIGH", "title": "Happy", "origin": "odd" }] });
        settle_words(&mut reply, &schema);
        assert_eq!(
            reply,
            json!({ "scenarios": [{ "technique": "happy", "priority": "high", "title": "Happy", "origin": "odd" }] })
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({ "type": "object", "properties": { "next": { "$ref": "#" }, "loop": { "$ref": "#/$defs/L" } }, "$defs": { "L": { "$ref": "#/$defs/L" } } });
        assert!(portable(&schema).is_object());
    }
}
