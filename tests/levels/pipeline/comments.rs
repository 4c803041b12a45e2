//! Publishing into a comment: once, in place, and around what people wrote.

use std::collections::BTreeMap;

use sandbox::{Action, Fault};
use serde_json::{Value, json};
use shared::domain::job::{JobKind, Stage};
use shared::domain::publish::{OnConflict, PublishMode, PublishOutcome, PublishWhat};
use shared::domain::user::Role;
use shared::store::Sql;
use tests::app::{App, PERSON, Site};
use tests::on_every_site;
use uuid::Uuid;

use crate::support::{STORY, client, id_of, made, ours, post_as_a_person, publish, words};

/// Publishes into a comment and answers what became of it.
async fn outcome(app: &App, from: Uuid, on_conflict: OnConflict) -> PublishOutcome {
    let id = publish(app, from, STORY, PublishMode::Comment, on_conflict).await;
    app.succeeded(id).await;
    app.outcomes(id).await.remove(0)
}

/// A newer result of another content, and its job.
async fn changed_result(app: &App) -> Uuid {
    app.jira().edit(STORY, |fields| {
        fields.insert("description".to_owned(), "- A parcel weighs at most 30 kg.\n- A heavier parcel is refused.".into());
    });
    made(app, STORY).await
}

async fn a_comment_is_created_once_and_the_same_again_writes_nothing(site: Site) {
    let app = App::at(site).await;
    let first = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).run().await;
    app.succeeded(first).await;
    let published = app.published(first).await.remove(0);
    assert_eq!(published.outcome, PublishOutcome::Created);
    let comment = ours(&app, STORY).remove(0);
    assert_eq!(published.remote_id.as_deref(), comment["id"].as_str());
    assert!(published.url.is_some_and(|url| url.contains(&format!("/browse/{STORY}?focusedCommentId="))));
    assert!(words(&comment["body"]).contains("Maximum quantity is 20"));
    assert_eq!(app.writes().len(), 1);
    assert_eq!(app.audited(first).await, ["job.submit", "jira.write", "job.succeeded"]);

    app.jira().clear_journal();
    assert_eq!(outcome(&app, first, OnConflict::Keep).await, PublishOutcome::Unchanged);
    let again = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).run().await;
    assert_eq!(app.outcomes(again).await, [PublishOutcome::Unchanged]);
    assert!(app.writes().is_empty(), "{:?}", app.writes());
    assert_eq!(ours(&app, STORY).len(), 1);
    assert!((app.metric("jira_publish_success_total") - 1.0).abs() < 0.1);
}

async fn an_account_that_may_not_publish_any_more_publishes_nothing(site: Site) {
    let left = Sql::new("UPDATE users SET active = FALSE WHERE id = ?").bind(PERSON);
    let demoted = Sql::new("UPDATE users SET role = ? WHERE id = ?").bind(Role::Developer.as_str()).bind(PERSON);
    for change in [left, demoted] {
        let app = App::at(site).await;
        let first = made(&app, STORY).await;
        app.jobs.db().execute(change).await.expect("a change");
        let id = publish(&app, first, STORY, PublishMode::Comment, OnConflict::Keep).await;
        assert_eq!(app.status(id).await, ("failed".to_owned(), "caller.revoked".to_owned()));
        assert!(app.writes().is_empty(), "{:?}", app.writes());
        let held = Sql::new("SELECT COUNT(*) AS n FROM publish_targets WHERE held_until > 0");
        assert_eq!(app.count(held).await, 0, "others may write there");
    }
}

async fn another_result_replaces_the_first_in_place(site: Site) {
    let app = App::at(site).await;
    let first = made(&app, STORY).await;
    assert_eq!(outcome(&app, first, OnConflict::Keep).await, PublishOutcome::Created);
    let before = id_of(&ours(&app, STORY)[0]);
    let second = changed_result(&app).await;
    assert_eq!(outcome(&app, second, OnConflict::Keep).await, PublishOutcome::Updated);
    let after = ours(&app, STORY);
    assert_eq!((after.len(), id_of(&after[0])), (1, before));
    let text = words(&after[0]["body"]);
    assert!(text.contains("30 kg") && !text.contains("Maximum quantity"), "{text}");
}

async fn what_a_person_changed_in_our_comment_is_kept(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    outcome(&app, job, OnConflict::Keep).await;
    let id = id_of(&ours(&app, STORY)[0]);
    app.jira().edit_comment(&id, &json!("Discussed with Jonas: we do it differently."));
    app.jira().clear_journal();

    let publication = publish(&app, job, STORY, PublishMode::Comment, OnConflict::Keep).await;
    app.succeeded(publication).await;
    let published = app.published(publication).await.remove(0);
    assert_eq!((published.outcome, published.code.as_str()), (PublishOutcome::Conflict, "publish.conflict"));
    assert!(published.message.contains("on_conflict"), "{}", published.message);
    assert!(app.writes().is_empty());
}

async fn what_a_person_changed_is_overwritten_when_that_is_asked_for(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    outcome(&app, job, OnConflict::Keep).await;
    let id = id_of(&ours(&app, STORY)[0]);
    app.jira().edit_comment(&id, &json!("Discussed with Jonas."));
    assert_eq!(outcome(&app, job, OnConflict::Overwrite).await, PublishOutcome::Updated);
    let after = ours(&app, STORY);
    assert_eq!((after.len(), id_of(&after[0])), (1, id));
    assert!(!words(&after[0]["body"]).contains("Jonas"));
}

async fn what_a_person_changed_stands_beside_ours_when_merging_is_asked_for(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    outcome(&app, job, OnConflict::Keep).await;
    let id = id_of(&ours(&app, STORY)[0]);
    app.jira().edit_comment(&id, &json!("Discussed with Jonas."));
    assert_eq!(outcome(&app, job, OnConflict::Merge).await, PublishOutcome::Updated);
    let merged = ours(&app, STORY);
    assert_eq!((merged.len(), id_of(&merged[0])), (1, id));
    let text = words(&merged[0]["body"]);
    assert!(text.contains("Jonas") && text.contains("Maximum quantity is 20"), "{text}");
    // And again: the same stands there already.
    let body = merged[0]["body"].clone();
    outcome(&app, job, OnConflict::Merge).await;
    let again = words(&ours(&app, STORY)[0]["body"]);
    assert_eq!(again.matches("Jonas").count(), 1, "{again}");
    assert_eq!(words(&body), again);
}

async fn comments_of_people_are_untouched_even_one_that_copies_ours(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    outcome(&app, job, OnConflict::Keep).await;
    let body = ours(&app, STORY)[0]["body"].clone();
    let copy = post_as_a_person(&app, &json!({ "body": body })).await;
    let people = |app: &App| {
        let mine = ours(app, STORY);
        app.jira().comments(STORY).into_iter().filter(|comment| !mine.contains(comment)).collect::<Vec<Value>>()
    };
    let before = people(&app);
    assert_eq!(before.len(), 3);

    let second = app.asks(JobKind::FullPipeline, STORY).run().await;
    app.jira().clear_journal();
    outcome(&app, second, OnConflict::Keep).await;
    outcome(&app, second, OnConflict::Overwrite).await;
    assert_eq!(people(&app), before);
    assert!(app.writes().iter().all(|write| !write.path.ends_with(&copy)), "{:?}", app.writes());
}

async fn a_comment_that_was_deleted_is_written_again(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    outcome(&app, job, OnConflict::Keep).await;
    let id = id_of(&ours(&app, STORY)[0]);
    let url = format!("{}/issue/{STORY}/comment/{id}", app.api());
    let gone = client().delete(url).basic_auth("m@example.org", Some("sandbox")).send().await.expect("an answer");
    assert_eq!(gone.status(), 204);
    assert_eq!(outcome(&app, job, OnConflict::Keep).await, PublishOutcome::Created);
    assert_eq!(ours(&app, STORY).len(), 1);
}

async fn criteria_and_scenarios_may_go_to_comments_of_their_own(site: Site) {
    let app = App::at(site).await;
    let asked = app.asks(JobKind::FullPipeline, STORY);
    let id =
        asked.with(PublishMode::Comment, PublishWhat::Criteria).with(PublishMode::Comment, PublishWhat::Scenarios).run().await;
    app.succeeded(id).await;
    assert_eq!(app.outcomes(id).await, [PublishOutcome::Created, PublishOutcome::Created]);
    assert_eq!(ours(&app, STORY).len(), 2);
}

async fn what_a_job_did_not_make_cannot_be_published_and_the_rest_is(site: Site) {
    let app = App::at(site).await;
    let asked = app.asks(JobKind::AcceptanceCriteria, STORY);
    let id =
        asked.with(PublishMode::Comment, PublishWhat::Scenarios).with(PublishMode::Comment, PublishWhat::Criteria).run().await;
    app.succeeded(id).await;
    assert_eq!(app.outcomes(id).await, [PublishOutcome::Failed, PublishOutcome::Created]);
    assert_eq!(app.published(id).await[0].code, "publish.nothing_to_write");
}

async fn a_target_that_jira_refuses_does_not_fail_the_other(site: Site) {
    let app = App::at(site).await;
    let body = json!({ "errorMessages": [], "errors": { "comment": "Comments are closed here." } });
    let refusal = Action::Answer { status: 400, headers: BTreeMap::new(), body: Some(body), html: None };
    app.jira().order(Fault::new(refusal).on("POST", "/comment"));
    let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).to(PublishMode::Description).run().await;
    app.succeeded(id).await;
    let published = app.published(id).await;
    assert_eq!((published[0].outcome, published[0].code.as_str()), (PublishOutcome::Failed, "jira.refused"));
    assert!(published[0].message.contains("Comments are closed here."));
    assert_eq!(published[1].outcome, PublishOutcome::Created);
    // A refused write leaves nothing to wait for.
    assert_eq!(outcome(&app, id, OnConflict::Keep).await, PublishOutcome::Created);
}

async fn a_job_none_of_whose_targets_can_be_written_fails(site: Site) {
    let app = App::at(site).await;
    app.jira().order(Fault::status(403).on("POST", "/comment"));
    let id = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).run().await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "publish.failed".to_owned()));
    assert!(app.artifact::<Value>(id, Stage::Scenarios).await.is_some(), "the result is kept");
    assert!(app.history(id).await.is_some());
}

async fn in_a_service_project_the_comment_is_internal(site: Site) {
    let app = App::at(site).await;
    let mut issue = app.jira().issue(STORY).expect("an issue");
    issue["fields"]["project"]["projectTypeKey"] = json!("service_desk");
    issue["names"] = json!({});
    let id = issue["id"].as_str().expect("an id").to_owned();
    for name in [STORY, &id] {
        let answer = Action::Answer { status: 200, headers: BTreeMap::new(), body: Some(issue.clone()), html: None };
        app.jira().order(Fault::new(answer).on("GET", &format!("*/issue/{name}")).times(0));
    }
    let job = app.asks(JobKind::AcceptanceCriteria, STORY).to(PublishMode::Comment).run().await;
    app.succeeded(job).await;
    let write = app.writes().remove(0);
    let properties = write.body["properties"].as_array().cloned().unwrap_or_default();
    assert!(properties.contains(&json!({ "key": "sd.public.comment", "value": { "internal": true } })), "{properties:?}");
}

async fn elsewhere_the_comment_says_nothing_of_customers(site: Site) {
    let app = App::at(site).await;
    let job = app.asks(JobKind::AcceptanceCriteria, STORY).to(PublishMode::Comment).run().await;
    app.succeeded(job).await;
    assert!(!app.writes()[0].body.to_string().contains("sd.public.comment"));
}

async fn a_remark_that_a_person_adds_below_ours_changes_nothing_of_ours(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    outcome(&app, job, OnConflict::Keep).await;
    post_as_a_person(&app, &json!({ "body": site.text("Looks good to me.") })).await;
    app.jira().clear_journal();
    let id = app.asks(JobKind::Publication, STORY).from(job).to(PublishMode::Comment).even_if_stale().run().await;
    assert_eq!(app.outcomes(id).await, [PublishOutcome::Unchanged]);
    assert!(app.writes().is_empty());
}

on_every_site! {
    a_comment_is_created_once_and_the_same_again_writes_nothing,
    an_account_that_may_not_publish_any_more_publishes_nothing,
    another_result_replaces_the_first_in_place,
    what_a_person_changed_in_our_comment_is_kept,
    what_a_person_changed_is_overwritten_when_that_is_asked_for,
    what_a_person_changed_stands_beside_ours_when_merging_is_asked_for,
    comments_of_people_are_untouched_even_one_that_copies_ours,
    a_comment_that_was_deleted_is_written_again,
    criteria_and_scenarios_may_go_to_comments_of_their_own,
    what_a_job_did_not_make_cannot_be_published_and_the_rest_is,
    a_target_that_jira_refuses_does_not_fail_the_other,
    a_job_none_of_whose_targets_can_be_written_fails,
    in_a_service_project_the_comment_is_internal,
    elsewhere_the_comment_says_nothing_of_customers,
    a_remark_that_a_person_adds_below_ours_changes_nothing_of_ours,
}
