//! Answers as streams of events, in each provider's form, and streams that misbehave by the name of the model.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, BoxStream, StreamExt};
use serde_json::{Value, json};

use super::wire::Wire;

/// So many characters are in a piece of a text.
const PIECE: usize = 48;

/// Models whose streams misbehave.
pub(super) const MODELS: &[&str] = &[
    "sandbox-stream-split",
    "sandbox-stream-pings",
    "sandbox-stream-plain",
    "sandbox-stream-late",
    "sandbox-stream-silent",
    "sandbox-stream-broken",
    "sandbox-stream-closed",
    "sandbox-stream-error",
];

/// Whether a model of this name does as if no stream had been asked for.
pub(super) fn answers_plainly(model: &str) -> bool {
    model == "sandbox-stream-plain"
}

/// A whole answer, sent as a stream.
pub(super) fn response(wire: Wire, model: &str, answer: &Value, tells_usage: bool) -> Response {
    let frames = match wire {
        Wire::Chat => chat(answer, tells_usage),
        Wire::Responses => responses(answer),
        Wire::Claude => claude(answer),
        Wire::Gemini => gemini(answer),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    (headers, Body::from_stream(sent(wire, model, frames))).into_response()
}

/// How the stream of a model goes over the wire.
fn sent(wire: Wire, model: &str, frames: Vec<String>) -> BoxStream<'static, io::Result<Bytes>> {
    let half = frames.len() / 2;
    let some = |frames: Vec<String>| stream::iter(frames.into_iter().map(|frame| Ok(Bytes::from(frame))));
    let first = |count: usize| some(frames.iter().take(count).cloned().collect());
    match model.strip_prefix("sandbox-stream-") {
        Some("split") => {
            let bytes: Vec<u8> = frames.concat().into_bytes();
            stream::iter(bytes.into_iter().map(|byte| Ok(Bytes::from(vec![byte])))).boxed()
        }
        Some("pings") => some(frames.into_iter().flat_map(|frame| [ping(wire), frame]).collect()).boxed(),
        Some("late") => stream::pending().boxed(),
        Some("silent") => first(1).chain(stream::pending()).boxed(),
        Some("broken") => {
            let end = stream::once(async {
                // What came before goes out first.
                tokio::task::yield_now().await;
                Err(io::Error::other("the stream is broken off on purpose"))
            });
            first(half).chain(end).boxed()
        }
        Some("closed") => first(half).boxed(),
        Some("error") => first(half).chain(some(vec![overloaded(wire)])).boxed(),
        _ => some(frames).boxed(),
    }
}

fn ping(wire: Wire) -> String {
    if wire == Wire::Claude { named("ping", &json!({ "type": "ping" })) } else { ": keep-alive\n\n".to_owned() }
}

fn overloaded(wire: Wire) -> String {
    let message = "Overloaded";
    match wire {
        Wire::Chat => {
            let error = json!({ "message": message, "type": "server_error", "param": null, "code": "server_is_overloaded" });
            data(&json!({ "error": error }))
        }
        Wire::Responses => {
            let error = json!({ "type": "error", "code": "server_is_overloaded", "message": message, "param": null, "sequence_number": 9 });
            named("error", &error)
        }
        Wire::Claude => named("error", &json!({ "type": "error", "error": { "type": "overloaded_error", "message": message } })),
        Wire::Gemini => data(&json!({ "error": { "code": 503, "message": message, "status": "UNAVAILABLE" } })),
    }
}

fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}

fn named(name: &str, value: &Value) -> String {
    format!("event: {name}\ndata: {value}\n\n")
}

fn pieces(text: &Value) -> Vec<String> {
    let letters: Vec<char> = text.as_str().unwrap_or_default().chars().collect();
    letters.chunks(PIECE).map(|piece| piece.iter().collect()).collect()
}

fn with(base: &Value, changes: Value) -> Value {
    let mut changed = base.clone();
    if let (Value::Object(fields), Value::Object(changes)) = (&mut changed, changes) {
        fields.extend(changes);
    }
    changed
}

fn chat(answer: &Value, tells_usage: bool) -> Vec<String> {
    let (choice, usage) = (&answer["choices"][0], &answer["usage"]);
    let mut base = json!({ "id": answer["id"], "object": "chat.completion.chunk", "created": answer["created"],
        "model": answer["model"], "system_fingerprint": answer["system_fingerprint"] });
    if tells_usage {
        base["usage"] = Value::Null;
    }
    let chunk = |delta: &Value, finish: &Value| {
        let choice = json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish });
        data(&with(&base, json!({ "choices": [choice] })))
    };
    let opened = chunk(&json!({ "role": "assistant", "content": "", "refusal": null }), &Value::Null);
    let said = |name: &str| -> Vec<String> {
        pieces(&choice["message"][name]).iter().map(|piece| chunk(&json!({ name: piece }), &Value::Null)).collect()
    };
    let mut frames = [vec![opened], said("content"), said("refusal")].concat();
    frames.push(chunk(&json!({}), &choice["finish_reason"]));
    if tells_usage {
        frames.push(data(&with(&base, json!({ "choices": [], "usage": usage }))));
    }
    frames.push("data: [DONE]\n\n".to_owned());
    frames
}

fn responses(answer: &Value) -> Vec<String> {
    let (item, part) = (&answer["output"][0], &answer["output"][0]["content"][0]);
    let unfinished = with(answer, json!({ "status": "in_progress", "output": [], "usage": null, "incomplete_details": null }));
    let opened = with(item, json!({ "status": "in_progress", "content": [] }));
    let place = json!({ "item_id": item["id"], "output_index": 0, "content_index": 0 });
    let (field, kind) = if part["type"] == "refusal" { ("refusal", "refusal") } else { ("text", "output_text") };
    let mut events = vec![
        ("response.created".to_owned(), json!({ "response": unfinished })),
        ("response.in_progress".to_owned(), json!({ "response": unfinished })),
        ("response.output_item.added".to_owned(), json!({ "output_index": 0, "item": opened })),
        ("response.content_part.added".to_owned(), with(&place, json!({ "part": with(part, json!({ field: "" })) }))),
    ];
    for piece in pieces(&part[field]) {
        let delta = json!({ "delta": piece, "logprobs": [], "obfuscation": "x7" });
        events.push((format!("response.{kind}.delta"), with(&place, delta)));
    }
    let last = if answer["status"] == "incomplete" { "response.incomplete" } else { "response.completed" };
    events.extend([
        (format!("response.{kind}.done"), with(&place, json!({ field: part[field], "logprobs": [] }))),
        ("response.content_part.done".to_owned(), with(&place, json!({ "part": part }))),
        ("response.output_item.done".to_owned(), json!({ "output_index": 0, "item": item })),
        (last.to_owned(), json!({ "response": answer })),
    ]);
    let numbered = events.into_iter().enumerate();
    numbered.map(|(n, (kind, event))| named(&kind, &with(&json!({ "type": kind, "sequence_number": n }), event))).collect()
}

fn claude(answer: &Value) -> Vec<String> {
    let begun = with(&answer["usage"], json!({ "output_tokens": 1 }));
    let message = with(answer, json!({ "content": [], "stop_reason": null, "usage": begun }));
    let mut events = vec![json!({ "type": "message_start", "message": message }), json!({ "type": "ping" })];
    for (index, block) in answer["content"].as_array().into_iter().flatten().enumerate() {
        let opened = with(block, json!({ "text": "" }));
        events.push(json!({ "type": "content_block_start", "index": index, "content_block": opened }));
        for piece in pieces(&block["text"]) {
            let delta = json!({ "type": "text_delta", "text": piece });
            events.push(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        }
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    let stop = json!({ "stop_reason": answer["stop_reason"], "stop_sequence": null });
    let counted = json!({ "output_tokens": answer["usage"]["output_tokens"] });
    events.extend([json!({ "type": "message_delta", "delta": stop, "usage": counted }), json!({ "type": "message_stop" })]);
    events.iter().map(|event| named(event["type"].as_str().unwrap_or_default(), event)).collect()
}

fn gemini(answer: &Value) -> Vec<String> {
    let candidate = &answer["candidates"][0];
    let said = pieces(&candidate["content"]["parts"][0]["text"]);
    let asked = &answer["usageMetadata"]["promptTokenCount"];
    let counted = json!({ "promptTokenCount": asked, "totalTokenCount": asked });
    let mut frames: Vec<String> = said
        .iter()
        .map(|piece| {
            let said = json!({ "content": { "role": "model", "parts": [{ "text": piece }] }, "index": 0 });
            with(answer, json!({ "candidates": [said], "usageMetadata": counted }))
        })
        .map(|chunk| format!("data: {chunk}\r\n\r\n"))
        .collect();
    let ended = with(candidate, json!({ "content": { "role": "model", "parts": [] } }));
    frames.push(format!("data: {}\r\n\r\n", with(answer, json!({ "candidates": [ended] }))));
    frames
}
