//! The whole story.

use std::borrow::Cow;

use serde_json::Value;

use super::super::adf::{marker, plain};
use super::super::language::Language;
use super::super::markup::Markup;
use super::super::story::{Part, Story};
use super::{documents, existing, limit, part};

/// Names under which acceptance criteria are kept in a field of their own, where no field is configured.
const CRITERIA_NAMES: &[&str] = &[
    "Acceptance Criteria",
    "Acceptance Criterias",
    "Akzeptanzkriterien",
    "Critères d'acceptation",
    "Criterios de aceptación",
    "Acceptatiecriteria",
    "Critérios de aceitação",
];

/// More labels than this say nothing.
const LABELS: usize = 100;

/// How a story is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// Id of the custom field with acceptance criteria, such as `customfield_10042`; found by name when `None`.
    pub criteria_field: Option<String>,
    /// Names of fields with acceptance criteria, in any case.
    pub criteria_names: Vec<String>,
    /// Whether comments are read.
    pub comments: bool,
    /// Whether comments that only some may see are read: what rests on them may be published where everybody sees it.
    pub restricted_comments: bool,
    /// What our markers begin with: sections and comments that carry one are ours and not part of the story.
    pub marker_prefix: String,
    /// The comment property that says that a comment is ours.
    pub property: String,
    /// Which kind of text the site speaks.
    pub markup: Markup,
    /// Characters of one part.
    pub part_chars: usize,
    /// Characters of all parts together.
    pub total_chars: usize,
    /// Characters of the text of an existing test.
    pub test_chars: usize,
    /// Characters of all existing tests together, which take no room from the parts.
    pub tests_chars: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            criteria_field: None,
            criteria_names: CRITERIA_NAMES.iter().map(|name| (*name).to_owned()).collect(),
            comments: true,
            restricted_comments: false,
            marker_prefix: marker::PREFIX.to_owned(),
            property: "jqa.publication".to_owned(),
            markup: Markup::Adf,
            part_chars: 20_000,
            total_chars: 60_000,
            test_chars: 1_200,
            tests_chars: 12_000,
        }
    }
}

impl ReadOptions {
    /// The same for a site that speaks this kind of text.
    #[must_use]
    pub fn speaking(&self, markup: Markup) -> Self {
        Self { markup, ..self.clone() }
    }

    /// The issue with documents in all its texts.
    fn documents<'a>(&self, issue: &'a Value) -> Cow<'a, Value> {
        match self.markup {
            Markup::Adf => Cow::Borrowed(issue),
            Markup::Wiki => Cow::Owned(documents::of(issue, self)),
        }
    }
}

/// Why an answer is no story.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The answer lacks what every issue has.
    #[error("Jira's answer is not an issue: it has no '{0}'; check the connection's base URL and what stands in front of Jira")]
    NotAnIssue(&'static str),
}

impl ReadError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAnIssue(_) => "jira.not_an_issue",
        }
    }
}

/// Reads an issue as `GET /issue/{key}?expand=names,schema` answers it, its comments paged to the end.
///
/// # Errors
/// When the answer is no issue.
pub fn story(issue: &Value, url: &str, options: &ReadOptions) -> Result<Story, ReadError> {
    let issue = &*options.documents(issue);
    let own = |name: &'static str| {
        let text = issue.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        text.map(str::to_owned).ok_or(ReadError::NotAnIssue(name))
    };
    let (key, id) = (own("key")?, own("id")?);
    let fields = fields(issue)?;

    let mut lossy = Vec::new();
    let parts = part::all(issue, fields, options, &mut lossy);
    let parts = limit::limited(parts, options.part_chars, options.total_chars, &mut lossy);
    let tests = existing::all(fields, options, &mut lossy);
    let text: Vec<&str> = parts.iter().filter(|part| part.kind.is_the_story()).map(|part| part.text.as_str()).collect();
    let language = Language::detect(&text.join("\n"));
    Ok(Story {
        key,
        id,
        url: url.to_owned(),
        summary: part::summary(fields),
        issue_type: part::name_of(fields, "issuetype"),
        status: part::name_of(fields, "status"),
        labels: labels(fields),
        language,
        hash: Story::hash_of(&parts),
        parts,
        tests,
        updated: fields.get("updated").and_then(Value::as_str).unwrap_or_default().to_owned(),
        lossy,
    })
}

/// The hash of the story that an issue holds, as [`story`] would say, without reading what surrounds it.
///
/// # Errors
/// When the answer is no issue.
pub fn hash(issue: &Value, options: &ReadOptions) -> Result<String, ReadError> {
    let issue = &*options.documents(issue);
    let mut lossy = Vec::new();
    // The story's own parts come first, so nothing else takes room from them.
    let parts = part::own(issue, fields(issue)?, options, &mut lossy);
    Ok(Story::hash_of(&limit::limited(parts, options.part_chars, options.total_chars, &mut lossy)))
}

fn fields(issue: &Value) -> Result<&Value, ReadError> {
    issue.get("fields").filter(|fields| fields.is_object()).ok_or(ReadError::NotAnIssue("fields"))
}

fn labels(fields: &Value) -> Vec<String> {
    let labels = fields.get("labels").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    labels.iter().filter_map(Value::as_str).map(plain::line).take(LABELS).collect()
}

/// A part, unless it would be empty.
pub(super) fn part_of(part: Part) -> Option<Part> {
    (!part.text.trim().is_empty()).then_some(part)
}
