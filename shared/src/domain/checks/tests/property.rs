use std::collections::BTreeSet;

use proptest::prelude::*;

use super::fixture::{TEXT, existing, story_of};
use crate::domain::checks::*;
use crate::domain::criterion::{CriteriaSet, CriterionKind, Examples, Testable};
use crate::domain::evidence::{Evidence, Origin};
use crate::domain::gherkin;
use crate::domain::language::Language;
use crate::domain::reply::{CriteriaReply, ProposedCriterion, ProposedQuestion, ProposedScenario, ScenariosReply};
use crate::domain::scenario::{Priority, Relation, RelationKind, Step, Suite, Technique};

fn words() -> impl Strategy<Value = String> {
    let known = "(the account is locked|After 3 wrong tries|24 hours|it works|correctly|<n>|\"Check your inbox\"|\"nope\"|99|not|password reset by SMS|Given|Then|und|\\||@|#|\n|TODO|système| ){1,5}";
    prop_oneof![4 => known, 1 => any::<String>()]
}

fn list(most: usize) -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(words(), 0..most)
}

fn any_of<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn examples() -> impl Strategy<Value = Examples> {
    let table = (prop::collection::vec("[nm]?", 0..3), prop::collection::vec(list(3), 0..3));
    prop_oneof![3 => Just(Examples::default()), 1 => table.prop_map(|(header, rows)| Examples { header, rows })]
}

fn evidence() -> impl Strategy<Value = Vec<Evidence>> {
    prop::collection::vec(("(description|summary|x)", words()).prop_map(|(source, quote)| Evidence { source, quote }), 0..3)
}

fn criteria_reply() -> impl Strategy<Value = CriteriaReply> {
    let item =
        (words(), any_of(CriterionKind::ALL), list(2), list(3), list(3), examples(), any_of(Origin::ALL), evidence(), words());
    let item = item.prop_map(|(title, kind, given, when, then, examples, origin, evidence, rule)| ProposedCriterion {
        title,
        kind,
        given,
        when,
        then,
        examples,
        origin,
        evidence,
        rule,
    });
    let question = (words(), words()).prop_map(|(text, why)| ProposedQuestion { text, why });
    let testable = prop_oneof![5 => Just(Testable::Yes), 1 => Just(Testable::No)];
    let all = (
        any_of(&["en", "de-DE", "xx", ""]),
        testable,
        list(2),
        prop::collection::vec(item, 0..6),
        evidence(),
        prop::collection::vec(question, 0..3),
        list(2),
    );
    all.prop_map(|(language, testable, testable_reasons, criteria, out_of_scope, questions, warnings)| CriteriaReply {
        language: language.into(),
        testable,
        testable_reasons,
        criteria,
        out_of_scope,
        questions,
        warnings,
    })
}

fn relation() -> impl Strategy<Value = Relation> {
    (any_of(RelationKind::ALL), "(TEST-1|test-1|TEST-9|@TEST-1|)", words()).prop_map(|(kind, of, why)| Relation { kind, of, why })
}

fn suite_reply() -> impl Strategy<Value = ScenariosReply> {
    let step = (words(), words(), words()).prop_map(|(action, data, expected)| Step { action, data, expected });
    let first = (words(), any_of(Technique::ALL), any_of(Priority::ALL), list(2), prop::collection::vec(step, 0..2));
    let second = (
        list(2),
        list(3),
        list(3),
        examples(),
        prop::collection::vec("(AC-1|ac 2|AC-9|)", 0..3),
        any_of(Origin::ALL),
        (evidence(), relation()),
    );
    let item = (first, second).prop_map(
        |(
            (title, technique, priority, preconditions, steps),
            (given, when, then, examples, covers, origin, (evidence, relation)),
        )| {
            ProposedScenario {
                title,
                technique,
                priority,
                preconditions,
                steps,
                given,
                when,
                then,
                examples,
                covers,
                origin,
                evidence,
                relation,
            }
        },
    );
    (prop::collection::vec(item, 0..6), list(2)).prop_map(|(scenarios, warnings)| ScenariosReply {
        scenarios,
        questions: vec![],
        warnings,
    })
}

fn sound_criteria(set: &CriteriaSet) {
    let ids: BTreeSet<&String> = set.criteria.iter().map(|item| &item.id).collect();
    assert_eq!(ids.len(), set.criteria.len());
    for item in &set.criteria {
        assert_eq!(gherkin::check(set.language, &item.gherkin), Ok(()), "{}", item.gherkin);
        assert!(item.origin != Origin::Stated || item.evidence.iter().any(|said| said.verified));
    }
}

fn sound_suite(suite: &Suite) {
    let ids: BTreeSet<&String> = suite.scenarios.iter().map(|item| &item.id).collect();
    assert_eq!(ids.len(), suite.scenarios.len());
    for item in &suite.scenarios {
        assert_eq!(gherkin::check(suite.language, &item.gherkin), Ok(()), "{}", item.gherkin);
        let of = item.relation.of.as_str();
        assert!(if item.relation.is_new() { of.is_empty() } else { ["TEST-1", "TEST-2"].contains(&of) }, "{:?}", item.relation);
    }
    assert_eq!(suite.coverage.covered, suite.coverage.rows.iter().filter(|row| !row.scenarios.is_empty()).count());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_reply_ends_in_a_sound_result_that_a_recheck_leaves_alone(
        text in prop_oneof![Just(TEXT.to_owned()), words()], existing_text in words(), at in 0..Language::ALL.len(),
        first in criteria_reply(), second in criteria_reply(), tests in suite_reply(), more in suite_reply(),
    ) {
        let mut story = story_of(&text);
        story.tests = existing(&[("TEST-1", "The account is locked", existing_text.as_str()), ("TEST-2", existing_text.as_str(), "")]);
        let checked = criteria(&story, Language::ALL[at], first.clone(), None);
        sound_criteria(&checked.set);
        let repaired = repair_criteria(&story, checked, second, None);
        let set = settle_criteria(&story, repaired, None);
        sound_criteria(&set);
        prop_assert_eq!(recheck_criteria(&story, set.clone(), &[]), Ok(set.clone()));
        sound_criteria(&settle_criteria(&story, criteria(&story, Language::ALL[at], first, Some(&set)), Some(&set)));

        let checked = scenarios(&story, &set, tests, None);
        sound_suite(&checked.suite);
        let suite = settle_suite(&story, &set, repair_scenarios(&story, &set, checked, more, None), None);
        sound_suite(&suite);
        prop_assert_eq!(recheck_suite(&story, &set, suite.clone(), &[]), Ok(suite.clone()));
        let _ = quality(&story, &set, Some(&suite));
    }

    #[test]
    fn any_edit_is_refused_or_becomes_stable(reply in criteria_reply(), title in words(), step in words(), quote in words(), id in "(AC-1|AC-2||x)", out in evidence()) {
        let story = story_of(TEXT);
        let mut set = settle_criteria(&story, criteria(&story, Language::English, reply, None), None);
        set.out_of_scope.extend(out);
        if let Some(item) = set.criteria.first_mut() {
            item.title = title;
            item.then.push(step);
            item.id = id;
            item.origin = Origin::Stated;
            item.evidence.iter_mut().for_each(|said| said.quote.clone_from(&quote));
        }
        if let Ok(kept) = recheck_criteria(&story, set, &[]) {
            sound_criteria(&kept);
            prop_assert_eq!(recheck_criteria(&story, kept.clone(), &[]), Ok(kept));
        }
    }
}
