//! A Jira issue as we read it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::issue_key::{IssueKey, project_of};
use super::language::Language;

super::words::words! {
    /// What a part of a story is.
    PartKind {
        /// The issue's summary.
        Summary = "summary",
        /// The issue's description, without the section we publish into it.
        Description = "description",
        /// The custom field that holds acceptance criteria.
        AcceptanceCriteria = "acceptance_criteria",
        /// A comment of a person.
        Comment = "comment",
        /// Summary and description of the parent.
        Parent = "parent",
        /// Summary of a linked issue.
        Link = "link",
        /// The name of an attachment.
        Attachment = "attachment",
    }
}

impl PartKind {
    /// Whether the story itself says it (as opposed to its surroundings).
    #[must_use]
    pub const fn is_the_story(self) -> bool {
        matches!(self, Self::Summary | Self::Description | Self::AcceptanceCriteria)
    }
}

/// A piece of text with a handle that evidence can name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Part {
    /// Handle, unique in the story: `summary`, `description`, `acceptance_criteria`, `comment:10234`, `parent`, `link:SHOP-3`, `attachment:10001`.
    pub id: String,
    /// What it is.
    pub kind: PartKind,
    /// Normalised Markdown.
    pub text: String,
    /// SHA-256 of `text`, in hex.
    pub sha256: String,
}

impl Part {
    /// A part with its hash.
    #[must_use]
    pub fn new(id: impl Into<String>, kind: PartKind, text: impl Into<String>) -> Self {
        let text = text.into();
        let sha256 = sha256_hex(text.as_bytes());
        Self { id: id.into(), kind, text, sha256 }
    }

    /// Whether it tells of another issue.
    #[must_use]
    pub const fn is_of_another_issue(&self) -> bool {
        matches!(self.kind, PartKind::Parent | PartKind::Link)
    }

    /// The project of the other issue it tells of. The issue's key is in the handle of a link, and a parent begins with it,
    /// in stories of every age; `None` = there is none.
    #[must_use]
    pub fn other_project(&self) -> Option<String> {
        let key = match self.kind {
            PartKind::Link => self.id.strip_prefix("link:")?,
            PartKind::Parent => self.text.split([':', ' ', '\n']).next()?,
            _ => return None,
        };
        IssueKey::parse(key).ok().map(|key| key.project().to_owned())
    }
}

/// A test that exists for a story already, as far as a linked issue tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ExistingTest {
    /// Its key.
    pub key: String,
    /// Its summary.
    pub summary: String,
    /// Name of its status.
    pub status: String,
    /// Its description as normalised Markdown, where teams write steps or Gherkin; cut with a visible mark, empty when there is none.
    pub text: String,
}

/// The tests that exist for a story.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ExistingTests {
    /// Those that there is room for, in Jira's order.
    pub shown: Vec<ExistingTest>,
    /// How many there are.
    pub total: usize,
}

impl ExistingTests {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }
}

/// A story: fields, normalised text parts, and the hash that tells whether it changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Story {
    /// Jira's key as it is now (a moved issue answers with its new one).
    pub key: String,
    /// Jira's numeric id, which never changes.
    pub id: String,
    /// The page a person would open.
    pub url: String,
    /// The summary.
    pub summary: String,
    /// Name of the issue type.
    pub issue_type: String,
    /// Name of the status.
    pub status: String,
    /// Labels.
    pub labels: Vec<String>,
    /// The language it is written in, as detected.
    pub language: Language,
    /// Text parts in reading order: the story's own first, then its surroundings.
    pub parts: Vec<Part>,
    /// Tests that exist for it. They are no part of the story: nothing rests on them.
    #[serde(default, skip_serializing_if = "ExistingTests::is_empty")]
    pub tests: ExistingTests,
    /// Jira's `updated` as it was sent.
    pub updated: String,
    /// What could not be read faithfully (unknown nodes and the like), in words.
    pub lossy: Vec<String>,
    /// SHA-256 over the story's own parts, in hex: another value = another story.
    pub hash: String,
}

impl Story {
    /// The story's own parts, without its surroundings.
    pub fn own_parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.kind.is_the_story())
    }

    /// The key of its project.
    #[must_use]
    pub fn project(&self) -> &str {
        project_of(&self.key)
    }

    /// Finds a part by its handle.
    #[must_use]
    pub fn part(&self, id: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.id == id)
    }

    /// The hash that [`Story::hash`] holds, computed from the parts.
    #[must_use]
    pub fn hash_of(parts: &[Part]) -> String {
        let mut hasher = Sha256::new();
        for part in parts.iter().filter(|part| part.kind.is_the_story()) {
            hasher.update(part.id.as_bytes());
            hasher.update([0]);
            hasher.update(part.sha256.as_bytes());
            hasher.update([0]);
        }
        hex(&hasher.finalize())
    }
}

/// SHA-256 in hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}
