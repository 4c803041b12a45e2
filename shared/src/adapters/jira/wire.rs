//! The JSON that is sent and read.

use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::json::to_json;
use crate::ports::{Comment, IssueSummary, JiraError, NewComment, SearchPage};

/// The key of our property on issues and comments.
pub const PROPERTY_KEY: &str = "jqa.publication";

/// Everything but what a story is never made of. A custom field is found by its name, so all of them are needed.
pub(super) const ISSUE_FIELDS: &str = "*all,-worklog,-votes,-watches";

/// The body of a search.
pub(super) fn search_body(jql: &str, limit: usize, token: Option<&str>) -> Value {
    let mut body = json!({
        "jql": jql,
        "maxResults": limit,
        "fields": ["summary", "issuetype", "status", "updated"],
    });
    if let Some(token) = token {
        body["nextPageToken"] = json!(token);
    }
    body
}

/// A page of a search. It is the last one when Jira says so, when it is empty, or when its token leads nowhere new.
pub(super) fn search_page(body: &Value, token: Option<&str>) -> Result<SearchPage, JiraError> {
    let hits = body.get("issues").and_then(Value::as_array).ok_or_else(|| unlike("a search without issues"))?;
    let issues = hits.iter().map(summary).collect::<Result<Vec<_>, _>>()?;
    let last = body.get("isLast").and_then(Value::as_bool).unwrap_or(false) || issues.is_empty();
    let next = body.get("nextPageToken").and_then(Value::as_str);
    let next = next.filter(|next| !last && !next.is_empty() && Some(*next) != token).map(str::to_owned);
    Ok(SearchPage { issues, next })
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

/// A comment as it came.
pub(super) fn comment(mut body: Value) -> Result<Comment, JiraError> {
    let document = body.get_mut("body").map(Value::take).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = id_of(&body).ok_or_else(|| unlike("a comment without id"))?;
    Ok(Comment {
        id,
        body: document,
        created: text("created"),
        updated: text("updated"),
        visibility: body.get("visibility").filter(|value| value.is_object()).cloned(),
        properties: properties(&body).unwrap_or_default(),
    })
}

/// Ids are strings by the documentation and numbers in places.
pub(super) fn id_of(body: &Value) -> Option<String> {
    match body.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// The properties of a comment; `None` when Jira did not send any list of them.
pub(super) fn properties(body: &Value) -> Option<Vec<(String, Value)>> {
    let property = |item: &Value| {
        let key = item.get("key")?.as_str()?.to_owned();
        Some((key, item.get("value").cloned().unwrap_or_default()))
    };
    Some(body.get("properties")?.as_array()?.iter().filter_map(property).collect())
}

/// The body that writes a comment, as JSON; a long text is not copied to be written.
pub(super) fn comment_body(comment: &NewComment) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        body: &'a Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        visibility: Option<&'a Value>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        properties: Vec<Property<'a>>,
    }
    #[derive(Serialize)]
    struct Property<'a> {
        key: &'a str,
        value: &'a Value,
    }
    let properties = comment.properties.iter().map(|(key, value)| Property { key, value }).collect();
    to_json(&Body { body: &comment.body, visibility: comment.visibility.as_ref(), properties })
}

/// The body that writes a description, as JSON.
pub(super) fn description_body(description: &Value) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        fields: Fields<'a>,
    }
    #[derive(Serialize)]
    struct Fields<'a> {
        description: &'a Value,
    }
    to_json(&Body { fields: Fields { description } })
}

pub(super) fn unlike(what: &str) -> JiraError {
    JiraError::NotJira(what.to_owned())
}
