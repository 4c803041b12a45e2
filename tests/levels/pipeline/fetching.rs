//! Reading a story: what Jira's failures mean, and what is read.

use sandbox::{Action, Cut, Fault};
use serde_json::json;
use shared::domain::job::JobKind;
use shared::domain::publish::PublishMode;
use shared::domain::story::PartKind;
use shared::ports::Clock;
use tests::app::{App, Setup};

use crate::support::{STORY, answer, id_of, ours, page};

/// Runs criteria while Jira answers reads of issues with a fault; answers status, code and tries.
async fn fails_with(app: &App, fault: Fault) -> (String, String, i32) {
    app.jira().order(fault.on("GET", "/issue/").times(0));
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    let row = app.job(id).await;
    assert_eq!(row.stage, "fetch");
    (row.status, row.error_code.unwrap_or_default(), row.attempt)
}

fn verdict(status: &str, code: &str, attempt: i32) -> (String, String, i32) {
    (status.to_owned(), code.to_owned(), attempt)
}

#[tokio::test]
async fn credentials_that_do_not_work_end_the_job() {
    let app = App::start().await;
    assert_eq!(fails_with(&app, Fault::status(401)).await, verdict("failed", "jira.unauthorized", 0));
}

#[tokio::test]
async fn what_the_account_may_not_do_ends_the_job() {
    let app = App::start().await;
    assert_eq!(fails_with(&app, Fault::status(403)).await, verdict("failed", "jira.forbidden", 0));
}

#[tokio::test]
async fn a_story_that_does_not_exist_ends_the_job_and_is_named() {
    let app = App::start().await;
    let id = app.asks(JobKind::AcceptanceCriteria, "SHOP-999").run().await;
    assert_eq!(app.status(id).await, ("failed".to_owned(), "jira.not_found".to_owned()));
    assert!(app.job(id).await.error_message.is_some_and(|message| message.contains("SHOP-999")));
}

#[tokio::test]
async fn being_asked_to_slow_down_is_waited_for_and_counts_nothing() {
    let app = App::start().await;
    let fault = app.jira().order(answer(429, ("Retry-After", "30")).on("GET", "/issue/"));
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    let row = app.job(id).await;
    assert_eq!((row.status.as_str(), row.error_code.as_deref(), row.attempt), ("queued", Some("jira.rate_limited"), 0));
    assert!((30_000..=33_000).contains(&(row.due_at - app.clock.now_ms())), "{}", row.due_at - app.clock.now_ms());

    app.seconds_later(29);
    app.run_jobs().await;
    assert_eq!((app.job(id).await.status, app.jira().faults().used(fault)), ("queued".to_owned(), 1));
    app.run_when_due(id).await;
    app.succeeded(id).await;
}

#[tokio::test]
async fn a_site_that_stumbles_is_tried_again_later() {
    let app = App::start().await;
    assert_eq!(fails_with(&app, Fault::status(500)).await, verdict("queued", "jira.unavailable", 1));
    app.jira().faults().clear();
}

#[tokio::test]
async fn a_gateway_that_stumbles_once_goes_unnoticed() {
    let app = App::start().await;
    app.jira().order(Fault::status(503).on("GET", "/issue/"));
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    assert_eq!(app.succeeded(id).await.attempt, 0);
}

#[tokio::test]
async fn a_login_page_is_not_jira() {
    let app = App::start().await;
    assert_eq!(fails_with(&app, page(200)).await, verdict("queued", "jira.not_jira", 1));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let app = App::start().await;
    let to = app.site.url() + "/rest/api/3/issue/SHOP-3";
    assert_eq!(fails_with(&app, answer(302, ("Location", &to))).await, verdict("queued", "jira.not_jira", 1));
}

#[tokio::test]
async fn a_cut_connection_is_tried_again_later() {
    let app = App::start().await;
    assert_eq!(fails_with(&app, Fault::new(Action::Drop { drop: Cut::Before })).await, verdict("queued", "jira.no_answer", 1));
}

#[tokio::test]
async fn tries_are_used_up_and_the_failure_says_so() {
    let app = Setup::default().set("JQA_MAX_ATTEMPTS", "3").start().await;
    app.jira().order(page(200).on("GET", "/issue/").times(0));
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).run().await;
    app.run_when_due(id).await;
    app.run_when_due(id).await;
    let row = app.job(id).await;
    assert_eq!((row.status.as_str(), row.error_code.as_deref()), ("failed", Some("jira.not_jira")));
    assert!(row.error_message.is_some_and(|message| message.contains("given up")));
    assert!(app.metric("jqa_job_retries_total{code=\"jira.not_jira\"}") < 3.0);
}

#[tokio::test]
async fn a_moved_story_is_read_under_its_new_key() {
    let app = App::start().await;
    assert!(app.jira().move_issue(STORY, "NEW-7"));
    let id = app.asks(JobKind::AcceptanceCriteria, STORY).to(PublishMode::Comment).run().await;
    app.succeeded(id).await;
    let story = app.story(id).await;
    assert_eq!(story.key, "NEW-7");
    assert!(story.url.ends_with("/browse/NEW-7"));
    assert_eq!(ours(&app, "NEW-7").len(), 1);
}

#[tokio::test]
async fn criteria_in_a_field_of_their_own_are_found_by_its_name() {
    let app = App::start().await;
    let id = app.asks(JobKind::AcceptanceCriteria, "SHOP-3").run().await;
    let story = app.story(id).await;
    let part = story.parts.iter().find(|part| part.kind == PartKind::AcceptanceCriteria).expect("criteria of the story");
    assert!(part.text.contains("SPRING10"));
}

#[tokio::test]
async fn a_configured_field_that_is_absent_is_told() {
    let app = Setup::default().set("JQA_JIRA_CRITERIA_FIELD", "customfield_99999").start().await;
    let id = app.asks(JobKind::AcceptanceCriteria, "SHOP-3").run().await;
    let story = app.story(id).await;
    assert!(story.parts.iter().all(|part| part.kind != PartKind::AcceptanceCriteria));
    assert!(story.lossy.iter().any(|note| note.contains("customfield_99999")), "{:?}", story.lossy);
}

#[tokio::test]
async fn what_we_published_is_never_read_back_as_part_of_the_story() {
    let app = App::start().await;
    let first = app.asks(JobKind::FullPipeline, STORY).to(PublishMode::Comment).to(PublishMode::Description).run().await;
    app.succeeded(first).await;
    let comment = ours(&app, STORY).remove(0);
    let mut body = comment["body"].clone();
    if let Some(blocks) = body["content"].as_array_mut() {
        blocks.insert(0, json!({ "type": "paragraph", "content": [{ "type": "text", "text": "A person wrote into ours." }] }));
    }
    assert!(app.jira().edit_comment(&id_of(&comment), &body));

    let second = app.asks(JobKind::FullPipeline, STORY).run().await;
    app.succeeded(second).await;
    let (before, after) = (app.story(first).await, app.story(second).await);
    assert_eq!(before.parts, after.parts);
    assert_eq!(before.hash, after.hash);
}
