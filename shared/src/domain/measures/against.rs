//! Two runs held against each other.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Measure, Measures, Portion, Row, Run, StoryRow, total};

/// What became of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nearer to what is aimed at.
    Better,
    /// Farther from it.
    Worse,
    /// As near as before.
    Same,
    /// It was not there before.
    New,
    /// It is not there any more.
    Gone,
}

/// A measure before and now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which.
    pub measure: Measure,
    /// As it was.
    pub before: Option<Portion>,
    /// As it is.
    pub now: Option<Portion>,
    /// What became of it.
    pub verdict: Verdict,
}

/// The measures of a story that are nearer to what is aimed at than they were, or farther from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoryChanges {
    /// The story.
    pub name: String,
    /// Its changes.
    pub changes: Vec<Change>,
}

/// A row of a run against the same row of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Whose work it was.
    pub before: String,
    /// Whose work it is.
    pub now: String,
    /// Every measure over the stories that both have.
    pub total: Vec<Change>,
    /// The stories that both have and that came out better or worse in something.
    pub stories: Vec<StoryChanges>,
    /// Stories of the earlier run alone.
    pub only_before: Vec<String>,
    /// Stories of this run alone.
    pub only_now: Vec<String>,
}

/// Compares what was asked for with what was asked for then, and where both have a baseline of its own, these too. Totals are
/// over the stories that both have: a run over other stories says nothing about these.
#[must_use]
pub fn compare(before: &Run, now: &Run) -> Vec<Comparison> {
    let asked = before.rows.first().zip(now.rows.first());
    let baseline = before.rows.get(1).zip(now.rows.get(1));
    asked.into_iter().chain(baseline).map(|(before, now)| rows(before, now)).collect()
}

fn rows(before: &Row, now: &Row) -> Comparison {
    let old: BTreeMap<&str, &StoryRow> = before.stories.iter().map(|story| (story.name.as_str(), story)).collect();
    let both: Vec<(&StoryRow, &StoryRow)> =
        now.stories.iter().filter_map(|story| Some((*old.get(story.name.as_str())?, story))).collect();
    let sums = (total(both.iter().map(|(old, _)| &old.measures)), total(both.iter().map(|(_, new)| &new.measures)));
    let stories = both.iter().map(|(old, new)| StoryChanges {
        name: new.name.clone(),
        changes: changes(&old.measures, &new.measures).filter(|change| change.verdict != Verdict::Same).collect(),
    });
    let stories = stories.filter(|story| !story.changes.is_empty()).collect();
    let shared: BTreeSet<&str> = both.iter().map(|(_, new)| new.name.as_str()).collect();
    let only = |row: &Row| -> Vec<String> {
        row.stories.iter().filter(|story| !shared.contains(story.name.as_str())).map(|story| story.name.clone()).collect()
    };
    Comparison {
        before: before.name(),
        now: now.name(),
        total: changes(&sums.0, &sums.1).collect(),
        stories,
        only_before: only(before),
        only_now: only(now),
    }
}

fn changes<'a>(before: &'a Measures, now: &'a Measures) -> impl Iterator<Item = Change> + 'a {
    Measure::ALL.iter().filter_map(|measure| {
        let (before, now) = (before.get(measure).copied(), now.get(measure).copied());
        let verdict = match (before, now) {
            (None, None) => return None,
            (None, Some(_)) => Verdict::New,
            (Some(_), None) => Verdict::Gone,
            (Some(before), Some(now)) => verdict(*measure, before, now),
        };
        Some(Change { measure: *measure, before, now, verdict })
    })
}

fn verdict(measure: Measure, before: Portion, now: Portion) -> Verdict {
    let ((then, of_then), (far, of_now)) = (measure.distance(before), measure.distance(now));
    match (far.saturating_mul(of_then)).cmp(&then.saturating_mul(of_now)) {
        Ordering::Less => Verdict::Better,
        Ordering::Equal => Verdict::Same,
        Ordering::Greater => Verdict::Worse,
    }
}
