//! Workers that die, are late, or are told to stop: what was paid for is not paid twice, what is not ours is not written.

use std::sync::Arc;

use sandbox::{Action, Fault};
use shared::domain::event::EventKind;
use shared::domain::job::{JobKind, Stage};
use shared::domain::publish::PublishMode;
use shared::jobs::Ended;
use shared::store::Sql;
use tests::app::{App, Setup};
use uuid::Uuid;
use worker::pipeline::End;

use crate::support::{STORY, until};

const LLM: &str = "/llm/v1/chat/completions";

/// Longer than any request takes, for faults that hold an answer back until the test is over.
const NEVER: Action = Action::Delay { delay_ms: 600_000 };

/// Waits until the artifact of a stage is stored: whoever stored it goes on with the next.
async fn stored(app: &App, id: Uuid, next: Stage) {
    app.wait_for(id, |row| row.stage == next.as_str()).await;
}

#[tokio::test]
async fn a_crash_after_the_criteria_does_not_pay_for_them_again() {
    let app = App::with_model("sandbox").await;
    let hanging = app.jira().order(Fault::new(NEVER).on("POST", LLM).after(1));
    let id = app.asks(JobKind::FullPipeline, STORY).submit().await;
    let task = app.begins("doomed", id);
    stored(&app, id, Stage::Scenarios).await;
    until(|| app.jira().faults().used(hanging) > 0).await;
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));

    app.seconds_later(16);
    assert_eq!(app.jobs.reclaim(None).await.expect("an answer"), 1);
    app.run_jobs().await;
    app.succeeded(id).await;
    let counts = app.jira().llm_counts();
    assert_eq!((counts.by_call["criteria"], counts.by_call["scenarios"]), (1, 1), "the hanging call never reached the model");
    let mut ledger = app.ledger_states(id).await;
    ledger.sort();
    let row = |stage: &str, state: &str| (stage.to_owned(), state.to_owned());
    assert_eq!(ledger, [row("criteria", "settled"), row("scenarios", "settled"), row("scenarios", "unknown")]);
    assert_eq!(
        app.told(id).await,
        [EventKind::Queued, EventKind::StageStored, EventKind::StageStored, EventKind::Reclaimed, EventKind::Succeeded]
    );
}

#[tokio::test]
async fn a_crash_while_the_model_writes_scenarios_pays_for_those_again_and_for_nothing_else() {
    let app = App::with_model("sandbox-slow-1000").await;
    let id = app.asks(JobKind::FullPipeline, STORY).submit().await;
    let task = app.begins("doomed", id);
    until(|| app.jira().llm_counts().by_call.contains_key("scenarios")).await;
    task.abort();
    assert!(task.await.is_err_and(|error| error.is_cancelled()));

    app.seconds_later(16);
    assert_eq!(app.jobs.reclaim(None).await.expect("an answer"), 1);
    app.run_jobs().await;
    app.succeeded(id).await;
    let counts = app.jira().llm_counts();
    assert_eq!((counts.by_call["criteria"], counts.by_call["scenarios"]), (1, 2), "what was lost was carried out");
    let mut ledger = app.ledger_states(id).await;
    ledger.sort();
    let row = |stage: &str, state: &str| (stage.to_owned(), state.to_owned());
    assert_eq!(ledger, [row("criteria", "settled"), row("scenarios", "settled"), row("scenarios", "unknown")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_runs_alone_lets_others_run_as_soon_as_it_has_stored_a_stage() {
    let app = Setup::default().model("sandbox").set("JQA_HEARTBEAT", "300ms").start().await;
    let hanging = app.jira().order(Fault::new(NEVER).on("POST", LLM).after(1));
    let suspect = app.asks(JobKind::FullPipeline, STORY).submit().await;
    app.jobs.db().execute(Sql::new("UPDATE jobs SET crashes = 3 WHERE id = ?").bind(suspect)).await.expect("a suspect");
    let machine = app.start_runner();
    stored(&app, suspect, Stage::Scenarios).await;
    until(|| app.jira().faults().used(hanging) > 0).await;
    app.jira().faults().clear();
    let other = app.asks(JobKind::FullPipeline, STORY).submit().await;
    app.wait_for(other, |row| row.ended_at.is_some()).await;
    app.succeeded(other).await;
    assert_eq!(app.job(suspect).await.status, "running");
    app.jobs.cancel(suspect, &app.person()).await.expect("an answer");
    app.wait_for(suspect, |row| row.ended_at.is_some()).await;
    machine.stop().await;
}

#[tokio::test]
async fn a_call_that_outlives_its_lease_is_refused_and_what_it_cost_is_known() {
    let app = Arc::new(App::with_model("sandbox-slow-2000").await);
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).submit().await;
    let late = app.worker("late");
    let claimed = late.claims(id).await;
    let task = tokio::spawn(async move { late.runs(&claimed).await });
    until(|| app.jira().llm_calls() == 1).await;

    app.seconds_later(16);
    assert_eq!(app.jobs.reclaim(None).await.expect("an answer"), 1);
    let successor = app.worker("successor");
    let taken = successor.claims(id).await;
    let end = task.await.expect("a run");
    assert!(matches!(end, End::Lost), "{end:?}");
    assert!(app.artifact::<serde_json::Value>(id, Stage::Criteria).await.is_none());
    assert!(app.history(id).await.is_none());
    assert_eq!(app.job(id).await.status, "running");
    assert_eq!(app.ledger_states(id).await, [("criteria".to_owned(), "settled".to_owned())]);

    let end = successor.runs(&taken).await;
    assert!(matches!(end, End::Done), "{end:?}");
    app.succeeded(id).await;
    assert_eq!(
        app.ledger_states(id).await,
        [("criteria".to_owned(), "settled".to_owned()), ("criteria".to_owned(), "settled".to_owned())]
    );
}

#[tokio::test]
async fn a_cancel_during_a_model_call_ends_the_job_at_once() {
    let app = Setup::default().model("sandbox").set("JQA_HEARTBEAT", "20ms").start().await;
    let hanging = app.jira().order(Fault::new(NEVER).on("POST", LLM));
    let machine = app.start_runner();
    let id = app.asks(JobKind::FullPipeline, STORY).submit().await;
    stored(&app, id, Stage::Criteria).await;
    until(|| app.jira().faults().used(hanging) > 0).await;
    assert_eq!(app.jobs.cancel(id, &app.person()).await.expect("a cancel"), Ended::Asked);
    app.wait_for(id, |row| row.ended_at.is_some()).await;
    machine.stop().await;
    assert_eq!(app.job(id).await.status, "cancelled");
    assert_eq!(app.ledger_states(id).await, [("criteria".to_owned(), "unknown".to_owned())]);
    assert_eq!(app.told(id).await, [EventKind::Queued, EventKind::StageStored, EventKind::CancelRequested, EventKind::Cancelled]);
    assert!(app.writes().is_empty());
}

#[tokio::test]
async fn a_worker_that_stops_gives_its_job_back_and_nothing_is_counted() {
    let app = Setup::default().model("sandbox").set("JQA_HEARTBEAT", "20ms").start().await;
    let hanging = app.jira().order(Fault::new(NEVER).on("POST", LLM));
    let machine = app.start_runner();
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).submit().await;
    until(|| app.jira().faults().used(hanging) > 0).await;
    machine.stop().await;
    let row = app.job(id).await;
    assert_eq!((row.status.as_str(), row.stage.as_str(), row.attempt, row.crashes), ("queued", "criteria", 0, 0));
    app.run_jobs().await;
    app.succeeded(id).await;
}

#[tokio::test]
async fn a_worker_whose_lease_is_nearly_over_does_not_begin_a_write() {
    let app = App::start().await;
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).to(PublishMode::Comment).submit().await;
    let worker = app.worker("tired");
    let claimed = worker.claims(id).await;
    app.seconds_later(12);
    let end = worker.runs(&claimed).await;
    assert!(matches!(end, End::Failed(ref failure) if failure.code == "job.lease_too_short"), "{end:?}");
    assert!(app.writes().is_empty());
    assert_eq!(app.job(id).await.attempt, 0);
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!(app.writes().len(), 1);
}
