//! Prompts: instructions from Markdown files, the story as one JSON object beside them.
//!
//! The instructions are the same for every story, so that providers can cache them. What other people wrote goes into the
//! user message only, encoded as JSON: no text can end its string and speak as somebody else.

use serde::Serialize;
use serde_json::{Value, json};
use shared::domain::checks::Failed;
use shared::domain::criterion::{CriteriaSet, Criterion};
use shared::domain::finding::Finding;
use shared::domain::language::Language;
use shared::domain::reply::{CriteriaReply, ProposedCriterion, ProposedScenario, ScenariosReply};
use shared::domain::story::Story;
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
    for_criteria(instructions(CRITERIA, language), &json!({ "story": story_view(story) }))
}

/// Asks for the scenarios of a story with accepted criteria.
#[must_use]
pub fn scenarios(story: &Story, criteria: &CriteriaSet, language: Language) -> Prompt {
    let user = json!({ "story": story_view(story), "criteria": criteria_view(criteria), "out_of_scope": criteria.out_of_scope });
    for_scenarios(instructions(SCENARIOS, language), &user)
}

/// Asks again for the criteria that failed, and for those only.
#[must_use]
pub fn repair_criteria(story: &Story, failed: &[Failed<ProposedCriterion>], language: Language) -> Prompt {
    let failed: Vec<Value> = failed.iter().map(failed_view).collect();
    for_criteria(mending(CRITERIA, language), &json!({ "story": story_view(story), "failed": failed }))
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
    let user = json!({
        "story": story_view(story),
        "criteria": criteria_view(criteria),
        "out_of_scope": criteria.out_of_scope,
        "failed": failed,
    });
    for_scenarios(mending(SCENARIOS, language), &user)
}

fn for_criteria(system: String, user: &Value) -> Prompt {
    Prompt { name: "criteria", system, user: user.to_string(), schema: schemars::schema_for!(CriteriaReply).to_value() }
}

fn for_scenarios(system: String, user: &Value) -> Prompt {
    Prompt { name: "scenarios", system, user: user.to_string(), schema: schemars::schema_for!(ScenariosReply).to_value() }
}

fn instructions(template: &str, language: Language) -> String {
    template.trim().replace("{{language}}", language.english_name()).replace("{{code}}", language.as_str())
}

fn mending(template: &str, language: Language) -> String {
    format!("{}\n\n{}", instructions(template, language), REPAIR.trim())
}

/// What a model needs of a story. Address, ids and hashes stay here.
fn story_view(story: &Story) -> Value {
    let parts: Vec<Value> =
        story.parts.iter().map(|part| json!({ "id": part.id, "kind": part.kind, "text": part.text })).collect();
    json!({
        "key": story.key,
        "summary": story.summary,
        "issue_type": story.issue_type,
        "status": story.status,
        "labels": story.labels,
        "parts": parts,
    })
}

/// What a model needs of accepted criteria: what they say, not what the checks said about them.
fn criteria_view(set: &CriteriaSet) -> Vec<Value> {
    let view = |criterion: &Criterion| {
        let evidence: Vec<Value> =
            criterion.evidence.iter().map(|said| json!({ "source": said.source, "quote": said.quote })).collect();
        json!({
            "id": criterion.id,
            "title": criterion.title,
            "kind": criterion.kind,
            "given": criterion.given,
            "when": criterion.when,
            "then": criterion.then,
            "examples": criterion.examples,
            "origin": criterion.origin,
            "rule": criterion.rule,
            "evidence": evidence,
        })
    };
    set.criteria.iter().map(view).collect()
}

fn failed_view<T: Serialize>(failed: &Failed<T>) -> Value {
    let view = |finding: &Finding| json!({ "code": finding.code, "message": finding.message });
    json!({ "item": failed.proposal, "findings": failed.findings.iter().map(view).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests;
