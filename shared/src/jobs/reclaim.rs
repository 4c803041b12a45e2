//! `reclaim`: jobs whose worker is gone run again.

use std::time::Duration;

use serde_json::json;

use super::Jobs;
use super::bell::Ring;
use super::limits::{CRASHES_BEFORE_SOLO, SOLO_CRASHES};
use super::submit::deliveries;
use crate::domain::duration::ms;
use crate::domain::event::EventKind;
use crate::domain::message::MessageKind;
use crate::domain::webhook::WebhookEvent;
use crate::store::audit::Actor;
use crate::store::job::Job;
use crate::store::{Sql, StoreError, Verb, batch, delivery, event, jira_event, jira_poll, job, worker};

/// Enough for one tick; the rest follows with the next.
const AT_ONCE: u64 = 1000;

impl Jobs {
    /// Puts everything back that lapsed workers held, but for one that is spared. Answers how many jobs. A row that cannot be
    /// put back is told and does not stop the others.
    pub async fn reclaim(&self, spared: Option<&str>) -> Result<usize, StoreError> {
        let mut reclaimed = 0;
        for owner in worker::lapsed(&self.db).await?.into_iter().filter(|owner| Some(owner.as_str()) != spared) {
            delivery::reclaim(&self.db, &owner).await?;
            jira_event::reclaim(&self.db, &owner).await?;
            jira_poll::reclaim(&self.db, &owner).await?;
            batch::reclaim(&self.db, &owner).await?;
            for row in job::held_by(&self.db, &owner, AT_ONCE).await? {
                match self.reclaim_one(&row).await {
                    Ok(true) => reclaimed += 1,
                    Ok(false) => {}
                    Err(error) if error.is_transient() => return Err(error),
                    Err(error) => tracing::error!(job.id = %row.id, %error, "a job of a lapsed worker could not be put back"),
                }
            }
        }
        Ok(reclaimed)
    }

    async fn reclaim_one(&self, row: &Job) -> Result<bool, StoreError> {
        let Some(job) = self.reclaim_verb(row).await?.run::<Job>(&self.db).await? else { return Ok(false) };
        self.told(&job);
        if job.status == "queued"
            && job.due_at <= job.updated_at
            && let Ok(lane) = job.lane.parse()
        {
            self.bell.ring(Ring { lane, kind: MessageKind::Job, id: job.id });
        }
        Ok(true)
    }

    async fn reclaim_verb(&self, row: &Job) -> Result<Verb, StoreError> {
        // Nobody intends a write any more once a cancel was asked for, so what is known now stays known.
        if row.cancel_requested_at.is_some() && self.open_intents(row.id).await?.is_empty() {
            let published = self.published_by(row).await?;
            let ended = self.cancelled(row, &published, &Actor::default(), "job.cancelled");
            return Ok(Verb::new("jobs", row.id, end_lapsed(row, "cancelled", None)).then_all(ended));
        }
        let (crashes, solo_crashes) =
            if row.solo { (row.crashes, row.solo_crashes + 1) } else { (row.crashes + 1, row.solo_crashes) };
        if solo_crashes >= SOLO_CRASHES {
            let message =
                "this job ended its worker several times while running alone; look at the worker's log around these times";
            let data = json!({ "status": "failed", "stage": row.stage, "code": "job.kills_worker", "message": message });
            let guard = end_lapsed(row, "failed", Some(("job.kills_worker", message)));
            return Ok(Verb::new("jobs", row.id, guard)
                .then_all(self.failed(row.id, &Actor::default(), &data))
                .then_all(deliveries(self, row, WebhookEvent::Failed)));
        }
        let wait = if crashes >= CRASHES_BEFORE_SOLO { self.limits.backoff(solo_crashes) } else { Duration::ZERO };
        let guard = Sql::new(
            "UPDATE jobs SET status = 'queued', lease_owner = NULL, crashes = ?, solo_crashes = ?, due_at = {now} + ?, ring_at = {now} + ?, \
             event_seq = event_seq + 1, updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running' \
             AND NOT EXISTS (SELECT 1 FROM workers WHERE workers.id = jobs.lease_owner AND workers.lease_until >= {now})",
        )
        .bind(crashes)
        .bind(solo_crashes)
        .bind(ms(wait))
        .bind(ms(wait))
        .bind(row.id)
        .bind(row.epoch);
        let data = json!({ "stage": row.stage, "crashes": crashes + solo_crashes });
        Ok(Verb::new("jobs", row.id, guard).then(event::append(EventKind::Reclaimed, &data)))
    }
}

fn end_lapsed(row: &Job, status: &'static str, error: Option<(&'static str, &str)>) -> Sql {
    Sql::new(
        "UPDATE jobs SET status = ?, lease_owner = NULL, error_code = ?, error_message = ?, event_seq = event_seq + 1, ended_at = {now}, \
         updated_at = {now} WHERE id = ? AND epoch = ? AND status = 'running' \
         AND NOT EXISTS (SELECT 1 FROM workers WHERE workers.id = jobs.lease_owner AND workers.lease_until >= {now})",
    )
    .bind(status)
    .bind(error.map(|(code, _)| code))
    .bind(error.map(|(_, message)| message.to_owned()))
    .bind(row.id)
    .bind(row.epoch)
}
