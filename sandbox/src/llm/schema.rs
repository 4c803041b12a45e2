//! Bends a value until a JSON schema takes it.

use serde_json::{Map, Value, json};

const DEEPEST: usize = 32;

/// The nearest value the schema takes: unknown properties go, missing ones get the plainest value.
pub(super) fn conform(value: &Value, schema: &Value, root: &Value, depth: usize) -> Value {
    let schema = resolve(schema, root);
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(choices) = schema["enum"].as_array() {
        return chosen(value, choices);
    }
    for combination in ["anyOf", "oneOf"] {
        if let Some(branches) = schema[combination].as_array().filter(|branches| !branches.is_empty()) {
            let kinds: Vec<&str> = branches.iter().map(|branch| kind(resolve(branch, root))).collect();
            let fitting =
                kinds.iter().position(|kind| is_a(value, kind)).or_else(|| kinds.iter().position(|kind| *kind != "null"));
            return conform(value, &branches[fitting.unwrap_or(0)], root, depth + 1);
        }
    }
    match kind(schema) {
        "object" => object(value, schema, root, depth),
        "array" => array(value, schema, root, depth),
        "string" => string(value, schema),
        "integer" => number(value.as_i64().map(|number| json!(number)), schema),
        "number" => number(value.as_f64().map(|_| value.clone()), schema),
        "boolean" => json!(value.as_bool().unwrap_or(false)),
        "null" => Value::Null,
        _ => value.clone(),
    }
}

fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..DEEPEST {
        match schema["$ref"].as_str().and_then(|pointer| root.pointer(pointer.strip_prefix('#')?)) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null"),
        _ if schema["properties"].is_object() => "object",
        _ if schema["items"].is_object() => "array",
        _ => "",
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => false,
    }
}

/// The value itself, one that resembles it, or the first.
fn chosen(value: &Value, choices: &[Value]) -> Value {
    if choices.contains(value) {
        return value.clone();
    }
    let wanted = value.as_str().unwrap_or_default();
    let root = wanted.split('_').next().unwrap_or(wanted);
    let near = |choice: &&Value| {
        choice.as_str().is_some_and(|choice| !root.is_empty() && (choice.contains(root) || root.contains(choice)))
    };
    choices.iter().find(near).or_else(|| choices.first()).cloned().unwrap_or_default()
}

fn object(value: &Value, schema: &Value, root: &Value, depth: usize) -> Value {
    let mut built = Map::new();
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let empty = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    for (name, property) in properties {
        if value.get(name).is_some() || required.contains(&name.as_str()) {
            built.insert(name.clone(), conform(&value[name], property, root, depth + 1));
        }
    }
    if schema["additionalProperties"] != false {
        let others = value.as_object().into_iter().flatten().filter(|(name, _)| !properties.contains_key(*name));
        built.extend(others.map(|(name, value)| (name.clone(), value.clone())));
    }
    for name in required {
        built.entry(name).or_insert(Value::Null);
    }
    Value::Object(built)
}

fn array(value: &Value, schema: &Value, root: &Value, depth: usize) -> Value {
    let limit = |name: &str| schema[name].as_u64().and_then(|limit| usize::try_from(limit).ok());
    let items = value.as_array().into_iter().flatten().take(limit("maxItems").unwrap_or(usize::MAX));
    let mut built: Vec<Value> = items.map(|item| conform(item, &schema["items"], root, depth + 1)).collect();
    while built.len() < limit("minItems").unwrap_or(0).min(100) {
        built.push(conform(&Value::Null, &schema["items"], root, depth + 1));
    }
    Value::Array(built)
}

fn string(value: &Value, schema: &Value) -> Value {
    let limit = |name: &str| schema[name].as_u64().and_then(|limit| usize::try_from(limit).ok());
    let mut text: String = value.as_str().unwrap_or_default().chars().take(limit("maxLength").unwrap_or(usize::MAX)).collect();
    while text.chars().count() < limit("minLength").unwrap_or(0).min(1000) {
        text.push('-');
    }
    Value::String(text)
}

fn number(value: Option<Value>, schema: &Value) -> Value {
    let value = value.unwrap_or(json!(0));
    let given = value.as_f64().unwrap_or_default();
    let low = schema["minimum"].as_f64().filter(|low| given < *low).and_then(|_| schema.get("minimum"));
    let high = schema["maximum"].as_f64().filter(|high| given > *high).and_then(|_| schema.get("maximum"));
    low.or(high).cloned().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bent_to_fit() {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["a", "kind", "n", "list", "maybe"],
            "properties": {
                "a": {"type": "string", "minLength": 2}, "kind": {"enum": ["other", "boundary_value"]}, "n": {"type": "integer", "minimum": 3},
                "list": {"type": "array", "maxItems": 1, "items": {"$ref": "#/$defs/item"}}, "maybe": {"type": ["string", "null"]},
            },
            "$defs": {"item": {"type": "object", "required": ["x"], "properties": {"x": {"type": "boolean"}}}},
        });
        let bent = conform(&json!({"kind": "boundary", "list": [{}, {}], "extra": 1}), &schema, &schema, 0);
        assert!(jsonschema::is_valid(&schema, &bent), "{bent}");
        assert_eq!(bent["kind"], "boundary_value");
        assert!(jsonschema::is_valid(&schema, &conform(&json!({}), &schema, &schema, 0)));
    }
}
