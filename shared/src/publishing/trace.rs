//! What became of a write whose answer was lost, as far as Jira shows it now.

use serde_json::Value;

use super::decide::{below_theirs, property_hash, property_marker};
use super::plan::Site;
use crate::domain::adf::{hash, section};
use crate::domain::publish::PublishMode;
use crate::ports::Comment;
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
    let remote_id = match key.target.mode {
        PublishMode::Comment => site.comments.iter().find(|comment| holds(comment, intent)).map(|comment| comment.id.clone()),
        PublishMode::Description => section::find(&site.description, &intent.marker)
            .filter(|section| section.hash == intent.intent_hash)
            .and_then(|_| site.issue.body.get("key").and_then(Value::as_str).map(str::to_owned)),
    };
    remote_id.map_or(Trace::Nothing, |remote_id| {
        Trace::Written(Written { key: key.clone(), marker: intent.marker.clone(), remote_id, hash: intent.intent_hash.clone() })
    })
}

/// Whether a comment is ours and holds what was intended. A new one is known by what our property says of it, even when a
/// person has changed it since; in an old one the property may have said the same before.
fn holds(comment: &Comment, intent: &Publication) -> bool {
    if property_marker(comment) != Some(&intent.marker) {
        return false;
    }
    let (body, known) = (comment.body.value(), |hash: &str| hash == intent.intent_hash);
    known(&hash::content_hash(&body))
        || below_theirs(&body, known).is_some()
        || (intent.action == "create" && property_hash(comment) == Some(&intent.intent_hash))
}
