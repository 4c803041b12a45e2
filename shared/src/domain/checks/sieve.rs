//! Parts proposals into what passed, what may be asked for again, and what is gone.

use super::checked::Checked;
use super::duplicates::{self, Shape};
use super::foreign::{self, is_foreign};
use super::ids;
use super::ladder::Ladder;
use super::remark::{add_new, error, has_error, soften};
use crate::domain::criterion::{Dropped, Testable};
use crate::domain::evidence::Origin;
use crate::domain::finding::{Finding, FindingCode, Severity};
use crate::domain::normal;

/// More items than anybody reviews.
pub const MOST_ITEMS: usize = 200;

/// A proposal that did not pass, with what a model needs to know to do better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed<T> {
    /// As it was proposed.
    pub proposal: T,
    /// Why it failed.
    pub findings: Vec<Finding>,
}

/// Items on their way through the ladder.
pub(super) struct Sieve<'a, T: Checked> {
    ladder: &'a Ladder<'a>,
    pub(super) passed: Vec<T>,
    pub(super) failed: Vec<Failed<T::Proposal>>,
    pub(super) dropped: Vec<Dropped>,
    shapes: Vec<Shape<'a>>,
}

impl<'a, T: Checked> Sieve<'a, T> {
    /// A sieve that holds what passed before.
    pub(super) fn new(ladder: &'a Ladder<'a>, passed: Vec<T>, dropped: Vec<Dropped>) -> Self {
        let shapes = passed.iter().map(|item| Shape::of(&item.item(), &ladder.story)).collect();
        Self { ladder, passed, failed: Vec::new(), dropped, shapes }
    }

    /// Lets proposals climb the ladder.
    fn sift(&mut self, proposals: Vec<T::Proposal>) {
        for proposal in proposals {
            let mut item = T::proposed(&proposal);
            item.tidy(self.ladder.language);
            let findings = self.ladder.climb(&mut item);
            if findings.iter().any(|finding| finding.code == FindingCode::OutOfScope) && has_error(&findings) {
                self.drop_item(&item, findings);
            } else if has_error(&findings) {
                self.failed.push(Failed { proposal, findings });
            } else {
                self.keep(item, findings);
            }
        }
    }

    /// Decides about what failed for good: what is well-formed stays as proposed, with its findings; the rest is gone.
    pub(super) fn settle(&mut self, failed: Vec<Failed<T::Proposal>>) {
        for Failed { proposal, mut findings } in failed {
            let mut item = T::proposed(&proposal);
            item.tidy(self.ladder.language);
            item.forget_covers(|id| self.ladder.knows(id));
            item.forget_relation(|key| self.ladder.knows_test(key));
            if findings.iter().any(|finding| finding.severity == Severity::Error && !is_about_tests(finding)) {
                *item.verdict().origin = Origin::Proposed;
            }
            let last = self.ladder.climb(&mut item);
            let is_final =
                |finding: &Finding| finding.code == FindingCode::OutOfScope || is_structural(finding) || is_foreign(finding);
            let gone = findings.iter().any(is_foreign) || (last.iter().any(is_final) && has_error(&last));
            add_new(&mut findings, last);
            if gone {
                self.drop_item(&item, findings);
            } else {
                soften(&mut findings);
                self.keep(item, findings);
            }
        }
    }

    /// Lets proposals climb, or drops them all unseen when the story cannot be tested.
    pub(super) fn sift_if(&mut self, testable: Testable, proposals: Vec<T::Proposal>) {
        if testable != Testable::No {
            return self.sift(proposals);
        }
        let reason = "The story cannot be tested as it is written, so nothing is kept; answer its questions first.";
        for proposal in &proposals {
            self.drop_item(&T::proposed(proposal), vec![error(FindingCode::StoryNotTestable, reason)]);
        }
    }

    /// Gives ids and renders; what is returned is complete.
    pub(super) fn finish(mut self, previous: &[T]) -> (Vec<T>, Vec<Failed<T::Proposal>>, Vec<Dropped>) {
        ids::assign(&mut self.passed, previous);
        for item in &mut self.passed {
            finish(item, self.ladder);
        }
        (self.passed, self.failed, self.dropped)
    }

    fn keep(&mut self, mut item: T, findings: Vec<Finding>) {
        let shape = Shape::of(&item.item(), &self.ladder.story);
        if let Some(at) = self.shapes.iter().position(|kept| kept.is_same(&shape)) {
            if let Some(kept) = self.passed.get_mut(at) {
                let finding = duplicates::finding(&kept.item());
                kept.absorb(&item);
                self.drop_item(&item, vec![finding]);
            }
        } else if self.passed.len() >= MOST_ITEMS {
            self.drop_item(&item, vec![error(FindingCode::Malformed, format!("More than {MOST_ITEMS} items; split the story."))]);
        } else {
            *item.verdict().findings = findings;
            self.passed.push(item);
            self.shapes.push(shape);
        }
    }

    fn drop_item(&mut self, item: &T, findings: Vec<Finding>) {
        let item = item.item();
        let title = foreign::without(item.title, &item.examples.header, &self.ladder.story);
        let title = super::remark::cut(&title, 200);
        let dropped = Dropped { title, findings };
        if !self.dropped.contains(&dropped) {
            self.dropped.push(dropped);
        }
    }
}

/// Renders an item that has its id, and names it in its findings.
pub(super) fn finish<T: Checked>(item: &mut T, ladder: &Ladder<'_>) {
    let (id, gherkin) = (item.id().to_owned(), item.render(ladder.language));
    let verdict = item.verdict();
    *verdict.gherkin = gherkin;
    for finding in verdict.findings {
        finding.item.clone_from(&id);
    }
}

/// Whether a finding says that the item cannot stand whatever it claims to rest on.
pub(super) fn is_structural(finding: &Finding) -> bool {
    matches!(finding.code, FindingCode::Malformed | FindingCode::GherkinUnparsable | FindingCode::GherkinStepOrder)
}

/// Whether a finding is about the test that an item names, and says nothing of what the item rests on.
fn is_about_tests(finding: &Finding) -> bool {
    matches!(finding.code, FindingCode::RelationMissing | FindingCode::RelationUnknown)
}

/// Of what failed before, what a new reply does not answer: a shorter reply answers by title.
pub(super) fn unanswered<T: Checked>(before: Vec<Failed<T::Proposal>>, reply: &[T::Proposal]) -> Vec<Failed<T::Proposal>> {
    if reply.len() >= before.len() {
        return Vec::new();
    }
    let title = |proposal: &T::Proposal| normal::text(T::proposed(proposal).item().title);
    let answered: Vec<String> = reply.iter().map(title).collect();
    before.into_iter().filter(|failed| !answered.contains(&title(&failed.proposal))).collect()
}
