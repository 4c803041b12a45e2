//! Probes and metrics.

use std::collections::BTreeSet;

use serde_json::json;
use shared::domain::user::Role;
use tests::app::Setup;
use tests::http_app::HttpApp;

/// Fixed by the specification, letter by letter.
const NAMES: &[&str] = &[
    "http_requests_total",
    "http_request_duration_seconds_bucket",
    "llm_requests_total",
    "llm_request_duration_seconds_bucket",
    "llm_tokens_used_total",
    "jira_requests_total",
    "jira_publish_success_total",
    "acceptance_criteria_generated_total",
    "test_scenarios_generated_total",
    "full_pipeline_duration_seconds_bucket",
    "jqa_build_info",
];

#[tokio::test]
async fn a_server_that_ends_lives_but_is_not_ready() {
    let app = HttpApp::start().await;
    let ready = app.get("/readyz").await;
    assert_eq!((ready.status, ready.json()), (200, json!({ "status": "ready", "database": "up", "queue": "up" })));
    app.api.drain.begin();
    let ready = app.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["reasons"]), (503, &json!(["shutting down"])));
    let healthy = app.get("/healthz").await;
    assert_eq!((healthy.status, healthy.json()), (200, json!({ "status": "ok" })));
    let qa = app.account(Role::Qa).await;
    app.submitted(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
}

#[tokio::test]
async fn without_its_database_a_server_lives_but_is_not_ready() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    app.api.db().close().await;
    let ready = app.get("/readyz").await;
    assert_eq!((ready.status, &ready.json()["reasons"]), (503, &json!(["the database does not answer"])));
    assert_eq!(app.get("/healthz").await.status, 200);
    let answer = app.get("/jobs").by(&qa).await;
    assert_eq!((answer.refusal(), answer.header("retry-after")), ((503, "server.unavailable".to_owned()), "1"));
}

#[tokio::test]
async fn metrics_have_the_specified_names_after_a_run() {
    let app = HttpApp::of(Setup::default().model("sandbox")).await.with_worker();
    let qa = app.account(Role::Qa).await;
    let body = json!({ "issue_key": "SHOP-2", "publish": [{ "mode": "comment" }] });
    let job = app.rested(&qa, "full-pipeline", body).await;
    assert_eq!(job["status"], "succeeded", "{job}");
    app.get(&format!("/nowhere/{}", job["id"])).by(&qa).await;
    let metrics = app.get("/metrics").await;
    assert_eq!(metrics.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(metrics.text.ends_with("# EOF\n"));
    let samples: BTreeSet<_> = metrics
        .text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.ends_with(" 0"))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    for name in NAMES {
        assert!(samples.contains(name), "{name} is not among {samples:#?}");
    }
    for line in [
        "jira_requests_total{operation=\"read\"}",
        "jira_requests_total{operation=\"write\"}",
        "llm_requests_total{provider=\"openai_compatible\"}",
        "http_requests_total{method=\"POST\",route=\"/api/v1/generate/full-pipeline\",status=\"202\"} 1",
        "http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"} 1",
        "jira_publish_success_total 1",
        "full_pipeline_duration_seconds_count 1",
    ] {
        assert!(metrics.text.contains(line), "{line} is not in\n{}", metrics.text);
    }
    assert!(!metrics.text.contains(job["id"].as_str().unwrap()), "no label has as many values as there are jobs");
}
