//! How fast models are asked, what happens while they are overloaded, and who stands in for them.

use std::time::Duration;

use futures::future::join_all;
use sandbox::{Action, Fault};
use shared::adapters::http::Secret;
use shared::domain::job::JobKind;
use shared::store::Sql;
use shared::store::audit::Actor;
use shared::store::connection::LlmOptions;
use shared::vault::NewLlm;
use tests::app::{App, Setup};
use uuid::Uuid;

use crate::support::{STORY, answer, until};

const LLM: &str = "/llm/v1/chat/completions";

/// A model that the second connection stands in for.
fn standing_in(model: &str) -> Setup {
    let setup = Setup::default().model(model).set("JQA_LLM_FALLBACK", "nobody,second");
    setup.set("JQA_CONNECTIONS_ALLOW", "127.0.0.0/8")
}

/// How often the model was asked so far, and answered this; `None` = it did not answer.
fn asked(app: &App, status: Option<u16>) -> usize {
    app.jira().journal().iter().filter(|entry| entry.path == LLM && entry.status == status).count()
}

/// The second model connection, at the same sandbox.
async fn second(app: &App, model: &str) {
    let new = NewLlm {
        name: "second".to_owned(),
        provider: "openai_compatible".to_owned(),
        base_url: app.settings.llm.base_url.as_ref().expect("an address").to_string(),
        model: model.to_owned(),
        // Another account.
        api_key: Some(Secret::new("another key".to_owned())),
        options: LlmOptions::default(),
        is_default: false,
        active: true,
    };
    app.vault.create_llm(new, &Actor::default()).await.expect("a connection");
    app.connections.look_again();
}

async fn submitted(app: &App, jobs: usize) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for _ in 0..jobs {
        ids.push(app.asks(JobKind::AcceptanceCriteria, STORY).submit().await);
    }
    ids
}

/// Each job by a worker of its own, all at once.
async fn run_at_once(app: &App, ids: &[Uuid]) -> Vec<(String, String)> {
    let workers: Vec<_> = (0..ids.len()).map(|n| app.worker(&format!("w{n}"))).collect();
    join_all(ids.iter().zip(&workers).map(|(id, worker)| worker.run(*id))).await;
    join_all(ids.iter().map(|id| app.status(*id))).await
}

fn count(ends: &[(String, String)], wanted: (&str, &str)) -> usize {
    ends.iter().filter(|(status, code)| (status.as_str(), code.as_str()) == wanted).count()
}

#[tokio::test]
async fn no_more_calls_are_made_in_a_minute_than_the_connection_allows_and_those_that_wait_count_nothing() {
    let app = Setup::default().model("sandbox").set("JQA_LLM_REQUESTS_PER_MINUTE", "3").start().await;
    let ids = submitted(&app, 8).await;
    let worker = app.worker("w");
    for id in &ids {
        worker.run(*id).await;
    }
    assert_eq!(app.jira().llm_counts().total, 3);
    let waiting = app.job(ids[7]).await;
    assert_eq!((waiting.status.as_str(), waiting.error_code.as_deref(), waiting.attempt), ("queued", Some("llm.paced"), 0));
    let calls = app.ledger(ids[7]).await;
    assert!(calls.iter().all(|call| call.state == "free"), "what is not asked costs nothing: {calls:?}");
    app.seconds_later(60);
    app.run_jobs().await;
    assert_eq!(app.jira().llm_counts().total, 6);
}

#[tokio::test]
async fn workers_that_cannot_agree_have_their_part_each() {
    let app = Setup::default().model("sandbox").set("JQA_LLM_REQUESTS_PER_MINUTE", "6").start().await;
    for name in ["elsewhere-1", "elsewhere-2"] {
        app.worker(name).beat().await;
    }
    let ids = submitted(&app, 6).await;
    let worker = app.worker("here");
    for id in &ids {
        worker.run(*id).await;
    }
    assert_eq!(app.jira().llm_counts().total, 2, "a third of six");
}

#[tokio::test]
async fn no_more_calls_are_under_way_at_once_than_the_part_of_a_worker_allows() {
    let app = Setup::default().model("sandbox").set("JQA_LLM_CALLS_AT_ONCE", "6").start().await;
    // Answers that never come: the calls stay under way for as long as the test looks.
    app.jira().order(Fault::new(Action::Delay { delay_ms: 600_000 }).on("POST", LLM).times(0));
    let ids = submitted(&app, 5).await;
    let shown = app.worker("shown");
    for name in ["w0", "w1", "shown"] {
        app.worker(name).beat().await;
    }
    let running: Vec<_> = ids[..2].iter().enumerate().map(|(n, id)| app.begins(&format!("w{n}"), *id)).collect();
    until(|| asked(&app, None) == 2).await;
    for id in &ids[2..] {
        shown.run(*id).await;
        assert_eq!(app.status(*id).await, ("queued".to_owned(), "llm.paced".to_owned()));
    }
    running.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn one_that_is_asked_to_slow_down_slows_down_all_of_its_account() {
    let app = App::with_model("sandbox").await;
    app.jira().order(answer(429, ("retry-after", "40")).on("POST", LLM).times(1));
    let ids = submitted(&app, 4).await;
    let worker = app.worker("w");
    for id in &ids {
        worker.run(*id).await;
    }
    let codes = join_all(ids.iter().map(|id| app.status(*id))).await;
    assert_eq!((count(&codes, ("queued", "llm.rate_limited")), count(&codes, ("queued", "llm.paced"))), (1, 3), "{codes:?}");
    assert_eq!(asked(&app, Some(429)), 1);
    app.seconds_later(60);
    app.run_jobs().await;
    for id in ids {
        app.succeeded(id).await;
    }
}

#[tokio::test]
async fn an_overloaded_model_is_stood_in_for_at_once_and_the_result_says_by_whom() {
    let app = standing_in("sandbox-overloaded").start().await;
    second(&app, "sandbox").await;
    let id = app.asks(JobKind::FullPipeline, STORY).run().await;
    app.succeeded(id).await;
    assert_eq!(app.criteria(id).await.by.model, "sandbox");
    let models: Vec<_> = app.ledger(id).await.iter().map(|call| (call.model.clone(), call.state.clone())).collect();
    let pair = |model: &str, state: &str| (model.to_owned(), state.to_owned());
    let stage = [pair("sandbox-overloaded", "free"), pair("sandbox", "settled")];
    assert_eq!(models, [stage.clone(), stage].concat());
}

#[tokio::test]
async fn while_a_provider_asks_to_wait_its_stand_in_is_asked_by_all() {
    let app = standing_in("sandbox").start().await;
    second(&app, "sandbox-fenced").await;
    app.jira().order(answer(429, ("retry-after", "3600")).on("POST", LLM).times(1));
    let ids = submitted(&app, 3).await;
    let worker = app.worker("w");
    for id in &ids {
        worker.run(*id).await;
        app.succeeded(*id).await;
        assert_eq!(app.criteria(*id).await.by.model, "sandbox-fenced");
    }
    assert_eq!(asked(&app, Some(429)), 1);
}

#[tokio::test]
async fn a_stand_in_that_is_of_no_use_does_not_end_what_the_first_would_do_later() {
    let app = standing_in("sandbox").start().await;
    second(&app, "sandbox-no-credit").await;
    app.jira().order(answer(429, ("retry-after", "40")).on("POST", LLM).times(1));
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(app.status(id).await, ("queued".to_owned(), "llm.rate_limited".to_owned()));
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!(app.criteria(id).await.by.model, "sandbox");
}

#[tokio::test]
async fn what_a_gateway_failed_to_pass_on_may_have_been_paid_and_is_not_asked_elsewhere() {
    let app = standing_in("sandbox").start().await;
    second(&app, "sandbox-fenced").await;
    app.jira().order(Fault::status(504).on("POST", LLM).times(1));
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(app.status(id).await, ("queued".to_owned(), "llm.unavailable".to_owned()));
    let states: Vec<_> = app.ledger(id).await.into_iter().map(|call| call.state).collect();
    assert_eq!(states, ["unknown"]);
}

#[tokio::test]
async fn a_model_that_refuses_or_does_not_answer_is_not_stood_in_for() {
    for (model, code) in [("sandbox-refusal", "llm.refused"), ("sandbox-no-credit", "llm.quota_exhausted")] {
        let app = standing_in(model).start().await;
        second(&app, "sandbox").await;
        let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
        assert_eq!(app.status(id).await, ("failed".to_owned(), code.to_owned()));
    }
}

#[tokio::test]
async fn a_model_that_fails_again_and_again_is_left_alone_and_then_tried_by_one() {
    let app = App::with_model("sandbox").await;
    app.jira().order(Fault::status(503).on("POST", LLM).times(0));
    let ids = submitted(&app, 12).await;
    let hand = app.worker("w");
    for id in &ids {
        hand.run(*id).await;
    }
    assert_eq!(asked(&app, Some(503)), 5);
    let left = app.job(ids[11]).await;
    assert_eq!((left.error_code.as_deref(), left.attempt), (Some("llm.left_alone"), 0), "an outage costs no attempts");

    app.later(Duration::from_secs(15));
    hand.run_jobs().await;
    assert_eq!(asked(&app, Some(503)), 6, "one tries");
    app.jira().faults().clear();
    app.later(Duration::from_secs(120));
    hand.run_jobs().await;
    app.later(Duration::from_secs(120));
    hand.run_jobs().await;
    let ends = join_all(ids.iter().map(|id| app.status(*id))).await;
    assert_eq!(count(&ends, ("succeeded", "")), 12, "{ends:?}");
}

#[tokio::test]
async fn places_at_an_account_are_given_back_however_a_call_ends() {
    let app = Setup::default().model("sandbox").set("JQA_LLM_CALLS_AT_ONCE", "1").start().await;
    app.jira().order(Fault::status(400).on("POST", LLM).times(1));
    let ids = submitted(&app, 3).await;
    let ends = {
        let worker = app.worker("w");
        for id in &ids {
            worker.run(*id).await;
        }
        join_all(ids.iter().map(|id| app.status(*id))).await
    };
    assert_eq!((count(&ends, ("failed", "llm.rejected")), count(&ends, ("succeeded", ""))), (1, 2), "{ends:?}");
    assert_eq!(run_at_once(&app, &submitted(&app, 1).await).await[0].0, "succeeded");
    assert_eq!(app.count(Sql::new("SELECT COUNT(*) AS n FROM llm_calls WHERE state = 'reserved'")).await, 0);
}
