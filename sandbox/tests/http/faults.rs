//! Faults: answers, cuts, late writes, torn bodies.

use std::time::Duration;

use reqwest::Method;
use sandbox::{Action, Cut, Fault, Loss};
use serde_json::json;

use crate::support::{adf, checked, story};

const COMMENT: &str = "/rest/api/3/issue/AB-1/comment";

#[tokio::test]
async fn a_write_survives_a_lost_answer() {
    let site = checked(vec![story("AB-1")]).await;
    site.state().order(Fault::new(Action::Drop { drop: Cut::After }).on("POST", "/comment").key("AB-1"));
    let lost = site.send(Method::POST, COMMENT, Some(json!({"body": adf("once")}))).await;
    assert!(lost.is_err());
    assert_eq!(site.state().comments("AB-1").len(), 1);
    let journal = site.state().journal();
    assert_eq!((journal.len(), journal[0].dropped, journal[0].status), (1, Some(Loss::After), Some(201)));
}

#[tokio::test]
async fn a_cut_before_changes_nothing() {
    let site = checked(vec![story("AB-1")]).await;
    site.state().order(Fault::new(Action::Drop { drop: Cut::Before }).on("POST", "/rest/*/comment"));
    assert!(site.send(Method::POST, COMMENT, Some(json!({"body": adf("never")}))).await.is_err());
    assert!(site.state().comments("AB-1").is_empty());
    assert_eq!(site.post(COMMENT, json!({"body": adf("now")})).await.0, 201);
    assert_eq!(site.state().counts()["POST - cut"], 1);
}

#[tokio::test]
async fn a_write_may_come_late() {
    let site = checked(vec![story("AB-1")]).await;
    site.state().order(Fault::new(Action::DropThenApply { drop_then_apply_ms: 300 }).on("POST", "/comment"));
    assert!(site.send(Method::POST, COMMENT, Some(json!({"body": adf("late")}))).await.is_err());
    assert!(site.state().comments("AB-1").is_empty());
    let applied = site.state().wait_until(Duration::from_secs(10), |state| state.comments("AB-1").len() == 1).await;
    assert!(applied);
    assert_eq!(site.state().journal()[0].dropped, Some(Loss::Later));
}

#[tokio::test]
async fn html_with_429_ordered_over_http() {
    let site = checked(vec![story("AB-1")]).await;
    let order = json!({"match": {"method": "GET", "path": "/issue/"}, "times": 2, "after": 1, "action": {"status": 429, "headers": {"Retry-After": "1"}, "html": "<html>slow down</html>"}});
    assert_eq!(site.post("/_faults", order).await.0, 201);
    assert_eq!(site.get("/rest/api/3/issue/AB-1").await.0, 200);
    let limited = site.send(Method::GET, "/rest/api/3/issue/AB-1", None).await.unwrap();
    assert_eq!(limited.status(), 429);
    assert_eq!(limited.headers()["retry-after"], "1");
    assert!(limited.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert_eq!(site.call(Method::DELETE, "/_faults", None).await.0, 204);
    assert_eq!(site.get("/rest/api/3/issue/AB-1").await.0, 200);
}

#[tokio::test]
async fn a_body_may_be_torn() {
    let site = checked(vec![story("AB-1")]).await;
    site.state().order(Fault::new(Action::Truncate { truncate_body: true }).on("GET", "/issue/AB-1"));
    let torn = match site.send(Method::GET, "/rest/api/3/issue/AB-1", None).await {
        Ok(response) => response.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(torn);
}

#[tokio::test]
async fn many_requests_are_counted_exactly() {
    let site = checked(vec![story("AB-1")]).await;
    for _ in 0..30 {
        site.get("/rest/api/3/issue/AB-1").await;
    }
    assert_eq!(site.state().counts()["GET /rest/api/3/issue/{issueIdOrKey} 200"], 30);
    let (_, tail) = site.get("/_journal?since=28&path=AB-1").await;
    assert_eq!(tail.as_array().unwrap().len(), 2);
}
