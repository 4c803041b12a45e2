//! The criteria that scenarios are written for.

use uuid::Uuid;

use super::Jobs;
use crate::domain::criterion::CriteriaSet;
use crate::domain::delta::Earlier;
use crate::domain::job::Stage;
use crate::domain::story::Story;
use crate::domain::user::{Permission, Role};
use crate::domain::verdict::Failure;
use crate::domain::{checks, drafter};
use crate::store::history::{self, History};
use crate::store::made::{Made, MadeError};
use crate::store::{StoreError, user};

/// Whose criteria are looked for, and where.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Who asks: criteria of others count only if they may be seen.
    pub owner: Uuid,
    /// The Jira connection of the story.
    pub connection: &'a str,
    /// A job or history entry that must hold them.
    pub from: Option<Uuid>,
}

impl Jobs {
    /// The result whose criteria scenarios alone are written for: the one named, else the latest accepted. `None` = there is none.
    pub async fn accepted_result(&self, story: &Story, wanted: Wanted<'_>) -> Result<Option<History>, StoreError> {
        if let Some(id) = wanted.from {
            return history::named_by(&self.db, id).await;
        }
        let own_only = self.own_only(wanted.owner).await?;
        history::latest_accepted_criteria(&self.db, wanted.connection, &story.id, own_only).await
    }

    /// The accepted result that a stage may keep things of; `None` = there is none that whoever asks may see.
    pub async fn earlier(&self, story: &Story, wanted: Wanted<'_>, stage: Stage) -> Result<Option<Earlier>, MadeError> {
        let own_only = self.own_only(wanted.owner).await?;
        let row = match stage {
            Stage::Scenarios => history::latest_accepted_suite(&self.db, wanted.connection, &story.id, own_only).await?,
            _ => history::latest_accepted_criteria(&self.db, wanted.connection, &story.id, own_only).await?,
        };
        let Some(row) = row else { return Ok(None) };
        let made = Made::of_result(&self.db, &row).await?;
        let Some(criteria) = made.criteria_set().cloned() else { return Ok(None) };
        let parts = serde_json::from_str(&row.sources_json).unwrap_or_default();
        Ok(Some(Earlier {
            id: row.id,
            created_by: row.created_by,
            parts,
            criteria,
            suite: made.suite().cloned(),
            story: made.story,
        }))
    }

    /// Whose results somebody may see: theirs alone, or all.
    async fn own_only(&self, owner: Uuid) -> Result<Option<Uuid>, StoreError> {
        let role: Option<Role> = user::by_id(&self.db, owner).await?.and_then(|user| user.role.parse().ok());
        Ok((!role.is_some_and(|role| role.may(Permission::ReadAll))).then_some(owner))
    }

    /// Criteria for scenarios alone: those named, else the latest accepted, else the story's own.
    pub async fn accepted_criteria(&self, story: &Story, wanted: Wanted<'_>) -> Result<Result<CriteriaSet, Failure>, StoreError> {
        let row = self.accepted_result(story, wanted).await?;
        let stored = row.and_then(|row| row.acceptance_criteria_json).and_then(|json| serde_json::from_str(&json).ok());
        Ok(match stored {
            Some(set) => Ok(set),
            None if wanted.from.is_some() => {
                let why = "the job or history entry named in criteria_from holds no criteria";
                Err(Failure::fail("criteria.not_found", why))
            }
            None => of_the_story(story),
        })
    }
}

/// What the story itself states as criteria.
fn of_the_story(story: &Story) -> Result<CriteriaSet, Failure> {
    let own = checks::settle_criteria(story, checks::criteria(story, story.language, drafter::criteria(story), None), None);
    if own.criteria.is_empty() {
        let why = "the story has no criteria to write scenarios for; generate acceptance criteria or run the full pipeline first";
        return Err(Failure::fail("criteria.not_found", why));
    }
    Ok(own)
}
