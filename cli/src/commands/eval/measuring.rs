//! From what was written to rows of measures.

use shared::domain::job::JobStatus;
use shared::domain::measures::{Effort, Measure, Measures, Portion, Row, StoryRow, Subject, measure, stability, total};
use shared::domain::result::Authorship;
use shared::store::made::Made;

use super::stories::Chosen;
use super::work::Written;

/// The row of a writer: each run measured by itself, and all of them added up by story.
pub(super) fn row(provider: &str, chosen: &[Chosen], runs: &[Vec<Written>]) -> Row {
    let measured: Vec<Vec<Measures>> = runs.iter().map(|run| measures_of(chosen, run)).collect();
    let stories = chosen.iter().enumerate().map(|(at, chosen)| {
        let written: Vec<&Written> = runs.iter().filter_map(|run| run.get(at)).collect();
        let mut measures = total(measured.iter().filter_map(|run| run.get(at)));
        let suites: Vec<_> = written.iter().map(|written| written.made.suite()).collect();
        measures.extend(stability(&suites).map(|portion| (Measure::Stability, portion)));
        story_row(chosen, &written, measures)
    });
    let by = runs.iter().flatten().map(|written| written.made.authorship()).find(|by| !by.provider.is_empty());
    let by = by.unwrap_or_else(|| Authorship { provider: provider.to_owned(), ..Authorship::default() });
    Row::new(provider.to_owned(), by.model, by.prompt_version, stories.collect())
}

/// Of each story whether its job succeeded, and the measures of what it made.
fn measures_of(chosen: &[Chosen], run: &[Written]) -> Vec<Measures> {
    let subjects: Vec<Option<Subject<'_>>> = chosen.iter().zip(run).map(|(chosen, written)| subject(chosen, written)).collect();
    let mut measured = measure(&subjects.iter().flatten().copied().collect::<Vec<_>>()).into_iter();
    let each = run.iter().zip(&subjects).map(|(written, subject)| {
        let mut measures = if subject.is_some() { measured.next().unwrap_or_default() } else { Measures::new() };
        measures.extend(Portion::of([succeeded(written)]).map(|portion| (Measure::Finished, portion)));
        measures
    });
    each.collect()
}

fn succeeded(written: &Written) -> bool {
    written.status == JobStatus::Succeeded.as_str()
}

/// What can be measured of a story; nothing where its job did not succeed.
fn subject<'a>(chosen: &Chosen, written: &'a Written) -> Option<Subject<'a>> {
    let Made { story, .. } = &written.made;
    let criteria = written.made.criteria_set().filter(|_| succeeded(written))?;
    Some(Subject { story: story.as_ref()?, criteria, suite: written.made.suite(), expected: chosen.expected })
}

/// A story's row; what is counted of its result is that of its last run.
fn story_row(chosen: &Chosen, written: &[&Written], measures: Measures) -> StoryRow {
    let last = written.last();
    let failed = written.iter().find(|written| !succeeded(written)).or(last);
    let mut effort = Effort::NOTHING;
    written.iter().for_each(|written| effort += written.effort);
    let made = last.map(|written| &written.made);
    let set = made.and_then(Made::criteria_set);
    let suite = made.and_then(Made::suite);
    StoryRow {
        name: chosen.name.clone(),
        status: failed.map_or_else(String::new, |written| written.status.clone()),
        error: failed.and_then(|written| written.error.clone()),
        language: set.map_or_else(String::new, |set| set.language.to_string()),
        criteria: set.map_or(0, |set| set.criteria.len()),
        scenarios: suite.map_or(0, |suite| suite.scenarios.len()),
        questions: set.map_or(0, |set| set.questions.len()) + suite.map_or(0, |suite| suite.questions.len()),
        measures,
        effort,
    }
}
