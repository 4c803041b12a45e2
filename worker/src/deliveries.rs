//! Webhooks: one signed request for each row, retried by the schedule of Standard Webhooks.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use serde_json::json;
use shared::domain::webhook::{RETRY_SCHEDULE, sign};
use shared::jobs::Jobs;
use shared::ports::{Delivered, WebhookError, WebhookRequest, WebhookSender};
use shared::store::delivery::{self, Delivery, Tried};
use shared::store::{StoreError, event, job, user};
use shared::telemetry::Metrics;
use uuid::Uuid;

/// Answers that ask for patience are not hurried.
const AT_LEAST_WHEN_THROTTLED: Duration = Duration::from_secs(60);

/// See the module.
pub struct Deliveries {
    jobs: Jobs,
    sender: Arc<dyn WebhookSender>,
    key: Vec<u8>,
    public_url: String,
    metrics: Arc<Metrics>,
}

impl std::fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deliveries").finish_non_exhaustive()
    }
}

impl Deliveries {
    /// Deliveries signed with `key`, with links below `public_url`.
    #[must_use]
    pub fn new(jobs: Jobs, sender: Arc<dyn WebhookSender>, key: Vec<u8>, public_url: String, metrics: Arc<Metrics>) -> Self {
        Self { jobs, sender, key, public_url, metrics }
    }

    /// Takes a delivery that is due.
    pub async fn claim(&self, id: Uuid, owner: &str) -> Result<Option<Delivery>, StoreError> {
        delivery::claim(self.jobs.db(), id, owner).await
    }

    /// Takes deliveries whose bell was not heard in time.
    pub async fn claim_overdue(&self, limit: usize, owner: &str) -> Result<Vec<Delivery>, StoreError> {
        delivery::claim_overdue(self.jobs.db(), self.jobs.overdue_ms(), limit, owner).await
    }

    /// Sends one and records what came of it. If the record fails for good, the heartbeat finds the row and gives it back;
    /// it is then sent again under the same id.
    pub async fn deliver(&self, delivery: Delivery) {
        let tried = match self.send(&delivery).await {
            Ok(tried) => tried,
            Err(error) => {
                tracing::warn!(delivery.id = %delivery.id, %error, "a delivery could not be made up; it is tried again");
                Tried::Again { status: None, error: "the database did not answer".into(), in_ms: 5_000 }
            }
        };
        self.metrics.delivery(match &tried {
            Tried::Succeeded { .. } => "ok",
            Tried::Again { .. } => "again",
            Tried::Failed { .. } => "failed",
        });
        if let Err(error) = delivery::settle(self.jobs.db(), &delivery, tried).await {
            tracing::warn!(delivery.id = %delivery.id, %error, "a delivery's end could not be stored; it is sent again");
        }
    }

    async fn send(&self, delivery: &Delivery) -> Result<Tried, StoreError> {
        let Some(body) = self.body(delivery).await? else {
            return Ok(Tried::Failed { status: None, error: "caller.revoked: the job or its owner is gone".into() });
        };
        let timestamp = self.jobs.clock().now_ms() / 1000;
        let id = format!("msg_{}", delivery.id.simple());
        let request =
            WebhookRequest { url: delivery.url.clone(), signature: sign(&self.key, &id, timestamp, &body), id, timestamp, body };
        Ok(judge(delivery.attempt, self.sender.send(request).await))
    }

    /// A thin payload: what happened, and where to read more. The same for every try.
    async fn body(&self, delivery: &Delivery) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.jobs.db();
        let Some(row) = job::find(db, delivery.job_id).await? else { return Ok(None) };
        let owner_is_active = user::by_id(db, row.owner_id).await?.is_some_and(|user| user.active);
        let events = event::after(db, row.id, delivery.event_seq - 1, 1).await?;
        let (true, Some(event)) = (owner_is_active, events.first()) else { return Ok(None) };
        let links = json!({
            "job": format!("{}/api/v1/jobs/{}", self.public_url, row.id),
            "result": format!("{}/api/v1/jobs/{}/result", self.public_url, row.id),
        });
        let data = json!({
            "job_id": row.id, "kind": row.kind, "issue_key": row.issue_key, "status": event.data.get("status"),
            "code": event.data.get("code"), "message": event.data.get("message"), "links": links,
        });
        let payload = json!({ "type": event.kind, "timestamp": event.at, "data": data });
        Ok(Some(payload.to_string().into_bytes()))
    }
}

/// What a try means for the row.
fn judge(attempts_before: i32, answer: Result<Delivered, WebhookError>) -> Tried {
    let (status, error, at_least) = match answer {
        Ok(Delivered { status, .. }) if (200..300).contains(&status) => return Tried::Succeeded { status },
        Ok(Delivered { status: 410, .. }) => return Tried::Failed { status: Some(410), error: "the receiver is gone".into() },
        Ok(Delivered { status, retry_after }) => {
            let throttled = matches!(status, 429 | 502 | 504);
            let floor = if throttled { AT_LEAST_WHEN_THROTTLED } else { Duration::ZERO };
            (Some(status), format!("the receiver answered {status}"), retry_after.unwrap_or_default().max(floor))
        }
        Err(error @ WebhookError::Refused { .. }) => return Tried::Failed { status: None, error: error.to_string() },
        Err(error @ WebhookError::Unreachable(_)) => (None, error.to_string(), Duration::ZERO),
    };
    let step = usize::try_from(attempts_before).ok().and_then(|n| RETRY_SCHEDULE.get(n));
    match step {
        Some(step) => {
            let wait = step.mul_f64(rand::rng().random_range(0.8..1.2)).max(at_least);
            Tried::Again { status, error, in_ms: i64::try_from(wait.as_millis()).unwrap_or(i64::MAX) }
        }
        None => Tried::Failed { status, error },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Result<Delivered, WebhookError> {
        Ok(Delivered { status, retry_after: None })
    }

    #[test]
    fn success_is_two_hundred_and_something_and_a_redirect_is_a_failure() {
        assert!(matches!(judge(0, answered(204)), Tried::Succeeded { status: 204 }));
        assert!(matches!(judge(0, answered(302)), Tried::Again { .. }));
    }

    #[test]
    fn a_receiver_that_is_gone_or_forbidden_is_not_tried_again() {
        assert!(matches!(judge(0, answered(410)), Tried::Failed { .. }));
        assert!(matches!(judge(0, Err(WebhookError::Refused { host: "h".into() })), Tried::Failed { .. }));
    }

    #[test]
    fn throttling_waits_a_minute_and_the_schedule_ends() {
        let Tried::Again { in_ms, .. } = judge(0, answered(429)) else { panic!("a throttled delivery is tried again") };
        assert!(in_ms >= 60_000);
        let last = i32::try_from(RETRY_SCHEDULE.len()).unwrap();
        assert!(matches!(judge(last, answered(500)), Tried::Failed { .. }));
    }
}
