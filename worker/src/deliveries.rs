//! Webhooks: one signed request for each row, retried by the schedule of Standard Webhooks.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use rand::Rng;
use serde_json::{Value, json};
use shared::domain::webhook::{RETRY_SCHEDULE, TEST, WebhookEvent, secret_key, sign};
use shared::jobs::Jobs;
use shared::ports::{Delivered, WebhookError, WebhookRequest, WebhookSender};
use shared::store::delivery::{self, Delivery, Tried, TriedEnd};
use shared::store::webhook::{self, Endpoint};
use shared::store::{StoreError, event, job, user};
use shared::telemetry::Metrics;
use shared::vault::Vault;
use uuid::Uuid;

/// Answers that ask for patience are not hurried.
const AT_LEAST_WHEN_THROTTLED: Duration = Duration::from_secs(60);

/// See the module.
pub struct Deliveries {
    jobs: Jobs,
    vault: Vault,
    sender: Arc<dyn WebhookSender>,
    /// Signs what goes to the address that a request named.
    key: Vec<u8>,
    public_url: String,
    metrics: Arc<Metrics>,
}

/// Where a delivery goes, and what signs it.
struct Address {
    url: String,
    keys: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Deliveries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Deliveries").finish_non_exhaustive()
    }
}

impl Deliveries {
    /// Deliveries to endpoints signed with the secrets in `vault`, those to other addresses with `key`; links are below
    /// `public_url`.
    #[must_use]
    pub fn new(
        jobs: Jobs,
        vault: Vault,
        sender: Arc<dyn WebhookSender>,
        key: Vec<u8>,
        public_url: String,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { jobs, vault, sender, key, public_url, metrics }
    }

    /// Takes a delivery that is due.
    pub async fn claim(&self, id: Uuid, owner: &str) -> Result<Option<Delivery>, StoreError> {
        delivery::claim(self.jobs.db(), id, owner).await
    }

    /// Takes the next delivery to the same target that is due.
    pub async fn claim_next(&self, target: &str, owner: &str) -> Result<Option<Delivery>, StoreError> {
        delivery::claim_next(self.jobs.db(), target, owner).await
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
                unsent(TriedEnd::Again { in_ms: 5_000 }, "the database did not answer")
            }
        };
        self.metrics.delivery(match tried.end {
            TriedEnd::Succeeded => "ok",
            TriedEnd::Again { .. } => "again",
            TriedEnd::Failed | TriedEnd::Dropped => "failed",
        });
        if let Err(error) = self.record(&delivery, tried).await {
            tracing::warn!(delivery.id = %delivery.id, %error, "a delivery's end could not be stored; it is sent again");
        }
    }

    /// Records a try, and disables an endpoint that is gone or took nothing for days.
    async fn record(&self, delivery: &Delivery, tried: Tried) -> Result<(), StoreError> {
        let (end, is_gone) = (tried.end, tried.status == Some(410));
        let held = delivery::settle(self.jobs.db(), delivery, tried).await?;
        let failed = matches!(end, TriedEnd::Again { .. } | TriedEnd::Failed);
        let Some(id) = delivery.endpoint_id.filter(|_| held && failed) else { return Ok(()) };
        let why = if is_gone { "it answered 410: it is gone" } else { "it took nothing for five days" };
        if self.vault.disable_endpoint(id, is_gone, why).await? {
            tracing::warn!(endpoint.id = %id, why, "a webhook endpoint is disabled; its owner can enable it again");
        }
        Ok(())
    }

    async fn send(&self, delivery: &Delivery) -> Result<Tried, StoreError> {
        let Some(body) = self.body(delivery).await? else {
            return Ok(unsent(TriedEnd::Dropped, "caller.revoked: the job or its owner is gone"));
        };
        let Some(Address { url, keys }) = self.address(delivery).await? else {
            return Ok(unsent(TriedEnd::Dropped, "webhook.disabled: the endpoint was disabled or removed"));
        };
        let timestamp = self.jobs.clock().now_ms() / 1000;
        let id = format!("msg_{}", delivery.id.simple());
        let signatures: Vec<String> = keys.iter().map(|key| sign(key, &id, timestamp, &body)).collect();
        let request = WebhookRequest { url, signature: signatures.join(" "), id, timestamp, body };
        let mut tried = judge(delivery.attempt, self.sender.send(request).await);
        // The answer to a callback is shown nowhere, so it is not kept.
        tried.answer = tried.answer.filter(|_| delivery.endpoint_id.is_some());
        Ok(tried)
    }

    /// `None` = the endpoint is told nothing any more.
    async fn address(&self, delivery: &Delivery) -> Result<Option<Address>, StoreError> {
        let Some(id) = delivery.endpoint_id else {
            let url = delivery.url.clone().unwrap_or_default();
            return Ok(Some(Address { url, keys: vec![self.key.clone()] }));
        };
        // A test is for an endpoint that is disabled, too.
        let is_told = |endpoint: &Endpoint| endpoint.enabled || delivery.kind.as_deref() == Some(TEST);
        let Some(endpoint) = webhook::find(self.jobs.db(), id).await?.filter(is_told) else { return Ok(None) };
        let secrets = self.vault.signing_secrets(&endpoint).map_err(|error| StoreError::Bug(error.to_string()))?;
        let keys = secrets.iter().map(|secret| secret_key(secret)).collect::<Result<_, _>>();
        Ok(Some(Address { url: endpoint.url, keys: keys.map_err(|error| StoreError::Bug(error.to_string()))? }))
    }

    /// A thin payload: what happened, and where to read more. The same for every try.
    async fn body(&self, delivery: &Delivery) -> Result<Option<Vec<u8>>, StoreError> {
        let db = self.jobs.db();
        let (owner, payload) = match (delivery.job_id, delivery.event_seq) {
            (Some(job_id), Some(seq)) => {
                let Some(row) = job::find(db, job_id).await? else { return Ok(None) };
                let Some(event) = event::after(db, row.id, seq - 1, 1).await?.pop() else { return Ok(None) };
                let data = json!({
                    "job_id": row.id, "batch_id": row.batch_id, "kind": row.kind, "issue_key": row.issue_key,
                    "status": event.data.get("status"), "code": event.data.get("code"), "message": event.data.get("message"),
                    "links": { "job": self.link("jobs", row.id, ""), "result": self.link("jobs", row.id, "/result") },
                });
                (row.owner_id, json!({ "type": event.kind, "timestamp": event.at, "data": data }))
            }
            _ => (delivery.owner_id.unwrap_or_default(), self.stored(delivery)),
        };
        let is_active = user::by_id(db, owner).await?.is_some_and(|user| user.active);
        Ok(is_active.then(|| payload.to_string().into_bytes()))
    }

    /// The payload of what is no job.
    fn stored(&self, delivery: &Delivery) -> Value {
        let kind = delivery.kind.as_deref().unwrap_or_default();
        let mut data: Value =
            delivery.data.as_deref().and_then(|data| serde_json::from_str(data).ok()).unwrap_or_else(|| json!({}));
        let id = |name: &str| data.get(name).and_then(Value::as_str).and_then(|id| id.parse().ok()).unwrap_or_default();
        let links = if kind == WebhookEvent::BatchCompleted.as_str() {
            let batch = id("batch_id");
            json!({ "batch": self.link("batches", batch, ""), "items": self.link("batches", batch, "/items"),
                "results": self.link("batches", batch, "/results.jsonl") })
        } else if kind == WebhookEvent::StorySuspect.as_str() {
            json!({ "result": self.link("history", id("history_id"), "") })
        } else {
            json!({})
        };
        data["links"] = links;
        let at = DateTime::from_timestamp_millis(delivery.created_at).unwrap_or_default();
        json!({ "type": kind, "timestamp": at, "data": data })
    }

    fn link(&self, of: &str, id: Uuid, rest: &str) -> String {
        format!("{}/api/v1/{of}/{id}{rest}", self.public_url)
    }
}

/// A try in which nothing was sent.
fn unsent(end: TriedEnd, error: &str) -> Tried {
    Tried { end, status: None, answer: None, error: Some(error.to_owned()) }
}

/// What a try means for the row.
fn judge(attempts_before: i32, answer: Result<Delivered, WebhookError>) -> Tried {
    let (status, answer, error, at_least) = match answer {
        Ok(Delivered { status, answer, .. }) if (200..300).contains(&status) => {
            return Tried { end: TriedEnd::Succeeded, status: Some(status), answer: Some(answer), error: None };
        }
        Ok(Delivered { status: 410, answer, .. }) => {
            let error = Some("the receiver is gone".to_owned());
            return Tried { end: TriedEnd::Failed, status: Some(410), answer: Some(answer), error };
        }
        Ok(Delivered { status, retry_after, answer }) => {
            let throttled = matches!(status, 429 | 502 | 504);
            let floor = if throttled { AT_LEAST_WHEN_THROTTLED } else { Duration::ZERO };
            let error = format!("the receiver answered {status}");
            (Some(status), Some(answer), error, retry_after.unwrap_or_default().max(floor))
        }
        Err(error @ WebhookError::Refused { .. }) => return unsent(TriedEnd::Failed, &error.to_string()),
        Err(error @ WebhookError::Unreachable(_)) => (None, None, error.to_string(), Duration::ZERO),
    };
    let step = usize::try_from(attempts_before).ok().and_then(|n| RETRY_SCHEDULE.get(n));
    let end = step.map_or(TriedEnd::Failed, |step| {
        let wait = step.mul_f64(rand::rng().random_range(0.8..1.2)).max(at_least);
        TriedEnd::Again { in_ms: i64::try_from(wait.as_millis()).unwrap_or(i64::MAX) }
    });
    Tried { end, status, answer, error: Some(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Result<Delivered, WebhookError> {
        Ok(Delivered { status, retry_after: None, answer: String::new() })
    }

    #[test]
    fn success_is_two_hundred_and_something_and_a_redirect_is_a_failure() {
        assert!(matches!(judge(0, answered(204)).end, TriedEnd::Succeeded));
        assert!(matches!(judge(0, answered(302)).end, TriedEnd::Again { .. }));
    }

    #[test]
    fn a_receiver_that_is_gone_or_forbidden_is_not_tried_again() {
        assert!(matches!(judge(0, answered(410)).end, TriedEnd::Failed));
        assert!(matches!(judge(0, Err(WebhookError::Refused { host: "h".into() })).end, TriedEnd::Failed));
    }

    #[test]
    fn throttling_waits_a_minute_and_the_schedule_ends() {
        let TriedEnd::Again { in_ms } = judge(0, answered(429)).end else { panic!("a throttled delivery is tried again") };
        assert!(in_ms >= 60_000);
        let last = i32::try_from(RETRY_SCHEDULE.len()).unwrap();
        assert!(matches!(judge(last, answered(500)).end, TriedEnd::Failed));
    }
}
