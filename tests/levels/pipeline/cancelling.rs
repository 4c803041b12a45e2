//! Cancelling while something is written: what is on its way is found out first, and what was published is told.

use sandbox::{Action, Cut, Fault};
use serde_json::{Value, json};
use shared::domain::job::{JobKind, Stage};
use shared::domain::publish::PublishMode;
use shared::domain::result::PublishArtifact;
use shared::jobs::Ended;
use shared::store::Sql;
use tests::app::App;
use uuid::Uuid;

use crate::support::{STORY, id_of, ours, until};

/// What the last event of a cancelled job lists.
async fn told(app: &App, id: Uuid) -> Value {
    assert_eq!(app.job(id).await.status, "cancelled", "{:?}", app.status(id).await);
    let last = app.events(id).await.pop().expect("an event");
    let stored: Option<PublishArtifact> = app.artifact(id, Stage::Publish).await;
    let listed = serde_json::to_value(stored.map(|stored| stored.published).unwrap_or_default()).expect("JSON");
    assert_eq!(last.data["published"], listed, "the event and the job's own list agree");
    listed
}

async fn states(app: &App) -> (i64, i64) {
    let count = |state: &'static str| app.count(Sql::new("SELECT COUNT(*) AS n FROM publications WHERE state = ?").bind(state));
    (count("intent").await, count("written").await)
}

/// A job whose only write got no answer.
async fn unanswered(app: &App, cut: Cut, mode: PublishMode) -> Uuid {
    let (method, path) = if mode == PublishMode::Comment { ("POST", "/comment") } else { ("PUT", "/issue/") };
    app.jira().order(Fault::new(Action::Drop { drop: cut }).on(method, path));
    let id = app.asks(JobKind::FullPipeline, STORY).to(mode).run().await;
    assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.no_answer".to_owned()));
    id
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_looked_for_and_told_before_the_job_is_cancelled() {
    for mode in [PublishMode::Comment, PublishMode::Description] {
        let app = App::start().await;
        let id = unanswered(&app, Cut::After, mode).await;
        assert_eq!(app.jobs.cancel(id, &app.person()).await.expect("a cancel"), Ended::Asked);
        let row = app.job(id).await;
        assert_eq!((row.status.as_str(), row.cancel_requested_at.is_some(), row.ended_at), ("queued", true, None));
        app.run_jobs().await;
        let listed = told(&app, id).await;
        assert_eq!((&listed[0]["target"]["mode"], &listed[0]["outcome"]), (&json!(mode), &json!("created")));
        assert_eq!(states(&app).await, (0, 1));
        assert_eq!(app.writes().len(), 1, "nothing is written any more");
        if mode == PublishMode::Comment {
            assert_eq!(listed[0]["remote_id"], json!(id_of(&ours(&app, STORY)[0])));
        }
        assert_eq!(app.audited(id).await, ["job.submit", "jira.write", "job.cancel", "job.cancelled"]);
    }
}

#[tokio::test]
async fn a_write_that_never_came_is_waited_for_and_then_not_told() {
    for mode in [PublishMode::Comment, PublishMode::Description] {
        let app = App::start().await;
        let id = unanswered(&app, Cut::Before, mode).await;
        app.jobs.cancel(id, &app.person()).await.expect("a cancel");
        app.run_jobs().await;
        assert_eq!(app.status(id).await, ("queued".to_owned(), "publish.write_unknown".to_owned()), "it may still come");
        app.run_when_due(id).await;
        assert_eq!(told(&app, id).await, json!([]));
        assert_eq!(states(&app).await, (0, 0));
        assert_eq!(app.writes().len(), 1);
    }
}

#[tokio::test]
async fn what_cannot_be_found_out_is_told_as_unknown() {
    let app = App::start().await;
    let id = unanswered(&app, Cut::After, PublishMode::Comment).await;
    app.jira().order(Fault::status(503).on("GET", "/issue/").times(0));
    app.jobs.cancel(id, &app.person()).await.expect("a cancel");
    while app.job(id).await.ended_at.is_none() {
        app.run_when_due(id).await;
    }
    let listed = told(&app, id).await;
    assert_eq!((&listed[0]["outcome"], &listed[0]["code"]), (&json!("failed"), &json!("publish.write_unknown")));
    app.jira().faults().clear();

    // Whoever publishes next finds it.
    app.jobs.retry(id, &app.person()).await.expect("a retry");
    while app.job(id).await.ended_at.is_none() {
        app.run_when_due(id).await;
    }
    app.succeeded(id).await;
    assert_eq!((ours(&app, STORY).len(), app.writes().len()), (1, 1));
}

#[tokio::test]
async fn a_job_that_waits_between_two_places_is_cancelled_at_once_with_the_first() {
    let app = App::start().await;
    app.jira().order(Fault::status(429).on("PUT", "/issue/"));
    let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).to(PublishMode::Description).run().await;
    assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.rate_limited".to_owned()));
    assert_eq!(app.jobs.cancel(id, &app.person()).await.expect("a cancel"), Ended::Now);
    let listed = told(&app, id).await;
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    assert_eq!((&listed[0]["remote_id"], &listed[0]["outcome"]), (&json!(id_of(&ours(&app, STORY)[0])), &json!("created")));
}

#[tokio::test]
async fn a_job_that_runs_is_cancelled_between_two_places_with_the_first() {
    let app = App::start().await;
    let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).to(PublishMode::Description).submit().await;
    // The comment is on its way when somebody cancels.
    let late = app.jira().order(Fault::new(Action::Delay { delay_ms: 1000 }).on("POST", "/comment"));
    let run = app.begins("w", id);
    until(|| app.jira().faults().used(late) > 0).await;
    assert_eq!(app.jobs.cancel(id, &app.person()).await.expect("a cancel"), Ended::Asked);
    run.await.expect("a run");
    let listed = told(&app, id).await;
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]["outcome"]), (Some(1), &json!("created")));
    assert_eq!((ours(&app, STORY).len(), app.writes().len()), (1, 1));
}

#[tokio::test]
async fn a_job_whose_worker_died_during_a_write_is_not_cancelled_before_that_is_found_out() {
    let app = App::start().await;
    let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).submit().await;
    let late = app.jira().order(Fault::new(Action::Delay { delay_ms: 1000 }).on("POST", "/comment"));
    let run = app.begins("doomed", id);
    until(|| app.jira().faults().used(late) > 0).await;
    assert_eq!(app.jobs.cancel(id, &app.person()).await.expect("a cancel"), Ended::Asked);
    // Its request is on the way, and is carried out although nobody waits for the answer.
    app.seconds_later(16);
    assert_eq!(app.jobs.reclaim(None).await.expect("an answer"), 1);
    let row = app.job(id).await;
    assert_eq!((row.status.as_str(), row.cancel_requested_at.is_some()), ("queued", true));
    app.run_jobs().await;
    assert_eq!(app.status(id).await.0, "queued", "the write may still come");
    run.await.expect("a run");
    app.run_when_due(id).await;
    assert_eq!(told(&app, id).await[0]["outcome"], json!("created"));
    assert_eq!((ours(&app, STORY).len(), app.writes().len()), (1, 1));
}
