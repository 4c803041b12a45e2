//! What Zephyr remembers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Longer names are refused.
pub(super) const LONGEST_NAME: usize = 255;

/// More labels are refused.
pub(super) const MOST_LABELS: usize = 50;

/// Names of priorities; the first is given where none is asked for.
pub(super) const PRIORITIES: [&str; 3] = ["Normal", "High", "Low"];

/// Names of statuses; the first is given where none is asked for.
pub(super) const STATUSES: [&str; 3] = ["Draft", "Approved", "Deprecated"];

/// Test cases and folders.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(super) cases: BTreeMap<u64, Case>,
    pub(super) folders: BTreeMap<u64, Folder>,
    last: u64,
}

/// A folder.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) project: String,
    pub(super) name: String,
    pub(super) parent: Option<u64>,
}

/// A test case.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) id: u64,
    pub(super) key: String,
    pub(super) project: String,
    pub(super) name: String,
    pub(super) objective: Option<String>,
    pub(super) precondition: Option<String>,
    pub(super) priority: String,
    pub(super) status: String,
    pub(super) folder: Option<u64>,
    pub(super) owner: Option<String>,
    pub(super) labels: Vec<String>,
    pub(super) fields: Map<String, Value>,
    pub(super) script: Script,
    /// Ids of links, and the issues that they lead to.
    pub(super) links: BTreeMap<u64, u64>,
}

/// What a test case holds. Either replaces the other.
#[derive(Clone, Debug)]
pub(super) enum Script {
    /// Ids of steps, and `{description, testData, expectedResult}`.
    Steps(Vec<(u64, Value)>),
    /// A text, and its kind: `plain` or `bdd`.
    Text(String, String),
}

impl Shelf {
    /// A number nothing else has.
    pub(super) fn new_id(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Puts a new test case up; answers its id.
    pub(super) fn add(&mut self, project: &str, name: &str) -> u64 {
        let number = self.cases.values().filter(|case| case.project == project).count() + 1;
        let id = self.new_id();
        let case = Case {
            id,
            key: format!("{project}-T{number}"),
            project: project.to_owned(),
            name: name.to_owned(),
            objective: None,
            precondition: None,
            priority: PRIORITIES[0].to_owned(),
            status: STATUSES[0].to_owned(),
            folder: None,
            owner: None,
            labels: Vec::new(),
            fields: Map::new(),
            script: Script::Steps(Vec::new()),
            links: BTreeMap::new(),
        };
        self.cases.insert(id, case);
        id
    }

    /// The test case of a key.
    pub(super) fn find(&self, key: &str) -> Option<&Case> {
        self.cases.values().find(|case| case.key == key)
    }

    /// The same, to change it.
    pub(super) fn find_mut(&mut self, key: &str) -> Option<&mut Case> {
        self.cases.values_mut().find(|case| case.key == key)
    }

    /// Steps with ids; those that come with one keep it.
    pub(super) fn steps(&mut self, given: &[Value]) -> Vec<(u64, Value)> {
        let id_of = |step: &Value| step.get("id").and_then(Value::as_u64);
        given.iter().map(|step| (id_of(step).unwrap_or_else(|| self.new_id()), step.clone())).collect()
    }

    /// The folder of a path such as `/a/b`.
    pub(super) fn folder(&self, project: &str, path: &str) -> Option<u64> {
        path.split('/').filter(|name| !name.is_empty()).try_fold(None, |parent, name| {
            let mut here = self.folders.iter().filter(|(_, folder)| folder.project == project && folder.parent == parent);
            here.find(|(_, folder)| folder.name == name).map(|(id, _)| Some(*id))
        })?
    }

    /// The path of a folder.
    pub(super) fn path(&self, id: u64) -> String {
        let Some(folder) = self.folders.get(&id) else { return String::new() };
        format!("{}/{}", folder.parent.map(|parent| self.path(parent)).unwrap_or_default(), folder.name)
    }

    /// All test cases as they stand, the oldest first; `issues` are numeric ids.
    pub(crate) fn told(&self) -> Vec<Value> {
        self.cases.values().map(|case| self.tell(case)).collect()
    }

    fn tell(&self, case: &Case) -> Value {
        let script = match &case.script {
            Script::Steps(steps) => json!({ "steps": steps.iter().map(|(_, step)| step).collect::<Vec<_>>() }),
            Script::Text(kind, text) => json!({ "type": kind, "text": text }),
        };
        json!({
            "key": case.key, "name": case.name, "objective": case.objective, "precondition": case.precondition,
            "priority": case.priority, "status": case.status, "owner": case.owner, "labels": case.labels,
            "folder": case.folder.map(|id| self.path(id)), "customFields": case.fields, "script": script,
            "issues": case.links.values().collect::<Vec<_>>(),
        })
    }

    /// Changes a test case as a person would: `name`, `objective`, `labels`, `status`, `owner`, `steps`; false when there is none.
    pub(crate) fn edit(&mut self, key: &str, change: &Value) -> bool {
        let steps = change["steps"].as_array().map(|steps| self.steps(steps));
        let Some(case) = self.find_mut(key) else { return false };
        let text = |name: &str| change[name].as_str().map(str::to_owned);
        case.name = text("name").unwrap_or_else(|| case.name.clone());
        case.objective = text("objective").or_else(|| case.objective.clone());
        case.status = text("status").unwrap_or_else(|| case.status.clone());
        case.owner = text("owner").or_else(|| case.owner.clone());
        case.script = steps.map_or_else(|| case.script.clone(), Script::Steps);
        if let Some(labels) = change["labels"].as_array() {
            case.labels = labels.iter().filter_map(|label| label.as_str().map(str::to_owned)).collect();
        }
        true
    }
}
