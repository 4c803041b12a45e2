//! One completion.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State as With};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use super::batches::create_gemini;
use super::prompt::Prompt;
use super::wire::{Ending, Trouble, Wire};
use super::{criteria, obeys, scenarios, schema, stream};
use crate::control::journal::Note;
use crate::state::State;

const MODELS: &[&str] = &[
    "sandbox",
    "sandbox-slow-500",
    "sandbox-429",
    "sandbox-overloaded",
    "sandbox-no-credit",
    "sandbox-too-long",
    "sandbox-no-schema",
    "sandbox-truncated",
    "sandbox-short",
    "sandbox-refusal",
    "sandbox-invalid",
    "sandbox-fenced",
    "sandbox-invents",
    "sandbox-html",
    "sandbox-obeys",
    "sandbox-batch-slow-3",
    "sandbox-batch-wait-500",
    "sandbox-batch-mixed",
    "sandbox-batch-failed",
    "sandbox-batch-expired",
    "sandbox-batch-cancelled",
    "sandbox-batch-unknown",
    "sandbox-batch-cut",
    "sandbox-misrelates",
];

/// What `sandbox-short` needs for a whole reply.
const SHORT: u64 = 20_000;

pub(super) const NO_KEY: Trouble = Trouble {
    status: StatusCode::UNAUTHORIZED,
    kind: "invalid_request_error",
    code: Some("invalid_api_key"),
    message: "You didn't provide an API key.",
};

/// Every model the sandbox has.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODELS.iter().chain(stream::MODELS).copied()
}

/// `GET …/models`, as whoever has the key there is told.
pub(super) async fn models(headers: HeaderMap) -> Response {
    let models = names();
    if Wire::Gemini.has_key(&headers) {
        let models: Value = models.map(|id| json!({ "name": format!("models/{id}") })).collect();
        return Json(json!({ "models": models })).into_response();
    }
    if !Wire::Chat.has_key(&headers) && !Wire::Claude.has_key(&headers) {
        return Wire::Chat.error(NO_KEY);
    }
    let data: Value = models.map(|id| json!({"id": id, "object": "model", "created": 0, "owned_by": "sandbox"})).collect();
    Json(json!({"object": "list", "data": data})).into_response()
}

/// `POST …/chat/completions`.
pub(super) async fn chat(state: With<State>, headers: HeaderMap, body: Bytes) -> Response {
    complete(Wire::Chat, state, &headers, Called::default(), &body).await
}

/// `POST …/responses`.
pub(super) async fn responses(state: With<State>, headers: HeaderMap, body: Bytes) -> Response {
    complete(Wire::Responses, state, &headers, Called::default(), &body).await
}

/// `POST …/messages`.
pub(super) async fn claude(state: With<State>, headers: HeaderMap, body: Bytes) -> Response {
    complete(Wire::Claude, state, &headers, Called::default(), &body).await
}

/// `POST …/models/{model}:generateContent`, `…/models/{model}:streamGenerateContent?alt=sse`, and
/// `…/models/{model}:batchGenerateContent`.
pub(super) async fn gemini(
    state: With<State>,
    Path(call): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let called = match call.rsplit_once(':') {
        Some((model, "batchGenerateContent")) => return create_gemini(&state, model, &headers, &body),
        Some((model, "generateContent")) => Called { model: Some(model), streams: false },
        // The list of JSON that comes without `alt=sse` is nothing that anybody here would read.
        Some((model, "streamGenerateContent")) if query.as_deref() == Some("alt=sse") => {
            Called { model: Some(model), streams: true }
        }
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    complete(Wire::Gemini, state, &headers, called, &body).await
}

/// What the address of a call says.
#[derive(Clone, Copy, Default)]
struct Called<'a> {
    model: Option<&'a str>,
    streams: bool,
}

async fn complete(wire: Wire, With(state): With<State>, headers: &HeaderMap, called: Called<'_>, body: &[u8]) -> Response {
    let bad =
        |message| wire.error(Trouble { status: StatusCode::BAD_REQUEST, kind: "invalid_request_error", code: None, message });
    if !wire.has_key(headers) {
        return wire.error(NO_KEY);
    }
    let Ok(request) = serde_json::from_slice::<Value>(body) else {
        return bad("We could not parse the JSON body of your request.");
    };
    let Some(model) = called.model.or_else(|| request["model"].as_str()) else { return bad("'model' is required.") };
    if let Some(trouble) = wire.refuses(&request, headers) {
        return wire.error(trouble);
    }
    let asked = wire.as_chat(&request);
    let prompt = Prompt::read(&asked);
    state.llm().add(model, prompt.key.as_deref(), &prompt.call);
    if let Some(pause) = model.strip_prefix("sandbox-slow-").and_then(|millis| millis.parse().ok()) {
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    let streams = called.streams || request["stream"] == true;
    let tells_usage = request["stream_options"]["include_usage"] == true;
    let mut response = match respond(wire, model, &asked, &prompt) {
        Err(response) => *response,
        Ok(answer) if streams && !stream::answers_plainly(model) => stream::response(wire, model, &answer, tells_usage),
        Ok(answer) => Json(answer).into_response(),
    };
    response.headers_mut().insert(wire.id_header(), HeaderValue::from_static("req_sandbox"));
    response.extensions_mut().insert(Note { template: "/chat/completions".to_owned(), key: prompt.key, violation: None });
    response
}

/// The whole answer, or what is answered instead.
pub(super) fn respond(wire: Wire, model: &str, request: &Value, prompt: &Prompt) -> Result<Value, Box<Response>> {
    let wants_schema = request["response_format"]["type"] == "json_schema";
    if model == "sandbox-html" {
        let page = Html("<html><body><h1>502 Bad Gateway</h1></body></html>");
        return Err(Box::new((StatusCode::BAD_GATEWAY, page).into_response()));
    }
    if let Some(trouble) = trouble(model).filter(|_| model != "sandbox-no-schema" || wants_schema) {
        let mut response = wire.error(trouble);
        if model == "sandbox-429" {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        return Err(Box::new(response));
    }
    let content = content(model, prompt);
    let limit = request["max_tokens"].as_u64().or_else(|| request["max_completion_tokens"].as_u64()).unwrap_or(u64::MAX);
    let ending = match model {
        "sandbox-refusal" => Ending::Refused,
        "sandbox-truncated" => Ending::Cut,
        // Whoever allows more gets all of it.
        "sandbox-short" if limit <= SHORT => Ending::Cut,
        _ => Ending::Done,
    };
    let said: String = match ending {
        Ending::Cut => content.chars().take(content.chars().count() / 2).collect(),
        Ending::Done | Ending::Refused => content,
    };
    Ok(wire.answer(model, &request["messages"].to_string(), &said, ending))
}

/// What goes wrong with a model of this name.
fn trouble(model: &str) -> Option<Trouble> {
    let (status, kind, code, message) = match model {
        "sandbox-429" => (429, "requests", "rate_limit_exceeded", "Rate limit reached for requests."),
        "sandbox-overloaded" => (503, "service_unavailable_error", "server_is_overloaded", "Overloaded."),
        "sandbox-no-credit" => (429, "insufficient_quota", "credit_balance_exhausted", "Your credit balance is exhausted."),
        "sandbox-too-long" => {
            (400, "invalid_request_error", "context_length_exceeded", "This model's maximum context length is 10 tokens.")
        }
        "sandbox-no-schema" => (400, "invalid_request_error", "invalid_json_schema", "Invalid schema for response_format."),
        _ => return None,
    };
    Some(Trouble { status: StatusCode::from_u16(status).ok()?, kind, code: Some(code), message })
}

fn content(model: &str, prompt: &Prompt) -> String {
    let mut answer = match prompt.call.as_str() {
        "criteria" => criteria::answer(prompt, model == "sandbox-invents"),
        "scenarios" => scenarios::answer(prompt),
        _ => json!({}),
    };
    if let Some(wanted) = &prompt.schema {
        answer = schema::conform(&answer, wanted, wanted, 0);
    }
    if model == "sandbox-obeys" {
        obeys::spoil(&mut answer, prompt);
    }
    if model == "sandbox-misrelates" {
        scenarios::misrelate(&mut answer);
    }
    match model {
        "sandbox-invalid" => json!({"answer": "This is not what was asked for."}).to_string(),
        "sandbox-fenced" => format!("Here you are:\n```json\n{answer:#}\n```\n"),
        _ => answer.to_string(),
    }
}
