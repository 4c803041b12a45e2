//! Runs that are kept, compared and held to what is asked.

use super::*;

fn story(name: &str, measures: &[(Measure, u64, u64)]) -> StoryRow {
    StoryRow {
        name: name.into(),
        status: "succeeded".into(),
        error: None,
        language: "en".into(),
        criteria: 1,
        scenarios: 1,
        questions: 0,
        measures: measures.iter().map(|(measure, num, den)| (*measure, Portion { num: *num, den: *den })).collect(),
        effort: Effort::NOTHING,
    }
}

fn run(stories: Vec<StoryRow>) -> Run {
    let row = Row::new("claude".into(), "m".into(), String::new(), stories);
    Run::new("jqa test".into(), "2026-01-01T00:00:00Z".into(), vec![row])
}

fn verdicts(before: &[(Measure, u64, u64)], now: &[(Measure, u64, u64)]) -> Vec<(Measure, Verdict)> {
    let compared = compare(&run(vec![story("a", before)]), &run(vec![story("a", now)]));
    compared[0].total.iter().map(|change| (change.measure, change.verdict)).collect()
}

#[test]
fn more_is_better_and_the_share_of_negatives_is_better_nearer_to_its_range() {
    use Measure::{Evidence, NegativeShare};
    assert_eq!(verdicts(&[(Evidence, 8, 10)], &[(Evidence, 9, 10)]), [(Evidence, Verdict::Better)]);
    assert_eq!(verdicts(&[(Evidence, 9, 10)], &[(Evidence, 8, 10)]), [(Evidence, Verdict::Worse)]);
    assert_eq!(verdicts(&[(Evidence, 1, 3)], &[(Evidence, 2, 6)]), [(Evidence, Verdict::Same)]);
    for (before, now, verdict) in
        [(10, 20, Verdict::Better), (80, 90, Verdict::Worse), (30, 60, Verdict::Same), (80, 60, Verdict::Better)]
    {
        let told = verdicts(&[(NegativeShare, before, 100)], &[(NegativeShare, now, 100)]);
        assert_eq!(told, [(NegativeShare, verdict)], "{before} % to {now} %");
    }
}

#[test]
fn what_only_one_of_two_runs_has_is_new_or_gone_and_never_better() {
    use Measure::{Evidence, Scope};
    let told = verdicts(&[(Evidence, 1, 1)], &[(Scope, 1, 1)]);
    assert_eq!(told, [(Evidence, Verdict::Gone), (Scope, Verdict::New)]);
}

#[test]
fn totals_are_over_the_stories_that_both_runs_have() {
    let bad = &[(Measure::Evidence, 0, 100)];
    let good = &[(Measure::Evidence, 1, 1)];
    let (before, now) = (run(vec![story("a", good), story("gone", bad)]), run(vec![story("new", bad), story("a", good)]));
    let compared = compare(&before, &now).remove(0);
    assert_eq!(compared.total[0].verdict, Verdict::Same, "{compared:?}");
    assert_eq!((compared.only_before, compared.only_now), (vec!["gone".to_owned()], vec!["new".to_owned()]));
    assert!(compared.stories.is_empty());
}

#[test]
fn a_story_that_got_worse_is_named_even_where_the_total_is_the_same() {
    let of = |num, other| run(vec![story("a", &[(Measure::Evidence, num, 2)]), story("b", &[(Measure::Evidence, other, 2)])]);
    let compared = compare(&of(2, 1), &of(1, 2)).remove(0);
    assert_eq!(compared.total[0].verdict, Verdict::Same);
    let told: Vec<_> = compared.stories.iter().map(|story| (story.name.as_str(), story.changes[0].verdict)).collect();
    assert_eq!(told, [("a", Verdict::Worse), ("b", Verdict::Better)]);
}

#[test]
fn a_kept_run_is_read_as_it_was_and_one_of_another_form_is_refused() {
    let run = run(vec![story("a", &[(Measure::Evidence, 1, 2)])]);
    let text = serde_json::to_string(&run).unwrap();
    assert_eq!(Run::read(&text).unwrap(), run);
    assert!(text.contains(r#""evidence":{"num":1,"den":2}"#), "{text}");
    let newer = text.replace("\"version\":1", "\"version\":2");
    assert!(Run::read(&newer).unwrap_err().to_string().contains("form 2"));
    assert!(Run::read("{}").is_err() && Run::read("no JSON").is_err());
}

#[test]
fn a_floor_is_held_exactly_and_by_what_was_measured_alone() {
    let measures = Measures::from([(Measure::Coverage, Portion { num: 19, den: 20 })]);
    let missed = |floor: &str| floor.parse::<Floor>().unwrap().missed_by(&measures).map(|missed| missed.to_string());
    assert_eq!(missed("coverage=95"), None);
    assert_eq!(missed("coverage=95.01").unwrap(), "coverage is 95.0 % (19/20), under coverage=95.01");
    assert!(missed("scope=0").unwrap().contains("no story has anything to count for scope"));
}

#[test]
fn a_floor_is_a_measure_and_a_percentage() {
    assert_eq!("evidence = 98.5%".parse(), Ok(Floor { measure: Measure::Evidence, least: 9850 }));
    assert_eq!("coverage=100".parse::<Floor>().unwrap().to_string(), "coverage=100");
    assert_eq!("coverage".parse::<Floor>(), Err(FloorError::Form));
    for percent in ["", "-1", "101", "100.01", "9.999", "x", "1e2"] {
        assert!(matches!(format!("coverage={percent}").parse::<Floor>(), Err(FloorError::Percent(_))), "{percent}");
    }
    assert!("beauty=1".parse::<Floor>().unwrap_err().to_string().contains("coverage"));
}

#[test]
fn the_middle_and_the_slow_end_of_times_are_told() {
    let timed = |millis| StoryRow { effort: Effort { millis, ..Effort::NOTHING }, ..story("a", &[]) };
    let row = Row::new("offline".into(), String::new(), String::new(), (1..=20).map(timed).collect());
    assert_eq!(row.millis(), Some((10, 19)));
    assert_eq!((row.effort.millis, row.name()), (210, "offline".to_owned()));
}
