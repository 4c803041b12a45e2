//! Wire samples of Chat Completions.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::*;

fn prompt() -> Prompt {
    let schema = Arc::new(json!({ "$schema": "x", "type": "object", "properties": { "a": { "type": "string" } } }));
    Prompt { name: "criteria", system: "Write criteria.".to_owned(), user: "{\"story\":{}}".to_owned(), schema }
}

fn sent(body: &HttpBody) -> Value {
    serde_json::from_slice(&body.json).unwrap()
}

fn params() -> Params {
    Params {
        model: "m-1".to_owned(),
        max_output_tokens: 16_384,
        token_param: TokenParam::MaxTokens,
        structured: Structured::JsonSchema,
        temperature: None,
    }
}

fn read(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Result<Completion, LlmFailure> {
    let pairs = headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    decode(status, &HeaderMap::from_iter(pairs), body.as_bytes(), DateTime::default())
}

fn choice(finish: &str, message: &Value) -> String {
    let usage = json!({ "prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18 });
    json!({ "id": "x", "model": "m-1-2026", "choices": [{ "index": 0, "message": message, "finish_reason": finish }], "usage": usage }).to_string()
}

fn error(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> LlmError {
    read(status, headers, body).unwrap_err().error
}

#[test]
fn a_reply_that_is_of_no_use_tells_what_it_cost() {
    let message = json!({ "role": "assistant", "content": "I would rather not." });
    for finish in ["length", "content_filter", "stop"] {
        let failed = read(200, &[], &choice(finish, &message)).unwrap_err();
        assert_eq!(failed.usage, Some(Usage { input_tokens: 11, output_tokens: 7 }), "{finish}");
    }
    assert_eq!(read(500, &[], "{}").unwrap_err().usage, None);
    assert_eq!(read(200, &[], "{}").unwrap_err().usage, None, "nobody said");
}

#[test]
fn the_body_asks_for_a_strict_schema_and_nothing_more() {
    let body = encode(&prompt(), &params());
    assert_eq!(body.path, ["chat", "completions"]);
    let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"], "additionalProperties": false });
    assert_eq!(
        sent(&body),
        json!({
            "model": "m-1",
            "messages": [{ "role": "system", "content": "Write criteria." }, { "role": "user", "content": "{\"story\":{}}" }],
            "max_tokens": 16_384,
            "response_format": { "type": "json_schema", "json_schema": { "name": "criteria", "schema": schema, "strict": true } },
        })
    );
}

#[test]
fn without_a_schema_on_the_wire_it_stands_in_the_instructions() {
    for (structured, format) in [(Structured::JsonObject, json!({ "type": "json_object" })), (Structured::None, Value::Null)] {
        let options = Params { structured, temperature: Some(0.1), token_param: TokenParam::MaxCompletionTokens, ..params() };
        let body = sent(&encode(&prompt(), &options));
        let system = body["messages"][0]["content"].as_str().unwrap();
        assert!(system.contains("JSON") && system.contains(r#""additionalProperties":false"#), "{system}");
        assert_eq!(body.get("response_format").cloned().unwrap_or_default(), format);
        assert_eq!(
            (&body["temperature"], &body["max_completion_tokens"], body.get("max_tokens")),
            (&json!(0.1), &json!(16_384), None)
        );
    }
}

#[test]
fn a_reply_is_read_with_its_model_and_usage() {
    let done = read(200, &[], &choice("stop", &json!({ "content": "```json\n{\"a\":\"b\"}\n```", "refusal": null }))).unwrap();
    assert_eq!((done.text.as_str(), done.model.as_str()), ("{\"a\":\"b\"}", "m-1-2026"));
    assert_eq!(done.usage, Usage { input_tokens: 11, output_tokens: 7 });
    let parts = json!({ "content": [{ "type": "thinking", "text": "{\"no\":1}" }, { "type": "text", "text": "{\"a\":" }, { "type": "text", "text": "1}" }] });
    assert_eq!(read(200, &[], &choice("stop", &parts)).unwrap().text, "{\"a\":1}");
}

#[test]
fn refusals_and_cuts_are_told_apart_before_the_text_is_looked_at() {
    let whole = json!({ "content": "{\"a\":1}" });
    assert_eq!(error(200, &[], &choice("stop", &json!({ "content": null, "refusal": "I cannot." }))), LlmError::Refused);
    assert_eq!(error(200, &[], &choice("content_filter", &whole)), LlmError::Refused);
    assert_eq!(error(200, &[], &choice("length", &whole)), LlmError::Truncated);
    assert_eq!(error(200, &[], &choice("length", &json!({ "content": null }))), LlmError::Truncated);
}

#[test]
fn what_is_no_reply_is_invalid() {
    let sentence = choice("stop", &json!({ "content": "I would rather talk." }));
    let empty = choice("stop", &json!({ "content": null }));
    for body in ["<html>", "", "[]", "3", "{}", r#"{"choices":[]}"#, &sentence, &empty, &choice("error", &json!({}))] {
        assert!(matches!(error(200, &[], body), LlmError::InvalidReply(_)), "{body}");
    }
    assert!(matches!(error(302, &[], ""), LlmError::InvalidReply(why) if why.contains("redirect")));
}

#[test]
fn a_blank_reply_is_no_reply_and_is_billed_all_the_same() {
    let thought = json!([{ "type": "reasoning", "text": "{\"a\":1}" }, { "type": "text", "text": " \n" }]);
    for content in [json!(null), json!(""), json!(" \t\r\n"), json!("\u{a0}\u{2003}"), json!([]), thought] {
        let mut answer: Value = serde_json::from_str(&choice("stop", &json!({ "content": content }))).unwrap();
        answer["usage"] = json!({ "prompt_tokens": 7, "completion_tokens": 1 });
        let failed = decode(200, &HeaderMap::new(), answer.to_string().as_bytes(), DateTime::UNIX_EPOCH).unwrap_err();
        assert_eq!(failed.error, LlmError::InvalidReply("an empty reply".to_owned()), "{content}");
        assert_eq!(failed.usage, Some(Usage { input_tokens: 7, output_tokens: 1 }), "{content}");
    }
}

#[test]
fn an_error_in_a_success_is_an_error() {
    let limited = r#"{"error":{"code":429,"message":"slow down"}}"#;
    assert_eq!(error(200, &[("retry-after", "3")], limited), LlmError::RateLimited { retry_after: Some(Duration::from_secs(3)) });
    assert_eq!(error(200, &[], r#"{"error":{"code":"502","message":"upstream"}}"#), LlmError::Unavailable(502));
    assert!(matches!(error(200, &[], r#"{"error":"model is loading"}"#), LlmError::InvalidReply(why) if why.contains("loading")));
    assert!(matches!(error(200, &[], r#"{"error":{"type":"insufficient_quota"}}"#), LlmError::QuotaExhausted(_)));
    let in_choice = r#"{"choices":[{"error":{"code":503,"message":"x"},"message":{"content":""}}]}"#;
    assert_eq!(error(200, &[], in_choice), LlmError::Unavailable(503));
}

#[test]
fn every_status_has_its_meaning() {
    let told = r#"{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","code":"model_not_found"}}"#;
    let message = "The model `x` does not exist [model_not_found]".to_owned();
    assert_eq!(error(404, &[], told), LlmError::Rejected { status: 404, message });
    assert!(matches!(error(404, &[], "<html>"), LlmError::Rejected { message, .. } if message.contains("base URL")));
    for status in [401, 403] {
        assert_eq!(error(status, &[], "<html>"), LlmError::Unauthorized);
    }
    for status in [400, 413, 422] {
        assert!(
            matches!(error(status, &[], r#"{"detail":[{"msg":"bad","input":"the prompt"}]}"#), LlmError::Rejected { message, .. } if message == "bad")
        );
    }
    for status in [408, 500, 502, 503, 504, 529] {
        assert_eq!(error(status, &[], "<html>"), LlmError::Unavailable(status));
    }
    assert!(matches!(error(402, &[], "{}"), LlmError::QuotaExhausted(_)));
    let wait = Some(Duration::from_secs(2));
    assert_eq!(error(402, &[("retry-after", "2")], "{}"), LlmError::RateLimited { retry_after: wait });
    assert_eq!(error(503, &[("retry-after", "2")], "{}"), LlmError::RateLimited { retry_after: wait });
}

#[test]
fn a_429_clears_unless_it_says_that_it_does_not() {
    let rate = r#"{"error":{"code":"rate_limit_exceeded"}}"#;
    assert_eq!(error(429, &[], "<html>"), LlmError::RateLimited { retry_after: None });
    assert_eq!(
        error(429, &[("retry-after-ms", "1500")], rate),
        LlmError::RateLimited { retry_after: Some(Duration::from_millis(1500)) }
    );
    for code in USED_UP {
        for field in ["code", "type"] {
            let body = json!({ "error": { field: code, "message": "no credit" } }).to_string();
            assert!(matches!(error(429, &[("retry-after", "1")], &body), LlmError::QuotaExhausted(_)), "{code}");
        }
    }
    assert!(matches!(error(429, &[("x-should-retry", "false")], rate), LlmError::QuotaExhausted(_)));
}

proptest! {
    #[test]
    fn no_answer_is_too_strange(status in 100u16..1000, body in any::<Vec<u8>>()) {
        let _ = decode(status, &HeaderMap::new(), &body, DateTime::default());
    }

    #[test]
    fn a_completion_is_always_a_json_object(content in "[{}\"a:1 ]{0,40}") {
        if let Ok(done) = read(200, &[], &choice("stop", &json!({ "content": content }))) {
            prop_assert!(serde_json::from_str::<Value>(&done.text).is_ok_and(|value| value.is_object()));
        }
    }
}

/// The official client's types, when they are at hand.
#[test]
fn every_body_conforms_to_the_published_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/contracts/llm/openai-sdk-3.54.schemas.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: the published types are not here");
        return;
    };
    let types: Value = serde_json::from_str(&text).unwrap();
    let request = jsonschema::draft202012::new(&types["ChatCompletionRequest"]).unwrap();
    for structured in [Structured::JsonSchema, Structured::JsonObject, Structured::None] {
        for token_param in [TokenParam::MaxTokens, TokenParam::MaxCompletionTokens] {
            for temperature in [None, Some(0.1)] {
                let body = sent(&encode(&prompt(), &Params { structured, token_param, temperature, ..params() }));
                let problems: Vec<String> = request.iter_errors(&body).map(|error| error.to_string()).collect();
                assert!(problems.is_empty(), "{problems:?}");
            }
        }
    }
    assert!(!request.is_valid(&json!({ "model": "m" })), "the check checks nothing");
}
