//! What goes wrong with batches: lost answers, limits of providers and of ours, answers that break off, words that must not be
//! repeated.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use sandbox::{Action, Cut, Fault};
use serde_json::{Value, json};

use super::batch_runs::{OWN_ID, PROVIDERS, batches, begun, ids, llm, requests, sandbox, told};
use super::wires::{Ending, answer};
use super::{KEY, client, settings};
use crate::adapters::llm::LlmSettings;
use crate::adapters::test_server::{Reply, Request, TestServer};
use crate::ports::{
    BatchError, BatchInput, BatchRef, BatchRequest, BatchState, Clock, Found, LlmError, Stray, SystemClock, Unanswered, UploadRef,
};

fn now() -> DateTime<Utc> {
    SystemClock.now()
}

fn lost(path: &str) -> Fault {
    Fault::new(Action::Drop { drop: Cut::After }).on("POST", path)
}

/// Where each provider's batches are created.
fn creation(provider: &str) -> &'static str {
    match provider {
        "claude" => "/messages/batches",
        "gemini" => ":batchGenerateContent",
        _ => "/batches",
    }
}

#[tokio::test]
async fn a_batch_whose_creation_was_not_answered_is_found_and_not_created_again() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox");
        let batches = batches(&llm);
        let before = now();
        let input = batches.upload(OWN_ID, &requests(2)).await.unwrap();
        sandbox.state().order(lost(creation(provider.0)));
        let error = batches.create(OWN_ID, input).await.unwrap_err();
        assert!(error.leaves_open() && matches!(error, BatchError::Call(LlmError::NoAnswer(_))), "{provider:?}: {error}");
        let batch = match batches.find(OWN_ID, before).await.unwrap() {
            Found::Yes(batch) if batches.finds_own() => batch,
            // Which it is, its results tell.
            Found::Perhaps(some) if !batches.finds_own() => some[0].clone(),
            other => panic!("{provider:?}: {other:?}"),
        };
        assert_eq!(batches.poll(&batch).await.unwrap(), BatchState::Ended, "{provider:?}");
        let told = told(batches, &batch, 2).await.unwrap();
        assert!(told.answers.len() == 2 && told.answers.values().all(Result::is_ok), "{provider:?}: {told:?}");
        assert_eq!(sandbox.state().llm_counts().batches, 1, "{provider:?}");
    }
}

#[tokio::test]
async fn a_batch_that_was_never_created_is_not_found() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox");
        let batches = batches(&llm);
        let input = batches.upload(OWN_ID, &requests(2)).await.unwrap();
        sandbox.state().order(Fault::new(Action::Drop { drop: Cut::Before }).on("POST", creation(provider.0)));
        assert!(batches.create(OWN_ID, input).await.unwrap_err().leaves_open(), "{provider:?}");
        assert_eq!(batches.find(OWN_ID, now()).await.unwrap(), Found::No, "{provider:?}: not even Anthropic's may be it");
    }
}

#[tokio::test]
async fn where_nothing_of_ours_is_kept_only_batches_of_that_time_may_be_it() {
    let sandbox = sandbox().await;
    let llm = llm(&sandbox, PROVIDERS[2], "sandbox");
    let batch = begun(batches(&llm), 1).await;
    let later = now() + TimeDelta::hours(1);
    assert_eq!(batches(&llm).find(OWN_ID, now()).await.unwrap(), Found::Perhaps(vec![batch]));
    assert_eq!(batches(&llm).find(OWN_ID, later).await.unwrap(), Found::No);
}

#[tokio::test]
async fn a_file_whose_upload_was_not_answered_is_found_and_used() {
    for provider in [PROVIDERS[0], PROVIDERS[1]] {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox");
        let batches = batches(&llm);
        let before = now();
        sandbox.state().order(lost("/files"));
        let error = batches.upload(OWN_ID, &requests(2)).await.unwrap_err();
        assert!(error.leaves_open(), "{provider:?}: {error}");
        let Found::Yes(upload) = batches.find_upload(OWN_ID, before).await.unwrap() else { panic!("it was uploaded") };
        let batch = batches.create(OWN_ID, BatchInput::Uploaded(upload)).await.unwrap();
        assert_eq!(batches.poll(&batch).await.unwrap(), BatchState::Ended, "{provider:?}");
    }
}

#[tokio::test]
async fn a_provider_that_asks_to_wait_has_created_nothing() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox");
        let batches = batches(&llm);
        let input = batches.upload(OWN_ID, &requests(2)).await.unwrap();
        let headers = BTreeMap::from([("retry-after".to_owned(), "7".to_owned())]);
        let answer = Action::Answer { status: 429, headers, body: None, html: None };
        sandbox.state().order(Fault::new(answer).on("POST", creation(provider.0)));
        let error = batches.create(OWN_ID, input).await.unwrap_err();
        let wait = LlmError::RateLimited { retry_after: Some(std::time::Duration::from_secs(7)) };
        assert_eq!(error, BatchError::Call(wait), "{provider:?}");
        assert!(!error.leaves_open(), "{provider:?}");
        assert_eq!(sandbox.state().llm_counts().batches, 0, "{provider:?}");
    }
}

#[tokio::test]
async fn results_that_break_off_can_be_read_again() {
    for (provider, path) in
        [(PROVIDERS[0], "/content"), (PROVIDERS[1], "/content"), (PROVIDERS[2], "/results"), (PROVIDERS[3], "/batches/*")]
    {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox");
        let batches = batches(&llm);
        let batch = begun(batches, 5).await;
        batches.poll(&batch).await.unwrap();
        let path = if path.contains('*') { format!("/llm/v1{path}") } else { path.to_owned() };
        sandbox.state().order(Fault::new(Action::Truncate { truncate_body: true }).on("GET", &path));
        let error = told(batches, &batch, 5).await.unwrap_err();
        assert!(matches!(error, BatchError::Call(LlmError::NoAnswer(_))), "{provider:?}: {error}");
        assert_eq!(told(batches, &batch, 5).await.unwrap().answers.len(), 5, "{provider:?}");
        assert_eq!(sandbox.state().llm_counts().batched, 5, "{provider:?}: reading again costs nothing");
    }
}

#[tokio::test]
async fn calls_that_no_provider_takes_are_not_sent() {
    for provider in PROVIDERS {
        let sandbox = sandbox().await;
        let llm = llm(&sandbox, provider, "sandbox");
        let batches = batches(&llm);
        let named = |ids: &[&str]| -> Vec<BatchRequest> {
            let request = |id: &&str| BatchRequest { custom_id: (*id).to_owned(), ..requests(1).remove(0) };
            ids.iter().map(request).collect()
        };
        let long = "x".repeat(65);
        for wrong in [vec![], vec![""], vec!["a b"], vec!["ä"], vec![long.as_str()], vec!["a", "b", "a"]] {
            let error = batches.upload(OWN_ID, &named(&wrong)).await.unwrap_err();
            assert!(matches!(error, BatchError::Unfit(_)), "{provider:?} {wrong:?}: {error}");
        }
        assert!(matches!(batches.upload("a\"b", &requests(1)).await, Err(BatchError::Unfit(_))), "{provider:?}");
        assert!(sandbox.state().journal().is_empty(), "{provider:?}");
    }
}

#[tokio::test]
async fn more_than_a_batch_holds_is_refused_with_the_number_that_fits() {
    let sandbox = sandbox().await;
    let llm = llm(&sandbox, PROVIDERS[3], "sandbox");
    let mut large = requests(5);
    for request in &mut large {
        request.prompt.user = "x".repeat(6_000_000);
    }
    let limit = batches(&llm).limits().most_bytes;
    assert_eq!(batches(&llm).upload(OWN_ID, &large).await.unwrap_err(), BatchError::TooLarge { fits: limit / 6_000_000 });
    assert!(sandbox.state().journal().is_empty());
    assert!(batches(&llm).upload(OWN_ID, &large[..3]).await.is_ok());
}

/// A provider that repeats what it was sent, and the key, in everything that it says.
fn parrot(asked: &Request) -> Reply {
    let key = ["authorization", "x-api-key", "x-goog-api-key"].map(|name| asked.header(name)).concat();
    let message = format!("{key} {}", String::from_utf8_lossy(&asked.body));
    Reply::json(400, &json!({ "error": { "message": message, "type": "invalid_request_error", "code": "bad_line" } }))
}

#[tokio::test]
async fn neither_key_nor_story_is_in_an_error_of_a_batch() {
    for (provider, named) in PROVIDERS {
        let server = TestServer::start(parrot).await;
        let llm = client(&LlmSettings { provider: provider.to_owned(), server: named.map(str::to_owned), ..settings(&server) });
        let batches = batches(&llm);
        let sent = match batches.upload(OWN_ID, &requests(1)).await {
            Ok(input) => batches.create(OWN_ID, input).await.unwrap_err(),
            Err(error) => error,
        };
        let batch = BatchRef("b-1".to_owned());
        let errors = [
            sent,
            batches.create(OWN_ID, BatchInput::Uploaded(UploadRef("f-1".to_owned()))).await.unwrap_err(),
            batches.find(OWN_ID, now()).await.unwrap_err(),
            batches.poll(&batch).await.unwrap_err(),
            batches.results(&batch, ids(1)).await.err().unwrap(),
            batches.cancel(&batch).await.unwrap_err(),
        ];
        for error in errors {
            let text = format!("{error} {error:?}");
            assert!(!text.contains(KEY) && !text.contains("invoice"), "{provider}: {text}");
            let told = matches!(error, BatchError::Call(LlmError::Rejected { .. } | LlmError::SchemaRejected(_)));
            assert!(told, "{provider}: {text}");
        }
        assert!(server.requests().iter().all(|asked| !asked.query.contains(KEY) && !asked.path.contains(KEY)), "{provider}");
    }
}

#[tokio::test]
async fn a_line_that_repeats_its_story_is_shown_by_its_code_alone() {
    let server = TestServer::start(|asked| match asked.path.as_str() {
        "/v1/files/f-1/content" => {
            let error = json!({ "message": "cannot read: A customer may pay by invoice above 20 EUR.", "type": "invalid_request_error", "code": "bad_line" });
            let response = json!({ "status_code": 400, "body": { "error": error } });
            Reply::text(200, "text/plain", &json!({ "custom_id": "call-1", "response": response, "error": null }).to_string())
        }
        _ => Reply::json(200, &json!({ "id": "b-1", "object": "batch", "status": "completed", "error_file_id": "f-1" })),
    })
    .await;
    let llm = client(&LlmSettings { provider: "openai".to_owned(), ..settings(&server) });
    let told = told(batches(&llm), &BatchRef("b-1".to_owned()), 1).await.unwrap();
    let Err(Unanswered::Failed(failed)) = &told.answers["call-1"] else { panic!("{told:?}") };
    let text = failed.to_string();
    assert!(text.contains("bad_line") && !text.contains("invoice"), "{text}");
}

/// An Anthropic server whose batch has ended with these lines; so many of its calls have expired.
async fn ended(lines: &[Value], cut: &str, expired: u32) -> TestServer {
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect::<String>() + cut;
    TestServer::start(move |asked| {
        if asked.path.ends_with("/results") {
            return Reply::text(200, "application/x-jsonl", &lines);
        }
        Reply::json(200, &json!({ "id": "b-1", "processing_status": "ended", "request_counts": { "expired": expired } }))
    })
    .await
}

fn answered(id: &str, text: &str) -> Value {
    let message: Value = serde_json::from_str(&answer("claude", Some(text), Ending::Done)).unwrap();
    json!({ "custom_id": id, "result": { "type": "succeeded", "message": message } })
}

#[tokio::test]
async fn of_two_lines_for_a_call_the_first_counts() {
    let server = ended(&[answered("call-1", "{\"a\":1}"), answered("call-1", "{\"a\":2}")], "", 0).await;
    let llm = client(&LlmSettings { provider: "claude".to_owned(), ..settings(&server) });
    let told = told(batches(&llm), &BatchRef("b-1".to_owned()), 1).await.unwrap();
    assert_eq!(told.answers["call-1"].as_ref().unwrap().text, "{\"a\":1}");
    assert_eq!(told.strays, [("call-1".to_owned(), Stray::Twice)]);
}

#[tokio::test]
async fn a_call_without_a_line_expired_with_its_batch_unless_a_line_could_not_be_read() {
    for (cut, missing) in [("", 0), ("{\"custom_id\":\"call-2\",\"resu", 1)] {
        let server = ended(&[answered("call-1", "{}")], cut, 1).await;
        let llm = client(&LlmSettings { provider: "claude".to_owned(), ..settings(&server) });
        let told = told(batches(&llm), &BatchRef("b-1".to_owned()), 2).await.unwrap();
        assert!(told.answers["call-1"].is_ok());
        let expired = told.answers.get("call-2").is_some_and(|answer| matches!(answer, Err(Unanswered::Expired)));
        assert_eq!((told.missing.len(), expired), (missing, missing == 0), "{cut}");
    }
}

#[tokio::test]
async fn answers_that_are_none_of_the_api_say_so() {
    let strange: [(Value, &str); 3] =
        [(json!({}), "without an id"), (json!({ "id": "../../x" }), "without an id"), (json!([]), "no JSON object")];
    for (told, why) in strange {
        let server = TestServer::start(move |_| Reply::json(200, &told)).await;
        let llm = client(&LlmSettings { provider: "claude".to_owned(), ..settings(&server) });
        let input = batches(&llm).upload(OWN_ID, &requests(1)).await.unwrap();
        let error = batches(&llm).create(OWN_ID, input).await.unwrap_err();
        assert!(error.leaves_open() && error.to_string().contains(why), "{error}");
    }
    let server = TestServer::start(|_| Reply::json(200, &json!({ "id": "b", "processing_status": "resting" }))).await;
    let llm = client(&LlmSettings { provider: "claude".to_owned(), ..settings(&server) });
    let error = batches(&llm).poll(&BatchRef("b".to_owned())).await.unwrap_err();
    assert!(matches!(&error, BatchError::Call(LlmError::InvalidReply(why)) if why.contains("state")), "{error}");
}

#[tokio::test]
async fn a_list_without_end_is_not_read_for_ever() {
    let page = json!({ "data": [{ "id": "b-1", "created_at": 4_000_000_000_i64 }], "has_more": true });
    let server = TestServer::start(move |_| Reply::json(200, &page)).await;
    let llm = client(&LlmSettings { provider: "openai".to_owned(), ..settings(&server) });
    assert_eq!(batches(&llm).find(OWN_ID, now()).await.unwrap_err(), BatchError::ListTooLong);
    assert_eq!(server.requests().len(), 100);
}

#[tokio::test]
async fn a_list_is_left_where_it_comes_to_what_is_older() {
    let page = json!({ "data": [{ "id": "b-1", "created_at": 1_600_000_000 }], "has_more": true });
    let server = TestServer::start(move |_| Reply::json(200, &page)).await;
    let llm = client(&LlmSettings { provider: "openai".to_owned(), ..settings(&server) });
    assert_eq!(batches(&llm).find(OWN_ID, now()).await.unwrap(), Found::No);
    assert_eq!(server.requests().len(), 1);
}
