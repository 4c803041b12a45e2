//! Criteria and scenarios that stand as objects of their own: one look at all of them, then each by itself. One that cannot
//! be written does not keep the others from it.

use serde_json::Value;
use shared::domain::publish::{PlannedAction, PublishMode, PublishOutcome, PublishTarget, Published, PublishedItem};
use shared::domain::story::Story;
use shared::domain::verdict::{Failure, Verdict};
use shared::jobs::Records;
use shared::ports::{Items, Jira, RawIssue, Standing, Survey};
use shared::publishing::{self, Farewell, ItemDecision, ItemPiece, Obsolete, Subject, UNNEEDED};
use shared::store::made::Made;
use shared::store::publication::{Action, Publication, Written};

use super::super::{Context, End, story};
use super::Progress;
use super::outcome::{nothing_is_left, nothing_to_write};
use super::piece::nothing_may_appear;

/// What was looked at before the first item is written.
struct Look {
    issue: RawIssue,
    records: Records,
    survey: Survey,
}

impl Context<'_> {
    /// One target whose items stand as objects of their own.
    pub(super) async fn items(
        &self,
        jira: &dyn Jira,
        place: &dyn Items,
        subject: &Subject<'_>,
        made: &Made,
        target: PublishTarget,
        progress: &mut Progress,
    ) -> Result<Published, End> {
        let story = story(made)?;
        self.take(subject, made, target).await?;
        let pieces = publishing::item_pieces(subject, target, place);
        let mut look = self.look(jira, place, story, target.mode, progress).await?;
        let mut items = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            items.push(self.item(place, piece, &mut look, progress).await?);
        }
        for left in publishing::obsolete(subject, target, &pieces, &look.survey) {
            items.extend(self.farewell(place, subject, &left, &look.records, progress).await?);
        }
        let outcome = Published::of_items(target, items);
        Ok(outcome.unwrap_or_else(|| match publishing::skipped(subject, target) {
            skipped if skipped.is_empty() => nothing_to_write(target),
            _ => nothing_is_left(target),
        }))
    }

    /// What stands there, once nothing can appear any more that somebody has sent.
    async fn look(
        &self,
        jira: &dyn Jira,
        place: &dyn Items,
        story: &Story,
        mode: PublishMode,
        progress: &mut Progress,
    ) -> Result<Look, End> {
        self.settle(progress).await?;
        let records = self.jobs().records(&self.claimed.row.connection, &story.id, mode).await?;
        nothing_may_appear(records.longest_wait())?;
        let issue = self.interruptible(jira.issue_alone(&story.id)).await?.map_err(Failure::from)?;
        self.issue_is_the_same(story, &issue, progress.wrote).await?;
        let known = records.remote_ids();
        let survey = self.interruptible(place.survey(&issue, &known, false)).await?.map_err(Failure::from)?;
        Ok(Look { issue, records, survey })
    }

    /// One item.
    async fn item(
        &self,
        place: &dyn Items,
        piece: &ItemPiece,
        look: &mut Look,
        progress: &mut Progress,
    ) -> Result<PublishedItem, End> {
        let mut decision = self.decided(piece, look);
        if decision.action == PlannedAction::Create && look.survey.ground.is_null() {
            // Only now it is worth asking what a new object needs.
            let known = look.records.remote_ids();
            look.survey = self.interruptible(place.survey(&look.issue, &known, true)).await?.map_err(Failure::from)?;
            decision = self.decided(piece, look);
        }
        let record = look.records.of(&piece.key);
        let outcome = match decision.action {
            PlannedAction::Create => PublishOutcome::Created,
            PlannedAction::Update => PublishOutcome::Updated,
            PlannedAction::Unchanged => {
                progress.unsettled.extend(decision.standing.as_ref().and_then(|standing| unknown(piece, record, standing)));
                return Ok(stands(piece, PublishOutcome::Unchanged, decision.standing.as_ref()));
            }
            PlannedAction::Conflict => return Ok(stopped(piece, PublishOutcome::Conflict, "publish.conflict", &decision)),
            PlannedAction::Impossible => return Ok(stopped(piece, PublishOutcome::Failed, "publish.impossible", &decision)),
            PlannedAction::Remove | PlannedAction::Close | PlannedAction::Obsolete => {
                return Err(Failure::fail("publish.wrong_plan", "an item was to be removed; this is a defect").into());
            }
        };
        self.settle(progress).await?;
        match self.write_item(place, piece, &decision, &look.survey.ground).await {
            Ok(standing) => {
                self.pipeline.metrics.published();
                progress.wrote = true;
                progress.unsettled.push(written(piece, &standing));
                Ok(stands(piece, outcome, Some(&standing)))
            }
            Err(End::Failed(failure)) if failure.verdict == Verdict::Fail => Ok(refused(piece, &failure)),
            Err(end) => Err(end),
        }
    }

    fn decided(&self, piece: &ItemPiece, look: &Look) -> ItemDecision {
        let record = look.records.of(&piece.key);
        publishing::decide_item(piece, record, &look.survey, self.claimed.request.on_conflict)
    }

    /// An object that nobody needs any more; `None` = it is closed already.
    async fn farewell(
        &self,
        place: &dyn Items,
        subject: &Subject<'_>,
        left: &Obsolete,
        records: &Records,
        progress: &mut Progress,
    ) -> Result<Option<PublishedItem>, End> {
        let (record, closes) = (records.of(&left.key), self.claimed.request.close_obsolete);
        let farewell = left.farewell(place, subject, record, closes);
        let way = match self.interruptible(farewell).await?.map_err(Failure::from)? {
            // Whoever closed it may not have come to say so.
            Farewell::IsClosed => {
                progress.unsettled.extend(unsettled(left, record));
                return Ok(None);
            }
            Farewell::Stays(why) => return Ok(Some(obsolete(left, PublishOutcome::Obsolete, "publish.obsolete", why))),
            Farewell::Closes(way) => way,
        };
        self.settle(progress).await?;
        let standing = &left.standing;
        let intent = self.intent(&left.key, &standing.mark.marker, Action::Close, Some(standing.id.clone()), &standing.hash);
        match self.under_intent(intent, place.close(standing, &way)).await {
            Ok(()) => {
                self.pipeline.metrics.published();
                progress.wrote = true;
                progress.unsettled.push(as_it_stands(left));
                Ok(Some(obsolete(left, PublishOutcome::Closed, "", UNNEEDED.to_owned())))
            }
            Err(End::Failed(failure)) if failure.verdict == Verdict::Fail => {
                Ok(Some(obsolete(left, PublishOutcome::Failed, failure.code, failure.message)))
            }
            Err(end) => Err(end),
        }
    }

    async fn write_item(
        &self,
        place: &dyn Items,
        piece: &ItemPiece,
        decision: &ItemDecision,
        ground: &Value,
    ) -> Result<Standing, End> {
        let marker = &piece.mark.marker;
        match &decision.standing {
            Some(standing) => {
                let intent = self.intent(&piece.key, marker, Action::Update, Some(standing.id.clone()), &piece.form.hash);
                self.under_intent(intent, place.update(standing, &piece.form, &piece.mark)).await
            }
            None => {
                let intent = self.intent(&piece.key, marker, Action::Create, None, &piece.form.hash);
                self.under_intent(intent, place.create(ground, &piece.form, &piece.mark)).await
            }
        }
    }
}

/// What stands there as it should and is not known yet.
fn unknown(piece: &ItemPiece, record: Option<&Publication>, standing: &Standing) -> Option<Written> {
    let is_known = |record: &Publication| {
        record.state == "written"
            && record.written_hash.as_deref() == Some(standing.hash.as_str())
            && record.remote_id.as_deref() == Some(standing.id.as_str())
    };
    (!record.is_some_and(is_known)).then(|| written(piece, standing))
}

fn written(piece: &ItemPiece, standing: &Standing) -> Written {
    let (marker, remote_id, hash) = (piece.mark.marker.clone(), standing.id.clone(), standing.hash.clone());
    Written { key: piece.key.clone(), marker, remote_id, hash }
}

fn stands(piece: &ItemPiece, outcome: PublishOutcome, standing: Option<&Standing>) -> PublishedItem {
    PublishedItem {
        id: piece.id.clone(),
        outcome,
        key: standing.map(|standing| standing.key.clone()),
        url: standing.map(|standing| standing.url.clone()),
        code: String::new(),
        message: String::new(),
    }
}

fn stopped(piece: &ItemPiece, outcome: PublishOutcome, code: &str, decision: &ItemDecision) -> PublishedItem {
    let (code, message) = (code.to_owned(), decision.reason.clone());
    PublishedItem { code, message, ..stands(piece, outcome, decision.standing.as_ref()) }
}

fn refused(piece: &ItemPiece, failure: &Failure) -> PublishedItem {
    let (code, message) = (failure.code.to_owned(), failure.message.clone());
    PublishedItem { code, message, ..stands(piece, PublishOutcome::Failed, None) }
}

fn obsolete(left: &Obsolete, outcome: PublishOutcome, code: &str, message: String) -> PublishedItem {
    let (key, url) = (Some(left.standing.key.clone()), Some(left.standing.url.clone()));
    PublishedItem { id: left.id.clone(), outcome, key, url, code: code.to_owned(), message }
}

fn as_it_stands(left: &Obsolete) -> Written {
    let standing = &left.standing;
    let (marker, remote_id, hash) = (standing.mark.marker.clone(), standing.id.clone(), standing.hash.clone());
    Written { key: left.key.clone(), marker, remote_id, hash }
}

/// What became of a write of which nobody has said so yet.
fn unsettled(left: &Obsolete, record: Option<&Publication>) -> Option<Written> {
    record.filter(|record| record.state != "written").map(|_| as_it_stands(left))
}
