//! `publish`: write to Jira, so that whoever dies meanwhile, the same thing stands there once.
//!
//! Before each write an intent is committed; a write is sent only while our lease outlasts it, and not after its
//! deadline. Whoever finds an open intent waits until nothing of it can appear any more, looks, and adopts what is there.

use std::time::Duration;

use serde_json::json;
use shared::domain::adf::section;
use shared::domain::job::{JobKind, Stage};
use shared::domain::publish::{PlannedAction, PublishMode, PublishOutcome, PublishTarget, Published};
use shared::domain::reading;
use shared::domain::request::Review;
use shared::domain::result::content_hash;
use shared::domain::story::Story;
use shared::domain::user::Role;
use shared::domain::verdict::{Failure, Verdict};
use shared::jobs::Advance;
use shared::ports::{Comment, Jira, JiraError, NewComment};
use shared::publishing::{self, Decision, PROPERTY, Piece, Site, Subject};
use shared::store::publication::{Intent, TargetKey, Written};
use shared::store::user;

use super::fetch::to_json;
use super::made::Made;
use super::{Context, End, Stored};

/// How long to wait for another job that writes to the same place.
const BUSY: Duration = Duration::from_secs(1);

/// Rounds of looking and writing for one piece: one to write, one to find that it stands there, one to spare.
const ROUNDS: usize = 3;

impl Context<'_> {
    pub(super) async fn publish(&self, made: &mut Made) -> Result<Stored, End> {
        self.is_what_was_approved(made)?;
        self.authority_still_stands(made).await?;
        let mut progress = Progress::default();
        let result = self.publish_all(made, &mut progress).await;
        if result.is_err() {
            self.settle(&mut progress).await?;
        }
        match result {
            Ok(published) => {
                if nothing_was_published(&published) {
                    self.settle(&mut progress).await?;
                }
                self.conclude(made, published, progress.written)
            }
            Err(End::Refused) if self.jobs().is_asked_to_cancel(&self.claimed).await? => {
                self.end_cancelled(&progress.written).await?;
                Err(End::Done)
            }
            Err(End::Failed(failure)) => {
                // Others may write here while this job waits; what is on its way is guarded by its intent.
                self.jobs().release_targets(&self.claimed.fence).await?;
                Err(End::Failed(failure))
            }
            Err(end) => Err(end),
        }
    }

    /// What is written is what was approved, or what the publication was asked for; never a later edit of it.
    fn is_what_was_approved(&self, made: &Made) -> Result<(), End> {
        let row = &self.claimed.row;
        let asked_for = match (self.claimed.kind, self.claimed.request.review) {
            (JobKind::Publication, _) => self.claimed.request.content_hash.as_ref(),
            (_, Review::Required) => Some(row.approved_hash.as_ref().ok_or_else(not_approved)?),
            (_, Review::None) => None,
        };
        made.story()?;
        if asked_for.is_none_or(|hash| *hash == content_hash(made.criteria_set(), made.suite())) {
            Ok(())
        } else {
            Err(not_approved().into())
        }
    }

    /// Whoever stands behind the publication may have been deactivated, or have lost the right, since the job was accepted.
    async fn authority_still_stands(&self, made: &Made) -> Result<(), End> {
        let row = &self.claimed.row;
        let who = user::by_id(self.jobs().db(), row.approved_by.unwrap_or(row.owner_id)).await?;
        let role: Option<Role> = who.filter(|user| user.active).and_then(|user| user.role.parse().ok());
        let needs = self.claimed.request.publish.iter().flat_map(|target| made.rights_for(*target));
        if role.is_some_and(|role| needs.clone().all(|right| role.may(right))) {
            return Ok(());
        }
        let message = "the account behind this publication was deactivated or may not publish any more; somebody else can publish the result";
        Err(Failure::fail("caller.revoked", message).into())
    }

    /// Records writes that were carried out, while the last one is recorded with the end of the job.
    async fn settle(&self, progress: &mut Progress) -> Result<(), End> {
        for written in &progress.written[progress.settled..] {
            self.jobs().settle_publication(&self.claimed.fence, written).await?;
        }
        progress.settled = progress.written.len();
        Ok(())
    }

    async fn publish_all(&self, made: &Made, progress: &mut Progress) -> Result<Vec<Published>, End> {
        let mut published = Vec::new();
        {
            let story = made.story()?;
            let jira = self.jira()?;
            let subject = Subject { connection: &self.claimed.row.connection, issue_id: &story.id, output: made.output()? };
            for &target in &self.claimed.request.publish {
                if !made.has(target) {
                    published.push(nothing_to_write(target));
                    continue;
                }
                published.push(self.target(jira.as_ref(), &subject, story, target, progress).await?);
            }
        }
        Ok(published)
    }

    fn conclude(&self, made: &mut Made, published: Vec<Published>, written: Vec<Written>) -> Result<Stored, End> {
        if let (Some(first), true) = (published.first(), nothing_was_published(&published)) {
            let message = format!("no target could be published in full: {}", first.message);
            return Err(Failure::fail("publish.failed", message).into());
        }
        let summary = json!({ "published": published.iter().map(|p| json!({ "target": p.target, "outcome": p.outcome, "remote_id": p.remote_id })).collect::<Vec<_>>() });
        made.published.published = published;
        let advance = Advance {
            stage: Stage::Publish,
            artifact: to_json(&made.published),
            issue_id: None,
            summary,
            settled: Vec::new(),
            reserve: None,
            history: None,
        };
        Ok(Stored { advance, written })
    }

    /// One target: its lease, what stands there, and each of its pieces.
    async fn target(
        &self,
        jira: &dyn Jira,
        subject: &Subject<'_>,
        story: &Story,
        target: PublishTarget,
        progress: &mut Progress,
    ) -> Result<Published, End> {
        let hold = self.pipeline.write_timeout * 4 + self.jobs().limits().publish_margin;
        if !self.jobs().acquire_target(&self.claimed, subject.issue_id, target.mode, hold).await? {
            return Err(Failure::snooze(BUSY, "publish.target_busy", "another job is writing to the same place").into());
        }
        let mut outcome = None;
        let pieces = publishing::pieces(subject, target);
        let beyond = self.records_beyond(&pieces).await?;
        for piece in &pieces {
            match self.piece(jira, story, piece, progress).await {
                Ok(done) => outcome = Some(worse(outcome.take(), done)),
                Err(End::Failed(failure)) if failure.verdict == Verdict::Fail => {
                    outcome = Some(worse(outcome.take(), refused(target, &failure)));
                }
                Err(end) => return Err(end),
            }
        }
        if target.mode == PublishMode::Comment {
            let leftovers = publishing::leftovers(&pieces, &progress.comments);
            let conflict = self.remove_leftovers(jira, story, &leftovers, beyond).await?;
            outcome = conflict.map(|conflict| worse(outcome.take(), conflict)).or(outcome);
        }
        Ok(outcome.unwrap_or_else(|| nothing_to_write(target)))
    }

    async fn piece(&self, jira: &dyn Jira, story: &Story, piece: &Piece, progress: &mut Progress) -> Result<Published, End> {
        let mut first_action = None;
        for _ in 0..ROUNDS {
            // What is recorded late is recorded before the look, so that nothing stands between the look and the write.
            self.settle(progress).await?;
            self.wait_for_open_intent(&piece.key).await?;
            let site =
                self.interruptible(publishing::read_site(jira, &story.id, &[piece.key.target])).await?.map_err(Failure::from)?;
            self.story_is_the_same(story, &site).await?;
            let record = self.jobs().publication(&piece.key).await?;
            let decision = publishing::decide(piece, record.as_ref(), &site, self.claimed.request.on_conflict);
            self.remove_surplus(jira, story, piece, &decision).await?;
            progress.comments.clone_from(&site.comments);
            match decision.action {
                PlannedAction::Unchanged => {
                    let outcome = first_action.unwrap_or(PublishOutcome::Unchanged);
                    let remote_id = decision.comment.as_ref().map_or_else(|| story.key.clone(), |comment| comment.id.clone());
                    let known = record
                        .is_some_and(|record| record.state == "written" && record.written_hash.as_ref() == Some(&decision.hash));
                    if !known {
                        progress.written.push(written(piece, &remote_id, &decision.hash));
                    }
                    return Ok(done(piece, outcome, remote_id, story));
                }
                PlannedAction::Conflict => {
                    return Ok(stopped(piece, PublishOutcome::Conflict, "publish.conflict", &decision, story));
                }
                PlannedAction::Remove => {
                    return Err(Failure::fail("publish.wrong_plan", "a piece was to be removed; this is a defect").into());
                }
                PlannedAction::Impossible => {
                    return Ok(stopped(piece, PublishOutcome::Failed, "publish.too_long", &decision, story));
                }
                PlannedAction::Create | PlannedAction::Update => {
                    let created = decision.action == PlannedAction::Create;
                    let was = if created { PublishOutcome::Created } else { PublishOutcome::Updated };
                    let stored = self.write(jira, story, piece, &decision, &site).await?;
                    first_action.get_or_insert(was);
                    self.pipeline.metrics.published();
                    if created
                        && piece.key.target.mode == PublishMode::Comment
                        && self.is_surplus(jira, story, piece, &stored).await?
                    {
                        // The older one stays and is brought up to date in the next round; nothing of ours is on its way any more.
                        self.jobs().withdraw_intent(&self.claimed.fence, &piece.key).await?;
                        continue;
                    }
                    progress.written.push(written(piece, &stored.remote_id, &stored.hash));
                    return Ok(done(piece, first_action.unwrap_or(was), stored.remote_id, story));
                }
            }
        }
        Err(Failure::retry("publish.unsettled", "what stands in Jira kept changing while it was written; it is tried again")
            .into())
    }

    /// A write that somebody intended may still be on its way.
    pub(super) async fn wait_for_open_intent(&self, key: &TargetKey) -> Result<(), End> {
        let wait = self.jobs().open_intent(key).await?;
        if wait.is_zero() {
            return Ok(());
        }
        let message = "an earlier write to this place got no answer; it is looked for when it can no longer be on its way";
        Err(Failure::snooze(wait, "publish.write_unknown", message).into())
    }

    async fn story_is_the_same(&self, story: &Story, site: &Site) -> Result<(), End> {
        if self.claimed.request.publish_stale {
            return Ok(());
        }
        let now = reading::story(&site.issue.body, &site.issue.url, self.pipeline.connections.read_options());
        let now = now.map_err(|error| Failure::fail(error.code(), error.to_string()))?;
        if now.hash == story.hash {
            return Ok(());
        }
        let message =
            "the story changed since it was read; nothing was written. Approve to publish all the same, or generate again";
        match self.jobs().stop_for_review(&self.claimed, "story.changed", message).await? {
            Ok(()) => Err(End::Done),
            Err(_) => Err(End::Refused),
        }
    }

    /// Sends one write under its intent.
    async fn write(
        &self,
        jira: &dyn Jira,
        story: &Story,
        piece: &Piece,
        decision: &Decision,
        site: &Site,
    ) -> Result<StoredPiece, End> {
        let Some(limit) = self.time_to_write() else { return Err(Failure::from(JiraError::LeaseTooShort).into()) };
        let deadline = tokio::time::Instant::now() + limit;
        self.intend(piece, decision, limit).await?;
        if tokio::time::Instant::now() >= deadline {
            // The answer of the database came late, or the process was frozen meanwhile: nothing was sent, and nothing will be.
            self.jobs().withdraw_intent(&self.claimed.fence, &piece.key).await?;
            return Err(Failure::from(JiraError::LeaseTooShort).into());
        }
        // From here to its end the call is not interrupted, whatever happens: it is bounded by its deadline.
        let sent = tokio::time::timeout_at(deadline, send(jira, story, piece, decision, site)).await;
        match sent {
            Ok(Ok(stored)) => Ok(stored),
            Ok(Err(error)) if !error.is_ambiguous() => {
                self.jobs().withdraw_intent(&self.claimed.fence, &piece.key).await?;
                Err(Failure::from(error).into())
            }
            Ok(Err(error)) => Err(Failure::from(error).into()),
            Err(_) => Err(Failure::retry(
                "jira.no_answer",
                "Jira did not answer a write in time; it is looked for before it is sent again",
            )
            .into()),
        }
    }

    /// How long a write may take: it must end while the lease surely lasts. `None` = too short to begin.
    pub(super) fn time_to_write(&self) -> Option<Duration> {
        let wanted = self.pipeline.write_timeout;
        let enough = wanted.min(self.jobs().limits().lease / 3);
        Some(self.lease.remaining().min(wanted)).filter(|time| *time >= enough)
    }

    async fn intend(&self, piece: &Piece, decision: &Decision, limit: Duration) -> Result<(), End> {
        let intent = Intent {
            key: piece.key.clone(),
            marker: piece.marker.clone(),
            action: if decision.action == PlannedAction::Create { "create" } else { "update" },
            remote_id: decision.comment.as_ref().map(|comment| comment.id.clone()),
            hash: decision.hash.clone(),
            send_within_ms: i64::try_from(limit.as_millis()).unwrap_or(i64::MAX),
        };
        if self.jobs().intend(&self.claimed, &intent).await?.is_ok() {
            return Ok(());
        }
        Err(End::Refused)
    }
}

/// What this run wrote to Jira, in order, and how much of it is recorded.
#[derive(Default)]
struct Progress {
    written: Vec<Written>,
    settled: usize,
    /// The comments as they were last read.
    comments: Vec<Comment>,
}

fn not_approved() -> Failure {
    Failure::fail(
        "publish.not_approved",
        "the result changed since it was approved; approve it as it stands, or publish it again",
    )
}

/// What Jira stored.
pub(super) struct StoredPiece {
    pub(super) remote_id: String,
    hash: String,
}

async fn send(jira: &dyn Jira, story: &Story, piece: &Piece, decision: &Decision, site: &Site) -> Result<StoredPiece, JiraError> {
    match piece.key.target.mode {
        PublishMode::Comment => {
            let comment = NewComment {
                body: decision.body.clone(),
                properties: properties(piece, decision, site),
                visibility: decision.comment.as_ref().and_then(|comment| comment.visibility.clone()),
            };
            let stored: Comment = match &decision.comment {
                Some(current) => jira.update_comment(&story.id, &current.id, &comment).await?,
                None => jira.create_comment(&story.id, &comment).await?,
            };
            Ok(StoredPiece { hash: publishing::hash_of_ours(&stored.body, decision.theirs), remote_id: stored.id })
        }
        PublishMode::Description => {
            jira.update_description(&story.id, &decision.body).await?;
            let stored =
                section::find(&decision.body, &piece.marker).map_or_else(|| decision.hash.clone(), |section| section.hash);
            Ok(StoredPiece { remote_id: story.key.clone(), hash: stored })
        }
    }
}

fn properties(piece: &Piece, decision: &Decision, site: &Site) -> Vec<(String, serde_json::Value)> {
    let mut properties = vec![(PROPERTY.to_owned(), piece.property(&decision.hash))];
    if site.is_service_desk() && decision.comment.is_none() {
        // In a service project a comment is shown to customers unless it says otherwise.
        properties.push(("sd.public.comment".to_owned(), json!({ "internal": true })));
    }
    properties
}

fn written(piece: &Piece, remote_id: &str, hash: &str) -> Written {
    Written { key: piece.key.clone(), marker: piece.marker.clone(), remote_id: remote_id.to_owned(), hash: hash.to_owned() }
}

fn done(piece: &Piece, outcome: PublishOutcome, remote_id: String, story: &Story) -> Published {
    let url = match piece.key.target.mode {
        PublishMode::Comment => format!("{}?focusedCommentId={remote_id}", story.url),
        PublishMode::Description => story.url.clone(),
    };
    Published {
        target: piece.key.target,
        outcome,
        remote_id: Some(remote_id),
        url: Some(url),
        code: String::new(),
        message: String::new(),
    }
}

fn stopped(piece: &Piece, outcome: PublishOutcome, code: &str, decision: &Decision, story: &Story) -> Published {
    Published {
        target: piece.key.target,
        outcome,
        remote_id: decision.comment.as_ref().map(|comment| comment.id.clone()),
        url: Some(story.url.clone()),
        code: code.to_owned(),
        message: decision.reason.clone(),
    }
}

fn refused(target: PublishTarget, failure: &Failure) -> Published {
    let (code, message) = (failure.code.to_owned(), failure.message.clone());
    Published { target, outcome: PublishOutcome::Failed, remote_id: None, url: None, code, message }
}

fn nothing_was_published(published: &[Published]) -> bool {
    published.iter().all(|p| p.outcome == PublishOutcome::Failed)
}

fn nothing_to_write(target: PublishTarget) -> Published {
    let message = format!("this job made no {} to publish", target.what);
    Published {
        target,
        outcome: PublishOutcome::Failed,
        remote_id: None,
        url: None,
        code: "publish.nothing_to_write".to_owned(),
        message,
    }
}

/// The outcome of a target is that of its worst piece.
fn worse(before: Option<Published>, piece: Published) -> Published {
    match before {
        Some(before) if rank(before.outcome) >= rank(piece.outcome) => before,
        _ => piece,
    }
}

fn rank(outcome: PublishOutcome) -> u8 {
    match outcome {
        PublishOutcome::Unchanged => 0,
        PublishOutcome::Updated => 1,
        PublishOutcome::Created => 2,
        PublishOutcome::Conflict => 3,
        PublishOutcome::Failed => 4,
    }
}
