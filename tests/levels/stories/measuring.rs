//! The measures of whole stories, as the drafter writes for them.

use sandbox::{Story, stories_from_jsonl};
use shared::domain::measures::{Expected, Measure, Measures, Subject, measure, total};

use crate::run::{Drafted, draft};
use crate::{NOTHING_TO_TEST, REAL};

/// What code checks, and so must hold of whatever is written.
const CHECKED: [Measure; 10] = [
    Measure::Kept,
    Measure::Structure,
    Measure::Gherkin,
    Measure::StepOrder,
    Measure::Coverage,
    Measure::References,
    Measure::Evidence,
    Measure::Literals,
    Measure::Scope,
    Measure::ObservableThen,
];

fn measures_of(sources: &[Story]) -> Vec<Measures> {
    let drafted: Vec<Drafted> = sources.iter().map(draft).collect();
    let subjects = sources.iter().zip(&drafted).map(|(source, Drafted { story, set, suite })| {
        let testable = !NOTHING_TO_TEST.iter().any(|name| source.labels.iter().any(|label| label == name));
        let expected = Expected { language: source.language.parse().ok(), testable: Some(testable) };
        Subject { story, criteria: set, suite: Some(suite), expected }
    });
    measure(&subjects.collect::<Vec<_>>())
}

#[test]
fn of_all_24_real_stories_what_code_checks_is_whole_and_the_rest_is_no_worse_than_it_was() {
    let Ok(text) = std::fs::read_to_string(REAL) else {
        eprintln!("skipped: {REAL} is not here");
        return;
    };
    let all = measures_of(&stories_from_jsonl(&text, "REAL").expect("the stories load"));
    let sum = total(&all);
    for (measure, portion) in &sum {
        println!("{measure:<16} {:>6} % {portion}", portion.percent());
    }
    for measure in CHECKED {
        let portion = sum[&measure];
        assert!(portion.den > 0 && portion.num == portion.den, "{measure} {portion}");
    }
    assert_eq!(sum[&Measure::Refusal].to_string(), "3/3");
    assert_eq!(sum[&Measure::Language].percent(), "100.0");
    let at_least = |measure, percent: u64| assert!(sum[&measure].basis_points() >= percent * 100, "{measure} {}", sum[&measure]);
    at_least(Measure::Acceptance, 90);
    at_least(Measure::Distinct, 99);
    at_least(Measure::AtomicSteps, 95);
    at_least(Measure::SourceRecall, 60);
    at_least(Measure::BoundaryPairs, 75);
    at_least(Measure::Grounding, 85);
}
