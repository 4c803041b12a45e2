//! An edit as the document describes it: what is computed anyway, or what a new item does not have yet, may be left out.

#![expect(dead_code, reason = "only the schemas are used; what comes in is read as the whole item")]

use shared::domain::criterion::{CriterionKind, Examples};
use shared::domain::evidence::Origin;
use shared::domain::finding::Finding;
use shared::domain::scenario::{Priority, Relation, Step, Technique};
use utoipa::ToSchema;

/// A criterion as a person writes it.
#[derive(ToSchema)]
pub(super) struct EditedCriterion {
    /// As it was read; absent or empty = a new one gets an id.
    #[schema(required = false)]
    id: String,
    /// What it says in a line.
    title: String,
    /// What it is about.
    kind: CriterionKind,
    /// `Given` steps without keywords.
    given: Vec<String>,
    /// `When` steps without keywords.
    when: Vec<String>,
    /// `Then` steps without keywords.
    then: Vec<String>,
    /// Examples of an outline.
    #[schema(required = false)]
    examples: Examples,
    /// Absent = `proposed`.
    #[schema(required = false)]
    origin: Origin,
    /// The words it rests on.
    #[schema(required = false)]
    evidence: Vec<EditedEvidence>,
    /// The stated rule a derived item follows from.
    #[schema(required = false)]
    rule: String,
    /// Computed.
    #[schema(required = false)]
    gherkin: String,
    /// Computed.
    #[schema(required = false)]
    findings: Vec<Finding>,
}

/// A scenario as a person writes it.
#[derive(ToSchema)]
pub(super) struct EditedScenario {
    /// As it was read; absent or empty = a new one gets an id.
    #[schema(required = false)]
    id: String,
    /// What it tests in a line.
    title: String,
    /// By which technique.
    technique: Technique,
    /// How important.
    priority: Priority,
    /// What must be so before.
    preconditions: Vec<String>,
    /// The steps for a tester.
    steps: Vec<Step>,
    /// `Given` steps without keywords.
    given: Vec<String>,
    /// `When` steps without keywords.
    when: Vec<String>,
    /// `Then` steps without keywords.
    then: Vec<String>,
    /// Examples of an outline.
    #[schema(required = false)]
    examples: Examples,
    /// Ids of the criteria it covers.
    covers: Vec<String>,
    /// Absent = `proposed`.
    #[schema(required = false)]
    origin: Origin,
    /// The words it rests on.
    #[schema(required = false)]
    evidence: Vec<EditedEvidence>,
    /// Absent = `new`. A `duplicate` is not published; call it `new` to publish it all the same.
    #[schema(required = false)]
    relation: Relation,
    /// Computed.
    #[schema(required = false)]
    gherkin: String,
    /// Computed.
    #[schema(required = false)]
    findings: Vec<Finding>,
}

/// Words of the story.
#[derive(ToSchema)]
pub(super) struct EditedEvidence {
    /// The part of the story, such as `description`.
    source: String,
    /// The words, verbatim.
    quote: String,
    /// Computed.
    #[schema(required = false)]
    verified: bool,
}
