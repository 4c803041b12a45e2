//! Tests that exist for a story: read in one go, shown to the model, named by scenarios, and not published again.

use sandbox::{Fault, Story, StoryLink, Text};
use serde_json::json;
use shared::domain::finding::FindingCode;
use shared::domain::job::JobKind;
use shared::domain::policy::Terms;
use shared::domain::publish::{PublishMode, PublishOutcome, PublishWhat};
use shared::domain::scenario::{RelationKind, Suite};
use shared::domain::story::ExistingTests;
use shared::policies::Policies;
use shared::store::audit::Actor;
use tests::app::{App, Setup};
use uuid::Uuid;

use crate::support::{STORY, client, ours, words};

/// The story with three tests.
const TESTED: &str = "SHOP-14";

/// How scenarios stand to tests, without those that are new.
fn relations(suite: &Suite) -> Vec<(&str, RelationKind, &str)> {
    let related = suite.scenarios.iter().filter(|scenario| !scenario.relation.is_new());
    related.map(|scenario| (scenario.title.as_str(), scenario.relation.kind, scenario.relation.of.as_str())).collect()
}

async fn made(app: &App, key: &str) -> (Uuid, Suite) {
    let id = app.asks(JobKind::FullPipeline, key).with(PublishMode::Comment, PublishWhat::Scenarios).run().await;
    app.succeeded(id).await;
    (id, app.suite(id).await.suite)
}

/// A clerk's story with so many tests, whose projects take turns.
fn tested(tests: usize, projects: &[&str]) -> Vec<Story> {
    let rule = "- At most 5 receipts are printed at once.\n- A receipt shows its number.";
    let story = Story {
        key: "DESK-1".to_owned(),
        summary: "Print receipts".to_owned(),
        description: Text::Source(format!(
            "As a clerk I want to print receipts, so that customers have them.\n\n## Rules\n\n{rule}"
        )),
        ..Story::default()
    };
    let test = |n: usize| Story {
        key: format!("{}-{}", projects[n % projects.len()], 100 + n),
        summary: format!("Summary of the test number {n}"),
        issue_type: "Test".to_owned(),
        description: Text::Source(format!("1. Do the thing of number {n}.")),
        links: vec![StoryLink { kind: "Test".to_owned(), key: "DESK-1".to_owned() }],
        ..Story::default()
    };
    std::iter::once(story).chain((0..tests).map(test)).collect()
}

#[tokio::test]
async fn the_drafter_tells_by_words_what_exists_and_it_is_not_published_again() {
    let app = App::start().await;
    let (id, suite) = made(&app, TESTED).await;
    let reset = suite.scenarios.iter().find(|one| one.title == "A successful login resets the counter").expect("a scenario");
    assert_eq!(
        relations(&suite),
        [
            ("A successful login resets the counter", RelationKind::Duplicate, "SHOP-32"),
            ("The owner of the account is told by e-mail", RelationKind::Extends, "SHOP-33"),
        ]
    );
    assert_eq!(suite.coverage.covered, suite.coverage.total, "an existing test covers its criterion");
    let published = app.published(id).await.remove(0);
    assert_eq!(
        (published.outcome, published.message.as_str()),
        (PublishOutcome::Created, format!("skipped: {} is a duplicate of SHOP-32", reset.id).as_str())
    );
    let comment = words(&ours(&app, TESTED)[0]["body"]);
    assert!(comment.contains("Not written again, because a test exists"), "{comment}");
    assert!(!comment.contains(&format!("@{} ", reset.id)), "its Gherkin is not there: {comment}");
    let plans = app.plans(id, PublishMode::Comment).await;
    assert!(plans.iter().all(|plan| plan.reason.contains("is a duplicate of SHOP-32")), "{plans:?}");
}

#[tokio::test]
async fn a_model_is_shown_the_tests_and_says_how_its_scenarios_stand_to_them() {
    let app = App::with_model("sandbox").await;
    let (id, suite) = made(&app, TESTED).await;
    let journal = app.jira().journal();
    let asked: Vec<String> =
        journal.iter().filter(|entry| entry.path.starts_with("/llm/")).map(|entry| entry.body.to_string()).collect();
    let [criteria, scenarios] = asked.as_slice() else { panic!("{} calls", asked.len()) };
    assert!(!criteria.contains("SHOP-32") && scenarios.contains("SHOP-32") && scenarios.contains("The counter is reset"));
    assert!(relations(&suite).contains(&("A successful login resets the counter", RelationKind::Duplicate, "SHOP-32")));
    assert!(relations(&suite).contains(&("The owner of the account is told by e-mail", RelationKind::Extends, "SHOP-33")));
    assert_eq!(app.suite(id).await.by.prompt_version, "scenarios@2");
    assert!(app.published(id).await[0].message.starts_with("skipped: "));
}

#[tokio::test]
async fn a_model_that_names_tests_that_do_not_exist_is_asked_again_and_then_not_believed() {
    let app = App::with_model("sandbox-misrelates").await;
    let (id, suite) = made(&app, TESTED).await;
    assert_eq!(app.jira().llm_counts().total, 4, "criteria, scenarios, and two rounds that mend nothing");
    assert!(suite.scenarios.len() >= 3 && relations(&suite).is_empty(), "{suite:#?}");
    for scenario in &suite.scenarios {
        let told = |code| scenario.findings.iter().any(|finding| finding.code == code);
        assert!(told(FindingCode::RelationUnknown) || told(FindingCode::RelationMissing), "{scenario:#?}");
    }
    let like = suite.scenarios.iter().find(|one| one.title == "A successful login resets the counter").expect("a scenario");
    assert!(
        like.findings.iter().any(|finding| finding.code == FindingCode::DuplicatesTest),
        "code sees it all the same: {like:#?}"
    );
    assert_eq!(app.published(id).await[0].message, "", "nothing is left out on its word");
}

#[tokio::test]
async fn ninety_tests_cost_one_more_call() {
    let app = Setup::default().stories(tested(90, &["DESK"])).model("sandbox").start().await;
    let id = app.asks(JobKind::FullPipeline, "DESK-1").run().await;
    app.succeeded(id).await;
    let journal = app.jira().journal();
    let reads: Vec<&str> =
        journal.iter().filter(|entry| entry.path.starts_with("/rest/")).map(|entry| entry.path.as_str()).collect();
    assert_eq!(reads, ["/rest/api/3/issue/DESK-1", "/rest/api/3/issue/bulkfetch"]);
    let tests = app.story(id).await.tests;
    assert_eq!((tests.shown.len(), tests.total), (90, 90));
    assert_eq!(tests.shown[7].text, "1. Do the thing of number 7.");
}

#[tokio::test]
async fn tests_of_a_closed_project_are_not_sent_and_not_named() {
    let app = Setup::default().stories(tested(4, &["DESK", "PRIV"])).model("sandbox").start().await;
    let terms = Terms { send_to_model: Some(false), ..Terms::default() };
    Policies::new(app.jobs.db().clone()).write("PRIV", 0, &terms, &Actor::default()).await.expect("a version");
    app.connections.look_again();
    let id = app.asks(JobKind::FullPipeline, "DESK-1").run().await;
    app.succeeded(id).await;
    assert_eq!(app.story(id).await.tests.shown.len(), 4, "they were read");
    let journal = app.jira().journal();
    for entry in journal.iter().filter(|entry| entry.path.starts_with("/llm/")) {
        assert!(!entry.body.to_string().contains("PRIV-"), "{}", entry.body);
    }
}

#[tokio::test]
async fn tests_that_cannot_be_read_further_are_known_by_their_titles() {
    let app = Setup::default().stories(tested(2, &["DESK"])).start().await;
    app.jira().order(Fault::status(403).on("POST", "/issue/bulkfetch"));
    let id = app.asks(JobKind::FullPipeline, "DESK-1").run().await;
    app.succeeded(id).await;
    let tests = app.story(id).await.tests;
    assert_eq!((tests.shown.len(), tests.shown[0].text.as_str()), (2, ""));
    assert_eq!(tests.shown[0].summary, "Summary of the test number 0");
}

#[tokio::test]
async fn what_we_published_ourselves_is_no_test_that_existed() {
    let app = App::start().await;
    let order = || app.asks(JobKind::FullPipeline, STORY).with(PublishMode::Subtask, PublishWhat::Scenarios);
    let first = order().run().await;
    app.succeeded(first).await;
    let items = app.published(first).await.remove(0).items;
    for item in &items {
        // A person links them as Xray links its tests.
        let link = json!({ "type": { "name": "Test" }, "inwardIssue": { "key": item.key }, "outwardIssue": { "key": STORY } });
        let url = format!("{}/rest/api/3/issueLink", app.site.url());
        let linked = client().post(url).basic_auth("mara@example.org", Some("sandbox")).json(&link).send().await;
        assert_eq!(linked.expect("an answer").status(), 201);
    }
    let second = order().run().await;
    app.succeeded(second).await;
    let suite = app.suite(second).await.suite;
    assert_eq!(relations(&suite), []);
    assert_eq!(app.story(second).await.tests, ExistingTests::default());
    assert_eq!(app.outcomes(second).await, [PublishOutcome::Unchanged]);
}

/// The receipt's story with one rule, and a test of a person that says the same in the same words.
fn receipt() -> Vec<Story> {
    let mut stories = tested(1, &["DESK"]);
    let rule = "A receipt shows its number";
    stories[0].description = Text::Source(format!("As a clerk I want receipts, so that I have them.\n\n## Rules\n\n- {rule}."));
    stories[1].summary = rule.to_owned();
    stories
}

async fn made_as_sub_tasks(app: &App) -> Uuid {
    let id = app.asks(JobKind::FullPipeline, "DESK-1").with(PublishMode::Subtask, PublishWhat::Scenarios).run().await;
    app.succeeded(id).await;
    id
}

#[tokio::test]
async fn when_tests_say_all_of_it_nothing_is_written_and_that_is_no_failure() {
    let app = Setup::default().stories(receipt()).start().await;
    let id = made_as_sub_tasks(&app).await;
    let suite = app.suite(id).await.suite;
    assert!(!suite.scenarios.is_empty() && suite.published().count() == 0, "{:?}", relations(&suite));
    let published = app.published(id).await.remove(0);
    assert_eq!(published.outcome, PublishOutcome::Unchanged, "{published:?}");
    assert!(published.message.starts_with("skipped: "), "{published:?}");
    assert!(app.writes().is_empty());
}

#[tokio::test]
async fn what_was_written_before_a_test_said_the_same_is_not_called_superfluous() {
    let mut stories = receipt();
    stories[1].links.clear();
    let app = Setup::default().stories(stories).start().await;
    let first = made_as_sub_tasks(&app).await;
    assert_eq!(app.published(first).await[0].outcome, PublishOutcome::Created);
    let link = json!({ "type": { "name": "Test" }, "inwardIssue": { "key": "DESK-100" }, "outwardIssue": { "key": "DESK-1" } });
    let url = format!("{}/rest/api/3/issueLink", app.site.url());
    let linked = client().post(url).basic_auth("mara@example.org", Some("sandbox")).json(&link).send().await;
    assert_eq!(linked.expect("an answer").status(), 201);
    let second = made_as_sub_tasks(&app).await;
    assert_eq!(app.suite(second).await.suite.published().count(), 0, "the test is known now");
    let published = app.published(second).await.remove(0);
    assert_eq!((published.outcome, published.items), (PublishOutcome::Unchanged, vec![]), "nobody is told to close it");
}
