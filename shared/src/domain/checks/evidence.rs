//! Rung 6: quotations are in the story, and are enough for what the item claims to be.

use super::checked::Item;
use super::remark::{clip, error, warning};
use crate::domain::criterion::Criterion;
use crate::domain::evidence::{CheckedEvidence, Origin};
use crate::domain::finding::{Finding, FindingCode};
use crate::domain::normal::Haystack;

/// Looks every quotation up: notes whether it was found, and where when that is not where it was said to be.
pub(super) fn verify(evidence: &mut Vec<CheckedEvidence>, story: &Haystack) {
    for said in evidence.iter_mut() {
        let found = story.find(&said.quote, &said.source);
        said.verified = found.is_some();
        if let Some(source) = found {
            said.source = source.to_owned();
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    evidence.retain(|said| seen.insert((said.source.clone(), said.quote.clone())));
}

/// Judges verified quotations by the item's origin.
pub(super) fn check(item: &Item<'_>, criteria: &[Criterion], story: &Haystack) -> Vec<Finding> {
    let verified = item.evidence.iter().any(|said| said.verified);
    let enough = match item.origin {
        Origin::Stated => verified,
        Origin::Derived => verified || !item.rule.is_empty() || covers_grounded(item, criteria),
        Origin::Proposed => true,
    };
    let lost = item.evidence.iter().filter(|said| !said.verified);
    let mut findings: Vec<Finding> = lost
        .map(|said| {
            let quote = clip(&said.quote);
            let (code, message) = if story.is_told(&said.quote) {
                let message = format!("The words {quote} speak to a model and not about the product; rest the item on others.");
                (FindingCode::StoryInstructions, message)
            } else {
                let message = format!("The quotation {quote} is not in the story; copy words from it letter by letter.");
                (FindingCode::EvidenceNotFound, message)
            };
            if enough { warning(code, message) } else { error(code, message) }
        })
        .collect();
    if findings.is_empty() && !enough {
        let message = match item.origin {
            Origin::Stated => "The item is said to be stated but quotes nothing; quote the story or call it proposed.",
            _ => "The item is said to be derived but names no rule and quotes nothing; do either or call it proposed.",
        };
        findings.push(error(FindingCode::EvidenceMissing, message));
    }
    findings
}

/// A scenario may follow from a criterion that itself rests on the story.
fn covers_grounded(item: &Item<'_>, criteria: &[Criterion]) -> bool {
    let covered = criteria.iter().filter(|criterion| item.covers.is_some_and(|covers| covers.contains(&criterion.id)));
    covered.into_iter().any(|criterion| criterion.origin != Origin::Proposed)
}
