//! The classes of failures, as each provider tells them.

use std::time::Duration;

use serde_json::json;

use super::wires::{WIRES, read};
use crate::adapters::llm::chat::Chat;
use crate::adapters::llm::claude::Claude;
use crate::adapters::llm::gemini::Gemini;
use crate::adapters::llm::responses::Responses;
use crate::adapters::llm::wire::Wire;
use crate::ports::LlmError;

fn error(wire: &dyn Wire, status: u16, headers: &[(&'static str, &'static str)], body: &str) -> LlmError {
    read(wire, status, headers, body).unwrap_err().error
}

/// An error in the form of each provider.
fn told(name: &str, code: &str, message: &str) -> String {
    match name {
        "claude" => json!({ "type": "error", "error": { "type": code, "message": message }, "request_id": "r" }),
        "gemini" => json!({ "error": { "code": 400, "message": message, "status": code } }),
        _ => json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": code } }),
    }
    .to_string()
}

fn limited(seconds: u64) -> LlmError {
    LlmError::RateLimited { retry_after: Some(Duration::from_secs(seconds)) }
}

#[test]
fn every_status_has_its_class_whoever_sends_it() {
    for (name, wire) in WIRES {
        for body in ["<html>", "", "{}", "[]"] {
            let error = |status: u16| error(wire, status, &[], body);
            assert_eq!((error(401), error(403)), (LlmError::Unauthorized, LlmError::Unauthorized), "{name}");
            for status in [408, 409, 425, 500, 502, 504] {
                assert_eq!(error(status), LlmError::Unavailable(status), "{name}");
            }
            for status in [503, 529] {
                assert_eq!(error(status), LlmError::Overloaded(status), "{name}");
            }
            assert_eq!(error(413), LlmError::TooLong, "{name}");
            assert_eq!(error(429), LlmError::RateLimited { retry_after: None }, "{name}");
            assert!(matches!(error(402), LlmError::QuotaExhausted(_)), "{name}");
            assert!(matches!(error(400), LlmError::Rejected { status: 400, .. }), "{name}");
            assert!(matches!(error(302), LlmError::InvalidReply(why) if why.contains("redirect")), "{name}");
        }
        for status in [402, 429, 503] {
            assert_eq!(error(wire, status, &[("retry-after", "2")], "{}"), limited(2), "{name} {status}");
        }
        assert!(matches!(error(wire, 404, &[], "<html>"), LlmError::Rejected { message, .. } if message.contains("base URL")));
        assert!(matches!(error(wire, 200, &[], "<html>"), LlmError::InvalidReply(why) if why.contains("web page")), "{name}");
        for body in ["", "[]", "3", "{}"] {
            assert!(matches!(error(wire, 200, &[], body), LlmError::InvalidReply(_)), "{name} {body}");
        }
    }
}

#[test]
fn an_account_without_money_is_not_asked_to_wait() {
    for code in [
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    ] {
        for (name, wire) in [("chat", &Chat as &dyn Wire), ("responses", &Responses)] {
            let by_code = error(wire, 429, &[("retry-after", "1")], &told(name, code, "no credit"));
            assert!(matches!(by_code, LlmError::QuotaExhausted(_)), "{name} {code}");
            let by_type = json!({ "error": { "type": code, "message": "no credit" } }).to_string();
            assert!(matches!(error(wire, 429, &[], &by_type), LlmError::QuotaExhausted(_)), "{name} {code}");
        }
    }
    let spent = json!({ "type": "error", "error": { "type": "rate_limit_error", "message": "m", "details": { "error_code": "enforced_spend_limit_reached" } } });
    assert!(matches!(error(&Claude, 429, &[], &spent.to_string()), LlmError::QuotaExhausted(_)));
    let own_limit = told(
        "claude",
        "invalid_request_error",
        "You have reached your specified API usage limits. You will regain access on 2026-12-01.",
    );
    assert!(matches!(error(&Claude, 400, &[], &own_limit), LlmError::QuotaExhausted(_)));
    assert!(matches!(error(&Claude, 402, &[], &told("claude", "billing_error", "m")), LlmError::QuotaExhausted(_)));
    let told_not_to = [("x-should-retry", "false")];
    assert!(matches!(error(&Chat, 429, &told_not_to, "{}"), LlmError::QuotaExhausted(_)));
}

#[test]
fn a_wait_is_read_wherever_it_stands() {
    assert_eq!(error(&Claude, 429, &[("retry-after", "7")], &told("claude", "rate_limit_error", "m")), limited(7));
    let half = LlmError::RateLimited { retry_after: Some(Duration::from_millis(1500)) };
    assert_eq!(error(&Chat, 429, &[("retry-after-ms", "1500")], &told("chat", "rate_limit_exceeded", "m")), half);
    let gemini = |quota: &str, delay: Option<&str>| {
        let violation = json!({ "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{ "quotaId": quota }] });
        let retry = delay.map(|delay| json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay }));
        let details: Vec<_> = [violation].into_iter().chain(retry).collect();
        json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message": "m", "details": details } }).to_string()
    };
    assert_eq!(error(&Gemini, 429, &[], &gemini("RequestsPerMinute", Some("36s"))), limited(36));
    assert_eq!(error(&Gemini, 429, &[], &gemini("RequestsPerDay-FreeTier", Some("36s"))), limited(36), "its own word counts");
    assert!(matches!(error(&Gemini, 429, &[], &gemini("RequestsPerDay", None)), LlmError::QuotaExhausted(_)));
    let wrapped = format!("[{}]", gemini("RequestsPerMinute", Some("3s")));
    assert_eq!(error(&Gemini, 429, &[], &wrapped), limited(3), "sometimes it is a list of one");
}

#[test]
fn an_overloaded_service_is_told_from_one_that_limits_us() {
    assert_eq!(error(&Claude, 529, &[], &told("claude", "overloaded_error", "m")), LlmError::Overloaded(529));
    assert_eq!(error(&Responses, 429, &[], &told("responses", "slow_down", "m")), LlmError::Overloaded(429));
    assert_eq!(error(&Responses, 503, &[], &told("responses", "server_is_overloaded", "m")), LlmError::Overloaded(503));
    assert_eq!(error(&Gemini, 503, &[], &told("gemini", "UNAVAILABLE", "m")), LlmError::Overloaded(503));
}

#[test]
fn a_prompt_that_is_too_long_is_told_from_a_request_that_is_wrong() {
    for (name, code, message) in [
        ("chat", "context_length_exceeded", "m"),
        ("chat", "invalid_request_error", "This model's maximum context length is 8192 tokens."),
        ("responses", "context_length_exceeded", "m"),
        ("claude", "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
        ("claude", "request_too_large", "m"),
        ("gemini", "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
    ] {
        let wire = WIRES.iter().find(|(known, _)| *known == name).unwrap().1;
        assert_eq!(error(wire, 400, &[], &told(name, code, message)), LlmError::TooLong, "{name} {code}");
    }
}

#[test]
fn a_schema_that_is_not_taken_is_told_from_a_request_that_is_wrong() {
    for (name, code, message) in [
        ("chat", "invalid_json_schema", "m"),
        ("chat", "unsupported_parameter", "'response_format' is not supported by this server."),
        ("responses", "invalid_json_schema", "Invalid schema for text.format"),
        ("claude", "invalid_request_error", "output_config.format: Schema is too complex for compilation."),
        ("gemini", "INVALID_ARGUMENT", "The specified schema produces a constraint that has too many states for serving."),
    ] {
        let wire = WIRES.iter().find(|(known, _)| *known == name).unwrap().1;
        assert!(matches!(error(wire, 400, &[], &told(name, code, message)), LlmError::SchemaRejected(_)), "{name} {code}");
    }
    let model = told("chat", "model_not_found", "The model `x` does not exist");
    let message = "The model `x` does not exist [model_not_found]".to_owned();
    assert_eq!(error(&Chat, 404, &[], &model), LlmError::Rejected { status: 404, message });
    let parameter = told("responses", "unsupported_parameter", "Unsupported parameter: 'temperature'");
    assert!(matches!(error(&Responses, 400, &[], &parameter), LlmError::Rejected { .. }));
}

#[test]
fn a_filter_of_the_provider_is_a_refusal() {
    let azure = json!({ "error": { "code": "content_filter", "message": "The response was filtered", "status": 400,
        "innererror": { "code": "ResponsibleAIPolicyViolation" } } });
    assert_eq!(error(&Chat, 400, &[], &azure.to_string()), LlmError::Refused("content_filter".to_owned()));
}

#[test]
fn an_error_in_a_success_is_an_error() {
    let in_band = |wire: &dyn Wire, headers: &[(&'static str, &'static str)], body: &str| error(wire, 200, headers, body);
    assert_eq!(in_band(&Chat, &[("retry-after", "3")], r#"{"error":{"code":429,"message":"slow down"}}"#), limited(3));
    assert_eq!(in_band(&Chat, &[], r#"{"error":{"code":"502","message":"upstream"}}"#), LlmError::Unavailable(502));
    assert!(
        matches!(in_band(&Chat, &[], r#"{"error":"model is loading"}"#), LlmError::InvalidReply(why) if why.contains("loading"))
    );
    assert!(matches!(in_band(&Chat, &[], r#"{"error":{"type":"insufficient_quota"}}"#), LlmError::QuotaExhausted(_)));
    let in_choice = r#"{"choices":[{"error":{"code":503,"message":"x"},"message":{"content":""}}]}"#;
    assert_eq!(in_band(&Chat, &[], in_choice), LlmError::Overloaded(503));
    let failed = |code: &str| json!({ "status": "failed", "error": { "code": code, "message": "m" }, "output": [] }).to_string();
    assert_eq!(in_band(&Responses, &[], &failed("server_error")), LlmError::Unavailable(500));
    assert_eq!(in_band(&Responses, &[], &failed("rate_limit_exceeded")), LlmError::RateLimited { retry_after: None });
}
