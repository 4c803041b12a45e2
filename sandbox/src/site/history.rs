//! What was changed, by whom: the changelog of an issue, and the news that webhooks tell.

use serde_json::{Map, Value, json};

use super::issue::{History, Issue};
use super::{Site, catalogue, people};
use crate::adf::text::plain;
use crate::clock::stamp;

/// Something that webhooks tell.
#[derive(Clone, Debug)]
pub(crate) struct News {
    event: &'static str,
    kind: &'static str,
    issue: u64,
    author: String,
    at: i64,
    changelog: Option<History>,
    comment: Option<u64>,
}

impl Site {
    /// Somebody changed fields of an issue, which were like this before.
    pub(crate) fn note_change(&mut self, id: u64, before: &Map<String, Value>, author: &str) {
        let number = self.new_id();
        let Some(issue) = self.issues.get_mut(&id) else { return };
        let (at, items) = (issue.updated, items(before, &issue.fields));
        let history = History { id: number, author: author.to_owned(), created: at, items };
        if !history.items.is_empty() {
            issue.histories.push(history.clone());
        }
        let (event, kind, author) = ("jira:issue_updated", "issue_updated", author.to_owned());
        self.news.push(News { event, kind, issue: id, author, at, changelog: Some(history), comment: None });
    }

    /// Somebody created an issue.
    pub(crate) fn note_created(&mut self, id: u64, author: &str) {
        let at = self.issues.get(&id).map_or(0, |issue| issue.created);
        let (event, kind, author) = ("jira:issue_created", "issue_created", author.to_owned());
        self.news.push(News { event, kind, issue: id, author, at, changelog: None, comment: None });
    }

    /// Somebody wrote, changed or removed a comment.
    pub(crate) fn note_comment(&mut self, event: &'static str, issue: u64, comment: u64, author: &str) {
        let at = self.issues.get(&issue).map_or(0, |issue| issue.updated);
        let (kind, author) = ("issue_commented", author.to_owned());
        self.news.push(News { event, kind, issue, author, at, changelog: None, comment: Some(comment) });
    }

    /// The changelog of an issue as `expand=changelog` shows it, newest first.
    pub(crate) fn changelog(&self, issue: &Issue) -> Value {
        let view = |history: &History| {
            json!({ "id": history.id.to_string(), "author": people::user(&history.author, &self.base),
                    "created": stamp(history.created), "items": history.items })
        };
        let histories: Vec<Value> = issue.histories.iter().rev().take(100).map(view).collect();
        json!({ "startAt": 0, "maxResults": histories.len(), "total": issue.histories.len(), "histories": histories })
    }

    /// News as a webhook's body: in the representation of version 2, where texts are no documents. Answers the event, the
    /// issue's key and the body.
    pub(crate) fn told(&self, news: &News) -> Option<(&'static str, String, Value)> {
        let issue = self.issues.get(&news.issue)?;
        let text = |field: &str| issue.fields.get(field).map(|value| value.as_str().map_or_else(|| plain(value), str::to_owned));
        let mut fields = json!({
            "summary": issue.text("summary"),
            "issuetype": { "name": catalogue::ISSUE_TYPES[issue.kind].name },
            "project": { "key": issue.project() },
            "status": { "name": issue.text("status") },
            "priority": { "name": issue.text("priority") },
        });
        // Webhooks of comments carry a few fields only.
        if news.comment.is_none() {
            fields["description"] = json!(text("description"));
            fields["labels"] = json!(issue.labels().collect::<Vec<_>>());
            fields["updated"] = json!(stamp(issue.updated));
        }
        let mut body = json!({
            "timestamp": news.at, "webhookEvent": news.event, "issue_event_type_name": news.kind,
            "user": version_2(people::user(&news.author, &self.base)),
            "issue": { "id": issue.id.to_string(), "self": format!("{}/rest/api/2/{}", self.base, issue.id), "key": issue.key, "fields": fields },
        });
        if let Some(log) = &news.changelog {
            body["changelog"] = json!({ "id": log.id.to_string(), "items": log.items });
        }
        if let Some(comment) = news.comment {
            let text = self.comment(comment).map(|comment| plain(&comment.body)).unwrap_or_default();
            body["comment"] = json!({ "id": comment.to_string(), "body": text });
        }
        Some((news.event, issue.key.clone(), body))
    }
}

fn version_2(mut user: Value) -> Value {
    user["self"] = json!(user["self"].as_str().unwrap_or_default().replace("/rest/api/3/", "/rest/api/2/"));
    user
}

/// The fields that differ, as changelogs show them.
fn items(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Value> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    changed
        .map(|name| {
            let field = catalogue::field(name).map_or(name.as_str(), |field| field.name);
            let field = if catalogue::field(name).is_some_and(|field| field.custom.is_empty()) { name.as_str() } else { field };
            let [from, to] = [before, after].map(|fields| shown(fields.get(name).unwrap_or(&Value::Null)));
            json!({ "field": field, "fieldtype": "jira", "fieldId": name, "from": null, "fromString": from, "to": null, "toString": to })
        })
        .collect()
}

/// A value in words; labels stand with spaces between.
fn shown(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) => json!(text),
        Value::Array(items) => json!(items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        other => json!(plain(other)),
    }
}
