//! The client against an HTTP server that remembers what it was asked.
//!
//! * [`wires`]: what each provider is sent, and how its answers are read
//! * [`outcomes`]: the classes of failures, for each provider
//! * [`streams`]: answers that come in pieces, without a network
//! * [`streaming`]: the same over HTTP, and how long it may take
//! * [`contracts`]: what is sent, against the published types
//! * [`batch_runs`], [`batch_troubles`]: batches from beginning to end, and what goes wrong with them; [`batch_lines`],
//!   [`batch_contracts`]: what is sent and read

mod batch_contracts;
mod batch_lines;
mod batch_runs;
mod batch_troubles;
mod contracts;
mod outcomes;
mod streaming;
mod streams;
mod wires;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::{LlmSettings, OFFLINE, PROVIDERS, build, spec};
use crate::adapters::http::Secret;
use crate::adapters::test_server::{Reply, TestServer};
use crate::ports::{Llm, LlmError, Prompt};

const KEY: &str = "sk-key-that-must-not-leak";

fn settings(server: &TestServer) -> LlmSettings {
    LlmSettings {
        base_url: Some(Url::parse(&format!("{}/v1/", server.url())).unwrap()),
        api_key: Some(Secret::new(KEY)),
        model: Some("m-1".to_owned()),
        timeout: Duration::from_secs(5),
        ..LlmSettings::new("openai_compatible")
    }
}

fn client(settings: &LlmSettings) -> Arc<dyn Llm> {
    build(settings).unwrap().unwrap()
}

fn prompt() -> Prompt {
    let user = json!({ "story": { "text": "A customer may pay by invoice when the basket is above 20 EUR." } }).to_string();
    Prompt::new("criteria", "Write criteria.".to_owned(), user, Arc::new(json!({ "type": "object" })))
}

fn reply() -> Reply {
    Reply::json(200, &json!({ "model": "m", "choices": [{ "message": { "content": "{}" }, "finish_reason": "stop" }] }))
}

#[tokio::test]
async fn a_call_goes_to_its_address_with_its_key() {
    let server = TestServer::start(|_| reply()).await;
    let llm = client(&settings(&server));
    assert_eq!(llm.complete(prompt()).await.unwrap().text, "{}");
    assert_eq!((llm.provider(), llm.model()), ("openai_compatible", "m-1"));
    let asked = server.requests().remove(0);
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(asked.header("authorization"), format!("Bearer {KEY}"));
    let body: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(body["messages"][1]["content"], prompt().user);
}

#[tokio::test]
async fn the_models_are_listed_with_the_key_and_told_without_it() {
    let listed =
        || Reply::json(200, &json!({ "object": "list", "data": [{ "id": "m-1" }, { "name": "no id" }, { "id": "m-2" }] }));
    let server = TestServer::start(move |_| listed()).await;
    assert_eq!(client(&settings(&server)).models().await.unwrap(), ["m-1", "m-2"]);
    let asked = server.requests().remove(0);
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/v1/models"));
    assert_eq!(asked.header("authorization"), format!("Bearer {KEY}"));
}

#[tokio::test]
async fn a_list_of_models_that_is_none_says_why_without_the_key() {
    let told = |reply: fn(&str) -> Reply| async move {
        let server = TestServer::start(move |asked| reply(asked.header("authorization"))).await;
        client(&settings(&server)).models().await.unwrap_err()
    };
    assert_eq!(told(|_| Reply::status(401)).await, LlmError::Unauthorized);
    assert!(matches!(told(|_| Reply::html(404, "<html>")).await, LlmError::Rejected { status: 404, .. }));
    assert!(matches!(told(|_| Reply::html(200, "<html>")).await, LlmError::InvalidReply(why) if why.contains("web page")));
    assert!(
        matches!(told(|_| Reply::json(200, &json!([]))).await, LlmError::InvalidReply(why) if why.contains("check the base URL"))
    );
    let echoed = told(|key| Reply::json(400, &json!({ "error": { "message": key } }))).await;
    assert!(!format!("{echoed} {echoed:?}").contains(KEY), "{echoed}");
}

#[tokio::test]
async fn a_server_without_key_is_asked_without_one() {
    let server = TestServer::start(|_| reply()).await;
    client(&LlmSettings { api_key: Some(Secret::new("")), ..settings(&server) }).complete(prompt()).await.unwrap();
    assert_eq!(server.requests()[0].header("authorization"), "");
}

#[tokio::test]
async fn nothing_is_repeated_and_no_redirect_is_followed() {
    for told in [500, 302] {
        let server = TestServer::start(move |_| Reply::status(told).with("location", "/v1/elsewhere")).await;
        client(&settings(&server)).complete(prompt()).await.unwrap_err();
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn slow_dropped_and_cut_answers_are_no_answer() {
    for (name, told) in [("never", Reply::never as fn() -> Reply), ("dropped", Reply::dropped), ("cut", Reply::cut)] {
        let server = TestServer::start(move |_| told()).await;
        let timeout = Duration::from_millis(100);
        let error = client(&LlmSettings { timeout, ..settings(&server) }).complete(prompt()).await.unwrap_err().error;
        assert!(matches!(error, LlmError::NoAnswer(_)), "{name}: {error}");
    }
}

#[tokio::test]
async fn no_more_calls_are_under_way_than_allowed() {
    let server = TestServer::start(|_| reply().after_yields(50)).await;
    let llm = client(&LlmSettings { max_in_flight: 2, ..settings(&server) });
    let calls: Vec<_> = (0..12)
        .map(|_| {
            tokio::spawn({
                let llm = Arc::clone(&llm);
                async move { llm.complete(prompt()).await }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(server.most_at_once() <= 2, "{}", server.most_at_once());
}

#[tokio::test]
async fn neither_key_nor_prompt_is_in_debug_output_or_an_error() {
    let server = TestServer::start(|asked| {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let message = match body["model"].as_str() {
            Some("key") => format!("bad key {}", asked.header("authorization")),
            _ => format!("cannot read {}", body["messages"][1]["content"].as_str().unwrap()),
        };
        Reply::json(400, &json!({ "error": { "message": message } }))
    })
    .await;
    let settings = settings(&server);
    assert!(!format!("{settings:?}").contains(KEY));
    for model in ["key", "prompt"] {
        let llm = client(&LlmSettings { model: Some(model.to_owned()), ..settings.clone() });
        let error = llm.complete(prompt()).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains(KEY) && !text.contains("invoice"), "{text}");
    }
    let llm = client(&settings);
    drop(server);
    let error = llm.complete(prompt()).await.unwrap_err().error;
    assert!(matches!(&error, LlmError::NoAnswer(why) if why.starts_with("no connection") && !why.contains(KEY)), "{error}");
}

#[test]
fn settings_that_cannot_work_are_refused_with_their_names() {
    let good = LlmSettings {
        base_url: Some(Url::parse("http://localhost:11434/v1").unwrap()),
        model: Some("m".to_owned()),
        ..LlmSettings::new("openai_compatible")
    };
    let problem = |settings: LlmSettings| build(&settings).err().map(|problem| problem.setting);
    assert_eq!(problem(good.clone()), None);
    assert_eq!(problem(LlmSettings { provider: "gpt".to_owned(), ..good.clone() }), Some("JQA_LLM_PROVIDER"));
    assert_eq!(problem(LlmSettings { model: Some(" ".to_owned()), ..good.clone() }), Some("JQA_LLM_MODEL"));
    assert_eq!(problem(LlmSettings { max_output_tokens: 0, ..good.clone() }), Some("JQA_LLM_MAX_OUTPUT_TOKENS"));
    assert_eq!(problem(LlmSettings { timeout: Duration::from_secs(3600), ..good.clone() }), Some("JQA_LLM_TIMEOUT"));
    assert_eq!(problem(LlmSettings { idle_timeout: Duration::ZERO, ..good.clone() }), Some("JQA_LLM_IDLE_TIMEOUT"));
    let hasty = LlmSettings { first_byte_timeout: Duration::ZERO, ..good.clone() };
    assert_eq!(problem(hasty), Some("JQA_LLM_FIRST_BYTE_TIMEOUT"));
    assert_eq!(problem(LlmSettings { temperature: Some(f64::NAN), ..good.clone() }), Some("JQA_LLM_TEMPERATURE"));
    assert_eq!(problem(LlmSettings { base_url: None, ..good.clone() }), Some("JQA_LLM_BASE_URL"));
    for url in ["ftp://h/", "http://u:p@h/v1", "http://h/v1?key=x", "data:x"] {
        assert_eq!(problem(LlmSettings { base_url: Url::parse(url).ok(), ..good.clone() }), Some("JQA_LLM_BASE_URL"), "{url}");
    }
}

#[test]
fn offline_is_a_provider_without_a_client() {
    assert!(build(&LlmSettings::new(OFFLINE)).unwrap().is_none());
    assert_eq!(
        PROVIDERS.iter().map(|spec| spec.name).collect::<Vec<_>>(),
        ["offline", "openai", "claude", "gemini", "openai_compatible"]
    );
    assert!(spec("anthropic").is_some_and(|spec| spec.name == "claude"));
}
