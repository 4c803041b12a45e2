use ::gherkin::{Feature, GherkinEnv};
use proptest::prelude::*;

use super::*;
use crate::domain::criterion::Examples;
use crate::domain::language::Language;

fn steps(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn parsed(language: Language, text: &str) -> Feature {
    let env = GherkinEnv::new(language.as_str()).expect("language");
    let feature = feature_text(language, "Name", "", &[text.to_owned()]);
    Feature::parse(&feature, env).unwrap_or_else(|error| panic!("{error}\n{feature}"))
}

#[test]
fn a_plain_scenario_reads_as_people_write_it() {
    let text = scenario_text(
        Language::English,
        &steps(&["@AC-1", "stated"]),
        "Lock after three tries",
        &steps(&["Given an account"]),
        &steps(&["the password is wrong 3 times"]),
        &steps(&["the account is locked", "And a mail is sent"]),
        &Examples::default(),
    );
    assert_eq!(
        text,
        "@AC-1 @stated\nScenario: Lock after three tries\n  Given an account\n  When the password is wrong 3 times\n  Then the account is locked\n  And a mail is sent\n"
    );
    assert_eq!(check(Language::English, &text), Ok(()));
}

#[test]
fn every_language_renders_and_parses_its_own_keywords() {
    for &language in Language::ALL {
        let words = language.keywords();
        let given = vec![format!("{} alpha", words.given)];
        let text = scenario_text(
            language,
            &[],
            "T",
            &given,
            &steps(&["beta <x>"]),
            &steps(&["gamma", "delta"]),
            &Examples { header: steps(&["x"]), rows: vec![steps(&["a|b\\"])] },
        );
        assert_eq!(check(language, &text), Ok(()), "{text}");
        assert_eq!(text.matches(words.given).count(), 1, "{text}");
        let table = parsed(language, &text).scenarios[0].examples[0].table.clone().expect("table");
        assert_eq!(table.rows, [["x"], ["a|b\\"]]);
    }
}

#[test]
fn french_clauses_keep_their_que_and_elide_it_before_a_vowel() {
    let clause = |text| step_text(Language::French, Section::Given, text);
    assert_eq!(clause("Étant donné que il est connecté"), "qu'il est connecté");
    assert_eq!(clause("Étant donné que le panier est vide"), "que le panier est vide");
    assert_eq!(clause("Etant donné qu'elle clique"), "qu'elle clique");
    assert_eq!(clause("que onze articles existent"), "que onze articles existent");
    assert_eq!(step_text(Language::French, Section::When, "Lorsqu’elle clique"), "elle clique");
    let given = steps(&["Étant donné que il est connecté", "Et que la page est vide"]);
    let text = scenario_text(
        Language::French,
        &[],
        "T",
        &given,
        &steps(&["Quand elle clique"]),
        &steps(&["Alors on voit"]),
        &Examples::default(),
    );
    assert!(text.contains("  Étant donné qu'il est connecté\n  Et que la page est vide\n  Quand elle clique\n"), "{text}");
    assert_eq!(check(Language::French, &text), Ok(()));
}

#[test]
fn a_missing_then_and_a_foreign_order_are_named() {
    assert!(check(Language::English, "Scenario: a\n  When b\n").expect_err("refused").contains("Then"));
    assert!(check(Language::English, "Scenario: a\n  Then b\n  When c\n").expect_err("refused").contains("order"));
    assert!(check(Language::English, "nonsense").is_err());
}

#[test]
fn a_description_cannot_become_anything_else() {
    let hostile = "Scenario: x\n@tag\n# language: de\nRule: y\n\"\"\"\nGiven z\n| a |\nBackground:\nFeature: q";
    let text = feature_text(Language::English, "N\n@x", hostile, &["Scenario: a\n  When b\n  Then c\n".to_owned()]);
    let feature = Feature::parse(&text, GherkinEnv::default()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!((feature.scenarios.len(), feature.rules.len(), feature.background), (1, 0, None));
}

fn nasty() -> impl Strategy<Value = String> {
    let word = "Given |When |And |Quand |Étant donné qu'|que |E |Y |Dann|Als |# |@x|\"\"\"|```|\\||\\\\|\\n|\n|\r|\u{85}|\u{2028}|:|\\* |Scenario: |Examples:|<x>|é|a b|\u{200b}|\t";
    prop_oneof![prop::collection::vec(word, 0..6).prop_map(|words| words.concat()), any::<String>()]
}

proptest! {
    #[test]
    fn any_words_in_any_language_parse_back_to_the_same_shape(
        at in 0..Language::ALL.len(), tags in prop::collection::vec(nasty(), 0..3), title in nasty(), description in nasty(),
        given in prop::collection::vec(nasty(), 0..3), when in prop::collection::vec(nasty(), 1..3), then in prop::collection::vec(nasty(), 1..3),
        header in prop::collection::vec(nasty(), 0..3), rows in prop::collection::vec(prop::collection::vec(nasty(), 0..4), 0..3),
    ) {
        let language = Language::ALL[at];
        let kept = |section, texts: &[String]| texts.iter().filter(|text| !step_text(language, section, text).is_empty()).count();
        let (g, w, t) = (kept(Section::Given, &given), kept(Section::When, &when), kept(Section::Then, &then));
        let examples = Examples { header: header.clone(), rows: rows.clone() };
        let text = scenario_text(language, &tags, &title, &given, &when, &then, &examples);
        prop_assert_eq!(check(language, &text).is_ok(), w > 0 && t > 0, "{}", text);
        let env = GherkinEnv::new(language.as_str()).expect("language");
        let file = feature_text(language, &title, &description, &[text.clone(), text]);
        let feature = Feature::parse(&file, env).unwrap_or_else(|error| panic!("{error}\n{file}"));
        prop_assert_eq!(feature.scenarios.len(), 2);
        prop_assert_eq!(feature.scenarios[1].steps.len(), g + w + t);
        let found = feature.scenarios[1].examples.first().and_then(|e| e.table.as_ref()).map_or(0, |t| t.rows.len());
        prop_assert_eq!(found, if header.is_empty() || rows.is_empty() { 0 } else { rows.len() + 1 });
    }

    #[test]
    fn reading_any_text_ends_without_a_panic(at in 0..Language::ALL.len(), text in nasty()) {
        let _ = check(Language::ALL[at], &text);
    }

    #[test]
    fn a_step_text_is_its_own_step_text(at in 0..Language::ALL.len(), text in nasty()) {
        for section in [Section::Given, Section::When, Section::Then] {
            let once = step_text(Language::ALL[at], section, &text);
            prop_assert_eq!(step_text(Language::ALL[at], section, &once), once.clone());
        }
    }
}
