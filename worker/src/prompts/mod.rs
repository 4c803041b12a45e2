//! Prompts: instructions from Markdown files, the story as one JSON object beside them.
//!
//! The instructions are the same for every story, so that providers can cache them. What other people wrote goes into the
//! user message only, encoded as JSON: no text can end its string and speak as somebody else.

use std::sync::{Arc, LazyLock};

use serde::Serialize;
use serde_json::{Value, json};
use shared::domain::checks::Failed;
use shared::domain::criterion::{CriteriaSet, Criterion, CriterionKind, Examples};
use shared::domain::evidence::{Evidence, Origin};
use shared::domain::finding::Finding;
use shared::domain::json::to_json;
use shared::domain::language::Language;
use shared::domain::reply::{CriteriaReply, ProposedCriterion, ProposedScenario, ScenariosReply};
use shared::domain::story::{PartKind, Story};
use shared::ports::Prompt;

/// Version of the instructions for criteria; grows whenever `criteria.md` changes in meaning.
pub const CRITERIA_VERSION: &str = "criteria@1";
/// Version of the instructions for scenarios.
pub const SCENARIOS_VERSION: &str = "scenarios@1";
/// Version of the instructions for mending, which stand below one of the others.
pub const REPAIR_VERSION: &str = "repair@1";

const CRITERIA: &str = include_str!("criteria.md");
const SCENARIOS: &str = include_str!("scenarios.md");
const REPAIR: &str = include_str!("repair.md");

/// Asks for the criteria of a story.
#[must_use]
pub fn criteria(story: &Story, language: Language) -> Prompt {
    for_criteria(instructions(CRITERIA, language), to_json(&AboutStory { story: StoryView::of(story) }))
}

/// Asks for the scenarios of a story with accepted criteria.
#[must_use]
pub fn scenarios(story: &Story, criteria: &CriteriaSet, language: Language) -> Prompt {
    let user = AboutCriteria {
        story: StoryView::of(story),
        criteria: criteria_view(criteria),
        out_of_scope: &criteria.out_of_scope,
        failed: None,
    };
    for_scenarios(instructions(SCENARIOS, language), to_json(&user))
}

/// Asks again for the criteria that failed, and for those only.
#[must_use]
pub fn repair_criteria(story: &Story, failed: &[Failed<ProposedCriterion>], language: Language) -> Prompt {
    let failed: Vec<Value> = failed.iter().map(failed_view).collect();
    for_criteria(mending(CRITERIA, language), to_json(&Mending { story: StoryView::of(story), failed }))
}

/// Asks again for the scenarios that failed, and for those only.
#[must_use]
pub fn repair_scenarios(
    story: &Story,
    criteria: &CriteriaSet,
    failed: &[Failed<ProposedScenario>],
    language: Language,
) -> Prompt {
    let failed: Vec<Value> = failed.iter().map(failed_view).collect();
    let user = AboutCriteria {
        story: StoryView::of(story),
        criteria: criteria_view(criteria),
        out_of_scope: &criteria.out_of_scope,
        failed: Some(failed),
    };
    for_scenarios(mending(SCENARIOS, language), to_json(&user))
}

static CRITERIA_SCHEMA: LazyLock<Arc<Value>> = LazyLock::new(|| Arc::new(schemars::schema_for!(CriteriaReply).to_value()));
static SCENARIOS_SCHEMA: LazyLock<Arc<Value>> = LazyLock::new(|| Arc::new(schemars::schema_for!(ScenariosReply).to_value()));

fn for_criteria(system: String, user: String) -> Prompt {
    Prompt::new("criteria", system, user, Arc::clone(&CRITERIA_SCHEMA))
}

fn for_scenarios(system: String, user: String) -> Prompt {
    Prompt::new("scenarios", system, user, Arc::clone(&SCENARIOS_SCHEMA))
}

fn instructions(template: &str, language: Language) -> String {
    template.trim().replace("{{language}}", language.english_name()).replace("{{code}}", language.as_str())
}

fn mending(template: &str, language: Language) -> String {
    format!("{}\n\n{}", instructions(template, language), REPAIR.trim())
}

#[derive(Serialize)]
struct AboutStory<'a> {
    story: StoryView<'a>,
}

#[derive(Serialize)]
struct AboutCriteria<'a> {
    story: StoryView<'a>,
    criteria: Vec<CriterionView<'a>>,
    out_of_scope: &'a [Evidence],
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<Vec<Value>>,
}

#[derive(Serialize)]
struct Mending<'a> {
    story: StoryView<'a>,
    failed: Vec<Value>,
}

/// What a model needs of a story. Address, ids and hashes stay here.
#[derive(Serialize)]
struct StoryView<'a> {
    key: &'a str,
    summary: &'a str,
    issue_type: &'a str,
    status: &'a str,
    labels: &'a [String],
    parts: Vec<PartView<'a>>,
}

#[derive(Serialize)]
struct PartView<'a> {
    id: &'a str,
    kind: PartKind,
    text: &'a str,
}

impl<'a> StoryView<'a> {
    fn of(story: &'a Story) -> Self {
        Self {
            key: &story.key,
            summary: &story.summary,
            issue_type: &story.issue_type,
            status: &story.status,
            labels: &story.labels,
            parts: story.parts.iter().map(|part| PartView { id: &part.id, kind: part.kind, text: &part.text }).collect(),
        }
    }
}

/// What a model needs of accepted criteria: what they say, not what the checks said about them.
#[derive(Serialize)]
struct CriterionView<'a> {
    id: &'a str,
    title: &'a str,
    kind: CriterionKind,
    given: &'a [String],
    when: &'a [String],
    then: &'a [String],
    examples: &'a Examples,
    origin: Origin,
    rule: &'a str,
    evidence: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    source: &'a str,
    quote: &'a str,
}

fn criteria_view(set: &CriteriaSet) -> Vec<CriterionView<'_>> {
    set.criteria.iter().map(CriterionView::of).collect()
}

impl<'a> CriterionView<'a> {
    fn of(criterion: &'a Criterion) -> Self {
        let said = criterion.evidence.iter().map(|said| Said { source: &said.source, quote: &said.quote });
        Self {
            id: &criterion.id,
            title: &criterion.title,
            kind: criterion.kind,
            given: &criterion.given,
            when: &criterion.when,
            then: &criterion.then,
            examples: &criterion.examples,
            origin: criterion.origin,
            rule: &criterion.rule,
            evidence: said.collect(),
        }
    }
}

fn failed_view<T: Serialize>(failed: &Failed<T>) -> Value {
    let view = |finding: &Finding| json!({ "code": finding.code, "message": finding.message });
    json!({ "item": failed.proposal, "findings": failed.findings.iter().map(view).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests;
