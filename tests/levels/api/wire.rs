//! Bytes on a connection: what no well-behaved client sends, and clients that take their time.

use std::net::SocketAddr;
use std::time::Duration;

use api::ServeSettings;
use tests::http_app::HttpApp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends bytes, and reads until the server closes.
async fn answer(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    rest(&mut stream).await
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let reading = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut read)).await;
    // A server that closes with unread bytes resets the connection; what came before counts.
    let _ = reading.expect("the server closes");
    String::from_utf8(read).unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

fn settings() -> ServeSettings {
    let soon = Duration::from_millis(300);
    ServeSettings { header_timeout: soon, keep_alive: soon, ..ServeSettings::default() }
}

#[tokio::test]
async fn requests_with_two_meanings_are_refused_or_end_their_connection() {
    let app = HttpApp::start().await;
    let (address, _serving) = app.listen(settings()).await;
    let post = "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let hidden = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    for (what, lines) in [
        ("two lengths", "Content-Length: 2\r\nContent-Length: 40\r\n"),
        ("a length with a sign", "Content-Length: +2\r\n"),
        ("a list of lengths", "Content-Length: 2, 40\r\n"),
        ("an unknown coding", "Transfer-Encoding: xchunked\r\n"),
        ("chunked, but not at the end", "Transfer-Encoding: chunked, identity\r\n"),
        ("a space before the colon", "Transfer-Encoding : chunked\r\n"),
        ("a folded line", "X: a\r\n Transfer-Encoding: chunked\r\n"),
        ("two hosts", "Host: y\r\n"),
        ("a length and a coding", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"),
    ] {
        let told = answer(address, &format!("{post}{lines}\r\n{{}}{hidden}")).await;
        assert_eq!(status(&told), "400", "{what}: {told}");
    }
    for lines in ["Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "Transfer-Encoding: chunked\r\n"] {
        let told = answer(address, &format!("{post}{lines}\r\n2\r\n{{}}\r\n0\r\n\r\n{hidden}")).await;
        assert_eq!(told.matches("HTTP/1.1").count(), 1, "no second request on the connection of a chunked one: {told}");
    }
    let line = answer(address, "GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n").await;
    assert_eq!(status(&line), "400", "{line}");
    for method in ["TRACE /healthz", "CONNECT example.org:443"] {
        let told = answer(address, &format!("{method} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
        assert!(["404", "405"].contains(&status(&told)), "{method}: {told}");
    }
}

#[tokio::test]
async fn heads_without_measure_are_refused() {
    let app = HttpApp::start().await;
    let (address, _serving) = app.listen(settings()).await;
    let head = |lines: &str| format!("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}\r\n");
    let lines = |n: usize| (0..n).map(|n| format!("X-{n}: y\r\n")).collect::<String>();
    assert_eq!(status(&answer(address, &head(&lines(50))).await), "200");
    assert_eq!(status(&answer(address, &head(&lines(100))).await), "431");
    assert_eq!(status(&answer(address, &head(&format!("X: {}\r\n", "y".repeat(100_000)))).await), "431");
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "x".repeat(10_000));
    assert_eq!(status(&answer(address, &long).await), "414");
}

#[tokio::test]
async fn who_sends_nothing_or_half_a_head_or_nothing_more_is_let_go() {
    let app = HttpApp::start().await;
    let (address, _serving) = app.listen(settings()).await;
    for begun in ["", "GET /hea", "GET /healthz HTTP/1.1\r\nHost: x\r\n", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"] {
        answer(address, begun).await;
    }
}

#[tokio::test]
async fn one_address_does_not_take_all_connections() {
    let app = HttpApp::start().await;
    let settings = ServeSettings { max_connections_per_ip: 3, ..ServeSettings::default() };
    let (address, _serving) = app.listen(settings.clone()).await;
    let probe = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(probe.as_bytes()).await.unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        held.push(stream);
    }
    assert_eq!(answer(address, probe).await, "", "the fourth is closed");
    let proxied = ServeSettings { trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()], ..settings };
    let (address, _serving) = app.listen(proxied).await;
    for _ in 0..5 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(probe.as_bytes()).await.unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        held.push(stream);
    }
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_not_kept() {
    let app = HttpApp::start().await;
    let quick = ServeSettings { write_timeout: Duration::from_millis(300), ..ServeSettings::default() };
    let (address, _serving) = app.listen(quick).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    // Answers of some hundred KiB each, more than any buffer holds, and none is read.
    let page = "GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n".repeat(200);
    stream.write_all(page.as_bytes()).await.unwrap();
    let closed = tokio::time::timeout(PATIENCE, async {
        while stream.write_all(page.as_bytes()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    closed.await.expect("the server closes");
}
