//! What of an earlier result still holds when its story changed, and what is to be written anew.
//!
//! A criterion holds when each of its quotations still stands where nothing changed, line by line. A scenario holds when the
//! criteria it covers do, and its own quotations. What holds is kept word by word; only the rest is asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use similar::{Algorithm, ChangeTag};
use uuid::Uuid;

use super::criterion::{CriteriaSet, Criterion, Question, Testable};
use super::diff;
use super::evidence::{CheckedEvidence, Evidence};
use super::normal::Haystack;
use super::reply::{CriteriaReply, ProposedCriterion, ProposedQuestion, ProposedScenario, ScenariosReply};
use super::scenario::{Scenario, Suite};
use super::story::{Part, Story};

/// A result that was accepted, and the story it was written for.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// Its id in the history.
    pub id: Uuid,
    /// Who had it made.
    pub created_by: Uuid,
    /// Hashes of the story's parts.
    pub parts: BTreeMap<String, String>,
    /// The story itself, as long as it is kept: without it a part that changed has no line that did not.
    pub story: Option<Story>,
    /// Its criteria.
    pub criteria: CriteriaSet,
    /// Its scenarios, where it has any.
    pub suite: Option<Suite>,
}

/// A part of the story that says something else than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedPart {
    /// Its handle.
    pub part: String,
    /// Lines that it has now and had not before.
    pub new: Vec<String>,
    /// Lines that it had.
    pub gone: Vec<String>,
}

/// How a story stands to the one an earlier result was written for.
#[derive(Debug)]
pub struct Delta<'a> {
    earlier: &'a Earlier,
    /// What changed.
    pub changed: Vec<ChangedPart>,
    /// Criteria that hold.
    pub kept: Vec<&'a Criterion>,
    /// Criteria that rest on what is not there any more.
    pub outdated: Vec<&'a Criterion>,
    unchanged: Haystack,
    whole: Haystack,
}

impl<'a> Delta<'a> {
    /// Compares a story with that of an earlier result.
    #[must_use]
    pub fn new(story: &Story, earlier: &'a Earlier) -> Self {
        let (unchanged, changed) = compared(story, earlier);
        let (unchanged, whole) = (Haystack::new(&unchanged), Haystack::new(story));
        let (kept, outdated) =
            earlier.criteria.criteria.iter().partition(|criterion| stand(&criterion.evidence, &unchanged, &whole));
        Self { earlier, changed, kept, outdated, unchanged, whole }
    }

    /// Whether something is to be written: a story that only lost words needs no new criteria.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.changed.iter().any(|part| !part.new.is_empty())
    }

    /// Whether a proposal is one that is kept.
    #[must_use]
    pub fn keeps(&self, proposal: &ProposedCriterion) -> bool {
        self.kept.iter().any(|kept| ProposedCriterion::from(*kept) == *proposal)
    }

    /// Questions that were open before.
    #[must_use]
    pub fn questions(&self) -> &'a [Question] {
        &self.earlier.criteria.questions
    }

    /// What of a whole reply is about what changed: of one who was not told what that is.
    #[must_use]
    pub fn only_news(&self, whole: CriteriaReply) -> CriteriaReply {
        let is_old = |said: &Evidence| self.unchanged.find(&said.quote, &said.source).is_some();
        let news = whole.criteria.into_iter().filter(|item| !item.evidence.iter().all(is_old));
        CriteriaReply { criteria: news.collect(), ..whole }
    }

    /// A reply that holds what is kept, and nothing else.
    #[must_use]
    pub fn criteria(&self) -> CriteriaReply {
        let set = &self.earlier.criteria;
        CriteriaReply {
            language: set.language.as_str().to_owned(),
            testable: set.testable,
            testable_reasons: set.reasons.clone(),
            criteria: self.kept.iter().map(|criterion| ProposedCriterion::from(*criterion)).collect(),
            out_of_scope: set.out_of_scope.iter().filter(|said| self.is_said(said)).cloned().collect(),
            questions: set.questions.iter().map(ProposedQuestion::from).collect(),
            warnings: Vec::new(),
        }
    }

    fn is_said(&self, said: &Evidence) -> bool {
        self.whole.find(&said.quote, &said.source).is_some()
    }

    /// What is kept, and what was written anew: whole as if it had been written in one go.
    #[must_use]
    pub fn with(&self, new: CriteriaReply) -> CriteriaReply {
        let kept = self.criteria();
        let nothing_left = new.criteria.is_empty() && kept.criteria.is_empty();
        CriteriaReply {
            testable: if nothing_left { new.testable } else { usable(new.testable, kept.testable) },
            criteria: [kept.criteria, new.criteria].concat(),
            out_of_scope: united(kept.out_of_scope, new.out_of_scope),
            ..new
        }
    }

    /// The scenarios of the earlier result that hold for the criteria of now.
    #[must_use]
    pub fn scenarios(&self, criteria: &CriteriaSet) -> KeptScenarios {
        let kept = self.standing(criteria);
        let mut left = criteria.clone();
        left.criteria.retain(|criterion| !kept.iter().any(|scenario| scenario.covers.contains(&criterion.id)));
        let questions = self.earlier.suite.as_ref().map_or(&[][..], |suite| &suite.questions);
        KeptScenarios {
            scenarios: kept.into_iter().map(ProposedScenario::from).collect(),
            questions: questions.iter().map(ProposedQuestion::from).collect(),
            left,
        }
    }

    fn standing(&self, criteria: &CriteriaSet) -> Vec<&'a Scenario> {
        let held: BTreeSet<&str> = criteria
            .criteria
            .iter()
            .filter(|now| self.earlier.criteria.criteria.iter().any(|was| says_the_same(was, now)))
            .map(|now| now.id.as_str())
            .collect();
        let all = self.earlier.suite.as_ref().map_or(&[][..], |suite| &suite.scenarios);
        let holds = |scenario: &&Scenario| {
            !scenario.covers.is_empty()
                && scenario.covers.iter().all(|id| held.contains(id.as_str()))
                && stand(&scenario.evidence, &self.unchanged, &self.whole)
        };
        all.iter().filter(holds).collect()
    }
}

/// What of a suite is kept, and the criteria that are left to write for.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptScenarios {
    scenarios: Vec<ProposedScenario>,
    questions: Vec<ProposedQuestion>,
    /// The criteria that none of the kept scenarios covers, in a set of their own.
    pub left: CriteriaSet,
}

impl KeptScenarios {
    /// Nothing is kept.
    #[must_use]
    pub fn none(criteria: &CriteriaSet) -> Self {
        Self { scenarios: Vec::new(), questions: Vec::new(), left: criteria.clone() }
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.scenarios.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scenarios.is_empty()
    }

    /// Whether a proposal is one that is kept.
    #[must_use]
    pub fn keeps(&self, proposal: &ProposedScenario) -> bool {
        self.scenarios.contains(proposal)
    }

    /// What is kept, and what was written anew.
    #[must_use]
    pub fn with(&self, new: ScenariosReply) -> ScenariosReply {
        ScenariosReply {
            scenarios: [self.scenarios.clone(), new.scenarios].concat(),
            questions: [self.questions.clone(), new.questions].concat(),
            warnings: new.warnings,
        }
    }
}

/// The story with nothing but what did not change, and what did.
fn compared(story: &Story, earlier: &Earlier) -> (Story, Vec<ChangedPart>) {
    let mut unchanged = story.clone();
    let mut changed = Vec::new();
    for part in &mut unchanged.parts {
        if earlier.parts.get(&part.id) == Some(&part.sha256) {
            continue;
        }
        let before = earlier.story.as_ref().and_then(|story| story.parts.iter().find(|old| old.id == part.id));
        let (same, told) = lines(part, before);
        *part = Part::new(part.id.clone(), part.kind, same);
        changed.push(told);
    }
    let now: BTreeMap<String, String> = story.parts.iter().map(|part| (part.id.clone(), part.sha256.clone())).collect();
    let removed = diff::parts(&earlier.parts, &now).into_iter().filter(|part| part.change == diff::Change::Removed);
    changed.extend(removed.map(|part| ChangedPart { part: part.part, new: Vec::new(), gone: Vec::new() }));
    (unchanged, changed)
}

/// The lines of a part that it had before, and what changed.
fn lines(part: &Part, before: Option<&Part>) -> (String, ChangedPart) {
    let was: Vec<&str> = before.map_or_else(Vec::new, |before| before.text.lines().collect());
    let is: Vec<&str> = part.text.lines().collect();
    let mut told = ChangedPart { part: part.id.clone(), new: Vec::new(), gone: Vec::new() };
    let mut same = Vec::new();
    for op in similar::capture_diff_slices(Algorithm::Patience, &was, &is) {
        for change in op.iter_changes(&was, &is) {
            let line = change.value();
            match change.tag() {
                ChangeTag::Equal => same.push(line),
                ChangeTag::Insert if !line.trim().is_empty() => told.new.push(line.to_owned()),
                ChangeTag::Delete if !line.trim().is_empty() => told.gone.push(line.to_owned()),
                ChangeTag::Insert | ChangeTag::Delete => {}
            }
        }
    }
    (same.join("\n"), told)
}

/// Whether each quotation stands in the story, and where nothing changed. Who quotes nothing rests on nothing that could change.
fn stand(evidence: &[CheckedEvidence], unchanged: &Haystack, whole: &Haystack) -> bool {
    let stands = |said: &CheckedEvidence| {
        unchanged.find(&said.quote, &said.source).is_some() && whole.find(&said.quote, &said.source).is_some()
    };
    evidence.iter().all(stands)
}

/// Whether a criterion is what it was, whatever the checks say of it now.
fn says_the_same(was: &Criterion, now: &Criterion) -> bool {
    was.id == now.id && ProposedCriterion::from(was) == ProposedCriterion::from(now)
}

fn usable(new: Testable, kept: Testable) -> Testable {
    // Somebody who saw the changed lines alone cannot say that nothing can be tested.
    if new == Testable::No { kept } else { new }
}

fn united(mut kept: Vec<Evidence>, new: Vec<Evidence>) -> Vec<Evidence> {
    let more: Vec<Evidence> = new.into_iter().filter(|said| !kept.contains(said)).collect();
    kept.extend(more);
    kept
}

#[cfg(test)]
mod tests;
