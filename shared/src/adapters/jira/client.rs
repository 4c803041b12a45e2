//! The port: one method a call.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Method;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::abilities;
use super::call::{Call, Kind, Wire};
use super::settings::JiraSettings;
use super::subtasks::Subtasks;
use super::wire::{self, CommentPage, Paged, StoredComment};
use crate::domain::markup::{self, Markup, Rich};
use crate::domain::reading::{self, ReadOptions};
use crate::ports::{Ability, Comment, Jira, JiraError, NewComment, ProjectFields, RawIssue, SearchPage};
use crate::store::connection::SubtaskOptions;

/// How many comments are asked for at once, and how many such pages are read at most (Jira keeps 5000 comments an issue).
const COMMENT_PAGE: &str = "100";
const COMMENT_PAGES: usize = 60;

/// Jira takes up to 5000; with four fields each a thousand is quick.
const SEARCH_PAGE: usize = 1000;

/// A connection to a site of Jira, on Cloud or in a data centre.
pub struct JiraClient {
    wire: Arc<Wire>,
    account: OnceCell<Value>,
}

impl fmt::Debug for JiraClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("JiraClient").field(self.wire.settings()).finish()
    }
}

impl JiraClient {
    /// A connection; nothing is sent yet.
    pub fn new(settings: JiraSettings) -> Result<Self, JiraError> {
        Ok(Self { wire: Arc::new(Wire::new(settings)?), account: OnceCell::new() })
    }

    /// The connection itself, for what else runs within the site.
    pub(in crate::adapters) fn wire(&self) -> Arc<Wire> {
        self.wire.clone()
    }

    /// Sub-tasks of the same site, by the same connection.
    #[must_use]
    pub fn subtasks(&self, options: SubtaskOptions) -> Subtasks {
        Subtasks::new(self.wire.clone(), options)
    }

    async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        body: Option<&str>,
        subject: &str,
    ) -> Result<T, JiraError> {
        self.wire.send(&Call { kind: Kind::Write, method, path, query: &[], body, subject }).await
    }

    /// An issue and the key it is known by now.
    async fn issue_with(&self, key: &str, query: &[(&str, &str)]) -> Result<(String, RawIssue), JiraError> {
        let subject = format!("issue {key}");
        let body: Value = self.wire.send(&Call::get(&["issue", key], query, &subject)).await?;
        let now_known_as = body.get("key").and_then(Value::as_str).filter(|key| !key.is_empty()).map(str::to_owned);
        let (Some(now_known_as), true) = (now_known_as, body.get("fields").is_some_and(Value::is_object)) else {
            return Err(wire::unlike("an issue without key or fields"));
        };
        let url = self.wire.browse_url(&now_known_as);
        let markup = self.wire.deployment().await?.markup();
        Ok((now_known_as, RawIssue { url, body, markup }))
    }

    /// Whether the connection's account wrote a comment; who that is, is asked once.
    async fn is_own(&self, comment: &StoredComment) -> Result<bool, JiraError> {
        let account = self.account.get_or_try_init(|| async { self.whoami().await });
        Ok(comment.author().is_some() && comment.author() == wire::person(account.await?))
    }

    /// The account as Jira tells it.
    async fn whoami(&self) -> Result<Value, JiraError> {
        let answer = self.wire.send::<Value>(&Call::get(&["myself"], &[], "the account")).await;
        answer.map_err(|error| match error {
            JiraError::NotFound(_) => wire::unlike("there is no account page at this address"),
            other => other,
        })
    }

    /// All comments as Jira sent them, oldest first. Pages may be shorter than asked for, may overlap when a comment is
    /// deleted meanwhile, and may repeat for ever behind a strange proxy.
    async fn all_comments<T: Paged>(&self, key: &str, query: &[(&str, &str)]) -> Result<Vec<T>, JiraError> {
        let subject = format!("issue {key}");
        let mut all = Vec::new();
        let mut seen = HashSet::new();
        let mut start = 0;
        for _ in 0..COMMENT_PAGES {
            let start_at = start.to_string();
            let mut asked = vec![("startAt", start_at.as_str()), ("maxResults", COMMENT_PAGE), ("orderBy", "created")];
            asked.extend(query);
            let page: CommentPage<T> = self.wire.send(&Call::get(&["issue", key, "comment"], &asked, &subject)).await?;
            start += page.comments.len();
            let before = all.len();
            all.extend(page.comments.into_iter().filter(|comment| comment.id().is_some_and(|id| seen.insert(id))));
            if all.len() == before || page.total.is_some_and(|total| start >= total) {
                break;
            }
        }
        // Asked for in this order; sorted all the same, by time and then by id, because not every version heeds `orderBy`.
        all.sort_by_cached_key(created_key);
        Ok(all)
    }

    /// The issue holds a first page of comments; when that is cut, they are all read.
    async fn complete_comments(&self, key: &str, body: &mut Value) -> Result<(), JiraError> {
        let Some(page) = body.pointer("/fields/comment").filter(|page| page.is_object()) else {
            return Ok(());
        };
        let here = page.get("comments").and_then(Value::as_array).map_or(0, Vec::len);
        let total = page.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok()).unwrap_or(here);
        if total <= here {
            return Ok(());
        }
        let comments: Vec<Value> = self.all_comments(key, &[]).await?;
        let total = comments.len();
        body["fields"]["comment"] = json!({ "comments": comments, "startAt": 0, "maxResults": total, "total": total });
        Ok(())
    }

    /// The parent comes with its summary only. One that may not be read is left as it came.
    async fn complete_parent(&self, body: &mut Value) -> Result<(), JiraError> {
        let Some(parent) = body.pointer("/fields/parent/key").and_then(Value::as_str).map(str::to_owned) else {
            return Ok(());
        };
        let subject = format!("issue {parent}");
        let query = [("fields", "summary,description")];
        match self.wire.send::<Value>(&Call::get(&["issue", &parent], &query, &subject)).await {
            Ok(answer) => {
                if let Some(fields) = body.pointer_mut("/fields/parent/fields").and_then(Value::as_object_mut) {
                    let description = answer.pointer("/fields/description").cloned().unwrap_or_default();
                    fields.insert("description".to_owned(), description);
                }
                Ok(())
            }
            Err(JiraError::NotFound(_) | JiraError::Forbidden(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Linked tests come with their summaries only; what they say is read in one go. Those that may not be read are left as they came.
    async fn complete_tests(&self, body: &mut Value) -> Result<(), JiraError> {
        let keys = reading::test_keys(body);
        if keys.is_empty() {
            return Ok(());
        }
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        match self.wire.several(&keys, &["description"], "the tests of the issue").await {
            Ok(tests) => {
                wire::complete(body, tests);
                Ok(())
            }
            Err(JiraError::NotFound(_) | JiraError::Forbidden(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A comment with our property. Not every version tells it with the comment, so it is asked for where it may be.
    async fn told(&self, stored: StoredComment, is_sought: bool) -> Result<Comment, JiraError> {
        if stored.properties.is_some() {
            return stored.try_into();
        }
        let is_own = !is_sought && self.is_own(&stored).await?;
        let mut comment = Comment::try_from(stored)?;
        if !(is_sought || is_own || markup::marker_in(&comment.body.value()).is_some()) {
            return Ok(comment);
        }
        let subject = format!("comment {}", comment.id);
        let path = ["comment", &comment.id, "properties", wire::PROPERTY_KEY];
        match self.wire.send::<Value>(&Call::get(&path, &[], &subject)).await {
            Ok(property) => {
                let value = property.get("value").cloned().unwrap_or_default();
                comment.properties.push((wire::PROPERTY_KEY.to_owned(), value));
                Ok(comment)
            }
            Err(JiraError::NotFound(_)) => Ok(comment),
            Err(error) => Err(error),
        }
    }
}

fn created_key(comment: &impl Paged) -> (i64, u64) {
    let time = chrono::DateTime::parse_from_str(comment.created(), "%Y-%m-%dT%H:%M:%S%.f%z");
    let time = time.map_or(0, |time| time.timestamp_millis());
    let id = comment.id().and_then(|id| id.parse().ok()).unwrap_or(u64::MAX);
    (time, id)
}

#[async_trait]
impl Jira for JiraClient {
    async fn myself(&self) -> Result<String, JiraError> {
        let account = self.whoami().await?;
        let text = |name: &str| account.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let names = ["displayName", "emailAddress", "name", "accountId"];
        let name = names.into_iter().find_map(text);
        name.map(str::to_owned).ok_or_else(|| wire::unlike("an account without a name"))
    }

    async fn describe(&self) -> Result<String, JiraError> {
        self.wire.describe().await
    }

    async fn abilities(&self, options: &ReadOptions) -> Vec<Ability> {
        abilities::all(&self.wire, options).await
    }

    async fn markup(&self) -> Result<Markup, JiraError> {
        Ok(self.wire.deployment().await?.markup())
    }

    async fn account_id(&self) -> Result<String, JiraError> {
        let account = self.wire.send::<Value>(&Call::get(&["myself"], &[], "the account")).await?;
        // Data Center has no account ids and tells keys.
        let id = ["accountId", "key", "name"].iter().find_map(|name| account.get(name)?.as_str().map(str::to_owned));
        id.ok_or_else(|| wire::unlike("an account without an id"))
    }

    async fn issue_log(&self, key: &str) -> Result<RawIssue, JiraError> {
        self.issue_with(key, &[("fields", wire::LOG_FIELDS), ("expand", "changelog")]).await.map(|(_, issue)| issue)
    }

    async fn issue(&self, key: &str) -> Result<RawIssue, JiraError> {
        let mut issue = self.issue_alone(key).await?;
        if self.wire.settings().read_parent {
            self.complete_parent(&mut issue.body).await?;
        }
        self.complete_tests(&mut issue.body).await?;
        Ok(issue)
    }

    async fn issue_glance(&self, key: &str) -> Result<RawIssue, JiraError> {
        self.issue_with(key, &[("fields", wire::GLANCE_FIELDS)]).await.map(|(_, issue)| issue)
    }

    async fn issue_alone(&self, key: &str) -> Result<RawIssue, JiraError> {
        let query = [("fields", wire::ISSUE_FIELDS), ("expand", "names,schema"), ("properties", wire::PROPERTY_KEY)];
        let (now_known_as, mut issue) = self.issue_with(key, &query).await?;
        self.complete_comments(&now_known_as, &mut issue.body).await?;
        Ok(issue)
    }

    async fn project_fields(&self, key: &str) -> Result<ProjectFields, JiraError> {
        self.wire.project_fields(key).await
    }

    async fn search(&self, jql: &str, limit: usize, token: Option<&str>) -> Result<SearchPage, JiraError> {
        self.wire.search(jql, limit.clamp(1, SEARCH_PAGE), token).await
    }

    async fn comments(&self, key: &str) -> Result<Vec<Comment>, JiraError> {
        let comments: Vec<StoredComment> = self.all_comments(key, &[("expand", "properties")]).await?;
        let mut all = Vec::with_capacity(comments.len());
        for comment in comments {
            all.push(self.told(comment, false).await?);
        }
        Ok(all)
    }

    async fn comment(&self, key: &str, id: &str) -> Result<Comment, JiraError> {
        let subject = format!("comment {id} of issue {key}");
        let query = [("expand", "properties")];
        let stored: StoredComment = self.wire.send(&Call::get(&["issue", key, "comment", id], &query, &subject)).await?;
        self.told(stored, true).await
    }

    async fn create_comment(&self, key: &str, comment: &NewComment) -> Result<Comment, JiraError> {
        let body = wire::comment_body(comment);
        let subject = format!("issue {key}");
        let stored: StoredComment = self.write(Method::POST, &["issue", key, "comment"], Some(&body), &subject).await?;
        stored.try_into()
    }

    async fn update_comment(&self, key: &str, id: &str, comment: &NewComment) -> Result<Comment, JiraError> {
        let body = wire::comment_body(comment);
        let subject = format!("comment {id} of issue {key}");
        let stored: StoredComment = self.write(Method::PUT, &["issue", key, "comment", id], Some(&body), &subject).await?;
        stored.try_into()
    }

    async fn delete_comment(&self, key: &str, id: &str) -> Result<(), JiraError> {
        let subject = format!("comment {id} of issue {key}");
        self.write::<IgnoredAny>(Method::DELETE, &["issue", key, "comment", id], None, &subject).await.map(drop)
    }

    async fn update_field(&self, key: &str, field: &str, text: &Rich, properties: &[(String, Value)]) -> Result<(), JiraError> {
        let body = wire::field_body(field, text, properties);
        self.write::<IgnoredAny>(Method::PUT, &["issue", key], Some(&body), &format!("issue {key}")).await.map(drop)
    }
}
