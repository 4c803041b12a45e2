//! Whole stories through reading, drafter, checks and render, without a model and without a server.

mod measuring;
mod run;

use run::{Run, print};
use sandbox::{built_in, stories_from_jsonl};
use shared::domain::criterion::Testable;

/// Real stories of several teams; absent where the project stands alone.
const REAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/stories.jsonl");

/// Titles, templates and investigations: nothing in them can be tested.
const NOTHING_TO_TEST: &[&str] = &["jira-MULE-7057", "fr-dialog-197", "pt-escolax-70"];

/// What holds for every story, whatever it says.
fn passes(run: &Run) {
    let name = &run.name;
    let quality = &run.quality;
    assert_eq!(quality.gherkin.count, quality.gherkin.total, "{name}: an item's Gherkin does not parse");
    assert_eq!(run.file, Ok(()), "{name}: the feature file does not parse");
    assert_eq!(quality.evidence.count, quality.evidence.total, "{name}: a quotation is not in the story");
    assert_eq!(quality.coverage.count, quality.coverage.total, "{name}: a criterion has no scenario");
    assert_eq!((quality.dropped, quality.errors), (0, 0), "{name}: the checks refuse what the drafter writes");
    assert!(run.language_is_right, "{name}: read as {}", run.language);
    if run.testable == Testable::No || quality.criteria == 0 {
        assert_eq!((quality.criteria, quality.scenarios), (0, 0), "{name}");
        assert!(quality.questions > 0, "{name}: nothing to test, and nothing asked");
    } else {
        assert!(quality.scenarios >= quality.criteria.min(1), "{name}: no scenario");
    }
    for text in &run.texts {
        assert!(!text.contains("[WARNING]") && !text.contains("[INFO]"), "{name}: a panel's mark in {text}");
        assert!(text.chars().any(char::is_alphabetic), "{name}: an empty step");
    }
    for title in &run.titles {
        assert!(title.chars().count() <= 100, "{name}: {title}");
    }
}

#[test]
fn all_24_real_stories_pass_the_ladder() {
    let Ok(text) = std::fs::read_to_string(REAL) else {
        eprintln!("skipped: {REAL} is not here");
        return;
    };
    let stories = stories_from_jsonl(&text, "REAL").expect("the stories load");
    assert_eq!(stories.len(), 24);
    let runs: Vec<Run> = stories.iter().map(run::run).collect();
    print(&runs);
    for run in &runs {
        passes(run);
    }
    for name in NOTHING_TO_TEST {
        let run = runs.iter().find(|run| run.name.ends_with(name)).expect("the story is there");
        assert_eq!(run.quality.scenarios, 0, "{name}");
        assert!(run.quality.questions > 0, "{name}");
    }
}

#[test]
fn all_built_in_stories_pass_the_ladder() {
    let runs: Vec<Run> = built_in().iter().map(run::run).collect();
    print(&runs);
    for run in &runs {
        passes(run);
    }
    let of = |key: &str| runs.iter().find(|run| run.name.starts_with(&format!("{key} "))).expect("the story is there");
    for key in ["SHOP-12", "SHOP-13"] {
        assert_eq!(of(key).quality.scenarios, 0, "{key}");
    }
    let limits = of("SHOP-2");
    let scenario = |when: &str| {
        let found = limits.scenarios.iter().filter(|scenario| scenario.contains(when)).collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "{when}");
        found[0]
    };
    assert!(scenario("When the quantity of an item is 20").contains("Then 20 is accepted"));
    assert!(
        scenario("When the value for a quantity is 21").contains("is refused and the message Maximum quantity is 20 is shown")
    );
    assert!(scenario("When a cart holds 51 different items").contains("Then 51 different items are not accepted"));
    assert!(!limits.scenarios.iter().any(|scenario| scenario.contains("3 seconds") || scenario.contains("style guide")));
}
