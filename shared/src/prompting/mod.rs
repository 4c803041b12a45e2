//! What a model is told: instructions from Markdown files (`shared/prompts`), the story as one JSON object beside them. The
//! worker sends it, and the preview of the API shows it.
//!
//! The instructions are the same for every story, so that providers can cache them. What other people wrote goes into the
//! user message only, encoded as JSON: no text can end its string and speak as somebody else.

mod stored;

use std::sync::{Arc, LazyLock};

pub use stored::{restored, stored};

use crate::domain::checks::Failed;
use crate::domain::criterion::{CriteriaSet, Criterion, CriterionKind, Examples};
use crate::domain::delta::{ChangedPart, Delta};
use crate::domain::evidence::{Evidence, Origin};
use crate::domain::finding::Finding;
use crate::domain::json::to_json;
use crate::domain::language::Language;
use crate::domain::policy::Layer;
use crate::domain::redact::{Redacted, redact};
use crate::domain::reply::{CriteriaReply, ProposedCriterion, ProposedScenario, ScenariosReply};
use crate::domain::story::{ExistingTest, ExistingTests, PartKind, Story};
use crate::ports::Prompt;
use serde::Serialize;
use serde_json::{Value, json};

/// Version of the instructions for criteria; grows whenever `criteria.md` changes in meaning.
pub const CRITERIA_VERSION: &str = "criteria@1";
/// Version of the instructions for scenarios.
pub const SCENARIOS_VERSION: &str = "scenarios@2";
/// Version of the instructions for mending, which stand below one of the others.
pub const REPAIR_VERSION: &str = "repair@1";

/// Version of the instructions for what changed, which stand below those for criteria.
pub const DELTA_VERSION: &str = "delta@1";

/// The version of the instructions for criteria that a change needs.
#[must_use]
pub fn criteria_delta_version() -> String {
    format!("{CRITERIA_VERSION}+{DELTA_VERSION}")
}

const CRITERIA: &str = include_str!("../../prompts/criteria.md");
const SCENARIOS: &str = include_str!("../../prompts/scenarios.md");
const REPAIR: &str = include_str!("../../prompts/repair.md");
const DELTA: &str = include_str!("../../prompts/delta.md");
const LAYERS: &str = include_str!("../../prompts/layers.md");
const REDACTED: &str = include_str!("../../prompts/redacted.md");

/// The prompts for one story.
#[derive(Debug, Clone, Copy)]
pub struct Prompts<'a> {
    story: &'a Story,
    layers: &'a [Layer],
}

impl<'a> Prompts<'a> {
    /// The prompts for a story, under what the organisation and the project add to the instructions.
    #[must_use]
    pub fn new(story: &'a Story, layers: &'a [Layer]) -> Self {
        Self { story, layers }
    }

    /// The versions that results name: `criteria@1+organization@3+SHOP@2`.
    #[must_use]
    pub fn version(&self, of: &str) -> String {
        self.layers.iter().fold(of.to_owned(), |version, layer| version + "+" + &layer.tag())
    }

    /// Asks for the criteria of the story.
    #[must_use]
    pub fn criteria(&self, language: Language) -> Prompt {
        for_criteria(self.instructions(CRITERIA, language), to_json(&AboutStory { story: StoryView::of(self.story) }))
    }

    /// Asks for the criteria that what changed in the story needs, beside those that are kept.
    #[must_use]
    pub fn criteria_for_changes(&self, delta: &Delta<'a>, language: Language) -> Prompt {
        let user = AboutChanges {
            story: StoryView::of(self.story),
            changed: delta.changed.iter().filter(|changed| self.shows(&changed.part)).collect(),
            kept: self.shown(&delta.kept),
            outdated: self.shown(&delta.outdated),
            open_questions: delta.questions().iter().map(|question| question.text.as_str()).collect(),
        };
        for_criteria(self.instructions(CRITERIA, language) + "\n\n" + DELTA.trim(), to_json(&user))
    }

    /// Asks for the scenarios of the story with accepted criteria.
    #[must_use]
    pub fn scenarios(&self, criteria: &CriteriaSet, language: Language) -> Prompt {
        let user = AboutCriteria {
            story: StoryView::with_tests(self.story),
            criteria: criteria_view(criteria),
            out_of_scope: &criteria.out_of_scope,
            failed: None,
        };
        for_scenarios(self.instructions(SCENARIOS, language), to_json(&user))
    }

    /// Asks again for the criteria that failed, and for those only.
    #[must_use]
    pub fn repair_criteria(&self, failed: &[Failed<ProposedCriterion>], language: Language) -> Prompt {
        let failed: Vec<Value> = failed.iter().map(failed_view).collect();
        let user = to_json(&Mending { story: StoryView::of(self.story), failed });
        for_criteria(mending(self.instructions(CRITERIA, language)), user)
    }

    /// Asks again for the scenarios that failed, and for those only.
    #[must_use]
    pub fn repair_scenarios(&self, criteria: &CriteriaSet, failed: &[Failed<ProposedScenario>], language: Language) -> Prompt {
        let failed: Vec<Value> = failed.iter().map(failed_view).collect();
        let user = AboutCriteria {
            story: StoryView::with_tests(self.story),
            criteria: criteria_view(criteria),
            out_of_scope: &criteria.out_of_scope,
            failed: Some(failed),
        };
        for_scenarios(mending(self.instructions(SCENARIOS, language)), to_json(&user))
    }

    /// Whether a part of the story is sent.
    fn shows(&self, part: &str) -> bool {
        self.story.parts.iter().any(|shown| shown.id == part)
    }

    /// Criteria that rest on nothing that is not sent.
    fn shown(&self, criteria: &[&'a Criterion]) -> Vec<CriterionView<'a>> {
        let is_shown = |criterion: &&&Criterion| criterion.evidence.iter().all(|said| self.shows(&said.source) || !said.verified);
        criteria.iter().filter(is_shown).map(|criterion| CriterionView::of(criterion)).collect()
    }

    /// All that we tell a model about criteria, whatever is asked: none of it belongs into an answer.
    #[must_use]
    pub fn told_about_criteria(language: Language) -> String {
        let ours = filled(CRITERIA, language);
        [ours.as_str(), DELTA.trim(), REPAIR.trim()].join("\n\n")
    }

    /// The same about scenarios.
    #[must_use]
    pub fn told_about_scenarios(language: Language) -> String {
        mending(filled(SCENARIOS, language))
    }

    /// What is the same for every story comes first, then what is for those of a project: providers cache a beginning.
    fn instructions(&self, template: &str, language: Language) -> String {
        let ours = filled(template, language);
        if self.layers.is_empty() {
            return ours;
        }
        self.layers.iter().fold(format!("{ours}\n\n{}", LAYERS.trim()), |mut text, layer| {
            text.push_str(&layer_view(layer));
            text
        })
    }
}

fn filled(template: &str, language: Language) -> String {
    template.trim().replace("{{language}}", language.english_name()).replace("{{code}}", language.as_str())
}

fn layer_view(layer: &Layer) -> String {
    let whose = layer.project.as_ref().map_or_else(|| "the organisation".to_owned(), |key| format!("the project {key}"));
    let mut text = format!("\n\n## From {whose}");
    if !layer.instructions.is_empty() {
        text.push_str("\n\n");
        text.push_str(&layer.instructions);
    }
    for example in &layer.examples {
        text.push_str("\n\n```gherkin\n");
        text.push_str(example.trim());
        text.push_str("\n```");
    }
    text
}

/// Replaces secrets and personal data in what is sent. What a model answers is to be [`Redacted::restored`] before it is read.
#[must_use]
pub fn redacted(prompt: Prompt) -> (Prompt, Redacted) {
    let mut user: Value = serde_json::from_str(&prompt.user).unwrap_or_else(|_| Value::String(prompt.user.clone()));
    let redacted = redact(&mut user);
    if redacted.is_empty() {
        return (prompt, redacted);
    }
    let system = format!("{}\n\n{}", prompt.system, REDACTED.trim());
    (Prompt { system, user: user.to_string(), ..prompt }, redacted)
}

static CRITERIA_SCHEMA: LazyLock<Arc<Value>> = LazyLock::new(|| Arc::new(schemars::schema_for!(CriteriaReply).to_value()));
static SCENARIOS_SCHEMA: LazyLock<Arc<Value>> = LazyLock::new(|| Arc::new(schemars::schema_for!(ScenariosReply).to_value()));

fn for_criteria(system: String, user: String) -> Prompt {
    Prompt::new("criteria", system, user, Arc::clone(&CRITERIA_SCHEMA))
}

fn for_scenarios(system: String, user: String) -> Prompt {
    Prompt::new("scenarios", system, user, Arc::clone(&SCENARIOS_SCHEMA))
}

fn mending(instructions: String) -> String {
    instructions + "\n\n" + REPAIR.trim()
}

#[derive(Serialize)]
struct AboutStory<'a> {
    story: StoryView<'a>,
}

#[derive(Serialize)]
struct AboutChanges<'a> {
    story: StoryView<'a>,
    changed: Vec<&'a ChangedPart>,
    kept: Vec<CriterionView<'a>>,
    outdated: Vec<CriterionView<'a>>,
    open_questions: Vec<&'a str>,
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
    /// What scenarios are compared with; criteria are about the story alone.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    existing_tests: &'a [ExistingTest],
    /// Told where not all of them are shown: `12 of 40`.
    #[serde(skip_serializing_if = "Option::is_none")]
    existing_tests_shown: Option<String>,
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
            existing_tests: &[],
            existing_tests_shown: None,
        }
    }

    fn with_tests(story: &'a Story) -> Self {
        let ExistingTests { shown, total } = &story.tests;
        let cut = (shown.len() < *total).then(|| format!("{} of {total}", shown.len()));
        Self { existing_tests: shown, existing_tests_shown: cut, ..Self::of(story) }
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
