//! A story and replies about it.

use crate::domain::criterion::{CriteriaSet, CriterionKind, Examples, Testable};
use crate::domain::evidence::{Evidence, Origin};
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::language::Language;
use crate::domain::reply::{CriteriaReply, ProposedCriterion, ProposedScenario, ScenariosReply};
use crate::domain::scenario::{Priority, Relation, Technique};
use crate::domain::story::{ExistingTest, ExistingTests, Part, PartKind, Story};

pub(super) const TEXT: &str = "As a customer I want to reset my password.\n* The link is valid for **24 hours**.\n\
    * A password has 8 to 64 characters.\n* After 3 wrong tries the account is locked.\n* The page shows \"Check your inbox\".\n\
    Out of scope: password reset by SMS.";

pub(super) fn story_of(text: &str) -> Story {
    let parts = vec![
        Part::new("summary", PartKind::Summary, "Reset password"),
        Part::new("description", PartKind::Description, text),
        Part::new("comment:7", PartKind::Comment, "The mail is sent within 5 minutes."),
    ];
    Story {
        key: "SHOP-1".into(),
        id: "10001".into(),
        url: String::new(),
        summary: "Reset password".into(),
        issue_type: "Story".into(),
        status: "Open".into(),
        labels: vec![],
        language: Language::English,
        hash: Story::hash_of(&parts),
        parts,
        updated: String::new(),
        lossy: vec![],
        tests: Default::default(),
    }
}

pub(super) fn story() -> Story {
    story_of(TEXT)
}

/// Tests that exist: key, summary, text.
pub(super) fn existing(tests: &[(&str, &str, &str)]) -> ExistingTests {
    let shown: Vec<ExistingTest> = tests
        .iter()
        .map(|(key, summary, text)| ExistingTest {
            key: (*key).to_owned(),
            summary: (*summary).to_owned(),
            status: "Ready".to_owned(),
            text: (*text).to_owned(),
        })
        .collect();
    ExistingTests { total: shown.len(), shown }
}

pub(super) fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

pub(super) fn quote(source: &str, quote: &str) -> Evidence {
    Evidence { source: source.into(), quote: quote.into() }
}

pub(super) fn criterion(title: &str, when: &str, then: &str, quoted: &str) -> ProposedCriterion {
    ProposedCriterion {
        title: title.into(),
        kind: CriterionKind::Behaviour,
        given: vec![],
        when: texts(&[when]),
        then: texts(&[then]),
        examples: Examples::default(),
        origin: Origin::Stated,
        evidence: if quoted.is_empty() { vec![] } else { vec![quote("description", quoted)] },
        rule: String::new(),
    }
}

pub(super) fn locked() -> ProposedCriterion {
    criterion("Lock", "a password is wrong 3 times", "the account is locked", "After 3 wrong tries the account is locked")
}

pub(super) fn link() -> ProposedCriterion {
    criterion("Link", "24 hours have passed", "the link is refused", "The link is valid for 24 hours.")
}

pub(super) fn reply(criteria: Vec<ProposedCriterion>) -> CriteriaReply {
    CriteriaReply {
        language: "en".into(),
        testable: Testable::Yes,
        testable_reasons: vec![],
        criteria,
        out_of_scope: vec![],
        questions: vec![],
        warnings: vec![],
    }
}

pub(super) fn checked(criteria: Vec<ProposedCriterion>) -> super::super::CheckedCriteria {
    super::super::criteria(&story(), Language::English, reply(criteria), None)
}

pub(super) fn set() -> CriteriaSet {
    checked(vec![locked(), link()]).set
}

pub(super) fn scenario(title: &str, when: &str, then: &str, covers: &[&str]) -> ProposedScenario {
    ProposedScenario {
        title: title.into(),
        technique: Technique::Happy,
        priority: Priority::High,
        preconditions: vec![],
        steps: vec![],
        given: vec![],
        when: texts(&[when]),
        then: texts(&[then]),
        examples: Examples::default(),
        covers: texts(covers),
        origin: Origin::Derived,
        evidence: vec![],
        relation: Relation::default(),
    }
}

pub(super) fn suite_reply(scenarios: Vec<ProposedScenario>) -> ScenariosReply {
    ScenariosReply { scenarios, questions: vec![], warnings: vec![] }
}

pub(super) fn codes(findings: &[Finding]) -> Vec<FindingCode> {
    findings.iter().map(|finding| finding.code).collect()
}
