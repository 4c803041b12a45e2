//! A request on its way.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::http::request::Builder;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::answer::Answer;
use super::{Account, HttpApp};

/// The id every request of tests has, so that answers can be compared.
pub(super) const REQUEST_ID: &str = "test-1";

/// A test that waits longer than this has failed.
const PATIENCE: Duration = Duration::from_secs(90);

/// Await it to send it.
#[must_use]
#[derive(Debug)]
pub struct Ask<'a> {
    app: &'a HttpApp,
    what: String,
    request: Builder,
    body: Vec<u8>,
    given: Option<Value>,
}

impl<'a> Ask<'a> {
    pub(super) fn new(app: &'a HttpApp, method: &str, path: &str) -> Self {
        let is_whole = ["/api/", "/healthz", "/readyz", "/metrics", "/docs"].iter().any(|start| path.starts_with(start));
        let path = if is_whole { path.to_owned() } else { format!("/api/v1{path}") };
        let request = Request::builder().method(method).uri(&path).header("x-request-id", REQUEST_ID);
        Self { app, what: format!("{method} {path}"), request, body: Vec::new(), given: None }
    }

    /// With the token of an account.
    pub fn by(self, account: &Account) -> Self {
        self.bearer(&account.token)
    }

    /// With a token or an API key.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Over a connection from an address.
    pub fn from(mut self, address: &str) -> Self {
        let peer = SocketAddr::new(address.parse().expect("an address"), 4711);
        self.request = self.request.extension(ConnectInfo(peer));
        self
    }

    /// With a JSON body.
    pub fn json(mut self, body: Value) -> Self {
        self = self.body("application/json", body.to_string());
        self.given = Some(body);
        self
    }

    /// With any body.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    async fn send(self) -> Answer {
        let Self { app, what, request, body, given } = self;
        let request = request.body(Body::from(body)).expect("a request");
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let answering = async {
            let response = app.router.clone().oneshot(request).await.expect("an answer");
            let (parts, body) = response.into_parts();
            (parts, body.collect().await.expect("a body").to_bytes())
        };
        let (parts, bytes) = tokio::time::timeout(PATIENCE, answering).await.unwrap_or_else(|_| panic!("{what} never ends"));
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, text };
        answer.is_proper(&what);
        app.document.describes(&method, &path, given.as_ref(), &answer);
        answer
    }
}

impl<'a> IntoFuture for Ask<'a> {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
