//! The model: answers that fit the schema it is shown, and misbehaviour by name.

use reqwest::StatusCode;
use sandbox::Options;
use serde_json::{Value, json};

use crate::support::{Site, site};

fn strings() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

fn object(properties: Value) -> Value {
    let required: Vec<String> = properties.as_object().unwrap().keys().cloned().collect();
    let mut schema = json!({"type": "object", "additionalProperties": false, "required": required});
    schema["properties"] = properties;
    schema
}

fn list(properties: Value) -> Value {
    json!({"type": "array", "items": object(properties)})
}

fn criteria_schema() -> Value {
    let text = json!({"type": "string"});
    let evidence = list(json!({"source": text, "quote": text}));
    object(json!({
        "language": text, "testable": {"type": "string", "enum": ["yes", "partly", "no"]}, "testable_reasons": strings(),
        "criteria": list(json!({
            "title": text, "kind": {"type": "string", "enum": ["rule", "limit", "permission", "error"]}, "given": strings(), "when": strings(),
            "then": strings(), "origin": {"type": "string", "enum": ["stated", "derived", "proposed"]}, "evidence": evidence, "rule": text, "surprise": {"type": "integer"},
        })),
        "out_of_scope": evidence, "questions": list(json!({"text": text, "why": text})), "warnings": strings(),
    }))
}

fn scenarios_schema() -> Value {
    let text = json!({"type": "string"});
    let choice = |values: &[&str]| json!({"type": "string", "enum": values});
    object(json!({
        "scenarios": list(json!({
            "title": text, "technique": choice(&["equivalence", "boundary"]), "priority": choice(&["p1", "p2"]), "preconditions": strings(),
            "steps": list(json!({"action": text, "data": text, "expected": text})), "given": strings(), "when": strings(), "then": strings(),
            "examples": object(json!({"header": strings(), "rows": {"type": "array", "items": strings()}})), "covers": strings(),
            "origin": choice(&["stated", "derived", "proposed"]), "evidence": list(json!({"source": text, "quote": text})),
        })),
        "questions": list(json!({"text": text, "why": text})), "warnings": strings(),
    }))
}

const DESCRIPTION: &str = "As a customer I want limits.\n\n- A cart holds at most 20 items.\n- More items are refused with a message.\n\n- Given a guest\n- When the guest opens the cart\n- Then a hint is shown";

fn shown() -> Value {
    json!({"story": {"key": "AB-1", "summary": "Limits", "parts": [
        {"id": "summary", "kind": "summary", "text": "Limits"}, {"id": "description", "kind": "description", "text": DESCRIPTION}]}})
}

async fn ask(site: &Site, model: &str, name: &str, schema: &Value, shown: &Value) -> (StatusCode, Value) {
    let body = json!({
        "model": model,
        "messages": [{"role": "system", "content": "Answer in JSON."}, {"role": "user", "content": format!("Read this:\n<story>\n{shown}\n</story>")}],
        "response_format": {"type": "json_schema", "json_schema": {"name": name, "strict": true, "schema": schema}},
    });
    let response = site
        .client
        .post(format!("{}/llm/v1/chat/completions", site.sandbox.url()))
        .bearer_auth("key")
        .json(&body)
        .send()
        .await
        .unwrap();
    let status = response.status();
    (status, serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default())
}

fn content(completion: &Value) -> Value {
    serde_json::from_str(completion["choices"][0]["message"]["content"].as_str().unwrap()).unwrap()
}

async fn empty() -> Site {
    site(Options::with_stories(vec![])).await
}

#[tokio::test]
async fn criteria_rest_on_the_words_of_the_story() {
    let site = empty().await;
    let schema = criteria_schema();
    let (status, completion) = ask(&site, "sandbox", "criteria", &schema, &shown()).await;
    assert_eq!(status, 200);
    assert_eq!((&completion["choices"][0]["finish_reason"], &completion["model"]), (&json!("stop"), &json!("sandbox")));
    let answer = content(&completion);
    assert!(jsonschema::is_valid(&schema, &answer), "{answer:#}");
    let criteria = answer["criteria"].as_array().unwrap();
    assert_eq!(criteria.len(), 4);
    for evidence in criteria.iter().flat_map(|criterion| criterion["evidence"].as_array().unwrap()) {
        assert!(DESCRIPTION.contains(evidence["quote"].as_str().unwrap()));
        assert_eq!(evidence["source"], "description");
    }
    assert_eq!(criteria[3]["then"], json!(["a hint is shown"]));
    let counts = site.state().llm_counts();
    assert_eq!((counts.total, counts.by_key["AB-1"], counts.by_call["criteria"], counts.by_model["sandbox"]), (1, 1, 1, 1));
    assert_eq!(site.state().journal()[0].key.as_deref(), Some("AB-1"));
}

#[tokio::test]
async fn scenarios_cover_every_criterion() {
    let site = empty().await;
    let schema = scenarios_schema();
    let mut shown = shown();
    shown["criteria"] = json!([
        {"id": "AC-1", "title": "One", "given": ["g"], "when": ["w"], "then": ["t"], "evidence": [{"source": "description", "quote": "A cart holds"}]},
        {"id": "AC-2", "title": "Two", "given": [], "when": ["w"], "then": ["t"], "evidence": []},
    ]);
    let (_, completion) = ask(&site, "sandbox", "scenarios", &schema, &shown).await;
    let answer = content(&completion);
    assert!(jsonschema::is_valid(&schema, &answer), "{answer:#}");
    let covers: Vec<&Value> = answer["scenarios"].as_array().unwrap().iter().map(|scenario| &scenario["covers"]).collect();
    assert_eq!(covers, [&json!(["AC-1"]), &json!(["AC-2"])]);
    assert_eq!(answer["scenarios"][0]["evidence"][0]["quote"], "A cart holds");
}

#[tokio::test]
async fn every_built_in_story_gets_an_answer() {
    let site = site(Options::default()).await;
    let schema = criteria_schema();
    for story in sandbox::built_in() {
        let text = format!("{}\n{}", story.description.plain(), story.acceptance_criteria.plain());
        let shown = json!({"story": {"key": story.key, "summary": story.summary, "parts": [{"id": "d", "kind": "description", "text": text}]}});
        let answer = content(&ask(&site, "sandbox", "criteria", &schema, &shown).await.1);
        assert!(jsonschema::is_valid(&schema, &answer), "{}", story.key);
        let empty = text.trim().is_empty();
        assert_eq!(answer["testable"] == "no", empty || story.key == "SHOP-6", "{}", story.key);
        if !empty && !story.language.is_empty() && story.key != "SHOP-6" {
            assert_eq!(answer["language"], story.language.as_str(), "{}", story.key);
        }
    }
}

#[tokio::test]
async fn other_schemas_get_the_plainest_answer() {
    let site = empty().await;
    let schema = object(
        json!({"ok": {"type": "boolean"}, "level": {"enum": [1, 2]}, "names": {"type": "array", "minItems": 1, "items": {"type": "string"}}}),
    );
    let answer = content(&ask(&site, "any-model", "probe", &schema, &shown()).await.1);
    assert!(jsonschema::is_valid(&schema, &answer), "{answer}");
}

#[tokio::test]
async fn models_misbehave_by_name() {
    let site = empty().await;
    let schema = criteria_schema();
    let ask = async |model: &str| ask(&site, model, "criteria", &schema, &shown()).await;
    assert_eq!(ask("sandbox-429").await.0, 429);
    assert_eq!(ask("sandbox-html").await, (StatusCode::BAD_GATEWAY, Value::Null));
    let (_, truncated) = ask("sandbox-truncated").await;
    assert_eq!(truncated["choices"][0]["finish_reason"], "length");
    assert!(serde_json::from_str::<Value>(truncated["choices"][0]["message"]["content"].as_str().unwrap()).is_err());
    assert!(ask("sandbox-refusal").await.1["choices"][0]["message"]["refusal"].is_string());
    assert!(!jsonschema::is_valid(&schema, &content(&ask("sandbox-invalid").await.1)));
    assert!(ask("sandbox-fenced").await.1["choices"][0]["message"]["content"].as_str().unwrap().contains("```json"));
    let invented = content(&ask("sandbox-invents").await.1);
    assert!(jsonschema::is_valid(&schema, &invented));
    let criteria = invented["criteria"].as_array().unwrap();
    let unsupported = |criterion: &&Value| !DESCRIPTION.contains(criterion["evidence"][0]["quote"].as_str().unwrap());
    assert_eq!(criteria.iter().filter(unsupported).count(), 1);
    assert!(criteria.iter().any(|criterion| criterion["then"][0].as_str().unwrap().contains("7319")));
}

#[tokio::test]
async fn a_key_is_needed_and_models_are_listed() {
    let site = empty().await;
    let url = format!("{}/v1/models", site.sandbox.url());
    assert_eq!(site.client.get(&url).send().await.unwrap().status(), 401);
    let models: Value = site.client.get(&url).bearer_auth("x").send().await.unwrap().json().await.unwrap();
    assert!(models["data"].as_array().unwrap().len() > 5);
}

/// Every wire's path, key and body, and the last of its events.
fn streams(model: &str) -> [(String, &'static str, Value, &'static str); 4] {
    let (system, user) = ("Answer in JSON.", shown().to_string());
    let messages = json!([{"role": "user", "content": user}]);
    [
        (
            "chat/completions".to_owned(),
            "authorization",
            json!({"model": model, "messages": messages, "stream": true, "stream_options": {"include_usage": true}}),
            "data: [DONE]\n\n",
        ),
        (
            "responses".to_owned(),
            "authorization",
            json!({"model": model, "instructions": system, "input": user, "stream": true}),
            "event: response.completed\n",
        ),
        (
            "messages".to_owned(),
            "x-api-key",
            json!({"model": model, "max_tokens": 100, "messages": messages, "stream": true}),
            "data: {\"type\":\"message_stop\"}\n\n",
        ),
        (
            format!("models/{model}:streamGenerateContent?alt=sse"),
            "x-goog-api-key",
            json!({"contents": [{"role": "user", "parts": [{"text": user}]}]}),
            "\"finishReason\":\"STOP\"",
        ),
    ]
}

async fn streamed(site: &Site, path: &str, header: &str, body: &Value) -> reqwest::Response {
    let key = if header == "authorization" { "Bearer key" } else { "key" };
    let request = site.client.post(format!("{}/llm/v1/{path}", site.sandbox.url())).header(header, key);
    request.header("anthropic-version", "2026-10-21").json(body).send().await.unwrap()
}

#[tokio::test]
async fn every_api_streams_when_it_is_asked_to_and_ends_as_its_provider_does() {
    let site = empty().await;
    for (path, header, body, last) in streams("sandbox") {
        let response = streamed(&site, &path, header, &body).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8", "{path}");
        let text = response.text().await.unwrap();
        assert!(text.matches("data: ").count() > 10, "{path}: {text}");
        let end = text.rfind(last).unwrap_or_else(|| panic!("{path} has no {last}: {text}"));
        assert!(!text[end + last.len()..].contains("\n\ndata: "), "{path}: something follows");
    }
}

#[tokio::test]
async fn streams_misbehave_by_name() {
    let site = empty().await;
    for (path, header, body, _) in streams("sandbox-stream-plain") {
        let answer: Value = streamed(&site, &path, header, &body).await.json().await.unwrap();
        assert!(answer.is_object(), "{path}");
    }
    for (path, header, body, last) in streams("sandbox-stream-broken") {
        assert!(
            streamed(&site, &path, header, &body).await.text().await.is_err(),
            "{path} ends as if nothing were wrong: {last}"
        );
    }
    for (path, header, body, last) in streams("sandbox-stream-closed") {
        let text = streamed(&site, &path, header, &body).await.text().await.unwrap();
        assert!(!text.is_empty() && !text.contains(last), "{path}");
    }
    for (path, header, body, _) in streams("sandbox-stream-error") {
        assert!(streamed(&site, &path, header, &body).await.text().await.unwrap().contains("verloaded"), "{path}");
    }
    for (path, header, body, _) in streams("sandbox-stream-silent") {
        let mut response = streamed(&site, &path, header, &body).await;
        assert!(response.chunk().await.unwrap().is_some(), "{path} begins");
    }
}

#[tokio::test]
async fn what_a_provider_would_not_take_of_a_stream_is_refused() {
    let site = empty().await;
    let [(chat, bearer, mut body, _), _, (messages, key, mut claude, _), (gemini, google, plain, _)] = streams("sandbox");
    body["stream"] = json!(false);
    assert_eq!(streamed(&site, &chat, bearer, &body).await.status(), 400, "stream_options without stream");
    claude["stream_options"] = json!({});
    assert_eq!(streamed(&site, &messages, key, &claude).await.status(), 400);
    let path = gemini.trim_end_matches("?alt=sse");
    assert_eq!(streamed(&site, path, google, &plain).await.status(), 404, "a list of JSON is not offered");
}
