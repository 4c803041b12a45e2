//! Rung 4: a scenario names criteria that exist.

use super::checked::Item;
use super::remark::{clip, error};
use crate::domain::criterion::Criterion;
use crate::domain::finding::{Finding, FindingCode};

/// Looks up what a scenario covers.
pub(super) fn check(item: &Item<'_>, criteria: &[Criterion]) -> Vec<Finding> {
    let Some(covers) = item.covers else { return Vec::new() };
    let unknown = covers.iter().filter(|id| !exists(id, criteria));
    let mut findings: Vec<Finding> = unknown
        .map(|id| error(FindingCode::ReferenceUnknown, format!("There is no criterion {}; name only ids that exist.", clip(id))))
        .collect();
    if covers.is_empty() {
        findings.push(error(FindingCode::ReferenceMissing, "The scenario covers no criterion; name the ids of those it tests."));
    }
    findings
}

/// Whether a criterion has this id.
pub(super) fn exists(id: &str, criteria: &[Criterion]) -> bool {
    criteria.iter().any(|criterion| criterion.id == id)
}
