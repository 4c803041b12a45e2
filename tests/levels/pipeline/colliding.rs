//! Two writers, lost answers, late writes: one comment, whoever dies meanwhile.

use std::sync::Arc;
use std::time::Duration;

use sandbox::{Action, Cut, Fault};
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PublishMode, PublishOutcome};
use shared::ports::Clock;
use tests::app::{App, Setup};
use worker::pipeline::End;

use crate::support::{STORY, id_of, long_story, made, ours, publish, until, words};

/// `send_by` plus the margin, with default settings: 15 s of lease and 30 s.
const INTENT_IS_OVER: i64 = 45_000;

#[tokio::test]
async fn two_jobs_for_one_story_in_two_workers_write_one_comment() {
    let app = Arc::new(App::start().await);
    app.jira().order(Fault::new(Action::Delay { delay_ms: 100 }).on("POST", "/comment").times(0));
    let first = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).submit().await;
    let second = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).submit().await;
    let (one, other) = (app.worker("one"), app.worker("other"));
    tokio::join!(one.run(first), other.run(second));
    let (a, b) = (app.job(first).await, app.job(second).await);
    let snoozed = [&a, &b].into_iter().find(|row| row.status == "queued");
    if let Some(row) = snoozed {
        assert_eq!((row.error_code.as_deref(), row.attempt), (Some("publish.target_busy"), 0));
        app.run_when_due(row.id).await;
    }
    app.succeeded(first).await;
    app.succeeded(second).await;
    assert_eq!(ours(&app, STORY).len(), 1);
    let mut outcomes = [app.outcomes(first).await.remove(0), app.outcomes(second).await.remove(0)];
    outcomes.sort_by_key(|outcome| outcome.as_str());
    assert_eq!(outcomes, [PublishOutcome::Created, PublishOutcome::Unchanged]);
    assert_eq!(app.writes().len(), 1);
}

#[tokio::test]
async fn many_jobs_for_one_story_in_the_real_runner_write_one_comment() {
    let app = Arc::new(App::start().await);
    let from = made(&app, STORY).await;
    let machine = app.start_runner();
    let mut jobs = Vec::new();
    for _ in 0..6 {
        jobs.push(app.asks(JobKind::Publication, STORY).from(from).to(PublishMode::Comment).submit().await);
    }
    for &id in &jobs {
        // Whoever found the target busy is due a second later, or a little more.
        app.wait_for(id, |row| {
            if row.status == "queued" && row.error_code.is_some() {
                app.seconds_later(2);
            }
            row.ended_at.is_some()
        })
        .await;
    }
    machine.stop().await;
    for id in jobs {
        app.succeeded(id).await;
    }
    assert_eq!((ours(&app, STORY).len(), app.writes().len()), (1, 1));
}

#[tokio::test]
async fn a_comment_whose_answer_was_lost_is_found_and_adopted() {
    let app = App::start().await;
    app.jira().order(Fault::new(Action::Drop { drop: Cut::After }).on("POST", "/comment"));
    let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).run().await;
    assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.no_answer".to_owned()));
    assert_eq!(ours(&app, STORY).len(), 1);

    app.run_when_due(id).await;
    let row = app.job(id).await;
    assert_eq!(
        (row.status.as_str(), row.error_code.as_deref()),
        ("queued", Some("publish.write_unknown")),
        "{:?}",
        row.error_message
    );
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!((ours(&app, STORY).len(), app.writes().len()), (1, 1));
    let adopted = app.published(id).await.remove(0);
    assert_eq!(adopted.remote_id, Some(id_of(&ours(&app, STORY)[0])));

    // What was adopted counts as written by us: a newer result replaces it.
    app.jira().edit(STORY, |fields| {
        fields.insert("description".to_owned(), "- A parcel weighs at most 30 kg.\n- A heavier parcel is refused.".into());
    });
    let newer = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).run().await;
    assert_eq!(app.outcomes(newer).await, [PublishOutcome::Updated]);
}

#[tokio::test]
async fn a_write_that_may_still_come_is_waited_for() {
    let app = App::start().await;
    app.jira().order(Fault::new(Action::DropThenApply { drop_then_apply_ms: 1500 }).on("POST", "/comment"));
    let began = app.clock.now_ms();
    let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).run().await;
    assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.no_answer".to_owned()));

    app.run_when_due(id).await;
    let row = app.job(id).await;
    assert_eq!(row.status, "queued");
    // A snooze is up to a tenth longer than it has to be.
    assert!((0..1000 + INTENT_IS_OVER / 10).contains(&(row.due_at - began - INTENT_IS_OVER)), "{}", row.due_at - began);
    assert_eq!(app.writes().len(), 1, "nothing is sent while the first may still come");

    let came = app.jira().wait_until(std::time::Duration::from_secs(20), |jira| jira.comments(STORY).len() == 3).await;
    assert!(came, "the late write is carried out");
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!((ours(&app, STORY).len(), app.writes().len()), (1, 1));
}

#[tokio::test]
async fn a_write_that_never_came_is_sent_again_when_the_wait_is_over() {
    let app = App::start().await;
    app.jira().order(Fault::new(Action::Drop { drop: Cut::Before }).on("POST", "/comment"));
    let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).run().await;
    app.run_when_due(id).await;
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!((ours(&app, STORY).len(), app.writes().len()), (1, 2));
    assert_eq!(app.outcomes(id).await, [PublishOutcome::Created]);
}

#[tokio::test]
async fn a_description_whose_answer_was_lost_is_found_and_adopted() {
    let app = App::start().await;
    app.jira().order(Fault::new(Action::Drop { drop: Cut::After }).on("PUT", "/issue/"));
    let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Description).run().await;
    app.run_when_due(id).await;
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!(app.writes().len(), 1);

    let newer = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(publish_again(&app, newer).await, PublishOutcome::Updated, "what was adopted counts as written by us");
}

#[tokio::test]
async fn what_is_adopted_at_one_of_several_places_counts_as_written_by_us() {
    let app = App::start().await;
    app.jira().order(Fault::new(Action::Drop { drop: Cut::After }).on("PUT", "/issue/"));
    let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Description).to(PublishMode::Comment).run().await;
    app.run_when_due(id).await;
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!((ours(&app, STORY).len(), app.writes().len()), (1, 2));

    let newer = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(publish_again(&app, newer).await, PublishOutcome::Updated);
}

async fn publish_again(app: &App, from: uuid::Uuid) -> PublishOutcome {
    let id = publish(app, from, STORY, PublishMode::Description, OnConflict::Keep).await;
    app.outcomes(id).await.remove(0)
}

#[tokio::test]
async fn an_update_whose_answer_was_lost_is_found_and_adopted() {
    let app = App::start().await;
    let first = made(&app, STORY).await;
    publish(&app, first, STORY, PublishMode::Comment, OnConflict::Keep).await;
    app.jira().edit(STORY, |fields| {
        fields.insert("description".to_owned(), "- A parcel weighs at most 30 kg.\n- A heavier parcel is refused.".into());
    });
    app.jira().order(Fault::new(Action::Drop { drop: Cut::After }).on("PUT", "/comment/"));
    let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).run().await;
    app.run_when_due(id).await;
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!((ours(&app, STORY).len(), app.writes().len()), (1, 2));
    assert!(words(&ours(&app, STORY)[0]["body"]).contains("30 kg"));
}

#[tokio::test]
async fn a_successor_of_a_worker_that_died_during_a_write_adopts_what_it_wrote() {
    let app = App::start().await;
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).to(PublishMode::Comment).submit().await;
    let held = app.jira().order(Fault::new(Action::Delay { delay_ms: 1000 }).on("POST", "/comment"));
    let task = app.begins("doomed", id);
    until(|| app.jira().faults().used(held) > 0).await;
    // Its request is on the way, and is carried out although nobody waits for the answer.
    app.seconds_later(16);
    assert_eq!(app.jobs.reclaim(None).await.expect("an answer"), 1);
    let successor = app.worker("successor");
    successor.run(id).await;
    assert_eq!(app.job(id).await.status, "queued", "the write may still come");
    let late = task.await.expect("a run");
    assert!(matches!(late, worker::pipeline::End::Lost), "{late:?}");
    assert_eq!(ours(&app, STORY).len(), 1);
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!((ours(&app, STORY).len(), app.writes().len()), (1, 1));
}

#[tokio::test]
async fn a_place_that_another_job_took_between_two_comments_is_left_to_it() {
    let app = Arc::new(Setup::default().stories(vec![long_story("SHELF-1", 60)]).start().await);
    let from = made(&app, "SHELF-1").await;
    let asks = || app.asks(JobKind::Publication, "SHELF-1").from(from).to(PublishMode::Comment);
    let (slow, quick) = (asks().submit().await, asks().submit().await);
    let issue = app.jira().issue("SHELF-1").expect("an issue")["id"].as_str().expect("an id").to_owned();
    let late = Fault::new(Action::Delay { delay_ms: 1000 }).on("GET", &format!("*/issue/{issue}")).after(1);
    let late = app.jira().order(late);
    let worker = Arc::new(app.worker("slow"));
    let claimed = worker.claims(slow).await;
    let run = tokio::spawn({
        let worker = worker.clone();
        async move { worker.runs(&claimed).await }
    });
    until(|| app.jira().faults().used(late) > 0).await;
    // Its lease is renewed all the time; only the place is not its own any more.
    app.seconds_later(200);
    worker.beat().await;
    let other = app.worker("quick");
    let claimed = other.claims(quick).await;
    assert!(
        app.jobs
            .acquire_target(&claimed, &issue, PublishMode::Comment, Duration::from_secs(60))
            .await
            .expect("an answer")
            .is_some()
    );
    let end = run.await.expect("a run");
    assert!(matches!(end, End::Failed(ref failure) if failure.code == "publish.target_busy"), "{end:?}");
    assert_eq!(app.writes().len(), 1, "nothing is written to a place that is somebody else's");
    assert_eq!((app.status(slow).await.0.as_str(), app.job(slow).await.attempt), ("queued", 0));

    other.runs(&claimed).await;
    app.succeeded(quick).await;
    app.run_when_due(slow).await;
    app.succeeded(slow).await;
}
