//! What a test says: as it is sent, and as it is compared.

use serde_json::{Value, json};

use crate::domain::json::to_json;
use crate::domain::scenario::Scenario;
use crate::domain::story::sha256_hex;
use crate::ports::{Form, ItemText};
use crate::store::connection::{XrayPlace, XrayType};

/// What a test does.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) enum Definition {
    /// Action, data and expected result of each step.
    Manual(Vec<[String; 3]>),
    /// Steps of Gherkin with their examples, without the line that names the scenario.
    Cucumber(String),
    /// A text.
    Generic(String),
}

/// The form of an item. `place` goes along for those whose making was cut off.
pub(super) fn form(item: &ItemText<'_>, place: &XrayPlace) -> Form {
    let definition = match (item.scenario, place.test_type.unwrap_or_default()) {
        (None, _) => Definition::Generic(String::new()),
        (Some(scenario), XrayType::Manual) => Definition::Manual(steps(scenario)),
        (Some(scenario), XrayType::Cucumber) => Definition::Cucumber(gherkin(scenario)),
        (Some(scenario), XrayType::Generic) => Definition::Generic(gherkin(scenario)),
    };
    let description = item.markup.written(&item.body);
    let hash = hash_of(&item.summary, &description.hash, &definition);
    let content = json!({
        "summary": item.summary,
        "description": description.content.value(),
        "definition": definition.value(),
        "isOutline": item.scenario.is_some_and(|scenario| !scenario.examples.is_empty()),
        "story": item.story.key,
        "place": place,
    });
    Form { hash, content }
}

/// The hash of a test, however its texts are kept.
pub(super) fn hash_of(summary: &str, description: &str, definition: &Definition) -> String {
    sha256_hex(format!("{summary}\n{description}\n{}", to_json(&definition.as_compared())).as_bytes())
}

/// The place that an item was meant for.
pub(super) fn place_of(form: &Form) -> XrayPlace {
    form.content.get("place").and_then(|place| serde_json::from_value(place.clone()).ok()).unwrap_or_default()
}

fn steps(scenario: &Scenario) -> Vec<[String; 3]> {
    scenario.steps.iter().map(|step| [step.action.clone(), step.data.clone(), step.expected.clone()]).collect()
}

/// From the first step on: tags and the line that names the scenario are Xray's own.
fn gherkin(scenario: &Scenario) -> String {
    let lines: Vec<&str> = scenario.gherkin.lines().map(str::trim_end).collect();
    let is_heading = |line: &&str| line.is_empty() || line.trim_start().starts_with(['@', '#']) || line.trim_end().contains(':');
    let first = lines.iter().position(|line| !is_heading(line)).unwrap_or(lines.len());
    let kept = lines.get(first..).unwrap_or_default();
    let indent = kept.iter().filter(|line| !line.is_empty()).map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    kept.iter().map(|line| line.get(indent..).unwrap_or_default()).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

impl Definition {
    /// As a form holds it.
    fn value(&self) -> Value {
        match self {
            Self::Manual(steps) => {
                let steps =
                    steps.iter().map(|[action, data, result]| json!({ "action": action, "data": data, "result": result }));
                json!({ "kind": self.kind(), "steps": steps.collect::<Vec<_>>() })
            }
            Self::Cucumber(text) | Self::Generic(text) => json!({ "kind": self.kind(), "text": text }),
        }
    }

    /// That of a form.
    pub(super) fn of(form: &Form) -> Self {
        let definition = &form.content["definition"];
        let text = || definition["text"].as_str().unwrap_or_default().to_owned();
        match definition["kind"].as_str() {
            Some("Steps") => {
                let field = |step: &Value, name: &str| step[name].as_str().unwrap_or_default().to_owned();
                let steps = definition["steps"].as_array().into_iter().flatten();
                Self::Manual(steps.map(|step| ["action", "data", "result"].map(|name| field(step, name))).collect())
            }
            Some("Gherkin") => Self::Cucumber(text()),
            _ => Self::Generic(text()),
        }
    }

    /// Xray Cloud's word for what it is; what types are called is up to each project.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Manual(_) => "Steps",
            Self::Cucumber(_) => "Gherkin",
            Self::Generic(_) => "Unstructured",
        }
    }

    /// White space within lines may differ.
    pub(super) fn as_compared(&self) -> Self {
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines = |text: &str| text.lines().map(line).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
        match self {
            Self::Manual(steps) => Self::Manual(steps.iter().map(|step| step.each_ref().map(|text| line(text))).collect()),
            Self::Cucumber(text) => Self::Cucumber(lines(text)),
            Self::Generic(text) => Self::Generic(lines(text)),
        }
    }
}
