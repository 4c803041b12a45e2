//! Publishing to Zephyr Scale: a test case for each scenario, once, in place, and around what people did to them.

use sandbox::{Action, Cut, Fault, JournalEntry};
use serde_json::{Value, json};
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PlannedAction, PublishMode, PublishOutcome, PublishWhat, Published};
use tests::app::{App, Setup, Site};
use tests::on_every_site;
use uuid::Uuid;

use crate::support::{STORY, made};

/// A connection with Zephyr beside it.
fn setup(site: Site, all: &Value) -> Setup {
    let zephyr = json!({ "zephyr": { "base_url": "{site}/zephyr/v2", "all": all } });
    Setup::default().at(site).set("JQA_ZEPHYR_TOKEN", "zephyr").jira_options(zephyr)
}

async fn app(site: Site) -> App {
    setup(site, &json!({})).start().await
}

async fn publish(app: &App, from: Uuid, on_conflict: OnConflict) -> Uuid {
    let order = app.asks(JobKind::Publication, STORY).from(from);
    order.with(PublishMode::Zephyr, PublishWhat::Scenarios).on_conflict(on_conflict).run().await
}

async fn published(app: &App, from: Uuid, on_conflict: OnConflict) -> Published {
    let id = publish(app, from, on_conflict).await;
    app.succeeded(id).await;
    app.published(id).await.remove(0)
}

fn calls(app: &App) -> Vec<JournalEntry> {
    let all = app.jira().journal().into_iter();
    all.filter(|entry| entry.path.contains("/zephyr/v2/") || entry.path.contains("/rest/atm/1.0/")).collect()
}

fn writes(app: &App) -> Vec<String> {
    let calls = calls(app).into_iter().filter(|entry| entry.method != "GET");
    calls.map(|entry| format!("{} {}", entry.method, entry.path)).collect()
}

/// The request that makes a test case.
const fn creation(site: Site) -> &'static str {
    match site {
        Site::Cloud => "*/testcases",
        Site::DataCenter => "*/testcase",
    }
}

fn outcomes(published: &Published) -> Vec<(&str, PublishOutcome)> {
    published.items.iter().map(|item| (item.id.as_str(), item.outcome)).collect()
}

async fn each_scenario_is_a_test_case_of_its_story_once_and_the_same_again_writes_nothing(site: Site) {
    let all =
        json!({ "folder": "/Checkout/Cart", "labels": ["generated"], "priorities": { "high": "High" }, "status": "Approved" });
    let app = setup(site, &all).start().await;
    let job = made(&app, STORY).await;
    let scenarios = app.suite(job).await.suite.scenarios;
    let first = published(&app, job, OnConflict::Keep).await;
    assert_eq!(first.outcome, PublishOutcome::Created, "{first:?}");
    let cases = app.jira().test_cases();
    assert_eq!((cases.len(), first.items.len()), (scenarios.len(), scenarios.len()));
    let story: u64 = app.jira().issue(STORY).expect("an issue")["id"].as_str().expect("a text").parse().expect("a number");
    for (case, scenario) in cases.iter().zip(&scenarios) {
        assert_eq!(case["name"], format!("{} {}", scenario.id, scenario.title));
        assert_eq!((&case["folder"], &case["issues"]), (&json!("/Checkout/Cart"), &json!([story])));
        assert_eq!((&case["status"], &case["labels"][1]), (&json!("Approved"), &json!("generated")));
        assert_eq!(case["priority"] == "High", scenario.priority.as_str() == "high", "{case}");
        assert!(
            case["labels"][0].as_str().expect("a text").starts_with("jqa:")
                && case["objective"].as_str().expect("a text").contains(STORY)
        );
        let steps = case["script"]["steps"].as_array().expect("a list");
        assert_eq!(steps.len(), scenario.steps.len());
        assert_eq!(steps[0]["description"], scenario.steps[0].action);
    }
    let keys: Vec<_> = first.items.iter().map(|item| item.key.as_deref().expect("a value")).collect();
    assert_eq!(keys[0], "SHOP-T1");
    assert!(first.items[0].url.as_ref().expect("a value").ends_with("/testCase/SHOP-T1"), "{first:?}");

    app.jira().clear_journal();
    let again = published(&app, job, OnConflict::Keep).await;
    assert_eq!((again.outcome, writes(&app)), (PublishOutcome::Unchanged, vec![]));
    assert!(app.jira().violations().is_empty(), "{:?}", app.jira().violations());
}

async fn a_scenario_is_gherkin_where_that_is_asked_for(site: Site) {
    let app = setup(site, &json!({ "script": "bdd" })).start().await;
    let job = made(&app, STORY).await;
    let scenario = app.suite(job).await.suite.scenarios.remove(0);
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Created);
    let script = app.jira().test_cases()[0]["script"].clone();
    let text = script["text"].as_str().expect("a text");
    assert!(text.starts_with(&format!("Given {}", scenario.given[0])), "{text}");
    assert!(text.contains(&format!("\nThen {}", scenario.then[0])), "{text}");
    app.jira().clear_journal();
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged);
    assert_eq!(writes(&app), Vec::<String>::new());
}

async fn what_is_brought_up_to_date_loses_nothing_that_others_keep_there(site: Site) {
    let app = setup(site, &json!({ "labels": ["generated"], "fields": { "Team": "Checkout" } })).start().await;
    let job = made(&app, STORY).await;
    published(&app, job, OnConflict::Keep).await;
    let before = app.jira().test_cases().remove(0);
    let theirs = json!({ "name": "Mine", "labels": [before["labels"][0], "smoke"], "status": "Approved", "owner": "mara" });
    assert!(app.jira().edit_test_case("SHOP-T1", &theirs));
    app.jira().clear_journal();
    let after = published(&app, job, OnConflict::Overwrite).await;
    assert_eq!((after.items[0].outcome, writes(&app).len()), (PublishOutcome::Updated, 1), "{after:?}");
    let mut expected = before;
    for name in ["labels", "status", "owner"] {
        expected[name] = theirs[name].clone();
    }
    assert_eq!(app.jira().test_cases()[0], expected);
    assert!(app.jira().violations().is_empty(), "{:?}", app.jira().violations());
}

async fn what_the_result_does_not_have_any_more_is_told_and_stays(site: Site) {
    let app = app(site).await;
    let job = made(&app, STORY).await;
    let before = published(&app, job, OnConflict::Keep).await.items.len();
    app.jira().edit(STORY, |fields| drop(fields.insert("description".to_owned(), "- A parcel weighs at most 30 kg.".into())));
    let shorter = made(&app, STORY).await;
    let needed = app.suite(shorter).await.suite.scenarios.len();
    let after = published(&app, shorter, OnConflict::Keep).await;
    let obsolete = after.items.iter().filter(|item| item.outcome == PublishOutcome::Obsolete).count();
    assert_eq!((after.items.len(), obsolete), (needed + obsolete, before));
    assert_eq!(app.jira().test_cases().len(), before + needed);
}

async fn a_plan_says_what_would_become_of_each_and_writes_nothing(site: Site) {
    let app = app(site).await;
    let job = made(&app, STORY).await;
    let planned = async || {
        let plans = app.plans(job, PublishMode::Zephyr).await.into_iter();
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
    app.jira().edit(STORY, |fields| drop(fields.insert("description".to_owned(), site.text(&rules))));
    let job = made(&app, STORY).await;
    let scenarios = app.suite(job).await.suite.scenarios.len();
    assert!(scenarios >= 40, "{scenarios}");
    app.jira().clear_journal();
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Created);
    let first = (writes(&app).len(), calls(&app).len());
    assert_eq!(app.jira().test_cases().len(), scenarios);
    app.jira().clear_journal();
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged);
    let second = (writes(&app).len(), calls(&app).len());
    eprintln!(
        "{site:?}: {scenarios} scenarios: first {} writes of {} calls, then {} of {}",
        first.0, first.1, second.0, second.1
    );
    assert_eq!(second.0, 0);
}

async fn what_a_person_changed_is_kept_unless_it_is_to_be_overwritten(site: Site) {
    for (on_conflict, becomes) in [(OnConflict::Keep, PublishOutcome::Conflict), (OnConflict::Overwrite, PublishOutcome::Updated)]
    {
        let app = app(site).await;
        let job = made(&app, STORY).await;
        published(&app, job, OnConflict::Keep).await;
        let theirs = json!({ "steps": [{ "description": "Look closely", "testData": "", "expectedResult": "" }] });
        assert!(app.jira().edit_test_case("SHOP-T2", &theirs));
        app.jira().clear_journal();
        let after = published(&app, job, on_conflict).await;
        assert_eq!(after.items[1].outcome, becomes, "{after:?}");
        let is_kept = app.jira().test_cases()[1]["script"].to_string().contains("Look closely");
        assert_eq!((is_kept, writes(&app).len()), if on_conflict == OnConflict::Keep { (true, 0) } else { (false, 1) });
        assert!(after.items.iter().enumerate().all(|(n, item)| n == 1 || item.outcome == PublishOutcome::Unchanged));
    }
}

/// However far the first came: the next finds it and finishes it.
async fn a_test_case_whose_making_was_cut_off_anywhere_is_finished_and_not_made_twice(site: Site) {
    let steps = match site {
        Site::Cloud => &["*/folders", "*/testcases", "*/teststeps", "*/links/issues"][..],
        Site::DataCenter => &["*/folder", "*/testcase"],
    };
    for path in steps {
        for cut in [Cut::Before, Cut::After] {
            let app = app(site).await;
            let job = made(&app, STORY).await;
            let scenarios = app.suite(job).await.suite.scenarios;
            let after = u64::from(!path.contains("folder"));
            app.jira().order(Fault::new(Action::Drop { drop: cut }).on("POST", path).after(after));
            let id = publish(&app, job, OnConflict::Keep).await;
            assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.no_answer".to_owned()), "{path} {cut:?}");
            for _ in 0..3 {
                app.run_when_due(id).await;
            }
            app.succeeded(id).await;
            let cases = app.jira().test_cases();
            assert_eq!(cases.len(), scenarios.len(), "{path} {cut:?}: {cases:#?}");
            for (case, scenario) in cases.iter().zip(&scenarios) {
                assert_eq!(case["issues"].as_array().expect("a list").len(), 1, "{path} {cut:?}: {case}");
                assert_eq!(
                    case["script"]["steps"].as_array().expect("a list").len(),
                    scenario.steps.len(),
                    "{path} {cut:?}: {case}"
                );
            }
            app.jira().clear_journal();
            assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Unchanged, "{path} {cut:?}");
            assert_eq!(writes(&app), Vec::<String>::new(), "{path} {cut:?}");
        }
    }
}

async fn one_that_is_refused_does_not_keep_the_others_from_it(site: Site) {
    let app = app(site).await;
    let job = made(&app, STORY).await;
    app.jira().order(Fault::status(400).on("POST", creation(site)).after(1));
    let after = published(&app, job, OnConflict::Keep).await;
    assert_eq!((after.outcome, after.items[1].outcome), (PublishOutcome::Partial, PublishOutcome::Failed), "{after:?}");
    assert_eq!(outcomes(&published(&app, job, OnConflict::Keep).await)[1].1, PublishOutcome::Created, "the next time");
}

async fn a_field_that_the_project_requires_is_named_and_can_be_given(site: Site) {
    let requires = |setup: Setup| setup.sandbox(|options| options.zephyr_required = vec!["Team".to_owned()]);
    let app = requires(setup(site, &json!({}))).start().await;
    let id = publish(&app, made(&app, STORY).await, OnConflict::Keep).await;
    let (status, code) = app.status(id).await;
    assert_eq!((status.as_str(), code.as_str()), ("failed", "publish.failed"));
    let message = app.job(id).await.error_message.unwrap_or_default();
    assert!(message.contains("Team") && message.contains("Zephyr Scale"), "{message}");
    let app = requires(setup(site, &json!({ "fields": { "Team": "Checkout" } }))).start().await;
    let job = made(&app, STORY).await;
    assert_eq!(published(&app, job, OnConflict::Keep).await.outcome, PublishOutcome::Created);
    assert_eq!(app.jira().test_cases()[0]["customFields"]["Team"], "Checkout");
}

async fn where_zephyr_is_not_enabled_that_is_said(site: Site) {
    let app = setup(site, &json!({})).sandbox(|options| options.zephyr_off = vec!["SHOP".to_owned()]).start().await;
    let id = publish(&app, made(&app, STORY).await, OnConflict::Keep).await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "publish.failed".to_owned()));
    let message = app.job(id).await.error_message.unwrap_or_default();
    assert!(message.contains("Zephyr Scale"), "{message}");
}

async fn when_zephyr_asks_to_slow_down_the_rest_is_written_later(site: Site) {
    let app = app(site).await;
    let job = made(&app, STORY).await;
    let scenarios = app.suite(job).await.suite.scenarios.len();
    app.jira().order(Fault::status(429).on("POST", creation(site)).after(1).times(2));
    let id = publish(&app, job, OnConflict::Keep).await;
    assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.rate_limited".to_owned()));
    for _ in 0..2 {
        app.run_when_due(id).await;
    }
    app.succeeded(id).await;
    assert_eq!(app.jira().test_cases().len(), scenarios);
}

#[tokio::test]
async fn a_test_case_that_zephyr_does_not_list_for_its_story_is_not_made_again() {
    let app = app(Site::Cloud).await;
    let job = made(&app, STORY).await;
    let scenarios = app.suite(job).await.suite.scenarios.len();
    // What was written is not recorded, and the list of links knows of nothing.
    app.jira().order(Fault::new(Action::Drop { drop: Cut::After }).on("POST", "*/links/issues"));
    app.jira().order(Fault::status(404).on("GET", "*/issuelinks/*").times(0));
    let id = publish(&app, job, OnConflict::Keep).await;
    for _ in 0..3 {
        app.run_when_due(id).await;
    }
    app.succeeded(id).await;
    assert_eq!(app.jira().test_cases().len(), scenarios);
}

#[tokio::test]
async fn without_a_token_or_with_a_wrong_one_it_is_said_what_to_do() {
    for (token, code, word) in [("", "publish.impossible", "zephyr_token"), ("wrong", "jira.refused", "zephyr_token anew")] {
        let app = setup(Site::Cloud, &json!({})).set("JQA_ZEPHYR_TOKEN", token).start().await;
        let id = publish(&app, made(&app, STORY).await, OnConflict::Keep).await;
        let row = app.job(id).await;
        assert_eq!(row.status, "failed", "{code}");
        assert!(row.error_message.as_deref().unwrap_or_default().contains(word), "{:?}", row.error_message);
        assert_eq!(app.jira().test_cases(), Vec::<Value>::new());
    }
}

on_every_site! {
    each_scenario_is_a_test_case_of_its_story_once_and_the_same_again_writes_nothing,
    a_scenario_is_gherkin_where_that_is_asked_for,
    what_is_brought_up_to_date_loses_nothing_that_others_keep_there,
    what_the_result_does_not_have_any_more_is_told_and_stays,
    a_plan_says_what_would_become_of_each_and_writes_nothing,
    forty_scenarios_are_written_once,
    what_a_person_changed_is_kept_unless_it_is_to_be_overwritten,
    a_test_case_whose_making_was_cut_off_anywhere_is_finished_and_not_made_twice,
    one_that_is_refused_does_not_keep_the_others_from_it,
    a_field_that_the_project_requires_is_named_and_can_be_given,
    where_zephyr_is_not_enabled_that_is_said,
    when_zephyr_asks_to_slow_down_the_rest_is_written_later,
}
