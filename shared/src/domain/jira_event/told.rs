//! From a webhook's body, or a changelog, to what is kept of it.

use chrono::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::issue_key::IssueKey;

/// Changes of one event; nobody changes more at once.
const MOST_CHANGES: usize = 100;

/// Labels that an issue gets at once.
const MOST_LABELS: usize = 100;

/// No name of a field, status or label, and no id of an account, is longer.
const LONGEST: usize = 255;

/// The change that an issue was created by.
pub const CREATED: &str = "created";

/// An event, as far as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// What happened: `jira:issue_updated`.
    pub event: String,
    /// Jira's numeric id.
    pub issue_id: String,
    /// The key at that time.
    pub issue_key: String,
    /// Account id of who did it.
    pub author: Option<String>,
    /// What was changed.
    pub changes: Vec<Change>,
}

/// A change of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Jira's id of the change; the same in a webhook and in the changelog. Empty = it has none.
    pub id: String,
    /// Name of the field; [`CREATED`] = the whole issue.
    pub field: String,
    /// Account id of who did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The status it entered, or the labels it got; of other fields nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gained: Vec<String>,
}

impl Incoming {
    /// What a webhook's body tells; `None` = it is not about an issue.
    #[must_use]
    pub fn of_webhook(body: &Value) -> Option<Self> {
        let event = text(body, "webhookEvent")?;
        let issue = body.get("issue")?;
        let issue_id = id(issue)?;
        let issue_key = IssueKey::parse(issue.get("key")?.as_str()?).ok()?.to_string();
        let author = body.get("user").and_then(account);
        let log = body.get("changelog").unwrap_or(&Value::Null);
        let mut changes = items(log, author.as_deref());
        if event == "jira:issue_created" {
            changes.push(Change {
                id: CREATED.to_owned(),
                field: CREATED.to_owned(),
                author: author.clone(),
                gained: Vec::new(),
            });
        }
        Some(Self { event, issue_id, issue_key, author, changes })
    }
}

/// An issue as `GET issue?expand=changelog` answers it, as far as polling looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Jira's `updated`, in epoch milliseconds.
    pub updated: i64,
    /// What was changed after some time, oldest first.
    pub changes: Vec<Change>,
}

/// What the changelog of an issue tells of the time after `since` (epoch milliseconds). `None` = the answer is no issue.
#[must_use]
pub fn logged(issue: &Value, since: i64) -> Option<Logged> {
    let time = |value: &Value| moment(value.as_str()?);
    let updated = time(issue.pointer("/fields/updated")?)?;
    let mut changes = Vec::new();
    if issue.pointer("/fields/created").and_then(time).is_some_and(|created| created > since) {
        let author = issue.pointer("/fields/creator").and_then(account);
        changes.push(Change { id: CREATED.to_owned(), field: CREATED.to_owned(), author, gained: Vec::new() });
    }
    let histories = issue.pointer("/changelog/histories").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut histories: Vec<(i64, &Value)> =
        histories.iter().filter_map(|history| Some((time(history.get("created")?)?, history))).collect();
    histories.sort_by_key(|(created, _)| *created);
    for (_, history) in histories.into_iter().filter(|(created, _)| *created > since) {
        changes.extend(items(history, history.get("author").and_then(account).as_deref()));
    }
    changes.truncate(MOST_CHANGES);
    Some(Logged { updated, changes })
}

/// A time as Jira writes it, `2026-09-27T10:03:11.123+0200`, in epoch milliseconds.
#[must_use]
pub fn moment(text: &str) -> Option<i64> {
    DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").ok().map(|time| time.timestamp_millis())
}

/// The changes that a changelog entry tells.
fn items(entry: &Value, author: Option<&str>) -> Vec<Change> {
    let id = id(entry).unwrap_or_default();
    let items = entry.get("items").and_then(Value::as_array).into_iter().flatten().take(MOST_CHANGES);
    items
        .filter_map(|item| {
            let field = text(item, "field")?;
            let gained = match field.to_ascii_lowercase().as_str() {
                "status" => text(item, "toString").into_iter().collect(),
                "labels" => new_words(item),
                _ => Vec::new(),
            };
            Some(Change { id: id.clone(), field, author: author.map(str::to_owned), gained })
        })
        .collect()
}

/// The labels that were not there before: Jira tells both lists with spaces between.
fn new_words(item: &Value) -> Vec<String> {
    let list = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default().split_whitespace();
    let before: Vec<&str> = list("fromString").collect();
    let new = list("toString").filter(|label| !before.contains(label) && label.len() <= LONGEST);
    new.take(MOST_LABELS).map(str::to_owned).collect()
}

/// Cloud names accounts by `accountId`, Data Center by `key` or `name`.
fn account(user: &Value) -> Option<String> {
    ["accountId", "key", "name"].iter().find_map(|name| text(user, name))
}

/// A text in one piece, and not longer than anything is.
fn text(value: &Value, name: &str) -> Option<String> {
    let text = value.get(name)?.as_str()?.trim();
    let is_usable = !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control);
    is_usable.then(|| text.to_owned())
}

/// Ids are strings by the documentation and numbers in places.
fn id(value: &Value) -> Option<String> {
    let id = match value.get("id")? {
        Value::String(id) => id.trim().to_owned(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    ((1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body() -> Value {
        json!({
            "timestamp": 1, "webhookEvent": "jira:issue_updated", "user": { "accountId": "712020:ab" },
            "issue": { "id": "10002", "key": "shop-2", "fields": { "summary": "words that nobody keeps" } },
            "changelog": { "id": "20001", "items": [
                { "field": "status", "fieldId": "status", "fromString": "To Do", "toString": "Ready for QA" },
                { "field": "labels", "fromString": "a b", "toString": "a jqa b c" },
                { "field": "description", "fromString": "old words", "toString": "new words" },
            ]},
        })
    }

    #[test]
    fn a_webhook_leaves_names_and_what_an_issue_got_and_no_text() {
        let incoming = Incoming::of_webhook(&body()).unwrap();
        assert_eq!((incoming.issue_id.as_str(), incoming.issue_key.as_str()), ("10002", "SHOP-2"));
        let gained: Vec<_> = incoming.changes.iter().map(|change| (change.field.as_str(), change.gained.join(","))).collect();
        assert_eq!(gained, [("status", "Ready for QA".into()), ("labels", "jqa,c".into()), ("description", String::new())]);
        assert!(incoming.changes.iter().all(|change| change.id == "20001" && change.author.as_deref() == Some("712020:ab")));
        assert!(!format!("{incoming:?}").contains("words"), "{incoming:?}");
    }

    #[test]
    fn what_is_not_about_an_issue_is_nothing() {
        for (pointer, value) in [
            ("/issue", Value::Null),
            ("/issue/key", json!("no key")),
            ("/issue/key", json!(7)),
            ("/issue/id", json!("1' OR 1=1")),
            ("/webhookEvent", json!("x".repeat(300))),
        ] {
            let mut body = body();
            *body.pointer_mut(pointer).unwrap() = value;
            assert_eq!(Incoming::of_webhook(&body), None, "{pointer}");
        }
        assert_eq!(Incoming::of_webhook(&json!([])), None);
        assert_eq!(Incoming::of_webhook(&json!({ "webhookEvent": "sprint_started", "sprint": { "id": 1 } })), None);
    }

    #[test]
    fn the_changelog_tells_the_same_after_a_time() {
        let history = |id: u32, second: u32, label: &str| {
            json!({ "id": id.to_string(), "created": format!("2026-11-03T10:00:{second:02}.000+0100"), "author": { "accountId": "a" },
                    "items": [{ "field": "labels", "fromString": "", "toString": label }] })
        };
        let issue = json!({
            "fields": { "updated": "2026-11-03T10:00:09.000+0100", "created": "2026-01-01T00:00:00.000+0000" },
            "changelog": { "histories": [history(3, 9, "z"), history(2, 5, "y"), history(1, 1, "x")] },
        });
        let since = moment("2026-11-03T09:00:01.000+0000").unwrap();
        let told = logged(&issue, since).unwrap();
        assert_eq!(told.updated - since, 8_000);
        let ids: Vec<_> = told.changes.iter().map(|change| (change.id.as_str(), change.gained.join(","))).collect();
        assert_eq!(ids, [("2", "y".to_owned()), ("3", "z".to_owned())]);
        assert_eq!(logged(&issue, 0).unwrap().changes[0].field, CREATED);
        assert_eq!(logged(&json!({}), 0), None);
    }
}
