//! Batches from beginning to end, with each provider's API as the sandbox has it.

use std::collections::{BTreeMap, HashSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use sandbox::{Options, Sandbox};
use serde_json::json;
use url::Url;

use super::{KEY, client};
use crate::adapters::http::Secret;
use crate::adapters::llm::{LlmSettings, Models};
use crate::ports::{
    BatchError, BatchInput, BatchLine, BatchRef, BatchRequest, BatchState, Completion, Found, Llm, LlmBatches, LlmError, Prompt,
    Stray, Unanswered,
};

/// Every connection that has batches: its provider, and the server where it needs one.
pub(super) const PROVIDERS: [(&str, Option<&str>); 4] =
    [("openai", None), ("openai_compatible", Some("openai")), ("claude", None), ("gemini", None)];

pub(super) const OWN_ID: &str = "0199aa10-7c00-7000-8000-000000000001";

pub(super) async fn sandbox() -> Sandbox {
    sandbox::bind((Ipv4Addr::LOCALHOST, 0).into(), Options::default()).await.unwrap()
}

pub(super) fn llm(sandbox: &Sandbox, (provider, server): (&str, Option<&str>), model: &str) -> Arc<dyn Llm> {
    let priced = format!(
        "as_of = \"2026-11-20\"\n[[model]]\nprovider = \"{provider}\"\nid = \"{model}\"\nmax_input = 100000\nmax_output = 40000\n\
         usd_per_mtok = {{ input = 2, output = 10 }}\nbatch = {{ input = 1, output = 5 }}\n"
    );
    client(&LlmSettings {
        base_url: Some(Url::parse(&format!("{}/llm/v1", sandbox.url())).unwrap()),
        api_key: Some(Secret::new(KEY)),
        model: Some(model.to_owned()),
        server: server.map(str::to_owned),
        timeout: Duration::from_secs(20),
        models: Models::with(&priced).unwrap(),
        ..LlmSettings::new(provider)
    })
}

pub(super) fn batches(llm: &Arc<dyn Llm>) -> &dyn LlmBatches {
    llm.batches().unwrap()
}

pub(super) fn story(number: usize) -> Prompt {
    let parts = json!([{ "id": "description", "kind": "text", "text": "A customer may pay by invoice above 20 EUR." }]);
    let user = json!({ "story": { "key": format!("SHOP-{number}"), "parts": parts } }).to_string();
    Prompt::new("criteria", "Write criteria.".to_owned(), user, Arc::new(json!({ "type": "object" })))
}

pub(super) fn requests(count: usize) -> Vec<BatchRequest> {
    (1..=count).map(|number| BatchRequest { custom_id: format!("call-{number}"), prompt: story(number) }).collect()
}

pub(super) fn ids(count: usize) -> HashSet<String> {
    requests(count).into_iter().map(|request| request.custom_id).collect()
}

/// Gives so many calls away.
pub(super) async fn begun(batches: &dyn LlmBatches, count: usize) -> BatchRef {
    let input = batches.upload(OWN_ID, &requests(count)).await.unwrap();
    batches.create(OWN_ID, input).await.unwrap()
}

/// What the results say, by call; and what belongs to none.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) answers: BTreeMap<String, Result<Completion, Unanswered>>,
    pub(super) order: Vec<String>,
    pub(super) strays: Vec<(String, Stray)>,
    pub(super) missing: Vec<String>,
}

pub(super) async fn told(batches: &dyn LlmBatches, batch: &BatchRef, count: usize) -> Result<Told, BatchError> {
    let mut lines = batches.results(batch, ids(count)).await?;
    let mut told = Told::default();
    while let Some(line) = lines.try_next().await? {
        match line {
            BatchLine::Answer { custom_id, result } => {
                told.order.push(custom_id.clone());
                assert!(told.answers.insert(custom_id, result).is_none(), "an answer came twice");
            }
            BatchLine::Stray { custom_id, why } => told.strays.push((custom_id, why)),
            BatchLine::Missing { custom_id } => told.missing.push(custom_id),
        }
    }
    Ok(told)
}

#[tokio::test]
async fn every_call_of_a_batch_is_answered_once_and_costs_half() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox");
        let single = llm.complete(story(1)).await.unwrap();
        let batches = batches(&llm);
        let batch = begun(batches, 3).await;
        assert_eq!(batches.poll(&batch).await.unwrap(), BatchState::Ended, "{provider:?}");
        let told = told(batches, &batch, 3).await.unwrap();
        assert_eq!((told.answers.len(), &told.strays, &told.missing), (3, &vec![], &vec![]), "{provider:?}");
        let first = told.answers["call-1"].as_ref().unwrap();
        assert_eq!((&first.text, &first.model), (&single.text, &single.model), "{provider:?}");
        assert_eq!(first.usage.cost_nano_usd.map(|cost| cost * 2), single.usage.cost_nano_usd, "{provider:?}");
        assert!(first.usage.cost_nano_usd > Some(0), "{provider:?}");
        let counts = sandbox.state().llm_counts();
        assert_eq!((counts.batches, counts.batched, counts.total), (1, 3, 1), "{provider:?}");
        assert_eq!(counts.batched_by_key["SHOP-2"], 1, "{provider:?}");
    }
}

#[tokio::test]
async fn a_running_batch_says_how_far_it_is_and_has_no_results() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox-batch-slow-3");
        let batches = batches(&llm);
        let batch = begun(batches, 2).await;
        for _ in 0..2 {
            assert_eq!(batches.poll(&batch).await.unwrap(), BatchState::Running { done: 0, total: 2 }, "{provider:?}");
        }
        assert_eq!(told(batches, &batch, 2).await.unwrap_err(), BatchError::NoResults, "{provider:?}");
        assert_eq!(batches.poll(&batch).await.unwrap(), BatchState::Ended, "{provider:?}");
        assert_eq!(sandbox.state().llm_counts().batched, 2, "{provider:?}");
    }
}

#[tokio::test]
async fn answers_are_known_by_their_ids_and_not_by_their_order() {
    for provider in [PROVIDERS[0], PROVIDERS[1], PROVIDERS[2]] {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox");
        let batches = batches(&llm);
        let batch = begun(batches, 3).await;
        batches.poll(&batch).await.unwrap();
        assert_eq!(told(batches, &batch, 3).await.unwrap().order, ["call-3", "call-2", "call-1"], "{provider:?}");
    }
}

#[tokio::test]
async fn a_line_that_nobody_asked_for_is_reported_and_changes_nothing() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox-batch-unknown");
        let batches = batches(&llm);
        let batch = begun(batches, 2).await;
        batches.poll(&batch).await.unwrap();
        let told = told(batches, &batch, 2).await.unwrap();
        assert_eq!(told.strays, [("of-somebody-else".to_owned(), Stray::Unknown)], "{provider:?}");
        assert!(told.answers.values().all(Result::is_ok) && told.missing.is_empty(), "{provider:?}");
    }
}

#[tokio::test]
async fn a_line_that_is_cut_answers_nothing_and_its_call_is_missing() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox-batch-cut");
        let batches = batches(&llm);
        let batch = begun(batches, 3).await;
        batches.poll(&batch).await.unwrap();
        let told = told(batches, &batch, 3).await.unwrap();
        assert_eq!(told.strays, [(String::new(), Stray::Unreadable)], "{provider:?}");
        assert_eq!((told.answers.len(), told.missing.len()), (2, 1), "{provider:?}");
    }
}

#[tokio::test]
async fn each_call_fails_for_itself_in_the_class_of_a_single_call() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox-batch-mixed");
        let batches = batches(&llm);
        let batch = begun(batches, 5).await;
        assert_eq!(batches.poll(&batch).await.unwrap(), BatchState::Ended, "{provider:?}");
        let told = told(batches, &batch, 5).await.unwrap();
        let failed = |id: &str| match told.answers[id].as_ref().unwrap_err() {
            Unanswered::Failed(failed) => failed.clone(),
            other => panic!("{provider:?} {id}: {other}"),
        };
        assert!(told.answers["call-1"].is_ok(), "{provider:?}");
        assert_eq!(failed("call-2").error, LlmError::TooLong, "{provider:?}");
        assert!(matches!(failed("call-3").error, LlmError::Refused(_)), "{provider:?}");
        assert_eq!(failed("call-4").error, LlmError::Truncated, "{provider:?}");
        assert!(failed("call-4").usage.unwrap().output_tokens > 0, "{provider:?}: a cut reply is billed");
        assert!(matches!(failed("call-5").error, LlmError::Overloaded(503 | 529)), "{provider:?}: {}", failed("call-5"));
        assert_eq!(sandbox.state().llm_counts().batched, 3, "{provider:?}");
    }
}

#[tokio::test]
async fn an_expired_batch_has_the_answers_that_came_in_time() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox-batch-expired");
        let batches = batches(&llm);
        let batch = begun(batches, 4).await;
        assert_eq!(batches.poll(&batch).await.unwrap(), BatchState::Expired, "{provider:?}");
        let told = told(batches, &batch, 4).await.unwrap();
        // Google keeps no results of a batch that expired.
        let in_time = if provider.0 == "gemini" { 0 } else { 2 };
        for (at, answer) in told.answers.values().enumerate() {
            let expected = if at < in_time { answer.is_ok() } else { *answer.as_ref().unwrap_err() == Unanswered::Expired };
            assert!(expected, "{provider:?} {at}: {answer:?}");
        }
        assert_eq!((told.answers.len(), &told.missing), (4, &vec![]), "{provider:?}");
        let billed = sandbox.state().llm_counts().batched;
        assert_eq!(billed, in_time as u64, "{provider:?}: what was not made is not billed");
    }
}

#[tokio::test]
async fn a_cancelled_batch_ends_soon_with_what_was_answered() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox-batch-slow-1000");
        let batches = batches(&llm);
        let batch = begun(batches, 4).await;
        batches.poll(&batch).await.unwrap();
        batches.cancel(&batch).await.unwrap();
        assert_eq!(batches.poll(&batch).await.unwrap(), BatchState::Cancelled, "{provider:?}");
        let told = told(batches, &batch, 4).await.unwrap();
        let cancelled = told.answers.values().filter(|answer| matches!(answer, Err(Unanswered::Cancelled)));
        assert_eq!((told.answers.len(), cancelled.count()), (4, 2), "{provider:?}");
        let late = batches.cancel(&batch).await.unwrap_err();
        assert!(matches!(late, BatchError::Call(LlmError::Rejected { status: 400, .. })), "{provider:?}: {late}");
    }
}

#[tokio::test]
async fn what_a_provider_keeps_of_a_batch_is_deleted_once_it_has_ended() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox-batch-slow-1");
        let batches = batches(&llm);
        let batch = begun(batches, 2).await;
        assert_eq!(batches.forget(&batch).await.unwrap_err(), BatchError::NoResults, "{provider:?}: it runs");
        batches.poll(&batch).await.unwrap();
        assert_eq!(told(batches, &batch, 2).await.unwrap().answers.len(), 2, "{provider:?}");
        batches.forget(&batch).await.unwrap();
        assert!(told(batches, &batch, 2).await.is_err(), "{provider:?}: the results are gone");
        assert_eq!(batches.find_upload(OWN_ID, chrono::DateTime::default()).await.unwrap(), Found::No, "{provider:?}");
        batches.forget(&batch).await.unwrap();
    }
}

#[tokio::test]
async fn a_batch_that_is_not_taken_as_a_whole_says_why() {
    for (provider, why) in [(PROVIDERS[0], "model_not_found (line 1)"), (PROVIDERS[3], "NOT_FOUND")] {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox-batch-failed");
        let batches = batches(&llm);
        let batch = begun(batches, 2).await;
        assert_eq!(batches.poll(&batch).await.unwrap(), BatchState::Failed(why.to_owned()), "{provider:?}");
        assert_eq!(told(batches, &batch, 2).await.unwrap_err(), BatchError::NoResults, "{provider:?}");
    }
    // Anthropic takes every batch, and each call fails for itself.
    let sandbox = sandbox().await;
    let llm = llm(&sandbox, PROVIDERS[2], "sandbox-batch-failed");
    let batch = begun(batches(&llm), 2).await;
    assert_eq!(batches(&llm).poll(&batch).await.unwrap(), BatchState::Ended);
    let told = told(batches(&llm), &batch, 2).await.unwrap();
    for answer in told.answers.values() {
        let Err(Unanswered::Failed(failed)) = answer else { panic!("{answer:?}") };
        assert!(matches!(failed.error, LlmError::Rejected { status: 404, .. }), "{failed}");
    }
}

#[tokio::test]
async fn a_batch_is_found_by_our_own_id_on_any_page() {
    for provider in [PROVIDERS[0], PROVIDERS[3]] {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox");
        let batches = batches(&llm);
        let since = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let mut begun = Vec::new();
        for number in 0..25 {
            let own_id = format!("own-{number}");
            let input = batches.upload(&own_id, &requests(1)).await.unwrap();
            begun.push(batches.create(&own_id, input).await.unwrap());
        }
        for number in [0, 12, 24] {
            let found = batches.find(&format!("own-{number}"), since).await.unwrap();
            assert_eq!(found, Found::Yes(begun[number].clone()), "{provider:?}");
        }
        assert_eq!(batches.find("own-99", since).await.unwrap(), Found::No, "{provider:?}");
        let uploads = batches.find_upload("own-3", since).await.unwrap();
        assert_eq!(matches!(uploads, Found::Yes(_)), provider.0 == "openai", "{provider:?}");
    }
}

#[test]
fn only_servers_that_have_batches_are_asked_for_them() {
    let of = |server: &str| {
        let settings = LlmSettings {
            base_url: Url::parse("http://localhost:11434/v1").ok(),
            model: Some("m".to_owned()),
            server: Some(server.to_owned()),
            ..LlmSettings::new("openai_compatible")
        };
        client(&settings).batches().is_some()
    };
    assert!(of("openai") && of("azure"));
    for server in ["openrouter", "mistral", "ollama", "vllm", "litellm", "other"] {
        assert!(!of(server), "{server}");
    }
}

#[tokio::test]
async fn what_is_given_away_shows_no_story_in_debug_output() {
    let sandbox = sandbox().await;
    let llm = llm(&sandbox, PROVIDERS[2], "sandbox");
    let input = batches(&llm).upload(OWN_ID, &requests(1)).await.unwrap();
    assert!(matches!(input, BatchInput::Inline(_)));
    assert!(!format!("{input:?}").contains("invoice"), "{input:?}");
}
