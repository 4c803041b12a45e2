//! What Xray knows of a test beside its issue.

use serde::Serialize;
use serde_json::{Value, json};

/// The kinds of test types: id, name, kind. Names can be changed in a real project, kinds cannot.
pub(crate) const TEST_TYPES: [(&str, &str, &str); 3] =
    [("1", "Manual", "Steps"), ("2", "Generic", "Unstructured"), ("3", "Cucumber", "Gherkin")];

/// One step of a manual test.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct XrayStep {
    /// Its id.
    pub(crate) id: String,
    /// What to do.
    pub(crate) action: String,
    /// With which data.
    pub(crate) data: String,
    /// What must be seen.
    pub(crate) result: String,
}

/// A test, without what its issue says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Definition {
    /// Index into [`TEST_TYPES`].
    pub(crate) kind: usize,
    pub(crate) steps: Vec<XrayStep>,
    pub(crate) gherkin: String,
    pub(crate) unstructured: String,
    pub(crate) preconditions: Vec<u64>,
    pub(crate) folder: Option<String>,
}

impl Definition {
    /// `Manual`, `Generic`, `Cucumber`.
    pub(crate) fn type_name(&self) -> &'static str {
        TEST_TYPES[self.kind].1
    }

    /// Whether the definition is Gherkin.
    pub(crate) fn is_gherkin(&self) -> bool {
        TEST_TYPES[self.kind].2 == "Gherkin"
    }

    /// Whether the definition is steps.
    pub(crate) fn has_steps(&self) -> bool {
        TEST_TYPES[self.kind].2 == "Steps"
    }

    /// Whether the definition is free text.
    pub(crate) fn is_unstructured(&self) -> bool {
        TEST_TYPES[self.kind].2 == "Unstructured"
    }

    /// The type as GraphQL shows it.
    pub(crate) fn type_view(&self) -> Value {
        let (_, name, kind) = TEST_TYPES[self.kind];
        json!({"name": name, "kind": kind})
    }
}

/// The test type that a request means by `{name}` or `{id}`; the first when it says nothing.
pub(crate) fn type_index(wanted: &Value) -> Result<usize, String> {
    let named = ["id", "name"].iter().find_map(|name| wanted[*name].as_str().map(|value| (*name, value)));
    let Some((by, value)) = named else { return Ok(0) };
    let index = TEST_TYPES.iter().position(|(id, name, _)| if by == "id" { *id == value } else { *name == value });
    index.ok_or_else(|| format!("Test Type with {by} '{value}' not found"))
}

/// A step as requests bring it; an empty one is refused.
pub(crate) fn step_of(id: String, step: &Value) -> XrayStep {
    let text = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
    XrayStep { id, action: text("action"), data: text("data"), result: text("result") }
}

/// Whether a text is the inside of a scenario: steps, without the lines that begin a feature or a scenario.
pub(crate) fn gherkin_problem(gherkin: &str) -> Option<String> {
    let heading = gherkin.lines().map(str::trim).find(|line| is_heading(line));
    heading.map(|line| format!("Invalid Gherkin definition: only steps are allowed, but there is '{line}'"))
}

fn is_heading(line: &str) -> bool {
    ["Feature:", "Rule:", "Background:", "Scenario:", "Scenario Outline:", "Scenario Template:", "Example:"]
        .iter()
        .any(|word| line.starts_with(word))
}
