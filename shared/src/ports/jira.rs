//! Jira, as the pipeline and the publishers need it.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::domain::markup::{Markup, Rich};
use crate::domain::reading::ReadOptions;
use crate::domain::verdict::{Failure, Verdict};

/// An issue as Jira sent it.
#[derive(Debug, Clone)]
pub struct RawIssue {
    /// The whole answer: `id`, `key`, `fields`, `names`, `schema`, `properties`; comments paged to the end.
    pub body: Value,
    /// `{base}/browse/{key}`.
    pub url: String,
    /// Which kind of text it holds.
    pub markup: Markup,
}

/// A comment as Jira sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// Numeric id.
    pub id: String,
    /// Its text, as sent.
    pub body: Rich,
    /// Jira's `created`, as sent.
    pub created: String,
    /// Jira's `updated`, as sent.
    pub updated: String,
    /// Visibility to send back on an update, when restricted.
    pub visibility: Option<Value>,
    /// Comment properties by key, as far as Jira sent them.
    pub properties: Vec<(String, Value)>,
}

/// A comment to write.
#[derive(Debug, Clone, PartialEq)]
pub struct NewComment {
    /// Its text.
    pub body: Rich,
    /// Properties to set with it.
    pub properties: Vec<(String, Value)>,
    /// Visibility to keep.
    pub visibility: Option<Value>,
}

/// One hit of a search.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct IssueSummary {
    /// Key.
    pub key: String,
    /// Numeric id.
    pub id: String,
    /// Summary.
    pub summary: String,
    /// Name of the issue type.
    pub issue_type: String,
    /// Name of the status.
    pub status: String,
    /// Jira's `updated`, as sent.
    pub updated: String,
}

/// Something that a connection can be used for, or cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ability {
    /// A word for it: `comment`, `xray`.
    pub name: &'static str,
    /// Whether it can.
    pub ok: bool,
    /// Why, or what is missing and who can mend it.
    pub detail: String,
}

/// A page of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPage {
    /// The hits.
    pub issues: Vec<IssueSummary>,
    /// Token of the next page; `None` on the last.
    pub next: Option<String>,
}

/// A project, and what its issues are made of.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct ProjectFields {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its types of issues.
    pub issue_types: Vec<TypeFields>,
}

/// A type of issues.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct TypeFields {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether its issues stand below others.
    pub subtask: bool,
    /// What an issue of it can be created with.
    pub fields: Vec<FieldInfo>,
}

/// A field.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct FieldInfo {
    /// `customfield_10042`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Jira's word for what it holds: `string`, `array of option`, `user`.
    pub kind: String,
    /// Whether an issue must have a value for it, and gets none by itself.
    pub required: bool,
    /// Whether our section can stand in it: the description, and custom fields for texts of several lines.
    pub takes_text: bool,
    /// Values it may have, at most 100, as Jira takes them; empty = others, too.
    pub allowed_values: Vec<Value>,
}

/// Jira's ways to fail, by what the caller does about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JiraError {
    /// 401, or an SSO page: the connection's credentials do not work.
    #[error("Jira did not accept the credentials of this connection{0}; check its e-mail and token (`jqa doctor`)")]
    Unauthorized(String),
    /// 403, until a person has logged in: too many wrong passwords.
    #[error("Jira wants a captcha solved before it believes this account again; log in as it in a browser once, then try again")]
    Captcha,
    /// 403.
    #[error("the connection's account may not do this in Jira{0}")]
    Forbidden(String),
    /// 404: absent, or hidden from this account.
    #[error("{0} does not exist or the connection's account may not see it")]
    NotFound(String),
    /// 400, 409, 413, 422: Jira refuses what was sent; with its own words.
    #[error("Jira refused the request ({status}): {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Jira's messages, joined.
        message: String,
    },
    /// 429, or 503 with `Retry-After`.
    #[error("Jira asks to slow down")]
    RateLimited {
        /// How long to wait, when Jira said so.
        retry_after: Option<Duration>,
    },
    /// 429: too many writes to one issue.
    #[error("Jira asks to slow down with writes to the issue")]
    TooManyWrites {
        /// How long to wait, when Jira said so.
        retry_after: Option<Duration>,
    },
    /// Not Jira at all: HTML, a redirect, JSON of another shape.
    #[error("the answer does not come from Jira's API ({0}); check the base URL and any proxy or single sign-on in front of it")]
    NotJira(String),
    /// A text is nested deeper than is read. A write was applied.
    #[error("{0} holds a text with lists, tables or quotations nested deeper than is read; flatten it")]
    TooDeep(String),
    /// 5xx: Jira has a problem; a write may or may not have been applied.
    #[error("Jira answered {0}")]
    Unavailable(u16),
    /// No answer; a write may or may not have been applied.
    #[error("no answer from Jira: {0}")]
    NoAnswer(String),
    /// The write was not begun: somebody touched the issue after it was looked at.
    #[error("the issue was changed while a write to it was prepared; it is looked at again")]
    Touched,
    /// The call was not begun: the lease would not outlast it.
    #[error("the worker's lease ends too soon for this call")]
    LeaseTooShort,
}

impl JiraError {
    /// Whether a write may have been applied although it failed.
    #[must_use]
    pub const fn is_ambiguous(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NoAnswer(_) | Self::NotJira(_) | Self::TooDeep(_))
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized(_) => "jira.unauthorized",
            Self::Captcha => "jira.captcha",
            Self::Forbidden(_) => "jira.forbidden",
            Self::NotFound(_) => "jira.not_found",
            Self::Refused { .. } => "jira.refused",
            Self::RateLimited { .. } | Self::TooManyWrites { .. } => "jira.rate_limited",
            Self::NotJira(_) => "jira.not_jira",
            Self::TooDeep(_) => "jira.too_deep",
            Self::Unavailable(_) => "jira.unavailable",
            Self::NoAnswer(_) => "jira.no_answer",
            Self::Touched => "jira.touched",
            Self::LeaseTooShort => "job.lease_too_short",
        }
    }
}

impl From<JiraError> for Failure {
    fn from(error: JiraError) -> Self {
        let verdict = match &error {
            JiraError::Unauthorized(_)
            | JiraError::Captcha
            | JiraError::Forbidden(_)
            | JiraError::NotFound(_)
            | JiraError::Refused { .. }
            | JiraError::TooDeep(_) => Verdict::Fail,
            JiraError::RateLimited { retry_after } | JiraError::TooManyWrites { retry_after } => {
                Verdict::Snooze(retry_after.unwrap_or(Duration::from_secs(10)).min(Duration::from_secs(3600)))
            }
            JiraError::NotJira(_) | JiraError::Unavailable(_) | JiraError::NoAnswer(_) => Verdict::Retry,
            JiraError::Touched | JiraError::LeaseTooShort => Verdict::Snooze(Duration::from_secs(1)),
        };
        Self { verdict, code: error.code(), message: error.to_string() }
    }
}

/// Reads and writes one Jira site.
#[async_trait]
pub trait Jira: Send + Sync + 'static {
    /// Checks the credentials; answers the account's display name.
    async fn myself(&self) -> Result<String, JiraError>;

    /// What the site is, in words: `Jira Data Center 9.12.4`.
    async fn describe(&self) -> Result<String, JiraError>;

    /// What the account can be used for.
    async fn abilities(&self, options: &ReadOptions) -> Vec<Ability>;

    /// Which kind of text the site speaks. It is asked for once, if at all.
    async fn markup(&self) -> Result<Markup, JiraError>;

    /// The id by which Jira names the connection's account in what it tells.
    async fn account_id(&self) -> Result<String, JiraError>;

    /// Reads when an issue was made and last touched, and its changelog: `fields.created`, `fields.updated`, `changelog.histories`.
    async fn issue_log(&self, key: &str) -> Result<RawIssue, JiraError>;

    /// Reads an issue with everything a story is made of.
    async fn issue(&self, key: &str) -> Result<RawIssue, JiraError>;

    /// Reads when an issue was last touched, its project, and its first comments without their properties.
    async fn issue_glance(&self, key: &str) -> Result<RawIssue, JiraError>;

    /// Reads an issue without what stands around it (its parent's text): enough to see whether it changed.
    async fn issue_alone(&self, key: &str) -> Result<RawIssue, JiraError>;

    /// A project, and what its issues can be created with.
    async fn project_fields(&self, key: &str) -> Result<ProjectFields, JiraError>;

    /// Searches by JQL; `token` from the page before.
    async fn search(&self, jql: &str, limit: usize, token: Option<&str>) -> Result<SearchPage, JiraError>;

    /// All comments of an issue, oldest first, with their properties.
    async fn comments(&self, key: &str) -> Result<Vec<Comment>, JiraError>;

    /// One comment with its properties.
    async fn comment(&self, key: &str, id: &str) -> Result<Comment, JiraError>;

    /// Writes a comment; answers it as stored.
    async fn create_comment(&self, key: &str, comment: &NewComment) -> Result<Comment, JiraError>;

    /// Replaces a comment; answers it as stored.
    async fn update_comment(&self, key: &str, id: &str, comment: &NewComment) -> Result<Comment, JiraError>;

    /// Removes a comment.
    async fn delete_comment(&self, key: &str, id: &str) -> Result<(), JiraError>;

    /// Replaces the text of a field: of the description, or of a custom field.
    async fn update_field(&self, key: &str, field: &str, text: &Rich, properties: &[(String, Value)]) -> Result<(), JiraError>;
}
