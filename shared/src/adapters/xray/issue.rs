//! What Jira says of a test: whose it is, and whether it was finished.

use std::sync::Arc;

use reqwest::Method;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::form::{Definition, hash_of};
use crate::adapters::jira::PROPERTY_KEY;
use crate::adapters::jira::call::{Call, Kind, Wire};
use crate::domain::markup;
use crate::ports::{Form, JiraError, Mark, RawIssue, Standing};

/// What every marker of ours begins with.
const OURS: &str = "jqa:";

/// What the property says instead of a hash while a test is written to in several steps.
const WRITING: &str = "writing";

/// What the hash of a test ends with whose writing was cut off.
const UNFINISHED: &str = " unfinished";

/// What a test shows of its issue.
pub(super) const SHOWN: [&str; 4] = ["summary", "description", "labels", "updated"];

/// Tests that are linked to a story, and that are known.
pub(super) struct Linked {
    /// Those that can be seen.
    pub(super) issues: Vec<Value>,
    /// How many others the story names.
    pub(super) hidden: usize,
}

/// The tests of a story: what is linked to it as tests are, and what is known.
pub(super) async fn linked(jira: &Wire, story: &RawIssue, known: &[&str], fields: &[&str]) -> Result<Linked, JiraError> {
    let links = story.body.pointer("/fields/issuelinks").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let tests = links.iter().filter(|link| {
        let word = |name: &str| link.pointer(&format!("/type/{name}")).and_then(Value::as_str).unwrap_or_default().to_lowercase();
        ["name", "inward", "outward"].iter().any(|name| word(name).contains("test"))
    });
    let ends = tests.filter_map(|link| link.get("inwardIssue").or_else(|| link.get("outwardIssue"))?.get("id")?.as_str());
    let named: Vec<&str> = ends.collect();
    let mut ids = [&named[..], known].concat();
    ids.sort_unstable();
    ids.dedup();
    let issues = jira.several(&ids, fields, "the tests of the story").await?;
    let is_seen = |id: &&str| issues.iter().any(|issue| issue.get("id").and_then(Value::as_str) == Some(*id));
    let hidden = named.iter().filter(|id| !is_seen(id)).count();
    Ok(Linked { issues, hidden })
}

/// The marker of an issue, and the hash that it was written with; `None` = it was not finished.
pub(super) fn mark(issue: &Value) -> Option<(String, Option<String>)> {
    let property = issue.get("properties").and_then(|all| all.get(PROPERTY_KEY));
    let text = |name: &str| property.and_then(|property| property.get(name)?.as_str()).map(str::to_owned);
    if let Some(marker) = text("marker") {
        return Some((marker, text("hash").filter(|hash| hash != WRITING)));
    }
    let labels = issue.pointer("/fields/labels")?.as_array()?;
    let marker = labels.iter().filter_map(Value::as_str).find(|label| label.starts_with(OURS))?;
    Some((marker.to_owned(), None))
}

/// A test that stands there, if it is ours.
pub(super) fn standing(jira: &Wire, issue: &Value, definition: &Definition) -> Option<Standing> {
    let text = |path: &str| issue.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (marker, written) = mark(issue)?;
    let description = markup::content_hash(issue.pointer("/fields/description").unwrap_or(&Value::Null));
    let mut hash = hash_of(&text("/fields/summary"), &description, definition);
    if written.is_none() {
        // Nobody else has touched it, and whatever it says by now, something is missing.
        hash.push_str(UNFINISHED);
    }
    let mark = Mark { marker, hash: written.unwrap_or_else(|| hash.clone()), origin: Value::Null };
    let (id, key) = (text("/id"), text("/key"));
    Some(Standing { url: jira.browse_url(&key), id, key, mark, hash, updated: text("/fields/updated") })
}

/// Whether its writing was cut off.
pub(super) fn is_unfinished(standing: &Standing) -> bool {
    standing.hash.ends_with(UNFINISHED)
}

/// As it was sent: what is written is written, even if it cannot be read back.
pub(super) fn as_sent(jira: &Wire, id: &str, key: &str, form: &Form, mark: &Mark) -> Standing {
    let (id, key, url, hash) = (id.to_owned(), key.to_owned(), jira.browse_url(key), form.hash.clone());
    Standing { id, key, url, mark: mark.clone(), hash, updated: String::new() }
}

/// Whether somebody touched the issue since it was looked at.
pub(super) async fn is_touched(jira: &Wire, standing: &Standing) -> Result<bool, JiraError> {
    let subject = format!("issue {}", standing.key);
    let now: Value = jira.send(&Call::get(&["issue", &standing.id], &[("fields", "updated")], &subject)).await?;
    Ok(now.pointer("/fields/updated").and_then(Value::as_str) != Some(standing.updated.as_str()))
}

/// Says that the test is being written to.
pub(super) async fn begin(jira: &Wire, standing: &Standing, mark: &Mark) -> Result<(), JiraError> {
    let body = property(mark, false).to_string();
    let path = ["issue", standing.id.as_str(), "properties", PROPERTY_KEY];
    let subject = format!("issue {}", standing.key);
    let call = Call { kind: Kind::Write, method: Method::PUT, path: &path, query: &[], body: Some(&body), subject: &subject };
    jira.send::<IgnoredAny>(&call).await.map(drop)
}

/// The property of a test that is finished, or not yet.
pub(super) fn property(mark: &Mark, is_finished: bool) -> Value {
    json!({ "marker": mark.marker, "hash": if is_finished { mark.hash.as_str() } else { WRITING }, "origin": mark.origin })
}

/// Writes fields and the property of a test that is finished with it.
pub(super) async fn finish(jira: &Arc<Wire>, id: &str, fields: &Value, mark: &Mark) -> Result<(), JiraError> {
    let properties = json!([{ "key": PROPERTY_KEY, "value": property(mark, true) }]);
    let body = json!({ "fields": fields, "properties": properties }).to_string();
    let subject = format!("issue {id}");
    let path = ["issue", id];
    let call = Call { kind: Kind::Write, method: Method::PUT, path: &path, query: &[], body: Some(&body), subject: &subject };
    jira.send::<IgnoredAny>(&call).await.map(drop)
}

/// What is hidden may be what we would create a second time.
pub(super) fn unseen(number: usize) -> String {
    format!(
        "{number} tests of the story are hidden from the connection's account, and what is to be created may be among them; let the \
         account see them"
    )
}
