//! What is said of a target, or of a piece of it.

use shared::domain::publish::{PublishOutcome, PublishTarget, Published, TextPlace};
use shared::domain::story::Story;
use shared::domain::verdict::Failure;
use shared::ports::Comment;
use shared::publishing::{Decision, Piece};

/// It stands there.
pub(super) fn done(piece: &Piece, outcome: PublishOutcome, remote_id: String, story: &Story) -> Published {
    let url = match piece.place {
        TextPlace::Comment => comment_url(story, &remote_id),
        TextPlace::Field => story.url.clone(),
    };
    Published {
        target: piece.key.target,
        outcome,
        remote_id: Some(remote_id),
        url: Some(url),
        code: String::new(),
        message: String::new(),
        items: Vec::new(),
    }
}

/// It was not written, and the decision says why.
pub(super) fn stopped(piece: &Piece, outcome: PublishOutcome, code: &str, decision: &Decision, story: &Story) -> Published {
    Published {
        target: piece.key.target,
        outcome,
        remote_id: decision.comment.as_ref().map(|comment| comment.id.clone()),
        url: Some(story.url.clone()),
        code: code.to_owned(),
        message: decision.reason.clone(),
        items: Vec::new(),
    }
}

/// A comment of ours should go, but a person changed it.
pub(super) fn changed(target: PublishTarget, comment: &Comment, message: &str, story: &Story) -> Published {
    Published {
        target,
        outcome: PublishOutcome::Conflict,
        remote_id: Some(comment.id.clone()),
        url: Some(comment_url(story, &comment.id)),
        code: "publish.conflict".to_owned(),
        message: message.to_owned(),
        items: Vec::new(),
    }
}

/// It failed for good.
pub(super) fn refused(target: PublishTarget, failure: &Failure) -> Published {
    let (code, message) = (failure.code.to_owned(), failure.message.clone());
    Published { target, outcome: PublishOutcome::Failed, remote_id: None, url: None, code, message, items: Vec::new() }
}

/// The job made nothing for it.
pub(super) fn nothing_to_write(target: PublishTarget) -> Published {
    let message = format!("this job made no {} to publish", target.what);
    let code = "publish.nothing_to_write".to_owned();
    Published { target, outcome: PublishOutcome::Failed, remote_id: None, url: None, code, message, items: Vec::new() }
}

/// All of it is left out, because tests exist that say the same.
pub(super) fn nothing_is_left(target: PublishTarget) -> Published {
    let (code, message) = (String::new(), String::new());
    Published { target, outcome: PublishOutcome::Unchanged, remote_id: None, url: None, code, message, items: Vec::new() }
}

fn comment_url(story: &Story, id: &str) -> String {
    format!("{}?focusedCommentId={id}", story.url)
}
