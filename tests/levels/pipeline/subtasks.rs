//! Publishing as sub-tasks: one for each scenario or criterion, once, in place, and around what people did to them.

use sandbox::{Action, Cut, Fault};
use serde_json::{Value, json};
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PlannedAction, PublishMode, PublishOutcome, PublishWhat, Published};
use shared::domain::user::Role;
use shared::store::Sql;
use tests::app::{App, PERSON, Site};
use tests::on_every_site;
use uuid::Uuid;

use crate::support::{STORY, made, words};

/// Publishes the scenarios of a job as sub-tasks; answers the publication.
async fn publish(app: &App, from: Uuid, on_conflict: OnConflict) -> Uuid {
    let order = app.asks(JobKind::Publication, STORY).from(from);
    order.with(PublishMode::Subtask, PublishWhat::Scenarios).on_conflict(on_conflict).run().await
}

async fn published(app: &App, from: Uuid, on_conflict: OnConflict) -> Published {
    let id = publish(app, from, on_conflict).await;
    app.succeeded(id).await;
    app.published(id).await.remove(0)
}

/// The issues below the story that carry our property, as Jira holds them.
fn below(app: &App) -> Vec<Value> {
    let issues = app.jira().keys().into_iter().filter_map(|key| app.jira().issue(&key));
    issues
        .filter(|issue| issue["fields"]["parent"]["key"] == STORY && !issue["properties"]["jqa.publication"].is_null())
        .collect()
}

fn key_of(issue: &Value) -> String {
    issue["key"].as_str().expect("a key").to_owned()
}

fn outcomes(published: &Published) -> Vec<(&str, PublishOutcome)> {
    published.items.iter().map(|item| (item.id.as_str(), item.outcome)).collect()
}

/// A newer result with fewer scenarios.
async fn shorter_result(app: &App) -> Uuid {
    app.jira().edit(STORY, |fields| {
        fields.insert("description".to_owned(), "- A parcel weighs at most 30 kg.".into());
    });
    made(app, STORY).await
}

async fn each_scenario_is_a_sub_task_once_and_the_same_again_writes_nothing(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    let scenarios = app.suite(job).await.suite.scenarios;
    let first = published(&app, job, OnConflict::Keep).await;
    assert_eq!(first.outcome, PublishOutcome::Created);
    let expected: Vec<_> = scenarios.iter().map(|scenario| (scenario.id.as_str(), PublishOutcome::Created)).collect();
    assert_eq!(outcomes(&first), expected);
    assert!(first.items.iter().all(|item| item.key.is_some() && item.url.as_ref().is_some_and(|url| url.contains("/browse/"))));
    assert_eq!((below(&app).len(), app.writes().len()), (scenarios.len(), scenarios.len()));
    let (one, scenario) = (&below(&app)[0]["fields"], &scenarios[0]);
    assert_eq!(one["summary"], format!("{} {}", scenario.id, scenario.title));
    assert_eq!(one["issuetype"]["subtask"], true);
    let text = words(&one["description"]);
    assert!(text.contains(STORY) && text.contains(&scenario.then[0]), "{text}");

    app.jira().clear_journal();
    let again = published(&app, job, OnConflict::Keep).await;
    assert_eq!(again.outcome, PublishOutcome::Unchanged);
    assert!(app.writes().is_empty(), "{:?}", app.writes());
    assert_eq!(below(&app).len(), scenarios.len());
    assert!(app.jira().violations().is_empty(), "{:?}", app.jira().violations());
}

async fn criteria_and_scenarios_are_told_apart_whatever_they_were_asked_for_with(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    let (criteria, scenarios) = (app.criteria(job).await.set.criteria.len(), app.suite(job).await.suite.scenarios.len());
    let as_all = || app.asks(JobKind::Publication, STORY).from(job).with(PublishMode::Subtask, PublishWhat::All).run();
    published(&app, job, OnConflict::Keep).await;
    app.succeeded(as_all().await).await;
    assert_eq!(below(&app).len(), criteria + scenarios, "the scenarios were there");
    app.jira().clear_journal();
    app.succeeded(as_all().await).await;
    assert!(app.writes().is_empty());
}

async fn another_result_changes_what_differs_and_reports_what_nobody_needs_any_more(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    let before = published(&app, job, OnConflict::Keep).await.items.len();
    let shorter = shorter_result(&app).await;
    let needed = app.suite(shorter).await.suite.scenarios;
    app.jira().clear_journal();
    let after = published(&app, shorter, OnConflict::Keep).await;
    let obsolete = after.items.iter().filter(|item| item.outcome == PublishOutcome::Obsolete).count();
    assert!(obsolete > 0 && below(&app).len() >= before, "nothing is removed: {:?}", outcomes(&after));
    assert_eq!(after.items.len(), needed.len() + obsolete);
    let text: String = below(&app).iter().map(|issue| words(&issue["fields"]["description"])).collect();
    assert!(text.contains("30 kg"), "{text}");
}

async fn what_a_person_changed_in_one_is_kept_and_the_others_are_brought_up_to_date(site: Site) {
    for (on_conflict, becomes) in [
        (OnConflict::Keep, PublishOutcome::Conflict),
        (OnConflict::Merge, PublishOutcome::Conflict),
        (OnConflict::Overwrite, PublishOutcome::Updated),
    ] {
        let app = App::at(site).await;
        let job = made(&app, STORY).await;
        published(&app, job, OnConflict::Keep).await;
        let theirs = key_of(&below(&app)[0]);
        app.jira().edit(&theirs, |fields| {
            fields.insert("description".to_owned(), site.text("We test this by hand."));
        });
        app.jira().clear_journal();
        let after = published(&app, job, on_conflict).await;
        assert_eq!(after.items[0].outcome, becomes, "{on_conflict}");
        assert!(after.items[1..].iter().all(|item| item.outcome == PublishOutcome::Unchanged));
        let kept = words(&app.jira().issue(&theirs).expect("an issue")["fields"]["description"]) == "We test this by hand.";
        assert_eq!((kept, app.writes().len()), if becomes == PublishOutcome::Conflict { (true, 0) } else { (false, 1) });
    }
}

async fn what_a_person_did_beside_our_text_is_no_conflict(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    published(&app, job, OnConflict::Keep).await;
    app.jira().edit(&key_of(&below(&app)[0]), |fields| {
        fields.insert("labels".to_owned(), json!(["checked"]));
        fields.insert("status".to_owned(), json!("Done"));
    });
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged);
}

async fn a_sub_task_whose_answer_was_lost_is_found_and_not_created_twice(site: Site) {
    for cut in [Cut::After, Cut::Before] {
        let app = App::at(site).await;
        let job = made(&app, STORY).await;
        let scenarios = app.suite(job).await.suite.scenarios.len();
        app.jira().order(Fault::new(Action::Drop { drop: cut }).on("POST", "*/issue").after(1));
        let id = publish(&app, job, OnConflict::Keep).await;
        assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.no_answer".to_owned()));
        app.run_when_due(id).await;
        assert_eq!(app.status(id).await, ("queued".to_owned(), "publish.write_unknown".to_owned()));
        app.run_when_due(id).await;
        app.succeeded(id).await;
        assert_eq!(below(&app).len(), scenarios, "{cut:?}");
        let sent = scenarios + usize::from(cut == Cut::Before);
        assert_eq!(app.writes().iter().filter(|write| write.path.ends_with("/issue")).count(), sent, "{cut:?}");
    }
}

async fn a_sub_task_that_cannot_be_read_back_is_written_all_the_same(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    let scenarios = app.suite(job).await.suite.scenarios.len();
    let next = (app.jira().keys().iter().filter_map(|key| app.jira().issue(key)?["id"].as_str()?.parse::<u64>().ok())).max();
    let first = next.expect("issues") + 1;
    app.jira().order(Fault::status(404).on("GET", &format!("*/issue/{first}")).times(1));
    let done = published(&app, job, OnConflict::Keep).await;
    assert_eq!(done.outcome, PublishOutcome::Created, "{done:?}");
    assert!(done.items[0].key.as_ref().is_some_and(|key| key.starts_with("SHOP-")), "{done:?}");
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged);
    assert_eq!(below(&app).len(), scenarios);
}

async fn one_that_jira_refuses_does_not_keep_the_others_from_it(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    let scenarios = app.suite(job).await.suite.scenarios.len();
    app.jira().order(Fault::status(400).on("POST", "*/issue").after(1));
    let after = published(&app, job, OnConflict::Keep).await;
    assert_eq!((after.outcome, after.code.as_str()), (PublishOutcome::Partial, "jira.refused"), "{}", after.message);
    assert_eq!(after.items[1].outcome, PublishOutcome::Failed);
    assert_eq!(below(&app).len(), scenarios - 1);
    assert_eq!(outcomes(&published(&app, job, OnConflict::Keep).await)[1].1, PublishOutcome::Created, "the next time");
}

async fn when_jira_refuses_all_the_publication_fails_and_says_why(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    app.jira().order(Fault::status(400).on("POST", "*/issue").times(100));
    let id = publish(&app, job, OnConflict::Keep).await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "publish.failed".to_owned()));
}

async fn when_jira_asks_to_slow_down_the_rest_is_written_later(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    let scenarios = app.suite(job).await.suite.scenarios.len();
    app.jira().order(Fault::status(429).on("POST", "*/issue").after(1));
    let id = publish(&app, job, OnConflict::Keep).await;
    assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.rate_limited".to_owned()));
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!(below(&app).len(), scenarios);
}

async fn a_plan_says_what_would_become_of_each_and_writes_nothing(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    let plans = app.plans(job, PublishMode::Subtask).await;
    assert!(plans.iter().all(|plan| plan.action == PlannedAction::Create && plan.length > 0), "{plans:?}");
    assert!(plans.iter().any(|plan| plan.item.as_deref() == Some("AC-1")));
    assert!(plans.iter().any(|plan| plan.item.as_deref() == Some("TS-1")));
    assert!(app.writes().is_empty());
    published(&app, job, OnConflict::Keep).await;
    let of_scenarios = |plans: Vec<shared::domain::publish::PublishPlan>| {
        plans.into_iter().filter(|plan| plan.item.as_ref().is_some_and(|item| item.starts_with("TS"))).collect::<Vec<_>>()
    };
    let after = of_scenarios(app.plans(job, PublishMode::Subtask).await);
    assert!(!after.is_empty() && after.iter().all(|plan| plan.action == PlannedAction::Unchanged && plan.remote_id.is_some()));
}

async fn an_account_that_may_not_publish_any_more_creates_nothing(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    let demoted = Sql::new("UPDATE users SET role = ? WHERE id = ?").bind(Role::Developer.as_str()).bind(PERSON);
    app.jobs.db().execute(demoted).await.expect("a change");
    let id = publish(&app, job, OnConflict::Keep).await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "caller.revoked".to_owned()));
    assert!(app.writes().is_empty());
}

async fn a_cancelled_publication_tells_which_sub_tasks_it_created(site: Site) {
    let app = App::at(site).await;
    let job = made(&app, STORY).await;
    app.jira().order(Fault::new(Action::Drop { drop: Cut::After }).on("POST", "*/issue").after(1));
    let id = publish(&app, job, OnConflict::Keep).await;
    app.jobs.cancel(id, &app.person()).await.expect("an answer");
    app.run_when_due(id).await;
    app.run_when_due(id).await;
    assert_eq!(app.job(id).await.status, "cancelled");
    let told = app.published(id).await.remove(0);
    assert_eq!(outcomes(&told), [("TS-1", PublishOutcome::Created), ("TS-2", PublishOutcome::Created)]);
    assert_eq!(below(&app).len(), 2);
}

on_every_site! {
    each_scenario_is_a_sub_task_once_and_the_same_again_writes_nothing,
    criteria_and_scenarios_are_told_apart_whatever_they_were_asked_for_with,
    another_result_changes_what_differs_and_reports_what_nobody_needs_any_more,
    what_a_person_changed_in_one_is_kept_and_the_others_are_brought_up_to_date,
    what_a_person_did_beside_our_text_is_no_conflict,
    a_sub_task_whose_answer_was_lost_is_found_and_not_created_twice,
    a_sub_task_that_cannot_be_read_back_is_written_all_the_same,
    one_that_jira_refuses_does_not_keep_the_others_from_it,
    when_jira_refuses_all_the_publication_fails_and_says_why,
    when_jira_asks_to_slow_down_the_rest_is_written_later,
    a_plan_says_what_would_become_of_each_and_writes_nothing,
    an_account_that_may_not_publish_any_more_creates_nothing,
    a_cancelled_publication_tells_which_sub_tasks_it_created,
}
