//! How many requests are answered, and to whom they are counted.

use std::time::Duration;

use serde_json::json;
use shared::domain::user::Role;
use tests::app::Setup;
use tests::http_app::{Answer, HttpApp};

/// The three headers of a budget.
fn told(answer: &Answer) -> [String; 3] {
    ["limit", "remaining", "reset"].map(|name| answer.header(&format!("ratelimit-{name}")).to_owned())
}

#[tokio::test]
async fn an_account_has_a_budget_for_reading_and_another_for_submitting() {
    let app = HttpApp::of(Setup::default().set("JQA_LIMIT_READ", "2/1m").set("JQA_LIMIT_SUBMIT", "1/10m+1")).await;
    let (qa, other) = (app.account(Role::Qa).await, app.account(Role::Qa).await);
    let first = app.get("/jobs").by(&qa).await;
    assert_eq!((first.status, told(&first)), (200, ["2", "1", "30"].map(str::to_owned)));
    app.get("/jobs").by(&qa).await;
    let refused = app.get("/jobs").by(&qa).await;
    assert_eq!(refused.refusal(), (429, "request.rate_limited".to_owned()));
    assert_eq!((refused.header("retry-after"), told(&refused)), ("30", ["2", "0", "60"].map(str::to_owned)));

    assert_eq!(app.get("/jobs").by(&other).await.status, 200, "others are not touched");
    let submit = || app.post("/generate/acceptance-criteria").by(&qa).json(json!({ "issue_key": "SHOP-2" }));
    assert_eq!([submit().await.status, submit().await.status, submit().await.status], [202, 202, 429]);
    let jira = app.get("/jira/story/SHOP-2").by(&qa).await;
    assert_eq!((jira.status, jira.header("retry-after")), (429, "600"), "what asks Jira is as dear as a submission");

    app.later(Duration::from_secs(30));
    assert_eq!(app.get("/jobs").by(&qa).await.status, 200);
    let metrics = app.get("/metrics").await.text;
    assert!(metrics.contains("jqa_rate_limited_total{budget=\"submit\"} 2"), "{metrics}");
    assert!(metrics.contains("jqa_rate_limited_total{budget=\"read\"} 1"), "{metrics}");
}

#[tokio::test]
async fn logins_are_counted_by_the_address_of_the_client_whoever_it_claims_to_be() {
    let setup = Setup::default().set("JQA_LIMIT_LOGIN", "2/1m").set("JQA_TRUSTED_PROXIES", "10.0.0.0/8");
    let app = HttpApp::of(setup).await;
    let login = |peer: &'static str, forwarded: &'static str| {
        let body = json!({ "email": format!("{forwarded}@example.org"), "password": "wrong-password" });
        app.post("/auth/login").from(peer).header("x-forwarded-for", forwarded).json(body)
    };
    for (n, claimed) in ["1.1.1.1", "2.2.2.2", "3.3.3.3"].into_iter().enumerate() {
        let expected = if n < 2 { 401 } else { 429 };
        assert_eq!(login("203.0.113.7", claimed).await.status, expected, "a stranger's header is nothing: {claimed}");
    }
    assert_eq!(login("10.0.0.1", "9.9.9.9, 203.0.113.7").await.status, 429, "the same client behind our proxy");
    assert_eq!(login("10.0.0.1", "9.9.9.9").await.status, 401, "another client behind our proxy");
    assert_eq!([login("2001:db8::1", "").await.status, login("2001:db8::2", "").await.status], [401, 401]);
    assert_eq!(login("2001:db8::3", "").await.status, 429, "one subscriber of IPv6 has one budget");
}

#[tokio::test]
async fn an_address_that_floods_is_refused_before_anything_is_done_for_it() {
    let app = HttpApp::of(Setup::default().set("JQA_LIMIT_IP", "3/1m")).await;
    for path in ["/jobs", "/docs/", "/nowhere"] {
        assert_ne!(app.get(path).from("192.0.2.1").await.status, 429, "{path}");
    }
    for path in ["/jobs", "/docs/", "/nowhere", "/api/openapi.json"] {
        assert_eq!(app.get(path).from("192.0.2.1").await.refusal(), (429, "request.rate_limited".to_owned()), "{path}");
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        let probe = app.get(path).from("192.0.2.1").await;
        assert_eq!((probe.status, probe.header("ratelimit-limit")), (200, ""), "{path}");
    }
    assert_eq!(app.get("/jobs").from("192.0.2.2").await.status, 401);
}

#[tokio::test]
async fn every_answer_tells_the_budget_that_has_the_least_left() {
    let app = HttpApp::of(Setup::default().set("JQA_LIMIT_IP", "5/1m").set("JQA_LIMIT_READ", "100/1m")).await;
    let qa = app.account(Role::Qa).await;
    let answer = app.get("/jobs").by(&qa).from("192.0.2.1").await;
    assert_eq!(told(&answer)[..2], ["5", "4"]);
    let unknown = app.get("/jobs").from("192.0.2.1").await;
    assert_eq!((unknown.status, &told(&unknown)[1]), (401, &"3".to_owned()));
    for (method, path, operation) in app.document.operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            for header in ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"] {
                assert!(response["headers"][header].is_object(), "{header} of {status} to {method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_long_poll_counts_once() {
    let app = HttpApp::of(Setup::default().set("JQA_LIMIT_READ", "2/1h")).await.with_worker();
    let qa = app.account(Role::Qa).await;
    let job = app.rested(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    assert_eq!(job["status"], "succeeded");
    let looked = app.get("/jobs").by(&qa).await;
    assert_eq!((looked.status, &told(&looked)[1]), (200, &"0".to_owned()));
}
