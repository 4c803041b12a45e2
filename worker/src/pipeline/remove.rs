//! Removing comments of ours from Jira: one that stands twice, and one that a shorter result does not need any more.

use shared::domain::publish::{PublishOutcome, Published};
use shared::domain::story::Story;
use shared::domain::verdict::Failure;
use shared::ports::{Jira, JiraError};
use shared::publishing::{self, Decision, Fate, Leftover, Piece};
use shared::store::publication::{Publication, TargetKey};

use super::publish::StoredPiece;
use super::{Context, End};

impl Context<'_> {
    /// After a create: whether another comment of ours was there before. Then ours goes, even when our lease is over:
    /// nobody else knows of it.
    pub(super) async fn is_surplus(
        &self,
        jira: &dyn Jira,
        story: &Story,
        piece: &Piece,
        stored: &StoredPiece,
    ) -> Result<bool, End> {
        let comments = jira.comments(&story.id).await.map_err(Failure::from)?;
        let first = publishing::ours(&comments, piece, None).into_iter().next();
        if first.is_none_or(|first| first.id == stored.remote_id) {
            return Ok(false);
        }
        self.remove_duplicate(jira, story, piece, &stored.remote_id).await?;
        Ok(true)
    }

    pub(super) async fn remove_surplus(
        &self,
        jira: &dyn Jira,
        story: &Story,
        piece: &Piece,
        decision: &Decision,
    ) -> Result<(), End> {
        for id in &decision.surplus {
            self.remove_duplicate(jira, story, piece, id).await?;
        }
        Ok(())
    }

    async fn remove_duplicate(&self, jira: &dyn Jira, story: &Story, piece: &Piece, id: &str) -> Result<(), End> {
        match jira.delete_comment(&story.id, id).await {
            Ok(()) => Ok(self.jobs().audit_removed_duplicate(&self.claimed, &piece.key, id).await?),
            Err(JiraError::NotFound(_)) => Ok(()),
            Err(error) => Err(Failure::from(error).into()),
        }
    }

    /// Before the pieces: what we know of parts beyond them. Parts have no gaps, so the first that is unknown ends them.
    pub(super) async fn records_beyond(&self, pieces: &[Piece]) -> Result<Vec<(TargetKey, Publication)>, End> {
        let Some(last) = pieces.last() else { return Ok(Vec::new()) };
        let mut records = Vec::new();
        for part in last.key.part + 1.. {
            let key = TargetKey { part, ..last.key.clone() };
            let Some(record) = self.jobs().publication(&key).await? else { break };
            self.wait_for_open_intent(&key).await?;
            records.push((key, record));
        }
        Ok(records)
    }

    /// After the pieces: continuations that are not needed any more go, unless a person changed them. Answers the conflict, if there is one.
    pub(super) async fn remove_leftovers(
        &self,
        jira: &dyn Jira,
        story: &Story,
        leftovers: &[Leftover],
        mut records: Vec<(TargetKey, Publication)>,
    ) -> Result<Option<Published>, End> {
        let mut conflict = None;
        for leftover in leftovers {
            let at = records.iter().position(|(key, _)| *key == leftover.key);
            let record = at.and_then(|at| records.get(at)).map(|(_, record)| record);
            match leftover.fate(record, self.claimed.request.on_conflict) {
                Fate::Goes => self.remove_leftover(jira, story, leftover).await?,
                fate => {
                    // What stays is remembered.
                    at.map(|at| records.swap_remove(at));
                    if fate == Fate::Conflict {
                        conflict.get_or_insert_with(|| changed(leftover, story));
                    }
                }
            }
        }
        for (key, _) in &records {
            self.jobs().forget_publication(&self.claimed.fence, key).await?;
        }
        Ok(conflict)
    }

    async fn remove_leftover(&self, jira: &dyn Jira, story: &Story, leftover: &Leftover) -> Result<(), End> {
        let Some(limit) = self.time_to_write() else { return Err(Failure::from(JiraError::LeaseTooShort).into()) };
        let deadline = tokio::time::Instant::now() + limit;
        let id = &leftover.comment.id;
        if self.jobs().intend_removal(&self.claimed, &leftover.key, id).await?.is_err() {
            return Err(End::Refused);
        }
        // Gone is gone, whoever removed it; a lost answer is found out at the next try.
        match tokio::time::timeout_at(deadline, jira.delete_comment(&story.id, id)).await {
            Ok(Ok(()) | Err(JiraError::NotFound(_))) => Ok(()),
            Ok(Err(error)) => Err(Failure::from(error).into()),
            Err(_) => Err(Failure::retry(
                "jira.no_answer",
                "Jira did not answer in time whether a comment was removed; it is looked for",
            )
            .into()),
        }
    }
}

fn changed(leftover: &Leftover, story: &Story) -> Published {
    Published {
        target: leftover.key.target,
        outcome: PublishOutcome::Conflict,
        remote_id: Some(leftover.comment.id.clone()),
        url: Some(format!("{}?focusedCommentId={}", story.url, leftover.comment.id)),
        code: "publish.conflict".to_owned(),
        message: "the result does not need this comment of ours any more, but a person changed it since we wrote it; remove it by hand, \
                  or choose overwrite or merge with on_conflict"
            .to_owned(),
    }
}
