//! What to do about one piece, given what stands in Jira now and what we know we wrote.

use serde_json::{Value, json};

use super::duplicate::Duplicate;
use super::pieces::{PROPERTY, Piece};
use super::plan::Site;
use crate::domain::adf::text::Adf;
use crate::domain::adf::{fit, hash, marker, section};
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
    /// The body to send: of the comment, or the whole description.
    pub body: Adf,
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
        TextPlace::Description => description(piece, record, site, on_conflict),
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
    let now = hash::content_hash(&body);
    let decision = if now == piece.hash {
        unchanged(piece, current)
    } else if known(&now) {
        write(PlannedAction::Update, piece, Some(current))
    } else {
        match below_theirs(&body, known) {
            Some((_, hash)) if hash == piece.hash => unchanged(piece, current),
            Some((theirs, _)) => below(piece, current, theirs),
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
        remembered == Some(comment.id.as_str()) && marker::carries_marker(&comment.body.value(), &piece.marker)
    };
    comments.iter().filter(is_it).collect()
}

/// Whether this is the hash of what we wrote into a comment, as our record or its property says.
pub(super) fn is_as_we_wrote_it(comment: &Comment, record: Option<&Publication>, hash: &str) -> bool {
    record.and_then(|record| record.written_hash.as_deref()) == Some(hash) || property_hash(comment) == Some(hash)
}

/// Where ours begins below a rule and what a person wrote, and its hash, when it stands there as we know it.
pub(super) fn below_theirs(body: &Value, known: impl Fn(&str) -> bool) -> Option<(usize, String)> {
    let blocks = blocks_of(body);
    let rules = blocks.iter().enumerate().filter(|(_, block)| block.get("type").and_then(Value::as_str) == Some("rule"));
    rules.map(|(at, _)| (at + 1, hash::content_hash(&document(&blocks[at + 1..])))).find(|(_, hash)| known(hash))
}

/// A person changed our comment.
fn edited(piece: &Piece, current: &Comment, on_conflict: OnConflict) -> Decision {
    match on_conflict {
        OnConflict::Keep => conflict(piece, Some(current), "a person changed our comment since we wrote it"),
        OnConflict::Overwrite => write(PlannedAction::Update, piece, Some(current)),
        OnConflict::Merge => {
            let mut blocks = blocks_of(&current.body.value()).to_vec();
            blocks.push(json!({ "type": "rule" }));
            let theirs = blocks.len();
            blocks.extend_from_slice(blocks_of(&piece.content.value()));
            Decision { body: (&document(&blocks)).into(), theirs, ..write(PlannedAction::Update, piece, Some(current)) }
        }
    }
}

/// Ours is replaced below what a person wrote.
fn below(piece: &Piece, current: &Comment, theirs: usize) -> Decision {
    let mut blocks: Vec<Value> = blocks_of(&current.body.value()).iter().take(theirs).cloned().collect();
    blocks.extend_from_slice(blocks_of(&piece.content.value()));
    Decision { body: (&document(&blocks)).into(), theirs, ..write(PlannedAction::Update, piece, Some(current)) }
}

/// Hash of what is ours in a comment as Jira stored it, below as many blocks of a person.
#[must_use]
pub fn hash_of_ours(body: &Value, theirs: usize) -> String {
    if theirs == 0 {
        return hash::content_hash(body);
    }
    hash::content_hash(&document(blocks_of(body).get(theirs..).unwrap_or_default()))
}

fn description(piece: &Piece, record: Option<&Publication>, site: &Site, on_conflict: OnConflict) -> Decision {
    let ours = || piece.content.value();
    let replaced = || Adf::from(&section::replace(&site.description, &piece.marker, ours()));
    let Some(current) = section::find(&site.description, &piece.marker) else {
        return Decision { body: replaced(), ..write(PlannedAction::Create, piece, None) };
    };
    let as_we_wrote_it = record.and_then(|record| record.written_hash.as_deref()) == Some(current.hash.as_str());
    if current.hash == piece.hash {
        Decision { body: Adf::nothing(), ..write(PlannedAction::Unchanged, piece, None) }
    } else if as_we_wrote_it || on_conflict == OnConflict::Overwrite {
        Decision { body: replaced(), ..write(PlannedAction::Update, piece, None) }
    } else if on_conflict == OnConflict::Merge {
        let theirs = section::replace(&site.description, &piece.marker, without_marker(current.node, &piece.marker));
        Decision { body: (&section::append(&theirs, ours())).into(), ..write(PlannedAction::Update, piece, None) }
    } else {
        conflict(piece, None, "a person changed our section of the description since we wrote it")
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

fn unchanged(piece: &Piece, current: &Comment) -> Decision {
    Decision { body: Adf::nothing(), ..write(PlannedAction::Unchanged, piece, Some(current)) }
}

fn conflict(piece: &Piece, current: Option<&Comment>, why: &str) -> Decision {
    let reason = format!("{why}; choose overwrite or merge with on_conflict, or keep theirs");
    Decision { reason, body: Adf::nothing(), ..write(PlannedAction::Conflict, piece, current) }
}

/// Jira refuses texts above its limit, so nothing longer is ever sent.
fn within_limits(decision: Decision) -> Decision {
    let length = decision.body.json().len();
    let writes = matches!(decision.action, PlannedAction::Create | PlannedAction::Update);
    if writes && length > fit::LIMIT_BYTES + 2_000 {
        let reason =
            format!("the text would be {length} bytes long, more than Jira takes; publish it as a comment, or criteria alone");
        return Decision { action: PlannedAction::Impossible, reason, body: Adf::nothing(), ..decision };
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

fn blocks_of(body: &Value) -> &[Value] {
    body.get("content").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn document(blocks: &[Value]) -> Value {
    json!({ "type": "doc", "version": 1, "content": blocks })
}

/// Their version of our section is theirs from now on.
fn without_marker(mut node: Value, marker: &str) -> Value {
    if let Some(title) = node.get_mut("attrs").and_then(|attrs| attrs.get_mut("title")) {
        let plain = title.as_str().unwrap_or_default().replace(marker, "").trim_end_matches([' ', '·']).to_owned();
        *title = Value::String(plain);
    }
    node
}
