//! One write: its intent stands before it, it is sent within its time or not at all, and what came of it is known or
//! looked for.

use std::time::Duration;

use serde_json::json;
use shared::domain::markup::{below, section};
use shared::domain::publish::{PlannedAction, TextPlace};
use shared::domain::story::Story;
use shared::domain::verdict::Failure;
use shared::jobs::Refused;
use shared::ports::{Comment, Jira, JiraError, NewComment};
use shared::publishing::{self, Decision, PROPERTY, Piece, SECTION_PROPERTY, Site};
use shared::store::publication::{Action, Intent, TargetKey};
use tokio::time::Instant;

use super::super::{Context, End};
use super::target_busy;
use crate::within::{Sent, within};

/// What Jira stored.
pub(super) struct StoredPiece {
    pub(super) remote_id: String,
    pub(super) hash: String,
}

impl Context<'_> {
    /// Writes a piece.
    pub(super) async fn write(
        &self,
        jira: &dyn Jira,
        story: &Story,
        piece: &Piece,
        decision: &Decision,
        site: &Site,
    ) -> Result<StoredPiece, End> {
        let action = if decision.action == PlannedAction::Create { Action::Create } else { Action::Update };
        let remote_id = decision.comment.as_ref().map(|comment| comment.id.clone());
        let intent = self.intent(&piece.key, &piece.marker, action, remote_id, &decision.hash);
        self.under_intent(intent, send(jira, story, piece, decision, site)).await
    }

    /// What is about to be done at a place.
    pub(super) fn intent(&self, key: &TargetKey, marker: &str, action: Action, remote_id: Option<String>, hash: &str) -> Intent {
        let (key, marker, hash) = (key.clone(), marker.to_owned(), hash.to_owned());
        Intent { key, marker, action, remote_id, hash, send_within_ms: 0, hold_ms: ms(self.hold()) }
    }

    /// How long a target is kept with each step.
    pub(super) fn hold(&self) -> Duration {
        self.pipeline.write_timeout * 4 + self.jobs().limits().publish_margin
    }

    /// Sends a write under its intent. A clear refusal takes the intent back; where nobody knows what became of the write,
    /// the intent stays open.
    pub(super) async fn under_intent<T>(
        &self,
        intent: Intent,
        send: impl Future<Output = Result<T, JiraError>>,
    ) -> Result<T, End> {
        let Some(limit) = self.time_to_write() else { return Err(Failure::from(JiraError::LeaseTooShort).into()) };
        let deadline = Instant::now() + limit;
        let intent = Intent { send_within_ms: ms(limit), ..intent };
        if let Err(refused) = self.jobs().intend(&self.claimed, &intent).await? {
            return Err(refused.into());
        }
        let error = match within(deadline, Instant::now, || !self.lease.remaining().is_zero(), send).await {
            Sent::Answered(Ok(answer)) => return Ok(answer),
            Sent::Answered(Err(error)) => error,
            // The answer of the database came late, or the process was frozen meanwhile: nothing was sent, and nothing will be.
            Sent::Nothing => JiraError::LeaseTooShort,
            Sent::Unanswered => {
                JiraError::NoAnswer("a write was not answered in time; it is looked for before it is sent again".to_owned())
            }
        };
        if !error.is_ambiguous() {
            self.jobs().withdraw_intent(&self.claimed.fence, &intent.key).await?;
        }
        Err(Failure::from(error).into())
    }

    /// How long a write may take: it must end while the lease surely lasts. `None` = too short to begin.
    fn time_to_write(&self) -> Option<Duration> {
        let wanted = self.pipeline.write_timeout;
        let enough = wanted.min(self.jobs().limits().lease / 3);
        Some(self.lease.remaining().min(wanted)).filter(|time| *time >= enough)
    }
}

impl From<Refused> for End {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Cancelled => Self::Cancelled,
            Refused::TargetLost => Self::Failed(target_busy()),
            Refused::Lost => Self::Lost,
        }
    }
}

async fn send(jira: &dyn Jira, story: &Story, piece: &Piece, decision: &Decision, site: &Site) -> Result<StoredPiece, JiraError> {
    match piece.place {
        TextPlace::Comment => {
            let comment = NewComment {
                body: decision.body.clone(),
                properties: properties(piece, decision, site),
                visibility: decision.comment.as_ref().and_then(|comment| comment.visibility.clone()),
            };
            let stored: Comment = match &decision.comment {
                Some(current) => jira.update_comment(&story.id, &current.id, &comment).await?,
                None => jira.create_comment(&story.id, &comment).await?,
            };
            let is_as_sent = stored.body == comment.body && decision.theirs == 0;
            let hash = if is_as_sent { decision.hash.clone() } else { below::hash(&stored.body.value(), decision.theirs) };
            Ok(StoredPiece { hash, remote_id: stored.id })
        }
        TextPlace::Field => {
            let field = site.field(piece.key.target).map_err(JiraError::NotFound)?;
            // The whole field is sent, so what a person saved meanwhile would be lost.
            let now = jira.issue_glance(&story.id).await?;
            if publishing::updated(&now) != publishing::updated(&site.issue) {
                return Err(JiraError::Touched);
            }
            let stored = section::hash(&decision.body.value(), &piece.marker).unwrap_or_else(|| decision.hash.clone());
            let property = (format!("{SECTION_PROPERTY}.{}", piece.key.target.mode), piece.property(&stored));
            jira.update_field(&story.id, field.id, &decision.body, &[property]).await?;
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

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
