//! What criteria and scenarios have in common for the rungs.

use std::borrow::Cow;

use super::remark::cut;
use crate::domain::adf::plain::visible;
use crate::domain::criterion::{Criterion, CriterionKind, Examples};
use crate::domain::evidence::{CheckedEvidence, Evidence, Origin};
use crate::domain::finding::Finding;
use crate::domain::gherkin::{Section, one_line, scenario_text, step_text};
use crate::domain::issue_key::IssueKey;
use crate::domain::language::Language;
use crate::domain::reply::{ProposedCriterion, ProposedScenario};
use crate::domain::scenario::{Relation, Scenario, Technique};

/// Longer reasons are cut.
const WHY: usize = 300;

/// What the rungs look at.
pub(super) struct Item<'a> {
    pub(super) title: &'a str,
    pub(super) given: &'a [String],
    pub(super) when: &'a [String],
    pub(super) then: &'a [String],
    pub(super) examples: &'a Examples,
    pub(super) origin: Origin,
    pub(super) evidence: &'a [CheckedEvidence],
    pub(super) rule: &'a str,
    /// The criteria it says it covers; none for a criterion.
    pub(super) covers: Option<&'a [String]>,
    /// How it says it stands to the tests that exist; none for a criterion.
    pub(super) relation: Option<&'a Relation>,
    /// Preconditions and steps for a tester.
    pub(super) aside: Vec<&'a str>,
    /// Whether its numbers are what sets it apart from its neighbours.
    pub(super) about_limits: bool,
    /// Whether it says what must be refused.
    pub(super) about_refusal: bool,
}

impl<'a> Item<'a> {
    /// All steps in order.
    pub(super) fn steps(&self) -> impl Iterator<Item = &'a str> {
        self.given.iter().chain(self.when).chain(self.then).map(String::as_str)
    }

    /// Everything it says in its own words.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'a str> {
        let header = self.examples.header.iter().map(String::as_str);
        let own = [self.title, self.rule].into_iter().chain(self.steps());
        own.chain(header).chain(self.cells()).chain(self.aside.iter().copied())
    }

    /// All cells of the examples below the header.
    pub(super) fn cells(&self) -> impl Iterator<Item = &'a str> {
        self.examples.rows.iter().flatten().map(String::as_str)
    }
}

/// The parts of a published item that the checks write.
pub(super) struct Verdict<'a> {
    pub(super) id: &'a mut String,
    pub(super) origin: &'a mut Origin,
    pub(super) evidence: &'a mut Vec<CheckedEvidence>,
    /// None for a criterion.
    pub(super) relation: Option<&'a mut Relation>,
    pub(super) gherkin: &'a mut String,
    pub(super) findings: &'a mut Vec<Finding>,
}

/// A criterion or a scenario.
pub(super) trait Checked: Sized {
    /// What a model says before the checks.
    type Proposal;
    /// What ids begin with.
    const PREFIX: &'static str;

    /// The item as proposed, with nothing verified.
    fn proposed(proposal: &Self::Proposal) -> Self;
    /// Takes away what only a writing habit left: line breaks, empty steps, keywords before steps.
    fn tidy(&mut self, language: Language);
    /// What the rungs look at.
    fn item(&self) -> Item<'_>;
    /// What the checks write.
    fn verdict(&mut self) -> Verdict<'_>;
    /// Its id.
    fn id(&self) -> &str;
    /// Its own tags beside id and origin.
    fn tags(&self) -> Vec<String>;
    /// Takes over what an item that says the same is good for besides.
    fn absorb(&mut self, same: &Self);
    /// Leaves out what it covers and nobody knows.
    fn forget_covers(&mut self, known: impl Fn(&str) -> bool);
    /// Is new, where it names an existing test that nobody knows.
    fn forget_relation(&mut self, known: impl Fn(&str) -> bool);

    /// Its Gherkin under its id.
    fn render(&self, language: Language) -> String {
        let item = self.item();
        let own = [format!("@{}", self.id())].into_iter().filter(|tag| tag.len() > 1);
        let tags: Vec<String> = own.chain(self.tags()).chain([format!("@{}", item.origin)]).collect();
        scenario_text(language, &tags, item.title, item.given, item.when, item.then, item.examples)
    }
}

impl Checked for Criterion {
    type Proposal = ProposedCriterion;
    const PREFIX: &'static str = "AC";

    fn proposed(proposal: &ProposedCriterion) -> Self {
        let ProposedCriterion { title, kind, given, when, then, examples, origin, evidence, rule } = proposal.clone();
        let evidence = evidence.into_iter().map(unverified).collect();
        let (id, gherkin, findings) = (String::new(), String::new(), Vec::new());
        Self { id, title, kind, given, when, then, examples, origin, evidence, rule, gherkin, findings }
    }

    fn tidy(&mut self, language: Language) {
        tidy_title(&mut self.title);
        tidy_steps(language, &mut self.given, &mut self.when, &mut self.then);
        tidy_examples(&mut self.examples);
        tidy_evidence(&mut self.evidence);
        tidy_line(&mut self.rule);
    }

    fn item(&self) -> Item<'_> {
        Item {
            title: &self.title,
            given: &self.given,
            when: &self.when,
            then: &self.then,
            examples: &self.examples,
            origin: self.origin,
            evidence: &self.evidence,
            rule: &self.rule,
            covers: None,
            relation: None,
            aside: Vec::new(),
            about_limits: self.kind == CriterionKind::Limit,
            about_refusal: self.kind == CriterionKind::Negative,
        }
    }

    fn verdict(&mut self) -> Verdict<'_> {
        let Self { id, origin, evidence, gherkin, findings, .. } = self;
        Verdict { id, origin, evidence, relation: None, gherkin, findings }
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> Vec<String> {
        Vec::new()
    }

    fn absorb(&mut self, _same: &Self) {}

    fn forget_covers(&mut self, _known: impl Fn(&str) -> bool) {}

    fn forget_relation(&mut self, _known: impl Fn(&str) -> bool) {}
}

impl Checked for Scenario {
    type Proposal = ProposedScenario;
    const PREFIX: &'static str = "TS";

    fn proposed(proposal: &ProposedScenario) -> Self {
        let ProposedScenario {
            title,
            technique,
            priority,
            preconditions,
            steps,
            given,
            when,
            then,
            examples,
            covers,
            origin,
            evidence,
            relation,
        } = proposal.clone();
        let evidence = evidence.into_iter().map(unverified).collect();
        let (id, gherkin, findings) = (String::new(), String::new(), Vec::new());
        Self {
            id,
            title,
            technique,
            priority,
            preconditions,
            steps,
            given,
            when,
            then,
            examples,
            covers,
            origin,
            evidence,
            relation,
            gherkin,
            findings,
        }
    }

    fn tidy(&mut self, language: Language) {
        tidy_title(&mut self.title);
        tidy_steps(language, &mut self.given, &mut self.when, &mut self.then);
        tidy_examples(&mut self.examples);
        tidy_evidence(&mut self.evidence);
        tidy_lines(&mut self.preconditions);
        for step in &mut self.steps {
            for text in [&mut step.action, &mut step.data, &mut step.expected] {
                tidy_line(text);
            }
        }
        self.steps.retain(|step| !(step.action.is_empty() && step.data.is_empty() && step.expected.is_empty()));
        for covered in &mut self.covers {
            *covered = super::ids::spelled(covered);
        }
        let mut seen = std::collections::BTreeSet::new();
        self.covers.retain(|covered| !covered.is_empty() && seen.insert(covered.clone()));
        tidy_relation(&mut self.relation);
    }

    fn item(&self) -> Item<'_> {
        let steps = self.steps.iter().flat_map(|step| [&step.action, &step.data, &step.expected]);
        Item {
            title: &self.title,
            given: &self.given,
            when: &self.when,
            then: &self.then,
            examples: &self.examples,
            origin: self.origin,
            evidence: &self.evidence,
            rule: "",
            covers: Some(&self.covers),
            relation: Some(&self.relation),
            aside: self.preconditions.iter().chain(steps).map(String::as_str).collect(),
            about_limits: self.technique == Technique::Boundary,
            about_refusal: self.technique == Technique::Negative,
        }
    }

    fn verdict(&mut self) -> Verdict<'_> {
        let Self { id, origin, evidence, relation, gherkin, findings, .. } = self;
        Verdict { id, origin, evidence, relation: Some(relation), gherkin, findings }
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn tags(&self) -> Vec<String> {
        self.covers.iter().map(|covered| format!("@{covered}")).chain([format!("@{}", self.technique)]).collect()
    }

    fn absorb(&mut self, same: &Self) {
        let more: Vec<String> = same.covers.iter().filter(|id| !self.covers.contains(id)).cloned().collect();
        self.covers.extend(more);
    }

    fn forget_covers(&mut self, known: impl Fn(&str) -> bool) {
        self.covers.retain(|id| known(id));
    }

    fn forget_relation(&mut self, known: impl Fn(&str) -> bool) {
        if !known(&self.relation.of) {
            self.relation = Relation::default();
        }
    }
}

fn unverified(Evidence { source, quote }: Evidence) -> CheckedEvidence {
    CheckedEvidence { source, quote, verified: false }
}

/// The title without the number a model may have put before it.
fn tidy_title(title: &mut String) {
    let line = one_line(title);
    let mut rest: &str = &line;
    while let Some(left) = super::ids::without_number(rest) {
        rest = left;
    }
    if rest != title.as_str() {
        *title = rest.to_owned();
    }
}

/// Quotations as a person sees them; their lines stay, which say where a quotation begins anew.
fn tidy_evidence(evidence: &mut Vec<CheckedEvidence>) {
    for said in evidence.iter_mut() {
        if let Cow::Owned(seen) = visible(&said.quote) {
            said.quote = seen;
        }
        tidy_line(&mut said.source);
    }
    evidence.retain(|said| !said.quote.trim().is_empty());
}

/// What is new names nothing.
fn tidy_relation(relation: &mut Relation) {
    if relation.is_new() {
        *relation = Relation::default();
        return;
    }
    relation.of = IssueKey::parse(&visible(&relation.of)).map_or_else(|_| cut(&relation.of, WHY), |key| key.to_string());
    relation.why = cut(&relation.why, WHY);
}

fn tidy_line(text: &mut String) {
    if let Cow::Owned(tidy) = one_line(text) {
        *text = tidy;
    }
}

fn tidy_steps(language: Language, given: &mut Vec<String>, when: &mut Vec<String>, then: &mut Vec<String>) {
    for (section, steps) in [(Section::Given, given), (Section::When, when), (Section::Then, then)] {
        for step in steps.iter_mut() {
            let tidy = step_text(language, section, step);
            if tidy != step.as_str() {
                *step = tidy.into_owned();
            }
        }
        steps.retain(|step| !step.is_empty());
    }
}

fn tidy_lines(lines: &mut Vec<String>) {
    for line in lines.iter_mut() {
        tidy_line(line);
    }
    lines.retain(|line| !line.is_empty());
}

fn tidy_examples(examples: &mut Examples) {
    for name in &mut examples.header {
        *name = one_line(name.trim_matches(['<', '>', ' '])).into_owned();
    }
    for row in &mut examples.rows {
        for cell in row.iter_mut() {
            tidy_line(cell);
        }
    }
    examples.rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
}
