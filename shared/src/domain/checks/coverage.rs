//! Which scenarios cover which criterion.

use crate::domain::criterion::Criterion;
use crate::domain::scenario::{Coverage, CoverageRow, Scenario};

/// A row for each criterion, in their order.
pub(super) fn coverage(criteria: &[Criterion], scenarios: &[Scenario]) -> Coverage {
    let row = |criterion: &Criterion| {
        let covering = scenarios.iter().filter(|scenario| scenario.covers.contains(&criterion.id));
        CoverageRow { criterion: criterion.id.clone(), scenarios: covering.map(|scenario| scenario.id.clone()).collect() }
    };
    let rows: Vec<CoverageRow> = criteria.iter().map(row).collect();
    let covered = rows.iter().filter(|row| !row.scenarios.is_empty()).count();
    Coverage { covered, total: rows.len(), rows }
}
