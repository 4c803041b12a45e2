//! Publications: where, what, and what the plan says will happen.

use serde::{Deserialize, Serialize};

super::words::words! {
    /// A place in Jira that results are written to.
    PublishMode {
        /// A comment of ours, updated in place.
        Comment = "comment",
        /// A section of ours in the description.
        Description = "description",
        /// A section of ours in a custom field.
        CustomField = "custom_field",
        /// A sub-task for each criterion or scenario.
        Subtask = "subtask",
        /// A test of Xray for each scenario.
        Xray = "xray",
        /// A test case of Zephyr Scale for each scenario.
        Zephyr = "zephyr",
    }
}

/// Where a text of ours stands in an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextPlace {
    /// A comment.
    Comment,
    /// A section of a field of the issue: of the description, or of a custom field.
    Field,
}

impl PublishMode {
    /// Where the text stands; `None` = each criterion and scenario stands as an object of its own.
    #[must_use]
    pub const fn text(self) -> Option<TextPlace> {
        match self {
            Self::Comment => Some(TextPlace::Comment),
            Self::Description | Self::CustomField => Some(TextPlace::Field),
            Self::Subtask | Self::Xray | Self::Zephyr => None,
        }
    }
}

super::words::words! {
    /// What is written.
    PublishWhat {
        /// The criteria.
        Criteria = "criteria",
        /// The scenarios.
        Scenarios = "scenarios",
        /// Criteria and scenarios.
        All = "all",
    }
}

impl PublishWhat {
    /// The id of a criterion or scenario by its number.
    #[must_use]
    pub fn item(self, number: usize) -> String {
        match self {
            Self::Criteria => format!("AC-{number}"),
            Self::Scenarios => format!("TS-{number}"),
            Self::All => number.to_string(),
        }
    }
}

super::words::words! {
    /// What to do with a section that a person changed since we wrote it.
    OnConflict {
        /// Leave it and report the conflict.
        Keep = "keep",
        /// Replace it by ours.
        Overwrite = "overwrite",
        /// Append ours beside theirs.
        Merge = "merge",
    }
}

#[expect(clippy::derivable_impls, reason = "the enum is declared by a macro that derives no default")]
impl Default for OnConflict {
    fn default() -> Self {
        Self::Keep
    }
}

/// One thing to publish at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(from = "Asked")]
pub struct PublishTarget {
    /// Where.
    pub mode: PublishMode,
    /// What. When absent: of a comment and the description everything the job made, of a custom field the criteria, of all
    /// others the scenarios. Tools for tests take `scenarios` alone.
    #[schema(required = false)]
    pub what: PublishWhat,
}

/// A target as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    mode: PublishMode,
    what: Option<PublishWhat>,
}

impl From<Asked> for PublishTarget {
    fn from(Asked { mode, what }: Asked) -> Self {
        Self::of(mode, what)
    }
}

impl PublishTarget {
    /// A target, with what is usual there where nothing else is said.
    #[must_use]
    pub fn of(mode: PublishMode, what: Option<PublishWhat>) -> Self {
        let usual = match mode {
            PublishMode::Comment | PublishMode::Description => PublishWhat::All,
            PublishMode::CustomField => PublishWhat::Criteria,
            PublishMode::Subtask | PublishMode::Xray | PublishMode::Zephyr => PublishWhat::Scenarios,
        };
        Self { mode, what: what.unwrap_or(usual) }
    }

    /// Why nothing is ever published so; `None` = it is.
    #[must_use]
    pub const fn complaint(self) -> Option<&'static str> {
        match (self.mode, self.what) {
            (PublishMode::Xray | PublishMode::Zephyr, PublishWhat::Criteria | PublishWhat::All) => {
                Some("should be scenarios: criteria are no tests, and a tool for tests takes nothing else")
            }
            _ => None,
        }
    }
}

super::words::words! {
    /// What a plan says about one target.
    PlannedAction {
        /// Nothing of ours is there.
        Create = "create",
        /// Ours is there and differs.
        Update = "update",
        /// Ours is there and is the same.
        Unchanged = "unchanged",
        /// Ours is there and is not needed any more.
        Remove = "remove",
        /// Ours is there, is not needed any more, and is closed.
        Close = "close",
        /// Ours is there, is not needed any more, and is left for a person to close.
        Obsolete = "obsolete",
        /// A person changed ours.
        Conflict = "conflict",
        /// It cannot be done.
        Impossible = "impossible",
    }
}

/// The plan for one target: what would be sent, before anything is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PublishPlan {
    /// The target.
    pub target: PublishTarget,
    /// The criterion or scenario, where each stands as an object of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// What would happen.
    pub action: PlannedAction,
    /// The object it would happen to: a comment id, or the key.
    pub remote_id: Option<String>,
    /// Why, when it is a conflict or impossible; and which scenarios are left out because a test exists.
    pub reason: String,
    /// Length of the serialised payload, in bytes.
    pub length: usize,
    /// The exact payload.
    pub payload: serde_json::Value,
}

super::words::words! {
    /// What became of one target.
    PublishOutcome {
        /// Written anew.
        Created = "created",
        /// Written in place.
        Updated = "updated",
        /// There already, the same.
        Unchanged = "unchanged",
        /// There, not needed any more, and closed.
        Closed = "closed",
        /// There, not needed any more, and left for a person to close.
        Obsolete = "obsolete",
        /// Left as a person wrote it.
        Conflict = "conflict",
        /// Some items stand as they should, others could not be written.
        Partial = "partial",
        /// Not written.
        Failed = "failed",
    }
}

impl PublishOutcome {
    /// Whether ours stands there as it should.
    #[must_use]
    pub const fn stands(self) -> bool {
        matches!(self, Self::Created | Self::Updated | Self::Unchanged)
    }

    /// How much a person should look at it.
    const fn gravity(self) -> u8 {
        match self {
            Self::Obsolete => 0,
            Self::Unchanged => 1,
            Self::Closed => 2,
            Self::Updated => 3,
            Self::Created => 4,
            Self::Conflict => 5,
            Self::Partial => 6,
            Self::Failed => 7,
        }
    }
}

/// What became of one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Published {
    /// The target.
    pub target: PublishTarget,
    /// What became of it.
    pub outcome: PublishOutcome,
    /// The object written: a comment id, or the key.
    pub remote_id: Option<String>,
    /// The page a person would open.
    pub url: Option<String>,
    /// Stable code of the failure, empty when there is none.
    pub code: String,
    /// What a person should know, such as which scenarios were left out because a test exists; empty when there is nothing.
    pub message: String,
    /// What became of each criterion and scenario, where each stands as an object of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<PublishedItem>,
}

/// What became of one criterion or scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PublishedItem {
    /// `AC-2`, `TS-1`.
    pub id: String,
    /// What became of it.
    pub outcome: PublishOutcome,
    /// The key of the object that stands for it.
    pub key: Option<String>,
    /// The page a person would open.
    pub url: Option<String>,
    /// Stable code of the failure, empty when there is none.
    pub code: String,
    /// What a person should know; empty when there is nothing.
    pub message: String,
}

impl Published {
    /// With a word more for a person; an empty one changes nothing.
    #[must_use]
    pub fn with(mut self, word: &str) -> Self {
        add_word(&mut self.message, word);
        self
    }

    /// What became of a target whose items stand as objects of their own; `None` = it has none.
    #[must_use]
    pub fn of_items(target: PublishTarget, items: Vec<PublishedItem>) -> Option<Self> {
        items.into_iter().map(|item| Self::of_item(target, item)).reduce(Self::both)
    }

    /// The same of a target with one item.
    #[must_use]
    pub fn of_item(target: PublishTarget, item: PublishedItem) -> Self {
        let (outcome, code) = (item.outcome, item.code.clone());
        let message = if item.message.is_empty() { String::new() } else { format!("{}: {}", item.id, item.message) };
        Self { target, outcome, remote_id: None, url: None, code, message, items: vec![item] }
    }

    /// What became of two parts of a target, as [`worst`](Self::worst); but one of several items that fails does not make all
    /// of them a failure.
    #[must_use]
    pub fn both(mut self, mut other: Self) -> Self {
        let mut items = std::mem::take(&mut self.items);
        items.append(&mut other.items);
        let mut both = Self::worst(Some(self), other);
        if both.outcome == PublishOutcome::Failed && items.iter().any(|item| item.outcome.stands()) {
            both.outcome = PublishOutcome::Partial;
        }
        Self { items, ..both }
    }

    /// The outcome of a target is that of its worst piece; of two that are alike the first.
    #[must_use]
    pub fn worst(before: Option<Self>, piece: Self) -> Self {
        match before {
            Some(before) if before.outcome.gravity() >= piece.outcome.gravity() => before,
            _ => piece,
        }
    }
}

impl PublishPlan {
    /// With a word more for a person; an empty one changes nothing.
    #[must_use]
    pub fn with(mut self, word: &str) -> Self {
        add_word(&mut self.reason, word);
        self
    }
}

fn add_word(text: &mut String, word: &str) {
    if !(text.is_empty() || word.is_empty()) {
        text.push_str("; ");
    }
    text.push_str(word);
}
