use super::fixture::*;
use crate::domain::checks::{CheckedSuite, criteria, scenarios};
use crate::domain::criterion::{CriteriaSet, CriterionKind, Examples, Testable};
use crate::domain::evidence::Origin;
use crate::domain::finding::FindingCode::{self, *};
use crate::domain::language::Language;
use crate::domain::reply::{ProposedCriterion, ProposedScenario};
use crate::domain::scenario::{Step, Technique};

fn fails_with(change: impl FnOnce(&mut ProposedCriterion)) -> Vec<FindingCode> {
    let mut proposal = locked();
    change(&mut proposal);
    let checked = checked(vec![proposal]);
    assert!(checked.set.dropped.is_empty(), "{:?}", checked.set.dropped);
    checked.failed.iter().flat_map(|failed| codes(&failed.findings)).collect()
}

fn suite(all: Vec<ProposedScenario>) -> CheckedSuite {
    scenarios(&story(), &set(), suite_reply(all), None)
}

#[test]
fn a_sound_criterion_passes_with_id_and_gherkin() {
    let checked = checked(vec![locked()]);
    assert!(checked.failed.is_empty(), "{:?}", checked.failed);
    let item = &checked.set.criteria[0];
    assert_eq!((item.id.as_str(), item.evidence[0].verified, item.findings.len()), ("AC-1", true, 0));
    assert!(item.gherkin.starts_with("@AC-1 @stated\nScenario: Lock\n  When a password"), "{}", item.gherkin);
}

#[test]
fn form_wants_a_title_short_steps_and_no_draft_marks() {
    assert_eq!(fails_with(|item| item.title = " \n".into()), [Malformed]);
    assert_eq!(fails_with(|item| item.title = "x".repeat(300)), [Malformed]);
    assert_eq!(fails_with(|item| item.when = vec!["x".repeat(5_000)]), [Malformed]);
    assert_eq!(fails_with(|item| item.then = texts(&["TBD"])), [Malformed]);
}

#[test]
fn form_wants_a_table_that_fits_its_steps() {
    let table =
        |header: &[&str], rows: &[&[&str]]| Examples { header: texts(header), rows: rows.iter().map(|row| texts(row)).collect() };
    assert_eq!(fails_with(|item| item.examples = table(&["n"], &[&["3", "4"]])), [Malformed, Malformed]);
    assert_eq!(fails_with(|item| item.examples = table(&["n"], &[])), [Malformed]);
    let uses = |item: &mut ProposedCriterion, examples| {
        item.when = texts(&["a password is wrong <tries> times"]);
        item.examples = examples;
    };
    assert_eq!(fails_with(|item| uses(item, table(&["n", "tries "], &[&["3", "3"]]))), []);
    assert_eq!(fails_with(|item| uses(item, table(&["n"], &[&["3"]]))), [Malformed, Malformed]);
}

#[test]
fn syntax_wants_when_and_then() {
    assert_eq!(fails_with(|item| item.then = texts(&["", "Then"])), [GherkinStepOrder]);
    assert_eq!(fails_with(|item| item.when.clear()), [GherkinStepOrder]);
}

#[test]
fn evidence_found_elsewhere_gets_its_true_source() {
    let mut proposal = criterion("Mail", "a reset is asked for", "a mail is sent", "sent within 5 minutes");
    proposal.evidence[0].source = "description".into();
    assert_eq!(checked(vec![proposal]).set.criteria[0].evidence[0].source, "comment:7");
}

#[test]
fn stated_needs_a_quotation_and_derived_a_rule_or_one() {
    assert_eq!(fails_with(|item| item.evidence.clear()), [EvidenceMissing]);
    assert_eq!(fails_with(|item| item.evidence[0].quote = "never said".into()), [EvidenceNotFound]);
    let derived = |item: &mut ProposedCriterion, rule: &str| {
        item.origin = Origin::Derived;
        item.evidence.clear();
        item.rule = rule.into();
    };
    assert_eq!(fails_with(|item| derived(item, "")), [EvidenceMissing]);
    assert_eq!(fails_with(|item| derived(item, "locked after 3")), []);
    assert_eq!(fails_with(|item| (item.origin, item.evidence) = (Origin::Proposed, vec![])), []);
}

#[test]
fn a_quotation_that_is_lost_beside_one_that_is_found_is_only_pointed_at() {
    let mut proposal = locked();
    proposal.evidence.push(quote("description", "never said"));
    let set = checked(vec![proposal]).set;
    assert_eq!(codes(&set.criteria[0].findings), [EvidenceNotFound]);
    assert_eq!(set.criteria[0].findings[0].item, "AC-1");
}

#[test]
fn numbers_and_quoted_texts_of_stated_items_are_in_the_story() {
    assert_eq!(fails_with(|item| item.when = texts(&["a password is wrong 4 times"])), [NumberNotInStory]);
    assert_eq!(fails_with(|item| item.when = texts(&["a password is wrong three times"])), []);
    assert_eq!(fails_with(|item| item.then = texts(&["\"Account locked\" is shown"])), [TextNotInStory]);
    assert_eq!(fails_with(|item| item.then = texts(&["“check your INBOX” is shown"])), []);
    assert_eq!(fails_with(|item| (item.origin, item.when) = (Origin::Derived, texts(&["a password is wrong 4 times"]))), []);
}

#[test]
fn a_vague_then_is_told_in_six_languages() {
    use Language::*;
    let cases = [
        (English, "the system works correctly", "the order is successfully stored"),
        (German, "das System funktioniert wie erwartet", "die Bestellung wird korrekt gespeichert"),
        (French, "l'application fonctionne correctement", "la commande est correctement enregistrée"),
        (Spanish, "el sistema funciona correctamente", "el pedido se guarda correctamente en la cuenta"),
        (Dutch, "het systeem werkt zoals verwacht", "de bestelling is correct opgeslagen"),
        (Portuguese, "o sistema funciona corretamente", "a fatura é enviada com sucesso"),
    ];
    for (language, vague, clear) in cases {
        let check = |then: &str| {
            let mut proposal = locked();
            proposal.then = texts(&[then]);
            criteria(&story(), language, reply(vec![proposal]), None).failed
        };
        assert_eq!(check(vague).iter().flat_map(|failed| codes(&failed.findings)).collect::<Vec<_>>(), [ThenVague], "{vague}");
        assert!(check(clear).is_empty(), "{clear}: {:?}", check(clear));
    }
}

#[test]
fn a_duplicate_is_dropped_and_the_first_is_kept() {
    let mut again = locked();
    again.title = "Lock the account".into();
    again.when = texts(&["a Password is wrong 3 times."]);
    let checked = checked(vec![locked(), again, link()]);
    assert_eq!(checked.set.criteria.len(), 2);
    assert_eq!(codes(&checked.set.dropped[0].findings), [Duplicate]);
}

#[test]
fn items_that_differ_in_one_word_that_matters_are_no_duplicates() {
    let role = |role: &str, then: &str| {
        let mut item = locked();
        item.given = vec![format!("a user with the role {role} looks at the list of all orders of the last weeks")];
        item.then = vec![format!("the button for the removal of an order {then} on the page of the order")];
        item
    };
    let all =
        vec![role("admin", "is shown"), role("viewer", "is shown"), role("admin", "is not shown"), role("admin", "is hidden")];
    assert_eq!(checked(all).set.criteria.len(), 4);
}

#[test]
fn boundary_scenarios_differ_by_their_numbers_and_samples_do_not() {
    let typed = |count: &str, technique| {
        let mut item =
            scenario("Length", &format!("a password of {count} characters is entered"), "the password is refused", &["AC-1"]);
        item.technique = technique;
        item
    };
    assert_eq!(suite(vec![typed("7", Technique::Boundary), typed("65", Technique::Boundary)]).suite.scenarios.len(), 2);
    assert_eq!(suite(vec![typed("90", Technique::Data), typed("91", Technique::Data)]).suite.scenarios.len(), 1);
}

#[test]
fn a_duplicate_scenario_leaves_its_coverage_behind() {
    let both = suite(vec![
        scenario("A", "the link is opened", "a page is shown", &["AC-1"]),
        scenario("B", "the link is opened", "a page is shown", &["AC-2"]),
    ]);
    assert_eq!(both.suite.scenarios[0].covers, ["AC-1", "AC-2"]);
    assert_eq!((both.suite.coverage.covered, both.suite.dropped.len()), (2, 1));
    assert!(both.suite.scenarios[0].gherkin.starts_with("@TS-1 @AC-1 @AC-2 @happy @derived\n"));
}

#[test]
fn what_the_story_excludes_is_dropped_and_a_refusal_of_it_pointed_at() {
    let sms = criterion("Password reset by SMS", "a reset is asked for", "an SMS is sent", "reset my password");
    let mut refusal = sms.clone();
    refusal.kind = CriterionKind::Negative;
    refusal.then = texts(&["no choice of SMS is offered"]);
    let mut reply = reply(vec![sms, refusal, locked()]);
    reply.out_of_scope =
        vec![quote("summary", "Out of scope: password reset by SMS"), quote("description", "nothing of the kind")];
    let set = criteria(&story(), Language::English, reply, None).set;
    assert_eq!(codes(&set.dropped[0].findings), [OutOfScope]);
    assert_eq!((set.criteria.len(), codes(&set.criteria[0].findings)), (2, vec![OutOfScope]));
    assert_eq!((set.out_of_scope.len(), set.out_of_scope[0].source.as_str()), (1, "description"));
    assert_eq!(codes(&set.findings), [EvidenceNotFound]);
}

#[test]
fn a_scenario_names_criteria_that_exist_however_it_spells_them() {
    let checked = suite(vec![
        scenario("A", "the link is opened", "a page is shown", &["ac1", "[AC-01]", "AC 2"]),
        scenario("B", "a mail is asked for", "the mail arrives", &["AC-9"]),
        scenario("C", "a form is sent", "the form is stored", &[]),
    ]);
    assert_eq!(checked.suite.scenarios[0].covers, ["AC-1", "AC-2"]);
    assert_eq!(codes(&checked.failed[0].findings), [ReferenceUnknown, EvidenceMissing]);
    assert_eq!(codes(&checked.failed[1].findings), [ReferenceMissing, EvidenceMissing]);
}

#[test]
fn a_testers_steps_are_held_to_the_story_as_well() {
    let mut stated = scenario("A", "the link is opened", "a page is shown", &["AC-1"]);
    stated.origin = Origin::Stated;
    stated.evidence = vec![quote("description", "The link is valid")];
    stated.steps = vec![Step { action: "Wait".into(), data: "25 hours".into(), expected: String::new() }];
    assert_eq!(codes(&suite(vec![stated]).failed[0].findings), [NumberNotInStory]);
}

#[test]
fn a_story_that_cannot_be_tested_yields_nothing_but_questions() {
    let mut reply = reply(vec![locked()]);
    reply.testable = Testable::No;
    let checked = criteria(&story(), Language::English, reply, None);
    assert!(checked.failed.is_empty() && checked.set.criteria.is_empty());
    assert_eq!(codes(&checked.set.dropped[0].findings), [StoryNotTestable]);
    let none = CriteriaSet { testable: Testable::No, ..set() };
    let checked = scenarios(&story(), &none, suite_reply(vec![scenario("A", "x is done", "y is seen", &["AC-1"])]), None);
    assert!(checked.failed.is_empty() && checked.suite.scenarios.is_empty());
}
