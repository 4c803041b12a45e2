//! Two connections of one account, and what each hears of the other.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use url::Url;

use super::{JiraClient, JiraSettings, Pace};
use crate::adapters::http::Secret;
use crate::adapters::pacer::LocalPacer;
use crate::adapters::test_server::{Reply, Request, TestServer};
use crate::domain::jira_site::JiraDeployment;
use crate::domain::markup::Rich;
use crate::domain::pace::Share;
use crate::ports::{Jira, JiraError, TestClock};

/// Two clients of one account, as two connections have them.
fn two(server: &TestServer, share: Share) -> (Arc<TestClock>, [JiraClient; 2]) {
    let clock = Arc::new(TestClock::at(1_700_000_000_000));
    let pacer = Arc::new(LocalPacer::new(clock.clone()));
    let client = || {
        let url = Url::parse(&server.url()).unwrap();
        let mut settings = JiraSettings::new(url, "qa@shop.example", Secret::new("t0ken"));
        settings.deployment = JiraDeployment::Cloud;
        let account = settings.account();
        assert!(!account.contains("t0ken"));
        settings.pace = Some(Pace { pacer: pacer.clone(), clock: clock.clone(), account, share });
        JiraClient::new(settings).unwrap()
    };
    (clock.clone(), [client(), client()])
}

async fn write(jira: &JiraClient, issue: &str) -> Result<(), JiraError> {
    jira.update_field(issue, "description", &Rich::nothing(), &[]).await
}

/// The first call is answered so, all others well.
async fn server(first: impl Fn() -> Reply + Send + Sync + 'static) -> TestServer {
    let asked = std::sync::atomic::AtomicBool::new(false);
    TestServer::start(move |_: &Request| {
        if asked.swap(true, std::sync::atomic::Ordering::Relaxed) {
            Reply::json(200, &json!({ "key": "SHOP-1", "fields": {} }))
        } else {
            first()
        }
    })
    .await
}

#[tokio::test]
async fn when_jira_asks_one_to_wait_all_wait_and_send_nothing() {
    let server = server(|| Reply::html(429, "slow down").with("retry-after", "60")).await;
    let (clock, [one, another]) = two(&server, Share::default());
    let seconds = |seconds| JiraError::RateLimited { retry_after: Some(Duration::from_secs(seconds)) };
    assert_eq!(one.issue_alone("SHOP-1").await.unwrap_err(), seconds(60));
    clock.advance(Duration::from_secs(20));
    assert_eq!(another.issue_alone("SHOP-1").await.unwrap_err(), seconds(40));
    assert_eq!(server.requests().len(), 1);
    clock.advance(Duration::from_secs(40));
    another.issue_alone("SHOP-1").await.unwrap();
}

#[tokio::test]
async fn a_used_up_quota_stops_all_work_until_it_is_whole_again() {
    let reply = || {
        let reply = Reply::json(429, &json!({})).with("ratelimit-reason", "jira-quota-tenant-based");
        reply.with("x-ratelimit-reset", "2026-09-27T11:00:00Z").with("date", "Sun, 27 Sep 2026 10:30:00 GMT")
    };
    let server = server(reply).await;
    let (clock, [one, another]) = two(&server, Share::default());
    one.issue_alone("SHOP-1").await.unwrap_err();
    clock.advance(Duration::from_secs(29 * 60));
    assert_eq!(
        write(&another, "SHOP-9").await.unwrap_err(),
        JiraError::RateLimited { retry_after: Some(Duration::from_secs(60)) }
    );
    assert_eq!(server.requests().len(), 1);
    clock.advance(Duration::from_secs(60));
    write(&another, "SHOP-9").await.unwrap();
}

#[tokio::test]
async fn too_many_writes_to_one_issue_stop_writes_to_that_issue_alone() {
    let reply = || Reply::json(429, &json!({})).with("ratelimit-reason", "jira-per-issue-on-write").with("retry-after", "30");
    let server = server(reply).await;
    let (_, [one, another]) = two(&server, Share::default());
    let wait = Some(Duration::from_secs(30));
    assert_eq!(write(&one, "SHOP-1").await.unwrap_err(), JiraError::TooManyWrites { retry_after: wait });
    assert_eq!(write(&another, "SHOP-1").await.unwrap_err(), JiraError::RateLimited { retry_after: wait });
    write(&another, "SHOP-2").await.unwrap();
    another.issue_alone("SHOP-1").await.unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn writes_to_one_issue_go_one_by_one_and_those_to_others_beside_them() {
    let server = TestServer::start(|_| Reply::status(204).after_yields(50)).await;
    let (_, [one, another]) = two(&server, Share::default());
    for done in join_all([write(&one, "SHOP-1"), write(&another, "SHOP-1"), write(&one, "SHOP-1")]).await {
        done.unwrap();
    }
    assert_eq!(server.most_at_once(), 1);
    for done in join_all([write(&one, "SHOP-1"), write(&another, "SHOP-2"), write(&one, "SHOP-3")]).await {
        done.unwrap();
    }
    assert!(server.most_at_once() > 1);
}

#[tokio::test]
async fn the_calls_of_a_minute_are_those_of_all_connections_together() {
    let server = server(|| Reply::json(200, &json!({ "key": "SHOP-1", "fields": {} }))).await;
    let (clock, [one, another]) = two(&server, Share::of_a_minute(Some(2), None, None));
    one.issue_alone("SHOP-1").await.unwrap();
    another.issue_alone("SHOP-1").await.unwrap();
    let refused = one.issue_alone("SHOP-1").await.unwrap_err();
    assert_eq!(refused, JiraError::RateLimited { retry_after: Some(Duration::from_secs(30)) });
    clock.advance(Duration::from_secs(30));
    one.issue_alone("SHOP-1").await.unwrap();
    assert_eq!(server.requests().len(), 3);
}
