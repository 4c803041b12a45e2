//! A story as it is written down, before it becomes an issue of the site.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

use crate::{adf, markup};

/// Words of a story: a document, or source text that is converted when the story is loaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Text {
    /// Nothing was written.
    #[default]
    Empty,
    /// GitHub Markdown or Jira wiki markup.
    Source(String),
    /// A ready document in the Atlassian Document Format.
    Adf(Value),
}

impl Text {
    /// The document Jira would hold, or null.
    #[must_use]
    pub fn to_adf(&self) -> Value {
        match self {
            Self::Source(source) if !source.trim().is_empty() => markup::to_adf(source),
            Self::Adf(document) => document.clone(),
            _ => Value::Null,
        }
    }

    /// The wiki markup that a data centre's Jira would hold, or null.
    #[must_use]
    pub fn to_wiki(&self) -> Value {
        match self {
            Self::Source(source) if markup::is_wiki(source) => source.clone().into(),
            text => Some(markup::to_wiki(&text.to_adf())).filter(|wiki| !wiki.is_empty()).into(),
        }
    }

    /// The bare words, for comparing.
    #[must_use]
    pub fn plain(&self) -> String {
        adf::text::plain(&self.to_adf())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::String(source) => Self::Source(source),
            Value::Array(items) => Self::bullets(items.iter().filter_map(Value::as_str)),
            Value::Null => Self::Empty,
            document => Self::Adf(document),
        })
    }
}

impl Story {
    /// The issue as a site answers it that holds nothing else, for reading it without a site.
    #[must_use]
    pub fn to_issue(&self) -> Value {
        let comments: Vec<Value> = (100..)
            .zip(&self.comments)
            .map(|(id, comment): (u32, _)| json!({"id": id.to_string(), "body": comment.body.to_adf()}))
            .collect();
        let named = |name: &str, otherwise: &str| json!({"name": if name.is_empty() { otherwise } else { name }});
        json!({
            "key": self.key,
            "id": "10001",
            "names": {"customfield_10042": "Acceptance Criteria"},
            "fields": {
                "summary": self.summary,
                "description": self.description.to_adf(),
                "customfield_10042": self.acceptance_criteria.to_adf(),
                "issuetype": named(&self.issue_type, "Story"),
                "status": named(&self.status, "To Do"),
                "labels": self.labels,
                "comment": {"total": comments.len(), "comments": comments},
            },
        })
    }
}

impl Text {
    /// A bullet list with one entry each; nothing when there are none.
    pub fn bullets<'a>(items: impl Iterator<Item = &'a str>) -> Self {
        let source = items.map(bullet).collect::<Vec<_>>().join("\n");
        if source.is_empty() { Self::Empty } else { Self::Source(source) }
    }
}

fn bullet(item: &str) -> String {
    let lines: Vec<&str> = item.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    format!("- {}", lines.join("\n  "))
}

/// A link to another story, read from this one: `Blocks SHOP-3`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoryLink {
    /// The name of the link type.
    pub kind: String,
    /// The story at the other end.
    pub key: String,
}

/// A remark under a story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoryComment {
    /// The display name of who wrote it.
    pub author: String,
    /// What was written.
    pub body: Text,
}

/// One issue the site begins with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// The issue key, `SHOP-1`.
    pub key: String,
    /// One line.
    pub summary: String,
    /// The description.
    #[serde(default)]
    pub description: Text,
    /// What goes into the custom field "Acceptance Criteria".
    #[serde(default)]
    pub acceptance_criteria: Text,
    /// The language it is written in (`en`, `de`, …).
    #[serde(default)]
    pub language: String,
    /// The issue type; `Story` when empty.
    #[serde(default)]
    pub issue_type: String,
    /// The status; `To Do` when empty.
    #[serde(default)]
    pub status: String,
    /// The priority; `Medium` when empty.
    #[serde(default)]
    pub priority: String,
    /// Labels, without spaces.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Names of components.
    #[serde(default)]
    pub components: Vec<String>,
    /// The key of the epic or parent.
    #[serde(default)]
    pub parent: Option<String>,
    /// Links that start at this story.
    #[serde(default)]
    pub links: Vec<StoryLink>,
    /// Names of attached files.
    #[serde(default)]
    pub attachments: Vec<String>,
    /// Remarks, oldest first.
    #[serde(default)]
    pub comments: Vec<StoryComment>,
    /// What is known of the story by whoever wrote it down; the issue does not show it.
    #[serde(default)]
    pub tags: Vec<String>,
}
