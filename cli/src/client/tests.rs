//! The client against a server that behaves badly.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use serde_json::{Value, json};
use shared::domain::job::{JobKind, JobStatus};
use uuid::Uuid;

use super::credentials::{self, Credentials};
use super::follow::follow;
use super::{Client, ClientError, Identity, Renewal};

/// A server that gives prepared answers in order and remembers what it was asked.
#[derive(Clone, Default)]
struct Fake {
    answers: Arc<Mutex<VecDeque<Response>>>,
    asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Fake {
    async fn start(self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer).with_state(self)).await });
        url
    }

    fn with(answers: impl IntoIterator<Item = Response>) -> Self {
        let fake = Self::default();
        fake.answers.lock().unwrap().extend(answers);
        fake
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(line, _)| line.clone()).collect()
    }

    fn headers(&self, name: &str) -> Vec<Option<String>> {
        let value = |headers: &HeaderMap| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        self.asked.lock().unwrap().iter().map(|(_, headers)| value(headers)).collect()
    }
}

async fn answer(State(fake): State<Fake>, request: Request) -> Response {
    let line = format!("{} {}", request.method(), request.uri());
    fake.asked.lock().unwrap().push((line, request.headers().clone()));
    fake.answers.lock().unwrap().pop_front().unwrap_or_else(|| problem(500, "test.nothing_prepared"))
}

fn ok(body: &Value) -> Response {
    axum::Json(body).into_response()
}

fn problem(status: u16, code: &str) -> Response {
    let body = json!({"status": status, "code": code, "detail": "no"}).to_string();
    let headers = [(header::CONTENT_TYPE, "application/problem+json"), (header::RETRY_AFTER, "0")];
    (StatusCode::from_u16(status).unwrap(), headers, body).into_response()
}

fn events(events: &[(i64, &str)]) -> String {
    let id = Uuid::nil();
    let event = |(seq, kind): &(i64, &str)| {
        let data = json!({"job_id": id, "seq": seq, "kind": kind, "at": "2026-01-01T10:00:00Z", "data": {"stage": "fetch"}});
        format!("id: {seq}\nevent: {kind}\ndata: {data}\n\n")
    };
    events.iter().map(event).collect()
}

fn stream(all: &[(i64, &str)]) -> Response {
    let body = format!("retry: 1\n\n{}", events(all));
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

fn job(status: &str) -> Response {
    ok(
        &json!({"id": Uuid::nil(), "kind": "full-pipeline", "status": status, "issue_key": "SHOP-1", "created_at": "2026-01-01T10:00:00Z",
               "stages": [{"stage": "fetch", "state": "done"}, {"stage": "criteria", "state": "running"}]}),
    )
}

async fn client(fake: &Fake) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let identity = Identity { url: fake.clone().start().await, token: Some("t0".to_owned()), ..Identity::default() };
    Client::new(identity).unwrap()
}

#[tokio::test]
async fn a_submit_is_repeated_with_the_same_key_until_it_is_taken() {
    let taken = ok(&json!({"id": Uuid::nil(), "status": "queued", "links": {}}));
    let fake = Fake::with([problem(503, "server.draining"), problem(502, ""), problem(429, "rate.limited"), taken]);
    let client = client(&fake).await;
    client.submit(JobKind::FullPipeline, json!({"issue_key": "SHOP-1"}), "key-1").await.unwrap();
    assert_eq!(fake.asked(), ["POST /api/v1/generate/full-pipeline"; 4]);
    assert_eq!(fake.headers("idempotency-key"), vec![Some("key-1".to_owned()); 4]);
}

#[tokio::test]
async fn what_may_have_been_done_is_not_repeated() {
    let fake = Fake::with([problem(502, ""), problem(502, "")]);
    let refused = client(&fake).await.retry(Uuid::nil()).await;
    assert!(matches!(refused, Err(ClientError::Problem(problem)) if problem.status == 502));
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn a_broken_stream_goes_on_after_the_last_event() {
    let fake = Fake::with([
        stream(&[(1, "job.queued"), (2, "job.stage_stored")]),
        job("running"),
        stream(&[(2, "job.stage_stored"), (3, "job.succeeded")]),
        job("succeeded"),
    ]);
    let mut told = Vec::new();
    let ended = follow(&client(&fake).await, Uuid::nil(), |event| told.push(event.seq)).await.unwrap();
    assert_eq!(ended.status, JobStatus::Succeeded);
    assert_eq!(told, [1, 2, 3], "each once");
    assert_eq!(fake.headers("last-event-id")[2].as_deref(), Some("2"));
}

#[tokio::test]
async fn an_approval_long_ago_does_not_end_the_following() {
    let all = [(1, "job.awaiting_review"), (2, "job.approved"), (3, "job.succeeded")];
    let fake = Fake::with([stream(&all[..2]), job("running"), job("running"), stream(&all[2..]), job("succeeded")]);
    let ended = follow(&client(&fake).await, Uuid::nil(), |_| {}).await.unwrap();
    assert_eq!(ended.status, JobStatus::Succeeded);
}

#[tokio::test]
async fn what_came_after_an_approval_is_told_also_to_who_comes_late() {
    let all = [(1, "job.awaiting_review"), (2, "job.approved"), (3, "job.succeeded")];
    // Its events come in pieces, and it has ended before the first of them.
    let pieces = all.map(|event| Ok::<_, std::convert::Infallible>(events(&[event])));
    let slow = futures::stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        piece
    });
    let stream = ([(header::CONTENT_TYPE, "text/event-stream")], axum::body::Body::from_stream(slow)).into_response();
    let fake = Fake::with([stream].into_iter().chain((0..3).map(|_| job("succeeded"))));
    let mut told = Vec::new();
    follow(&client(&fake).await, Uuid::nil(), |event| told.push(event.kind.clone())).await.unwrap();
    assert_eq!(told, ["job.awaiting_review", "job.approved", "job.succeeded"]);
}

#[tokio::test]
async fn where_streams_do_not_come_through_the_job_is_polled() {
    let fake = Fake::with([ok(&json!({})), job("running"), job("awaiting_review")]);
    let mut told = Vec::new();
    let client = client(&fake).await;
    let ended = follow(&client, Uuid::nil(), |event| told.push(event.kind.clone())).await.unwrap();
    assert_eq!(ended.status, JobStatus::AwaitingReview);
    assert_eq!(told, ["job.stage_stored", "job.awaiting_review"]);
    assert!(fake.asked()[1].ends_with("?wait=5s"), "{:?}", fake.asked());
}

#[tokio::test]
async fn an_ended_token_is_renewed_once() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let login = ok(
        &json!({"access_token": "t1", "token_type": "Bearer", "expires_in": 900, "refresh_token": "r", "user": {"id": Uuid::nil(), "email": "e", "name": "n", "role": "qa"}}),
    );
    let fake = Fake::with([problem(401, "auth.expired"), login, job("queued"), problem(401, "auth.expired")]);
    let identity = Identity {
        url: fake.clone().start().await,
        token: Some("t0".to_owned()),
        renewal: Some(Renewal::Password { email: "e".to_owned(), password: "p".to_owned() }),
    };
    let client = Client::new(identity).unwrap();
    client.job(Uuid::nil()).await.unwrap();
    assert_eq!(fake.headers("authorization"), [Some("Bearer t0".to_owned()), None, Some("Bearer t1".to_owned())]);
}

#[tokio::test]
async fn a_kept_login_is_renewed_and_kept_anew() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.toml");
    let granted = ok(&json!({"access_token": "t1", "token_type": "Bearer", "expires_in": 900, "refresh_token": "r1",
        "user": {"id": Uuid::nil(), "email": "e", "name": "n", "role": "qa"}}));
    let fake = Fake::with([problem(401, "auth.token_expired"), granted, job("queued"), job("queued")]);
    let url = fake.clone().start().await;
    let kept = Credentials {
        url: url.clone(),
        email: "e".to_owned(),
        token: "t0".to_owned(),
        expires_at: 0,
        refresh_token: "r0".to_owned(),
    };
    credentials::write(&path, &kept).unwrap();
    let client = || {
        let (token, renewal) = (Some("t0".to_owned()), Some(Renewal::Kept(path.clone())));
        Client::new(Identity { url: url.clone(), token, renewal }).unwrap()
    };
    client().job(Uuid::nil()).await.unwrap();
    let kept = credentials::read(&path).unwrap().unwrap();
    assert_eq!((kept.token.as_str(), kept.refresh_token.as_str()), ("t1", "r1"));
    assert_eq!(fake.headers("authorization"), [Some("Bearer t0".to_owned()), None, Some("Bearer t1".to_owned())]);
}

#[tokio::test]
async fn what_another_command_renewed_is_used_and_not_renewed_again() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.toml");
    let fake = Fake::with([problem(401, "auth.token_expired"), job("queued")]);
    let url = fake.clone().start().await;
    let kept = Credentials {
        url: url.clone(),
        email: "e".to_owned(),
        token: "t1".to_owned(),
        expires_at: 0,
        refresh_token: "r1".to_owned(),
    };
    credentials::write(&path, &kept).unwrap();
    let identity = Identity { url, token: Some("t0".to_owned()), renewal: Some(Renewal::Kept(path)) };
    Client::new(identity).unwrap().job(Uuid::nil()).await.unwrap();
    assert_eq!(fake.headers("authorization"), [Some("Bearer t0".to_owned()), Some("Bearer t1".to_owned())]);
}

#[tokio::test]
async fn a_login_that_was_replaced_by_one_to_another_server_is_not_sent_to_this_one() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credentials.toml");
    let fake = Fake::with([problem(401, "auth.token_expired")]);
    let kept = Credentials {
        url: "https://other.example".to_owned(),
        email: "e".to_owned(),
        token: "theirs".to_owned(),
        expires_at: 0,
        refresh_token: "theirs".to_owned(),
    };
    credentials::write(&path, &kept).unwrap();
    let identity = Identity { url: fake.clone().start().await, token: Some("t0".to_owned()), renewal: Some(Renewal::Kept(path)) };
    assert!(Client::new(identity).unwrap().job(Uuid::nil()).await.is_err());
    assert_eq!(fake.headers("authorization"), [Some("Bearer t0".to_owned())]);
}

#[tokio::test]
async fn who_is_not_the_server_is_told_apart() {
    let html = || ([(header::CONTENT_TYPE, "text/html")], "<html>").into_response();
    let moved = (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, "https://a.example")]).into_response();
    let fake = Fake::with([html(), moved, (StatusCode::NOT_FOUND, "nginx").into_response()]);
    let client = client(&fake).await;
    for expected in ["does not send JSON", "redirects to https://a.example", "404"] {
        let error = client.job(Uuid::nil()).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, ClientError::NotOurs { .. }) && error.to_string().contains(expected), "{error}");
    }
    let nobody =
        Client::new(Identity { url: "http://127.0.0.1:1".to_owned(), token: Some("t".to_owned()), ..Identity::default() })
            .unwrap();
    let error = tokio::time::timeout(Duration::from_secs(20), nobody.job(Uuid::nil())).await.unwrap().map(|_| ()).unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
}
