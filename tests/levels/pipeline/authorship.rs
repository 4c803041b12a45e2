//! Writing with a model: its calls, its bill, its failures, and what the checks make of what it says.

use std::collections::BTreeMap;

use sandbox::{Action, Cut, Fault};
use serde_json::{Value, json};
use shared::domain::evidence::Origin;
use shared::domain::finding::FindingCode;
use shared::domain::job::JobKind;
use shared::domain::language::Language;
use shared::ports::Clock;
use tests::app::{App, Setup};

use crate::support::STORY;

const LLM: &str = "/llm/v1/chat/completions";

fn states(ledger: &[(&str, &str)]) -> Vec<(String, String)> {
    ledger.iter().map(|(stage, state)| ((*stage).to_owned(), (*state).to_owned())).collect()
}

/// What is kept of calls to a model whose price nobody knows.
fn used_of(input: i64, output: i64, calls: i64) -> Value {
    json!({ "input_tokens": input, "output_tokens": output, "cached_tokens": 0, "cache_write_tokens": 0, "reasoning_tokens": 0,
        "cost_nano_usd": null, "calls": calls, "reused": 0 })
}

#[tokio::test]
async fn a_full_pipeline_makes_two_calls_and_settles_both() {
    let app = App::with_model("sandbox").await;
    let id = app.asks(JobKind::FullPipeline, STORY).run().await;
    app.succeeded(id).await;
    let counts = app.jira().llm_counts();
    assert_eq!((counts.total, counts.by_call["criteria"], counts.by_call["scenarios"], counts.by_model["sandbox"]), (2, 1, 1, 2));

    let ledger = app.ledger(id).await;
    assert_eq!(app.ledger_states(id).await, states(&[("criteria", "settled"), ("scenarios", "settled")]));
    let sum = |tokens: fn(&tests::app::Call) -> Option<i64>| ledger.iter().filter_map(tokens).sum::<i64>();
    let (input, output) = (sum(|call| call.input_tokens), sum(|call| call.output_tokens));
    assert!(input > 0 && output > 0);

    let kept = app.history(id).await.expect("a result");
    assert_eq!((kept.provider.as_str(), kept.model.as_str()), ("openai_compatible", "sandbox"));
    let usage: serde_json::Value = serde_json::from_str(&kept.usage_json).expect("usage");
    assert_eq!(usage, used_of(input, output, 2));
    assert!(!kept.prompt_version.is_empty());
    let used = |direction: &str| {
        app.metric(&format!("llm_tokens_used_total{{provider=\"openai_compatible\",direction=\"{direction}\"}}"))
    };
    assert_eq!((used("input") as i64, used("output") as i64), (input, output));
}

#[tokio::test]
async fn what_the_model_says_rests_on_words_of_the_story() {
    let app = App::with_model("sandbox").await;
    let id = app.asks(JobKind::FullPipeline, STORY).run().await;
    app.succeeded(id).await;
    let set = app.criteria(id).await.set;
    assert!(!set.criteria.is_empty());
    for criterion in set.criteria.iter().filter(|criterion| criterion.origin == Origin::Stated) {
        assert!(criterion.evidence.iter().any(|evidence| evidence.verified), "{criterion:?}");
    }
    let suite = app.suite(id).await.suite;
    assert_eq!(suite.coverage.covered, set.criteria.len());
}

#[tokio::test]
async fn the_model_is_told_the_language_that_was_asked_for() {
    let app = App::with_model("sandbox").await;
    let id = app.asks(JobKind::AcceptanceCriteria, "SHOP-8").run().await;
    app.succeeded(id).await;
    assert_eq!(app.criteria(id).await.set.language, app.story(id).await.language);
    assert_ne!(app.story(id).await.language, Language::English);
}

#[tokio::test]
async fn what_the_model_invents_is_asked_for_again_twice_and_then_marked_or_dropped() {
    let app = App::with_model("sandbox-invents").await;
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    app.succeeded(id).await;
    assert_eq!(app.jira().llm_counts().by_call["criteria"], 3, "one call and two repairs");
    assert_eq!(app.ledger_states(id).await, states(&[("criteria", "settled"); 3]));
    let artifact = app.criteria(id).await;
    assert_eq!(artifact.by.calls, 3);

    let invented = |text: &str| text.contains("pigeon") || text.contains("7319");
    let stated: Vec<_> = artifact.set.criteria.iter().filter(|one| one.origin == Origin::Stated).collect();
    assert!(!stated.is_empty());
    assert!(stated.iter().all(|one| !invented(&one.gherkin)), "an invention passes for the story's own words");
    let marked = artifact.set.criteria.iter().filter(|one| one.origin == Origin::Proposed).map(|one| &one.findings);
    let dropped = artifact.set.dropped.iter().map(|one| &one.findings);
    let findings: Vec<_> = marked.chain(dropped).flatten().map(|finding| finding.code).collect();
    assert!(findings.contains(&FindingCode::EvidenceNotFound), "{findings:?}");
    assert!(findings.contains(&FindingCode::NumberNotInStory), "{findings:?}");
}

#[tokio::test]
async fn a_repair_that_fails_does_not_throw_away_what_was_paid_for() {
    let app = App::with_model("sandbox-invents").await;
    app.jira().order(Fault::status(400).on("POST", LLM).after(1).times(0));
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    app.succeeded(id).await;
    assert!(!app.criteria(id).await.set.criteria.is_empty());
    assert_eq!(app.jira().llm_counts().by_call["criteria"], 1, "the good reply was not asked for again");
    let mut ledger = app.ledger_states(id).await;
    ledger.sort();
    assert_eq!(ledger, states(&[("criteria", "free"), ("criteria", "settled")]));
}

#[tokio::test]
async fn a_reply_between_fences_is_understood() {
    let app = App::with_model("sandbox-fenced").await;
    let id = app.asks(JobKind::FullPipeline, STORY).run().await;
    app.succeeded(id).await;
    assert_eq!(app.jira().llm_calls(), 2);
}

const PROVIDERS: [&str; 4] = ["openai", "claude", "gemini", "openai_compatible"];

/// Whose models the table does not know: nothing is known of the sandbox's.
fn provided(provider: &str, model: &str) -> Setup {
    Setup::default().model(model).set("JQA_LLM_PROVIDER", provider)
}

#[tokio::test]
async fn each_provider_writes_the_same_by_its_own_api() {
    let mut made = Vec::new();
    for provider in PROVIDERS {
        let app = provided(provider, "sandbox").start().await;
        let id = app.asks(JobKind::FullPipeline, STORY).run().await;
        app.succeeded(id).await;
        assert_eq!(app.jira().llm_calls(), 2, "{provider}");
        let kept = app.history(id).await.expect("a result");
        assert_eq!((kept.provider.as_str(), kept.model.as_str()), (provider, "sandbox"));
        assert!(app.metric(&format!("llm_tokens_used_total{{provider=\"{provider}\",direction=\"output\"}}")) > 0.0);
        made.push(kept.acceptance_criteria_json);
    }
    assert!(made[0].is_some() && made.iter().all(|one| *one == made[0]));
}

#[tokio::test]
async fn the_ways_in_which_a_model_fails_have_their_codes_verdicts_and_numbers_of_calls_whoever_provides_it() {
    for (model, status, code, calls) in [
        ("sandbox-truncated", "failed", "llm.truncated", 2),
        ("sandbox-refusal", "failed", "llm.refused", 1),
        ("sandbox-invalid", "queued", "llm.invalid_reply", 1),
        ("sandbox-html", "queued", "llm.unavailable", 1),
        ("sandbox-429", "queued", "llm.rate_limited", 1),
        ("sandbox-overloaded", "queued", "llm.overloaded", 1),
        ("sandbox-no-credit", "failed", "llm.quota_exhausted", 1),
        ("sandbox-too-long", "failed", "llm.too_long", 1),
    ] {
        for provider in PROVIDERS {
            let what = format!("{provider} {model}");
            let app = provided(provider, model).start().await;
            let id = app.asks(JobKind::FullPipeline, STORY).run().await;
            assert_eq!(app.status(id).await, (status.to_owned(), code.to_owned()), "{what}");
            let row = app.job(id).await;
            assert_eq!(row.attempt, i32::from(status == "queued" && model != "sandbox-429"), "{what}");
            assert_eq!(row.stage, "criteria", "{what}");
            assert_eq!(app.jira().llm_calls(), calls, "{what}: within a try only what may be longer is asked again");
            assert!(app.ledger_states(id).await.iter().all(|(_, state)| state != "reserved"), "{what}");
            let message = row.error_message.unwrap_or_default();
            assert!(!message.contains("quantity") && !message.contains("<html>"), "{what}: {message}");
        }
    }
}

#[tokio::test]
async fn a_schema_that_is_not_taken_is_asked_for_in_words_from_then_on() {
    for provider in PROVIDERS {
        let app = provided(provider, "sandbox-no-schema").start().await;
        let id = app.asks(JobKind::FullPipeline, STORY).run().await;
        app.succeeded(id).await;
        assert_eq!(app.jira().llm_calls(), 4, "{provider}: in each stage once with the schema and once without");
        assert_eq!(app.criteria(id).await.by.calls, 1, "{provider}: the refusal cost nothing");
        assert_eq!(app.ledger_states(id).await.len(), 4, "{provider}");
    }
}

#[tokio::test]
async fn what_a_model_cost_is_kept_where_its_price_is_known() {
    let table = tempfile::NamedTempFile::new().expect("a file");
    let rows = "as_of = \"2026-11-01\"\n[[model]]\nprovider = \"claude\"\nid = \"sandbox\"\nmax_input = 100000\n\
                max_output = 100000\nusd_per_mtok = { input = 2, output = 10 }\n";
    std::fs::write(table.path(), rows).expect("a table of models");
    let app = provided("claude", "sandbox").set("JQA_LLM_MODELS_FILE", &table.path().display().to_string()).start().await;
    let id = app.asks(JobKind::FullPipeline, STORY).run().await;
    app.succeeded(id).await;
    let used: Value = serde_json::from_str(&app.history(id).await.expect("a result").usage_json).expect("usage");
    let tokens = |name: &str| used[name].as_i64().expect("tokens");
    assert_eq!(used["cost_nano_usd"], json!(tokens("input_tokens") * 2_000 + tokens("output_tokens") * 10_000));
}

#[tokio::test]
async fn a_reply_that_was_cut_may_be_longer_the_second_time_and_both_are_paid() {
    let app = App::with_model("sandbox-short").await;
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    app.succeeded(id).await;
    assert_eq!(app.jira().llm_calls(), 2);
    let by = app.criteria(id).await.by;
    assert_eq!(by.calls, 2);
    assert_eq!(by.usage.cost_nano_usd, None, "nobody knows what a model of this name costs");
    assert_eq!(app.ledger_states(id).await, states(&[("criteria", "settled"); 2]));
}

#[tokio::test]
async fn a_model_that_asks_to_slow_down_is_waited_for() {
    let app = App::with_model("sandbox-429").await;
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    let row = app.job(id).await;
    assert!((1000..=1100).contains(&(row.due_at - app.clock.now_ms())), "{}", row.due_at - app.clock.now_ms());
    assert_eq!(row.attempt, 0);
}

#[tokio::test]
async fn a_model_that_cannot_be_reached_is_tried_again_and_its_calls_are_unknown() {
    let app = App::with_model("sandbox").await;
    app.jira().order(Fault::new(Action::Drop { drop: Cut::Before }).on("POST", LLM));
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(app.status(id).await, ("queued".to_owned(), "llm.no_answer".to_owned()));
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!(app.ledger_states(id).await, states(&[("criteria", "unknown"), ("criteria", "settled")]));
    assert_eq!(app.jira().counts()["GET /rest/api/3/issue/{issueIdOrKey} 200"], 2, "the story was read once, and its parent");
}

#[tokio::test]
async fn what_failed_tries_cost_is_in_the_bill() {
    let app = App::with_model("sandbox").await;
    let reply = |text: &str| {
        let choice = json!({ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" });
        let usage = json!({ "prompt_tokens": 1100, "completion_tokens": 70 });
        let body = json!({ "model": "sandbox", "choices": [choice], "usage": usage });
        Fault::new(Action::Answer { status: 200, headers: BTreeMap::new(), body: Some(body), html: None }).on("POST", LLM)
    };
    app.jira().order(reply("I am not sure what you mean."));
    app.jira().order(reply("{\"of\": \"another form\"}"));
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    for _ in 0..2 {
        assert_eq!(app.status(id).await, ("queued".to_owned(), "llm.invalid_reply".to_owned()));
        app.run_when_due(id).await;
    }
    app.succeeded(id).await;
    let ledger = app.ledger(id).await;
    assert_eq!(
        ledger.iter().map(|call| (call.epoch, call.state.as_str())).collect::<Vec<_>>(),
        [(1, "settled"), (2, "settled"), (3, "settled")]
    );
    assert_eq!((ledger[0].input_tokens, ledger[1].output_tokens), (Some(1100), Some(70)));
    let sum = |tokens: fn(&tests::app::Call) -> Option<i64>| ledger.iter().filter_map(tokens).sum::<i64>();
    let bill = used_of(sum(|call| call.input_tokens), sum(|call| call.output_tokens), 3);
    let kept: serde_json::Value = serde_json::from_str(&app.history(id).await.expect("a result").usage_json).expect("usage");
    assert_eq!(kept, bill);
    let by = app.criteria(id).await.by;
    assert_eq!(
        (json!(by.usage.input_tokens), json!(by.usage.output_tokens), by.calls),
        (bill["input_tokens"].clone(), bill["output_tokens"].clone(), 3)
    );
}

#[tokio::test]
async fn a_spike_costs_no_call_for_scenarios_and_reserves_none() {
    let app = Setup::default().model("sandbox").start().await;
    let id = app.asks(JobKind::FullPipeline, "SHOP-13").run().await;
    app.succeeded(id).await;
    assert_eq!(app.jira().llm_counts().by_call.get("scenarios"), None);
    assert_eq!(app.ledger_states(id).await, states(&[("criteria", "settled")]));
    assert!(!app.criteria(id).await.set.questions.is_empty());
}
