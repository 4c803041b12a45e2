//! What became of a write whose answer was lost, as far as Jira shows it now.

use serde_json::Value;

use super::decide::{property_hash, property_marker};
use super::plan::Site;
use crate::domain::markup::{self, below, section};
use crate::domain::publish::TextPlace;
use crate::ports::{Comment, Standing, Survey};
use crate::store::publication::{Publication, TargetKey, Written};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// It stands there.
    Written(Written),
    /// What it was to remove is gone.
    Removed,
    /// Nothing of it is to be seen: it was not carried out, or was not yet.
    Nothing,
}

/// Looks for the write that a record intends.
#[must_use]
pub fn trace(intent: &Publication, key: &TargetKey, site: &Site) -> Trace {
    if let Some(id) = &intent.removes {
        return if site.comments.iter().any(|comment| comment.id == *id) { Trace::Nothing } else { Trace::Removed };
    }
    let remote_id = match key.target.mode.text() {
        Some(TextPlace::Comment) => site.comments.iter().find(|comment| holds(comment, intent)).map(|comment| comment.id.clone()),
        None => None,
        Some(TextPlace::Field) => site
            .field(key.target)
            .ok()
            .and_then(|field| section::hash(field.text, &intent.marker))
            .filter(|hash| *hash == intent.intent_hash)
            .and_then(|_| site.issue.body.get("key").and_then(Value::as_str).map(str::to_owned)),
    };
    remote_id.map_or(Trace::Nothing, |remote_id| {
        Trace::Written(Written { key: key.clone(), marker: intent.marker.clone(), remote_id, hash: intent.intent_hash.clone() })
    })
}

/// The same of what stands as an object of its own: it was written with what it says of itself.
#[must_use]
pub fn trace_item(intent: &Publication, key: &TargetKey, survey: &Survey) -> Trace {
    let is_it = |standing: &&Standing| standing.mark.marker == intent.marker && standing.mark.hash == intent.intent_hash;
    survey.standing.iter().find(is_it).map_or(Trace::Nothing, |standing| {
        let (marker, remote_id, hash) = (intent.marker.clone(), standing.id.clone(), standing.hash.clone());
        Trace::Written(Written { key: key.clone(), marker, remote_id, hash })
    })
}

/// Whether a comment is ours and holds what was intended. A new one is known by what our property says of it, even when a
/// person has changed it since; in an old one the property may have said the same before.
fn holds(comment: &Comment, intent: &Publication) -> bool {
    if property_marker(comment) != Some(&intent.marker) {
        return false;
    }
    let (body, known) = (comment.body.value(), |hash: &str| hash == intent.intent_hash);
    known(&markup::content_hash(&body))
        || below::find(&body, known).is_some()
        || (intent.action == "create" && property_hash(comment) == Some(&intent.intent_hash))
}
