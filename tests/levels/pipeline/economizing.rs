//! Economy: questions are given away in batches of the model's provider, and nothing is paid twice, whoever dies.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use sandbox::{Action, Cut, Fault};
use serde_json::{Value, json};
use shared::domain::budget::{Budget, BudgetPeriod, BudgetScope};
use shared::domain::job::JobKind;
use shared::domain::policy::Terms;
use shared::domain::provider_batch::{BatchDecision, ProviderBatchState};
use shared::policies::Policies;
use shared::spending::Spending;
use shared::store::Sql;
use shared::store::audit::Actor;
use shared::store::provider_batch::{self, ProviderBatch};
use tests::app::{App, Setup};
use uuid::Uuid;

use crate::support::{client, until};

const STORIES: [&str; 3] = ["SHOP-2", "SHOP-3", "SHOP-9"];

/// Whoever takes batches, as `JQA_LLM_PROVIDER` names them.
const PROVIDERS: [&str; 3] = ["openai", "claude", "gemini"];

/// Longer than a request that creates a batch can be on its way.
const NOTHING_IS_ON_ITS_WAY: Duration = Duration::from_secs(36 * 60);

fn provided(provider: &str, model: &str) -> Setup {
    Setup::default().model(model).set("JQA_LLM_PROVIDER", provider)
}

/// Prices of the sandbox's models: two and ten dollars for a million tokens, half of that in a batch.
fn priced(provider: &str) -> (tempfile::NamedTempFile, Setup) {
    let table = tempfile::NamedTempFile::new().expect("a file");
    let rows = format!(
        "as_of = \"2026-11-01\"\n[[model]]\nprovider = \"{provider}\"\nid = \"sandbox\"\nmax_input = 100000\nmax_output = 100000\n\
         usd_per_mtok = {{ input = 2, output = 10 }}\nbatch = {{ input = 1, output = 5 }}\n"
    );
    std::fs::write(table.path(), rows).expect("a table of models");
    let setup = provided(provider, "sandbox").set("JQA_LLM_MODELS_FILE", &table.path().display().to_string());
    (table, setup)
}

async fn submitted(app: &App, keys: &[&str]) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for key in keys {
        ids.push(app.asks(JobKind::FullPipeline, key).in_economy().run().await);
    }
    ids
}

/// A worker looks after batches, once the questions were gathered.
async fn look(app: &App, name: &str) {
    let worker = app.worker(name);
    worker.beat().await;
    app.economy().look(worker.name()).await;
}

/// Everything is gathered, given away, answered and read, until no job waits for a batch.
async fn to_the_end(app: &App) {
    for _ in 0..20 {
        app.later(Duration::from_secs(400));
        look(app, "batcher").await;
        app.run_jobs().await;
        if app.count(Sql::new("SELECT COUNT(*) AS n FROM jobs WHERE ended_at IS NULL")).await == 0 {
            return;
        }
    }
    panic!("the jobs do not end: {:?}", batches(app).await);
}

async fn batches(app: &App) -> Vec<ProviderBatch> {
    let counted = provider_batch::list(app.jobs.db(), None, None, 100).await.expect("batches");
    counted.into_iter().map(|counted| counted.batch).collect()
}

async fn states(app: &App) -> Vec<ProviderBatchState> {
    batches(app).await.iter().map(|batch| batch.state().expect("a state")).collect()
}

async fn all_succeeded(app: &App, ids: &[Uuid]) {
    for id in ids {
        app.succeeded(*id).await;
    }
}

#[tokio::test]
async fn questions_are_given_away_together_and_answered_for_half_the_price() {
    for provider in PROVIDERS {
        let (_table, setup) = priced(provider);
        let app = setup.start().await;
        let ids = submitted(&app, &STORIES).await;
        for id in &ids {
            assert_eq!(app.status(*id).await, ("queued".to_owned(), "llm.in_batch".to_owned()), "{provider}");
        }
        to_the_end(&app).await;
        all_succeeded(&app, &ids).await;
        let counts = app.jira().llm_counts();
        assert_eq!((counts.total, counts.batches), (0, 2), "{provider}: one batch of criteria, one of scenarios");
        assert_eq!(counts.batched, 2 * ids.len() as u64, "{provider}");
        assert_eq!(states(&app).await, [ProviderBatchState::Ended; 2], "{provider}");
        for id in ids {
            let usage = app.criteria(id).await.by.usage;
            assert_eq!(usage.cost_nano_usd, Some(usage.input_tokens * 1_000 + usage.output_tokens * 5_000), "{provider}");
            assert!(app.ledger_states(id).await.iter().all(|(_, state)| state == "settled"), "{provider}");
            assert_eq!(app.job(id).await.attempt, 0, "{provider}: waiting is no try");
        }
    }
}

#[tokio::test]
async fn questions_are_gathered_for_a_while_and_a_full_batch_does_not_wait() {
    let app = provided("openai", "sandbox").set("JQA_ECONOMY_BATCH", "2").start().await;
    submitted(&app, &STORIES).await;
    look(&app, "batcher").await;
    assert_eq!(app.jira().llm_counts().batches, 1, "two are a full batch; the third is waited for");
    app.later(Duration::from_secs(301));
    look(&app, "batcher").await;
    assert_eq!(app.jira().llm_counts().batches, 2);
}

#[tokio::test]
async fn a_batch_whose_upload_or_creation_got_no_answer_is_made_once() {
    for (method, path) in [("POST", "/llm/v1/files"), ("POST", "/llm/v1/batches")] {
        for cut in [Cut::Before, Cut::After] {
            let app = provided("openai", "sandbox").start().await;
            let ids = submitted(&app, &STORIES).await;
            app.jira().order(Fault::new(Action::Drop { drop: cut }).on(method, path));
            app.later(Duration::from_secs(301));
            look(&app, "batcher").await;
            let came_through = u64::from(path.ends_with("batches") && cut == Cut::After);
            assert_eq!(app.jira().llm_counts().batches, came_through, "{path} {cut:?}");
            app.later(NOTHING_IS_ON_ITS_WAY);
            look(&app, "another").await;
            app.run_jobs().await;
            to_the_end(&app).await;
            all_succeeded(&app, &ids).await;
            let counts = app.jira().llm_counts();
            assert_eq!((counts.batches, counts.batched), (2, 2 * ids.len() as u64), "{path} {cut:?}");
        }
    }
}

#[tokio::test]
async fn a_worker_that_dies_at_any_step_leaves_a_batch_that_the_next_goes_on_with() {
    let never = || Action::Delay { delay_ms: 600_000 };
    for (method, path) in
        [("POST", "/llm/v1/files"), ("POST", "/llm/v1/batches"), ("GET", "/llm/v1/batches/"), ("GET", "/content")]
    {
        let app = provided("openai", "sandbox").start().await;
        let ids = submitted(&app, &STORIES).await;
        let hanging = app.jira().order(Fault::new(never()).on(method, path));
        app.later(Duration::from_secs(301));
        let (economy, doomed) = (app.economy(), app.worker("doomed"));
        doomed.beat().await;
        let name = doomed.name().clone();
        let task = tokio::spawn(async move { economy.look(&name).await });
        until(|| app.jira().faults().used(hanging) > 0).await;
        task.abort();
        assert!(task.await.is_err_and(|error| error.is_cancelled()), "{path}");
        app.later(NOTHING_IS_ON_ITS_WAY);
        to_the_end(&app).await;
        all_succeeded(&app, &ids).await;
        let counts = app.jira().llm_counts();
        assert_eq!((counts.batches, counts.batched), (2, 2 * ids.len() as u64), "{method} {path}");
    }
}

#[tokio::test]
async fn a_worker_that_lost_a_batch_keeps_nothing_of_it() {
    let app = provided("openai", "sandbox").start().await;
    submitted(&app, &STORIES).await;
    let hanging = app.jira().order(Fault::new(Action::Delay { delay_ms: 1_500 }).on("GET", "/content"));
    app.later(Duration::from_secs(301));
    let (economy, slow) = (app.economy(), app.worker("slow"));
    slow.beat().await;
    let name = slow.name().clone();
    let task = tokio::spawn(async move { economy.look(&name).await });
    until(|| app.jira().faults().used(hanging) > 0).await;
    // Its lease is over, and another reads the same results.
    app.later(Duration::from_secs(60));
    look(&app, "quick").await;
    task.await.expect("an end");
    app.run_jobs().await;
    let twice = app.count(Sql::new("SELECT COUNT(*) AS n FROM llm_calls WHERE state = 'settled' AND stage = 'criteria'")).await;
    assert_eq!((twice, app.jira().llm_counts().batched), (3, 3));
    assert_eq!(states(&app).await, [ProviderBatchState::Ended]);
}

#[tokio::test]
async fn many_workers_at_once_give_each_question_away_once() {
    let app = provided("openai", "sandbox").set("JQA_ECONOMY_BATCH", "2").start().await;
    let keys = ["SHOP-1", "SHOP-2", "SHOP-3", "SHOP-5", "SHOP-7", "SHOP-8", "SHOP-9"];
    let ids = submitted(&app, &keys).await;
    app.later(Duration::from_secs(301));
    let names: Vec<String> = (0..8).map(|n| format!("worker-{n}")).collect();
    join_all(names.iter().map(|name| look(&app, name))).await;
    let counts = app.jira().llm_counts();
    assert!(counts.batched_by_key.values().all(|calls| *calls == 1), "{counts:?}");
    let homes = app.count(Sql::new("SELECT COUNT(DISTINCT batch_id) AS n FROM llm_questions")).await;
    assert_eq!(u64::try_from(homes).expect("a number"), counts.batches);
    to_the_end(&app).await;
    all_succeeded(&app, &ids).await;
}

/// A batch of Claude's whose creation got no answer: no name of ours is kept there.
async fn lost() -> (App, Vec<Uuid>, ProviderBatch) {
    let app = provided("claude", "sandbox").start().await;
    let ids = submitted(&app, &STORIES).await;
    app.jira().order(Fault::new(Action::Drop { drop: Cut::After }).on("POST", "/messages/batches"));
    app.later(Duration::from_secs(301));
    look(&app, "batcher").await;
    app.later(NOTHING_IS_ON_ITS_WAY);
    look(&app, "batcher").await;
    app.later(Duration::from_secs(3700));
    app.run_jobs().await;
    let batch = batches(&app).await.remove(0);
    assert_eq!(batch.state().expect("a state"), ProviderBatchState::Unknown);
    assert_eq!(batch.candidates().len(), 1);
    for id in &ids {
        assert_eq!(app.status(*id).await, ("queued".to_owned(), "llm.batch_unknown".to_owned()));
    }
    (app, ids, batch)
}

#[tokio::test]
async fn a_batch_that_nobody_can_find_waits_for_a_person_who_knows_it() {
    let (app, ids, batch) = lost().await;
    let remote = batch.candidates().remove(0);
    let took = app.jobs.decide(&batch, BatchDecision::Adopt, Some(&remote), &Actor::default()).await.expect("an answer");
    assert!(took);
    assert!(!app.jobs.decide(&batch, BatchDecision::GiveUp, None, &Actor::default()).await.expect("an answer"), "once");
    to_the_end(&app).await;
    all_succeeded(&app, &ids).await;
    let counts = app.jira().llm_counts();
    assert_eq!((counts.batches, counts.batched), (2, 6), "nothing was paid twice");
}

#[tokio::test]
async fn a_batch_that_a_person_takes_for_ours_and_is_not_is_left_to_a_person_again() {
    let (app, ids, batch) = lost().await;
    let call = json!({ "custom_id": "theirs", "params": {
        "model": "sandbox", "max_tokens": 64, "messages": [{ "role": "user", "content": "Hello" }] } });
    let request = client().post(format!("{}/llm/v1/messages/batches", app.site.url())).header("x-api-key", "k");
    let made = request.header("anthropic-version", "2023-06-01").json(&json!({ "requests": [call] })).send().await;
    let made: Value = made.expect("an answer").json().await.expect("a batch");
    let theirs = made["id"].as_str().expect("an id");
    assert!(app.jobs.decide(&batch, BatchDecision::Adopt, Some(theirs), &Actor::default()).await.expect("an answer"));
    for _ in 0..3 {
        app.later(Duration::from_secs(400));
        look(&app, "batcher").await;
    }
    assert_eq!(states(&app).await, [ProviderBatchState::Unknown]);
    let open = app.count(Sql::new("SELECT COUNT(*) AS n FROM llm_questions WHERE state = 'sent'")).await;
    assert_eq!(open, i64::try_from(ids.len()).expect("a number"), "none was answered by it, and none is forgotten");
}

#[tokio::test]
async fn what_was_asked_stands_though_a_policy_would_ask_it_otherwise_by_now() {
    let app = provided("openai", "sandbox").start().await;
    let ids = submitted(&app, &STORIES).await;
    let terms = Terms { instructions: "Write about the weather, too.".to_owned(), ..Terms::default() };
    Policies::new(app.jobs.db().clone()).write("SHOP", 0, &terms, &Actor::default()).await.expect("a version");
    app.connections.look_again();
    to_the_end(&app).await;
    all_succeeded(&app, &ids).await;
    let counts = app.jira().llm_counts();
    assert_eq!((counts.batches, counts.batched), (2, 2 * ids.len() as u64), "nothing was asked twice");
}

#[tokio::test]
async fn a_cancellation_that_the_provider_did_not_hear_is_asked_for_again() {
    let app = provided("openai", "sandbox-batch-slow-5").start().await;
    let ids = submitted(&app, &STORIES).await;
    app.later(Duration::from_secs(301));
    look(&app, "batcher").await;
    for id in &ids {
        app.jobs.cancel(*id, &app.person()).await.expect("a cancel");
    }
    app.jira().order(Fault::status(503).on("POST", "*/cancel").times(1));
    for _ in 0..2 {
        app.later(Duration::from_secs(601));
        look(&app, "batcher").await;
    }
    let cancels = app.jira().journal().into_iter().filter(|entry| entry.path.ends_with("/cancel")).count();
    assert_eq!(cancels, 2);
    assert!(batches(&app).await[0].cancel_asked_at.is_some());
}

#[tokio::test]
async fn a_batch_that_a_person_has_sent_again_may_be_paid_twice_and_the_ledger_says_so() {
    let (app, ids, batch) = lost().await;
    app.jobs.decide(&batch, BatchDecision::SendAgain, None, &Actor::default()).await.expect("an answer");
    to_the_end(&app).await;
    all_succeeded(&app, &ids).await;
    assert_eq!(app.jira().llm_counts().batches, 3);
    let unknown = app.count(Sql::new("SELECT COUNT(*) AS n FROM llm_calls WHERE state = 'unknown'")).await;
    assert_eq!(unknown, 3);
}

#[tokio::test]
async fn the_jobs_of_a_batch_that_a_person_gives_up_fail_and_say_so() {
    let (app, ids, batch) = lost().await;
    app.jobs.decide(&batch, BatchDecision::GiveUp, None, &Actor::default()).await.expect("an answer");
    app.run_jobs().await;
    for id in ids {
        assert_eq!(app.status(id).await, ("failed".to_owned(), "llm.batch_given_up".to_owned()));
    }
    assert_eq!(app.jira().llm_counts().batches, 1);
}

#[tokio::test]
async fn a_batch_that_nobody_waits_for_any_more_is_cancelled() {
    let app = provided("openai", "sandbox-batch-slow-5").start().await;
    let ids = submitted(&app, &STORIES).await;
    app.later(Duration::from_secs(301));
    look(&app, "batcher").await;
    for id in &ids {
        app.jobs.cancel(*id, &app.person()).await.expect("a cancel");
    }
    app.later(Duration::from_secs(601));
    look(&app, "batcher").await;
    let cancels = app.jira().journal().into_iter().filter(|entry| entry.path.ends_with("/cancel")).count();
    assert_eq!(cancels, 1);
    assert!(batches(&app).await[0].cancel_asked_at.is_some());
}

#[tokio::test]
async fn a_question_whose_job_was_cancelled_before_is_not_given_away_and_costs_nothing() {
    let app = provided("openai", "sandbox").start().await;
    let ids = submitted(&app, &STORIES).await;
    for id in &ids {
        app.jobs.cancel(*id, &app.person()).await.expect("a cancel");
    }
    app.later(Duration::from_secs(301));
    look(&app, "batcher").await;
    assert_eq!(app.jira().llm_counts().batches, 0);
    for id in ids {
        assert_eq!(app.ledger_states(id).await, [("criteria".to_owned(), "free".to_owned())]);
    }
}

#[tokio::test]
async fn what_goes_wrong_with_a_call_of_a_batch_is_told_as_of_a_call_by_itself() {
    let app = provided("openai", "sandbox-batch-mixed").start().await;
    let keys = ["SHOP-1", "SHOP-2", "SHOP-3", "SHOP-7", "SHOP-9"];
    let ids = submitted(&app, &keys).await;
    app.later(Duration::from_secs(301));
    look(&app, "batcher").await;
    app.later(Duration::from_secs(61));
    look(&app, "batcher").await;
    app.run_jobs().await;
    let mut told = BTreeSet::new();
    for id in &ids {
        told.insert(app.status(*id).await);
    }
    let has = |status: &str, code: &str| told.contains(&(status.to_owned(), code.to_owned()));
    assert!(has("failed", "llm.too_long") && has("failed", "llm.refused"), "{told:?}");
    assert!(has("queued", "llm.overloaded") && has("queued", "llm.in_batch"), "{told:?}");
}

#[tokio::test]
async fn what_a_batch_did_not_get_to_is_asked_again_and_costs_nothing() {
    for model in ["sandbox-batch-expired", "sandbox-batch-cancelled", "sandbox-batch-failed"] {
        let app = provided("openai", model).start().await;
        let ids = submitted(&app, &["SHOP-2", "SHOP-3"]).await;
        app.later(Duration::from_secs(301));
        look(&app, "batcher").await;
        app.later(Duration::from_secs(61));
        look(&app, "batcher").await;
        app.run_jobs().await;
        let mut codes = Vec::new();
        for id in &ids {
            codes.push(app.status(*id).await.1);
        }
        assert!(codes.contains(&"llm.not_made".to_owned()), "{model}: {codes:?}");
        let free = app.count(Sql::new("SELECT COUNT(*) AS n FROM llm_calls WHERE state = 'free'")).await;
        assert!(free >= 1, "{model}");
    }
}

#[tokio::test]
async fn a_budget_for_three_calls_gives_three_away() {
    let app = provided("openai", "sandbox").start().await;
    let budget = Budget {
        scope: BudgetScope::Project,
        user_id: None,
        project: Some("SHOP".into()),
        period: BudgetPeriod::Month,
        max_nano_usd: None,
        max_calls: Some(3),
        allow_unknown_price: false,
    };
    Spending::new(app.jobs.db().clone()).create(&budget, &Actor::default()).await.expect("a budget");
    app.connections.look_again();
    let keys = ["SHOP-1", "SHOP-2", "SHOP-3", "SHOP-7", "SHOP-8", "SHOP-9"];
    let ids = submitted(&app, &keys).await;
    let mut waiting = 0;
    for id in &ids {
        let (status, code) = app.status(*id).await;
        assert!(code == "llm.in_batch" || code == "budget.set_aside", "{status} {code}");
        waiting += usize::from(code == "llm.in_batch");
    }
    assert_eq!(waiting, 3);
    app.later(Duration::from_secs(301));
    look(&app, "batcher").await;
    assert_eq!(app.jira().llm_counts().batched, 3);
}
