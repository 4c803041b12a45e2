//! Test scenarios and the suite they make, after the checks.

use serde::{Deserialize, Serialize};

use super::criterion::{Dropped, Examples, Question};
use super::evidence::{CheckedEvidence, Origin};
use super::finding::Finding;
use super::language::Language;

super::words::words! {
    /// The test design technique behind a scenario.
    Technique {
        /// The expected way.
        Happy = "happy",
        /// What must be refused.
        Negative = "negative",
        /// At and beside a limit.
        Boundary = "boundary",
        /// Who may and who may not.
        Permission = "permission",
        /// A state and its transitions.
        State = "state",
        /// Enumerated values, tables, formats.
        Data = "data",
        /// Speed, security, accessibility and the like.
        Nonfunctional = "nonfunctional",
    }
}

super::words::words! {
    /// How important a scenario is.
    Priority {
        /// First.
        High = "high",
        /// As usual.
        Medium = "medium",
        /// When there is time.
        Low = "low",
    }
}

super::words::words! {
    /// How a scenario stands to the tests that exist.
    RelationKind {
        /// None of them says it.
        New = "new",
        /// One of them would say it with something added: other data, a further step or check.
        Extends = "extends",
        /// One of them says it already.
        Duplicate = "duplicate",
    }
}

#[expect(clippy::derivable_impls, reason = "the enum is declared by a macro that derives no default")]
impl Default for RelationKind {
    fn default() -> Self {
        Self::New
    }
}

/// How a scenario stands to the tests that exist for its story.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
#[schemars(inline)]
#[serde(default)]
pub struct Relation {
    /// How.
    pub kind: RelationKind,
    /// The key of the existing test; empty when the scenario is new.
    pub of: String,
    /// Why, in a sentence; empty when the scenario is new.
    pub why: String,
}

impl Relation {
    /// Whether no existing test is named.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.kind == RelationKind::New
    }
}

/// One step for a tester or a test management tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, schemars::JsonSchema)]
#[schemars(inline)]
pub struct Step {
    /// What to do.
    pub action: String,
    /// With which data; empty when none is needed.
    pub data: String,
    /// What must be seen; empty for a step that only prepares.
    pub expected: String,
}

/// One test scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Scenario {
    /// Stable id, `TS-1`.
    pub id: String,
    /// What it tests in a line.
    pub title: String,
    /// By which technique.
    pub technique: Technique,
    /// How important.
    pub priority: Priority,
    /// What must be so before.
    pub preconditions: Vec<String>,
    /// The steps for a tester.
    pub steps: Vec<Step>,
    /// `Given` steps without keywords.
    pub given: Vec<String>,
    /// `When` steps without keywords.
    pub when: Vec<String>,
    /// `Then` steps without keywords.
    pub then: Vec<String>,
    /// Examples of an outline.
    #[serde(default)]
    pub examples: Examples,
    /// Ids of the criteria it covers.
    pub covers: Vec<String>,
    /// How sure it is, after the checks.
    pub origin: Origin,
    /// The words it rests on.
    pub evidence: Vec<CheckedEvidence>,
    /// How it stands to the tests that exist; absent = new.
    #[serde(default, skip_serializing_if = "Relation::is_new")]
    pub relation: Relation,
    /// The scenario as Gherkin in the story's language, without `Feature` line.
    pub gherkin: String,
    /// What the checks had to say.
    pub findings: Vec<Finding>,
}

/// Which scenarios cover a criterion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CoverageRow {
    /// The criterion.
    pub criterion: String,
    /// The scenarios; empty = not covered.
    pub scenarios: Vec<String>,
}

/// Coverage, computed by code and never by a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Coverage {
    /// Criteria with at least one scenario.
    pub covered: usize,
    /// All criteria.
    pub total: usize,
    /// One row for each criterion.
    pub rows: Vec<CoverageRow>,
}

/// All of a story's scenarios.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Suite {
    /// The language they are written in.
    pub language: Language,
    /// The scenarios that passed.
    pub scenarios: Vec<Scenario>,
    /// What they cover.
    pub coverage: Coverage,
    /// What the story does not say.
    pub questions: Vec<Question>,
    /// What was noticed on the way.
    pub warnings: Vec<String>,
    /// Findings about the whole.
    pub findings: Vec<Finding>,
    /// What did not pass.
    pub dropped: Vec<Dropped>,
}

impl Suite {
    /// The scenarios that are written to Jira and into feature files: all but those that an existing test says already. To publish
    /// one of those all the same, a reviewer calls it new.
    pub fn published(&self) -> impl Iterator<Item = &Scenario> {
        self.scenarios.iter().filter(|scenario| scenario.relation.kind != RelationKind::Duplicate)
    }

    /// The others.
    pub fn skipped(&self) -> impl Iterator<Item = &Scenario> {
        self.scenarios.iter().filter(|scenario| scenario.relation.kind == RelationKind::Duplicate)
    }

    /// What became of the others, in a line; empty when there are none.
    #[must_use]
    pub fn skipped_words(&self) -> String {
        let skipped: Vec<String> =
            self.skipped().map(|scenario| format!("{} is a duplicate of {}", scenario.id, scenario.relation.of)).collect();
        if skipped.is_empty() { String::new() } else { format!("skipped: {}", skipped.join(", ")) }
    }
}
