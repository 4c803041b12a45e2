//! How often and how a job asks the database: what a busy installation spends most on.

use shared::domain::job::JobKind;
use shared::domain::publish::PublishMode;
use shared::store::{event, job};
use tests::Backend;
use tests::app::{App, Order, Setup};

use crate::support::STORY;

/// Round trips from the request to the end of a job, without what a process asks every few seconds whatever it does: its
/// lease, and whether a connection was changed.
async fn round_trips(app: &App, order: Order<'_>) -> u64 {
    let worker = app.worker("w");
    worker.beat().await;
    app.connections.now().await.expect("connections");
    let before = app.jobs.db().round_trips();
    let id = order.submit().await;
    let claimed = app.jobs.claim(id, worker.name()).await.expect("an answer").expect("a job to claim");
    worker.runs(&claimed).await;
    let taken = app.jobs.db().round_trips() - before;
    app.succeeded(id).await;
    taken
}

#[tokio::test]
async fn a_full_pipeline_by_the_drafter_takes_four_round_trips() {
    let app = App::start().await;
    // submit, claim, earlier results, end
    assert_eq!(round_trips(&app, app.asks(JobKind::FullPipeline, STORY)).await, 4);
}

#[tokio::test]
async fn a_full_pipeline_with_a_comment_takes_eight_round_trips() {
    let app = App::start().await;
    // submit, claim, earlier results, stages, target, records, intent, end
    assert_eq!(round_trips(&app, app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment)).await, 8);
}

#[tokio::test]
async fn a_full_pipeline_by_a_model_takes_six_round_trips() {
    let app = App::with_model("sandbox").await;
    // submit, claim, fetch, earlier results, criteria, end
    assert_eq!(round_trips(&app, app.asks(JobKind::FullPipeline, STORY)).await, 6);
}

#[tokio::test]
async fn a_full_pipeline_by_a_model_with_a_comment_takes_ten_round_trips() {
    let app = App::with_model("sandbox").await;
    // submit, claim, fetch, earlier results, criteria, scenarios, target, records, intent, end
    assert_eq!(round_trips(&app, app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment)).await, 10);
}

#[tokio::test]
async fn whether_a_connection_was_changed_is_asked_once_in_five_seconds() {
    let app = App::start().await;
    let before = app.jobs.db().round_trips();
    for _ in 0..3 {
        app.connections.now().await.expect("connections");
        app.seconds_later(1);
    }
    assert_eq!(app.jobs.db().round_trips() - before, 1);
    app.seconds_later(2);
    app.connections.now().await.expect("connections");
    assert_eq!(app.jobs.db().round_trips() - before, 2);
}

/// Tables that stay small, and what a statement makes for itself.
const MAY_BE_SCANNED: [&str; 8] = ["held", "gate", "took", "temp.took", "workers", "webhook_targets", "CONSTANT", "json_each"];

#[tokio::test]
async fn no_statement_on_the_way_of_a_job_reads_a_table_from_end_to_end_on_sqlite() {
    Box::pin(Backend::Sqlite.with_url(goes_through_indexes)).await;
}

#[tokio::test]
async fn no_statement_on_the_way_of_a_job_reads_a_table_from_end_to_end_on_postgres() {
    Box::pin(Backend::Postgres.with_url(goes_through_indexes)).await;
}

async fn goes_through_indexes(url: String) {
    let app = Setup::default().model("sandbox").set("JQA_DATABASE_URL", &url).start().await;
    let db = app.jobs.db();
    db.listen();
    let order = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).calling_back("https://nobody.invalid/done");
    let id = order.with_key("a key").submit().await;
    let worker = app.worker("w");
    worker.run(id).await;
    worker.run_jobs().await;
    app.succeeded(id).await;
    job::find(db, id).await.expect("an answer").expect("a job");
    event::after(db, id, 0, 100).await.expect("events");

    let plans = db.plans_of_asked().await.expect("plans");
    assert!(plans.len() > 12, "{} statements were heard", plans.len());
    for plan in plans {
        println!("{plan}\n");
        let scanned: Vec<_> = plan.scanned().into_iter().filter(|table| !MAY_BE_SCANNED.contains(table)).collect();
        assert!(scanned.is_empty(), "{scanned:?} without an index in\n{plan}");
    }
}
