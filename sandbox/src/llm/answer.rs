//! One completion.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as With;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use super::prompt::Prompt;
use super::{criteria, scenarios, schema};
use crate::clock::now;
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
];

/// What `sandbox-short` needs for a whole reply.
const SHORT: u64 = 20_000;

/// `GET …/models`.
pub(super) async fn models(headers: HeaderMap) -> Response {
    if !is_known(&headers) {
        return unauthorised();
    }
    let data: Value = MODELS.iter().map(|id| json!({"id": id, "object": "model", "created": 0, "owned_by": "sandbox"})).collect();
    Json(json!({"object": "list", "data": data})).into_response()
}

/// `POST …/chat/completions`.
pub(super) async fn complete(With(state): With<State>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_known(&headers) {
        return unauthorised();
    }
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return error(
            StatusCode::BAD_REQUEST,
            "invalid_request_error",
            None,
            "We could not parse the JSON body of your request.",
        );
    };
    let (Some(model), Some(_)) = (request["model"].as_str(), request["messages"].as_array()) else {
        return error(StatusCode::BAD_REQUEST, "invalid_request_error", None, "'model' and 'messages' are required.");
    };
    if request["stream"] == true {
        return error(
            StatusCode::BAD_REQUEST,
            "invalid_request_error",
            Some("unsupported_value"),
            "'stream' is not supported here.",
        );
    }
    let prompt = Prompt::read(&request);
    state.llm().add(model, prompt.key.as_deref(), &prompt.call);
    if let Some(pause) = model.strip_prefix("sandbox-slow-").and_then(|millis| millis.parse().ok()) {
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    let mut response = respond(model, &request, &prompt);
    response.headers_mut().insert("x-request-id", HeaderValue::from_static("req_sandbox"));
    response.extensions_mut().insert(Note { template: "/chat/completions".to_owned(), key: prompt.key, violation: None });
    response
}

fn respond(model: &str, request: &Value, prompt: &Prompt) -> Response {
    match model {
        "sandbox-429" => {
            let mut response =
                error(StatusCode::TOO_MANY_REQUESTS, "requests", Some("rate_limit_exceeded"), "Rate limit reached for requests.");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            return response;
        }
        "sandbox-overloaded" => {
            return error(
                StatusCode::SERVICE_UNAVAILABLE,
                "service_unavailable_error",
                Some("server_is_overloaded"),
                "Overloaded.",
            );
        }
        "sandbox-no-credit" => {
            let code = Some("credit_balance_exhausted");
            return error(StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", code, "Your credit balance is exhausted.");
        }
        "sandbox-too-long" => {
            let words = "This model's maximum context length is 10 tokens.";
            return error(StatusCode::BAD_REQUEST, "invalid_request_error", Some("context_length_exceeded"), words);
        }
        "sandbox-no-schema" if request["response_format"]["type"] == "json_schema" => {
            let words = "Invalid schema for response_format.";
            return error(StatusCode::BAD_REQUEST, "invalid_request_error", Some("invalid_json_schema"), words);
        }
        "sandbox-html" => {
            return (StatusCode::BAD_GATEWAY, Html("<html><body><h1>502 Bad Gateway</h1></body></html>")).into_response();
        }
        _ => {}
    }
    let content = content(model, prompt);
    let (message, finish) = match model {
        "sandbox-refusal" => {
            (json!({"role": "assistant", "content": null, "refusal": "I'm sorry, I can't help with that."}), "stop")
        }
        // Whoever allows more gets all of it.
        "sandbox-short" if limit(request) > SHORT => (json!({"role": "assistant", "content": content, "refusal": null}), "stop"),
        "sandbox-truncated" | "sandbox-short" => {
            let half: String = content.chars().take(content.chars().count() / 2).collect();
            (json!({"role": "assistant", "content": half, "refusal": null}), "length")
        }
        _ => (json!({"role": "assistant", "content": content, "refusal": null}), "stop"),
    };
    Json(completion(model, request, &message, finish)).into_response()
}

fn limit(request: &Value) -> u64 {
    request["max_tokens"].as_u64().or_else(|| request["max_completion_tokens"].as_u64()).unwrap_or(u64::MAX)
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
    match model {
        "sandbox-invalid" => json!({"answer": "This is not what was asked for."}).to_string(),
        "sandbox-fenced" => format!("Here you are:\n```json\n{answer:#}\n```\n"),
        _ => answer.to_string(),
    }
}

fn completion(model: &str, request: &Value, message: &Value, finish: &str) -> Value {
    let tokens = |text: &str| text.len().div_ceil(4).max(1);
    let asked = tokens(&request["messages"].to_string());
    let said = tokens(message["content"].as_str().or_else(|| message["refusal"].as_str()).unwrap_or_default());
    let created = now();
    json!({
        "id": format!("chatcmpl-sandbox-{created}"), "object": "chat.completion", "created": created / 1000, "model": model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish}],
        "usage": {
            "prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said,
            "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0},
        },
        "system_fingerprint": "fp_sandbox",
    })
}

fn is_known(headers: &HeaderMap) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")).is_some_and(|token| !token.trim().is_empty())
}

fn unauthorised() -> Response {
    error(StatusCode::UNAUTHORIZED, "invalid_request_error", Some("invalid_api_key"), "You didn't provide an API key.")
}

fn error(status: StatusCode, kind: &str, code: Option<&str>, message: &str) -> Response {
    (status, Json(json!({"error": {"message": message, "type": kind, "param": null, "code": code}}))).into_response()
}
