//! What each provider is sent, and how its answers are read.

use std::sync::Arc;

use chrono::DateTime;
use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::adapters::http::Secret;
use crate::adapters::llm::chat::Chat;
use crate::adapters::llm::claude::Claude;
use crate::adapters::llm::gemini::Gemini;
use crate::adapters::llm::outcome::decode;
use crate::adapters::llm::responses::Responses;
use crate::adapters::llm::wire::{Ask, HttpBody, Wire};
use crate::adapters::llm::{Effort, Structured, TokenParam};
use crate::ports::{Completion, LlmError, LlmFailure, Prompt, Usage};

pub(super) const WIRES: [(&str, &dyn Wire); 4] =
    [("chat", &Chat), ("responses", &Responses), ("claude", &Claude), ("gemini", &Gemini)];

pub(super) fn prompt() -> Prompt {
    let schema = Arc::new(json!({ "$schema": "x", "type": "object", "properties": { "a": { "type": "string" } } }));
    Prompt::new("criteria", "Write criteria.".to_owned(), "{\"story\":{}}".to_owned(), schema)
}

pub(super) fn sent(body: &HttpBody) -> Value {
    serde_json::from_slice(&body.json).unwrap()
}

pub(super) fn read(
    wire: &dyn Wire,
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: &str,
) -> Result<Completion, LlmFailure> {
    let pairs = headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    decode(wire, status, &HeaderMap::from_iter(pairs), body.as_bytes(), DateTime::default())
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Done,
    Cut,
    Refused,
}

/// A successful answer with this text, as the provider of a wire gives it: 11 tokens in, of which 4 were cached, 7 out, of
/// which 2 are thoughts.
pub(super) fn answer(wire: &str, text: Option<&str>, ending: Ending) -> String {
    match wire {
        "chat" => {
            let (finish, refusal) = match ending {
                Ending::Done => ("stop", Value::Null),
                Ending::Cut => ("length", Value::Null),
                Ending::Refused => ("stop", json!("I cannot help with: the story.")),
            };
            let usage = json!({ "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18,
                "prompt_tokens_details": { "cached_tokens": 4 }, "completion_tokens_details": { "reasoning_tokens": 2 } });
            let message = json!({ "role": "assistant", "content": text, "refusal": refusal });
            json!({ "id": "x", "object": "chat.completion", "created": 1, "model": "m-2026",
                "choices": [{ "index": 0, "message": message, "logprobs": null, "finish_reason": finish }], "usage": usage })
        }
        "responses" => {
            let (status, reason) = match ending {
                Ending::Cut => ("incomplete", json!({ "reason": "max_output_tokens" })),
                _ => ("completed", Value::Null),
            };
            let part = match ending {
                Ending::Refused => json!({ "type": "refusal", "refusal": "I cannot help with: the story." }),
                _ => json!({ "type": "output_text", "text": text.unwrap_or_default(), "annotations": [] }),
            };
            let thoughts = json!({ "type": "reasoning", "id": "r", "summary": [] });
            let message = json!({ "type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part] });
            let output = if text.is_some() || ending == Ending::Refused { json!([thoughts, message]) } else { json!([thoughts]) };
            json!({ "id": "x", "object": "response", "created_at": 1, "model": "m-2026", "status": status, "error": null,
                "incomplete_details": reason, "output": output, "parallel_tool_calls": true, "tool_choice": "auto", "tools": [],
                "usage": { "input_tokens": 11, "input_tokens_details": { "cached_tokens": 4, "cache_write_tokens": 0 },
                    "output_tokens": 7, "output_tokens_details": { "reasoning_tokens": 2 }, "total_tokens": 18 } })
        }
        "claude" => {
            let stop = match ending {
                Ending::Done => "end_turn",
                Ending::Cut => "max_tokens",
                Ending::Refused => "refusal",
            };
            let thinking = json!({ "type": "thinking", "thinking": "{\"no\":1}", "signature": "s" });
            let spoken = text.map(|text| json!({ "type": "text", "text": text, "citations": null }));
            let content: Vec<Value> = [thinking].into_iter().chain(spoken).collect();
            json!({ "id": "x", "type": "message", "role": "assistant", "model": "m-2026", "content": content, "stop_reason": stop,
                "stop_sequence": null, "usage": { "input_tokens": 7, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 0,
                    "output_tokens": 7, "output_tokens_details": { "thinking_tokens": 2 } } })
        }
        _ => {
            let finish = match ending {
                Ending::Done => "STOP",
                Ending::Cut => "MAX_TOKENS",
                Ending::Refused => "SAFETY",
            };
            let thought = json!({ "text": "{\"no\":1}", "thought": true });
            let parts: Vec<Value> = [thought].into_iter().chain(text.map(|text| json!({ "text": text }))).collect();
            json!({ "candidates": [{ "content": { "role": "model", "parts": parts }, "finishReason": finish, "index": 0 }],
                "modelVersion": "m-2026", "responseId": "x",
                "usageMetadata": { "promptTokenCount": 11, "cachedContentTokenCount": 4, "candidatesTokenCount": 5,
                    "thoughtsTokenCount": 2, "totalTokenCount": 18 } })
        }
    }
    .to_string()
}

fn schema() -> Value {
    json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"], "additionalProperties": false })
}

#[test]
fn each_provider_is_asked_for_the_schema_and_for_nothing_that_need_not_be() {
    let ask = Ask::new("m-1");
    let body = |wire: &dyn Wire| {
        let body = wire.encode(&prompt(), &ask);
        (body.path.join("/"), sent(&body))
    };
    let (system, user) = ("Write criteria.", "{\"story\":{}}");
    assert_eq!(
        body(&Chat),
        (
            "chat/completions".to_owned(),
            json!({ "model": "m-1", "max_tokens": 16_384,
                "messages": [{ "role": "system", "content": system }, { "role": "user", "content": user }],
                "response_format": { "type": "json_schema", "json_schema": { "name": "criteria", "schema": schema(), "strict": true } } })
        )
    );
    assert_eq!(
        body(&Responses),
        (
            "responses".to_owned(),
            json!({ "model": "m-1", "instructions": system, "input": user, "max_output_tokens": 16_384,
                "text": { "format": { "type": "json_schema", "name": "criteria", "schema": schema(), "strict": true } },
                "prompt_cache_key": "jqa-criteria", "store": false })
        )
    );
    assert_eq!(
        body(&Claude),
        (
            "messages".to_owned(),
            json!({ "model": "m-1", "max_tokens": 16_384,
                "system": [{ "type": "text", "text": system, "cache_control": { "type": "ephemeral" } }],
                "messages": [{ "role": "user", "content": user }],
                "output_config": { "format": { "type": "json_schema", "schema": schema() } } })
        )
    );
    assert_eq!(
        body(&Gemini),
        (
            "models/m-1:generateContent".to_owned(),
            json!({ "systemInstruction": { "parts": [{ "text": system }] },
                "contents": [{ "role": "user", "parts": [{ "text": user }] }],
                "generationConfig": { "maxOutputTokens": 16_384, "responseMimeType": "application/json", "responseJsonSchema": schema() },
                "store": false })
        )
    );
}

#[test]
fn what_a_model_takes_is_sent_under_each_providers_name() {
    let ask = Ask {
        temperature: Some(0.1),
        effort: Some(Effort::High),
        token_param: TokenParam::MaxCompletionTokens,
        server: "openrouter".parse().unwrap(),
        ..Ask::new("m-1")
    };
    let roomier = Prompt { roomier: true, ..prompt() };
    let body = |wire: &dyn Wire| sent(&wire.encode(&roomier, &ask));
    let at = |body: &Value, path: &str| body.pointer(path).cloned().unwrap_or_default();
    let chat = body(&Chat);
    assert_eq!((at(&chat, "/temperature"), at(&chat, "/reasoning_effort")), (json!(0.1), json!("high")));
    assert_eq!((at(&chat, "/max_completion_tokens"), at(&chat, "/max_tokens")), (json!(32_768), Value::Null));
    assert_eq!(at(&chat, "/provider/data_collection"), json!("deny"));
    let responses = body(&Responses);
    assert_eq!((at(&responses, "/reasoning/effort"), at(&responses, "/max_output_tokens")), (json!("high"), json!(32_768)));
    let claude = body(&Claude);
    assert_eq!((at(&claude, "/output_config/effort"), at(&claude, "/max_tokens")), (json!("high"), json!(32_768)));
    let gemini = body(&Gemini);
    assert_eq!(at(&gemini, "/generationConfig/thinkingConfig/thinkingLevel"), json!("HIGH"));
    assert_eq!(at(&gemini, "/generationConfig/maxOutputTokens"), json!(32_768));
}

#[test]
fn without_a_schema_on_the_wire_it_stands_in_the_instructions() {
    for (name, wire) in WIRES {
        for structured in [Structured::JsonSchema, Structured::JsonObject, Structured::None] {
            let ask = Ask { structured, ..Ask::new("m") };
            let body = wire.encode(&Prompt { without_schema: true, ..prompt() }, &ask);
            let text = sent(&body).to_string();
            assert!(text.contains(r#"\"additionalProperties\":false"#), "{name} {structured:?}: {text}");
            for native in ["json_schema", "responseJsonSchema", "output_config"] {
                assert!(!text.contains(&format!("\"{native}\"")), "{name} {structured:?}: {text}");
            }
        }
    }
}

#[test]
fn a_reply_is_read_with_its_model_and_all_kinds_of_tokens() {
    for (name, wire) in WIRES {
        let done = read(wire, 200, &[], &answer(name, Some("```json\n{\"a\":\"b\"}\n```"), Ending::Done)).unwrap();
        assert_eq!((done.text.as_str(), done.model.as_str()), ("{\"a\":\"b\"}", "m-2026"), "{name}");
        let usage = Usage {
            input_tokens: 11,
            output_tokens: 7,
            cached_tokens: 4,
            cache_write_tokens: 0,
            reasoning_tokens: 2,
            cost_nano_usd: None,
        };
        assert_eq!(done.usage, usage, "{name}");
    }
}

#[test]
fn refusals_and_cuts_are_told_apart_before_the_text_is_looked_at_and_are_billed_all_the_same() {
    for (name, wire) in WIRES {
        let failed = |text, ending| read(wire, 200, &[], &answer(name, text, ending)).unwrap_err();
        assert!(matches!(failed(Some("{\"a\":1}"), Ending::Refused).error, LlmError::Refused(_)), "{name}");
        assert!(!failed(None, Ending::Refused).error.to_string().contains("the story."), "{name}: its words stay away");
        assert_eq!(failed(Some("{\"a\":1}"), Ending::Cut).error, LlmError::Truncated, "{name}");
        assert_eq!(failed(None, Ending::Cut).error, LlmError::Truncated, "{name}: thinking used the whole limit");
        for text in [None, Some(""), Some(" \n\u{a0}"), Some("I would rather talk."), Some("{\"a\":")] {
            let failed = failed(text, Ending::Done);
            assert!(matches!(failed.error, LlmError::InvalidReply(_)), "{name} {text:?}: {}", failed.error);
            assert_eq!(failed.usage.map(|usage| usage.output_tokens), Some(7), "{name} {text:?}");
        }
    }
}

#[test]
fn each_key_goes_into_its_header_and_is_shown_by_none() {
    let key = Secret::new("sk-secret");
    for (name, wire, header, value) in [
        ("chat", &Chat as &dyn Wire, "authorization", "Bearer sk-secret"),
        ("responses", &Responses, "authorization", "Bearer sk-secret"),
        ("claude", &Claude, "x-api-key", "sk-secret"),
        ("gemini", &Gemini, "x-goog-api-key", "sk-secret"),
    ] {
        let headers = wire.headers(Some(&key), &Ask::new("m"));
        assert_eq!(headers[header], value, "{name}");
        assert!(!format!("{headers:?}").contains("sk-secret"), "{name}");
        assert!(wire.headers(None, &Ask::new("m")).get(header).is_none(), "{name}");
        let body = wire.encode(&prompt(), &Ask::new("m"));
        assert!(!format!("{:?}", body.path).contains("key="), "{name}");
    }
    let azure = Ask { server: "azure".parse().unwrap(), ..Ask::new("m") };
    let headers = Chat.headers(Some(&key), &azure);
    assert_eq!((&headers["api-key"], headers.get("authorization")), (&HeaderValue::from_static("sk-secret"), None));
    assert_eq!(Claude.headers(None, &Ask::new("m"))["anthropic-version"], "2026-10-21");
}

#[test]
fn parts_and_odd_endings_of_compatible_servers_are_understood() {
    let parts = json!([{ "type": "thinking", "text": "{\"no\":1}" }, { "type": "text", "text": "{\"a\":" }, { "type": "text", "text": "1}" }]);
    let choice = |finish: &str, content: &Value| {
        json!({ "choices": [{ "message": { "content": content }, "finish_reason": finish }] }).to_string()
    };
    assert_eq!(read(&Chat, 200, &[], &choice("stop", &parts)).unwrap().text, "{\"a\":1}");
    let error = |finish: &str| read(&Chat, 200, &[], &choice(finish, &parts)).unwrap_err().error;
    assert_eq!(error("model_length"), LlmError::Truncated, "Mistral");
    assert_eq!(error("content_filter"), LlmError::Refused("content_filter".to_owned()));
    assert!(matches!(error("error"), LlmError::InvalidReply(_)));
    let blocked = json!({ "promptFeedback": { "blockReason": "PROHIBITED_CONTENT" } }).to_string();
    assert_eq!(read(&Gemini, 200, &[], &blocked).unwrap_err().error, LlmError::Refused("PROHIBITED_CONTENT".to_owned()));
    let window = answer("claude", None, Ending::Cut).replace("max_tokens", "model_context_window_exceeded");
    assert_eq!(read(&Claude, 200, &[], &window).unwrap_err().error, LlmError::TooLong);
}

proptest! {
    #[test]
    fn no_answer_is_too_strange(status in 100u16..1000, body in any::<Vec<u8>>()) {
        for (_, wire) in WIRES {
            let _ = decode(wire, status, &HeaderMap::new(), &body, DateTime::default());
        }
    }

    #[test]
    fn a_completion_is_always_a_json_object(content in "[{}\"a:1 ]{0,40}") {
        for (name, wire) in WIRES {
            if let Ok(done) = read(wire, 200, &[], &answer(name, Some(&content), Ending::Done)) {
                prop_assert!(serde_json::from_str::<Value>(&done.text).is_ok_and(|value| value.is_object()));
            }
        }
    }
}
