//! Offline measures of results: what can be counted without asking anybody, taken from the words of a story and of what was
//! written for it, whatever the checks claimed about them before.
//!
//! * [`Measure`] names them, [`Portion`] is what each comes to: so many of so many that are as they should be. A measure of
//!   which a story has nothing is absent, it is not 100 %.
//! * [`measure`] takes them of all stories of a run: [`form`], [`grounds`], [`reach`], [`wording`], [`refusal`] look at one story,
//!   [`commonness`] at all of them, [`stability()`] at several runs of one.
//! * [`Effort`] is what it took
//! * [`Run`] is what is kept, [`compare`] holds two of them against each other, [`Floor`] is what a run must not be under

mod against;
mod commonness;
mod effort;
mod form;
mod gate;
mod grounds;
mod kind;
mod look;
mod portion;
mod reach;
mod refusal;
mod run;
mod stability;
#[cfg(test)]
mod tests;
mod wording;

use std::collections::BTreeMap;

pub use against::{Change, Comparison, StoryChanges, Verdict, compare};
pub use effort::Effort;
pub use gate::{Floor, FloorError, Missed};
pub use kind::{Aim, Measure};
pub use look::{Expected, Subject};
pub use portion::Portion;
pub use run::{Row, Run, RunError, StoryRow};
pub use stability::stability;

use look::Look;

/// The measures of a story, or of several.
pub type Measures = BTreeMap<Measure, Portion>;

/// What one story comes to; `None` = it has nothing that could be counted.
type Taken = Option<Portion>;

/// How a measure is taken of one story.
type Take = fn(&Look<'_>) -> Taken;

/// The measures that need one story alone.
const OF_A_STORY: &[(Measure, Take)] = &[
    (Measure::Kept, form::kept),
    (Measure::Structure, form::structure),
    (Measure::Gherkin, form::gherkin),
    (Measure::StepOrder, form::step_order),
    (Measure::Coverage, form::coverage),
    (Measure::References, form::references),
    (Measure::Language, form::language),
    (Measure::Evidence, grounds::evidence),
    (Measure::Literals, grounds::literals),
    (Measure::SourceRecall, grounds::source_recall),
    (Measure::Grounding, grounds::grounding),
    (Measure::BoundaryPairs, reach::boundary_pairs),
    (Measure::NegativeShare, reach::negative_share),
    (Measure::Scope, reach::scope),
    (Measure::ObservableThen, wording::observable_then),
    (Measure::AtomicSteps, wording::atomic_steps),
    (Measure::Distinct, wording::distinct),
    (Measure::Refusal, refusal::refusal),
    (Measure::Acceptance, refusal::acceptance),
];

/// Measures the results of a run, in their order.
#[must_use]
pub fn measure(subjects: &[Subject<'_>]) -> Vec<Measures> {
    let looks: Vec<Look<'_>> = subjects.iter().map(Look::at).collect();
    let specific = commonness::specific_steps(&looks);
    let of_one = |look: &Look<'_>| -> Measures {
        OF_A_STORY.iter().filter_map(|(measure, take)| take(look).map(|portion| (*measure, portion))).collect()
    };
    let mut all: Vec<Measures> = looks.iter().map(of_one).collect();
    for (measures, specific) in all.iter_mut().zip(specific) {
        measures.extend(specific.map(|portion| (Measure::SpecificSteps, portion)));
    }
    all
}

/// Adds measures up: each story weighs as much as it has to count.
#[must_use]
pub fn total<'a>(all: impl IntoIterator<Item = &'a Measures>) -> Measures {
    let mut sum = Measures::new();
    for (measure, portion) in all.into_iter().flatten() {
        *sum.entry(*measure).or_default() += *portion;
    }
    sum
}
