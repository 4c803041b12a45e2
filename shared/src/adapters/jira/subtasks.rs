//! Sub-tasks: each criterion and scenario as an issue below its story.

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::call::{Call, Kind, Wire};
use super::transitions;
use super::wire::{self, PROPERTY_KEY};
use crate::domain::markup;
use crate::domain::story::sha256_hex;
use crate::ports::{Ability, Closing, Form, ItemText, Items, JiraError, Mark, RawIssue, Standing, Survey};
use crate::store::connection::{SubtaskFields, SubtaskOptions};

/// What an item shows of an issue.
const SHOWN: [&str; 3] = ["summary", "description", "updated"];

/// Fields that Jira requires and that are never asked of an operator.
const GIVEN: [&str; 5] = ["project", "issuetype", "parent", "summary", "reporter"];

/// The sub-tasks of a site.
pub struct Subtasks {
    wire: Arc<Wire>,
    options: SubtaskOptions,
}

impl Subtasks {
    pub(super) fn new(wire: Arc<Wire>, options: SubtaskOptions) -> Self {
        Self { wire, options }
    }

    /// Those that carry our mark, the oldest first.
    fn marked(&self, issues: &[Value]) -> Vec<Standing> {
        let mut marked: Vec<Standing> = issues.iter().filter_map(|issue| self.standing(issue)).collect();
        marked.sort_by_key(|standing| standing.id.parse::<u64>().unwrap_or(u64::MAX));
        marked
    }

    /// An issue, if it carries our mark.
    fn standing(&self, issue: &Value) -> Option<Standing> {
        let text = |path: &str| issue.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let property = issue.get("properties")?.get(PROPERTY_KEY)?;
        let mark = Mark {
            marker: property.get("marker")?.as_str()?.to_owned(),
            hash: property.get("hash").and_then(Value::as_str).unwrap_or_default().to_owned(),
            origin: Value::Null,
        };
        let description = issue.pointer("/fields/description").unwrap_or(&Value::Null);
        let (id, key) = (text("/id").to_owned(), text("/key").to_owned());
        Some(Standing {
            url: self.wire.browse_url(&key),
            hash: hash_of(text("/fields/summary"), &markup::content_hash(description)),
            updated: text("/fields/updated").to_owned(),
            id,
            key,
            mark,
        })
    }

    /// An issue that was just written.
    async fn read_back(&self, id: &str) -> Result<Standing, JiraError> {
        let subject = format!("issue {id}");
        let query = [("fields", SHOWN.join(",")), ("properties", PROPERTY_KEY.to_owned())];
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let issue: Value = self.wire.send(&Call::get(&["issue", id], &query, &subject)).await?;
        self.standing(&issue).ok_or_else(|| wire::unlike("a sub-task without the property it was created with"))
    }

    /// The same as it was sent: what is written is written, even if it cannot be read back.
    fn as_sent(&self, id: String, key: String, form: &Form, mark: &Mark) -> Standing {
        let (url, hash) = (self.wire.browse_url(&key), form.hash.clone());
        Standing { id, key, url, mark: mark.clone(), hash, updated: String::new() }
    }

    /// Whether sub-tasks can be created below this story, and as what.
    async fn ground(&self, story: &RawIssue) -> Result<Result<Value, String>, JiraError> {
        let text = |path: &str| story.body.pointer(path).and_then(Value::as_str).unwrap_or_default();
        if story.body.pointer("/fields/issuetype/subtask").and_then(Value::as_bool) == Some(true) {
            return Ok(Err(
                "the story is a sub-task itself, and Jira keeps no sub-tasks below one; publish it as a comment".to_owned()
            ));
        }
        let (project, key) = (text("/fields/project/id"), text("/fields/project/key"));
        let fields = self.options.of(key);
        let subject = format!("project {key}");
        let answer: Value = self.wire.send(&Call::get(&["project", project], &[], &subject)).await?;
        let kind = match subtask_type(&answer, fields.issue_type.as_deref()) {
            Ok(kind) => kind,
            Err(why) => return Ok(Err(format!("project {key} {why}"))),
        };
        let missing = self.missing(project, &kind.id, &fields).await?;
        if !missing.is_empty() {
            let why = format!(
                "a {} of project {key} must have {}; give a value for each in the connection's options, subtasks.fields",
                kind.name,
                missing.join(", ")
            );
            return Ok(Err(why));
        }
        Ok(Ok(json!({ "project": { "id": project }, "issuetype": { "id": kind.id }, "parent": { "key": text("/key") },
            "fields": fields.fields })))
    }

    /// Fields that Jira requires and nobody has given: `'Team' (customfield_10020)`.
    async fn missing(&self, project: &str, kind: &str, given: &SubtaskFields) -> Result<Vec<String>, JiraError> {
        let fields = self.wire.create_fields(project, kind).await?;
        let flag = |field: &Value, name: &str| field.get(name).and_then(Value::as_bool).unwrap_or(false);
        let required = fields.iter().filter(|field| flag(field, "required") && !flag(field, "hasDefaultValue"));
        let named = required.filter_map(|field| {
            let id = field.get("fieldId").or_else(|| field.get("key"))?.as_str()?;
            let name = field.get("name").and_then(Value::as_str).unwrap_or(id);
            let is_given = GIVEN.contains(&id) || id == "description" || given.fields.contains_key(id);
            (!is_given).then(|| format!("'{name}' ({id})"))
        });
        Ok(named.collect())
    }
}

/// An issue type.
struct IssueType {
    id: String,
    name: String,
}

/// The type of sub-tasks: that which is asked for, or the first. Its name is another in every language.
fn subtask_type(project: &Value, wanted: Option<&str>) -> Result<IssueType, String> {
    let all = project.get("issueTypes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let text = |kind: &Value, name: &str| kind.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let subtasks = all.iter().filter(|kind| kind.get("subtask").and_then(Value::as_bool) == Some(true));
    let mut types = subtasks.map(|kind| IssueType { id: text(kind, "id"), name: text(kind, "name") }).peekable();
    if types.peek().is_none() {
        return Err("has no issue type for sub-tasks; publish as a comment, or let a Jira administrator add one".to_owned());
    }
    let Some(wanted) = wanted else { return types.next().ok_or_else(String::new) };
    let is_wanted = |kind: &IssueType| kind.id == wanted || kind.name.to_lowercase() == wanted.to_lowercase();
    types.find(is_wanted).ok_or_else(|| format!("has no sub-tasks of the type '{wanted}' that the connection's options ask for"))
}

/// What is hidden may be what we would create a second time.
fn unseen(number: usize) -> String {
    format!(
        "{number} sub-tasks of the story are hidden from the connection's account, and what is to be created may be among them; \
         let the account see them"
    )
}

fn hash_of(summary: &str, description: &str) -> String {
    sha256_hex(format!("{summary}\n{description}").as_bytes())
}

fn properties(mark: &Mark) -> Value {
    json!([{ "key": PROPERTY_KEY, "value": { "marker": mark.marker, "hash": mark.hash, "origin": mark.origin } }])
}

#[async_trait]
impl Items for Subtasks {
    /// Said with what Jira can do.
    async fn ability(&self) -> Option<Ability> {
        None
    }

    fn form(&self, item: &ItemText<'_>) -> Form {
        let description = item.markup.written(&item.body);
        let hash = hash_of(&item.summary, &description.hash);
        Form { content: json!({ "summary": item.summary, "description": description.content.value() }), hash }
    }

    async fn survey(&self, story: &RawIssue, known: &[&str], creates: bool) -> Result<Survey, JiraError> {
        let below = story.body.pointer("/fields/subtasks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let below: Vec<&str> = below.iter().filter_map(|issue| issue.get("id")?.as_str()).collect();
        // One that somebody moved away is still ours.
        let mut ids = [&below[..], known].concat();
        ids.sort_unstable();
        ids.dedup();
        let issues = self.wire.several(&ids, &SHOWN, "the sub-tasks of the story").await?;
        let is_seen = |id: &&&str| issues.iter().any(|issue| issue.get("id").and_then(Value::as_str) == Some(**id));
        let hidden = below.len() - below.iter().filter(is_seen).count();
        let ground = match hidden {
            _ if !creates => Ok(Value::Null),
            0 => self.ground(story).await?,
            hidden => Err(unseen(hidden)),
        };
        let (ground, obstacle) = match ground {
            Ok(ground) => (ground, None),
            Err(why) => (Value::Null, Some(why)),
        };
        Ok(Survey { standing: self.marked(&issues), obstacle, ground })
    }

    async fn create(&self, ground: &Value, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let mut fields: Map<String, Value> = ground.get("fields").and_then(Value::as_object).cloned().unwrap_or_default();
        let place = ["project", "issuetype", "parent"].into_iter().filter_map(|name| Some((name, ground.get(name)?)));
        let content = form.content.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value));
        fields.extend(place.chain(content).map(|(name, value)| (name.to_owned(), value.clone())));
        let body = json!({ "fields": fields, "properties": properties(mark) }).to_string();
        let call = Call {
            kind: Kind::Write,
            method: Method::POST,
            path: &["issue"],
            query: &[],
            body: Some(&body),
            subject: "a new sub-task",
        };
        let created: Value = self.wire.send(&call).await?;
        let text = |name: &str| created.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text("id").ok_or_else(|| wire::unlike("a created issue without id"))?;
        let key = text("key").unwrap_or_default();
        Ok(self.read_back(&id).await.unwrap_or_else(|_| self.as_sent(id, key, form, mark)))
    }

    async fn update(&self, standing: &Standing, form: &Form, mark: &Mark) -> Result<Standing, JiraError> {
        let (id, subject) = (standing.id.as_str(), format!("issue {}", standing.key));
        let now: Value = self.wire.send(&Call::get(&["issue", id], &[("fields", "updated")], &subject)).await?;
        if now.pointer("/fields/updated").and_then(Value::as_str) != Some(standing.updated.as_str()) {
            return Err(JiraError::Touched);
        }
        let body = json!({ "fields": form.content, "properties": properties(mark) }).to_string();
        let call = Call {
            kind: Kind::Write,
            method: Method::PUT,
            path: &["issue", id],
            query: &[],
            body: Some(&body),
            subject: &subject,
        };
        self.wire.send::<serde::de::IgnoredAny>(&call).await?;
        let as_sent = || self.as_sent(standing.id.clone(), standing.key.clone(), form, mark);
        Ok(self.read_back(id).await.unwrap_or_else(|_| as_sent()))
    }

    async fn closing(&self, project: &str, standing: &Standing) -> Result<Closing, JiraError> {
        transitions::closing(&self.wire, standing, self.options.of(project).close_status.as_deref()).await
    }

    async fn close(&self, standing: &Standing, way: &Value) -> Result<(), JiraError> {
        transitions::close(&self.wire, standing, way).await
    }
}
