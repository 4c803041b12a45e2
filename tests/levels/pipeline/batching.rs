//! Batches: their stories are found, what says nothing new is left out, and one bad story is one bad story.

use sandbox::{Fault, Story, Text};
use serde_json::json;
use shared::domain::batch::{BatchRequest, BatchStatus, Selection, Skip};
use shared::domain::issue_key::IssueKey;
use shared::domain::job::{JobKind, JobStatus};
use shared::domain::publish::{OnConflict, PublishMode, PublishTarget};
use shared::domain::request::Review;
use shared::domain::webhook::WebhookEvent;
use shared::jobs::{BatchSubmission, SubmittedBatch};
use shared::store::batch::{self, Batch, Item, ItemFilter};
use shared::vault::EndpointWish;
use tests::app::{App, PERSON, Setup, Site};
use tests::on_every_site;
use uuid::Uuid;

use crate::support::{answer, ours};

fn stories(number: usize) -> Vec<Story> {
    let story = |n: usize| Story {
        key: format!("BULK-{n}"),
        summary: format!("Basket {n}"),
        description: Text::Source(format!("- A basket of {n} EUR is accepted.\n- A basket without goods is refused.")),
        ..Story::default()
    };
    (1..=number).map(story).collect()
}

async fn app(site: Site, number: usize) -> App {
    Setup::default().at(site).stories(stories(number)).start().await
}

fn request(select: Selection) -> BatchRequest {
    BatchRequest {
        select,
        max_issues: 1000,
        force: false,
        llm: None,
        language: None,
        review: Review::None,
        publish: Vec::new(),
        on_conflict: OnConflict::Keep,
        close_obsolete: false,
        fresh: false,
        economy: false,
        delta: false,
    }
}

fn jql(jql: &str) -> BatchRequest {
    request(Selection::Jql(jql.to_owned()))
}

fn keys(keys: &[&str]) -> BatchRequest {
    request(Selection::IssueKeys(keys.iter().map(|key| IssueKey::parse(key).expect("a key")).collect()))
}

async fn submit(app: &App, request: BatchRequest) -> Uuid {
    let submission = BatchSubmission {
        id: app.jobs.clock().new_id(),
        kind: JobKind::AcceptanceCriteria,
        connection: "default".into(),
        request,
        actor: app.person(),
        owner_id: PERSON,
        priority: 0,
        concurrency: 4,
        max_cost_nano_usd: None,
        key: None,
    };
    match app.jobs.submit_batch(submission).await.expect("an answer") {
        SubmittedBatch::Accepted(batch) => batch.id,
        SubmittedBatch::Replayed(stored) => panic!("it came before: {stored:?}"),
    }
}

async fn run(app: &App, request: BatchRequest) -> Uuid {
    let id = submit(app, request).await;
    app.run_batches().await;
    id
}

async fn found(app: &App, id: Uuid) -> Batch {
    batch::find(app.jobs.db(), id).await.expect("an answer").expect("a batch")
}

async fn items(app: &App, id: Uuid) -> Vec<Item> {
    batch::items(app.jobs.db(), id, &ItemFilter::default(), 0, 10_000).await.expect("items")
}

/// The key of each story, and how its job ended or why it has none.
async fn ends(app: &App, id: Uuid) -> Vec<(String, String)> {
    let all = items(app, id).await.into_iter();
    all.map(|item| (item.issue_key, item.status.or(item.skip).unwrap_or_default())).collect()
}

async fn succeeded(app: &App, id: Uuid) -> i64 {
    batch::counts(app.jobs.db(), id).await.expect("counts").of(JobStatus::Succeeded)
}

async fn the_end_of_a_batch_is_told_to_endpoints_once(site: Site) {
    let app = Setup::default().at(site).set("JQA_OUTBOUND_ALLOW", "127.0.0.0/8").stories(stories(3)).start().await;
    let (url, events) = (app.site.url() + "/_hooks/ci", vec![WebhookEvent::BatchCompleted]);
    let wish = EndpointWish { owner_id: PERSON, name: "ci".into(), url, events };
    app.vault.create_endpoint(wish, &app.person()).await.expect("an endpoint");
    let id = run(&app, jql("project = BULK")).await;
    app.run_jobs().await;
    let told = app.jira().deliveries("ci");
    assert_eq!(told.len(), 1);
    let (kind, data) = (&told[0].body["type"], &told[0].body["data"]);
    assert_eq!((kind, &data["batch_id"], &data["status"]), (&json!("batch.completed"), &json!(id), &json!("completed")));
    assert_eq!(data["links"]["items"], format!("https://jqa.example.org/api/v1/batches/{id}/items"));
}

async fn every_story_that_a_query_finds_has_one_job(site: Site) {
    let app = app(site, 230).await;
    let id = run(&app, jql("project = BULK ORDER BY key")).await;
    let batch = found(&app, id).await;
    assert_eq!((batch.status(), batch.found, batch.has_more), (BatchStatus::Completed, 230, false));
    assert_eq!(succeeded(&app, id).await, 230);
    let items = items(&app, id).await;
    let mut found: Vec<&str> = items.iter().map(|item| item.issue_key.as_str()).collect();
    assert_eq!(items.iter().map(|item| item.n).collect::<Vec<_>>(), (1..=230).collect::<Vec<_>>());
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 230);
}

async fn what_says_nothing_new_is_left_out_and_says_since_when(site: Site) {
    let app = app(site, 3).await;
    let publishing =
        || BatchRequest { publish: vec![PublishTarget::of(PublishMode::Comment, None)], ..jql("project = BULK ORDER BY key") };
    let first = run(&app, publishing()).await;
    assert_eq!(succeeded(&app, first).await, 3);
    // Our own comments have touched them, and so has a person.
    assert!(app.jira().edit("BULK-1", |fields| drop(fields.insert("labels".to_owned(), json!(["seen"])))));
    let second = run(&app, publishing()).await;
    let left_out = items(&app, second).await;
    assert_eq!((found(&app, second).await.status(), left_out.len()), (BatchStatus::Completed, 3));
    assert!(
        left_out.iter().all(|item| item.skip.as_deref() == Some(Skip::Unchanged.as_str()) && item.since.is_some()),
        "{left_out:?}"
    );
    app.jira().clear_journal();
    run(&app, publishing()).await;
    let read = app
        .jira()
        .journal()
        .into_iter()
        .filter(|entry| entry.path.contains("/issue/BULK-3") || entry.path.contains("/issue/1000"))
        .count();
    assert!(read <= 2, "what was looked at is not read again: {read}");

    app.jira().edit("BULK-2", |fields| drop(fields.insert("description".to_owned(), "- A basket weighs at most 30 kg.".into())));
    let third = run(&app, publishing()).await;
    assert_eq!(succeeded(&app, third).await, 1);
    let all = run(&app, BatchRequest { force: true, ..publishing() }).await;
    assert_eq!(succeeded(&app, all).await, 3);
    assert!((1..=3).all(|n| ours(&app, &format!("BULK-{n}")).len() == 1), "one comment each");
}

async fn a_list_is_worked_on_in_its_order_and_says_what_is_missing(site: Site) {
    let app = app(site, 3).await;
    let id = run(&app, keys(&["BULK-3", "BULK-99", "BULK-1"])).await;
    let expected = [("BULK-3", "succeeded"), ("BULK-99", "not_found"), ("BULK-1", "succeeded")];
    assert_eq!(ends(&app, id).await, expected.map(|(key, end)| (key.to_owned(), end.to_owned())));
    assert_eq!(found(&app, id).await.status(), BatchStatus::Completed);
}

async fn no_more_jobs_are_made_than_were_asked_for(site: Site) {
    let app = app(site, 120).await;
    let id = run(&app, BatchRequest { max_issues: 105, ..jql("project = BULK ORDER BY key") }).await;
    let batch = found(&app, id).await;
    assert_eq!((batch.has_more, succeeded(&app, id).await), (true, 105));
}

async fn one_bad_story_is_one_bad_story(site: Site) {
    let app = app(site, 5).await;
    let bad = app.jira().issue("BULK-2").expect("an issue")["id"].as_str().expect("an id").to_owned();
    app.jira().order(Fault::status(403).on("GET", &format!("*/issue/{bad}")).times(0));
    app.jira().order(Fault::status(403).on("GET", "*/issue/BULK-2").times(0));
    let id = run(&app, jql("project = BULK ORDER BY key")).await;
    assert_eq!((found(&app, id).await.status(), succeeded(&app, id).await), (BatchStatus::Completed, 4));
    let failed: Vec<Item> = items(&app, id).await.into_iter().filter(|item| item.status.as_deref() == Some("failed")).collect();
    assert_eq!(
        (failed.len(), failed[0].issue_key.as_str(), failed[0].error_code.as_deref()),
        (1, "BULK-2", Some("jira.forbidden"))
    );
}

async fn a_query_that_jira_refuses_fails_the_batch_in_its_words(site: Site) {
    let app = app(site, 1).await;
    let id = run(&app, jql("flavour = sweet")).await;
    let batch = found(&app, id).await;
    assert_eq!((batch.status(), batch.error_code.as_deref()), (BatchStatus::Failed, Some("jira.refused")));
    assert!(batch.error_message.as_deref().is_some_and(|message| message.contains("flavour")), "{batch:?}");
}

async fn a_jira_that_is_away_or_busy_is_asked_again(site: Site) {
    let app = app(site, 150).await;
    let search = match site {
        Site::Cloud => "*/search/jql",
        Site::DataCenter => "*/search",
    };
    app.jira().order(Fault::status(502).on("", search).after(1).times(1));
    app.jira().order(answer(429, ("Retry-After", "7")).on("", search).after(2).times(1));
    let id = submit(&app, jql("project = BULK ORDER BY key")).await;
    app.run_batches().await;
    for _ in 0..3 {
        app.seconds_later(700);
        app.run_batches().await;
    }
    assert_eq!((found(&app, id).await.status(), succeeded(&app, id).await), (BatchStatus::Completed, 150));
}

on_every_site! {
    every_story_that_a_query_finds_has_one_job,
    what_says_nothing_new_is_left_out_and_says_since_when,
    a_list_is_worked_on_in_its_order_and_says_what_is_missing,
    no_more_jobs_are_made_than_were_asked_for,
    one_bad_story_is_one_bad_story,
    a_query_that_jira_refuses_fails_the_batch_in_its_words,
    a_jira_that_is_away_or_busy_is_asked_again,
    the_end_of_a_batch_is_told_to_endpoints_once,
}
