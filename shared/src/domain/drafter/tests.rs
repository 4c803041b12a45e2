//! What the drafter promises, with sentences of our own in six languages.

mod limits;
mod properties;
mod rules;
mod scenarios;
mod stories;

use super::{criteria, scenarios as draft_scenarios};
use crate::domain::criterion::{CriteriaSet, Criterion, Question};
use crate::domain::evidence::CheckedEvidence;
use crate::domain::language::Language;
use crate::domain::reply::{CriteriaReply, ScenariosReply};
use crate::domain::story::{Part, PartKind, Story};

/// A story of a summary and a description.
fn story(language: &str, summary: &str, description: &str) -> Story {
    let parts =
        vec![Part::new("summary", PartKind::Summary, summary), Part::new("description", PartKind::Description, description)];
    Story {
        key: "SHOP-1".to_owned(),
        id: "1".to_owned(),
        url: String::new(),
        summary: summary.to_owned(),
        issue_type: "Story".to_owned(),
        status: "Open".to_owned(),
        labels: Vec::new(),
        language: Language::from_code(language).unwrap_or(Language::English),
        hash: Story::hash_of(&parts),
        parts,
        updated: String::new(),
        lossy: Vec::new(),
        tests: Default::default(),
    }
}

/// The criteria of a story in its own language.
fn drafted(story: &Story) -> CriteriaReply {
    criteria(story)
}

/// The criteria as accepted, every quotation looked up.
fn accepted(story: &Story, reply: &CriteriaReply) -> CriteriaSet {
    let found = |source: &str, quote: &str| story.part(source).is_some_and(|part| part.text.contains(quote));
    let criteria = reply.criteria.iter().enumerate().map(|(index, criterion)| Criterion {
        id: format!("AC-{}", index + 1),
        title: criterion.title.clone(),
        kind: criterion.kind,
        given: criterion.given.clone(),
        when: criterion.when.clone(),
        then: criterion.then.clone(),
        examples: criterion.examples.clone(),
        origin: criterion.origin,
        evidence: criterion
            .evidence
            .iter()
            .map(|words| CheckedEvidence {
                source: words.source.clone(),
                quote: words.quote.clone(),
                verified: found(&words.source, &words.quote),
            })
            .collect(),
        rule: criterion.rule.clone(),
        gherkin: String::new(),
        findings: Vec::new(),
    });
    CriteriaSet {
        language: reply.language.parse().unwrap_or(Language::English),
        testable: reply.testable,
        reasons: reply.testable_reasons.clone(),
        criteria: criteria.collect(),
        out_of_scope: reply.out_of_scope.clone(),
        questions: reply
            .questions
            .iter()
            .map(|asked| Question { id: "Q-1".to_owned(), text: asked.text.clone(), why: asked.why.clone() })
            .collect(),
        warnings: reply.warnings.clone(),
        findings: Vec::new(),
        dropped: Vec::new(),
    }
}

/// The scenarios of a story.
fn suite(story: &Story) -> ScenariosReply {
    draft_scenarios(story, &accepted(story, &drafted(story)))
}

/// Everything asked, in one text.
fn asked(reply: &CriteriaReply) -> String {
    reply.questions.iter().map(|question| question.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// The steps of all scenarios, one a line.
fn steps(reply: &ScenariosReply) -> String {
    reply
        .scenarios
        .iter()
        .flat_map(|scenario| scenario.given.iter().chain(&scenario.when).chain(&scenario.then))
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The words of a text in the order of the alphabet, for what may differ in the order of its words.
fn sorted_words(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    words.sort();
    words
}
