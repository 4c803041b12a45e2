use super::fixture::*;
use crate::domain::checks::{recheck_criteria, recheck_suite, scenarios, settle_criteria, settle_suite};
use crate::domain::evidence::Origin;
use crate::domain::finding::FindingCode::*;

#[test]
fn rechecking_what_was_checked_changes_nothing() {
    let mut made_up = locked();
    made_up.when = texts(&["a password is wrong 99 times"]);
    let mut baseless = link();
    baseless.evidence = vec![quote("description", "never said")];
    let set = settle_criteria(&story(), checked(vec![made_up, baseless, locked()]), None);
    assert_eq!(recheck_criteria(&story(), set.clone()), Ok(set.clone()));
    let all = vec![
        scenario("A", "the link is opened", "a page is shown", &["AC-1", "AC-9"]),
        scenario("B", "a mail is asked for", "it works", &["AC-2"]),
    ];
    let suite = settle_suite(&story(), &set, scenarios(&story(), &set, suite_reply(all), None), None);
    assert_eq!(recheck_suite(&story(), &set, suite.clone()), Ok(suite));
}

#[test]
fn an_edit_that_code_cannot_verify_is_kept_as_proposed() {
    let mut set = set();
    set.criteria[0].when = texts(&["When a password is wrong 7 times"]);
    let kept = recheck_criteria(&story(), set).expect("kept");
    assert_eq!((kept.criteria[0].origin, codes(&kept.criteria[0].findings)), (Origin::Proposed, vec![NumberNotInStory]));
    assert!(kept.criteria[0].gherkin.starts_with("@AC-1 @proposed\nScenario: Lock\n  When a password is wrong 7 times\n"));
    assert_eq!(recheck_criteria(&story(), kept.clone()), Ok(kept));
}

#[test]
fn a_proposal_can_be_edited_into_a_stated_criterion() {
    let mut made_up = locked();
    made_up.when = texts(&["a password is wrong 99 times"]);
    let mut set = settle_criteria(&story(), checked(vec![made_up]), None);
    set.criteria[0].when = texts(&["a password is wrong 3 times"]);
    set.criteria[0].origin = Origin::Stated;
    let fixed = recheck_criteria(&story(), set).expect("fixed");
    assert_eq!((fixed.criteria[0].origin, fixed.criteria[0].findings.len()), (Origin::Stated, 0));
}

#[test]
fn an_edit_cannot_claim_that_a_quotation_was_verified() {
    let mut set = set();
    set.criteria[0].evidence[0].quote = "never said".into();
    set.criteria[0].evidence[0].verified = true;
    let kept = recheck_criteria(&story(), set).expect("kept");
    assert!(!kept.criteria[0].evidence[0].verified);
    assert_eq!(kept.criteria[0].origin, Origin::Proposed);
}

#[test]
fn what_cannot_be_rendered_or_told_apart_is_refused_by_name() {
    let mut set = set();
    set.criteria[0].then = texts(&[" "]);
    set.criteria[1].id = "AC-1".into();
    let wrong = recheck_criteria(&story(), set).expect_err("refused");
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
    let kept = recheck_suite(&story(), &set, suite.clone()).expect("kept");
    assert_eq!((kept.scenarios[0].id.as_str(), kept.coverage.covered), ("TS-1", 1));
    suite.scenarios[0].covers = texts(&["AC-77"]);
    assert_eq!(codes(&recheck_suite(&story(), &set, suite).expect_err("refused")), [ReferenceUnknown]);
}
