//! The sender against an HTTP server, with names that stand for what the test says.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::resolver::Lookup;
use super::{HttpWebhookSender, OutboundPolicy, OutboundSettings};
use crate::adapters::test_server::{Reply, TestServer};
use crate::ports::{Delivered, WebhookError, WebhookRequest, WebhookSender};

fn request(url: &str) -> WebhookRequest {
    let body = br#"{"type":"job.succeeded"}"#.to_vec();
    WebhookRequest {
        url: url.to_owned(),
        id: "msg_1".to_owned(),
        timestamp: 1_614_265_330,
        signature: "v1,c2ln".to_owned(),
        body,
    }
}

fn settings(allow: &[&str]) -> OutboundSettings {
    let allow = allow.iter().map(|network| network.parse().unwrap()).collect();
    OutboundSettings { policy: OutboundPolicy { allow, allow_http: true }, timeout: Duration::from_secs(5) }
}

/// Answers with each list in turn, and with the last one for ever.
fn names(answers: &'static [&'static [&'static str]]) -> (Lookup, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let lookup: Lookup = Arc::new(move |_| {
        let turn = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        let addresses: Vec<IpAddr> = answers[turn].iter().map(|text| text.parse().unwrap()).collect();
        Box::pin(async move { Ok(addresses) })
    });
    (lookup, asked)
}

async fn ok_server() -> TestServer {
    TestServer::start(|_| Reply::status(204)).await
}

#[tokio::test]
async fn a_webhook_arrives_with_its_three_headers() {
    let server = ok_server().await;
    let sender = HttpWebhookSender::new(&settings(&["127.0.0.0/8"])).unwrap();
    let delivered = sender.send(request(&format!("{}/hook?a=1", server.url()))).await.unwrap();
    assert_eq!(delivered, Delivered { status: 204, retry_after: None, answer: String::new() });
    let asked = server.requests().remove(0);
    assert_eq!((asked.method.as_str(), asked.path.as_str(), asked.query.as_str()), ("POST", "/hook", "a=1"));
    let headers =
        ["webhook-id", "webhook-timestamp", "webhook-signature", "content-type"].map(|name| asked.header(name).to_owned());
    assert_eq!(headers, ["msg_1", "1614265330", "v1,c2ln", "application/json"]);
    assert_eq!(asked.body, request("").body);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let server = TestServer::start(|_| Reply::status(307).with("location", "/elsewhere").with("retry-after", "60")).await;
    let sender = HttpWebhookSender::new(&settings(&["127.0.0.1"])).unwrap();
    let delivered = sender.send(request(&server.url())).await.unwrap();
    assert_eq!(delivered, Delivered { status: 307, retry_after: Some(Duration::from_secs(60)), answer: String::new() });
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_private_literal_is_refused_without_a_connection() {
    let server = ok_server().await;
    let sender = HttpWebhookSender::new(&settings(&[])).unwrap();
    for host in ["127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "good@127.0.0.1"] {
        let url = format!("http://{host}:{}/", server.port());
        assert!(matches!(sender.send(request(&url)).await, Err(WebhookError::Refused { .. })), "{host}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_is_refused_for_what_it_stands_for() {
    let refused: &'static [&'static [&'static str]] =
        &[&["127.0.0.1"], &["::1"], &["8.8.8.8", "10.0.0.1"], &["::ffff:169.254.169.254"], &["64:ff9b::a00:1"], &[]];
    let (lookup, asked) = names(refused);
    let sender = HttpWebhookSender::with_lookup(&settings(&[]), &lookup).unwrap();
    for turn in 0..refused.len() {
        let result = sender.send(request("http://hooks.example/")).await;
        assert_eq!(result, Err(WebhookError::Refused { host: "hooks.example".to_owned() }), "{turn}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), refused.len());
}

#[tokio::test]
async fn a_name_that_becomes_private_between_two_sends_is_refused() {
    let server = ok_server().await;
    // The server stands on 127.0.0.1, which is listed here; the name then moves to an address that is not.
    let (lookup, _) = names(&[&["127.0.0.1"], &["10.0.0.1"]]);
    let sender = HttpWebhookSender::with_lookup(&settings(&["127.0.0.1"]), &lookup).unwrap();
    let url = format!("http://hooks.example:{}/", server.port());
    assert_eq!(sender.send(request(&url)).await.unwrap().status, 204);
    assert!(matches!(sender.send(request(&url)).await, Err(WebhookError::Refused { .. })));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_unusual_port_is_for_listed_networks_only() {
    let (lookup, _) = names(&[&["8.8.8.8"]]);
    let sender = HttpWebhookSender::with_lookup(&settings(&["10.0.0.0/8"]), &lookup).unwrap();
    let result = sender.send(request("http://hooks.example:8080/")).await;
    assert_eq!(result, Err(WebhookError::Refused { host: "hooks.example".to_owned() }));
}

#[tokio::test]
async fn slow_and_dropped_connections_are_unreachable() {
    for told in [Reply::never as fn() -> Reply, Reply::dropped] {
        let server = TestServer::start(move |_| told()).await;
        let settings = OutboundSettings { timeout: Duration::from_millis(50), ..settings(&["127.0.0.1"]) };
        let sender = HttpWebhookSender::new(&settings).unwrap();
        assert!(matches!(sender.send(request(&server.url())).await, Err(WebhookError::Unreachable(_))));
    }
}

#[tokio::test]
async fn a_line_break_in_a_header_is_not_sent() {
    let server = ok_server().await;
    let sender = HttpWebhookSender::new(&settings(&["127.0.0.1"])).unwrap();
    let request = WebhookRequest { id: "a\r\nx: y".to_owned(), ..request(&server.url()) };
    assert!(matches!(sender.send(request).await, Err(WebhookError::Unreachable(_))));
    assert_eq!(server.connections(), 0);
}
