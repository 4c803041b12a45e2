//! What is sent for batches, and what the sandbox answers, against the published types.

use jsonschema::Validator;
use serde_json::{Value, json};

use super::batch_runs::{OWN_ID, PROVIDERS, batches, llm, sandbox, told};
use super::contracts::{conforms, prompts, published};
use crate::ports::{BatchRequest, Found};

const FILES: [(&str, &str); 3] = [
    ("openai", "openai-sdk-3.54.schemas.json"),
    ("claude", "anthropic-2026-10-21.schemas.json"),
    ("gemini", "gemini.strict.schemas.json"),
];

/// A published type of a provider.
fn types(provider: &str, name: &str) -> Option<Validator> {
    let (_, file) = FILES.iter().find(|(known, _)| *known == provider)?;
    let types = published(file)?;
    let wanted = match provider {
        "gemini" => json!({ "$ref": format!("#/$defs/{name}"), "$defs": types["$defs"] }),
        _ => types[name].clone(),
    };
    let types = jsonschema::draft202012::new(&wanted).unwrap();
    assert!(!types.is_valid(&json!({ "id": 1, "requests": 1, "batch": 1 })), "{name}: the check checks nothing");
    Some(types)
}

/// Each kind of prompt there is.
fn requests() -> Vec<BatchRequest> {
    let named = |(at, prompt)| BatchRequest { custom_id: format!("call-{at}"), prompt };
    prompts().into_iter().enumerate().map(named).collect()
}

#[tokio::test]
async fn what_creates_a_batch_conforms_to_the_published_types() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox");
        let input = batches(&llm).upload(OWN_ID, &requests()).await.unwrap();
        batches(&llm).create(OWN_ID, input).await.unwrap();
        let sent = sandbox.state().journal();
        let of = |path: &str| sent.iter().find(|entry| entry.path.ends_with(path)).unwrap().body.clone();
        match provider.0 {
            "claude" => {
                let Some(types) = types("claude", "BatchCreateRequest") else { return };
                conforms(&types, "claude", &of("/messages/batches"));
            }
            "gemini" => {
                let Some(types) = types("gemini", "BatchGenerateContentRequest") else { return };
                let body = of(":batchGenerateContent");
                conforms(&types, "gemini", &body);
                let calls = body["batch"]["inputConfig"]["requests"]["requests"].as_array().unwrap().clone();
                assert!(calls.iter().all(|call| call["request"]["store"] == false), "Google keeps them otherwise");
            }
            _ => {
                let Some(types) = types("openai", "BatchCreateRequest") else { return };
                conforms(&types, "openai", &of("/batches"));
                lines_conform(provider.0, of("/files").as_str().unwrap());
            }
        }
    }
}

/// The lines of an uploaded file.
fn lines_conform(provider: &str, form: &str) {
    let (name, url) = match provider {
        "openai" => ("ResponsesRequest", "/v1/responses"),
        _ => ("ChatCompletionRequest", "/v1/chat/completions"),
    };
    let Some(types) = types("openai", name) else { return };
    let lines: Vec<Value> =
        form.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), requests().len());
    for line in lines {
        assert_eq!((line["method"].as_str(), line["url"].as_str()), (Some("POST"), Some(url)));
        assert_eq!(line["body"]["store"], false, "OpenAI keeps it otherwise");
        conforms(&types, name, &line["body"]);
    }
}

/// Our double must not drift from what the providers say.
#[tokio::test]
async fn the_batches_of_the_sandbox_conform_to_the_published_types() {
    for (provider, name) in [(PROVIDERS[0], "Batch"), (PROVIDERS[2], "MessageBatch"), (PROVIDERS[3], "Operation")] {
        for model in ["sandbox-batch-slow-1", "sandbox-batch-failed", "sandbox-batch-expired", "sandbox-batch-cancelled"] {
            let Some(types) = types(provider.0, name) else { return };
            let sandbox = sandbox().await;
            let llm = llm(&sandbox, provider, model);
            let input = batches(&llm).upload(OWN_ID, &requests()).await.unwrap();
            let batch = batches(&llm).create(OWN_ID, input).await.unwrap();
            for _ in 0..3 {
                let told = fetched(&sandbox.url(), provider.0, &batch.0).await;
                conforms(&types, model, &told);
                if provider.0 == "gemini" {
                    let Some(types) = self::types("gemini", "GenerateContentBatch") else { return };
                    let mut inner = told["metadata"].clone();
                    inner.as_object_mut().unwrap().remove("@type");
                    conforms(&types, model, &inner);
                }
            }
        }
    }
}

#[tokio::test]
async fn the_lines_of_the_sandbox_conform_to_the_published_types() {
    let Some(types) = types("claude", "MessageBatchIndividualResponse") else { return };
    for model in ["sandbox-batch-mixed", "sandbox-batch-expired", "sandbox-batch-cancelled", "sandbox-batch-failed"] {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, PROVIDERS[2], model);
        let input = batches(&llm).upload(OWN_ID, &requests()).await.unwrap();
        let batch = batches(&llm).create(OWN_ID, input).await.unwrap();
        batches(&llm).poll(&batch).await.unwrap();
        let lines = text(&sandbox.url(), "claude", &format!("{}/results", batch.0)).await;
        assert_eq!(lines.lines().count(), requests().len());
        for line in lines.lines() {
            conforms(&types, model, &serde_json::from_str(line).unwrap());
        }
        assert!(told(batches(&llm), &batch, 0).await.unwrap().answers.is_empty(), "nobody asked for any");
        assert!(!matches!(batches(&llm).find(OWN_ID, chrono::DateTime::default()).await.unwrap(), Found::No));
    }
}

/// A batch as the provider tells it.
async fn fetched(base: &str, provider: &str, path: &str) -> Value {
    serde_json::from_str(&text(base, provider, path).await).unwrap()
}

async fn text(base: &str, provider: &str, path: &str) -> String {
    let batches = if provider == "claude" { "messages/batches" } else { "batches" };
    let request = crate::adapters::http::client().build().unwrap().get(format!("{base}/llm/v1/{batches}/{path}"));
    let request = match provider {
        "claude" => request.header("x-api-key", "k"),
        "gemini" => request.header("x-goog-api-key", "k"),
        _ => request.header("authorization", "Bearer k"),
    };
    request.send().await.unwrap().text().await.unwrap()
}
