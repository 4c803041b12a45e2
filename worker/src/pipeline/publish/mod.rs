//! `publish`: write to Jira, so that whoever dies meanwhile, the same thing stands there once.
//!
//! Before each write an intent is committed; a write is sent only while our lease and our target outlast it, and not after
//! its deadline. Whoever finds an open intent waits until nothing of it can appear any more, looks, and adopts what is there.
//!
//! * [`piece`]: one comment or section: look, decide, write, record
//! * [`items`]: what stands as objects of its own
//! * [`remove`]: what stands there and should not
//! * [`mod@write`]: a write under its intent
//! * [`find_out`]: what became of the writes of a job that is to be cancelled
//! * [`outcome`]: what is said of it

mod find_out;
mod items;
mod outcome;
mod piece;
mod remove;
mod write;

use std::time::Duration;

use serde_json::json;
use shared::domain::job::{JobKind, Stage};
use shared::domain::json::to_json;
use shared::domain::publish::{PublishMode, PublishOutcome, PublishTarget, Published};
use shared::domain::request::Review;
use shared::domain::result::{PublishArtifact, content_hash};
use shared::domain::user::Role;
use shared::domain::verdict::{Failure, Verdict};
use shared::jobs::{Advance, Records};
use shared::ports::{Comment, Jira};
use shared::publishing::{self, Subject};
use shared::store::made::Made;
use shared::store::publication::Written;

use super::{Context, End, Stored, story};
use outcome::{nothing_to_write, refused};
use remove::records_beyond;

/// How long to wait for another job that writes to the same place.
const BUSY: Duration = Duration::from_secs(1);

impl Context<'_> {
    pub(super) async fn publish(&self, made: &mut Made) -> Result<Stored, End> {
        self.is_what_was_approved(made)?;
        let mut progress = Progress::default();
        let result = self.publish_all(made, &mut progress).await;
        if result.as_ref().map_or(true, |published| nothing_was_published(published)) {
            self.settle(&mut progress).await?;
        }
        if let Err(End::Failed(_)) = &result {
            // Others may write here while this job waits; what is on its way is guarded by its intent.
            self.jobs().release_targets(&self.claimed.fence).await?;
        }
        self.conclude(made, result?, progress.unsettled)
    }

    /// What is written is what was approved, or what the publication was asked for; never a later edit of it.
    fn is_what_was_approved(&self, made: &Made) -> Result<(), End> {
        let row = &self.claimed.row;
        let asked_for = match (self.claimed.kind, self.claimed.request.review) {
            (JobKind::Publication, _) => self.claimed.request.content_hash.as_ref(),
            (_, Review::Required) => Some(row.approved_hash.as_ref().ok_or_else(not_approved)?),
            (_, Review::None) => None,
        };
        story(made)?;
        if asked_for.is_none_or(|hash| *hash == content_hash(made.criteria_set(), made.suite())) {
            Ok(())
        } else {
            Err(not_approved().into())
        }
    }

    /// Records writes that were carried out, while the last one is recorded with the end of the job.
    async fn settle(&self, progress: &mut Progress) -> Result<(), End> {
        for written in progress.unsettled.drain(..) {
            if !self.jobs().adopt_publication(&self.claimed.fence, &written).await? {
                // What is in Jira is in Jira; what was merely found is found again.
                self.jobs().settle_publication(&self.claimed.fence, &written).await?;
            }
            progress.records = None;
        }
        Ok(())
    }

    async fn publish_all(&self, made: &Made, progress: &mut Progress) -> Result<Vec<Published>, End> {
        let mut published = Vec::new();
        {
            let story = story(made)?;
            let jira = self.jira()?;
            let markup = self.interruptible(jira.markup()).await?.map_err(Failure::from)?;
            let (connection, output) = (&self.claimed.row.connection, made.output(&story.key));
            let origin = made.origin(Some(self.claimed.fence.job_id));
            let subject = Subject { connection, issue_id: &story.id, markup, output, origin: &origin };
            for &target in &self.claimed.request.publish {
                if !made.has(target) {
                    published.push(nothing_to_write(target));
                    continue;
                }
                let done = match self.connection()?.items(target.mode)? {
                    Some(place) => self.items(jira.as_ref(), place.as_ref(), &subject, made, target, progress).await?,
                    None => self.target(jira.as_ref(), &subject, made, target, progress).await?,
                };
                published.push(done.with(&publishing::skipped(&subject, target)));
            }
        }
        Ok(published)
    }

    fn conclude(&self, made: &mut Made, published: Vec<Published>, written: Vec<Written>) -> Result<Stored, End> {
        if let (Some(first), true) = (published.first(), nothing_was_published(&published)) {
            let message = format!("no target could be published in full: {}", first.message);
            return Err(Failure::fail("publish.failed", message).into());
        }
        let summary = json!({ "published": published.iter().map(|p| json!({ "target": p.target, "outcome": p.outcome, "remote_id": p.remote_id, "items": p.items.len() })).collect::<Vec<_>>() });
        made.published = published;
        let advance = Advance {
            stage: Stage::Publish,
            artifact: to_json(&PublishArtifact { published: made.published.clone() }),
            issue_id: None,
            issue_key: None,
            summary,
            settled: Vec::new(),
            reserve: None,
            history: None,
        };
        Ok(Stored { advance, written })
    }

    /// One target of texts: each of its pieces, and what is there beyond them.
    async fn target(
        &self,
        jira: &dyn Jira,
        subject: &Subject<'_>,
        made: &Made,
        target: PublishTarget,
        progress: &mut Progress,
    ) -> Result<Published, End> {
        let story = story(made)?;
        self.take(subject, made, target).await?;
        let mut outcome = None;
        let pieces = publishing::pieces(subject, target);
        let records = self.jobs().records(subject.connection, subject.issue_id, target.mode).await?;
        let beyond = records_beyond(&records, &pieces)?;
        progress.records = Some(records);
        for (n, piece) in pieces.iter().enumerate() {
            if n > 0 {
                // Each piece may take its time; the target is not to be lost meanwhile.
                self.take(subject, made, target).await?;
            }
            match self.piece(jira, story, piece, progress).await {
                Ok(done) => outcome = Some(Published::worst(outcome, done)),
                Err(End::Failed(failure)) if failure.verdict == Verdict::Fail => {
                    outcome = Some(Published::worst(outcome, refused(target, &failure)));
                }
                Err(end) => return Err(end),
            }
        }
        // A text that goes on in another comment needs it for as long as it was not replaced itself.
        let all_stand = outcome.as_ref().is_some_and(|outcome| outcome.outcome.stands());
        if target.mode == PublishMode::Comment && all_stand {
            let leftovers = publishing::leftovers(&pieces, &progress.comments);
            if let Some(conflict) = self.remove_leftovers(jira, story, &leftovers, beyond).await? {
                outcome = Some(Published::worst(outcome, conflict));
            }
        }
        Ok(outcome.unwrap_or_else(|| nothing_to_write(target)))
    }

    /// Takes a target for this job, or keeps it. Whoever stands behind the publication may have been deactivated, or have lost
    /// the right, since the job was accepted.
    async fn take(&self, subject: &Subject<'_>, made: &Made, target: PublishTarget) -> Result<(), End> {
        let taken = self.jobs().acquire_target(&self.claimed, subject.issue_id, target.mode, self.hold()).await?;
        let role: Option<Role> = taken.ok_or_else(target_busy)?.role.and_then(|role| role.parse().ok());
        let mut needs = self.claimed.request.publish.iter().flat_map(|wanted| made.rights_for(*wanted));
        if role.is_some_and(|role| needs.all(|right| role.may(right))) { Ok(()) } else { Err(revoked().into()) }
    }
}

/// What this run wrote to Jira or found there, and did not record yet.
#[derive(Default)]
struct Progress {
    unsettled: Vec<Written>,
    /// Whether anything was written by now.
    wrote: bool,
    /// The comments as they were last read.
    comments: Vec<Comment>,
    /// What was known of the target before anything was looked at or written since.
    records: Option<Records>,
}

fn target_busy() -> Failure {
    Failure::snooze(BUSY, "publish.target_busy", "another job is writing to the same place")
}

fn revoked() -> Failure {
    let message =
        "the account behind this publication was deactivated or may not publish any more; somebody else can publish the result";
    Failure::fail("caller.revoked", message)
}

fn not_approved() -> Failure {
    Failure::fail(
        "publish.not_approved",
        "the result changed since it was approved; approve it as it stands, or publish it again",
    )
}

fn nothing_was_published(published: &[Published]) -> bool {
    published.iter().all(|p| p.outcome == PublishOutcome::Failed)
}
