//! The rungs in order.

use super::checked::Checked;
use super::remark::{add_new, has_error};
use super::scope::Exclusion;
use super::{evidence, form, literals, references, scope, syntax, vague};
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
}

impl<'a> Ladder<'a> {
    /// For criteria.
    pub(super) fn for_criteria(story: Haystack, language: Language, out_of_scope: &[Evidence]) -> Self {
        Self { story, language, exclusions: scope::exclusions(out_of_scope), criteria: &[] }
    }

    /// For scenarios that cover criteria.
    pub(super) fn for_scenarios(story: &Story, language: Language, criteria: &'a CriteriaSet) -> Self {
        let exclusions = scope::exclusions(&criteria.out_of_scope);
        Self { story: Haystack::new(story), language, exclusions, criteria: &criteria.criteria }
    }

    /// Checks an item, notes which of its quotations were found, and answers what there is to say about it.
    pub(super) fn climb<T: Checked>(&self, checked: &mut T) -> Vec<Finding> {
        evidence::verify(checked.verdict().evidence, &self.story);
        let item = checked.item();
        let mut findings = form::check(&item, &self.story);
        if has_error(&findings) {
            return findings;
        }
        findings.extend(syntax::check(checked, self.language));
        if has_error(&findings) {
            return findings;
        }
        add_new(&mut findings, references::check(&item, self.criteria));
        add_new(&mut findings, evidence::check(&item, self.criteria));
        add_new(&mut findings, literals::check(&item, &self.story));
        add_new(&mut findings, vague::check(&item, self.language));
        add_new(&mut findings, scope::check(&item, &self.exclusions));
        findings
    }

    /// Whether an item may name this criterion.
    pub(super) fn knows(&self, id: &str) -> bool {
        references::exists(id, self.criteria)
    }
}
