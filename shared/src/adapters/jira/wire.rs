//! The JSON that is sent and read.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::domain::markup::Rich;
use crate::ports::{Comment, IssueSummary, JiraError, NewComment};

/// The key of our property on issues and comments.
pub const PROPERTY_KEY: &str = "jqa.publication";

/// Everything but what a story is never made of. A custom field is found by its name, so all of them are needed.
pub(super) const ISSUE_FIELDS: &str = "*all,-worklog,-votes,-watches";

/// What shows whether an issue was touched, what kind of project it is in, and whether it has comments.
pub(super) const GLANCE_FIELDS: &str = "updated,project,comment";

/// What polling looks at beside the changelog.
pub(super) const LOG_FIELDS: &str = "created,updated,creator";

/// The body of a search, without what says which page.
pub(super) fn search_body(jql: &str, limit: usize) -> Value {
    json!({
        "jql": jql,
        "maxResults": limit,
        "fields": ["summary", "issuetype", "status", "updated"],
    })
}

/// The hits of a search.
pub(super) fn hits(body: &Value) -> Result<Vec<IssueSummary>, JiraError> {
    let hits = body.get("issues").and_then(Value::as_array).ok_or_else(|| unlike("a search without issues"))?;
    hits.iter().map(summary).collect()
}

/// The token of the next page. There is none when Jira says so, or when it leads nowhere new.
pub(super) fn next_token(body: &Value, token: Option<&str>) -> Option<String> {
    let last = body.get("isLast").and_then(Value::as_bool).unwrap_or(false);
    let next = body.get("nextPageToken").and_then(Value::as_str);
    next.filter(|next| !last && !next.is_empty() && Some(*next) != token).map(str::to_owned)
}

fn summary(hit: &Value) -> Result<IssueSummary, JiraError> {
    let field = |path: &str| hit.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let summary = IssueSummary {
        key: field("/key"),
        id: field("/id"),
        summary: field("/fields/summary"),
        issue_type: field("/fields/issuetype/name"),
        status: field("/fields/status/name"),
        updated: field("/fields/updated"),
    };
    if summary.key.is_empty() { Err(unlike("a hit without key")) } else { Ok(summary) }
}

/// Puts the descriptions of other issues, and our property, into what an issue holds of its linked issues and sub-tasks.
pub(super) fn complete(issue: &mut Value, others: Vec<Value>) {
    let answered: HashMap<String, Value> =
        others.into_iter().filter_map(|one| Some((one.get("key")?.as_str()?.to_owned(), one))).collect();
    let Some(fields) = issue.get_mut("fields").and_then(Value::as_object_mut) else { return };
    for (name, ends) in [("issuelinks", &["outwardIssue", "inwardIssue"][..]), ("subtasks", &[])] {
        for entry in fields.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten() {
            let other = match ends.iter().copied().find(|end| entry.get(*end).is_some_and(Value::is_object)) {
                Some(end) => &mut entry[end],
                None => entry,
            };
            let Some(whole) = other.get("key").and_then(Value::as_str).and_then(|key| answered.get(key)) else { continue };
            if let (Some(text), Some(fields)) =
                (whole.pointer("/fields/description"), other.get_mut("fields").and_then(Value::as_object_mut))
            {
                fields.insert("description".to_owned(), text.clone());
            }
            if let (Some(properties), Some(other)) = (whole.get("properties"), other.as_object_mut()) {
                other.insert("properties".to_owned(), properties.clone());
            }
        }
    }
}

/// A page of comments.
#[derive(Deserialize)]
pub(super) struct CommentPage<T> {
    pub(super) comments: Vec<T>,
    pub(super) total: Option<usize>,
}

/// A comment in a page, whole or with its text left as it came.
pub(super) trait Paged: DeserializeOwned {
    fn id(&self) -> Option<String>;
    fn created(&self) -> &str;
}

impl Paged for Value {
    fn id(&self) -> Option<String> {
        id_of(self.get("id")?)
    }

    fn created(&self) -> &str {
        self.get("created").and_then(Self::as_str).unwrap_or_default()
    }
}

/// A comment as it came. Most are somebody else's, and nobody takes their texts apart.
#[derive(Deserialize)]
pub(super) struct StoredComment {
    #[serde(default)]
    id: Value,
    body: Option<Box<RawValue>>,
    #[serde(default)]
    created: String,
    #[serde(default)]
    updated: String,
    visibility: Option<Value>,
    #[serde(default)]
    author: Value,
    pub(super) properties: Option<Vec<Value>>,
}

impl Paged for StoredComment {
    fn id(&self) -> Option<String> {
        id_of(&self.id)
    }

    fn created(&self) -> &str {
        &self.created
    }
}

impl TryFrom<StoredComment> for Comment {
    type Error = JiraError;

    fn try_from(stored: StoredComment) -> Result<Self, JiraError> {
        Ok(Self {
            id: stored.id().ok_or_else(|| unlike("a comment without id"))?,
            body: stored.body.map_or_else(Rich::nothing, Rich::from),
            created: stored.created,
            updated: stored.updated,
            visibility: stored.visibility.filter(Value::is_object),
            properties: stored.properties.into_iter().flatten().filter_map(property).collect(),
        })
    }
}

impl StoredComment {
    /// Who wrote it.
    pub(super) fn author(&self) -> Option<&str> {
        person(&self.author)
    }
}

/// What tells a person from others: the account on Cloud, the key in a data centre, or the name.
pub(super) fn person(user: &Value) -> Option<&str> {
    ["accountId", "key", "name"].into_iter().find_map(|name| user.get(name)?.as_str()).filter(|id| !id.is_empty())
}

/// Ids are strings by the documentation and numbers in places.
fn id_of(id: &Value) -> Option<String> {
    match id {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn property(mut item: Value) -> Option<(String, Value)> {
    let key = item.get("key")?.as_str()?.to_owned();
    Some((key, item.get_mut("value").map(Value::take).unwrap_or_default()))
}

/// The body that writes a comment, as JSON; a long text is not taken apart to be written.
pub(super) fn comment_body(comment: &NewComment) -> String {
    let mut body = format!(r#"{{"body":{}"#, comment.body.json());
    if let Some(visibility) = &comment.visibility {
        body.push_str(&format!(r#","visibility":{visibility}"#));
    }
    if !comment.properties.is_empty() {
        let properties: Vec<Value> =
            comment.properties.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        body.push_str(&format!(r#","properties":{}"#, Value::from(properties)));
    }
    body.push('}');
    body
}

/// The body that writes a text into a field of an issue, as JSON.
pub(super) fn field_body(field: &str, text: &Rich, properties: &[(String, Value)]) -> String {
    let properties: Vec<Value> = properties.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let properties = if properties.is_empty() { String::new() } else { format!(r#","properties":{}"#, Value::from(properties)) };
    format!(r#"{{"fields":{{{}:{}}}{properties}}}"#, Value::from(field), text.json())
}

pub(in crate::adapters) fn unlike(what: &str) -> JiraError {
    JiraError::NotJira(what.to_owned())
}
