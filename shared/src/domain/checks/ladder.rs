//! The rungs in order.

use std::borrow::Cow;

use super::checked::Checked;
use super::existing::ExistingShapes;
use super::remark::{add_new, has_error};
use super::scope::Exclusion;
use super::{evidence, existing, foreign, form, literals, references, scope, syntax, vague};
use crate::domain::criterion::{CriteriaSet, Criterion};
use crate::domain::evidence::Evidence;
use crate::domain::finding::Finding;
use crate::domain::language::Language;
use crate::domain::normal::Haystack;
use crate::domain::story::Story;

/// What the rungs need to know.
pub(super) struct Ladder<'a> {
    pub(super) story: Haystack,
    pub(super) language: Language,
    exclusions: Vec<Exclusion>,
    criteria: &'a [Criterion],
    tests: Option<ExistingShapes>,
}

impl<'a> Ladder<'a> {
    /// For criteria.
    pub(super) fn for_criteria(story: Haystack, language: Language, out_of_scope: &[Evidence]) -> Self {
        Self { story, language, exclusions: scope::exclusions(out_of_scope), criteria: &[], tests: None }
    }

    /// For scenarios that cover criteria.
    pub(super) fn for_scenarios(story: &Story, language: Language, criteria: &'a CriteriaSet) -> Self {
        let exclusions = scope::exclusions(&criteria.out_of_scope);
        let tests = Some(ExistingShapes::of(story));
        Self { story: Haystack::new(story), language, exclusions, criteria: &criteria.criteria, tests }
    }

    /// Checks an item, notes which of its quotations were found, takes away a reason that acts, and answers what there is to say about it.
    pub(super) fn climb<T: Checked>(&self, checked: &mut T) -> Vec<Finding> {
        let verdict = checked.verdict();
        evidence::verify(verdict.evidence, &self.story);
        verdict.relation.into_iter().for_each(|relation| existing::tidy_reason(relation, &self.story));
        let mut findings = self.rungs(checked);
        for finding in &mut findings {
            if let Cow::Owned(clean) = foreign::without(&finding.message, &checked.item().examples.header, &self.story) {
                finding.message = clean;
            }
        }
        findings
    }

    fn rungs<T: Checked>(&self, checked: &T) -> Vec<Finding> {
        let item = checked.item();
        let mut findings = form::check(&item, &self.story);
        if has_error(&findings) {
            return findings;
        }
        findings.extend(syntax::check(checked, self.language));
        if has_error(&findings) {
            return findings;
        }
        add_new(&mut findings, foreign::check(&item, &self.story));
        add_new(&mut findings, references::check(&item, self.criteria));
        add_new(&mut findings, self.tests.iter().filter_map(|tests| tests.check(&item)));
        add_new(&mut findings, evidence::check(&item, self.criteria, &self.story));
        add_new(&mut findings, literals::check(&item, &self.story));
        add_new(&mut findings, vague::check(&item, self.language));
        add_new(&mut findings, scope::check(&item, &self.exclusions));
        findings
    }

    /// Whether an item may name this criterion.
    pub(super) fn knows(&self, id: &str) -> bool {
        references::exists(id, self.criteria)
    }

    /// Whether an item may name this existing test.
    pub(super) fn knows_test(&self, key: &str) -> bool {
        self.tests.as_ref().is_some_and(|tests| tests.knows(key))
    }
}
