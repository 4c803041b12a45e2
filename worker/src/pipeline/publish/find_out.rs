//! A job that is to be cancelled may have writes of which nobody knows whether they were carried out. They are looked for
//! first; nothing is written any more.

use shared::domain::verdict::{Failure, Verdict};
use shared::publishing::{self, Trace};
use shared::store::publication::{Publication, TargetKey};

use super::super::{Context, End};
use super::piece::nothing_may_appear;

impl Context<'_> {
    /// Ends a job that somebody asked to cancel, with what it has published.
    pub(in crate::pipeline) async fn end_cancelled(&self) -> Result<(), End> {
        for intent in self.jobs().open_intents(self.claimed.fence.job_id).await? {
            match self.find_out(&intent).await {
                // What cannot be looked for is told as unknown.
                Err(End::Failed(failure)) if failure.verdict == Verdict::Fail => {
                    tracing::warn!(job.id = %self.claimed.fence.job_id, code = failure.code, "a write of a cancelled job cannot be looked for");
                }
                found => found?,
            }
        }
        Ok(self.jobs().end_cancelled(&self.claimed).await??)
    }

    /// Looks for a write and records what became of it.
    async fn find_out(&self, intent: &Publication) -> Result<(), End> {
        let key = TargetKey::of(intent)?;
        match self.traced(intent, &key).await? {
            Trace::Written(written) => self.jobs().settle_trace(intent, Some(&written)).await?,
            Trace::Removed => self.jobs().settle_trace(intent, None).await?,
            Trace::Nothing => {
                // It may still come.
                nothing_may_appear(self.jobs().open_intent(&key).await?)?;
                self.jobs().settle_trace(intent, None).await?;
            }
        }
        Ok(())
    }

    async fn traced(&self, intent: &Publication, key: &TargetKey) -> Result<Trace, End> {
        let jira = self.jira()?;
        if let Some(place) = self.connection()?.items(key.target.mode)? {
            let issue = self.run.unless_lost(jira.issue_alone(&key.issue_id)).await?.map_err(Failure::from)?;
            let known: Vec<&str> = intent.remote_id.as_deref().into_iter().collect();
            let survey = self.run.unless_lost(place.survey(&issue, &known, false)).await?.map_err(Failure::from)?;
            return Ok(publishing::trace_item(intent, key, &survey));
        }
        let targets = [key.target];
        let looking = publishing::read_site(jira.as_ref(), &self.connection()?.fields, &key.issue_id, &targets, None);
        let site = self.run.unless_lost(looking).await?.map_err(Failure::from)?;
        Ok(publishing::trace(intent, key, &site))
    }
}
