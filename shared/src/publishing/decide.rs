//! What to do about one piece, given what stands in Jira now and what we know we wrote.

use serde_json::Value;

use super::duplicate::Duplicate;
use super::pieces::{PROPERTY, Piece};
use super::plan::Site;
use crate::domain::markup::{self, Rich, below, fit, section};
use crate::domain::publish::{OnConflict, PlannedAction, TextPlace};
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
    pub duplicates: Vec<Duplicate>,
    /// The body to send: of the comment, or the whole field.
    pub body: Rich,
    /// How many blocks at the top of a comment's body are a person's, ours standing below them.
    pub theirs: usize,
    /// Hash of what will be ours after the write.
    pub hash: String,
    /// Why, when nothing will be written.
    pub reason: String,
}

/// Decides about one piece.
#[must_use]
pub fn decide(piece: &Piece, record: Option<&Publication>, site: &Site, on_conflict: OnConflict) -> Decision {
    let decision = match piece.place {
        TextPlace::Comment => comment(piece, record, site, on_conflict),
        TextPlace::Field => match site.field(piece.key.target) {
            Ok(field) => section_of(field.text, piece, record, on_conflict),
            Err(why) => impossible(piece, why),
        },
    };
    within_limits(decision)
}

fn comment(piece: &Piece, record: Option<&Publication>, site: &Site, on_conflict: OnConflict) -> Decision {
    let mut ours = ours(&site.comments, piece, record).into_iter();
    let Some(current) = ours.next() else {
        return write(PlannedAction::Create, piece, None);
    };
    let duplicates = ours.map(|comment| Duplicate::of(comment, piece, record)).collect();
    let known = |hash: &str| hash == piece.hash || is_as_we_wrote_it(current, record, hash);
    let body = current.body.value();
    let now = markup::content_hash(&body);
    let decision = if now == piece.hash {
        unchanged(piece, current)
    } else if known(&now) {
        write(PlannedAction::Update, piece, Some(current))
    } else {
        match below::find(&body, known) {
            Some((_, hash)) if hash == piece.hash => unchanged(piece, current),
            Some((theirs, _)) => replaced_below(piece, current, &body, theirs),
            None => edited(piece, current, on_conflict),
        }
    };
    Decision { duplicates, ..decision }
}

/// Comments that a piece stands in, oldest first. Those with our property are ours, and only when there is none the
/// one that we remember, if it still carries our marker: whoever copies our words does not make a comment ours.
#[must_use]
pub fn ours<'a>(comments: &'a [Comment], piece: &Piece, record: Option<&Publication>) -> Vec<&'a Comment> {
    let marked: Vec<&Comment> = comments.iter().filter(|comment| property_marker(comment) == Some(&piece.marker)).collect();
    if !marked.is_empty() {
        return marked;
    }
    let remembered = record.and_then(|record| record.remote_id.as_deref());
    let is_it = |comment: &&Comment| {
        remembered == Some(comment.id.as_str()) && markup::carries_marker(&comment.body.value(), &piece.marker)
    };
    comments.iter().filter(is_it).collect()
}

/// Whether this is the hash of what we wrote into a comment, as our record or its property says.
pub(super) fn is_as_we_wrote_it(comment: &Comment, record: Option<&Publication>, hash: &str) -> bool {
    record.and_then(|record| record.written_hash.as_deref()) == Some(hash) || property_hash(comment) == Some(hash)
}

/// A person changed our comment.
fn edited(piece: &Piece, current: &Comment, on_conflict: OnConflict) -> Decision {
    match on_conflict {
        OnConflict::Keep => conflict(piece, Some(current), "a person changed our comment since we wrote it"),
        OnConflict::Overwrite => write(PlannedAction::Update, piece, Some(current)),
        OnConflict::Merge => {
            let (body, theirs) = below::ruled(&current.body.value());
            replaced_below(piece, current, &body, theirs)
        }
    }
}

/// Ours below what a person wrote.
fn replaced_below(piece: &Piece, current: &Comment, body: &Value, theirs: usize) -> Decision {
    let body = below::replace(body, theirs, &piece.content.value());
    Decision { body: (&body).into(), theirs, ..write(PlannedAction::Update, piece, Some(current)) }
}

/// Our section in a field that holds this text.
fn section_of(text: &Value, piece: &Piece, record: Option<&Publication>, on_conflict: OnConflict) -> Decision {
    let ours = || piece.content.value();
    let replaced = || Rich::from(&section::replace(text, &piece.marker, ours()));
    let Some(current) = section::hash(text, &piece.marker) else {
        return Decision { body: replaced(), ..write(PlannedAction::Create, piece, None) };
    };
    let as_we_wrote_it = record.and_then(|record| record.written_hash.as_deref()) == Some(current.as_str());
    if current == piece.hash {
        Decision { body: Rich::nothing(), ..write(PlannedAction::Unchanged, piece, None) }
    } else if as_we_wrote_it || on_conflict == OnConflict::Overwrite {
        Decision { body: replaced(), ..write(PlannedAction::Update, piece, None) }
    } else if on_conflict == OnConflict::Merge {
        let body = section::beside(text, &piece.marker, ours());
        Decision { body: (&body).into(), ..write(PlannedAction::Update, piece, None) }
    } else {
        conflict(piece, None, "a person changed our section since we wrote it")
    }
}

fn write(action: PlannedAction, piece: &Piece, current: Option<&Comment>) -> Decision {
    Decision {
        action,
        comment: current.cloned(),
        duplicates: Vec::new(),
        body: piece.content.clone(),
        theirs: 0,
        hash: piece.hash.clone(),
        reason: String::new(),
    }
}

fn impossible(piece: &Piece, reason: String) -> Decision {
    Decision { reason, body: Rich::nothing(), ..write(PlannedAction::Impossible, piece, None) }
}

fn unchanged(piece: &Piece, current: &Comment) -> Decision {
    Decision { body: Rich::nothing(), ..write(PlannedAction::Unchanged, piece, Some(current)) }
}

fn conflict(piece: &Piece, current: Option<&Comment>, why: &str) -> Decision {
    let reason = format!("{why}; choose overwrite or merge with on_conflict, or keep theirs");
    Decision { reason, body: Rich::nothing(), ..write(PlannedAction::Conflict, piece, current) }
}

/// Jira refuses texts above its limit, so nothing longer is ever sent.
fn within_limits(decision: Decision) -> Decision {
    let length = decision.body.length();
    let writes = matches!(decision.action, PlannedAction::Create | PlannedAction::Update);
    if writes && length > fit::LIMIT + 2_000 {
        let reason = format!(
            "the text would be {length} characters long, more than Jira takes; publish it as a comment, or criteria alone"
        );
        return Decision { action: PlannedAction::Impossible, reason, body: Rich::nothing(), ..decision };
    }
    decision
}

/// The marker in our property of a comment.
pub(super) fn property_marker(comment: &Comment) -> Option<&str> {
    property(comment, "marker")
}

pub(super) fn property_hash(comment: &Comment) -> Option<&str> {
    property(comment, "hash")
}

fn property<'a>(comment: &'a Comment, name: &str) -> Option<&'a str> {
    comment.properties.iter().find(|(key, _)| key == PROPERTY).and_then(|(_, value)| value.get(name)?.as_str())
}
