//! Publishing into a custom field: our section of it, and everything else as people wrote it.

use sandbox::{Action, Cut, Fault};
use serde_json::Value;
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PlannedAction, PublishMode, PublishOutcome, PublishWhat, Published};
use tests::app::{App, Site};
use tests::on_every_site;
use uuid::Uuid;

use crate::support::{STORY, made, words};

/// The field that the sandbox calls *Acceptance Criteria*.
const FIELD: &str = "customfield_10100";

const THEIRS: &str = "The legal department has approved this.";

fn text(app: &App) -> Value {
    app.jira().issue(STORY).expect("an issue")["fields"][FIELD].clone()
}

fn say(app: &App, words: &str) {
    let text = app.kind().text(words);
    app.jira().edit(STORY, |fields| drop(fields.insert(FIELD.to_owned(), text)));
}

async fn publish(app: &App, from: Uuid, what: PublishWhat, on_conflict: OnConflict) -> Uuid {
    let order = app.asks(JobKind::Publication, STORY).from(from);
    order.with(PublishMode::CustomField, what).on_conflict(on_conflict).run().await
}

async fn published(app: &App, from: Uuid, on_conflict: OnConflict) -> Published {
    let id = publish(app, from, PublishWhat::Criteria, on_conflict).await;
    app.succeeded(id).await;
    app.published(id).await.remove(0)
}

async fn criteria_stand_in_the_field_once_beside_what_people_wrote_there(site: Site) {
    let app = App::at(site).await;
    say(&app, THEIRS);
    let job = made(&app, STORY).await;
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Created);
    let criterion = app.criteria(job).await.set.criteria.remove(0);
    let shown = words(&text(&app));
    assert!(shown.contains(THEIRS) && shown.contains(&criterion.then[0]) && shown.contains("jqa:"), "{shown}");
    assert!(app.jira().violations().is_empty(), "{:?}", app.jira().violations());

    app.jira().clear_journal();
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged);
    assert!(app.writes().is_empty(), "{:?}", app.writes());
    let again = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    app.succeeded(again).await;
    assert_eq!(app.story(again).await.hash, app.story(job).await.hash, "what we wrote is no part of the story");
}

async fn another_result_replaces_our_section_and_nothing_else(site: Site) {
    let app = App::at(site).await;
    say(&app, THEIRS);
    let job = made(&app, STORY).await;
    published(&app, job, OnConflict::Keep).await;
    let before = words(&text(&app));
    let shorter = app.kind().text("A parcel weighs at most 30 kg.");
    app.jira().edit(STORY, |fields| drop(fields.insert("description".to_owned(), shorter)));
    let newer = made(&app, STORY).await;
    assert_eq!(published(&app, newer, OnConflict::Keep).await.outcome, PublishOutcome::Updated);
    let after = words(&text(&app));
    assert!(after.contains(THEIRS) && after.contains("30 kg") && after != before, "{after}");
    assert_eq!(after.matches("jqa:").count(), before.matches("jqa:").count());
}

async fn a_section_that_a_person_changed_is_kept_replaced_or_left_beside_ours(site: Site) {
    for (on_conflict, outcome, stands) in [
        (OnConflict::Keep, PublishOutcome::Conflict, true),
        (OnConflict::Overwrite, PublishOutcome::Updated, false),
        (OnConflict::Merge, PublishOutcome::Updated, true),
    ] {
        let app = App::at(site).await;
        let job = made(&app, STORY).await;
        published(&app, job, OnConflict::Keep).await;
        let first = app.criteria(job).await.set.criteria[0].then[0].clone();
        app.jira().edit(STORY, |fields| {
            let changed = fields[FIELD].to_string().replace(&first, "Nothing at all happens");
            fields.insert(FIELD.to_owned(), serde_json::from_str(&changed).expect("a text"));
        });
        assert!(words(&text(&app)).contains("Nothing at all happens"));
        assert_eq!(published(&app, job, on_conflict).await.outcome, outcome, "{on_conflict}");
        assert_eq!(words(&text(&app)).contains("Nothing at all happens"), stands, "{on_conflict}");
    }
}

async fn a_write_whose_answer_was_lost_is_found_and_not_made_again(site: Site) {
    for cut in [Cut::Before, Cut::After] {
        let app = App::at(site).await;
        let job = made(&app, STORY).await;
        app.jira().order(Fault::new(Action::Drop { drop: cut }).on("PUT", "/issue/"));
        let id = publish(&app, job, PublishWhat::Criteria, OnConflict::Keep).await;
        assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.no_answer".to_owned()));
        app.run_when_due(id).await;
        app.run_when_due(id).await;
        app.succeeded(id).await;
        let marks = words(&text(&app)).matches("jqa:").count();
        app.jira().clear_journal();
        assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged, "{cut:?}");
        assert_eq!(words(&text(&app)).matches("jqa:").count(), marks, "{cut:?}");
    }
}

async fn a_field_that_nobody_named_is_refused_in_words_and_planned_as_impossible(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    let id = publish(&app, job, PublishWhat::Scenarios, OnConflict::Keep).await;
    assert_eq!(app.job(id).await.status, "failed");
    let why = app.job(id).await.error_message.expect("why");
    assert!(why.contains("custom_fields.all.scenarios"), "{why}");
    assert!(app.writes().is_empty());
    let plans = app.plans(job, PublishMode::CustomField).await;
    let why = plans.iter().find(|plan| plan.action == PlannedAction::Impossible).map(|plan| plan.reason.clone());
    assert!(why.is_some_and(|why| why.contains("criteria or scenarios")), "{plans:?}");
}

on_every_site!(
    criteria_stand_in_the_field_once_beside_what_people_wrote_there,
    another_result_replaces_our_section_and_nothing_else,
    a_section_that_a_person_changed_is_kept_replaced_or_left_beside_ours,
    a_write_whose_answer_was_lost_is_found_and_not_made_again,
    a_field_that_nobody_named_is_refused_in_words_and_planned_as_impossible,
);
