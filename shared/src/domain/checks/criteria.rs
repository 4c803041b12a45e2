//! A reply with criteria, checked.

use super::foreign;
use super::ids;
use super::ladder::Ladder;
use super::remark::{self, cut};
use super::scope;
use super::sieve::{Failed, Sieve, unanswered};
use crate::domain::criterion::{CriteriaSet, Criterion, Question};
use crate::domain::language::Language;
use crate::domain::normal;
use crate::domain::reply::{CriteriaReply, ProposedCriterion, ProposedQuestion};
use crate::domain::story::Story;

/// What passed, and what may be asked for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedCriteria {
    /// The criteria that passed, with ids; those that can never pass are in `dropped`.
    pub set: CriteriaSet,
    /// The others.
    pub failed: Vec<Failed<ProposedCriterion>>,
}

/// Checks a reply. Unchanged criteria keep the ids they have in `previous`.
#[must_use]
pub fn criteria(story: &Story, language: Language, reply: CriteriaReply, previous: Option<&CriteriaSet>) -> CheckedCriteria {
    let spoken = spoken(language, &reply);
    let haystack = normal::Haystack::new(story);
    let mut findings = remark::about(story);
    let mut set = CriteriaSet {
        language: spoken,
        testable: reply.testable,
        reasons: lines(&foreign::lines(&reply.testable_reasons, "reason", &haystack, &mut findings)),
        criteria: Vec::new(),
        out_of_scope: Vec::new(),
        questions: Vec::new(),
        warnings: lines(&foreign::lines(&reply.warnings, "warning", &haystack, &mut findings)),
        findings,
        dropped: Vec::new(),
    };
    if spoken != language {
        set.findings.push(remark::in_other_language(language, spoken, "so the model answered"));
    }
    let (out_of_scope, unfounded) = scope::verified(reply.out_of_scope, &haystack);
    set.out_of_scope = out_of_scope;
    remark::add_new(&mut set.findings, unfounded);
    let asked = foreign::questions(reply.questions, &haystack, &mut set.findings);
    add_questions(&mut set.questions, asked, previous.map_or(&[], |set| &set.questions));
    let ladder = Ladder::for_criteria(haystack, set.language, &set.out_of_scope);
    let mut sieve = Sieve::<Criterion>::new(&ladder, Vec::new(), Vec::new());
    sieve.sift_if(reply.testable, reply.criteria);
    finish(set, sieve, previous)
}

/// Checks the reply to a repair and adds what passes now to what passed before.
#[must_use]
pub fn repair_criteria(
    story: &Story,
    before: CheckedCriteria,
    reply: CriteriaReply,
    previous: Option<&CriteriaSet>,
) -> CheckedCriteria {
    let CheckedCriteria { mut set, failed } = before;
    let haystack = normal::Haystack::new(story);
    let warnings = foreign::lines(&reply.warnings, "warning", &haystack, &mut set.findings);
    add_lines(&mut set.warnings, &warnings);
    let asked = foreign::questions(reply.questions, &haystack, &mut set.findings);
    add_questions(&mut set.questions, asked, previous.map_or(&[], |set| &set.questions));
    let ladder = Ladder::for_criteria(haystack, set.language, &set.out_of_scope);
    let mut sieve = sieve(&ladder, &mut set);
    sieve.failed = unanswered::<Criterion>(failed, &reply.criteria);
    sieve.sift_if(set.testable, reply.criteria);
    finish(set, sieve, previous)
}

/// Decides about what failed for good: kept as proposed with its findings where it is well-formed, else dropped.
#[must_use]
pub fn settle_criteria(story: &Story, checked: CheckedCriteria, previous: Option<&CriteriaSet>) -> CriteriaSet {
    let CheckedCriteria { mut set, failed } = checked;
    if failed.is_empty() {
        return set;
    }
    let ladder = Ladder::for_criteria(normal::Haystack::new(story), set.language, &set.out_of_scope);
    let mut sieve = sieve(&ladder, &mut set);
    sieve.settle(failed);
    finish(set, sieve, previous).set
}

fn sieve<'a>(ladder: &'a Ladder<'a>, set: &mut CriteriaSet) -> Sieve<'a, Criterion> {
    Sieve::new(ladder, std::mem::take(&mut set.criteria), std::mem::take(&mut set.dropped))
}

fn finish(mut set: CriteriaSet, sieve: Sieve<'_, Criterion>, previous: Option<&CriteriaSet>) -> CheckedCriteria {
    let (criteria, failed, dropped) = sieve.finish(previous.map_or(&[], |set| &set.criteria));
    set.criteria = criteria;
    set.dropped = dropped;
    CheckedCriteria { set, failed }
}

/// The language of a reply: what it says it is if its words agree, else what was asked for.
fn spoken(asked: Language, reply: &CriteriaReply) -> Language {
    let claimed = Language::from_code(&reply.language).unwrap_or(asked);
    if claimed == asked {
        return asked;
    }
    let lines =
        reply.criteria.iter().flat_map(|item| [&item.title].into_iter().chain(&item.given).chain(&item.when).chain(&item.then));
    let words: Vec<&str> = lines.map(String::as_str).collect();
    if Language::detect(&words.join(". ")) == claimed { claimed } else { asked }
}

/// Questions that are not there yet, on one line each, with ids.
pub(super) fn add_questions(questions: &mut Vec<Question>, more: Vec<ProposedQuestion>, previous: &[Question]) {
    let mut known: Vec<String> = questions.iter().map(|other| normal::text(&other.text)).collect();
    for asked in more {
        let question = Question { id: String::new(), text: cut(&asked.text, 500), why: cut(&asked.why, 500) };
        let words = normal::text(&question.text);
        if !words.is_empty() && questions.len() < 50 && !known.contains(&words) {
            known.push(words);
            questions.push(question);
        }
    }
    ids::assign_questions(questions, previous);
}

/// Lines that say something, not too long and not too many.
pub(super) fn lines(texts: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    add_lines(&mut lines, texts);
    lines
}

/// Adds the lines that are not there yet.
pub(super) fn add_lines(lines: &mut Vec<String>, more: &[String]) {
    for text in more.iter().map(|text| cut(text, 500)) {
        if !text.is_empty() && lines.len() < 50 && !lines.contains(&text) {
            lines.push(text);
        }
    }
}
