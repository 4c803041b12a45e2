//! One function a call.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Response, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use shared::domain::batch::Skip;
use shared::domain::diff::ResultDiff;
use shared::domain::job::{JobKind, JobStatus};
use shared::domain::provider_batch::{BatchDecision, ProviderBatchState};
use shared::store::delivery::DeliveryStatus;
use uuid::Uuid;

use super::http::Call;
use super::views::{
    AcceptedView, ApiKeyView, BatchItemView, BatchView, CreatedApiKeyView, DeliveryView, HistoryView, JobView, PageView,
    PreviewView, ProviderBatchView, ResultView, SentAgainView, SentView, UserView, WebhookView, WebhookWithSecretView,
    WebhooksView,
};
use super::{Client, ClientError};

const LARGEST_PAGE: u32 = 100;

impl Client {
    /// Who is logged in.
    pub(crate) async fn me(&self) -> Result<UserView, ClientError> {
        self.json(Call::get("/api/v1/auth/me")).await
    }

    /// Ends the session of the token.
    pub(crate) async fn logout(&self) -> Result<(), ClientError> {
        self.send(&Call::post("/api/v1/auth/logout", None)).await.map(drop)
    }

    /// Whether the process lives, by its own word; returns the text of the answer.
    pub(crate) async fn health(&self, path: &str) -> Result<String, ClientError> {
        self.text(Call::get(path).anonymous().once().within(Some(Duration::from_secs(10)))).await
    }

    /// Submits a job; the same key and body make one job, however often they are sent.
    pub(crate) async fn submit(&self, kind: JobKind, body: Value, idempotency_key: &str) -> Result<AcceptedView, ClientError> {
        self.json(Call::post(format!("/api/v1/generate/{kind}"), Some(body)).idempotent(idempotency_key)).await
    }

    /// What a job would send to a model, which is not sent.
    pub(crate) async fn preview(&self, kind: JobKind, body: Value) -> Result<PreviewView, ClientError> {
        self.json(Call::post(format!("/api/v1/generate/{kind}"), Some(body)).query("preview", Some("true".to_owned()))).await
    }

    /// A job as it is now.
    pub(crate) async fn job(&self, id: Uuid) -> Result<JobView, ClientError> {
        self.json(Call::get(format!("/api/v1/jobs/{id}"))).await
    }

    /// A job once it is at rest, or as it is after `wait`. Not repeated.
    pub(crate) async fn job_within(&self, id: Uuid, wait: Duration) -> Result<JobView, ClientError> {
        let call = Call::get(format!("/api/v1/jobs/{id}")).query("wait", Some(format!("{}s", wait.as_secs())));
        self.json(call.within(Some(wait + Duration::from_secs(15))).once()).await
    }

    /// The event stream of a job. Not repeated.
    pub(crate) async fn events(&self, id: Uuid, after: Option<&str>) -> Result<Response, ClientError> {
        let mut call =
            Call::get(format!("/api/v1/jobs/{id}/events")).header(header::ACCEPT, "text/event-stream").within(None).once();
        if let Some(after) = after {
            call = call.header(header::HeaderName::from_static("last-event-id"), after);
        }
        self.send(&call).await
    }

    /// Jobs, newest first.
    pub(crate) async fn jobs(&self, filter: &JobFilter, limit: u32) -> Result<Vec<JobView>, ClientError> {
        let call = || {
            Call::get("/api/v1/jobs")
                .query("status", filter.status.as_ref())
                .query("kind", filter.kind.as_ref())
                .query("issue_key", filter.issue_key.as_ref())
        };
        self.pages(call, limit).await
    }

    /// What a job made, and the same as the text that came.
    pub(crate) async fn result(&self, id: Uuid) -> Result<(ResultView, String), ClientError> {
        self.json_and_text(Call::get(format!("/api/v1/jobs/{id}/result")).query("format", Some("json"))).await
    }

    /// What a job made, as text.
    pub(crate) async fn result_text(&self, id: Uuid, format: &str) -> Result<String, ClientError> {
        self.text(Call::get(format!("/api/v1/jobs/{id}/result")).query("format", Some(format))).await
    }

    /// What differs between two results of a story.
    pub(crate) async fn diff(&self, before: Uuid, after: Uuid) -> Result<ResultDiff, ClientError> {
        self.json(Call::get(format!("/api/v1/history/{before}/diff/{after}"))).await
    }

    /// Results whose story changed since they were made, newest first.
    pub(crate) async fn suspects(&self, issue_key: Option<String>, limit: u32) -> Result<Vec<HistoryView>, ClientError> {
        let call = || Call::get("/api/v1/history").query("suspect", Some("true")).query("issue_key", issue_key.as_ref());
        self.pages(call, limit).await
    }

    /// Cancels a job.
    pub(crate) async fn cancel(&self, id: Uuid) -> Result<JobView, ClientError> {
        self.json(Call::post(format!("/api/v1/jobs/{id}/cancel"), None)).await
    }

    /// Starts a job again.
    pub(crate) async fn retry(&self, id: Uuid) -> Result<JobView, ClientError> {
        self.json(Call::post(format!("/api/v1/jobs/{id}/retry"), None)).await
    }

    /// Approves exactly the result with this hash.
    pub(crate) async fn approve(&self, id: Uuid, content_hash: &str, publish_stale: bool) -> Result<JobView, ClientError> {
        let body = json!({ "content_hash": content_hash, "publish_stale": publish_stale });
        self.json(Call::post(format!("/api/v1/jobs/{id}/approve"), Some(body))).await
    }

    /// API keys, newest first.
    pub(crate) async fn api_keys(&self, owner: &str, limit: u32) -> Result<Vec<ApiKeyView>, ClientError> {
        self.pages(|| Call::get("/api/v1/api-keys").query("owner", Some(owner)), limit).await
    }

    /// Makes an API key. Not repeated: the answer to a repetition would not hold the key.
    pub(crate) async fn create_api_key(&self, body: Value) -> Result<CreatedApiKeyView, ClientError> {
        self.json(Call::post("/api/v1/api-keys", Some(body))).await
    }

    /// Revokes an API key.
    pub(crate) async fn revoke_api_key(&self, id: Uuid) -> Result<(), ClientError> {
        self.send(&Call::delete(format!("/api/v1/api-keys/{id}"))).await.map(drop)
    }

    /// What waits and who works on it.
    pub(crate) async fn queue(&self) -> Result<Value, ClientError> {
        self.json(Call::get("/api/v1/admin/queue")).await
    }

    /// Your webhook endpoints.
    pub(crate) async fn webhooks(&self) -> Result<Vec<WebhookView>, ClientError> {
        Ok(self.json::<WebhooksView>(Call::get("/api/v1/webhooks")).await?.items)
    }

    /// Makes an endpoint. Not repeated: the answer holds the secret.
    pub(crate) async fn create_webhook(&self, body: Value) -> Result<WebhookWithSecretView, ClientError> {
        self.json(Call::post("/api/v1/webhooks", Some(body))).await
    }

    /// Changes an endpoint.
    pub(crate) async fn change_webhook(&self, id: Uuid, body: Value) -> Result<WebhookView, ClientError> {
        self.json(Call::patch(format!("/api/v1/webhooks/{id}"), body)).await
    }

    /// Removes an endpoint.
    pub(crate) async fn remove_webhook(&self, id: Uuid) -> Result<(), ClientError> {
        self.send(&Call::delete(format!("/api/v1/webhooks/{id}"))).await.map(drop)
    }

    /// Gives an endpoint another secret.
    pub(crate) async fn rotate_webhook(&self, id: Uuid) -> Result<WebhookWithSecretView, ClientError> {
        self.json(Call::post(format!("/api/v1/webhooks/{id}/rotate-secret"), None)).await
    }

    /// Tries an endpoint; answers the delivery's id.
    pub(crate) async fn test_webhook(&self, id: Uuid) -> Result<Uuid, ClientError> {
        Ok(self.json::<SentView>(Call::post(format!("/api/v1/webhooks/{id}/test"), None)).await?.id)
    }

    /// What an endpoint was told, newest first.
    pub(crate) async fn deliveries(
        &self,
        id: Uuid,
        status: Option<DeliveryStatus>,
        limit: u32,
    ) -> Result<Vec<DeliveryView>, ClientError> {
        self.pages(|| Call::get(format!("/api/v1/webhooks/{id}/deliveries")).query("status", status), limit).await
    }

    /// Sends a message again.
    pub(crate) async fn redeliver(&self, id: Uuid) -> Result<(), ClientError> {
        self.send(&Call::post(format!("/api/v1/deliveries/{id}/redeliver"), None)).await.map(drop)
    }

    /// Sends everything again that failed since then; answers how many.
    pub(crate) async fn redeliver_failed(&self, id: Uuid, since: DateTime<Utc>) -> Result<u64, ClientError> {
        let body = json!({ "failed_since": since });
        Ok(self.json::<SentAgainView>(Call::post(format!("/api/v1/webhooks/{id}/redeliver"), Some(body))).await?.count)
    }

    /// Starts a batch; the same key and body make one, however often they are sent.
    pub(crate) async fn start_batch(&self, body: Value, idempotency_key: &str) -> Result<BatchView, ClientError> {
        self.json(Call::post("/api/v1/batches", Some(body)).idempotent(idempotency_key)).await
    }

    /// Batches, newest first.
    pub(crate) async fn batches(&self, limit: u32) -> Result<Vec<BatchView>, ClientError> {
        self.pages(|| Call::get("/api/v1/batches"), limit).await
    }

    /// One of them.
    pub(crate) async fn batch(&self, id: Uuid) -> Result<BatchView, ClientError> {
        self.json(Call::get(format!("/api/v1/batches/{id}"))).await
    }

    /// Its stories, in the order in which they were found.
    pub(crate) async fn batch_items(
        &self,
        id: Uuid,
        status: Option<JobStatus>,
        skip: Option<Skip>,
        limit: u32,
    ) -> Result<Vec<BatchItemView>, ClientError> {
        self.pages(|| Call::get(format!("/api/v1/batches/{id}/items")).query("status", status).query("skip", skip), limit).await
    }

    /// Pauses, resumes, cancels it, or starts what failed of it again.
    pub(crate) async fn steer_batch(&self, id: Uuid, verb: &str) -> Result<BatchView, ClientError> {
        self.json(Call::post(format!("/api/v1/batches/{id}/{verb}"), None)).await
    }

    /// Batches at providers of models, newest first.
    pub(crate) async fn provider_batches(
        &self,
        state: Option<ProviderBatchState>,
        limit: u32,
    ) -> Result<Vec<ProviderBatchView>, ClientError> {
        self.pages(|| Call::get("/api/v1/provider-batches").query("state", state), limit).await
    }

    /// One of them.
    pub(crate) async fn provider_batch(&self, id: Uuid) -> Result<ProviderBatchView, ClientError> {
        self.json(Call::get(format!("/api/v1/provider-batches/{id}"))).await
    }

    /// Decides about one that is unknown.
    pub(crate) async fn decide_provider_batch(
        &self,
        id: Uuid,
        decision: BatchDecision,
        remote_id: Option<&str>,
    ) -> Result<ProviderBatchView, ClientError> {
        let mut body = json!({ "decision": decision });
        if let Some(remote_id) = remote_id {
            body["remote_id"] = remote_id.into();
        }
        self.json(Call::post(format!("/api/v1/provider-batches/{id}/decide"), Some(body))).await
    }

    /// A story as it is read.
    pub(crate) async fn story(&self, key: &str, connection: Option<&str>) -> Result<Value, ClientError> {
        self.json(Call::get(format!("/api/v1/jira/story/{key}")).query("connection", connection)).await
    }

    /// What the issues of a project are made of.
    pub(crate) async fn project_fields(&self, project: &str, connection: Option<&str>) -> Result<Value, ClientError> {
        let project: String = url::form_urlencoded::byte_serialize(project.as_bytes()).collect();
        self.json(Call::get(format!("/api/v1/jira/projects/{project}/fields")).query("connection", connection)).await
    }

    /// Stories by JQL.
    pub(crate) async fn search(&self, jql: &str, limit: u32) -> Result<Vec<Value>, ClientError> {
        self.pages(|| Call::get("/api/v1/jira/search").query("jql", Some(jql)), limit).await
    }

    async fn pages<T: DeserializeOwned>(&self, call: impl Fn() -> Call, limit: u32) -> Result<Vec<T>, ClientError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut items, mut cursor) = (Vec::new(), None::<String>);
        while items.len() < limit {
            let size = (limit - items.len()).min(LARGEST_PAGE as usize);
            let page: PageView<T> = self.json(call().query("limit", Some(size)).query("cursor", cursor.as_ref())).await?;
            items.extend(page.items);
            match page.next_cursor {
                Some(next) if cursor.as_ref() != Some(&next) => cursor = Some(next),
                _ => break,
            }
        }
        items.truncate(limit);
        Ok(items)
    }
}

/// Which jobs to list.
#[derive(Debug, Default)]
pub(crate) struct JobFilter {
    /// With this status.
    pub(crate) status: Option<String>,
    /// Of this kind.
    pub(crate) kind: Option<String>,
    /// Of this story.
    pub(crate) issue_key: Option<String>,
}
