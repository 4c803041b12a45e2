//! Serving: one listener, faults in front of the router, connections that can really be cut.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::clock;
use crate::contract::Contract;
use crate::control::faults::{Action, Cut};
use crate::control::journal::{JournalEntry, Loss, Note};
use crate::options::{Deployment, Options};
use crate::state::State;
use crate::{control, jira, llm, xray, zephyr};

const LARGEST_BODY: usize = 16 << 20;

/// A running sandbox; it stops when it is dropped.
pub struct Sandbox {
    addr: SocketAddr,
    state: State,
    tasks: TaskTracker,
    stop: CancellationToken,
    _guard: DropGuard,
}

impl Sandbox {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its base URL, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The path that Jira stands below in a data centre; empty = none.
    #[must_use]
    pub fn context(&self) -> &str {
        &self.state.options().context
    }

    /// Which Jira it is.
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        self.state.options().deployment
    }

    /// The handle to look inside.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Stops serving and cuts what is open.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Starts a sandbox.
///
/// # Errors
/// When the address is taken, or the official documents cannot be read.
pub async fn bind(addr: SocketAddr, options: Options) -> io::Result<Sandbox> {
    let contract = options.validate.as_deref().map(Contract::read).transpose()?;
    let listener = TcpListener::bind(addr).await?;
    let addr = listener.local_addr()?;
    let base = format!("http://{addr}{}", options.context);
    let state = State::new(options, contract, base);
    let router = control::routes::router()
        .merge(jira::router(&state))
        .merge(xray::router(&state))
        .merge(zephyr::router(&state))
        .merge(llm::router())
        .with_state(state.clone());
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let front = Front { router, state: state.clone(), tasks: tasks.clone(), stop: stop.clone() };
    tasks.spawn(accept(listener, front));
    Ok(Sandbox { addr, state, tasks, _guard: stop.clone().drop_guard(), stop })
}

/// The service error that makes the connection be cut.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut on purpose")]
struct CutOff;

/// What stands before the router.
#[derive(Clone)]
struct Front {
    router: Router,
    state: State,
    tasks: TaskTracker,
    stop: CancellationToken,
}

async fn accept(listener: TcpListener, front: Front) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = front.stop.cancelled() => return,
        };
        match accepted {
            Ok((stream, _)) => {
                front.tasks.spawn(serve(stream, front.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "sandbox: a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, front: Front) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "sandbox: no TCP_NODELAY");
    }
    let stop = front.stop.clone();
    let service = service_fn(move |request| {
        let front = front.clone();
        async move { front.answer(request).await }
    });
    let mut builder = http1::Builder::new();
    let connection = builder.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        _ = connection => {}
        () = stop.cancelled() => {}
    }
}

impl Front {
    async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, CutOff> {
        let path = request.uri().path();
        let remote_control = path == "/" || path.starts_with("/browse/") || (path.starts_with("/_") && !is_watched(&request));
        let (parts, body) = request.into_parts();
        let Ok(body) = http_body_util::Limited::new(body, LARGEST_BODY).collect().await else {
            return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
        };
        let body = body.to_bytes();
        if remote_control {
            return Ok(self.route(Request::from_parts(parts, Body::from(body))).await);
        }
        let (method, path) = (parts.method.as_str().to_owned(), parts.uri.path().to_owned());
        let n = self.state.records().open(entry(&method, &path, parts.uri.query()), body.clone());
        let action = self.state.faults().take(&method, &path, &body);
        let mut request = Request::from_parts(parts, Body::from(body.clone()));
        request.extensions_mut().insert(body);
        let latency = self.state.faults().latency();
        if latency > 0 {
            tokio::time::sleep(Duration::from_millis(latency)).await;
        }
        self.act(n, &method, action, request).await
    }

    async fn act(self, n: u64, method: &str, action: Option<Action>, request: Request<Body>) -> Result<Response<Body>, CutOff> {
        match action {
            None => Ok(self.carry_out(n, method, request).await),
            Some(Action::Delay { delay_ms }) => {
                tokio::time::sleep(Duration::from_millis(delay_ms)).await;
                Ok(self.carry_out(n, method, request).await)
            }
            Some(Action::Answer { status, headers, body, html }) => {
                let response = ordered(status, &headers, body, html);
                self.close(n, method, Some(response.status().as_u16()), Note::default());
                Ok(response)
            }
            Some(Action::Drop { drop: Cut::Before }) => {
                self.state.records().lose(n, Loss::Before);
                self.close(n, method, None, Note::default());
                Err(CutOff)
            }
            Some(Action::Drop { drop: Cut::After }) => {
                self.state.records().lose(n, Loss::After);
                self.carry_out(n, method, request).await;
                Err(CutOff)
            }
            Some(Action::DropThenApply { drop_then_apply_ms }) => {
                self.state.records().lose(n, Loss::Later);
                let (later, method) = (self.clone(), method.to_owned());
                self.tasks.spawn(async move {
                    tokio::select! {
                        () = tokio::time::sleep(Duration::from_millis(drop_then_apply_ms)) => {
                            later.carry_out(n, &method, request).await;
                        }
                        () = later.stop.cancelled() => {}
                    }
                });
                Err(CutOff)
            }
            Some(Action::Truncate { truncate_body }) => {
                let response = self.carry_out(n, method, request).await;
                if !truncate_body {
                    return Ok(response);
                }
                self.state.records().lose(n, Loss::Truncated);
                truncated(response).await.ok_or(CutOff)
            }
        }
    }

    async fn carry_out(&self, n: u64, method: &str, request: Request<Body>) -> Response<Body> {
        let mut response = self.route(request).await;
        let note = response.extensions_mut().remove::<Note>().unwrap_or_default();
        self.close(n, method, Some(response.status().as_u16()), note);
        response
    }

    async fn route(&self, request: Request<Body>) -> Response<Body> {
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    fn close(&self, n: u64, method: &str, status: Option<u16>, note: Note) {
        self.state.records().close(n, method, status, note);
        self.state.changed();
    }
}

/// Whether a `/_…` request is part of the double, not of its remote control.
fn is_watched(request: &Request<Incoming>) -> bool {
    let path = request.uri().path();
    path.starts_with("/_edge/") || (path.starts_with("/_hooks/") && request.method() == "POST")
}

fn entry(method: &str, path: &str, query: Option<&str>) -> JournalEntry {
    JournalEntry {
        n: 0,
        at_ms: clock::now(),
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.unwrap_or_default().to_owned(),
        status: None,
        key: path.split('/').find(|part| crate::loader::split_key(part).is_some()).map(str::to_owned),
        body: Value::Null,
        violation: None,
        dropped: None,
    }
}

fn ordered(
    status: u16,
    headers: &std::collections::BTreeMap<String, String>,
    body: Option<Value>,
    html: Option<String>,
) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match (html, body) {
        (Some(html), _) => (status, axum::response::Html(html)).into_response(),
        (None, Some(body)) => (status, axum::Json(body)).into_response(),
        (None, None) => status.into_response(),
    };
    for (name, value) in headers {
        let name = header::HeaderName::try_from(name.as_str());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// The first half of an answer, announced in full.
async fn truncated(response: Response<Body>) -> Option<Response<Body>> {
    let (mut parts, body) = response.into_parts();
    let whole = body.collect().await.ok()?.to_bytes();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
    let half: Result<Bytes, io::Error> = Ok(whole.slice(..whole.len() / 2));
    let end = Err(io::Error::other("the body is cut on purpose"));
    Some(Response::from_parts(parts, Body::from_stream(futures::stream::iter([half, end]))))
}
