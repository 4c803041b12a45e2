//! What each provider is sent for a batch, and how what it says is read: without any I/O.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::wires::{Ending, answer, prompt};
use crate::adapters::llm::Models;
use crate::adapters::llm::batches::{BatchWire, Outcome, Results, Shelf};
use crate::adapters::llm::chat::Chat;
use crate::adapters::llm::claude::Claude;
use crate::adapters::llm::gemini::Gemini;
use crate::adapters::llm::providers::PROVIDERS;
use crate::adapters::llm::responses::Responses;
use crate::adapters::llm::wire::{Ask, Wire};
use crate::ports::{BatchInput, BatchState, UploadRef, Usage};

fn form(provider: &str) -> &'static dyn BatchWire {
    let spec = PROVIDERS.iter().find(|spec| spec.name == provider).unwrap();
    spec.api.as_ref().unwrap().batches.unwrap()
}

fn forms() -> impl Iterator<Item = (&'static str, &'static dyn BatchWire)> {
    ["openai", "openai_compatible", "claude", "gemini"].into_iter().map(|provider| (provider, form(provider)))
}

fn call(provider: &str, wire: &dyn Wire) -> (Value, Value) {
    let body = wire.encode(&prompt(), &Ask::new("m-1"));
    let call = serde_json::from_str(&form(provider).call("call-1", &body)).unwrap();
    (call, serde_json::from_slice(&body.json).unwrap())
}

#[test]
fn a_call_of_a_batch_has_the_body_of_a_single_call_and_its_id() {
    let (told, body) = call("openai", &Responses);
    assert_eq!(told, json!({ "custom_id": "call-1", "method": "POST", "url": "/v1/responses", "body": body }));
    let (told, body) = call("openai_compatible", &Chat);
    assert_eq!(told, json!({ "custom_id": "call-1", "method": "POST", "url": "/v1/chat/completions", "body": body }));
    let (told, body) = call("claude", &Claude);
    assert_eq!(told, json!({ "custom_id": "call-1", "params": body }));
    let (told, body) = call("gemini", &Gemini);
    assert_eq!(told, json!({ "request": body, "metadata": { "key": "call-1" } }));
}

#[test]
fn a_batch_is_created_under_our_own_id_where_the_provider_keeps_one() {
    let ask = Ask::new("m-1");
    let made = |provider: &str, input: &BatchInput| {
        let body = form(provider).create("own-1", input, &ask);
        (body.path.join("/"), body.json)
    };
    let (path, body) = made("openai", &BatchInput::Uploaded(UploadRef("file-1".to_owned())));
    let expected = json!({ "input_file_id": "file-1", "endpoint": "/v1/responses", "completion_window": "24h",
        "metadata": { "jqa_batch": "own-1" } });
    assert_eq!((path.as_str(), serde_json::from_slice::<Value>(&body).unwrap()), ("batches", expected));
    let inline = BatchInput::Inline("{}".into());
    assert_eq!(made("claude", &inline).0, "messages/batches");
    assert_eq!(made("gemini", &inline).0, "models/m-1:batchGenerateContent");
    for (provider, form) in forms() {
        assert_eq!(form.finds_own(), provider != "claude");
        assert_eq!(form.list(Shelf::Files, None).is_some(), form.uploads(), "{provider}");
    }
}

#[test]
fn every_state_of_a_batch_is_told_apart() {
    let openai = |status: &str| {
        let counts = json!({ "total": 5, "completed": 2, "failed": 1 });
        form("openai").state(&json!({ "status": status, "request_counts": counts }))
    };
    for status in ["validating", "in_progress", "finalizing", "cancelling"] {
        assert_eq!(openai(status), Some(BatchState::Running { done: 3, total: 5 }), "{status}");
    }
    assert_eq!(openai("completed"), Some(BatchState::Ended));
    assert_eq!(openai("expired"), Some(BatchState::Expired));
    assert_eq!(openai("cancelled"), Some(BatchState::Cancelled));
    assert_eq!(openai("failed"), Some(BatchState::Failed("it gave no reason".to_owned())));
    assert_eq!(openai("resting"), None);
    let claude = |status: &str, expired: u64, cancelled: Option<&str>| {
        let counts = json!({ "processing": 1, "succeeded": 2, "errored": 1, "canceled": 0, "expired": expired });
        form("claude").state(&json!({ "processing_status": status, "request_counts": counts, "cancel_initiated_at": cancelled }))
    };
    assert_eq!(claude("in_progress", 0, None), Some(BatchState::Running { done: 3, total: 4 }));
    assert_eq!(claude("canceling", 0, Some("2026-11-20T00:00:00Z")), Some(BatchState::Running { done: 3, total: 4 }));
    assert_eq!(claude("ended", 0, None), Some(BatchState::Ended));
    assert_eq!(claude("ended", 1, None), Some(BatchState::Expired));
    assert_eq!(claude("ended", 0, Some("2026-11-20T00:00:00Z")), Some(BatchState::Cancelled));
    let gemini = |state: &str| {
        let counts = json!({ "requestCount": "5", "successfulRequestCount": "2", "failedRequestCount": 1 });
        form("gemini")
            .state(&json!({ "name": "batches/x", "error": { "code": 8 }, "metadata": { "state": state, "batchStats": counts } }))
    };
    for state in ["BATCH_STATE_PENDING", "BATCH_STATE_RUNNING", "JOB_STATE_QUEUED", "JOB_STATE_CANCELLING"] {
        assert_eq!(gemini(state), Some(BatchState::Running { done: 3, total: 5 }), "{state}");
    }
    for state in ["BATCH_STATE_SUCCEEDED", "JOB_STATE_SUCCEEDED", "JOB_STATE_PARTIALLY_SUCCEEDED"] {
        assert_eq!(gemini(state), Some(BatchState::Ended), "{state}");
    }
    assert_eq!(gemini("BATCH_STATE_EXPIRED"), Some(BatchState::Expired));
    assert_eq!(gemini("BATCH_STATE_CANCELLED"), Some(BatchState::Cancelled));
    assert_eq!(gemini("BATCH_STATE_FAILED"), Some(BatchState::Failed("RESOURCE_EXHAUSTED".to_owned())));
}

#[test]
fn what_is_wrong_with_a_file_is_told_in_codes_and_lines() {
    let problem = |code: &str, line: Value| json!({ "code": code, "line": line, "message": "{\"story\": …}" });
    let told = json!({ "status": "failed", "errors": { "data": [problem("duplicate_custom_id", json!(7)), problem("token_limit_exceeded", Value::Null)] } });
    let failed = BatchState::Failed("duplicate_custom_id (line 7), token_limit_exceeded".to_owned());
    assert_eq!(form("openai").state(&told), Some(failed));
}

fn outcome(provider: &str, line: Value) -> Option<(String, Outcome)> {
    form(provider).line(line).map(|line| (line.custom_id, line.outcome))
}

#[test]
fn a_line_tells_an_answer_as_a_single_call_would_get_it() {
    let id = "call-1".to_owned();
    let answered = |status: u16, body: &Value| Some((id.clone(), Outcome::Answered { status, body: body.clone() }));
    let body: Value = serde_json::from_str(&answer("responses", Some("{}"), Ending::Done)).unwrap();
    let line = json!({ "id": "x", "custom_id": "call-1", "response": { "status_code": 200, "request_id": "r", "body": body }, "error": null });
    assert_eq!(outcome("openai", line), answered(200, &body));
    let body: Value = serde_json::from_str(&answer("claude", Some("{}"), Ending::Done)).unwrap();
    let line = json!({ "custom_id": "call-1", "result": { "type": "succeeded", "message": body } });
    assert_eq!(outcome("claude", line), answered(200, &body));
    let body: Value = serde_json::from_str(&answer("gemini", Some("{}"), Ending::Done)).unwrap();
    assert_eq!(outcome("gemini", json!({ "metadata": { "key": "call-1" }, "response": body })), answered(200, &body));
}

#[test]
fn a_line_of_a_call_that_failed_has_the_status_that_a_single_call_would_get() {
    let status = |provider: &str, line: Value| match outcome(provider, line).unwrap().1 {
        Outcome::Answered { status, .. } => status,
        other => panic!("{other:?}"),
    };
    for (kind, expected) in [
        ("invalid_request_error", 400),
        ("authentication_error", 401),
        ("billing_error", 402),
        ("permission_error", 403),
        ("not_found_error", 404),
        ("request_too_large", 413),
        ("rate_limit_error", 429),
        ("api_error", 500),
        ("timeout_error", 504),
        ("overloaded_error", 529),
    ] {
        let error = json!({ "type": "error", "error": { "type": kind, "message": "m" }, "request_id": "r" });
        let line = json!({ "custom_id": "call-1", "result": { "type": "errored", "error": error } });
        assert_eq!(status("claude", line), expected, "{kind}");
    }
    for (code, expected) in [(3, 400), (5, 404), (7, 403), (8, 429), (13, 500), (14, 503), (16, 401), (99, 500)] {
        let line = json!({ "metadata": { "key": "call-1" }, "error": { "code": code, "message": "m" } });
        assert_eq!(status("gemini", line), expected, "{code}");
    }
    let line = json!({ "custom_id": "call-1", "response": { "status_code": 429, "body": {} }, "error": null });
    assert_eq!(status("openai", line), 429);
}

#[test]
fn what_was_not_made_is_told_from_what_failed() {
    let not_made = |code: &str| json!({ "custom_id": "c", "response": null, "error": { "code": code, "message": "m" } });
    assert_eq!(outcome("openai", not_made("batch_expired")).unwrap().1, Outcome::Expired);
    assert_eq!(outcome("openai", not_made("batch_cancelled")).unwrap().1, Outcome::Cancelled);
    assert!(matches!(outcome("openai", not_made("server_error")).unwrap().1, Outcome::Answered { .. }));
    let result = |kind: &str| json!({ "custom_id": "c", "result": { "type": kind } });
    assert_eq!(outcome("claude", result("expired")).unwrap().1, Outcome::Expired);
    assert_eq!(outcome("claude", result("canceled")).unwrap().1, Outcome::Cancelled);
    assert_eq!(outcome("claude", result("other")), None);
    assert_eq!(outcome("gemini", json!({ "metadata": { "key": "c" }, "error": { "code": 1 } })).unwrap().1, Outcome::Cancelled);
}

#[test]
fn results_are_read_below_the_configured_address_wherever_the_provider_says_they_are() {
    let told = json!({ "results_url": "https://evil.example/x", "output_file_id": "file-1", "error_file_id": "file-2" });
    let paths = |provider: &str| match form(provider).results("b-1", told.clone()) {
        Results::Files(paths) => paths.iter().map(|path| path.join("/")).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(paths("openai"), ["files/file-1/content", "files/file-2/content"]);
    assert_eq!(paths("claude"), ["messages/batches/b-1/results"]);
    let hostile = json!({ "output_file_id": "../../x?y", "error_file_id": null });
    assert_eq!(form("openai").results("b-1", hostile), Results::Files(vec![]));
    for place in ["metadata", "response"] {
        let inline = json!({ "output": { "inlinedResponses": { "inlinedResponses": [1] } }, "inlinedResponses": { "inlinedResponses": [1] } });
        assert_eq!(form("gemini").results("b-1", json!({ place: inline })), Results::Inline(vec![json!(1)]), "{place}");
    }
    let file = json!({ "metadata": { "output": { "responsesFile": "files/x" } } });
    assert_eq!(form("gemini").results("b-1", file), Results::Elsewhere);
}

#[test]
fn a_call_in_a_batch_costs_what_the_table_says_of_batches_and_nothing_unknown_is_free() {
    let usage =
        |input: i64, cached: i64| Usage { input_tokens: input, output_tokens: 100, cached_tokens: cached, ..Usage::default() };
    let ours = Models::ours();
    let cost = |provider: &str, name: &str, usage: Usage| ours.find(provider, name).unwrap().batch_cost(usage);
    for (provider, name) in [("openai", "gpt-6.1-terra"), ("claude", "claude-sonnet-5-5"), ("gemini", "gemini-4-argon")] {
        let model = ours.find(provider, name).unwrap();
        let halved = model.cost(usage(1000, 200)).map(|cost| cost / 2);
        assert_eq!(model.batch_cost(usage(1000, 200)), halved, "{name}");
        assert!(halved > Some(0), "{name}");
    }
    // 800 new at 150, 200 cached at 20 (not 15), 100 answered at 1250.
    let flash = cost("gemini", "gemini-3.5-flash-lite", usage(1000, 200));
    assert_eq!(flash, Some(120_000 + 4_000 + 125_000), "reading from the cache is not always halved");
    assert_eq!(cost("openai", "gpt-6.2-sol", usage(1000, 0)), None);
    assert_eq!(cost("openai", "gpt-6-luna", usage(300_000, 0)), None, "what a long call costs in a batch is not known");
}

proptest! {
    #[test]
    fn nothing_that_a_provider_says_is_too_strange(text in "[\\[\\]{}\":,a-z_0-9 ]{0,80}", name in "[a-z_]{1,20}", value in any::<i64>()) {
        let values = [serde_json::from_str::<Value>(&text).unwrap_or(Value::Null), json!({ name.clone(): value }), json!({ "result": { name: value } })];
        for (_, form) in forms() {
            for value in &values {
                let _ = (form.state(value), form.entry(value), form.page(value), form.line(value.clone()), form.results("x", value.clone()));
            }
        }
    }
}
