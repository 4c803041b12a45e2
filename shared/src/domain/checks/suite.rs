//! A reply with scenarios, checked.

use super::coverage::coverage;
use super::criteria::{add_lines, add_questions};
use super::foreign;
use super::ladder::Ladder;
use super::remark;
use super::sieve::{Failed, Sieve, unanswered};
use crate::domain::criterion::CriteriaSet;
use crate::domain::reply::{ProposedQuestion, ProposedScenario, ScenariosReply};
use crate::domain::scenario::{Coverage, Scenario, Suite};
use crate::domain::story::Story;

/// What passed, and what may be asked for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedSuite {
    /// The scenarios that passed, with ids and coverage; those that can never pass are in `dropped`.
    pub suite: Suite,
    /// The others.
    pub failed: Vec<Failed<ProposedScenario>>,
}

/// Checks a reply. Unchanged scenarios keep the ids they have in `previous`.
#[must_use]
pub fn scenarios(story: &Story, criteria: &CriteriaSet, reply: ScenariosReply, previous: Option<&Suite>) -> CheckedSuite {
    let mut suite = Suite {
        language: criteria.language,
        scenarios: Vec::new(),
        coverage: Coverage::default(),
        questions: Vec::new(),
        warnings: Vec::new(),
        findings: Vec::new(),
        dropped: Vec::new(),
    };
    let ladder = Ladder::for_scenarios(story, suite.language, criteria);
    remark_on_the_whole(&mut suite, &ladder, &reply.warnings, reply.questions, previous);
    let mut sieve = Sieve::<Scenario>::new(&ladder, Vec::new(), Vec::new());
    sieve.sift_if(criteria.testable, reply.scenarios);
    finish(story, criteria, suite, sieve, previous)
}

/// Checks the reply to a repair and adds what passes now to what passed before.
#[must_use]
pub fn repair_scenarios(
    story: &Story,
    criteria: &CriteriaSet,
    before: CheckedSuite,
    reply: ScenariosReply,
    previous: Option<&Suite>,
) -> CheckedSuite {
    let CheckedSuite { mut suite, failed } = before;
    let ladder = Ladder::for_scenarios(story, suite.language, criteria);
    remark_on_the_whole(&mut suite, &ladder, &reply.warnings, reply.questions, previous);
    let mut sieve = sieve(&ladder, &mut suite);
    sieve.failed = unanswered::<Scenario>(failed, &reply.scenarios);
    sieve.sift_if(criteria.testable, reply.scenarios);
    finish(story, criteria, suite, sieve, previous)
}

/// Decides about what failed for good: kept as proposed with its findings where it is well-formed, else dropped.
#[must_use]
pub fn settle_suite(story: &Story, criteria: &CriteriaSet, checked: CheckedSuite, previous: Option<&Suite>) -> Suite {
    let CheckedSuite { mut suite, failed } = checked;
    if failed.is_empty() {
        return suite;
    }
    let ladder = Ladder::for_scenarios(story, suite.language, criteria);
    let mut sieve = sieve(&ladder, &mut suite);
    sieve.settle(failed);
    finish(story, criteria, suite, sieve, previous).suite
}

/// Takes over warnings and questions.
fn remark_on_the_whole(
    suite: &mut Suite,
    ladder: &Ladder<'_>,
    warnings: &[String],
    questions: Vec<ProposedQuestion>,
    previous: Option<&Suite>,
) {
    add_lines(&mut suite.warnings, &foreign::lines(warnings, "warning", &ladder.story, &mut suite.findings));
    let asked = foreign::questions(questions, &ladder.story, &mut suite.findings);
    add_questions(&mut suite.questions, asked, previous.map_or(&[], |suite| &suite.questions));
}

fn sieve<'a>(ladder: &'a Ladder<'a>, suite: &mut Suite) -> Sieve<'a, Scenario> {
    Sieve::new(ladder, std::mem::take(&mut suite.scenarios), std::mem::take(&mut suite.dropped))
}

fn finish(
    story: &Story,
    criteria: &CriteriaSet,
    mut suite: Suite,
    sieve: Sieve<'_, Scenario>,
    previous: Option<&Suite>,
) -> CheckedSuite {
    let (scenarios, failed, dropped) = sieve.finish(previous.map_or(&[], |suite| &suite.scenarios));
    suite.scenarios = scenarios;
    suite.dropped = dropped;
    cover(story, criteria, &mut suite);
    CheckedSuite { suite, failed }
}

/// Computes coverage and the findings about the whole anew.
pub(super) fn cover(story: &Story, criteria: &CriteriaSet, suite: &mut Suite) {
    suite.coverage = coverage(&criteria.criteria, &suite.scenarios);
    let mut findings = remark::about(story);
    findings.extend(std::mem::take(&mut suite.findings).into_iter().filter(foreign::is_foreign));
    suite.findings = findings;
    let open = suite.coverage.rows.iter().filter(|row| row.scenarios.is_empty());
    let open = open.filter_map(|row| criteria.criteria.iter().find(|criterion| criterion.id == row.criterion));
    suite.findings.extend(open.map(remark::uncovered));
}
