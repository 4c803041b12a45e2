//! Before each operation: who asks, and after it what is different from Cloud.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{MatchedPath, Request, State as With};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use super::super::front::{Caller, caller};
use crate::control::journal::Note;
use crate::site::problem::Problem;
use crate::state::State;

/// Wrong passwords after which an account must solve a captcha.
const PATIENCE: u32 = 3;

/// Authenticates, validates, carries out, translates and notes.
pub(super) async fn guard(With(state): With<State>, path: MatchedPath, mut request: Request, next: Next) -> Response {
    let template = path.as_str().trim_start_matches(state.options().context.as_str()).to_owned();
    let method = request.method().clone();
    let mut note = Note { template: template.clone(), ..Note::default() };
    let caller = caller(request.headers(), &state.options().token);
    let uses_password = request.headers().get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"Basic "));
    let mut response = match caller {
        _ if uses_password && state.failed_logins() >= PATIENCE => captcha(&state),
        Caller::Refused => {
            state.fail_login(uses_password);
            refused()
        }
        Caller::Anonymous if template == "/rest/api/2/serverInfo" => next.run(request).await,
        Caller::Anonymous => refused(),
        Caller::Known(account) => {
            state.forgive_logins();
            note.violation = violation(&state, method.as_str(), &template, request.extensions().get::<Bytes>());
            request.extensions_mut().insert(account);
            match &note.violation {
                Some(text) => Problem::bad(format!("Invalid request payload: {text}")).into_response(),
                None => next.run(request).await,
            }
        }
    };
    response = translated(response).await;
    response.extensions_mut().insert(note);
    response
}

/// A web page, as Tomcat writes it.
fn refused() -> Response {
    let page = Html("<html><head><title>Unauthorized (401)</title></head><body>Login required</body></html>");
    let mut response = (StatusCode::UNAUTHORIZED, page).into_response();
    response.headers_mut().insert("x-seraph-loginreason", HeaderValue::from_static("AUTHENTICATED_FAILED"));
    response
}

fn captcha(state: &State) -> Response {
    let mut response = (StatusCode::FORBIDDEN, Html("<html><title>Forbidden (403)</title></html>")).into_response();
    let reason = format!("CAPTCHA_CHALLENGE; login-url={}/login.jsp", state.site().base);
    response.headers_mut().insert("x-seraph-loginreason", HeaderValue::from_static("AUTHENTICATION_DENIED"));
    if let Ok(reason) = HeaderValue::from_str(&reason) {
        response.headers_mut().insert("x-authentication-denied-reason", reason);
    }
    response
}

/// There is no official document for it here; what both versions have in common is checked by that of the newer one.
fn violation(state: &State, method: &str, template: &str, body: Option<&Bytes>) -> Option<String> {
    let contract = state.contract()?;
    let body = body.filter(|body| !body.is_empty())?;
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Some("the body is not JSON".to_owned()) };
    let newer = template.replace("/rest/api/2/", "/rest/api/3/");
    if holds_document(&body) {
        return Some(format!("{method} {template}: a document where wiki markup belongs"));
    }
    if newer.ends_with("/search") {
        return None;
    }
    contract.body(method, &newer, &body).map(|error| format!("{method} {template}: {error}"))
}

fn holds_document(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.get("type").is_some_and(|kind| kind == "doc") || object.values().any(holds_document),
        Value::Array(values) => values.iter().any(holds_document),
        _ => false,
    }
}

/// Other addresses, and people by name.
async fn translated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let Ok(mut answer) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    translate(&mut answer);
    let bytes = answer.to_string();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    Response::from_parts(parts, Body::from(bytes))
}

fn translate(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.remove("accountId").is_some() {
                object.remove("accountType");
                let name = object.get("displayName").and_then(Value::as_str).unwrap_or_default().to_lowercase().replace(' ', ".");
                object.insert("name".to_owned(), json!(name));
                object.insert("key".to_owned(), json!(format!("JIRAUSER-{name}")));
            }
            object.remove("hierarchyLevel");
            object.remove("jsdPublic");
            if object.contains_key("updateAuthor") {
                // A comment does not tell its properties; they are asked for one by one.
                object.remove("properties");
            }
            if let Some(Value::String(address)) = object.get_mut("self") {
                *address = address.replace("/rest/api/3/", "/rest/api/2/");
            }
            object.values_mut().for_each(translate);
        }
        Value::Array(values) => values.iter_mut().for_each(translate),
        _ => {}
    }
}
