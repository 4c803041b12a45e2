use super::fixture::*;
use crate::domain::checks::{
    in_other_language, mark_outdated, recheck_criteria, recheck_suite, scenarios, settle_criteria, settle_suite,
};
use crate::domain::criterion::CriteriaSet;
use crate::domain::evidence::Origin;
use crate::domain::finding::FindingCode::*;
use crate::domain::language::Language;
use crate::domain::scenario::{Step, Suite};

#[test]
fn rechecking_what_was_checked_changes_nothing() {
    let mut made_up = locked();
    made_up.when = texts(&["a password is wrong 99 times"]);
    let mut baseless = link();
    baseless.evidence = vec![quote("description", "never said")];
    let set = settle_criteria(&story(), checked(vec![made_up, baseless, locked()]), None);
    assert_eq!(recheck_criteria(&story(), set.clone(), &[]), Ok(set.clone()));
    let all = vec![
        scenario("A", "the link is opened", "a page is shown", &["AC-1", "AC-9"]),
        scenario("B", "a mail is asked for", "it works", &["AC-2"]),
    ];
    let suite = settle_suite(&story(), &set, scenarios(&story(), &set, suite_reply(all), None), None);
    assert_eq!(recheck_suite(&story(), &set, suite.clone(), &[]), Ok(suite));
}

#[test]
fn an_edit_that_code_cannot_verify_is_kept_as_proposed() {
    let mut set = set();
    set.criteria[0].when = texts(&["When a password is wrong 7 times"]);
    let kept = recheck_criteria(&story(), set, &[]).expect("kept");
    assert_eq!((kept.criteria[0].origin, codes(&kept.criteria[0].findings)), (Origin::Proposed, vec![NumberNotInStory]));
    assert!(kept.criteria[0].gherkin.starts_with("@AC-1 @proposed\nScenario: Lock\n  When a password is wrong 7 times\n"));
    assert_eq!(recheck_criteria(&story(), kept.clone(), &[]), Ok(kept));
}

#[test]
fn a_proposal_can_be_edited_into_a_stated_criterion() {
    let mut made_up = locked();
    made_up.when = texts(&["a password is wrong 99 times"]);
    let mut set = settle_criteria(&story(), checked(vec![made_up]), None);
    set.criteria[0].when = texts(&["a password is wrong 3 times"]);
    set.criteria[0].origin = Origin::Stated;
    let fixed = recheck_criteria(&story(), set, &[]).expect("fixed");
    assert_eq!((fixed.criteria[0].origin, fixed.criteria[0].findings.len()), (Origin::Stated, 0));
}

#[test]
fn an_edit_cannot_claim_that_a_quotation_was_verified() {
    let mut set = set();
    set.criteria[0].evidence[0].quote = "never said".into();
    set.criteria[0].evidence[0].verified = true;
    let kept = recheck_criteria(&story(), set, &[]).expect("kept");
    assert!(!kept.criteria[0].evidence[0].verified);
    assert_eq!(kept.criteria[0].origin, Origin::Proposed);
}

#[test]
fn what_cannot_be_rendered_or_told_apart_is_refused_by_name() {
    let mut set = set();
    set.criteria[0].then = texts(&[" "]);
    set.criteria[1].id = "AC-1".into();
    let wrong = recheck_criteria(&story(), set, &[]).expect_err("refused");
    assert_eq!(codes(&wrong), [Malformed, GherkinStepOrder]);
    assert!(wrong.iter().all(|finding| finding.item == "AC-1"));
}

#[test]
fn new_items_of_an_edit_get_ids_and_gone_ones_leave_coverage() {
    let set = set();
    let all = vec![
        scenario("A", "the link is opened", "a page is shown", &["AC-1"]),
        scenario("B", "a form is sent", "the form is stored", &["AC-2"]),
    ];
    let mut suite = scenarios(&story(), &set, suite_reply(all), None).suite;
    suite.scenarios[0].id.clear();
    suite.scenarios.truncate(1);
    let kept = recheck_suite(&story(), &set, suite.clone(), &[]).expect("kept");
    assert_eq!((kept.scenarios[0].id.as_str(), kept.coverage.covered), ("TS-1", 1));
    suite.scenarios[0].covers = texts(&["AC-77"]);
    assert_eq!(codes(&recheck_suite(&story(), &set, suite, &[]).expect_err("refused")), [ReferenceUnknown]);
}

#[test]
fn a_language_that_was_not_asked_for_is_told_after_every_edit() {
    let told = |language| in_other_language(language, Language::English, "so it is");
    let mut set = set();
    set.findings.push(told(Language::German));
    assert_eq!(codes(&recheck_criteria(&story(), set.clone(), &[]).expect("kept").findings), [LanguageNotAsked]);
    let all = vec![scenario("A", "the link is opened", "a page is shown", &["AC-1"])];
    let mut suite = settle_suite(&story(), &set, scenarios(&story(), &set, suite_reply(all), None), None);
    suite.findings.push(told(Language::German));
    let kept = recheck_suite(&story(), &set, suite, &[]).expect("kept");
    assert!(codes(&kept.findings).contains(&LanguageNotAsked), "{:?}", kept.findings);
}

#[test]
fn a_scenario_that_outlived_its_criterion_is_pointed_at_until_it_is_edited() {
    let before = set();
    let all = vec![scenario("A", "the link is opened", "a page is shown", &["AC-1"])];
    let written = settle_suite(&story(), &before, scenarios(&story(), &before, suite_reply(all), None), None);
    let mut edited = before.clone();
    edited.criteria[0].then = texts(&["something else is shown"]);
    let after = recheck_criteria(&story(), edited, &[]).expect("kept");
    let recheck = |mut suite: Suite, suite_before: &Suite, before: &CriteriaSet| {
        suite = recheck_suite(&story(), &after, suite, &[]).expect("kept");
        mark_outdated(before, suite_before, &after, &mut suite);
        suite
    };
    let is_marked = |suite: &Suite| codes(&suite.scenarios[0].findings).contains(&CriterionChanged);
    let marked = recheck(written.clone(), &written, &before);
    assert!(is_marked(&marked));

    // What is computed may be left out of an edit.
    let mut bare = marked.clone();
    bare.scenarios[0].findings.clear();
    bare.scenarios[0].gherkin.clear();
    assert!(is_marked(&recheck(bare, &marked, &after)));

    let mut mended = marked.clone();
    mended.scenarios[0].then = texts(&["something else is shown"]);
    assert!(!is_marked(&recheck(mended, &marked, &after)));
}

#[test]
fn steps_and_gherkin_that_were_not_edited_together_are_pointed_at_until_they_agree() {
    let criteria = set();
    let all = vec![scenario("A", "the link is opened", "a page is shown", &["AC-1"])];
    let before = settle_suite(&story(), &criteria, scenarios(&story(), &criteria, suite_reply(all), None), None);
    let edited = |mut suite: Suite, before: &Suite| {
        suite = recheck_suite(&story(), &criteria, suite, &[]).expect("kept");
        mark_outdated(&criteria, before, &criteria, &mut suite);
        suite
    };
    let is_marked = |suite: &Suite| codes(&suite.scenarios[0].findings).contains(&StepsDisagree);
    assert!(!is_marked(&edited(before.clone(), &before)));

    let mut half = before.clone();
    half.scenarios[0].then = texts(&["another page is shown"]);
    let half = edited(half, &before);
    assert!(is_marked(&half));
    assert!(is_marked(&edited(half.clone(), &half)), "nobody mended it");
    let mut whole = half.clone();
    whole.scenarios[0].steps =
        vec![Step { action: "open the link".into(), data: String::new(), expected: "another page".into() }];
    assert!(!is_marked(&edited(whole, &half)));

    let mut both = before.clone();
    both.scenarios[0].then = texts(&["another page is shown"]);
    both.scenarios[0].steps.push(Step { action: "look".into(), data: String::new(), expected: "another page".into() });
    assert!(!is_marked(&edited(both, &before)));
}
