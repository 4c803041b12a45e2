//! How often a job asks the database: what a busy installation spends most on.

use shared::domain::job::JobKind;
use shared::domain::publish::PublishMode;
use tests::app::{App, Order};

use crate::support::STORY;

/// Round trips from the request to the end of a job, without those of the worker's lease.
async fn round_trips(app: &App, order: Order<'_>) -> u64 {
    let worker = app.worker("w");
    worker.beat().await;
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
async fn a_full_pipeline_with_a_comment_takes_nine_round_trips() {
    let app = App::start().await;
    // submit, claim, earlier results, stages, authority, target, records, intent, end
    assert_eq!(round_trips(&app, app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment)).await, 9);
}

#[tokio::test]
async fn a_full_pipeline_by_a_model_takes_six_round_trips() {
    let app = App::with_model("sandbox").await;
    // submit, claim, fetch, earlier results, criteria, end
    assert_eq!(round_trips(&app, app.asks(JobKind::FullPipeline, STORY)).await, 6);
}

#[tokio::test]
async fn a_full_pipeline_by_a_model_with_a_comment_takes_eleven_round_trips() {
    let app = App::with_model("sandbox").await;
    // submit, claim, fetch, earlier results, criteria, scenarios, authority, target, records, intent, end
    assert_eq!(round_trips(&app, app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment)).await, 11);
}
