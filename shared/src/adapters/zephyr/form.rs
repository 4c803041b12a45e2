//! What a test case says: as it is sent, and as it is compared.

use serde_json::{Value, json};

use super::html::{escaped, plain};
use crate::domain::json::to_json;
use crate::domain::scenario::Scenario;
use crate::domain::story::sha256_hex;
use crate::ports::{Form, ItemText};
use crate::store::connection::{ZephyrPlace, ZephyrScript};

/// What of a test case is ours, in plain words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Said {
    pub(super) name: String,
    pub(super) objective: String,
    pub(super) precondition: String,
    pub(super) script: Script,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) enum Script {
    /// Action, data and expected result of each step.
    Steps(Vec<[String; 3]>),
    /// Gherkin.
    Text(String),
}

/// The form of an item: HTML, as both APIs take it; the steps as they take them.
pub(super) fn form(item: &ItemText<'_>, place: &ZephyrPlace) -> Form {
    let script = match (item.scenario, place.script.unwrap_or_default()) {
        (None, _) => json!({ "steps": [] }),
        (Some(scenario), ZephyrScript::Steps) => json!({ "steps": steps(scenario) }),
        (Some(scenario), ZephyrScript::Bdd) => json!({ "text": gherkin(scenario) }),
    };
    let precondition = item.scenario.map(|scenario| scenario.preconditions.join("\n")).unwrap_or_default();
    let priority = item.scenario.and_then(|scenario| place.priorities.get(scenario.priority.as_str()));
    let content = json!({
        "name": item.summary,
        "objective": objective(item),
        "precondition": escaped(&precondition),
        "script": script,
        "priority": priority,
        "issueId": item.story.id.parse::<u64>().ok(),
        "issueKey": item.story.key,
    });
    Form { hash: Said::of_content(&content).hash(), content }
}

/// What leads back to the story, and which of its criteria are meant.
fn objective(item: &ItemText<'_>) -> String {
    let key = escaped(item.story.key);
    let key = match item.story.url {
        url if url.starts_with("https://") || url.starts_with("http://") => format!("<a href=\"{}\">{key}</a>", escaped(url)),
        _ => key,
    };
    let covers = item.scenario.map(|scenario| scenario.covers.join(", ")).filter(|covers| !covers.is_empty());
    let covers = covers.map(|covers| format!("<br>{}", escaped(&covers))).unwrap_or_default();
    format!("{key} {}{covers}", escaped(item.story.summary))
}

fn steps(scenario: &Scenario) -> Vec<Value> {
    let step = |step: &crate::domain::scenario::Step| json!({ "description": escaped(&step.action), "testData": escaped(&step.data), "expectedResult": escaped(&step.expected) });
    scenario.steps.iter().map(step).collect()
}

/// Steps alone, as Zephyr wants them; an outline is told once for each of its examples.
fn gherkin(scenario: &Scenario) -> String {
    let rows = if scenario.examples.is_empty() { vec![Vec::new()] } else { scenario.examples.rows.clone() };
    let lines = rows.iter().flat_map(|row| {
        let filled = |step: &String| {
            let names = scenario.examples.header.iter().zip(row);
            let step = step.split_whitespace().collect::<Vec<_>>().join(" ");
            names.fold(step, |step, (name, value)| step.replace(&format!("<{name}>"), value))
        };
        let of = |keyword: &'static str, steps: &[String]| -> Vec<String> {
            let keywords = std::iter::once(keyword).chain(std::iter::repeat("And"));
            keywords.zip(steps).map(|(keyword, step)| format!("{keyword} {}", filled(step))).collect()
        };
        [of("Given", &scenario.given), of("When", &scenario.when), of("Then", &scenario.then)].concat()
    });
    lines.collect::<Vec<_>>().join("\n")
}

impl Said {
    /// What a form says.
    pub(super) fn of_content(content: &Value) -> Self {
        Self::of(content, &content["script"]["steps"], content["script"].get("text"))
    }

    /// What stands there: the fields, the steps as a list, and the text if there is one.
    pub(super) fn of(case: &Value, steps: &Value, text: Option<&Value>) -> Self {
        let field = |value: &Value, name: &str| plain(value.get(name).and_then(Value::as_str).unwrap_or_default());
        let step = |step: &Value| ["description", "testData", "expectedResult"].map(|name| field(step, name));
        let script = match text.and_then(Value::as_str) {
            Some(text) => Script::Text(lines(text)),
            None => Script::Steps(steps.as_array().into_iter().flatten().map(step).collect()),
        };
        let name = lines(case.get("name").and_then(Value::as_str).unwrap_or_default());
        Self { name, objective: field(case, "objective"), precondition: field(case, "precondition"), script }
    }

    pub(super) fn hash(&self) -> String {
        sha256_hex(to_json(self).as_bytes())
    }
}

/// Text of which only the white space within lines may differ.
fn lines(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
