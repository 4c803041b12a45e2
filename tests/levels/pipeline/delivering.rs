//! Webhooks at the end of a job: signed, retried by the schedule, and never into a private network by default.

use std::time::Duration;

use sandbox::Fault;
use shared::domain::job::JobKind;
use shared::domain::webhook::{RETRY_SCHEDULE, secret_key, sign};
use shared::ports::Clock;
use shared::store::Sql;
use shared::store::delivery::Delivery;
use tests::app::{App, CALLBACK_SECRET, PERSON, Setup};
use uuid::Uuid;

use crate::support::STORY;

const HOOK: &str = "/_hooks/ci";

/// An installation that may call this machine, as an administrator may allow.
async fn app() -> App {
    Setup::default().set("JQA_OUTBOUND_ALLOW", "127.0.0.0/8").start().await
}

async fn announced(app: &App) -> Uuid {
    let url = app.site.url() + HOOK;
    app.asks(JobKind::AcceptanceCriteria, STORY).calling_back(&url).run().await
}

async fn delivery(app: &App, job: Uuid) -> Delivery {
    app.deliveries_of(job).await.remove(0)
}

/// Moves the clock to when the delivery is due again, and tries it.
async fn next_try(app: &App, job: Uuid) -> Delivery {
    let wait = delivery(app, job).await.due_at - app.clock.now_ms();
    app.later(Duration::from_millis(u64::try_from(wait).unwrap_or(0)));
    app.run_jobs().await;
    delivery(app, job).await
}

#[tokio::test]
async fn the_end_of_a_job_is_announced_once_and_signed_as_standard_webhooks_says() {
    let app = app().await;
    let job = announced(&app).await;
    let received = app.jira().deliveries("ci");
    assert_eq!(received.len(), 1);
    let hook = &received[0];
    let (id, timestamp) = (&hook.headers["webhook-id"], &hook.headers["webhook-timestamp"]);
    let key = secret_key(CALLBACK_SECRET).expect("a key");
    let seconds = timestamp.parse().expect("seconds");
    assert_eq!(hook.headers["webhook-signature"], sign(&key, id, seconds, hook.raw.as_bytes()));
    assert_eq!(seconds, app.clock.now_ms() / 1000);
    assert_eq!(hook.headers["content-type"], "application/json");

    assert_eq!((hook.body["type"].as_str(), hook.body["data"]["status"].as_str()), (Some("job.succeeded"), Some("succeeded")));
    assert_eq!(hook.body["data"]["job_id"], job.to_string());
    assert_eq!(hook.body["data"]["links"]["result"], format!("https://jqa.example.org/api/v1/jobs/{job}/result"));
    let row = delivery(&app, job).await;
    assert_eq!((row.status.as_str(), row.attempt, row.last_status), ("succeeded", 1, Some(204)));
    assert!((app.metric("jqa_webhook_deliveries_total{result=\"ok\"}") - 1.0).abs() < 0.1);
    app.seconds_later(100_000);
    app.run_jobs().await;
    assert_eq!(app.jira().deliveries("ci").len(), 1);
}

#[tokio::test]
async fn failures_are_announced_with_their_code() {
    let app = app().await;
    let url = app.site.url() + HOOK;
    app.asks(JobKind::AcceptanceCriteria, "SHOP-999").calling_back(&url).run().await;
    let hook = app.jira().deliveries("ci").remove(0);
    assert_eq!((hook.body["type"].as_str(), hook.body["data"]["code"].as_str()), (Some("job.failed"), Some("jira.not_found")));
}

#[tokio::test]
async fn a_receiver_that_stumbles_is_told_again_by_the_schedule_under_the_same_id() {
    let app = app().await;
    app.jira().order(Fault::status(500).on("POST", HOOK).times(3));
    let job = announced(&app).await;
    let id = delivery(&app, job).await.id;
    for (n, step) in RETRY_SCHEDULE.iter().enumerate().take(3) {
        let row = delivery(&app, job).await;
        assert_eq!(
            (row.status.as_str(), row.attempt, row.last_status),
            ("queued", i32::try_from(n).expect("few") + 1, Some(500))
        );
        let wait = Duration::from_millis(u64::try_from(row.due_at - app.clock.now_ms()).expect("later"));
        assert!(wait >= step.mul_f64(0.8) && wait <= step.mul_f64(1.2), "{wait:?} is not about {step:?}");
        next_try(&app, job).await;
    }
    assert_eq!(delivery(&app, job).await.status, "succeeded");
    let received = app.jira().deliveries("ci");
    assert_eq!(received.len(), 1, "the faults answered in place of the receiver");
    assert_eq!(received[0].headers["webhook-id"], format!("msg_{}", id.simple()));
    let key = secret_key(CALLBACK_SECRET).expect("a key");
    let seconds = app.clock.now_ms() / 1000;
    assert_eq!(
        received[0].headers["webhook-signature"],
        sign(&key, &received[0].headers["webhook-id"], seconds, received[0].raw.as_bytes())
    );
}

#[tokio::test]
async fn a_receiver_whose_answer_was_lost_gets_the_same_message_again() {
    let app = app().await;
    app.jira().order(Fault::new(sandbox::Action::Drop { drop: sandbox::Cut::After }).on("POST", HOOK));
    let job = announced(&app).await;
    assert_eq!(delivery(&app, job).await.status, "queued");
    next_try(&app, job).await;
    let received = app.jira().deliveries("ci");
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].headers["webhook-id"], received[1].headers["webhook-id"]);
    assert_eq!(received[0].raw, received[1].raw);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_not_told_again() {
    let app = app().await;
    app.jira().order(Fault::status(410).on("POST", HOOK));
    let job = announced(&app).await;
    let row = delivery(&app, job).await;
    assert_eq!((row.status.as_str(), row.attempt, row.last_status), ("failed", 1, Some(410)));
    assert_eq!(app.job(job).await.status, "succeeded", "the job is none the worse");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let app = app().await;
    let elsewhere = app.site.url() + "/_hooks/elsewhere";
    app.jira().order(crate::support::answer(307, ("Location", &elsewhere)).on("POST", HOOK));
    let job = announced(&app).await;
    assert_eq!(delivery(&app, job).await.status, "queued");
    assert!(app.jira().deliveries("elsewhere").is_empty());
}

#[tokio::test]
async fn the_schedule_ends_and_the_delivery_with_it() {
    let app = app().await;
    app.jira().order(Fault::status(500).on("POST", HOOK).times(0));
    let job = announced(&app).await;
    for _ in RETRY_SCHEDULE {
        next_try(&app, job).await;
    }
    let row = delivery(&app, job).await;
    assert_eq!((row.status.as_str(), row.attempt), ("failed", 10));
}

#[tokio::test]
async fn a_private_address_is_refused_unless_it_was_allowed() {
    let app = Setup::default().start().await;
    for url in [app.site.url() + HOOK, app.site.url().replace("http:", "https:") + HOOK, "https://localhost/hook".to_owned()] {
        let job = app.asks(JobKind::AcceptanceCriteria, STORY).calling_back(&url).run().await;
        let row = delivery(&app, job).await;
        assert_eq!((row.status.as_str(), row.last_status), ("failed", None), "{url}: {:?}", row.last_error);
    }
    assert!(app.jira().deliveries("ci").is_empty());
}

#[tokio::test]
async fn an_owner_who_was_deactivated_is_told_nothing_more() {
    let app = app().await;
    app.jira().order(Fault::status(500).on("POST", HOOK));
    let job = announced(&app).await;
    app.jobs.db().execute(Sql::new("UPDATE users SET active = FALSE WHERE id = ?").bind(PERSON)).await.expect("a change");
    let row = next_try(&app, job).await;
    assert_eq!(row.status, "failed");
    assert!(row.last_error.is_some_and(|error| error.starts_with("caller.revoked")));
    assert!(app.jira().deliveries("ci").is_empty());
}
