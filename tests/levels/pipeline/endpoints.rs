//! Endpoints of users: told what they asked for, signed with their secrets, tried, disabled, told again.

use std::collections::BTreeMap;
use std::time::Duration;

use sandbox::{Action, Fault};
use serde_json::json;
use shared::domain::job::JobKind;
use shared::domain::webhook::{WebhookEvent, secret_key, sign};
use shared::ports::Clock;
use shared::store::audit::Actor;
use shared::store::delivery::{self, Delivery, LogFilter};
use shared::store::webhook::{self, Endpoint};
use shared::vault::{EndpointWish, WithSecret};
use tests::app::{App, PERSON, Setup};
use uuid::Uuid;

use crate::support::STORY;

const HOOK: &str = "/_hooks/ci";

/// An installation that may call this machine, as an administrator may allow.
async fn app() -> App {
    Setup::default().set("JQA_OUTBOUND_ALLOW", "127.0.0.0/8").start().await
}

async fn endpoint(app: &App, path: &str, events: &[WebhookEvent]) -> WithSecret {
    let wish = EndpointWish { owner_id: PERSON, name: "ci".into(), url: app.site.url() + path, events: events.to_vec() };
    app.vault.create_endpoint(wish, &Actor::default()).await.expect("an endpoint")
}

async fn now(app: &App, endpoint: &WithSecret) -> Endpoint {
    webhook::find(app.jobs.db(), endpoint.endpoint.id).await.expect("an answer").expect("the endpoint")
}

async fn log(app: &App, endpoint: &WithSecret) -> Vec<Delivery> {
    let filter = LogFilter { endpoint_id: endpoint.endpoint.id, status: None, before: None, limit: 100 };
    delivery::of_endpoint(app.jobs.db(), filter).await.expect("an answer")
}

async fn criteria(app: &App) -> Uuid {
    app.asks(JobKind::AcceptanceCriteria, STORY).run().await
}

fn signed(secret: &str, hook: &sandbox::Delivery) -> String {
    let seconds = hook.headers["webhook-timestamp"].parse().expect("seconds");
    sign(&secret_key(secret).expect("a key"), &hook.headers["webhook-id"], seconds, hook.raw.as_bytes())
}

#[tokio::test]
async fn an_endpoint_is_told_of_a_job_with_its_own_secret() {
    let app = app().await;
    let endpoint = endpoint(&app, HOOK, WebhookEvent::ALL).await;
    let job = criteria(&app).await;
    let received = app.jira().deliveries("ci");
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].headers["webhook-signature"], signed(&endpoint.secret, &received[0]));
    assert_eq!((&received[0].body["type"], &received[0].body["data"]["job_id"]), (&json!("job.succeeded"), &json!(job)));
    let row = log(&app, &endpoint).await.remove(0);
    assert_eq!((row.status.as_str(), row.last_status, row.last_answer.as_deref()), ("succeeded", Some(204), Some("")));
    assert_eq!(row.tried_at, Some(app.clock.now_ms()));
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign_for_a_day_and_then_the_new_one_alone() {
    let app = app().await;
    let first = endpoint(&app, HOOK, WebhookEvent::ALL).await;
    let second = app.vault.rotate_endpoint(first.endpoint.id, &Actor::default()).await.expect("another secret");
    assert_ne!(first.secret, second.secret);
    criteria(&app).await;
    let both = app.jira().deliveries("ci").remove(0);
    let signatures: Vec<&str> = both.headers["webhook-signature"].split(' ').collect();
    assert_eq!(signatures, [signed(&second.secret, &both), signed(&first.secret, &both)]);
    app.seconds_later(24 * 3600);
    criteria(&app).await;
    let alone = app.jira().deliveries("ci").remove(1);
    assert_eq!(alone.headers["webhook-signature"], signed(&second.secret, &alone));
}

#[tokio::test]
async fn waiting_for_a_person_is_told_and_so_is_the_end() {
    let app = app().await;
    endpoint(&app, HOOK, WebhookEvent::ALL).await;
    let job = app.asks(JobKind::AcceptanceCriteria, STORY).reviewed().run().await;
    let told =
        || app.jira().deliveries("ci").iter().map(|hook| hook.body["type"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>();
    assert_eq!(told(), ["job.awaiting_review"]);
    app.jobs.cancel(job, &app.person()).await.expect("an answer");
    app.run_jobs().await;
    assert_eq!(told(), ["job.awaiting_review", "job.cancelled"]);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_at_once_and_tells_why() {
    let app = app().await;
    let endpoint = endpoint(&app, HOOK, WebhookEvent::ALL).await;
    app.jira().order(Fault::status(410).on("POST", HOOK));
    criteria(&app).await;
    let row = now(&app, &endpoint).await;
    assert!(!row.enabled);
    assert_eq!(row.disabled_why.as_deref(), Some("it answered 410: it is gone"));
    criteria(&app).await;
    assert_eq!(log(&app, &endpoint).await.len(), 1, "it is told nothing more");
}

#[tokio::test]
async fn what_waits_for_an_endpoint_that_was_disabled_is_dropped_and_can_be_sent_again() {
    let app = app().await;
    let endpoint = endpoint(&app, HOOK, WebhookEvent::ALL).await;
    app.jira().order(Fault::status(500).on("POST", HOOK));
    criteria(&app).await;
    let change = |enabled| webhook::EndpointChange { enabled: Some(enabled), ..Default::default() };
    app.vault.change_endpoint(endpoint.endpoint.id, &change(false), &Actor::default()).await.expect("a change");
    app.later(Duration::from_secs(10));
    app.run_jobs().await;
    let row = log(&app, &endpoint).await.remove(0);
    assert_eq!(row.status, "failed");
    assert!(row.last_error.is_some_and(|error| error.starts_with("webhook.disabled")));
    app.vault.change_endpoint(endpoint.endpoint.id, &change(true), &Actor::default()).await.expect("a change");
    let count = app.vault.redeliver_failed(endpoint.endpoint.id, row.created_at, &Actor::default()).await.expect("an answer");
    assert_eq!(count, 1);
    app.run_jobs().await;
    let received = app.jira().deliveries("ci");
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].headers["webhook-id"], format!("msg_{}", row.id.simple()));
}

#[tokio::test]
async fn a_test_reaches_an_endpoint_that_is_disabled_too() {
    let app = app().await;
    let endpoint = endpoint(&app, HOOK, &[WebhookEvent::BatchCompleted]).await;
    let change = webhook::EndpointChange { enabled: Some(false), ..Default::default() };
    app.vault.change_endpoint(endpoint.endpoint.id, &change, &Actor::default()).await.expect("a change");
    app.vault.test_endpoint(endpoint.endpoint.id, &Actor::default()).await.expect("a test");
    app.run_jobs().await;
    let received = app.jira().deliveries("ci");
    assert_eq!((received.len(), &received[0].body["type"]), (1, &json!("webhook.test")));
    assert_eq!(received[0].headers["webhook-signature"], signed(&endpoint.secret, &received[0]));
}

#[tokio::test]
async fn how_an_answer_began_is_kept_for_the_log_and_no_more_of_it() {
    let app = app().await;
    let endpoint = endpoint(&app, HOOK, WebhookEvent::ALL).await;
    let html = Some(format!("no such hook\n{}", "x".repeat(5_000)));
    app.jira().order(Fault::new(Action::Answer { status: 404, headers: BTreeMap::new(), body: None, html }).on("POST", HOOK));
    criteria(&app).await;
    let row = log(&app, &endpoint).await.remove(0);
    let answer = row.last_answer.expect("an answer");
    assert!(answer.starts_with("no such hook") && answer.len() < 400 && !answer.contains('\n'), "{answer}");
}

#[tokio::test]
async fn an_endpoint_that_never_answers_keeps_no_other_from_being_told() {
    let app = app().await;
    let (dead, alive) = (endpoint(&app, "/_hooks/dead", WebhookEvent::ALL).await, endpoint(&app, HOOK, WebhookEvent::ALL).await);
    app.jira().order(Fault::status(500).on("POST", "/_hooks/dead").times(0));
    for _ in 0..3 {
        criteria(&app).await;
    }
    assert_eq!(app.jira().deliveries("ci").len(), 3);
    let health = webhook::faring(app.jobs.db(), dead.endpoint).await.expect("an answer");
    assert!(health.failures >= 3 && health.failing_since.is_some(), "{health:?}");
    assert_eq!(webhook::faring(app.jobs.db(), alive.endpoint).await.expect("an answer").failures, 0);
}
