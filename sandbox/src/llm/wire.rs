//! The wires of four providers: what each asks turned into one form, and one answer turned into each one's form.

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::clock::now;

/// What a caller speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    /// `POST chat/completions`.
    Chat,
    /// `POST responses`.
    Responses,
    /// `POST messages`.
    Claude,
    /// `POST models/…:generateContent`.
    Gemini,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    Cut,
    Refused,
}

/// An error as all providers tell it, before it has one's form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    pub(super) status: StatusCode,
    pub(super) kind: &'static str,
    pub(super) code: Option<&'static str>,
    pub(super) message: &'static str,
}

impl Wire {
    /// Whether the request brings a key where this provider looks for one.
    pub(super) fn has_key(self, headers: &HeaderMap) -> bool {
        let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim().to_owned();
        match self {
            Self::Chat | Self::Responses => {
                value(header::AUTHORIZATION.as_str()).strip_prefix("Bearer ").is_some_and(|key| !key.is_empty())
            }
            Self::Claude => !value("x-api-key").is_empty(),
            Self::Gemini => !value("x-goog-api-key").is_empty(),
        }
    }

    /// What the id of a batch begins with.
    pub(super) fn batch_prefix(self) -> &'static str {
        match self {
            Self::Chat | Self::Responses => "batch_",
            Self::Claude => "msgbatch_",
            Self::Gemini => "",
        }
    }

    /// Why the provider would not take the request, if so.
    pub(super) fn refuses(self, request: &Value, headers: &HeaderMap) -> Option<Trouble> {
        let fields = request.as_object()?;
        let has_any = |names: &[&str]| names.iter().any(|name| fields.contains_key(*name));
        let message = match self {
            Self::Chat if !request["messages"].is_array() => "'messages' is required.",
            Self::Responses if !request["input"].is_string() => "'input' is required.",
            Self::Responses if has_any(&["messages", "stop", "seed", "max_tokens", "response_format"]) => "Unknown parameter.",
            Self::Claude if !request["max_tokens"].is_u64() => "max_tokens: Field required",
            Self::Claude if has_any(&["temperature", "top_p", "seed", "response_format", "stream_options"]) => {
                "Extra inputs are not permitted"
            }
            Self::Claude if !headers.contains_key("anthropic-version") => "anthropic-version: header is required",
            Self::Gemini if !request["contents"].is_array() => "contents is not specified",
            Self::Gemini if has_any(&["stream", "stream_options"]) => "Invalid JSON payload received. Unknown name.",
            _ if fields.values().any(Value::is_null) => "null is not a value.",
            _ if request["stream"] != true && has_any(&["stream_options"]) => {
                "The 'stream_options' parameter is only allowed when 'stream' is enabled."
            }
            _ => return None,
        };
        Some(Trouble { status: StatusCode::BAD_REQUEST, kind: "invalid_request_error", code: None, message })
    }

    /// The request in the form of Chat Completions.
    pub(super) fn as_chat(self, request: &Value) -> Value {
        let text = |parts: &Value| {
            let parts = parts.as_array().into_iter().flatten();
            parts.filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n")
        };
        let (system, user, limit, schema) = match self {
            Self::Chat => return request.clone(),
            Self::Responses => (
                request["instructions"].as_str().unwrap_or_default().to_owned(),
                request["input"].as_str().unwrap_or_default().to_owned(),
                &request["max_output_tokens"],
                &request["text"]["format"]["schema"],
            ),
            Self::Claude => (
                text(&request["system"]),
                request["messages"][0]["content"].as_str().unwrap_or_default().to_owned(),
                &request["max_tokens"],
                &request["output_config"]["format"]["schema"],
            ),
            Self::Gemini => (
                text(&request["systemInstruction"]["parts"]),
                text(&request["contents"][0]["parts"]),
                &request["generationConfig"]["maxOutputTokens"],
                &request["generationConfig"]["responseJsonSchema"],
            ),
        };
        let messages = json!([{ "role": "system", "content": system }, { "role": "user", "content": user }]);
        let mut chat = json!({ "messages": messages, "max_tokens": limit });
        if schema.is_object() {
            chat["response_format"] = json!({ "type": "json_schema", "json_schema": { "schema": schema } });
        }
        chat
    }

    /// An error in this provider's form.
    pub(super) fn error(self, trouble: Trouble) -> Response {
        let Trouble { status, kind, code, message } = trouble;
        let body = match self {
            Self::Chat | Self::Responses => {
                json!({ "error": { "message": message, "type": kind, "param": null, "code": code } })
            }
            Self::Claude => {
                json!({ "type": "error", "error": { "type": code.unwrap_or(kind), "message": message }, "request_id": "req_sandbox" })
            }
            Self::Gemini => {
                json!({ "error": { "code": status.as_u16(), "message": message, "status": code.unwrap_or("INVALID_ARGUMENT") } })
            }
        };
        (status, Json(body)).into_response()
    }

    /// An answer in this provider's form.
    pub(super) fn answer(self, model: &str, asked: &str, content: &str, ending: Ending) -> Value {
        let tokens = |text: &str| text.len().div_ceil(4).max(1);
        let (asked, said) = (tokens(asked), tokens(content));
        match self {
            Self::Chat => chat(model, content, ending, asked, said),
            Self::Responses => responses(model, content, ending, asked, said),
            Self::Claude => claude(model, content, ending, asked, said),
            Self::Gemini => gemini(model, content, ending, asked, said),
        }
    }

    /// The name of the header that tells a request's id.
    pub(super) fn id_header(self) -> &'static str {
        if self == Self::Claude { "request-id" } else { "x-request-id" }
    }
}

const SORRY: &str = "I'm sorry, I can't help with that.";

fn chat(model: &str, content: &str, ending: Ending, asked: usize, said: usize) -> Value {
    let (message, finish) = match ending {
        Ending::Refused => (json!({ "role": "assistant", "content": null, "refusal": SORRY }), "stop"),
        Ending::Cut => (json!({ "role": "assistant", "content": content, "refusal": null }), "length"),
        Ending::Done => (json!({ "role": "assistant", "content": content, "refusal": null }), "stop"),
    };
    json!({
        "id": format!("chatcmpl-sandbox-{}", now()), "object": "chat.completion", "created": now() / 1000, "model": model,
        "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish }],
        "usage": {
            "prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said,
            "prompt_tokens_details": { "cached_tokens": 0 }, "completion_tokens_details": { "reasoning_tokens": 0 },
        },
        "system_fingerprint": "fp_sandbox",
    })
}

fn responses(model: &str, content: &str, ending: Ending, asked: usize, said: usize) -> Value {
    let part = match ending {
        Ending::Refused => json!({ "type": "refusal", "refusal": SORRY }),
        _ => json!({ "type": "output_text", "text": content, "annotations": [] }),
    };
    let (status, why) = match ending {
        Ending::Cut => ("incomplete", json!({ "reason": "max_output_tokens" })),
        _ => ("completed", Value::Null),
    };
    json!({
        "id": format!("resp_sandbox_{}", now()), "object": "response", "created_at": now() / 1000, "model": model, "status": status,
        "error": null, "incomplete_details": why, "parallel_tool_calls": true, "tool_choice": "auto", "tools": [],
        "output": [{ "type": "message", "id": "msg_sandbox", "role": "assistant", "status": "completed", "content": [part] }],
        "usage": { "input_tokens": asked, "input_tokens_details": { "cached_tokens": 0, "cache_write_tokens": 0 },
            "output_tokens": said, "output_tokens_details": { "reasoning_tokens": 0 }, "total_tokens": asked + said },
    })
}

fn claude(model: &str, content: &str, ending: Ending, asked: usize, said: usize) -> Value {
    let (stop, content) = match ending {
        Ending::Refused => ("refusal", json!([])),
        Ending::Cut => ("max_tokens", json!([{ "type": "text", "text": content, "citations": null }])),
        Ending::Done => ("end_turn", json!([{ "type": "text", "text": content, "citations": null }])),
    };
    json!({
        "id": format!("msg_sandbox_{}", now()), "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": stop, "stop_sequence": null,
        "usage": { "input_tokens": asked, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": said },
    })
}

fn gemini(model: &str, content: &str, ending: Ending, asked: usize, said: usize) -> Value {
    let finish = match ending {
        Ending::Refused => "SAFETY",
        Ending::Cut => "MAX_TOKENS",
        Ending::Done => "STOP",
    };
    let parts = if ending == Ending::Refused { json!([]) } else { json!([{ "text": content }]) };
    json!({
        "candidates": [{ "content": { "role": "model", "parts": parts }, "finishReason": finish, "index": 0 }],
        "modelVersion": model, "responseId": format!("sandbox-{}", now()),
        "usageMetadata": { "promptTokenCount": asked, "candidatesTokenCount": said, "totalTokenCount": asked + said },
    })
}
