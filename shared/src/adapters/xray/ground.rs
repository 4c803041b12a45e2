//! What a new test needs to know of its project, as Jira tells it.

use serde_json::Value;

use crate::adapters::jira::call::{Call, Wire};
use crate::ports::JiraError;
use crate::store::connection::XrayPlace;

/// What Xray calls its own types of links, where nobody has renamed them.
const LINK_NAMES: [&str; 2] = ["test", "tests"];

/// The name of the type of links by which tests test; in words, why there is none.
pub(super) async fn link_type(jira: &Wire) -> Result<Result<String, String>, JiraError> {
    let answer: Value = jira.send(&Call::get(&["issueLinkType"], &[], "the types of links")).await?;
    let types = answer.get("issueLinkTypes").and_then(Value::as_array).into_iter().flatten();
    let text = |kind: &Value, name: &str| kind.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut testing: Vec<String> =
        types.filter(|kind| text(kind, "outward").to_lowercase() == "tests").map(|kind| text(kind, "name")).collect();
    testing.sort_by_key(|name| !LINK_NAMES.contains(&name.to_lowercase().as_str()));
    Ok(testing.into_iter().next().ok_or_else(|| {
        "Jira has no type of links that says \"tests\"; switch on issue linking and let Xray make its type of links".to_owned()
    }))
}

/// A project by its key.
pub(super) async fn project(jira: &Wire, key: &str) -> Result<Value, JiraError> {
    jira.send(&Call::get(&["project", key], &[], &format!("project {key}"))).await
}

/// The id of the issue type of tests; in words, why there is none.
pub(super) fn issue_type(project: &Value, place: &XrayPlace) -> Result<String, String> {
    let wanted = place.issue_type.as_deref().unwrap_or("Test");
    let text = |kind: &Value, name: &str| kind.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let types = project.get("issueTypes").and_then(Value::as_array).into_iter().flatten();
    let is_wanted = |kind: &&Value| text(kind, "id") == wanted || text(kind, "name").to_lowercase() == wanted.to_lowercase();
    types.clone().find(is_wanted).map(|kind| text(kind, "id")).ok_or_else(|| {
        let key = place.project.as_deref().unwrap_or_default();
        format!(
            "project {key} has no issue type '{wanted}'; add Xray's issue types to it, or name another in the connection's options, \
             xray.projects.{key}.issue_type or project"
        )
    })
}

/// Numeric ids of issues by key; in words, which cannot be seen.
pub(super) async fn ids(jira: &Wire, keys: &[String], what: &str) -> Result<Result<Vec<String>, String>, JiraError> {
    if keys.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let asked: Vec<&str> = keys.iter().map(String::as_str).collect();
    let issues = jira.several(&asked, &["summary"], what).await?;
    let id_of = |key: &String| {
        let issue = issues.iter().find(|issue| issue.get("key").and_then(Value::as_str) == Some(key.as_str()));
        let id = issue.and_then(|issue| issue.get("id")?.as_str());
        id.map(str::to_owned)
            .ok_or_else(|| format!("{key}, one of {what}, does not exist or the connection's account may not see it"))
    };
    Ok(keys.iter().map(id_of).collect())
}
