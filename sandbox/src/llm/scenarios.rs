//! The answer to "write scenarios": a happy one for each criterion.

use serde_json::{Value, json};

use super::prompt::Prompt;

/// The answer.
pub(super) fn answer(prompt: &Prompt) -> Value {
    let criteria = prompt.shown["criteria"].as_array().or_else(|| prompt.story()["criteria"].as_array());
    let scenarios: Vec<Value> =
        criteria.into_iter().flatten().enumerate().map(|(index, criterion)| scenario(index, criterion)).collect();
    json!({"scenarios": scenarios, "questions": [], "warnings": []})
}

fn scenario(index: usize, criterion: &Value) -> Value {
    let list = |name: &str| criterion.get(name).filter(|value| value.is_array()).cloned().unwrap_or_else(|| json!([]));
    let (given, when, then) = (list("given"), list("when"), list("then"));
    let joined = |value: &Value| value.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join("; ");
    let (technique, priority) = match criterion["kind"].as_str() {
        Some("boundary") => ("boundary", "high"),
        Some("negative") => ("negative", "high"),
        _ if index == 0 => ("happy_path", "high"),
        _ => ("happy_path", "medium"),
    };
    let covers: Vec<&str> = criterion["id"].as_str().into_iter().collect();
    json!({
        "title": criterion["title"].as_str().unwrap_or("Scenario"),
        "technique": technique,
        "priority": priority,
        "preconditions": given,
        "steps": [{"action": joined(&when), "data": "", "expected": joined(&then)}],
        "given": given, "when": when, "then": then,
        "examples": {"header": [], "rows": []},
        "covers": covers,
        "origin": criterion["origin"].as_str().unwrap_or("stated"),
        "evidence": list("evidence"),
    })
}
