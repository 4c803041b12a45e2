//! The router over an SQLite database with the real migrations: who may call what, and a job from submission to its end.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails, in its helpers too")]

use std::sync::Arc;
use std::time::Duration;

use api::{Api, ApiSettings, Drain, EventHub, Ops, Parts};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use shared::accounts::{Proof, SessionLives, Sessions};
use shared::adapters::bus::LocalBus;
use shared::adapters::connections::Connections;
use shared::adapters::limiter::LocalLimiter;
use shared::adapters::pacer::LocalPacer;
use shared::config::{Settings, Source};
use shared::crypto::{Bearer, KeyRing, Passwords, SecretKey, TokenSettings, Tokens};
use shared::domain::user::Role;
use shared::jobs::{Bell, Jobs, Limits};
use shared::ports::{Clock, TestClock};
use shared::store::audit::Actor;
use shared::store::user::{self, NewUser};
use shared::store::{Db, DbOptions};
use shared::telemetry::Metrics;
use shared::vault::Vault;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use uuid::Uuid;

struct App {
    router: Router,
    api: Api,
    clock: Arc<TestClock>,
    _folder: tempfile::TempDir,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl App {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.sqlite").display());
        migration::migrate(&url).await.unwrap();
        let clock = Arc::new(TestClock::at(1_700_000_000_000));
        let of_db = Arc::clone(&clock) as Arc<dyn Clock>;
        let db =
            Db::open(&url, DbOptions { pool: 2, acquire_timeout: Duration::from_secs(5) }, Arc::clone(&of_db)).await.unwrap();
        let jobs = Jobs::new(db.clone(), Limits::default(), Bell::new().0, Arc::new(LocalBus::default()));
        let hub = EventHub::new();
        tokio::spawn(hub.clone().run(jobs.clone(), CancellationToken::new()));
        let metrics = Arc::new(Metrics::default());
        let environment = [("JQA_JIRA_URL", "http://127.0.0.1:9"), ("JQA_JIRA_EMAIL", "a@b.c"), ("JQA_JIRA_TOKEN", "t")];
        let source = Source::new(environment.map(|(name, value)| (name.to_owned(), value.to_owned())), None).unwrap();
        let connections =
            Connections::of(&Settings::read(&source).unwrap(), &metrics, Arc::new(LocalPacer::new(of_db.clone())), of_db.clone())
                .unwrap();
        let keys = KeyRing::from(SecretKey::from_bytes(&[b'k'; 32]).unwrap());
        let api = Api::new(Parts {
            jobs,
            connections: Arc::new(connections),
            vault: Vault::new(db.clone(), keys.clone()),
            tokens: Tokens::new(TokenSettings::default(), &keys, of_db),
            sessions: Sessions::new(db.clone(), keys, SessionLives::default()),
            passwords: Passwords::new(1),
            hub,
            settings: ApiSettings::default(),
            limiter: Arc::new(LocalLimiter::new(Arc::clone(&clock) as Arc<dyn Clock>)),
            metrics: Arc::clone(&metrics),
            outbound: Arc::new(
                |url| if url.starts_with("https://") { Ok(()) } else { Err("a webhook needs an https address".into()) },
            ),
            sso: None,
            drain: Drain::new(),
        });
        let ops = Ops { db, metrics, drain: api.drain.clone(), queue_up: Arc::new(|| true) };
        let router = api::router(api.clone()).merge(api::ops_router(ops));
        Self { router, api, clock, _folder: folder }
    }

    /// The token of a new account.
    async fn account(&self, role: Role) -> String {
        let id = self.clock.new_id();
        let user = NewUser { id, email: format!("{role}-{id}@b.c"), name: "N".into(), role, password_hash: "none".into() };
        user::insert(self.api.db(), user, 0).await.unwrap();
        let begun = self.api.sessions.begin(id, Proof::Password("none"), &Actor::default()).await.unwrap().unwrap();
        self.api.tokens.issue(Bearer { user_id: id, session_id: begun.session.id }).unwrap()
    }

    async fn ask(&self, method: &str, path: &str, token: Option<&str>, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask("GET", path, Some(token), &[], None).await
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.ask("POST", path, Some(token), &[], Some(body)).await
    }
}

const PIPELINE: &str = "/api/v1/generate/full-pipeline";

#[tokio::test]
async fn no_operation_but_logging_in_answers_without_a_token() {
    let app = App::start().await;
    let document = app.ask("GET", "/api/openapi.json", None, &[], None).await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let path = path.replace("{id}", &Uuid::from_u128(1).to_string()).replace("{key}", "SHOP-1");
            let answer = app.ask(&method.to_uppercase(), &path, None, &[], Some(json!({}))).await;
            if ["/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/register"].contains(&path.as_str()) {
                assert_eq!(answer.status, 422);
            } else if path.starts_with("/api/v1/auth/oidc/") {
                assert!(matches!(answer.status.as_u16(), 400 | 404 | 422), "{method} {path}: single sign-on is not set up here");
            } else if path.starts_with("/api/v1/hooks/") {
                assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "hook.not_authentic"), "{method} {path}");
            } else {
                assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "auth.token_missing"), "{method} {path}");
                assert_eq!(answer.headers["www-authenticate"], "Bearer");
            }
        }
    }
}

#[tokio::test]
async fn a_submission_is_a_job_and_its_repetition_the_same_job() {
    let app = App::start().await;
    let token = app.account(Role::Qa).await;
    let body = json!({ "issue_key": "shop-1", "publish": [{ "mode": "comment" }] });
    let send = |body: Value| app.ask("POST", PIPELINE, Some(&token), &[("idempotency-key", "k-1")], Some(body));
    let first = send(body.clone()).await;
    assert_eq!(first.status, 202, "{}", first.text);
    assert_eq!(first.headers["retry-after"], "1");
    assert_eq!(first.headers["location"].to_str().unwrap(), first.json()["links"]["self"]);
    let again = send(body.clone()).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = send(json!({ "issue_key": "SHOP-2" })).await;
    assert_eq!((other.status.as_u16(), other.code().as_str()), (422, "idempotency.key_reused"));

    let job = app.get(first.headers["location"].to_str().unwrap(), &token).await.json();
    assert_eq!((&job["status"], &job["issue_key"], &job["progress"]["total"]), (&json!("queued"), &json!("SHOP-1"), &json!(4)));
    let result = app.get(job["links"]["result"].as_str().unwrap(), &token).await;
    assert_eq!((result.status.as_u16(), result.code().as_str()), (409, "job.no_result_yet"));
    let list = app.get("/api/v1/jobs?status=queued&limit=1", &token).await.json();
    assert_eq!((&list["items"][0]["id"], &list["next_cursor"]), (&job["id"], &Value::Null));
}

#[tokio::test]
async fn what_a_caller_may_not_see_does_not_exist_and_what_it_may_not_do_is_forbidden() {
    let app = App::start().await;
    let (qa, po, developer) = (app.account(Role::Qa).await, app.account(Role::Po).await, app.account(Role::Developer).await);
    let job = app.post(PIPELINE, &qa, json!({ "issue_key": "SHOP-1" })).await.json();
    let path = job["links"]["self"].as_str().unwrap();
    for (method, path) in [("GET", path.to_owned()), ("POST", format!("{path}/cancel")), ("GET", format!("{path}/events"))] {
        let answer = app.ask(method, &path, Some(&developer), &[], None).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (404, "job.not_found"), "{path}");
    }
    assert_eq!(app.get(path, &po).await.status, 200);
    assert_eq!(app.ask("POST", &format!("{path}/cancel"), Some(&po), &[], None).await.code(), "auth.forbidden");
    assert_eq!(app.post(PIPELINE, &po, json!({ "issue_key": "SHOP-1" })).await.code(), "auth.forbidden");
    let published = json!({ "issue_key": "SHOP-1", "publish": [{ "mode": "comment" }] });
    assert_eq!(app.post("/api/v1/generate/acceptance-criteria", &developer, published.clone()).await.status, 403);
    assert_eq!(app.post("/api/v1/generate/acceptance-criteria", &po, published).await.status, 202);
    assert_eq!(app.get("/api/v1/jobs", &developer).await.json()["items"], json!([]));
}

#[tokio::test]
async fn everything_wrong_with_a_submission_is_told_at_once() {
    let app = App::start().await;
    let token = app.account(Role::Qa).await;
    let body = json!({
        "issue_key": "SHOP-1", "connection": "other", "llm": { "provider": "oracle" }, "callback_url": "http://x",
        "criteria_from": Uuid::from_u128(5),
    });
    let answer = app.post(PIPELINE, &token, body).await;
    assert_eq!(answer.status, 422);
    let errors = answer.json()["errors"].clone();
    let fields: Vec<_> = errors.as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["connection", "llm.provider", "callback_url", "criteria_from"]);
}

#[tokio::test]
async fn cancelling_ends_the_long_poll_and_the_stream() {
    let app = App::start().await;
    let token = app.account(Role::Qa).await;
    let job = app.post(PIPELINE, &token, json!({ "issue_key": "SHOP-1" })).await.json();
    let path = job["links"]["self"].as_str().unwrap();
    let (wait, cancel) = (format!("{path}?wait=30s"), format!("{path}/cancel"));
    let (waited, streamed, cancelled) = tokio::join!(
        app.get(&wait, &token),
        app.get(job["links"]["events"].as_str().unwrap(), &token),
        app.ask("POST", &cancel, Some(&token), &[], None),
    );
    assert_eq!((cancelled.status.as_u16(), &cancelled.json()["status"]), (200, &json!("cancelled")));
    assert_eq!(waited.json()["status"], "cancelled");
    assert!(waited.headers.get("retry-after").is_none());
    assert!(streamed.text.starts_with("retry: 2000\n\n"), "{}", streamed.text);
    assert!(streamed.text.contains("id: 1\nevent: job.queued\ndata: {"), "{}", streamed.text);
    assert!(streamed.text.contains("id: 2\nevent: job.cancelled\n"), "{}", streamed.text);
    let rest = app.ask("GET", job["links"]["events"].as_str().unwrap(), Some(&token), &[("last-event-id", "1")], None).await;
    assert!(!rest.text.contains("id: 1\n") && rest.text.contains("id: 2\n"), "{}", rest.text);
    let again = app.ask("POST", &cancel, Some(&token), &[], None).await;
    assert_eq!((again.status.as_u16(), again.code().as_str()), (409, "job.already_ended"));
    assert_eq!(app.ask("POST", &format!("{path}/retry"), Some(&token), &[], None).await.status, 202);
}

#[tokio::test]
async fn a_login_answers_a_token_and_unknown_and_wrong_alike() {
    let app = App::start().await;
    let password_hash = app.api.passwords.hash("correct horse").await.unwrap();
    let user = NewUser { id: app.clock.new_id(), email: "qa@b.c".into(), name: "Q".into(), role: Role::Qa, password_hash };
    user::insert(app.api.db(), user, 0).await.unwrap();
    let login = |email: &str, password: &str| {
        app.ask("POST", "/api/v1/auth/login", None, &[], Some(json!({ "email": email, "password": password })))
    };
    let good = login(" QA@b.c", "correct horse").await;
    assert_eq!(
        (good.status.as_u16(), &good.json()["user"]["role"], &good.json()["expires_in"]),
        (200, &json!("qa"), &json!(900))
    );
    let me = app.get("/api/v1/auth/me", good.json()["access_token"].as_str().unwrap()).await.json();
    assert!(me["permissions"].as_array().unwrap().contains(&json!("publish_scenarios")) && me["email"] == "qa@b.c", "{me}");
    let (wrong, unknown) = (login("qa@b.c", "x").await, login("nobody@b.c", "x").await);
    let without_id = |answer: Answer| {
        answer
            .json()
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| *name != "request_id")
            .map(|(_, value)| value.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(wrong.status, 401);
    assert_eq!(without_id(wrong), without_id(unknown));
    app.clock.advance(Duration::from_secs(901));
    let late = app.get("/api/v1/auth/me", good.json()["access_token"].as_str().unwrap()).await;
    assert_eq!(late.code(), "auth.token_expired");
}

#[tokio::test]
async fn probes_and_documents_answer() {
    let app = App::start().await;
    for path in ["/healthz", "/readyz", "/metrics", "/api/openapi.json", "/docs/", "/docs/swagger-initializer.js"] {
        let answer = app.ask("GET", path, None, &[], None).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.headers["x-frame-options"], "DENY");
    }
    let front = app.ask("GET", "/", None, &[], None).await;
    assert_eq!((front.status.as_u16(), &front.headers["location"]), (307, &"/docs/".parse().unwrap()));
    app.api.drain.begin();
    let ready = app.ask("GET", "/readyz", None, &[], None).await;
    assert_eq!((ready.status.as_u16(), &ready.json()["reasons"]), (503, &json!(["shutting down"])));
    assert_eq!(app.ask("GET", "/api/v1/nothing", None, &[], None).await.code(), "request.not_found");
    assert_eq!(app.ask("DELETE", "/api/v1/jobs", None, &[], None).await.code(), "request.method_not_allowed");
}

#[tokio::test]
async fn a_server_that_ends_answers_its_long_polls_first() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let app = App::start().await;
    let token = app.account(Role::Qa).await;
    let job = app.post(PIPELINE, &token, json!({ "issue_key": "SHOP-1" })).await.json();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (drain, stop) = (app.api.drain.clone(), CancellationToken::new());
    let settings = api::ServeSettings { drain: Duration::from_millis(300), ..api::ServeSettings::default() };
    let server = tokio::spawn(api::serve(listener, app.router.clone(), settings, drain, stop.clone()));
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let path = job["links"]["self"].as_str().unwrap();
    let request = format!("GET {path}?wait=60s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stop.cancel();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\"status\":\"queued\""), "{answer}");
    server.await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
