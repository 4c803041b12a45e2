//! Publishing to Xray: a test for each scenario that covers its story, once, in place, and around what people did to it.

use sandbox::{Action, Cut, Fault, JournalEntry, Story};
use serde_json::{Value, json};
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PlannedAction, PublishMode, PublishOutcome, PublishWhat, Published};
use shared::domain::scenario::Scenario;
use tests::app::{App, Setup, Site};
use tests::on_every_site;
use uuid::Uuid;

use crate::support::{STORY, made, words};

/// A connection with Xray beside it.
fn setup(site: Site, all: &Value) -> Setup {
    let xray = json!({ "xray": { "base_url": "{site}/xray/api/v2", "client_id": "xray", "all": all } });
    Setup::default().at(site).set("JQA_XRAY_CLIENT_SECRET", "xray").jira_options(xray)
}

async fn app(site: Site) -> App {
    setup(site, &json!({})).start().await
}

async fn publish(app: &App, from: Uuid, on_conflict: OnConflict) -> Uuid {
    let order = app.asks(JobKind::Publication, STORY).from(from);
    order.with(PublishMode::Xray, PublishWhat::Scenarios).on_conflict(on_conflict).run().await
}

async fn published(app: &App, from: Uuid, on_conflict: OnConflict) -> Published {
    let id = publish(app, from, on_conflict).await;
    app.succeeded(id).await;
    app.published(id).await.remove(0)
}

/// Tests of ours.
fn ours(app: &App) -> Vec<Value> {
    app.jira().tests().into_iter().filter(|test| test["labels"].to_string().contains("jqa:")).collect()
}

fn is_read(entry: &JournalEntry) -> bool {
    let query = entry.body["query"].as_str().unwrap_or_default().starts_with("query");
    entry.method == "GET" || query || ["/bulkfetch", "/authenticate"].iter().any(|end| entry.path.ends_with(end))
}

fn calls(app: &App) -> Vec<JournalEntry> {
    let roots = ["/rest/api/", "/rest/raven/", "/xray/api/"];
    app.jira().journal().into_iter().filter(|entry| roots.iter().any(|root| entry.path.contains(root))).collect()
}

fn writes(app: &App) -> Vec<String> {
    let writes = calls(app).into_iter().filter(|entry| !is_read(entry));
    writes.map(|entry| format!("{} {} {}", entry.method, entry.path, entry.body["query"])).collect()
}

/// The request that makes a test, and how many go before it on a fresh connection.
fn creation(site: Site) -> Fault {
    let gone_by = |fault: Fault| fault.after(1);
    match site {
        Site::Cloud => gone_by(Fault::status(400).on("PUT", "*/issue/*")),
        Site::DataCenter => gone_by(Fault::status(400).on("POST", "*/issue")),
    }
}

async fn each_scenario_is_a_test_that_covers_its_story_once_and_the_same_again_writes_nothing(site: Site) {
    let app = app(site).await;
    let job = made(&app, STORY).await;
    let scenarios = app.suite(job).await.suite.scenarios;
    let first = published(&app, job, OnConflict::Keep).await;
    assert_eq!(first.outcome, PublishOutcome::Created, "{first:?}");
    let tests = ours(&app);
    assert_eq!((tests.len(), first.items.len()), (scenarios.len(), scenarios.len()));
    for (test, scenario) in tests.iter().zip(&scenarios) {
        assert_eq!(test["summary"], format!("{} {}", scenario.id, scenario.title));
        assert_eq!((&test["type"], &test["covers"]), (&json!("Manual"), &json!([STORY])));
        let steps: Vec<_> = scenario.steps.iter().map(|step| step.action.as_str()).collect();
        assert_eq!(test["steps"], json!(steps));
        let issue = app.jira().issue(test["key"].as_str().expect("a text")).expect("an issue");
        assert!(words(&issue["fields"]["description"]).contains(STORY), "{issue}");
    }
    assert!(first.items[0].url.as_ref().expect("a value").contains("/browse/SHOP-"));
    app.jira().clear_journal();
    let again = published(&app, job, OnConflict::Keep).await;
    assert_eq!((again.outcome, writes(&app)), (PublishOutcome::Unchanged, vec![]));
    assert!(app.jira().violations().is_empty(), "{:?}", app.jira().violations());
    let third = app.asks(JobKind::FullPipeline, STORY).run().await;
    app.succeeded(third).await;
    assert!(app.story(third).await.tests.shown.is_empty(), "they are not taken for tests of others");
}

async fn a_scenario_is_what_the_operator_wants_it_to_be(site: Site) {
    for (kind, named) in [("cucumber", "Cucumber"), ("generic", "Generic")] {
        let app = setup(site, &json!({ "test_type": kind })).start().await;
        let job = made(&app, STORY).await;
        let scenario: Scenario = app.suite(job).await.suite.scenarios.remove(0);
        assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Created, "{kind}");
        let test = ours(&app).remove(0);
        let text = test["text"].as_str().expect("a text");
        assert_eq!(test["type"], named);
        assert!(text.starts_with("Given ") && text.contains(&scenario.then[0]) && !text.contains("Scenario"), "{text}");
        app.jira().clear_journal();
        assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged, "{kind}");
        assert_eq!(writes(&app), Vec::<String>::new());
    }
}

/// Issues that tests are put into.
fn groups() -> Vec<Story> {
    let group = |key: &str, kind: &str| Story {
        key: key.to_owned(),
        summary: kind.to_owned(),
        issue_type: kind.to_owned(),
        ..Story::default()
    };
    [sandbox::built_in(), vec![group("SHOP-501", "Test Set"), group("SHOP-502", "Test Plan")]].concat()
}

async fn new_tests_stand_in_their_folder_sets_and_plans_and_are_not_put_back_there(site: Site) {
    let all = json!({ "folder": "/Checkout/Cart", "test_sets": ["SHOP-501"], "test_plans": ["SHOP-502"] });
    let app = setup(site, &all).stories(groups()).start().await;
    let job = made(&app, STORY).await;
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Created);
    for test in ours(&app) {
        assert_eq!((&test["folder"], &test["groups"]), (&json!("/Checkout/Cart"), &json!(["SHOP-501", "SHOP-502"])), "{test}");
    }
    app.jira().clear_journal();
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged);
    assert_eq!(writes(&app), Vec::<String>::new());
}

async fn what_a_person_changed_is_kept_unless_it_is_to_be_overwritten(site: Site) {
    for (on_conflict, becomes) in [(OnConflict::Keep, PublishOutcome::Conflict), (OnConflict::Overwrite, PublishOutcome::Updated)]
    {
        let app = app(site).await;
        let job = made(&app, STORY).await;
        published(&app, job, OnConflict::Keep).await;
        let before = ours(&app);
        let key = before[1]["key"].as_str().expect("a text").to_owned();
        assert!(app.jira().edit_test_steps(&key, &["Look closely", "Look again", "And again"]));
        app.jira().edit(&key, |fields| {
            let labels = fields["labels"].as_array().expect("a list").iter().cloned().chain([json!("smoke")]).collect();
            fields.insert("labels".to_owned(), labels);
        });
        let after = published(&app, job, on_conflict).await;
        assert_eq!(after.items[1].outcome, becomes, "{after:?}");
        let test = ours(&app).remove(1);
        let steps = if on_conflict == OnConflict::Keep {
            json!(["Look closely", "Look again", "And again"])
        } else {
            before[1]["steps"].clone()
        };
        assert_eq!(test["steps"], steps);
        assert!(test["labels"].to_string().contains("smoke") && test["covers"] == json!([STORY]), "{test}");
        assert!(after.items.iter().enumerate().all(|(n, item)| n == 1 || item.outcome == PublishOutcome::Unchanged));
        app.jira().clear_journal();
        published(&app, job, on_conflict).await;
        assert_eq!(writes(&app), Vec::<String>::new(), "{on_conflict}");
    }
}

async fn a_test_whose_summary_a_person_changed_is_a_conflict(site: Site) {
    let app = app(site).await;
    let job = made(&app, STORY).await;
    published(&app, job, OnConflict::Keep).await;
    let key = ours(&app)[0]["key"].as_str().expect("a text").to_owned();
    app.jira().edit(&key, |fields| drop(fields.insert("summary".to_owned(), json!("Mine"))));
    assert_eq!(published(&app, job, OnConflict::Keep).await.items[0].outcome, PublishOutcome::Conflict);
    assert_eq!(ours(&app)[0]["summary"], "Mine");
    assert_eq!(published(&app, job, OnConflict::Overwrite).await.items[0].outcome, PublishOutcome::Updated);
    assert!(ours(&app)[0]["summary"].as_str().expect("a text").starts_with("TS-1 "));
}

/// However far the first came: the next finds it and finishes it.
async fn a_test_whose_making_was_cut_off_anywhere_is_finished_and_not_made_twice(site: Site) {
    let all = json!({ "folder": "/Checkout", "test_sets": ["SHOP-501"], "test_plans": ["SHOP-502"] });
    let steps: &[(&str, &str, &[u64])] = match site {
        Site::Cloud => &[("POST", "*/graphql", &[2, 3, 4, 5, 6, 8, 9]), ("PUT", "*/issue/*", &[0, 1])],
        Site::DataCenter => &[
            ("POST", "*/issue", &[0, 1]),
            ("POST", "*/test", &[0, 1, 2]),
            ("PUT", "*/tests", &[0, 1]),
            ("PUT", "*/issue/*", &[0, 1]),
        ],
    };
    for (method, path, all_after) in steps {
        for after in *all_after {
            for cut in [Cut::Before, Cut::After] {
                let what = format!("{method} {path} after {after}, {cut:?}");
                let app = setup(site, &all).stories(groups()).start().await;
                let job = made(&app, STORY).await;
                let scenarios = app.suite(job).await.suite.scenarios;
                app.jira().order(Fault::new(Action::Drop { drop: cut }).on(method, path).after(*after));
                let id = publish(&app, job, OnConflict::Keep).await;
                for _ in 0..4 {
                    app.run_when_due(id).await;
                }
                app.succeeded(id).await;
                let tests = ours(&app);
                assert_eq!(tests.len(), scenarios.len(), "{what}: {tests:#?}");
                for (test, scenario) in tests.iter().zip(&scenarios) {
                    assert_eq!(test["groups"], json!(["SHOP-501", "SHOP-502"]), "{what}: {test}");
                    assert_eq!(
                        (&test["covers"], test["steps"].as_array().expect("a list").len()),
                        (&json!([STORY]), scenario.steps.len()),
                        "{what}"
                    );
                    let issue = app.jira().issue(test["key"].as_str().expect("a text")).expect("an issue");
                    assert!(words(&issue["fields"]["description"]).contains(STORY), "{what}: {issue}");
                }
                app.jira().clear_journal();
                assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged, "{what}");
                assert_eq!(writes(&app), Vec::<String>::new(), "{what}");
            }
        }
    }
}

async fn one_that_is_refused_does_not_keep_the_others_from_it(site: Site) {
    let app = app(site).await;
    let job = made(&app, STORY).await;
    app.jira().order(creation(site));
    let after = published(&app, job, OnConflict::Keep).await;
    assert_eq!((after.outcome, after.items[1].outcome), (PublishOutcome::Partial, PublishOutcome::Failed), "{after:?}");
    let next = published(&app, job, OnConflict::Keep).await;
    assert!(matches!(next.items[1].outcome, PublishOutcome::Created | PublishOutcome::Updated), "{next:?}");
    assert_eq!(ours(&app).len(), next.items.len());
}

async fn when_it_is_asked_to_slow_down_the_rest_is_written_later(site: Site) {
    let app = app(site).await;
    let job = made(&app, STORY).await;
    let scenarios = app.suite(job).await.suite.scenarios.len();
    let path = if site == Site::Cloud { "*/graphql" } else { "*/issue" };
    app.jira().order(Fault::status(429).on("POST", path).after(3));
    let id = publish(&app, job, OnConflict::Keep).await;
    assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.rate_limited".to_owned()));
    app.run_when_due(id).await;
    app.succeeded(id).await;
    assert_eq!(ours(&app).len(), scenarios);
}

async fn a_plan_says_what_would_become_of_each_and_writes_nothing(site: Site) {
    let app = app(site).await;
    let job = made(&app, STORY).await;
    let planned = async || {
        let plans = app.plans(job, PublishMode::Xray).await.into_iter();
        plans.filter(|plan| plan.item.as_ref().is_some_and(|item| item.starts_with("TS-"))).collect::<Vec<_>>()
    };
    let before = planned().await;
    assert!(
        !before.is_empty() && before.iter().all(|plan| plan.action == PlannedAction::Create && plan.length > 0),
        "{before:?}"
    );
    assert_eq!(writes(&app), Vec::<String>::new());
    published(&app, job, OnConflict::Keep).await;
    let after = planned().await;
    assert!(after.iter().all(|plan| plan.action == PlannedAction::Unchanged && plan.remote_id.is_some()), "{after:?}");
    assert_eq!(after.len(), before.len());
}

/// Forty scenarios: how many calls they take.
async fn forty_scenarios_are_written_once(site: Site) {
    let rules: String = (1..=20).map(|n| format!("- A parcel of size {n} weighs at most {} kg.\n", n + 10)).collect();
    let app = app(site).await;
    app.jira().edit(STORY, |fields| drop(fields.insert("description".to_owned(), rules.into())));
    let job = made(&app, STORY).await;
    let scenarios = app.suite(job).await.suite.scenarios.len();
    assert!(scenarios >= 40, "{scenarios}");
    app.jira().clear_journal();
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Created);
    let first = (writes(&app).len(), calls(&app).len());
    assert_eq!(ours(&app).len(), scenarios);
    app.jira().clear_journal();
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged);
    let second = (writes(&app).len(), calls(&app).len());
    eprintln!(
        "{site:?}: {scenarios} scenarios: first {} writes of {} calls, then {} of {}",
        first.0, first.1, second.0, second.1
    );
    assert_eq!(second.0, 0);
}

#[tokio::test]
async fn a_token_that_ended_is_asked_for_anew() {
    let app = app(Site::Cloud).await;
    let job = made(&app, STORY).await;
    published(&app, job, OnConflict::Keep).await;
    app.jira().expire_xray_tokens();
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged);
    let asked = app.jira().journal().into_iter().filter(|entry| entry.path.ends_with("/authenticate")).count();
    assert_eq!(asked, 2);
}

#[tokio::test]
async fn without_a_key_or_with_a_wrong_one_it_is_said_what_to_do() {
    for (secret, word) in [("", "xray_client_secret"), ("wrong", "does not accept the key")] {
        let app = setup(Site::Cloud, &json!({})).set("JQA_XRAY_CLIENT_SECRET", secret).start().await;
        let id = publish(&app, made(&app, STORY).await, OnConflict::Keep).await;
        let row = app.job(id).await;
        // The key is not asked for before there is something to look at, or to create.
        assert_eq!(row.status, "failed", "{row:?}");
        assert!(row.error_message.as_deref().unwrap_or_default().contains(word), "{:?}", row.error_message);
        assert_eq!(ours(&app), Vec::<Value>::new());
    }
}

#[tokio::test]
async fn where_there_is_no_xray_that_is_said() {
    let app = setup(Site::DataCenter, &json!({})).sandbox(|options| options.xray_off = true).start().await;
    let id = publish(&app, made(&app, STORY).await, OnConflict::Keep).await;
    let message = app.job(id).await.error_message.unwrap_or_default();
    assert!(message.contains("there is no Xray in this Jira"), "{message}");
}

on_every_site! {
    each_scenario_is_a_test_that_covers_its_story_once_and_the_same_again_writes_nothing,
    a_scenario_is_what_the_operator_wants_it_to_be,
    new_tests_stand_in_their_folder_sets_and_plans_and_are_not_put_back_there,
    what_a_person_changed_is_kept_unless_it_is_to_be_overwritten,
    a_test_whose_summary_a_person_changed_is_a_conflict,
    a_test_whose_making_was_cut_off_anywhere_is_finished_and_not_made_twice,
    one_that_is_refused_does_not_keep_the_others_from_it,
    when_it_is_asked_to_slow_down_the_rest_is_written_later,
    a_plan_says_what_would_become_of_each_and_writes_nothing,
    forty_scenarios_are_written_once,
}
