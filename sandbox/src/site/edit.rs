//! Writing issues: what is checked, what is stored.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Site;
use super::catalogue::{self, ISSUE_TYPES};
use super::issue::Issue;
use super::problem::{Answer, Problem};
use crate::adf::normalise::normalise;
use crate::adf::{rules, text};
use crate::loader::split_key;
use crate::options::Deployment;

/// The longest text Jira keeps in one field.
pub(crate) const LONGEST: usize = 32_767;

/// What a request wants to be true of an issue.
#[derive(Default)]
struct Change {
    fields: Map<String, Value>,
    parent: Option<Option<u64>>,
    kind: Option<usize>,
    links: Vec<(usize, u64, u64)>,
    properties: BTreeMap<String, Value>,
}

/// The target that is not known yet: the issue being created.
const ITSELF: u64 = 0;

impl Site {
    /// Creates an issue and returns its id.
    pub(crate) fn create(&mut self, body: &Value, author: &str) -> Answer<u64> {
        let fields = body["fields"].as_object().ok_or_else(|| Problem::bad("Field 'fields' is required"))?;
        let project = self.project_of(fields.get("project"))?;
        let kind =
            self.kind_of(fields.get("issuetype")).ok_or_else(|| Problem::field("issuetype", "Specify a valid issue type"))?;
        if fields.get("summary").and_then(Value::as_str).is_none_or(|summary| summary.trim().is_empty()) {
            return Err(Problem::field("summary", "You must specify a summary of the issue."));
        }
        let mut change = self.change(body, None)?;
        self.check_parent(kind, &project, change.parent.flatten())?;
        let (id, key, now) = (self.new_id(), self.next_key(&project), self.clock.tick());
        for (name, value) in [("labels", json!([])), ("status", json!("To Do")), ("priority", json!("Medium"))] {
            change.fields.entry(name).or_insert(value);
        }
        let issue = Issue { id, key: key.clone(), kind, creator: author.to_owned(), created: now, ..Issue::default() };
        self.issues.insert(id, issue);
        self.take_key(&key, id);
        self.apply(id, change, now);
        Ok(id)
    }

    /// Changes an issue.
    pub(crate) fn edit(&mut self, id: u64, body: &Value) -> Answer<()> {
        let change = self.change(body, Some(id))?;
        let issue = self.issues.get(&id).ok_or_else(Problem::no_issue)?;
        if change.kind.is_some() || change.parent.is_some() {
            let (kind, parent) = (change.kind.unwrap_or(issue.kind), change.parent.unwrap_or(issue.parent));
            self.check_parent(kind, issue.project(), parent)?;
        }
        let now = self.clock.tick();
        self.apply(id, change, now);
        Ok(())
    }

    /// Brings an issue into a status.
    pub(crate) fn enter(&mut self, id: u64, status: &str) {
        let now = self.clock.tick();
        let Some(issue) = self.issues.get_mut(&id) else { return };
        issue.fields.insert("status".to_owned(), json!(status));
        issue.updated = now;
    }

    fn apply(&mut self, id: u64, change: Change, now: i64) {
        for (kind, source, target) in change.links {
            let end = |end: u64| if end == ITSELF { id } else { end };
            self.link(kind, end(source), end(target));
        }
        if let Some(parent) = change.parent {
            self.adopt(id, parent);
        }
        let Some(issue) = self.issues.get_mut(&id) else { return };
        issue.kind = change.kind.unwrap_or(issue.kind);
        issue.fields.extend(change.fields);
        issue.properties.extend(change.properties);
        issue.updated = now;
    }

    fn change(&mut self, body: &Value, issue: Option<u64>) -> Answer<Change> {
        let mut change = Change { properties: properties(body)?, ..Change::default() };
        let empty = Map::new();
        let fields = body["fields"].as_object().unwrap_or(&empty);
        let update = body["update"].as_object().unwrap_or(&empty);
        if let Some(both) = fields.keys().find(|name| update.contains_key(*name)) {
            return Err(Problem::field(both, format!("Field '{both}' cannot appear in both 'fields' and 'update'")));
        }
        for (name, value) in fields {
            self.set(&mut change, name, value, issue.is_none())?;
        }
        for (name, operations) in update {
            self.operate(&mut change, name, operations, issue)?;
        }
        Ok(change)
    }

    fn set(&mut self, change: &mut Change, name: &str, value: &Value, creating: bool) -> Answer<()> {
        let screen =
            || Problem::field(name, format!("Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."));
        let field = catalogue::field(name).filter(|field| field.writable).ok_or_else(screen)?;
        let stored = match name {
            "project" => return if creating { Ok(()) } else { Err(screen()) },
            "parent" => {
                change.parent = Some(self.parent_of(value)?);
                return Ok(());
            }
            "issuetype" => {
                let kind = self.kind_of(Some(value));
                change.kind = Some(kind.ok_or_else(|| Problem::field("issuetype", "The issue type selected is invalid."))?);
                return Ok(());
            }
            "summary" => json!(summary(value)?),
            "labels" => labels(value)?,
            "priority" => priority(value)?,
            _ if field.is_rich() => self.document(name, value)?,
            _ if field.custom == "textfield" && value.as_str().is_none_or(|text| text.contains('\n')) && !value.is_null() => {
                return Err(Problem::field(name, "Operation value must be a string"));
            }
            _ => value.clone(),
        };
        change.fields.insert(name.to_owned(), stored);
        Ok(())
    }

    fn operate(&mut self, change: &mut Change, name: &str, operations: &Value, issue: Option<u64>) -> Answer<()> {
        let operations = operations.as_array().ok_or_else(|| Problem::field(name, "Operations must be an array"))?;
        for operation in operations.iter().filter_map(Value::as_object).flatten() {
            match (name, operation.0.as_str(), operation.1) {
                (_, "set", value) => self.set(change, name, value, false)?,
                ("labels", verb @ ("add" | "remove"), value) => self.relabel(change, verb, value, issue)?,
                ("issuelinks", "add", value) => {
                    let link = self.link_ends(value, Some(issue.unwrap_or(ITSELF)))?;
                    change.links.push(link);
                }
                (_, verb, _) => return Err(Problem::field(name, format!("Field '{name}' does not support operation '{verb}'."))),
            }
        }
        Ok(())
    }

    fn relabel(&self, change: &mut Change, verb: &str, value: &Value, issue: Option<u64>) -> Answer<()> {
        let present = || issue.and_then(|id| self.issues.get(&id)).and_then(|issue| issue.fields.get("labels").cloned());
        let current = change.fields.get("labels").cloned().or_else(present).unwrap_or_else(|| json!([]));
        let mut current = current.as_array().cloned().unwrap_or_default();
        current.retain(|label| label != value);
        if verb == "add" {
            labels(&json!([value]))?;
            current.push(value.clone());
        }
        change.fields.insert("labels".to_owned(), Value::Array(current));
        Ok(())
    }

    /// A document as it will be stored, or the reason it will not.
    pub(crate) fn document(&mut self, field: &str, value: &Value) -> Answer<Value> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        if self.deployment == Deployment::DataCenter {
            return match value.as_str().map(|text| text.encode_utf16().count()) {
                None => Err(Problem::field(field, "Operation value must be a string")),
                Some(length) if length > LONGEST => Err(Problem::field(field, too_long())),
                Some(_) => Ok(value.clone()),
            };
        }
        if !value.is_object() {
            return Err(Problem::field(
                field,
                "Operation value must be an Atlassian Document (see the Atlassian Document Format)",
            ));
        }
        if rules::check(value).is_err() {
            return Err(Problem::invalid_input());
        }
        if text::length(value) > LONGEST {
            return Err(Problem::field(field, too_long()));
        }
        let mut stored = value.clone();
        normalise(&mut stored, &mut self.next_local_id);
        Ok(stored)
    }

    /// Both ends of a link as `(type, source, target)`; `itself` fills the end that is left out.
    pub(crate) fn link_ends(&self, value: &Value, itself: Option<u64>) -> Answer<(usize, u64, u64)> {
        let kind = ["id", "name"].iter().find_map(|name| value["type"][name].as_str()).and_then(catalogue::link_index);
        let kind = kind.ok_or_else(|| Problem::missing("No issue link type with the given name or id found."))?;
        let end = |name: &str| -> Answer<Option<u64>> {
            let Some(wanted) = value[name]["key"].as_str().or_else(|| value[name]["id"].as_str()) else { return Ok(None) };
            self.id_of(wanted).map(Some).ok_or_else(Problem::no_issue)
        };
        let (source, target) = (end("inwardIssue")?.or(itself), end("outwardIssue")?.or(itself));
        match (source, target) {
            (Some(source), Some(target)) if source != target => Ok((kind, source, target)),
            _ => Err(Problem::bad("A link needs an inward and an outward issue.")),
        }
    }

    fn project_of(&self, value: Option<&Value>) -> Answer<String> {
        let project = value.and_then(|project| {
            let by_key = project["key"].as_str().filter(|key| self.projects.contains_key(*key)).map(str::to_owned);
            let id = project["id"].as_str().and_then(|id| id.parse::<u64>().ok());
            by_key.or_else(|| self.projects.iter().find(|(_, known)| Some(**known) == id).map(|(key, _)| key.clone()))
        });
        project.ok_or_else(|| Problem::field("project", "valid project is required"))
    }

    fn kind_of(&self, value: Option<&Value>) -> Option<usize> {
        let value = value?;
        ["id", "name"].iter().find_map(|name| value[*name].as_str()).and_then(catalogue::type_index)
    }

    fn parent_of(&self, value: &Value) -> Answer<Option<u64>> {
        if value.is_null() {
            return Ok(None);
        }
        if !value.is_object() {
            return Err(Problem::field("parent", "data was not an object"));
        }
        let wanted = value["key"].as_str().or_else(|| value["id"].as_str()).unwrap_or_default();
        let problem = || Problem::field("parent", "Could not find issue by id or key.");
        self.id_of(wanted).map(Some).ok_or_else(problem)
    }

    fn check_parent(&self, kind: usize, project: &str, parent: Option<u64>) -> Answer<()> {
        let subtask = ISSUE_TYPES[kind].subtask;
        let parent = parent.and_then(|id| self.issues.get(&id));
        match parent {
            None if subtask => {
                Err(Problem::field("issuetype", "Issue type is a sub-task but parent issue key or id not specified."))
            }
            None => Ok(()),
            Some(parent) if subtask && split_key(&parent.key).is_some_and(|(home, _)| home != project) => {
                Err(Problem::field("parent", "The sub-task and its parent must be in the same project."))
            }
            Some(parent) if ISSUE_TYPES[parent.kind].level != ISSUE_TYPES[kind].level + 1 => {
                Err(Problem::field("parent", "Given parent work item does not belong to appropriate hierarchy."))
            }
            Some(_) => Ok(()),
        }
    }
}

/// The message about a text that is too long.
pub(crate) fn too_long() -> String {
    "The entered text is too long. It exceeds the allowed limit of 32,767 characters.".to_owned()
}

/// Inline properties of a create, edit or comment request.
pub(crate) fn properties(body: &Value) -> Answer<BTreeMap<String, Value>> {
    let mut properties = BTreeMap::new();
    for property in body["properties"].as_array().into_iter().flatten() {
        let key = property["key"].as_str().ok_or_else(|| Problem::bad("A property needs a key."))?;
        check_property(key, &property["value"])?;
        properties.insert(key.to_owned(), property["value"].clone());
    }
    Ok(properties)
}

/// The limits of a property.
pub(crate) fn check_property(key: &str, value: &Value) -> Answer<()> {
    if key.is_empty() || key.chars().count() > 255 {
        return Err(Problem::bad("The property key must be between 1 and 255 characters long."));
    }
    if value.is_null() {
        return Err(Problem::bad("The property value is missing or is not valid JSON."));
    }
    if value.to_string().chars().count() > 32_768 {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "The property value may not be longer than 32768 characters."));
    }
    Ok(())
}

fn summary(value: &Value) -> Answer<&str> {
    let problem = |message: &str| Err(Problem::field("summary", message));
    match value.as_str() {
        None => problem("Operation value must be a string"),
        Some(text) if text.trim().is_empty() => problem("You must specify a summary of the issue."),
        Some(text) if text.contains(['\n', '\r']) => problem("The summary is invalid because it contains newline characters."),
        Some(text) if text.chars().count() > 255 => problem("Summary can't exceed 255 characters."),
        Some(text) => Ok(text),
    }
}

fn labels(value: &Value) -> Answer<Value> {
    let list = value.as_array().ok_or_else(|| Problem::field("labels", "data was not an array"))?;
    for label in list {
        match label.as_str() {
            None => return Err(Problem::field("labels", "Operation value must be a string")),
            Some(label) if label.contains(char::is_whitespace) => {
                return Err(Problem::field("labels", format!("The label '{label}' contains spaces which is invalid.")));
            }
            Some(label) if label.is_empty() || label.chars().count() > 255 => {
                return Err(Problem::field(
                    "labels",
                    format!("The label '{label}' exceeds the maximum length for a single label (255)."),
                ));
            }
            Some(_) => {}
        }
    }
    Ok(value.clone())
}

fn priority(value: &Value) -> Answer<Value> {
    let by_name =
        value["name"].as_str().and_then(|name| catalogue::PRIORITIES.iter().find(|known| known.eq_ignore_ascii_case(name)));
    let by_id = || value["id"].as_str()?.parse::<usize>().ok().and_then(|id| catalogue::PRIORITIES.get(id.checked_sub(1)?));
    by_name.or_else(by_id).map(|name| json!(name)).ok_or_else(|| Problem::field("priority", "The priority selected is invalid."))
}
