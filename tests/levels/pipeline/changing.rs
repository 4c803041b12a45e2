//! A story changes: what still holds of its accepted result is kept word by word, and only the rest is written.

use sandbox::{Story, Text};
use shared::domain::criterion::Criterion;
use shared::domain::diff::{self, Change, Side};
use shared::domain::job::JobKind;
use shared::domain::scenario::Scenario;
use shared::store::Sql;
use tests::app::{App, Setup};
use uuid::Uuid;

const KEY: &str = "DESK-1";

const BEFORE: &str = "As a clerk I want to send parcels.\n\n## Rules\n\n- A parcel weighs at most 30 kg.\n- A label shows the number of the parcel.\n- A parcel without an address is refused.";

/// One rule says something else, one is new.
const AFTER: &str = "As a clerk I want to send parcels.\n\n## Rules\n\n- A parcel weighs at most 25 kg.\n- A label shows the number of the parcel.\n- A parcel without an address is refused.\n- A receipt shows the price of the parcel.";

fn stories() -> Vec<Story> {
    let story = Story {
        key: KEY.to_owned(),
        summary: "Send parcels".to_owned(),
        description: Text::Source(BEFORE.to_owned()),
        ..Story::default()
    };
    vec![story]
}

async fn start(model: &str) -> App {
    let setup = Setup::default().stories(stories()).set("JQA_LLM_REUSE", "off");
    let setup = if model.is_empty() { setup } else { setup.model(model) };
    setup.start().await
}

fn change(app: &App, text: &str) {
    app.jira().edit(KEY, |fields| drop(fields.insert("description".to_owned(), text.into())));
}

async fn made(app: &App) -> Uuid {
    let id = app.asks(JobKind::FullPipeline, KEY).run().await;
    app.succeeded(id).await;
    id
}

async fn made_of_changes(app: &App) -> Uuid {
    let id = app.asks(JobKind::FullPipeline, KEY).of_changes().run().await;
    app.succeeded(id).await;
    id
}

/// What of the items differs, by ids: (criteria, scenarios).
async fn changes(app: &App, before: Uuid, after: Uuid) -> (Vec<(String, Change)>, Vec<(String, Change)>) {
    let (was, is) = (app.criteria(before).await.set, app.criteria(after).await.set);
    let (suite_was, suite_is) = (app.suite(before).await.suite, app.suite(after).await.suite);
    let parts = std::collections::BTreeMap::new();
    let side = |criteria, suite| Side { parts: &parts, criteria: Some(criteria), suite: Some(suite) };
    let diff = diff::between(side(&was, &suite_was), side(&is, &suite_is));
    let told = |items: &diff::ItemsDiff| items.items.iter().map(|item| (item.id.clone(), item.change)).collect();
    (told(&diff.criteria), told(&diff.scenarios))
}

fn rests_on(evidence: &[shared::domain::evidence::CheckedEvidence], words: &str) -> bool {
    evidence.iter().any(|said| said.quote.contains(words))
}

fn about<'a>(criteria: &'a [Criterion], words: &str) -> &'a Criterion {
    criteria.iter().find(|one| rests_on(&one.evidence, words)).unwrap_or_else(|| panic!("nothing about {words}: {criteria:#?}"))
}

/// What a model was shown, call by call.
fn shown(app: &App) -> Vec<String> {
    let journal = app.jira().journal();
    journal.iter().filter(|entry| entry.path.starts_with("/llm/")).map(|entry| entry.body.to_string()).collect()
}

#[tokio::test]
async fn a_model_is_asked_for_what_changed_and_everything_else_stays_word_by_word() {
    let app = start("sandbox").await;
    let before = made(&app).await;
    let was = app.criteria(before).await.set.criteria;
    change(&app, AFTER);
    app.jira().clear_journal();
    let after = made_of_changes(&app).await;
    let artifact = app.criteria(after).await;
    let is = &artifact.set.criteria;
    for words in ["number of the parcel", "without an address"] {
        let (was, is) = (about(&was, words), about(is, words));
        assert_eq!((&was.id, &was.title, &was.gherkin), (&is.id, &is.title, &is.gherkin));
    }
    about(is, "25 kg");
    about(is, "price of the parcel");
    assert!(!is.iter().any(|one| rests_on(&one.evidence, "30 kg")), "{is:#?}");
    assert_eq!(artifact.by.prompt_version, "criteria@1+delta@1");

    let asked = shown(&app);
    let [criteria, scenarios] = asked.as_slice() else { panic!("{} calls", asked.len()) };
    for words in ["outdated", "- A parcel weighs at most 25 kg.", "- A parcel weighs at most 30 kg."] {
        assert!(criteria.contains(words), "{words}: {criteria}");
    }
    let asked_for = |criterion: &Criterion| scenarios.contains(&format!(r#"\"id\":\"{}\""#, criterion.id));
    assert!(
        asked_for(about(is, "25 kg")) && !asked_for(about(is, "without an address")),
        "what is tested is not asked for again"
    );

    let (was, is) = (app.suite(before).await.suite.scenarios, app.suite(after).await.suite.scenarios);
    let of = |all: &[Scenario], words: &str| all.iter().filter(|one| rests_on(&one.evidence, words)).cloned().collect::<Vec<_>>();
    assert!(!of(&was, "without an address").is_empty());
    assert_eq!(of(&was, "without an address"), of(&is, "without an address"));
    let coverage = app.suite(after).await.suite.coverage;
    assert_eq!(coverage.covered, coverage.total);
}

#[tokio::test]
async fn a_story_that_says_the_same_costs_nothing_and_keeps_everything() {
    for model in ["", "sandbox"] {
        let app = start(model).await;
        let before = made(&app).await;
        app.jira().clear_journal();
        let after = made_of_changes(&app).await;
        assert_eq!(changes(&app, before, after).await, (vec![], vec![]), "{model}");
        assert_eq!(shown(&app).len(), 0, "{model}");
        let hash = async |id| app.job(id).await.content_hash;
        assert_eq!(hash(before).await, hash(after).await, "{model}");
        let paid = app.count(Sql::new("SELECT COUNT(*) AS n FROM llm_calls WHERE state NOT IN ('settled', 'free')")).await;
        assert_eq!(paid, 0, "{model}");
    }
}

#[tokio::test]
async fn the_drafter_keeps_what_holds_as_well() {
    let app = start("").await;
    let before = made(&app).await;
    change(&app, AFTER);
    let after = made_of_changes(&app).await;
    let (criteria, scenarios) = changes(&app, before, after).await;
    assert!(!criteria.is_empty() && !scenarios.is_empty());
    let was = app.criteria(before).await.set.criteria;
    for (id, change) in criteria {
        let rests_on_what_is_gone = was.iter().any(|one| one.id == id && rests_on(&one.evidence, "30 kg"));
        assert!(change == Change::Added || rests_on_what_is_gone, "{id} {change}");
    }
    about(&app.criteria(after).await.set.criteria, "price of the parcel");
}

#[tokio::test]
async fn a_story_that_only_lost_a_rule_costs_no_call_and_loses_what_rested_on_it() {
    let app = start("sandbox").await;
    let before = made(&app).await;
    change(&app, &BEFORE.replace("- A label shows the number of the parcel.\n", ""));
    app.jira().clear_journal();
    let after = made_of_changes(&app).await;
    assert_eq!(shown(&app).len(), 0);
    let (criteria, scenarios) = changes(&app, before, after).await;
    assert!(!criteria.is_empty() && criteria.iter().chain(&scenarios).all(|(_, change)| *change == Change::Removed));
}

#[tokio::test]
async fn what_was_not_accepted_or_may_not_be_seen_is_not_kept() {
    let app = start("sandbox").await;
    app.asks(JobKind::FullPipeline, KEY).reviewed().run().await;
    app.jira().clear_journal();
    made_of_changes(&app).await;
    assert_eq!(shown(&app).len(), 2, "nobody accepted it");

    let theirs = Sql::new("UPDATE generation_history SET created_by = ?").bind(Uuid::from_u128(u128::MAX));
    for sql in [theirs, Sql::new("UPDATE users SET role = 'developer'")] {
        app.jobs.db().execute(sql).await.expect("results of others, which a developer does not see");
    }
    app.jira().clear_journal();
    made_of_changes(&app).await;
    assert_eq!(shown(&app).len(), 2, "it is somebody else's");
}
