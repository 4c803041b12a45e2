//! What to do about one piece, given what stands in Jira now and what we know we wrote.

use serde_json::{Value, json};

use super::pieces::{PROPERTY, Piece};
use super::plan::Site;
use crate::domain::adf::{fit, hash, marker, section};
use crate::domain::publish::{OnConflict, PlannedAction, PublishMode};
use crate::ports::Comment;
use crate::store::publication::Publication;

/// What to do, and with which content.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What.
    pub action: PlannedAction,
    /// The comment it is about, when it exists.
    pub comment: Option<Comment>,
    /// Comments of ours that stand beside it by mistake: the older one stays.
    pub surplus: Vec<String>,
    /// The body to send: of the comment, or the whole description.
    pub body: Value,
    /// Hash of what will be ours after the write.
    pub hash: String,
    /// Why, when nothing will be written.
    pub reason: String,
}

/// Decides about one piece.
#[must_use]
pub fn decide(piece: &Piece, record: Option<&Publication>, site: &Site, on_conflict: OnConflict) -> Decision {
    let decision = match piece.key.target.mode {
        PublishMode::Comment => comment(piece, record, site, on_conflict),
        PublishMode::Description => description(piece, record, site, on_conflict),
    };
    within_limits(decision)
}

fn comment(piece: &Piece, record: Option<&Publication>, site: &Site, on_conflict: OnConflict) -> Decision {
    let mut ours = site.comments.iter().filter(|comment| is_ours(comment, piece));
    let Some(current) = ours.next() else {
        return write(PlannedAction::Create, piece, None);
    };
    let surplus = ours.map(|comment| comment.id.clone()).collect();
    let now = hash::content_hash(&current.body);
    let decision = if now == piece.hash {
        Decision { body: Value::Null, ..write(PlannedAction::Unchanged, piece, Some(current)) }
    } else if record.and_then(|record| record.written_hash.as_deref()) == Some(now.as_str()) || property_hash(current) == Some(now.as_str()) {
        write(PlannedAction::Update, piece, Some(current))
    } else {
        edited(piece, current, on_conflict)
    };
    Decision { surplus, ..decision }
}

/// A person changed our comment.
fn edited(piece: &Piece, current: &Comment, on_conflict: OnConflict) -> Decision {
    match on_conflict {
        OnConflict::Keep => conflict(piece, Some(current), "a person changed our comment since we wrote it"),
        OnConflict::Overwrite => write(PlannedAction::Update, piece, Some(current)),
        OnConflict::Merge => {
            let body = joined(&current.body, &piece.content);
            Decision { hash: hash::content_hash(&body), body, ..write(PlannedAction::Update, piece, Some(current)) }
        }
    }
}

fn description(piece: &Piece, record: Option<&Publication>, site: &Site, on_conflict: OnConflict) -> Decision {
    let replaced = || section::replace(&site.description, &piece.marker, piece.content.clone());
    let Some(current) = section::find(&site.description, &piece.marker) else {
        return Decision { body: replaced(), ..write(PlannedAction::Create, piece, None) };
    };
    let as_we_wrote_it = record.and_then(|record| record.written_hash.as_deref()) == Some(current.hash.as_str());
    if current.hash == piece.hash {
        Decision { body: Value::Null, ..write(PlannedAction::Unchanged, piece, None) }
    } else if as_we_wrote_it || on_conflict == OnConflict::Overwrite {
        Decision { body: replaced(), ..write(PlannedAction::Update, piece, None) }
    } else if on_conflict == OnConflict::Merge {
        let theirs = section::replace(&site.description, &piece.marker, without_marker(current.node, &piece.marker));
        Decision { body: section::append(&theirs, piece.content.clone()), ..write(PlannedAction::Update, piece, None) }
    } else {
        conflict(piece, None, "a person changed our section of the description since we wrote it")
    }
}

fn write(action: PlannedAction, piece: &Piece, current: Option<&Comment>) -> Decision {
    Decision {
        action,
        comment: current.cloned(),
        surplus: Vec::new(),
        body: piece.content.clone(),
        hash: piece.hash.clone(),
        reason: String::new(),
    }
}

fn conflict(piece: &Piece, current: Option<&Comment>, why: &str) -> Decision {
    let reason = format!("{why}; choose overwrite or merge with on_conflict, or keep theirs");
    Decision { reason, body: Value::Null, ..write(PlannedAction::Conflict, piece, current) }
}

/// Jira refuses texts above its limit, so nothing longer is ever sent.
fn within_limits(decision: Decision) -> Decision {
    let length = decision.body.to_string().len();
    let writes = matches!(decision.action, PlannedAction::Create | PlannedAction::Update);
    if writes && length > fit::LIMIT_BYTES + 2_000 {
        let reason = format!("the text would be {length} bytes long, more than Jira takes; publish it as a comment, or criteria alone");
        return Decision { action: PlannedAction::Impossible, reason, body: Value::Null, ..decision };
    }
    decision
}

/// Whether a comment is the one that a piece stands in.
#[must_use]
pub fn is_ours(comment: &Comment, piece: &Piece) -> bool {
    let property = comment.properties.iter().find(|(key, _)| key == PROPERTY);
    let by_property = property.is_some_and(|(_, value)| value.get("marker").and_then(Value::as_str) == Some(&piece.marker));
    by_property || marker::carries_marker(&comment.body, &piece.marker)
}

fn property_hash(comment: &Comment) -> Option<&str> {
    comment.properties.iter().find(|(key, _)| key == PROPERTY).and_then(|(_, value)| value.get("hash")?.as_str())
}

/// Theirs, a rule, ours.
fn joined(theirs: &Value, ours: &Value) -> Value {
    let blocks = |body: &Value| body.get("content").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut content = blocks(theirs);
    content.push(json!({ "type": "rule" }));
    content.extend(blocks(ours));
    json!({ "type": "doc", "version": 1, "content": content })
}

/// Their version of our section is theirs from now on.
fn without_marker(mut node: Value, marker: &str) -> Value {
    if let Some(title) = node.get_mut("attrs").and_then(|attrs| attrs.get_mut("title")) {
        let plain = title.as_str().unwrap_or_default().replace(marker, "").trim_end_matches([' ', '·']).to_owned();
        *title = Value::String(plain);
    }
    node
}
