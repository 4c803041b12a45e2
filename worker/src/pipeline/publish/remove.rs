//! Removing comments of ours from Jira: one that stands twice, and one that a shorter result does not need any more. Each
//! removal goes the way of every write, and what a person changed stays.

use shared::domain::publish::Published;
use shared::domain::story::Story;
use shared::domain::verdict::Failure;
use shared::jobs::Records;
use shared::ports::{Jira, JiraError};
use shared::publishing::{Decision, Fate, Leftover, Piece};
use shared::store::publication::{Action, Intent, Publication, TargetKey};

use super::super::{Context, End};
use super::outcome::changed;
use super::piece::nothing_may_appear;

const CHANGED_DUPLICATE: &str = "two comments of ours stood there by mistake and a person changed the younger one; remove it by hand, \
                                 or keep it with on_conflict merge";

const CHANGED_LEFTOVER: &str = "the result does not need this comment of ours any more, but a person changed it since we wrote it; \
                                remove it by hand, or choose overwrite or merge with on_conflict";

impl Context<'_> {
    /// Before a piece is written: younger comments of ours beside it go, unless a person changed them. Answers the conflict,
    /// if there is one.
    pub(super) async fn remove_duplicates(
        &self,
        jira: &dyn Jira,
        story: &Story,
        piece: &Piece,
        decision: &Decision,
    ) -> Result<Option<Published>, End> {
        let mut conflict = None;
        for duplicate in &decision.duplicates {
            let id = &duplicate.comment.id;
            match duplicate.fate(self.claimed.request.on_conflict) {
                Fate::Goes => {
                    let intent = self.intent(&piece.key, &piece.marker, Action::RemoveDuplicate, Some(id.clone()), "");
                    self.remove(jira, story, intent, id).await?;
                    self.jobs().settle_removal(&self.claimed.fence, &piece.key).await?;
                }
                Fate::Conflict => {
                    let told = || changed(piece.key.target, &duplicate.comment, CHANGED_DUPLICATE, story);
                    conflict.get_or_insert_with(told);
                }
                Fate::Stays => {}
            }
        }
        Ok(conflict)
    }

    /// After the pieces: continuations that are not needed any more go, unless a person changed them. Answers the conflict,
    /// if there is one.
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
            let fate = leftover.fate(record, self.claimed.request.on_conflict);
            if fate == Fate::Goes {
                let id = &leftover.comment.id;
                let intent = self.intent(&leftover.key, &leftover.marker, Action::RemoveSurplus, Some(id.clone()), "");
                self.remove(jira, story, intent, id).await?;
            }
            if fate == Fate::Conflict {
                conflict.get_or_insert_with(|| changed(leftover.key.target, &leftover.comment, CHANGED_LEFTOVER, story));
            }
            // What goes is forgotten at once, what stays is remembered.
            at.map(|at| records.swap_remove(at));
            if fate == Fate::Goes {
                self.jobs().forget_publication(&self.claimed.fence, &leftover.key).await?;
            }
        }
        for (key, _) in &records {
            self.jobs().forget_publication(&self.claimed.fence, key).await?;
        }
        Ok(conflict)
    }

    /// Gone is gone, whoever removed it.
    async fn remove(&self, jira: &dyn Jira, story: &Story, intent: Intent, id: &str) -> Result<(), End> {
        let gone = async {
            match jira.delete_comment(&story.id, id).await {
                Ok(()) | Err(JiraError::NotFound(_)) => Ok(()),
                Err(error) => Err(error),
            }
        };
        self.under_intent(intent, gone).await
    }
}

/// What we know of parts beyond the pieces. Parts have no gaps, so the first that is unknown ends them.
pub(super) fn records_beyond(records: &Records, pieces: &[Piece]) -> Result<Vec<(TargetKey, Publication)>, Failure> {
    let Some(last) = pieces.last() else { return Ok(Vec::new()) };
    let keys = (last.key.part + 1..).map(|part| TargetKey { part, ..last.key.clone() });
    let known = keys.map_while(|key| records.of(&key).cloned().map(|record| (key, record)));
    known
        .map(|(key, record)| {
            nothing_may_appear(records.open_intent(&key))?;
            Ok((key, record))
        })
        .collect()
}
