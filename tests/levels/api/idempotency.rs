//! `Idempotency-Key`: the same request again is the same job.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::user::Role;
use tests::http_app::{Account, Answer, HttpApp};

const CRITERIA: &str = "/generate/acceptance-criteria";

async fn send(app: &HttpApp, by: &Account, path: &str, key: &str, body: Value) -> Answer {
    app.post(path).by(by).header("idempotency-key", key).json(body).await
}

async fn jobs(app: &HttpApp, by: &Account) -> usize {
    app.get("/jobs?limit=100").by(by).await.json()["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_repetition_is_answered_with_the_first_answer() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let first = send(&app, &qa, CRITERIA, "k", json!({ "issue_key": "SHOP-2", "priority": 0 })).await;
    // The same request: another order of fields, a default left out, the key in lower case.
    let again = send(&app, &qa, CRITERIA, "k", json!({ "connection": null, "issue_key": "shop-2" })).await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!((&first.text, first.header("location")), (&again.text, again.header("location")));
    assert_eq!(jobs(&app, &qa).await, 1);
}

#[tokio::test]
async fn a_key_belongs_to_one_body_one_caller_and_one_address() {
    let app = HttpApp::start().await;
    let (qa, other) = (app.account(Role::Qa).await, app.account(Role::Qa).await);
    let body = json!({ "issue_key": "SHOP-2" });
    assert_eq!(send(&app, &qa, CRITERIA, "k", body.clone()).await.status, 202);
    let reused = send(&app, &qa, CRITERIA, "k", json!({ "issue_key": "SHOP-3" })).await;
    insta::assert_snapshot!(reused.told(), @"422 idempotency.key_reused: This Idempotency-Key was used with another body; use a new key for a new request.");
    for (by, path) in [(&other, CRITERIA), (&qa, "/generate/full-pipeline")] {
        let answer = send(&app, by, path, "k", body.clone()).await;
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (202, ""), "{path}");
    }
    assert_eq!(jobs(&app, &qa).await, 3);
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let refused = send(&app, &qa, CRITERIA, "k", json!({ "issue_key": "SHOP-2", "connection": "other" })).await;
    assert_eq!(refused.status, 422);
    assert_eq!(send(&app, &qa, CRITERIA, "k", json!({ "issue_key": "SHOP-2" })).await.status, 202);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let body = json!({ "issue_key": "SHOP-2" });
    send(&app, &qa, CRITERIA, "k", body.clone()).await;
    app.later(Duration::from_secs(24 * 3600 + 1));
    let qa = app.logged_in_again(qa).await;
    let answer = send(&app, &qa, CRITERIA, "k", body).await;
    assert_eq!((answer.status, answer.header("idempotency-replayed")), (202, ""));
    assert_eq!(jobs(&app, &qa).await, 2);
}

#[tokio::test]
async fn a_key_is_visible_ascii() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    for key in ["", "two words", &"x".repeat(256)] {
        let answer = send(&app, &qa, CRITERIA, key, json!({ "issue_key": "SHOP-2" })).await;
        assert_eq!(
            (answer.refusal(), answer.fields()),
            ((400, "request.bad_header".to_owned()), vec!["Idempotency-Key".to_owned()])
        );
    }
    assert_eq!(jobs(&app, &qa).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_at_once_with_one_key_are_one_job() {
    let app = Arc::new(HttpApp::start().await);
    let qa = app.account(Role::Qa).await;
    let sending = (0..16).map(|_| {
        let (app, qa) = (app.clone(), qa.clone());
        tokio::spawn(async move { send(&app, &qa, CRITERIA, "k", json!({ "issue_key": "SHOP-2" })).await })
    });
    let answers: Vec<Answer> = futures::future::try_join_all(sending).await.unwrap();
    let bodies: BTreeSet<_> = answers.iter().map(|answer| (answer.status, answer.text.clone())).collect();
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
    assert_eq!(answers[0].status, 202);
    assert_eq!(answers.iter().filter(|answer| answer.header("idempotency-replayed").is_empty()).count(), 1);
    assert_eq!(jobs(&app, &qa).await, 1);
}

#[tokio::test]
async fn a_publication_is_repeated_safely_too() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let job = app.rested(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    let body = json!({ "from": job["id"], "publish": [{ "mode": "comment" }] });
    let (first, again) =
        (send(&app, &qa, "/jira/publish", "k", body.clone()).await, send(&app, &qa, "/jira/publish", "k", body).await);
    assert_eq!((first.status, &first.text), (202, &again.text));
    assert_eq!(app.at_rest(&qa, first.header("location")).await["status"], "succeeded");
    assert_eq!(app.jira().comments("SHOP-2").len(), 3, "two were there before");
}
