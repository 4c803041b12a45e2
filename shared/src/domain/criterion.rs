//! Acceptance criteria of a story, after the checks.

use serde::{Deserialize, Serialize};

use super::evidence::{CheckedEvidence, Evidence, Origin};
use super::finding::Finding;
use super::language::Language;

super::words::words! {
    /// What a criterion is about.
    CriterionKind {
        /// What the product does.
        Behaviour = "behaviour",
        /// A rule that decides between outcomes.
        Rule = "rule",
        /// A limit, range or deadline.
        Limit = "limit",
        /// Who may and who may not.
        Permission = "permission",
        /// What must be refused or reported.
        Negative = "negative",
        /// A state and its transitions.
        State = "state",
        /// What is stored, shown or exported.
        Data = "data",
        /// Speed, security, accessibility and the like.
        Nonfunctional = "nonfunctional",
    }
}

super::words::words! {
    /// Whether a story can be tested as it is written.
    Testable {
        /// Yes.
        Yes = "yes",
        /// Part of it.
        Partly = "partly",
        /// No: a spike, a task or an empty story.
        No = "no",
    }
}

/// A table of examples below a scenario outline. Empty `header` means that there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
#[schemars(inline)]
pub struct Examples {
    /// Column names, used as `<name>` in steps.
    pub header: Vec<String>,
    /// Rows as wide as the header.
    pub rows: Vec<Vec<String>>,
}

impl Examples {
    /// Whether there is no table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.header.is_empty()
    }
}

/// One acceptance criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Criterion {
    /// Stable id, `AC-1`.
    pub id: String,
    /// What it says in a line.
    pub title: String,
    /// What it is about.
    pub kind: CriterionKind,
    /// `Given` steps without keywords.
    pub given: Vec<String>,
    /// `When` steps without keywords.
    pub when: Vec<String>,
    /// `Then` steps without keywords.
    pub then: Vec<String>,
    /// Examples of an outline.
    #[serde(default)]
    pub examples: Examples,
    /// How sure it is, after the checks.
    pub origin: Origin,
    /// The words it rests on.
    pub evidence: Vec<CheckedEvidence>,
    /// The stated rule a derived item follows from; empty otherwise.
    #[serde(default)]
    pub rule: String,
    /// The scenario as Gherkin in the story's language, without `Feature` line.
    pub gherkin: String,
    /// What the checks had to say.
    pub findings: Vec<Finding>,
}

/// A question the story leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Question {
    /// Stable id, `Q-1`.
    pub id: String,
    /// The question.
    pub text: String,
    /// Why it matters.
    pub why: String,
}

/// An item that was proposed and did not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Dropped {
    /// Its title.
    pub title: String,
    /// Why it is gone.
    pub findings: Vec<Finding>,
}

/// All of a story's criteria.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CriteriaSet {
    /// The language they are written in.
    pub language: Language,
    /// Whether the story can be tested.
    pub testable: Testable,
    /// Why, when not simply yes.
    pub reasons: Vec<String>,
    /// The criteria that passed.
    pub criteria: Vec<Criterion>,
    /// What the story itself excludes.
    pub out_of_scope: Vec<Evidence>,
    /// What the story does not say.
    pub questions: Vec<Question>,
    /// What the reader of the story noticed, such as instructions to a model in it.
    pub warnings: Vec<String>,
    /// Findings about the whole.
    pub findings: Vec<Finding>,
    /// What did not pass.
    pub dropped: Vec<Dropped>,
}

impl CriteriaSet {
    /// A set that says nothing yet.
    #[must_use]
    pub const fn without_criteria(language: Language) -> Self {
        Self {
            language,
            testable: Testable::Yes,
            reasons: Vec::new(),
            criteria: Vec::new(),
            out_of_scope: Vec::new(),
            questions: Vec::new(),
            warnings: Vec::new(),
            findings: Vec::new(),
            dropped: Vec::new(),
        }
    }
}
