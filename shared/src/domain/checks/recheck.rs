//! What a person edited, checked again. A person may keep what code cannot verify; what cannot be rendered or told apart may not.

use std::collections::BTreeSet;

use super::checked::Checked;
use super::criteria::lines;
use super::duplicates::{self, Shape};
use super::ladder::Ladder;
use super::remark::{self, add_new, clip, error, soften};
use super::sieve::{finish, is_structural};
use super::{ids, scope, suite};
use crate::domain::criterion::{CriteriaSet, Criterion, Question, Testable};
use crate::domain::evidence::Origin;
use crate::domain::finding::{Finding, FindingCode, Severity};
use crate::domain::normal;
use crate::domain::scenario::{Scenario, Suite};
use crate::domain::story::Story;

/// Checks an edited set of criteria. What has no id gets that of a criterion of `before` with its words, else the next number
/// that none of them has.
///
/// # Errors
/// What makes it unusable, each finding naming its item: an id twice, no `Then`, a table that does not fit.
pub fn recheck_criteria(story: &Story, edited: CriteriaSet, before: &[Criterion]) -> Result<CriteriaSet, Vec<Finding>> {
    let mut set = edited;
    let ladder = Ladder::for_criteria(normal::Haystack::new(story), set.language, &set.out_of_scope);
    let criteria = recheck_items(&ladder, std::mem::take(&mut set.criteria), before);
    let (criteria, questions) = both(criteria, recheck_questions(std::mem::take(&mut set.questions)))?;
    set.criteria = criteria;
    set.questions = questions;
    set.reasons = lines(&set.reasons);
    set.out_of_scope.retain(|said| !said.quote.trim().is_empty());
    let mut findings = remark::about(story);
    findings.extend(
        set.out_of_scope.iter().filter(|said| ladder.story.find(&said.quote, &said.source).is_none()).map(scope::unfounded),
    );
    if set.testable == Testable::No && !set.criteria.is_empty() {
        let message = "The story is called not testable but has criteria; call it partly testable, or remove them.";
        findings.push(remark::warning(FindingCode::StoryNotTestable, message));
    }
    set.findings = carried(std::mem::take(&mut set.findings), findings, |old| {
        matches!(old.code, FindingCode::EvidenceNotFound | FindingCode::LanguageNotAsked | FindingCode::ForeignText)
    });
    Ok(set)
}

/// Checks an edited suite against the criteria it covers; ids as for criteria.
///
/// # Errors
/// What makes it unusable, each finding naming its item: an id twice, no `Then`, a criterion that does not exist, an existing test that is not named.
pub fn recheck_suite(story: &Story, criteria: &CriteriaSet, edited: Suite, before: &[Scenario]) -> Result<Suite, Vec<Finding>> {
    let mut suite = edited;
    let ladder = Ladder::for_scenarios(story, suite.language, criteria);
    let scenarios = recheck_items(&ladder, std::mem::take(&mut suite.scenarios), before);
    let (scenarios, questions) = both(scenarios, recheck_questions(std::mem::take(&mut suite.questions)))?;
    suite.scenarios = scenarios;
    suite.questions = questions;
    let told = std::mem::take(&mut suite.findings);
    suite::cover(story, criteria, &mut suite);
    suite.findings = carried(told, std::mem::take(&mut suite.findings), |old| {
        matches!(old.code, FindingCode::LanguageNotAsked | FindingCode::ForeignText)
    });
    Ok(suite)
}

/// Both results, or all that is wrong with either.
fn both<A, B>(left: Result<A, Vec<Finding>>, right: Result<B, Vec<Finding>>) -> Result<(A, B), Vec<Finding>> {
    match (left, right) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        (Err(mut left), Err(right)) => {
            left.extend(right);
            Err(left)
        }
        (Err(wrong), Ok(_)) | (Ok(_), Err(wrong)) => Err(wrong),
    }
}

fn recheck_items<T: Checked>(ladder: &Ladder<'_>, items: Vec<T>, before: &[T]) -> Result<Vec<T>, Vec<Finding>> {
    let mut wrong = wrong_ids(T::PREFIX, items.iter().map(T::id));
    let mut kept: Vec<T> = Vec::with_capacity(items.len());
    let mut shapes: Vec<Shape> = Vec::with_capacity(items.len());
    for mut item in items {
        item.tidy(ladder.language);
        let rendered = item.render(ladder.language);
        let untouched = *item.verdict().gherkin == rendered;
        let mut findings = ladder.climb(&mut item);
        let unusable = |finding: &&Finding| {
            let is_unusable = matches!(finding.code, FindingCode::ReferenceUnknown | FindingCode::RelationMissing);
            finding.severity == Severity::Error && (is_structural(finding) || is_unusable)
        };
        let name = if item.id().is_empty() { clip(item.item().title) } else { item.id().to_owned() };
        wrong.extend(findings.iter().filter(unusable).map(|finding| Finding { item: name.clone(), ..finding.clone() }));
        let shape = Shape::of(&item.item(), &ladder.story);
        let first = shapes.iter().position(|other| other.is_same(&shape)).and_then(|at| kept.get(at));
        findings.extend(first.map(|first| duplicates::finding(&first.item())));
        shapes.push(shape);
        let verdict = item.verdict();
        if findings.iter().any(|finding| finding.severity == Severity::Error && is_unfounded(finding)) {
            *verdict.origin = Origin::Proposed;
        }
        soften(&mut findings);
        let all_found = !verdict.evidence.is_empty() && verdict.evidence.iter().all(|said| said.verified);
        let old = std::mem::take(verdict.findings);
        *verdict.findings = carried(old, findings, |old| untouched && !all_found_now(old, all_found) && is_sticky(old));
        kept.push(item);
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    ids::assign(&mut kept, before);
    for item in &mut kept {
        finish(item, ladder);
    }
    Ok(kept)
}

/// Whether a finding says that the story does not bear the item out.
fn is_unfounded(finding: &Finding) -> bool {
    use FindingCode::{EvidenceMissing, EvidenceNotFound, NumberNotInStory, StoryInstructions, TextNotInStory};
    matches!(finding.code, EvidenceMissing | EvidenceNotFound | NumberNotInStory | StoryInstructions | TextNotInStory)
}

/// Whether a finding tells of what the item itself no longer shows.
fn is_sticky(finding: &Finding) -> bool {
    use FindingCode::{CriterionChanged, ReferenceUnknown, RelationMissing, RelationUnknown};
    is_unfounded(finding) || matches!(finding.code, ReferenceUnknown | RelationMissing | RelationUnknown | CriterionChanged)
}

fn all_found_now(finding: &Finding, all_found: bool) -> bool {
    all_found && matches!(finding.code, FindingCode::EvidenceMissing | FindingCode::EvidenceNotFound)
}

/// Old findings that still hold or are to stay, in their order, then the new ones.
fn carried(old: Vec<Finding>, new: Vec<Finding>, stays: impl Fn(&Finding) -> bool) -> Vec<Finding> {
    let same = |old: &Finding, new: &Finding| (old.code, old.severity, &old.message) == (new.code, new.severity, &new.message);
    let mut findings: Vec<Finding> = Vec::new();
    add_new(&mut findings, old.into_iter().filter(|old| stays(old) || new.iter().any(|new| same(old, new))));
    let more: Vec<Finding> =
        new.into_iter().filter(|new| !findings.iter().any(|old| (old.code, &old.message) == (new.code, &new.message))).collect();
    add_new(&mut findings, more);
    findings.truncate(100);
    findings
}

fn wrong_ids<'a>(prefix: &str, given: impl Iterator<Item = &'a str>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for id in given.filter(|id| !id.is_empty()) {
        let finding = |message: String| Finding { item: id.to_owned(), ..error(FindingCode::Malformed, message) };
        if ids::number(prefix, id).is_none() {
            wrong.push(finding(format!(
                "The id {} is not of the form {prefix}-1; correct it, or leave it empty to get one.",
                clip(id)
            )));
        }
        if !seen.insert(id) {
            wrong.push(finding(format!("The id {} is there twice; leave one empty to get a new one.", clip(id))));
        }
    }
    wrong
}

fn recheck_questions(questions: Vec<Question>) -> Result<Vec<Question>, Vec<Finding>> {
    let wrong = wrong_ids("Q", questions.iter().map(|question| question.id.as_str()));
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut questions = questions;
    for question in &mut questions {
        question.text = remark::cut(&question.text, 500);
        question.why = remark::cut(&question.why, 500);
    }
    questions.retain(|question| !question.text.is_empty());
    ids::assign_questions(&mut questions, &[]);
    Ok(questions)
}
