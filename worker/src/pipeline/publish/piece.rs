//! One comment, or our section of a field: look, decide, write, record.

use std::time::Duration;

use shared::domain::publish::{PlannedAction, PublishMode, PublishOutcome, Published, TextPlace};
use shared::domain::reading;
use shared::domain::story::Story;
use shared::domain::verdict::Failure;
use shared::jobs::{Records, Refused};
use shared::ports::{Jira, RawIssue};
use shared::publishing::{self, Decision, Piece, Site};
use shared::store::publication::{Publication, TargetKey, Written};

use super::super::{Context, End};
use super::Progress;
use super::outcome::{done, stopped};

/// Rounds of looking and writing for one piece: one to write, one to find that it stands there, one to spare.
const ROUNDS: usize = 3;

impl Context<'_> {
    pub(super) async fn piece(
        &self,
        jira: &dyn Jira,
        story: &Story,
        piece: &Piece,
        progress: &mut Progress,
    ) -> Result<Published, End> {
        for _ in 0..ROUNDS {
            // What is recorded late is recorded before the look, so that nothing stands between the look and the write.
            self.settle(progress).await?;
            let records = match progress.records.take() {
                Some(records) => records,
                None => self.records(&piece.key).await?,
            };
            nothing_may_appear(records.open_intent(&piece.key))?;
            let targets = [piece.key.target];
            let looking = publishing::read_site(jira, &self.connection()?.fields, &story.id, &targets, Some(&story.updated));
            let site = self.interruptible(looking).await?.map_err(Failure::from)?;
            self.issue_is_the_same(story, &site.issue, progress.wrote).await?;
            let record = records.of(&piece.key);
            let decision = publishing::decide(piece, record, &site, self.claimed.request.on_conflict);
            let conflict = self.remove_duplicates(jira, story, piece, &decision).await?;
            progress.comments.clone_from(&site.comments);
            let outcome = match decision.action {
                PlannedAction::Unchanged => unchanged(story, piece, record, &decision, progress),
                PlannedAction::Conflict => stopped(piece, PublishOutcome::Conflict, "publish.conflict", &decision, story),
                PlannedAction::Impossible => stopped(piece, PublishOutcome::Failed, code_of(&site, piece), &decision, story),
                PlannedAction::Remove | PlannedAction::Close | PlannedAction::Obsolete => {
                    return Err(Failure::fail("publish.wrong_plan", "a piece was to be removed; this is a defect").into());
                }
                PlannedAction::Create | PlannedAction::Update => {
                    let stored = self.write(jira, story, piece, &decision, &site).await?;
                    self.pipeline.metrics.published();
                    progress.wrote = true;
                    progress.unsettled.push(written(piece, &stored.remote_id, &stored.hash));
                    if decision.action == PlannedAction::Update {
                        done(piece, PublishOutcome::Updated, stored.remote_id, story)
                    } else if self.is_the_first(jira, story, piece, &stored.remote_id).await? {
                        done(piece, PublishOutcome::Created, stored.remote_id, story)
                    } else {
                        // The next round finds both: the older is brought up to date, ours goes.
                        continue;
                    }
                }
            };
            return Ok(match conflict {
                Some(conflict) => Published::worst(Some(outcome), conflict),
                None => outcome,
            });
        }
        Err(Failure::retry("publish.unsettled", "what stands in Jira kept changing while it was written; it is tried again")
            .into())
    }

    /// After a create: whether no other comment of ours was there before.
    async fn is_the_first(&self, jira: &dyn Jira, story: &Story, piece: &Piece, id: &str) -> Result<bool, End> {
        if piece.key.target.mode != PublishMode::Comment {
            return Ok(true);
        }
        let comments = jira.comments(&story.id).await.map_err(Failure::from)?;
        let first = publishing::ours(&comments, piece, None).into_iter().next();
        Ok(first.is_none_or(|first| first.id == id))
    }

    /// What is known of the target that a piece belongs to.
    pub(super) async fn records(&self, key: &TargetKey) -> Result<Records, End> {
        Ok(self.jobs().records(&key.connection, &key.issue_id, key.target.mode).await?)
    }

    /// What is published is of the story as it is, unless somebody wants it all the same.
    pub(super) async fn issue_is_the_same(&self, story: &Story, issue: &RawIssue, wrote: bool) -> Result<(), End> {
        if self.claimed.request.publish_stale {
            return Ok(());
        }
        if publishing::updated(issue) == Some(&story.updated) {
            // Nothing of the issue was touched since it was read.
            return Ok(());
        }
        let now = reading::hash(&issue.body, &self.connection()?.read_options.speaking(issue.markup));
        if now.map_err(|error| Failure::fail(error.code(), error.to_string()))? == story.hash {
            return Ok(());
        }
        let written = if wrote { "what was written before stands, nothing more was" } else { "nothing was written" };
        let message = format!(
            "the story changed since it was read; {written}. Approve with publish_stale to publish all the same, or generate again"
        );
        match self.jobs().stop_for_review(&self.claimed, "story.changed", &message).await? {
            Ok(()) => Err(End::Done),
            Err(_) if self.jobs().why_refused(&self.claimed).await? == Refused::Cancelled => Err(End::Cancelled),
            Err(_) => Err(End::Lost),
        }
    }
}

/// Why a text cannot be written.
fn code_of(site: &Site, piece: &Piece) -> &'static str {
    let has_field = piece.place == TextPlace::Comment || site.field(piece.key.target).is_ok();
    if has_field { "publish.too_long" } else { "publish.impossible" }
}

/// A write that somebody intended may still be on its way for this long.
pub(super) fn nothing_may_appear(wait: Duration) -> Result<(), Failure> {
    if wait.is_zero() {
        return Ok(());
    }
    let message = "an earlier write to this place got no answer; it is looked for when it can no longer be on its way";
    Err(Failure::snooze(wait, "publish.write_unknown", message))
}

/// It stands there already; what we did not know of it is recorded.
fn unchanged(
    story: &Story,
    piece: &Piece,
    record: Option<&Publication>,
    decision: &Decision,
    progress: &mut Progress,
) -> Published {
    let remote_id = decision.comment.as_ref().map_or_else(|| story.key.clone(), |comment| comment.id.clone());
    let is_known = |record: &Publication| {
        record.state == "written"
            && record.written_hash.as_ref() == Some(&decision.hash)
            && record.remote_id.as_ref() == Some(&remote_id)
    };
    if !record.is_some_and(is_known) {
        progress.unsettled.push(written(piece, &remote_id, &decision.hash));
    }
    done(piece, PublishOutcome::Unchanged, remote_id, story)
}

fn written(piece: &Piece, remote_id: &str, hash: &str) -> Written {
    Written { key: piece.key.clone(), marker: piece.marker.clone(), remote_id: remote_id.to_owned(), hash: hash.to_owned() }
}
