//! What every request passes, from outside in: its id, its origin, its metrics, a net for panics, problems in words, and
//! the headers that tell browsers what not to do.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use shared::adapters::webhook::Network;
use shared::ports::Clock;
use shared::telemetry::Metrics;
use tracing::Instrument;

use crate::origin::Origin;
use crate::problem::{Problem, codes};
use crate::screen;

/// The header that carries a request's id in both directions.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const API_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The documentation page styles itself from its script; it may load nothing from elsewhere.
const DOCS_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// A page that once was reached by HTTPS is asked for by HTTPS alone, for a year.
const HTTPS_ALONE: HeaderValue = HeaderValue::from_static("max-age=31536000");

const NO_DEVICES: HeaderValue = HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// What the front works with.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
    /// Proxies whose word about a client counts.
    pub(crate) trusted: Arc<[Network]>,
}

/// The id of a request: the client's, when it is one, or a new one.
#[derive(Debug, Clone)]
pub struct RequestId(pub Arc<str>);

/// The front as a layer (`axum::middleware::from_fn_with_state`).
pub(crate) async fn front(State(front): State<Front>, mut request: Request, next: Next) -> Response {
    let began = front.clock.monotonic();
    let id = request_id(request.headers()).unwrap_or_else(|| front.clock.new_id().to_string().into());
    request.extensions_mut().insert(RequestId(Arc::clone(&id)));
    let origin = Origin::of(&request, &front.trusted);
    request.extensions_mut().insert(origin);
    let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let refused = screen::refusal(&request);
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = method(request.method());
    let is_docs = request.uri().path().starts_with("/docs");
    let span = tracing::debug_span!("http", request_id = %id, method, route = route.as_ref().map_or("", MatchedPath::as_str));

    let answering = async {
        match refused {
            Some(problem) => problem.into_response(),
            None => next.run(request).await,
        }
    };
    let answered = AssertUnwindSafe(answering.instrument(span)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|panic| Problem::internal(words(panic.as_ref())).into_response());
    in_words(&mut response, &id);
    dress(response.headers_mut(), &id, is_docs);
    if origin.is_secure {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HTTPS_ALONE);
    }
    if is_chunked {
        // Whatever a proxy took for the next request ends with this connection, so nothing is smuggled.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }

    let took = front.clock.monotonic().saturating_duration_since(began);
    front.metrics.http(
        method,
        route.as_ref().map_or("unmatched", MatchedPath::as_str),
        response.status().as_u16(),
        took.as_secs_f64(),
    );
    response
}

/// Writes the body of a problem, and finds words for refusals that came from the router itself.
fn in_words(response: &mut Response, id: &str) {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if response.headers().contains_key(CONTENT_TYPE) => return,
        None => match response.status() {
            StatusCode::NOT_FOUND => {
                Problem::new(codes::NOT_FOUND, "There is nothing at this address; /docs shows what there is.")
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                Problem::new(codes::METHOD, "The address exists, but not for this method; the Allow header names those it has.")
            }
            _ => return,
        },
    };
    if let Some(cause) = problem.cause() {
        if problem.code().status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(request_id = %id, code = problem.code().code, cause, "a request failed");
        } else {
            tracing::warn!(request_id = %id, code = problem.code().code, cause, "a request was turned away");
        }
    }
    *response.body_mut() = problem.to_json(id).into();
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
}

fn dress(headers: &mut HeaderMap, id: &str, is_docs: bool) {
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(X_REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("permissions-policy", NO_DEVICES);
    headers.insert("cross-origin-opener-policy", SAME_ORIGIN);
    headers.insert("cross-origin-resource-policy", SAME_ORIGIN);
    headers.insert(CONTENT_SECURITY_POLICY, if is_docs { DOCS_POLICY } else { API_POLICY });
    if !is_docs {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}

fn request_id(headers: &HeaderMap) -> Option<Arc<str>> {
    let given = headers.get(X_REQUEST_ID)?.to_str().ok()?;
    let is_id = (1..=128).contains(&given.len())
        && given.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'));
    is_id.then(|| given.into())
}

/// Only methods that the metrics know: a client cannot make up label values.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", said.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::get;
    use http_body_util::BodyExt;
    use shared::ports::TestClock;
    use tower::ServiceExt;

    use super::*;

    async fn ask(path: &str, method: &str, id: Option<&str>) -> (Response, serde_json::Value) {
        let front = Front { clock: Arc::new(TestClock::at(0)), metrics: Arc::new(Metrics::default()), trusted: [].into() };
        let app = Router::new()
            .route(
                "/panic",
                get(|| async {
                    if true {
                        panic!("secret")
                    }
                }),
            )
            .route("/no", get(|| async { Problem::no_such_job() }))
            .layer(axum::middleware::from_fn_with_state(front, super::front));
        let mut request = Request::builder().uri(path).method(method);
        if let Some(id) = id {
            request = request.header("x-request-id", id);
        }
        let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (Response::from_parts(parts, Body::empty()), serde_json::from_slice(&bytes).unwrap())
    }

    #[tokio::test]
    async fn a_panic_becomes_a_problem_that_tells_nothing() {
        let (response, body) = ask("/panic", "GET", Some("req-7")).await;
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["x-request-id"], "req-7");
        assert_eq!((body["code"].as_str(), body["request_id"].as_str()), (Some("server.internal"), Some("req-7")));
        assert!(!body.to_string().contains("secret"));
    }

    #[tokio::test]
    async fn unknown_addresses_and_methods_are_problems_too() {
        let (response, body) = ask("/nowhere", "GET", None).await;
        assert_eq!((response.status().as_u16(), body["code"].as_str()), (404, Some("request.not_found")));
        let (response, body) = ask("/no", "DELETE", None).await;
        assert_eq!((response.status().as_u16(), body["code"].as_str()), (405, Some("request.method_not_allowed")));
        assert_eq!(response.headers()["allow"], "GET,HEAD");
    }

    #[tokio::test]
    async fn an_id_that_could_break_a_log_is_replaced() {
        let (response, body) = ask("/no", "GET", Some("a b")).await;
        assert_ne!(response.headers()["x-request-id"], "a b");
        assert_eq!(body["request_id"], response.headers()["x-request-id"].to_str().unwrap());
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
}
