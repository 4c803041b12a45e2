//! Between writing and publishing: people approve, and stories change.

use sandbox::{Action, Fault};
use shared::domain::job::JobKind;
use shared::domain::publish::{PublishMode, PublishOutcome};
use shared::jobs::Approval;
use tests::app::App;
use uuid::Uuid;

use crate::support::{STORY, made, ours, until};

fn change(app: &App) {
    app.jira().edit(STORY, |fields| {
        fields.insert("description".to_owned(), "The quantity of an item is at most 99.".into());
    });
}

async fn approve(app: &App, id: Uuid) {
    approve_so(app, id, false).await;
}

async fn approve_so(app: &App, id: Uuid, publish_stale: bool) {
    let seen = app.job(id).await.content_hash.expect("a result to approve");
    app.jobs.approve(id, &Approval { seen, publish_stale }, &app.person()).await.expect("an approval");
    app.run_jobs().await;
}

#[tokio::test]
async fn what_a_person_must_approve_is_published_when_they_do() {
    let app = App::start().await;
    let id = app.asks(JobKind::FullPipeline, STORY).reviewed().to(PublishMode::Comment).run().await;
    assert_eq!(app.job(id).await.status, "awaiting_review");
    assert!(app.writes().is_empty());
    approve(&app, id).await;
    app.succeeded(id).await;
    assert_eq!(app.outcomes(id).await, [PublishOutcome::Created]);
    assert!(app.history(id).await.expect("a result").accepted);
}

#[tokio::test]
async fn a_story_that_changed_while_a_person_looked_is_published_only_when_they_say_so() {
    let app = App::start().await;
    let id = app.asks(JobKind::FullPipeline, STORY).reviewed().to(PublishMode::Comment).run().await;
    change(&app);
    approve(&app, id).await;
    assert_eq!(app.status(id).await, ("awaiting_review".to_owned(), "story.changed".to_owned()));
    let told = app.job(id).await.error_message.expect("a message");
    assert!(told.contains("; nothing was written. Approve with publish_stale"), "{told}");
    approve(&app, id).await;
    assert_eq!(app.status(id).await, ("awaiting_review".to_owned(), "story.changed".to_owned()), "nobody said so");
    assert!(app.writes().is_empty());
    approve_so(&app, id, true).await;
    app.succeeded(id).await;
    assert_eq!(ours(&app, STORY).len(), 1);
    let audited = ["job.submit", "job.approve", "job.approve", "job.approve", "jira.write", "job.succeeded"];
    assert_eq!(app.audited(id).await, audited);
}

#[tokio::test]
async fn what_was_written_before_the_story_changed_is_not_called_nothing() {
    let app = App::start().await;
    let from = made(&app, STORY).await;
    let both = app.asks(JobKind::Publication, STORY).from(from).to(PublishMode::Comment).to(PublishMode::Description);
    let id = both.submit().await;
    let first = app.jira().order(Fault::new(Action::Delay { delay_ms: 1000 }).on("POST", "/comment"));
    let run = app.begins("w", id);
    until(|| app.jira().faults().used(first) > 0).await;
    change(&app);
    run.await.expect("a run");
    assert_eq!(app.status(id).await, ("awaiting_review".to_owned(), "story.changed".to_owned()));
    let told = app.job(id).await.error_message.expect("a message");
    assert!(told.contains("; what was written before stands, nothing more was. Approve"), "{told}");
    assert_eq!((ours(&app, STORY).len(), app.writes().len()), (1, 1));
}

#[tokio::test]
async fn a_publication_of_a_result_whose_story_changed_waits_for_a_person_too() {
    let app = App::start().await;
    let from = made(&app, STORY).await;
    change(&app);
    let id = app.asks(JobKind::Publication, STORY).from(from).to(PublishMode::Comment).run().await;
    assert_eq!(app.status(id).await, ("awaiting_review".to_owned(), "story.changed".to_owned()));
    approve(&app, id).await;
    assert_eq!(app.status(id).await, ("awaiting_review".to_owned(), "story.changed".to_owned()), "nobody said so");
    assert!(app.writes().is_empty());
    approve_so(&app, id, true).await;
    app.succeeded(id).await;
    assert_eq!(ours(&app, STORY).len(), 1);
}

#[tokio::test]
async fn whoever_asked_for_it_publishes_although_the_story_changed() {
    let app = App::start().await;
    let from = made(&app, STORY).await;
    change(&app);
    let id = app.asks(JobKind::Publication, STORY).from(from).to(PublishMode::Comment).even_if_stale().run().await;
    app.succeeded(id).await;
    assert_eq!(app.outcomes(id).await, [PublishOutcome::Created]);
}
