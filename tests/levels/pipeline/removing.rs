//! Two comments of ours where one should stand: the younger goes by the rules of every write, and stays when a person
//! changed it.

use std::collections::BTreeMap;

use sandbox::{Action, Cut, Fault};
use serde_json::json;
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PublishMode, PublishOutcome, PublishTarget, PublishWhat};
use shared::store::publication::{Publication, TargetKey};
use tests::app::App;
use uuid::Uuid;
use worker::pipeline::End;

use crate::support::{STORY, document, id_of, made, ours, post_as_a_person, publish, until};

/// A story with our comment, and the same once more: the job, and the ids of the comments.
async fn twice(app: &App) -> (Uuid, String, String) {
    let job = made(app, STORY).await;
    let first = publish(app, job, STORY, PublishMode::Comment, OnConflict::Keep).await;
    app.succeeded(first).await;
    let comment = ours(app, STORY).remove(0);
    let second = post_as_a_person(app, &json!({ "body": comment["body"], "properties": comment["properties"] })).await;
    (job, id_of(&comment), second)
}

fn ids(app: &App) -> Vec<String> {
    ours(app, STORY).iter().map(id_of).collect()
}

async fn record(app: &App) -> Publication {
    let issue_id = app.jira().issue(STORY).expect("an issue")["id"].as_str().expect("an id").to_owned();
    let target = PublishTarget { mode: PublishMode::Comment, what: PublishWhat::All };
    let key = TargetKey { connection: "default".into(), issue_id, target, part: 1 };
    app.jobs.publication(&key).await.expect("an answer").expect("a record")
}

fn removals(app: &App) -> usize {
    app.writes().iter().filter(|write| write.method == "DELETE").count()
}

async fn audited_removals(app: &App, job: Uuid) -> usize {
    app.audited(job).await.iter().filter(|action| *action == "jira.remove_duplicate").count()
}

#[tokio::test]
async fn the_younger_goes_the_older_is_remembered_and_the_removal_is_audited() {
    let app = App::start().await;
    let (job, first, _) = twice(&app).await;
    let again = publish(&app, job, STORY, PublishMode::Comment, OnConflict::Keep).await;
    app.succeeded(again).await;
    assert_eq!(app.outcomes(again).await, [PublishOutcome::Unchanged]);
    assert_eq!(ids(&app), [first.as_str()]);
    assert_eq!(audited_removals(&app, again).await, 1);
    let record = record(&app).await;
    assert_eq!((record.state.as_str(), record.remote_id), ("written", Some(first)));
}

#[tokio::test]
async fn a_younger_one_that_a_person_changed_stays_whatever_was_asked_for() {
    for (on_conflict, outcome) in [
        (OnConflict::Keep, PublishOutcome::Conflict),
        (OnConflict::Overwrite, PublishOutcome::Conflict),
        (OnConflict::Merge, PublishOutcome::Unchanged),
    ] {
        let app = App::start().await;
        let (job, first, second) = twice(&app).await;
        app.jira().edit_comment(&second, &document("Mara: we keep this one."));
        app.jira().clear_journal();

        let plan = app.plans(job, PublishMode::Comment).await;
        assert_eq!(plan.iter().map(|plan| plan.action.as_str()).collect::<Vec<_>>(), ["unchanged", "conflict"]);
        assert_eq!(plan[1].remote_id, Some(second.clone()));

        let again = publish(&app, job, STORY, PublishMode::Comment, on_conflict).await;
        app.succeeded(again).await;
        assert_eq!(ids(&app), [first.as_str(), second.as_str()], "{on_conflict}");
        assert_eq!((app.writes().len(), audited_removals(&app, again).await), (0, 0), "{on_conflict}");
        let told = app.published(again).await.remove(0);
        assert_eq!(told.outcome, outcome, "{on_conflict}");
        if outcome == PublishOutcome::Conflict {
            assert_eq!((told.code.as_str(), told.remote_id), ("publish.conflict", Some(second)));
        }
    }
}

#[tokio::test]
async fn the_older_is_brought_up_to_date_beside_a_younger_one_that_a_person_changed() {
    let app = App::start().await;
    let (_, first, second) = twice(&app).await;
    app.jira().edit_comment(&second, &document("Mara: we keep this one."));
    app.jira().edit(STORY, |fields| {
        fields.insert("description".to_owned(), "- A parcel weighs at most 30 kg.\n- A heavier parcel is refused.".into());
    });
    let newer = made(&app, STORY).await;
    let again = publish(&app, newer, STORY, PublishMode::Comment, OnConflict::Keep).await;
    app.succeeded(again).await;
    let comments = ours(&app, STORY);
    assert_eq!(comments.iter().map(id_of).collect::<Vec<_>>(), [first, second]);
    assert!(comments[0].to_string().contains("30 kg") && comments[1].to_string().contains("we keep this one"));
}

#[tokio::test]
async fn a_dry_run_names_the_one_that_will_go() {
    let app = App::start().await;
    let (job, _, second) = twice(&app).await;
    let plans = app.plans(job, PublishMode::Comment).await;
    assert_eq!(plans.iter().map(|plan| plan.action.as_str()).collect::<Vec<_>>(), ["unchanged", "remove"]);
    assert_eq!(plans[1].remote_id, Some(second));
}

#[tokio::test]
async fn a_removal_whose_answer_was_lost_is_found_out_before_anything_else_is_written() {
    for (cut, sent) in [(Cut::After, 1), (Cut::Before, 2)] {
        let app = App::start().await;
        let (job, first, second) = twice(&app).await;
        app.jira().order(Fault::new(Action::Drop { drop: cut }).on("DELETE", "/comment/"));
        let id = publish(&app, job, STORY, PublishMode::Comment, OnConflict::Keep).await;
        assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.no_answer".to_owned()));
        let open = record(&app).await;
        assert_eq!((open.state.as_str(), open.action.as_str()), ("intent", "remove_duplicate"));
        assert_eq!((open.removes, open.remote_id), (Some(second), Some(first.clone())), "the older is still known");

        app.run_when_due(id).await;
        assert_eq!(app.status(id).await, ("queued".to_owned(), "publish.write_unknown".to_owned()), "it may still be on its way");
        app.run_when_due(id).await;
        app.succeeded(id).await;
        assert_eq!(ids(&app), [first.as_str()]);
        assert_eq!((removals(&app), audited_removals(&app, id).await), (sent, sent));
        assert_eq!(record(&app).await.state, "written");
    }
}

#[tokio::test]
async fn a_removal_that_jira_refuses_leaves_nothing_to_wait_for() {
    let app = App::start().await;
    let (job, _, _) = twice(&app).await;
    app.jira().order(Fault::status(403).on("DELETE", "/comment/"));
    let id = publish(&app, job, STORY, PublishMode::Comment, OnConflict::Keep).await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "publish.failed".to_owned()));
    let again = publish(&app, job, STORY, PublishMode::Comment, OnConflict::Keep).await;
    app.succeeded(again).await;
    assert_eq!(ours(&app, STORY).len(), 1);
}

#[tokio::test]
async fn a_worker_whose_lease_is_nearly_over_removes_nothing() {
    let app = App::start().await;
    let (job, _, _) = twice(&app).await;
    let id = app.asks(JobKind::Publication, STORY).from(job).to(PublishMode::Comment).submit().await;
    let worker = app.worker("tired");
    let claimed = worker.claims(id).await;
    app.seconds_later(12);
    let end = worker.runs(&claimed).await;
    assert!(matches!(end, End::Failed(ref failure) if failure.code == "job.lease_too_short"), "{end:?}");
    assert_eq!((removals(&app), ours(&app, STORY).len()), (0, 2));
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!((removals(&app), ours(&app, STORY).len()), (1, 1));
}

#[tokio::test]
async fn nothing_is_removed_after_a_cancel() {
    let app = App::start().await;
    let (job, _, _) = twice(&app).await;
    let id = app.asks(JobKind::Publication, STORY).from(job).to(PublishMode::Comment).submit().await;
    let late = app.jira().order(Fault::new(Action::Delay { delay_ms: 1000 }).on("GET", "/comment"));
    let run = app.begins("w", id);
    until(|| app.jira().faults().used(late) > 0).await;
    app.jobs.cancel(id, &app.person()).await.expect("a cancel");
    run.await.expect("a run");
    assert_eq!(app.job(id).await.status, "cancelled");
    assert_eq!((removals(&app), ours(&app, STORY).len()), (0, 2));
}

#[tokio::test]
async fn a_comment_that_was_written_although_an_older_one_stood_there_goes_again() {
    let app = App::start().await;
    let job = made(&app, STORY).await;
    let first = publish(&app, job, STORY, PublishMode::Comment, OnConflict::Keep).await;
    app.succeeded(first).await;
    let older = id_of(&ours(&app, STORY)[0]);
    // As when the older one comes to light after we looked.
    let nothing = json!({ "startAt": 0, "maxResults": 100, "total": 0, "comments": [] });
    let hidden = Action::Answer { status: 200, headers: BTreeMap::new(), body: Some(nothing), html: None };
    app.jira().order(Fault::new(hidden).on("GET", "/comment"));
    let id = publish(&app, job, STORY, PublishMode::Comment, OnConflict::Keep).await;
    app.succeeded(id).await;
    assert_eq!(ids(&app), [older.as_str()]);
    let told = app.published(id).await.remove(0);
    assert_eq!((told.outcome, told.remote_id), (PublishOutcome::Unchanged, Some(older.clone())));
    assert_eq!(app.audited(id).await, ["job.submit", "jira.write", "jira.remove_duplicate", "job.succeeded"]);
    assert_eq!(record(&app).await.remote_id, Some(older));
}
