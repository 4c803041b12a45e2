//! What holds for any text.

use proptest::prelude::*;

use super::{accepted, draft_scenarios, drafted, story};
use crate::domain::criterion::Testable;
use crate::domain::gherkin::{check, scenario_text};
use crate::domain::language::Language;

/// Text that looks like a story often enough to reach every branch.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("As a user, I want to see 3 items so that I know. ".to_owned()),
        Just("\n\n## Acceptance criteria\n\n".to_owned()),
        Just("\n- [ ] ".to_owned()),
        Just("\n1. ".to_owned()),
        Just("\n| a | b |\n|---|---|\n| 1 | 2 |\n".to_owned()),
        Just("Given a When b Then c".to_owned()),
        Just("If x is more than 5 MB, y is refused.".to_owned()),
        Just("between 3 and 20 characters".to_owned()),
        Just("Only admins can delete".to_owned()),
        Just("Wenn der Wert größer ist, dann höchstens 10 Tage ".to_owned()),
        Just("Als Nutzer möchte ich ß ".to_owned()),
        Just("\"quoted\" (a, b, c) x / y / z ".to_owned()),
        Just("Q: what happens if so?\nA: nothing, if not.\n".to_owned()),
        "[ -~]{0,24}",
        "\\PC{0,12}",
        "[\\n\\t|*_~`<>\\[\\](){}:.,/0-9-]{0,10}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_quotes_that_stand_in_it_and_gherkin_that_parses(summary in "\\PC{0,60}", body in text(), at in 0_usize..6) {
        let language = Language::ALL[at];
        let story = story(language.as_str(), &summary, &body);
        let reply = drafted(&story);
        prop_assert_eq!(&reply, &drafted(&story));
        for criterion in &reply.criteria {
            prop_assert!(!criterion.evidence.is_empty());
            let text = scenario_text(language, &[], &criterion.title, &criterion.given, &criterion.when, &criterion.then, &criterion.examples);
            prop_assert_eq!(check(language, &text), Ok(()), "{}", text);
            prop_assert!(!criterion.title.is_empty() && criterion.title.chars().count() <= 100);
            for words in &criterion.evidence {
                prop_assert!(story.part(&words.source).is_some_and(|part| part.text.contains(&words.quote)), "{:?}", words);
            }
        }
        for words in &reply.out_of_scope {
            prop_assert!(story.part(&words.source).is_some_and(|part| part.text.contains(&words.quote)));
        }
        let set = accepted(&story, &reply);
        let suite = draft_scenarios(&story, &set);
        prop_assert_eq!(&suite, &draft_scenarios(&story, &set));
        prop_assert!(set.testable != Testable::No || suite.scenarios.is_empty());
        let mut titles: Vec<&str> = suite.scenarios.iter().map(|scenario| scenario.title.as_str()).collect();
        titles.sort_unstable();
        titles.dedup();
        prop_assert_eq!(titles.len(), suite.scenarios.len());
        for scenario in &suite.scenarios {
            let text = scenario_text(language, &[], &scenario.title, &scenario.given, &scenario.when, &scenario.then, &scenario.examples);
            prop_assert_eq!(check(language, &text), Ok(()), "{}", text);
            prop_assert!(!scenario.covers.is_empty() && !scenario.evidence.is_empty() && !scenario.steps.is_empty());
            prop_assert!(scenario.examples.rows.iter().all(|row| row.len() == scenario.examples.header.len()));
            let lines = scenario.given.iter().chain(&scenario.when).chain(&scenario.then);
            for line in lines {
                prop_assert!(!line.trim().is_empty() && !line.contains('\n'), "{:?}", scenario);
            }
        }
    }
}

#[test]
fn a_huge_or_hostile_text_is_read_in_no_time() {
    let started = std::time::Instant::now();
    for piece in [
        "[",
        "[a](",
        "a, b and ",
        "- If x, the y must be z 5 MB.\n",
        ".",
        "~~",
        "| a | b |\n",
        "As a user I want to ",
        "Given a When b Then c And ",
        "(",
        "x / y / ",
        "a -b ",
        "rojo ⒪ azul, ",
        "x; the y is z 5 MB. ",
        "when a is b, ",
    ] {
        let story = story("en", "Title", &format!("## Acceptance criteria\n\n{}", piece.repeat(100_000 / piece.len())));
        let _ = super::suite(&story);
        assert!(started.elapsed().as_secs() < 60, "{piece}");
    }
}
