//! Test sets, test plans and test executions: issues that hold tests.

use super::shelf::Shelf;
use crate::site::Site;
use crate::site::catalogue::ISSUE_TYPES;

/// Whether an issue is of this type.
pub(crate) fn is_a(site: &Site, id: u64, kind: &str) -> bool {
    site.issues.get(&id).is_some_and(|issue| ISSUE_TYPES[issue.kind].name == kind)
}

impl Shelf {
    /// Adds tests to a group: those that were not in it, and those that were.
    pub(crate) fn add_to_group(&mut self, group: u64, tests: &[u64]) -> (Vec<u64>, Vec<u64>) {
        let held = self.groups.entry(group).or_default();
        let (known, new): (Vec<u64>, Vec<u64>) = tests.iter().partition(|test| held.contains(test));
        held.extend(&new);
        (new, known)
    }

    /// Takes tests out of a group.
    pub(crate) fn take_from_group(&mut self, group: u64, tests: &[u64]) {
        if let Some(held) = self.groups.get_mut(&group) {
            held.retain(|test| !tests.contains(test));
        }
    }

    /// The groups of this type that hold a test.
    pub(crate) fn groups_of(&self, site: &Site, test: u64, kind: &str) -> Vec<u64> {
        let holding = self.groups.iter().filter(|(id, held)| held.contains(&test) && is_a(site, **id, kind));
        holding.map(|(id, _)| *id).collect()
    }
}
