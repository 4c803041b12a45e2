use super::fixture::*;
use crate::domain::checks::{
    criteria, in_other_language, quality, repair_criteria, repair_scenarios, scenarios, settle_criteria, settle_suite,
};
use crate::domain::evidence::Origin;
use crate::domain::finding::{FindingCode::*, Severity};
use crate::domain::language::Language;
use crate::domain::reply::ProposedQuestion;

#[test]
fn unchanged_items_keep_their_ids_and_no_id_is_given_twice() {
    let before = checked(vec![locked(), link()]).set;
    let mut changed = locked();
    changed.title = "Lock it".into();
    let after = criteria(&story(), Language::English, reply(vec![changed, link()]), Some(&before)).set;
    let ids: Vec<_> = after.criteria.iter().map(|item| item.id.as_str()).collect();
    assert_eq!(ids, ["AC-3", "AC-2"]);
}

#[test]
fn questions_keep_their_ids_too() {
    let ask = |text: &str| ProposedQuestion { text: text.into(), why: String::new() };
    let mut first = reply(vec![]);
    first.questions = vec![ask("Who may?"), ask("When?"), ask("when?"), ask(" ")];
    let before = criteria(&story(), Language::English, first, None).set;
    let mut second = reply(vec![]);
    second.questions = vec![ask("How long?"), ask("When?")];
    let after = criteria(&story(), Language::English, second, Some(&before)).set;
    let ids: Vec<_> = after.questions.iter().map(|question| question.id.as_str()).collect();
    assert_eq!((before.questions.len(), ids), (2, vec!["Q-3", "Q-2"]));
}

#[test]
fn a_repair_adds_what_passes_now() {
    let mut wrong = locked();
    wrong.then = texts(&["it works"]);
    let first = checked(vec![wrong, link()]);
    assert_eq!((first.set.criteria.len(), first.failed.len()), (1, 1));
    let second = repair_criteria(&story(), first, reply(vec![locked()]), None);
    assert_eq!((second.set.criteria.len(), second.failed.len()), (2, 0));
    assert_eq!(second.set.criteria[1].id, "AC-2");
}

#[test]
fn what_a_repair_does_not_answer_still_counts_as_failed() {
    let mut wrong = locked();
    wrong.evidence.clear();
    let first = checked(vec![wrong, link()]);
    let second = repair_criteria(&story(), first, reply(vec![]), None);
    assert_eq!(second.failed.len(), 1);
}

#[test]
fn what_still_fails_is_proposed_when_well_formed_and_dropped_otherwise() {
    let mut made_up = locked();
    made_up.when = texts(&["a password is wrong 99 times"]);
    let mut formless = link();
    formless.then.clear();
    let set = settle_criteria(&story(), checked(vec![made_up, formless]), None);
    assert_eq!((set.criteria.len(), set.dropped.len()), (1, 1));
    let item = &set.criteria[0];
    assert_eq!((item.origin, codes(&item.findings)), (Origin::Proposed, vec![NumberNotInStory]));
    assert_eq!((item.findings[0].severity, item.findings[0].item.as_str()), (Severity::Warning, "AC-1"));
    assert!(item.gherkin.contains("@proposed"));
    assert_eq!(codes(&set.dropped[0].findings), [GherkinStepOrder]);
}

#[test]
fn a_settled_scenario_covers_only_what_exists() {
    let first = scenarios(
        &story(),
        &set(),
        suite_reply(vec![scenario("A", "the link is opened", "a page is shown", &["AC-1", "AC-9"])]),
        None,
    );
    let same = first.clone();
    let repaired = repair_scenarios(&story(), &set(), first, suite_reply(vec![]), None);
    assert_eq!(repaired.failed, same.failed);
    let suite = settle_suite(&story(), &set(), repaired, None);
    assert_eq!((suite.scenarios[0].covers.clone(), suite.coverage.covered), (texts(&["AC-1"]), 1));
    assert_eq!(codes(&suite.scenarios[0].findings), [ReferenceUnknown]);
    assert_eq!((codes(&suite.findings), suite.findings[0].item.as_str()), (vec![Uncovered], "AC-2"));
}

#[test]
fn losses_of_the_story_are_told_with_every_result() {
    let mut story = story();
    story.lossy = texts(&["description: cut at 1000 of 4999 characters", "description: an unknown node was left"]);
    let checked = criteria(&story, Language::English, reply(vec![locked()]), None);
    assert_eq!(codes(&checked.set.findings), [StoryTruncated, StoryLossy]);
}

#[test]
fn the_language_of_a_reply_is_believed_when_its_words_agree() {
    let german = criterion(
        "Sperre",
        "das Passwort dreimal falsch eingegeben wird",
        "ist das Konto für den Benutzer gesperrt",
        "the account is locked",
    );
    let mut reply = reply(vec![german]);
    reply.language = " DE-de ".into();
    let set = criteria(&story(), Language::English, reply.clone(), None).set;
    assert_eq!((set.language, set.findings.last().map(|f| f.code)), (Language::German, Some(LanguageNotAsked)));
    let told = set.findings.last().map_or("", |finding| &finding.message);
    assert!(told.starts_with("English was asked for, the result is in German: "), "{told}");
    assert!(set.criteria[0].gherkin.contains("Wenn das Passwort"), "{}", set.criteria[0].gherkin);
    reply.language = "klingon".into();
    assert_eq!(criteria(&story(), Language::English, reply, None).set.language, Language::English);
}

#[test]
fn a_result_in_another_language_says_which_was_asked_for_which_it_is_and_why() {
    let finding = in_other_language(Language::French, Language::German, "the drafter writes in the language of the story");
    assert_eq!((finding.code.as_str(), finding.severity), ("language.not_as_asked", Severity::Warning));
    assert_eq!(
        finding.message,
        "French was asked for, the result is in German: the drafter writes in the language of the story."
    );
}

#[test]
fn items_that_say_nothing_are_sent_back_and_then_dropped() {
    let blank = criterion(" ", "\u{a0}", "\t", "the account is locked");
    let checked = checked(vec![blank, locked()]);
    assert!(checked.failed.iter().any(|failed| codes(&failed.findings).contains(&Malformed)), "{:?}", checked.failed);
    let set = settle_criteria(&story(), checked, None);
    assert_eq!(set.criteria.iter().map(|kept| kept.title.as_str()).collect::<Vec<_>>(), ["Lock"]);
    assert_eq!(set.dropped.len(), 1);
}

#[test]
fn quality_counts_what_can_be_counted() {
    let set = set();
    let suite =
        scenarios(&story(), &set, suite_reply(vec![scenario("A", "the link is opened", "a page is shown", &["AC-1"])]), None)
            .suite;
    let measured = quality(&story(), &set, Some(&suite));
    assert_eq!((measured.criteria, measured.scenarios, measured.stated, measured.derived), (2, 1, 2, 1));
    assert_eq!(
        (measured.coverage.count, measured.coverage.total, measured.evidence.ratio, measured.gherkin.ratio),
        (1, 2, 1.0, 1.0)
    );
    assert_eq!((measured.warnings, measured.errors, measured.story_numbers.total), (1, 0, 4));
}
