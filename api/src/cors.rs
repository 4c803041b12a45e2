//! Which web pages may call the API from a browser: those that are listed, else none. Tokens travel in a header that
//! scripts set themselves, so cookies are never allowed along.

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::CorsLayer;

use crate::front::X_REQUEST_ID;
use crate::limits::RATE_LIMIT;

/// How long a browser may remember what is allowed.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// `None` when no page may.
pub(crate) fn layer(origins: &[String]) -> Option<CorsLayer> {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    let sent = ["idempotency-key", "last-event-id"].map(HeaderName::from_static);
    let read = ["idempotency-replayed"].map(HeaderName::from_static);
    let allowed = [AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, X_REQUEST_ID].into_iter().chain(sent);
    let exposed = [ETAG, LOCATION, RETRY_AFTER, X_REQUEST_ID].into_iter().chain(RATE_LIMIT).chain(read);
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers(allowed.collect::<Vec<_>>())
            .expose_headers(exposed.collect::<Vec<_>>())
            .max_age(REMEMBERED)
    })
}
