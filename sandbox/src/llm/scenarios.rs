//! The answer to "write scenarios": a happy one for each criterion, and how it stands to the tests that exist.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::prompt::Prompt;

/// The answer.
pub(super) fn answer(prompt: &Prompt) -> Value {
    let criteria = prompt.shown["criteria"].as_array().or_else(|| prompt.story()["criteria"].as_array());
    let tests = prompt.story()["existing_tests"].as_array().map_or(&[][..], Vec::as_slice);
    let scenarios: Vec<Value> =
        criteria.into_iter().flatten().enumerate().map(|(index, criterion)| scenario(index, criterion, tests)).collect();
    json!({"scenarios": scenarios, "questions": [], "warnings": []})
}

fn scenario(index: usize, criterion: &Value, tests: &[Value]) -> Value {
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
        "relation": relation(criterion, tests),
    })
}

/// A test whose title shares most words says the same; one that shares half of them something near it.
fn relation(criterion: &Value, tests: &[Value]) -> Value {
    let words = |text: &Value| -> BTreeSet<String> {
        let text = text.as_str().unwrap_or_default().to_lowercase();
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2).map(str::to_owned).collect()
    };
    let title = words(&criterion["title"]);
    let shared = |test: &&Value| {
        let summary = words(&test["summary"]);
        summary.intersection(&title).count() * 100 / summary.union(&title).count().max(1)
    };
    let like = |test: &Value, kind: &str, why: &str| json!({"kind": kind, "of": test["key"], "why": why});
    match tests.iter().max_by_key(shared).map(|test| (shared(&test), test)) {
        Some((80.., test)) => like(test, "duplicate", "It has the same title."),
        Some((50.., test)) => like(test, "extends", "It says something more."),
        _ => json!({"kind": "new", "of": "", "why": ""}),
    }
}

/// Calls every scenario what it is not: a duplicate of a test that nobody has, or of none.
pub(super) fn misrelate(answer: &mut Value) {
    let scenarios = answer["scenarios"].as_array_mut().into_iter().flatten();
    for (scenario, of) in scenarios.zip(["SHOP-9999", "", "all of them"].into_iter().cycle()) {
        scenario["relation"] = json!({"kind": "duplicate", "of": of, "why": "Somebody wrote it."});
    }
}
