//! Cancelling, failing, and starting again.

use std::collections::BTreeMap;

use sandbox::{Action, Cut, Fault};
use serde_json::{Value, json};
use shared::domain::user::Role;
use tests::app::Setup;
use tests::http_app::{Account, HttpApp};
use uuid::Uuid;

fn id_of(path: &str) -> Uuid {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

async fn cancel(app: &HttpApp, by: &Account, path: &str) -> tests::http_app::Answer {
    app.post(&format!("{path}/cancel")).by(by).await
}

async fn retry(app: &HttpApp, by: &Account, path: &str) -> tests::http_app::Answer {
    app.post(&format!("{path}/retry")).by(by).await
}

#[tokio::test]
async fn a_job_that_waits_is_cancelled_at_once_and_only_once() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let path = app.submitted(&qa, "full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
    let cancelled = cancel(&app, &qa, &path).await;
    assert_eq!((cancelled.status, &cancelled.json()["status"]), (200, &json!("cancelled")));
    assert!(cancelled.json()["ended_at"].is_string());
    let again = cancel(&app, &qa, &path).await;
    insta::assert_snapshot!(again.told(), @"409 job.already_ended: The job is cancelled; there is nothing left to cancel.");
    app.start_worker();
    let other = app.rested(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    assert_eq!(other["status"], "succeeded", "the worker is at work");
    assert_eq!(app.get(&path).by(&qa).await.json()["status"], "cancelled", "and leaves what was cancelled alone");
}

#[tokio::test]
async fn a_job_that_runs_is_asked_to_stop_and_stops() {
    let app = HttpApp::of(Setup::default().set("JQA_LEASE", "2s")).await.with_worker();
    let qa = app.account(Role::Qa).await;
    app.jira().order(Fault::new(Action::Delay { delay_ms: 20_000 }).on("GET", "/issue/").times(0));
    let path = app.submitted(&qa, "full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
    // A claim is no event that could be waited for.
    while app.job(id_of(&path)).await.status != "running" {
        tokio::task::yield_now().await;
    }
    let asked = cancel(&app, &qa, &path).await;
    assert_eq!((asked.status, &asked.json()["cancel_requested"]), (202, &json!(true)));
    assert!(!asked.header("retry-after").is_empty());
    let job = app.at_rest(&qa, &path).await;
    assert_eq!((&job["status"], &job["stage"]), (&json!("cancelled"), &json!("fetch")));
    let events = app.get(&format!("{path}/events")).by(&qa).await.text;
    assert!(events.contains("event: job.cancel_requested\n") && events.contains("event: job.cancelled\n"), "{events}");
    app.jira().faults().clear();
}

#[tokio::test]
async fn a_job_that_has_ended_is_not_cancelled() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let job = app.rested(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    let path = job["links"]["self"].as_str().unwrap();
    assert_eq!(cancel(&app, &qa, path).await.refusal(), (409, "job.already_ended".to_owned()));
    assert_eq!(retry(&app, &qa, path).await.refusal(), (409, "job.not_ended".to_owned()));
    assert_eq!(app.get(path).by(&qa).await.json(), job, "nothing was changed");
}

#[tokio::test]
async fn a_failed_job_says_why_and_succeeds_when_it_is_started_again() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    app.jira().order(Fault::status(403).on("GET", "/issue/").times(0));
    let job = app.rested(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    assert_eq!((&job["status"], &job["error"]["code"]), (&json!("failed"), &json!("jira.forbidden")));
    app.jira().faults().clear();
    let path = job["links"]["self"].as_str().unwrap();
    let retried = retry(&app, &qa, path).await;
    assert_eq!(retried.status, 202, "{}", retried.text);
    assert!(retried.json().get("error").is_none() && retried.json().get("ended_at").is_none());
    let job = app.at_rest(&qa, path).await;
    assert_eq!((&job["status"], job.get("error")), (&json!("succeeded"), None));
    let events = app.get(&format!("{path}/events")).by(&qa).await.text;
    let kinds: Vec<_> = events.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(kinds, ["job.queued", "job.failed", "job.queued", "job.stage_stored", "job.succeeded"]);
}

#[tokio::test]
async fn what_was_made_before_a_failure_is_not_made_again() {
    let app = HttpApp::of(Setup::default().model("sandbox")).await.with_worker();
    let qa = app.account(Role::Qa).await;
    app.jira().order(Fault::status(403).on("POST", "/comment").times(0));
    let body = json!({ "issue_key": "SHOP-2", "publish": [{ "mode": "comment" }] });
    let job = app.rested(&qa, "full-pipeline", body).await;
    assert_eq!((&job["status"], &job["stage"]), (&json!("failed"), &json!("publish")), "{job}");
    let calls = app.jira().llm_calls();
    let path = job["links"]["self"].as_str().unwrap();
    let result = app.get(&format!("{path}/result")).by(&qa).await;
    assert_eq!(result.status, 200, "what was made is there to be read");
    app.jira().faults().clear();
    retry(&app, &qa, path).await;
    assert_eq!(app.at_rest(&qa, path).await["status"], "succeeded");
    assert_eq!((app.jira().llm_calls(), calls > 0), (calls, true), "the model was not asked again");
    assert_eq!(app.get(&format!("{path}/result")).by(&qa).await.json()["content_hash"], result.json()["content_hash"]);
}

#[tokio::test]
async fn what_was_cancelled_in_review_awaits_review_again() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let body = json!({ "issue_key": "SHOP-2", "review": "required" });
    let job = app.rested(&qa, "acceptance-criteria", body).await;
    let path = job["links"]["self"].as_str().unwrap();
    assert_eq!(cancel(&app, &qa, path).await.status, 200);
    let approve = app.post(&format!("{path}/approve")).by(&qa).json(json!({ "content_hash": job["content_hash"] }));
    assert_eq!(approve.await.refusal(), (409, "job.not_in_review".to_owned()));
    let retried = retry(&app, &qa, path).await;
    assert_eq!((retried.status, &retried.json()["status"]), (202, &json!("awaiting_review")));
    let approve = app.post(&format!("{path}/approve")).by(&qa).json(json!({ "content_hash": job["content_hash"] }));
    assert_eq!(approve.await.json()["status"], "succeeded");
}

#[tokio::test]
async fn who_may_not_submit_a_job_may_not_start_it_again() {
    let app = HttpApp::start().await;
    let (qa, po) = (app.account(Role::Qa).await, app.account(Role::Po).await);
    let suite = app.submitted(&qa, "full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
    let criteria = app.submitted(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    for path in [&suite, &criteria] {
        cancel(&app, &qa, path).await;
    }
    assert_eq!(retry(&app, &po, &suite).await.refusal(), (403, "auth.forbidden".to_owned()));
    assert_eq!(retry(&app, &po, &criteria).await.status, 202);
}

#[tokio::test]
async fn every_act_of_a_person_is_in_the_audit_log() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let body = json!({ "issue_key": "SHOP-2", "review": "required" });
    let job = app.rested(&qa, "acceptance-criteria", body).await;
    let path = job["links"]["self"].as_str().unwrap();
    let result = app.get(&format!("{path}/result")).by(&qa).await;
    let edit: Value = json!({ "criteria": { "criteria": result.json()["criteria"]["criteria"] } });
    app.patch(&format!("{path}/result")).by(&qa).header("if-match", result.etag()).json(edit).await;
    cancel(&app, &qa, path).await;
    retry(&app, &qa, path).await;
    app.post(&format!("{path}/approve")).by(&qa).header("if-match", result.etag()).await;
    let audited = app.audited(id_of(path)).await;
    assert_eq!(audited, ["job.submit", "job.edit", "job.cancel", "job.retry", "job.approve"]);
}

#[tokio::test]
async fn a_cancelled_job_tells_what_it_had_published() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let slow_down = BTreeMap::from([("retry-after".to_owned(), "600".to_owned())]);
    let slow_down = Action::Answer { status: 429, headers: slow_down, body: None, html: None };
    app.jira().order(Fault::new(slow_down).on("PUT", "/issue/").times(0));
    let body = json!({ "issue_key": "SHOP-2", "publish": [{ "mode": "comment" }, { "mode": "description" }] });
    let path = app.submitted(&qa, "full-pipeline", body).await;
    app.wait_for(id_of(&path), |row| row.error_code.as_deref() == Some("jira.rate_limited")).await;
    assert!(app.get(&path).by(&qa).await.json().get("published").is_none(), "it has not ended");

    let cancelled = cancel(&app, &qa, &path).await;
    assert_eq!((cancelled.status, &cancelled.json()["status"]), (200, &json!("cancelled")), "{}", cancelled.text);
    let published = cancelled.json()["published"].clone();
    let ours = app.jira().comments("SHOP-2").pop().expect("a comment")["id"].clone();
    assert_eq!(published.as_array().map(Vec::len), Some(1), "{published}");
    assert_eq!((&published[0]["target"]["mode"], &published[0]["outcome"]), (&json!("comment"), &json!("created")));
    assert_eq!(published[0]["remote_id"], ours);
    assert_eq!(app.get(&path).by(&qa).await.json()["published"], published);
    assert_eq!(app.get(&format!("{path}/result")).by(&qa).await.json()["published"], published);
    let events = app.get(&format!("{path}/events")).by(&qa).await.text;
    assert!(events.contains(&format!("\"published\":{published}")), "{events}");
}

#[tokio::test]
async fn a_job_whose_last_write_is_unknown_is_not_cancelled_before_it_was_looked_for() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    app.jira().order(Fault::new(Action::Drop { drop: Cut::After }).on("POST", "/comment"));
    let body = json!({ "issue_key": "SHOP-2", "publish": [{ "mode": "comment" }] });
    let path = app.submitted(&qa, "full-pipeline", body).await;
    app.wait_for(id_of(&path), |row| row.error_code.as_deref() == Some("jira.no_answer")).await;
    let asked = cancel(&app, &qa, &path).await;
    assert_eq!((asked.status, &asked.json()["cancel_requested"]), (202, &json!(true)), "{}", asked.text);
    let job = app.at_rest(&qa, &path).await;
    assert_eq!((&job["status"], &job["published"][0]["outcome"]), (&json!("cancelled"), &json!("created")), "{job}");
}
