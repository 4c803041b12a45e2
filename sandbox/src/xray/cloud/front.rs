//! Before each operation: is the token good, and are there requests left.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{MatchedPath, Request, State as With};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::control::journal::Note;
use crate::state::State;

/// A token lives for a day.
const TOKEN_MS: i64 = 24 * 3600 * 1000;

/// `POST /authenticate`: the answer is a JSON string, quotes and all.
pub(super) async fn authenticate(With(state): With<State>, body: Bytes) -> Response {
    let mut response = match serde_json::from_slice::<Value>(&body) {
        Ok(body) if body["client_id"].is_string() && body["client_secret"].is_string() => {
            let (id, secret) = &state.options().xray_key;
            if body["client_id"] == id.as_str() && body["client_secret"] == secret.as_str() {
                Json(state.xray().token(TOKEN_MS)).into_response()
            } else {
                refusal(StatusCode::UNAUTHORIZED, "Invalid client credentials.")
            }
        }
        _ => refusal(StatusCode::BAD_REQUEST, "Wrong request: client_id and client_secret are required."),
    };
    response.extensions_mut().insert(Note { template: "/xray/api/v2/authenticate".to_owned(), ..Note::default() });
    response
}

/// Authenticates, counts and carries out.
pub(super) async fn guard(With(state): With<State>, path: MatchedPath, request: Request, next: Next) -> Response {
    let template = path.as_str().to_owned();
    let token = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let is_known = token.and_then(|value| value.strip_prefix("Bearer ")).is_some_and(|token| state.xray().accepts(token));
    let mut response = if is_known { limited(&state, request, next).await } else { refusal(StatusCode::UNAUTHORIZED, EXPIRED) };
    if response.extensions().get::<Note>().is_none() {
        response.extensions_mut().insert(Note { template, ..Note::default() });
    }
    response
}

const EXPIRED: &str = "Invalid or expired token.";

/// The names of the headers of a quota are not documented; `Retry-After` is what clients live by.
async fn limited(state: &State, request: Request, next: Next) -> Response {
    let most = state.options().xray_requests;
    let admitted = state.xray().admit(most);
    let (mut response, left) = match admitted {
        Ok(left) => (next.run(request).await, left),
        Err(wait) => {
            let mut response = refusal(StatusCode::TOO_MANY_REQUESTS, "Too many requests in this time frame.");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
            (response, 0)
        }
    };
    response.headers_mut().insert("x-ratelimit-limit", HeaderValue::from(most));
    response.headers_mut().insert("x-ratelimit-remaining", HeaderValue::from(left));
    response
}

/// An error of the REST part.
pub(super) fn refusal(status: StatusCode, message: impl Into<String>) -> Response {
    (status, Json(json!({"error": message.into()}))).into_response()
}
