//! What stands under an issue, read through Jira's own interface.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use shared::domain::adf::marker::marker_in;
use shared::domain::adf::read::markdown;

/// A connection to Jira as a user of it.
pub(crate) struct Jira {
    http: reqwest::Client,
    url: String,
    token: String,
}

/// A comment.
pub(crate) struct Comment {
    /// Jira's id of it.
    id: String,
    /// The marker it carries when it is ours.
    marker: Option<String>,
    /// Its text.
    pub(crate) markdown: String,
}

impl Jira {
    /// A connection.
    ///
    /// # Errors
    /// When no client can be built.
    pub(crate) fn new(url: String, token: &str) -> anyhow::Result<Self> {
        let http =
            reqwest::Client::builder().timeout(Duration::from_secs(20)).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Self { http, url, token: token.to_owned() })
    }

    /// All comments of an issue, oldest first.
    ///
    /// # Errors
    /// When Jira does not answer or refuses.
    pub(crate) async fn comments(&self, key: &str) -> anyhow::Result<Vec<Comment>> {
        let mut comments = Vec::new();
        loop {
            let page = self.page(key, comments.len()).await.with_context(|| format!("the comments of {key} cannot be read"))?;
            let found = page["comments"].as_array().map(Vec::as_slice).unwrap_or_default();
            comments.extend(found.iter().map(|comment| Comment {
                id: comment["id"].as_str().unwrap_or_default().to_owned(),
                marker: marker_in(&comment["body"]).map(str::to_owned),
                markdown: markdown(&comment["body"]).markdown,
            }));
            if found.is_empty() || comments.len() as u64 >= page["total"].as_u64().unwrap_or(0) {
                return Ok(comments);
            }
        }
    }

    async fn page(&self, key: &str, start: usize) -> anyhow::Result<Value> {
        let request = self.http.get(format!("{}/rest/api/3/issue/{key}/comment", self.url));
        let request = request.basic_auth("demo@example.com", Some(&self.token)).query(&[("startAt", start)]);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}

/// The comments that were not there before.
pub(crate) fn new_ones<'a>(before: &[Comment], now: &'a [Comment]) -> Vec<&'a Comment> {
    now.iter().filter(|comment| before.iter().all(|known| known.id != comment.id)).collect()
}

impl Comment {
    /// Whether it is ours, and not the continuation of another.
    pub(crate) fn is_first_part(&self) -> bool {
        self.marker.as_deref().is_some_and(|marker| !marker.contains('.'))
    }
}

/// Continuations that continue nothing: their first part is not among these.
pub(crate) fn strays(comments: &[&Comment]) -> usize {
    let firsts: Vec<&str> =
        comments.iter().filter(|comment| comment.is_first_part()).filter_map(|comment| comment.marker.as_deref()).collect();
    let parts = comments.iter().filter_map(|comment| comment.marker.as_deref()?.split_once('.'));
    parts.filter(|(first, _)| !firsts.contains(first)).count()
}
