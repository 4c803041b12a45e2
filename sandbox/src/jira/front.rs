//! Before each operation: who asks, and does the body keep to the official documents.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, MatchedPath, Request, State as With};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::control::journal::Note;
use crate::site::people::account_id;
use crate::site::problem::{Answer, Problem};
use crate::state::State;

/// The person who asks.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) email: String,
}

pub(super) enum Caller {
    Known(Account),
    Anonymous,
    Refused,
}

/// Authenticates, validates, carries out and notes.
pub(super) async fn guard(With(state): With<State>, path: MatchedPath, mut request: Request, next: Next) -> Response {
    let template = path.as_str().to_owned();
    let method = request.method().clone();
    let mut note = Note { template: template.clone(), ..Note::default() };
    let mut response = match caller(request.headers(), &state.options().token) {
        Caller::Refused => refused(),
        Caller::Anonymous if !template.ends_with("/serverInfo") => anonymous(&method, &template),
        Caller::Anonymous => next.run(request).await,
        Caller::Known(account) => {
            note.violation = violation(&state, &method, &template, request.extensions().get::<Bytes>());
            let id = account_id(&account.name);
            request.extensions_mut().insert(account);
            let mut response = match &note.violation {
                Some(text) if text.starts_with("ADF") => Problem::invalid_input().into_response(),
                Some(text) => Problem::bad(format!("Invalid request payload: {text}")).into_response(),
                None => next.run(request).await,
            };
            if let Ok(id) = HeaderValue::from_str(&id) {
                response.headers_mut().insert("x-aaccountid", id);
            }
            response
        }
    };
    response.extensions_mut().insert(note);
    response
}

/// The person behind credentials, for what else runs on the site's own address.
pub(crate) fn account_of(headers: &HeaderMap, token: &str) -> Option<Account> {
    match caller(headers, token) {
        Caller::Known(account) => Some(account),
        Caller::Anonymous | Caller::Refused => None,
    }
}

pub(super) fn caller(headers: &HeaderMap, token: &str) -> Caller {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Caller::Anonymous };
    let Ok(value) = value.to_str() else { return Caller::Refused };
    if value.strip_prefix("Bearer ").is_some_and(|given| given == token) {
        return Caller::Known(account("service"));
    }
    let decoded = value
        .strip_prefix("Basic ")
        .and_then(|value| STANDARD.decode(value).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    match decoded.as_deref().and_then(|pair| pair.split_once(':')) {
        Some((email, given)) if given == token && !email.is_empty() => Caller::Known(account(email)),
        _ => Caller::Refused,
    }
}

fn account(email: &str) -> Account {
    let name = email.split('@').next().unwrap_or(email);
    Account { name: name.to_owned(), email: email.to_owned() }
}

fn refused() -> Response {
    let mut response =
        Problem::new(StatusCode::UNAUTHORIZED, "Client must be authenticated to access this resource.").into_response();
    response.headers_mut().insert("x-seraph-loginreason", HeaderValue::from_static("AUTHENTICATED_FAILED"));
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("OAuth realm=\"sandbox\""));
    response
}

/// Without credentials much of Jira is not an error, but empty.
fn anonymous(method: &Method, template: &str) -> Response {
    match template.trim_start_matches("/rest/api/3/") {
        "search/jql" => Json(json!({"issues": [], "isLast": true})).into_response(),
        "search/approximate-count" => Json(json!({"count": 0})).into_response(),
        "field" | "issuetype" | "priority" | "status" => Json(json!([])).into_response(),
        "issueLinkType" => Json(json!({"issueLinkTypes": []})).into_response(),
        rest if rest.starts_with("issue/") || rest.starts_with("comment/") => Problem::no_issue().into_response(),
        rest if rest.starts_with("project/") && method == Method::GET => {
            Problem::missing("No project could be found.").into_response()
        }
        _ => refused(),
    }
}

fn violation(state: &State, method: &Method, template: &str, body: Option<&Bytes>) -> Option<String> {
    let contract = state.contract()?;
    let body = body.filter(|body| !body.is_empty())?;
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Some("the body is not JSON".to_owned()) };
    let shape = contract.body(method.as_str(), template, &body).map(|error| format!("{method} {template}: {error}"));
    if shape.is_some() || template.contains("/properties") {
        return shape;
    }
    documents(&body).into_iter().find_map(|document| contract.adf(document)).map(|error| format!("ADF: {error}"))
}

/// Every document in a body, outside of properties.
fn documents(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(object) if object.get("type").is_some_and(|kind| kind == "doc") => vec![value],
        Value::Object(object) => {
            object.iter().filter(|(key, _)| *key != "properties").flat_map(|(_, value)| documents(value)).collect()
        }
        Value::Array(values) => values.iter().flat_map(documents).collect(),
        _ => Vec::new(),
    }
}

impl<S: Sync> FromRequestParts<S> for Account {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        let known = parts.extensions.get::<Self>().cloned();
        known.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "Client must be authenticated to access this resource."))
    }
}

/// A body as JSON, or Jira's complaint.
pub(super) fn json_of(body: &Bytes) -> Answer<Value> {
    serde_json::from_slice(body)
        .map_err(|_| Problem::bad("There was an error parsing JSON. Check that your request body is valid."))
}
