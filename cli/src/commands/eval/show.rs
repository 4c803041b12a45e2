//! What an evaluation prints.

use serde_json::json;
use shared::domain::measures::{Aim, Change, Comparison, Measure, Missed, Portion, Row, Run, StoryRow, Verdict};

use crate::output::{count, plain, print, print_json, style, table};

/// Longest list of measures behind a story.
const WIDEST: usize = 90;

/// The tables of a run.
pub(super) fn run(run: &Run) {
    if let Some(row) = run.rows.first() {
        print(&stories(row));
        print("");
    }
    print(&totals(&run.rows));
    print("");
    print(&efforts(&run.rows));
}

/// The same as JSON.
pub(super) fn run_json(run: &Run) {
    for row in &run.rows {
        let by = (&row.provider, &row.model);
        for story in &row.stories {
            print_json(&json!({"type": "story", "provider": by.0, "model": by.1, "story": story}));
        }
        let (middle, slow) = row.millis().unzip();
        print_json(&json!({
            "type": "total", "provider": by.0, "model": by.1, "prompt_version": row.prompt_version, "stories": row.stories.len(),
            "measures": row.total, "effort": row.effort, "millis_p50": middle, "millis_p95": slow,
        }));
    }
}

/// What became of each measure since an earlier run.
pub(super) fn comparison(comparison: &Comparison) {
    print(&style::bold(&format!("\n{} against {}", comparison.now, comparison.before)));
    let rows: Vec<Vec<String>> = comparison.total.iter().map(changed).collect();
    print(&table::table(&["measure", "before", "of", "now", "of", ""], &rows));
    if !comparison.stories.is_empty() {
        let rows: Vec<Vec<String>> = comparison
            .stories
            .iter()
            .flat_map(|story| {
                story.changes.iter().map(|change| std::iter::once(plain(&story.name)).chain(changed(change)).collect())
            })
            .collect();
        print(&format!("\n{}", table::table(&["story", "measure", "before", "of", "now", "of", ""], &rows)));
    }
    for (names, run) in [(&comparison.only_before, "before"), (&comparison.only_now, "now")] {
        if !names.is_empty() {
            print(&format!("\nnot compared, only {run}: {}", plain(&names.join(", "))));
        }
    }
}

/// The same as JSON.
pub(super) fn comparison_json(comparison: &Comparison) {
    print_json(&json!({"type": "comparison", "comparison": comparison}));
}

/// A measure that is under what was asked for.
pub(super) fn missed(missed: &Missed, json: bool) {
    if json {
        let Missed { floor, found } = missed;
        let asked = Portion { num: floor.least, den: 10_000 };
        print_json(&json!({"type": "missed", "measure": floor.measure, "asked": asked, "found": found}));
    }
    eprintln!("{} {missed}", style::bad("✗"));
}

fn stories(row: &Row) -> String {
    let rows: Vec<Vec<String>> = row
        .stories
        .iter()
        .map(|story| {
            vec![
                table::cut(&story.name, 28),
                story.status.clone(),
                story.language.clone(),
                story.criteria.to_string(),
                story.scenarios.to_string(),
                story.questions.to_string(),
                table::cut(&remarks(story), WIDEST),
            ]
        })
        .collect();
    table::table(&["story", "status", "lang", "criteria", "scenarios", "questions", "under what is aimed at"], &rows)
}

/// Why a story has no result, or the measures that are not as they should be.
fn remarks(story: &StoryRow) -> String {
    if let Some(error) = &story.error {
        return plain(error);
    }
    let under = story.measures.iter().filter(|(measure, portion)| is_under(**measure, **portion));
    under.map(|(measure, portion)| format!("{measure} {portion}")).collect::<Vec<_>>().join(", ")
}

/// A share of one story's tests says little, so that only what has one good end is told.
fn is_under(measure: Measure, portion: Portion) -> bool {
    matches!(measure.aim(), Aim::More(Some(least)) if portion.basis_points() < least)
}

fn totals(rows: &[Row]) -> String {
    let named: Vec<(String, &Row)> = rows.iter().map(|row| (plain(&row.name()), row)).collect();
    let mut head = vec!["measure", "aim %"];
    head.extend(named.iter().flat_map(|(name, _)| [name.as_str(), "of"]));
    let known = Measure::ALL.iter().filter(|measure| rows.iter().any(|row| row.total.contains_key(measure)));
    let lines: Vec<Vec<String>> = known
        .map(|measure| {
            let cells = rows.iter().flat_map(|row| cells(row.total.get(measure).copied()));
            [measure.to_string(), aim(*measure)].into_iter().chain(cells).collect()
        })
        .collect();
    table::table(&head, &lines)
}

fn efforts(rows: &[Row]) -> String {
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let seconds = |millis: u64| format!("{}.{:02}", millis / 1000, millis % 1000 / 10);
            let (middle, slow) = row.millis().unwrap_or_default();
            let effort = &row.effort;
            vec![
                plain(&row.name()),
                row.stories.len().to_string(),
                effort.calls.to_string(),
                effort.input_tokens.to_string(),
                effort.output_tokens.to_string(),
                effort.cost_nano_usd.map_or_else(|| "unknown".to_owned(), dollars),
                seconds(middle),
                seconds(slow),
            ]
        })
        .collect();
    table::table(&["writer", "stories", "calls", "tokens in", "tokens out", "US$", "p50 s", "p95 s"], &lines)
}

/// Nano-dollars in dollars, to a hundredth of a cent.
fn dollars(nano: i64) -> String {
    format!("{}.{:04}", nano / 1_000_000_000, nano % 1_000_000_000 / 100_000)
}

fn aim(measure: Measure) -> String {
    match measure.aim() {
        Aim::More(Some(least)) => (least / 100).to_string(),
        Aim::More(None) => "–".to_owned(),
        Aim::Between(low, high) => format!("{}…{}", low / 100, high / 100),
    }
}

fn cells(portion: Option<Portion>) -> [String; 2] {
    portion.map_or_else(|| ["–".to_owned(), String::new()], |portion| [portion.percent(), portion.to_string()])
}

fn changed(change: &Change) -> Vec<String> {
    let verdict = match change.verdict {
        Verdict::Better => style::good("better"),
        Verdict::Worse => style::bad("worse"),
        Verdict::Same => "same".to_owned(),
        Verdict::New => "new".to_owned(),
        Verdict::Gone => "gone".to_owned(),
    };
    let [before, now] = [cells(change.before), cells(change.now)];
    [change.measure.to_string()].into_iter().chain(before).chain(now).chain([verdict]).collect()
}

/// How a comparison came out, in a sentence.
pub(super) fn sum_up(comparison: &Comparison) -> String {
    let of = |verdict| comparison.total.iter().filter(|change| change.verdict == verdict).count();
    let measures = count(comparison.total.len(), "measure", "measures");
    format!("of {measures} {} better, {} worse, {} the same", of(Verdict::Better), of(Verdict::Worse), of(Verdict::Same))
}
