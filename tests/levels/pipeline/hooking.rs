//! What happens in Jira and what follows: results that are out of date, jobs that rules start, and nothing for our own writes.

use std::time::Duration;

use sandbox::Webhook;
use serde_json::{Value, json};
use shared::domain::diff::PartDiff;
use shared::domain::jira_event::Incoming;
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PublishMode};
use shared::domain::user::Role;
use shared::domain::webhook::WebhookEvent;
use shared::ports::Clock;
use shared::store::audit::Actor;
use shared::store::connection::JiraOptions;
use shared::store::history::{self, Filter, History};
use shared::store::jira_event::{self, JiraEvent, NewEvent};
use shared::store::user::{self, NewUser};
use shared::store::{Sql, connection};
use shared::vault::{EndpointWish, JiraChange, NewJira};
use tests::app::{App, PERSON, Setup};
use uuid::Uuid;

use crate::support::{STORY, answer, made, publish};

const SECRET: &str = "sixteen characters";

async fn listening() -> App {
    let app = App::start().await;
    app.jira().send_webhooks(Some(Webhook { url: None, secret: SECRET.into() }));
    app
}

/// Edits a field of a story as a person would.
fn edit(app: &App, field: &str, value: Value) {
    assert!(app.jira().edit(STORY, |fields| drop(fields.insert(field.to_owned(), value))));
}

/// Keeps what Jira told since the last call, as the API does; answers how many events that were.
async fn told(app: &App, connection: &str) -> usize {
    let webhooks = app.jira().take_webhooks();
    for webhook in &webhooks {
        app.later(Duration::from_millis(1));
        let body = serde_json::from_str(&webhook.body).expect("JSON");
        let incoming = Incoming::of_webhook(&body).expect("an event of an issue");
        let event = NewEvent {
            id: app.clock.new_id(),
            connection: connection.to_owned(),
            dedupe_key: webhook.identifier.clone(),
            event: incoming.event,
            issue_id: incoming.issue_id,
            issue_key: incoming.issue_key,
            author: incoming.author,
            changes: incoming.changes,
            seen: None,
        };
        assert!(jira_event::keep(app.jobs.db(), &event).await.expect("an answer"));
    }
    webhooks.len()
}

async fn look(app: &App) {
    app.inbound().look("listener").await;
}

async fn outcomes(app: &App, connection: &str) -> Vec<String> {
    let events = jira_event::latest(app.jobs.db(), connection, 100).await.expect("events");
    events.into_iter().rev().map(|event: JiraEvent| event.outcome.unwrap_or_else(|| "open".into())).collect()
}

async fn result_of(app: &App, job: Uuid) -> History {
    history::of_job(app.jobs.db(), job).await.expect("an answer").expect("a result")
}

/// `description changed`.
async fn suspicion(app: &App, job: Uuid) -> Vec<String> {
    let result = result_of(app, job).await;
    assert_eq!(result.suspect_at.is_some(), result.suspect_json.is_some());
    let parts: Vec<PartDiff> = result.suspect_json.map_or_else(Vec::new, |json| serde_json::from_str(&json).expect("parts"));
    parts.into_iter().map(|part| format!("{} {}", part.part, part.change)).collect()
}

/// How often the story was read as a whole.
fn readings(app: &App) -> usize {
    let is_reading = |query: &str| query.contains("names") && query.contains("schema");
    app.jira().journal().iter().filter(|entry| entry.method == "GET" && is_reading(&entry.query)).count()
}

/// The last search that Jira was asked for.
fn last_search(app: &App) -> sandbox::JournalEntry {
    let all = app.jira().journal().into_iter();
    all.rev().find(|entry| entry.path.ends_with("/search/jql")).expect("a search")
}

/// Another connection to the same Jira, with rules, by somebody of this role.
async fn ruled(app: &App, role: Role, options: Value) -> Uuid {
    let id = app.clock.new_id();
    let person = NewUser { id, email: format!("rules-{role}@example.org"), name: "R".into(), role, password_hash: "-".into() };
    user::insert(app.jobs.db(), person, app.clock.now_ms()).await.expect("an account");
    let options: JiraOptions = serde_json::from_value(options).expect("options");
    let new = NewJira {
        name: "ruled".into(),
        base_url: app.site.url(),
        email: "qa@example.org".into(),
        token: shared::adapters::http::Secret::new("sandbox"),
        webhook_secret: None,
        xray_secret: None,
        zephyr_token: None,
        options,
        is_default: false,
        active: true,
    };
    app.vault.create_jira(new, &Actor::default()).await.expect("a connection");
    let sql = Sql::new("UPDATE jira_configurations SET rules_by = ?").bind(id);
    app.jobs.db().execute(sql).await.expect("an owner");
    app.later(Duration::from_secs(6));
    id
}

async fn with_rules() -> App {
    let app = Setup::default().set("JQA_CONNECTIONS_ALLOW", "127.0.0.0/8").start().await;
    app.jira().send_webhooks(Some(Webhook { url: None, secret: SECRET.into() }));
    app
}

fn label_rule() -> Value {
    json!({ "rules": [{ "when": { "label": "jqa" }, "kind": "acceptance-criteria" }] })
}

async fn jobs(app: &App) -> i64 {
    app.count(Sql::new("SELECT COUNT(*) AS n FROM jobs")).await
}

#[tokio::test]
async fn a_story_that_changed_makes_its_result_suspect_and_says_which_parts() {
    let app = listening().await;
    let job = made(&app, STORY).await;
    let wish = EndpointWish {
        owner_id: PERSON,
        name: "ci".into(),
        url: "https://ci.example.org".into(),
        events: vec![WebhookEvent::StorySuspect],
    };
    app.vault.create_endpoint(wish, &app.person()).await.expect("an endpoint");
    edit(&app, "description", json!("As a clerk I want something else.\n\n- It takes 7 minutes."));
    assert_eq!(told(&app, "default").await, 1);
    look(&app).await;
    assert_eq!(suspicion(&app, job).await, ["description changed"]);
    let messages =
        Sql::new("SELECT COUNT(*) AS n FROM webhook_deliveries WHERE kind = 'story.suspect' AND data LIKE '%description%'");
    assert_eq!(app.count(messages).await, 1);
    assert_eq!(outcomes(&app, "default").await, ["suspect"]);
    assert!((app.metric("jqa_results_suspect_total") - 1.0).abs() < 0.1);
    let id = result_of(&app, job).await.id;
    assert_eq!(app.audited(id).await, ["result.suspect"]);
    let filter = Filter { suspect: Some(true), ..Filter::default() };
    let listed = history::list(app.jobs.db(), &filter, None, 10).await.expect("results");
    assert_eq!(listed.len(), 1);
    let new = made(&app, STORY).await;
    assert!(suspicion(&app, new).await.is_empty(), "it was made for the new story");
    assert!(history::list(app.jobs.db(), &filter, None, 10).await.expect("results").is_empty(), "nothing is to be made anew");
}

#[tokio::test]
async fn a_story_that_was_changed_back_makes_its_result_suspect_no_more() {
    let app = listening().await;
    let job = made(&app, STORY).await;
    let before = app.jira().issue(STORY).expect("an issue")["fields"]["summary"].clone();
    edit(&app, "summary", json!("Something else"));
    told(&app, "default").await;
    look(&app).await;
    assert_eq!(suspicion(&app, job).await, ["summary changed"]);
    edit(&app, "summary", before);
    told(&app, "default").await;
    look(&app).await;
    assert!(suspicion(&app, job).await.is_empty());
    assert_eq!(outcomes(&app, "default").await, ["suspect", "cleared"]);
    assert_eq!(app.audited(result_of(&app, job).await.id).await, ["result.suspect", "result.cleared"]);
}

#[tokio::test]
async fn what_we_publish_makes_nothing_suspect_and_what_others_comment_does() {
    let app = listening().await;
    let job = made(&app, STORY).await;
    for mode in [PublishMode::Comment, PublishMode::Description, PublishMode::Subtask] {
        let publication = publish(&app, job, STORY, mode, OnConflict::Keep).await;
        app.succeeded(publication).await;
    }
    assert!(told(&app, "default").await >= 3);
    look(&app).await;
    assert!(suspicion(&app, job).await.is_empty());
    assert!(outcomes(&app, "default").await.iter().all(|outcome| ["unchanged", "not_ours"].contains(&outcome.as_str())));
    let comment = crate::support::post_as_a_person(&app, &json!({ "body": crate::support::document("It is red.") })).await;
    told(&app, "default").await;
    look(&app).await;
    assert_eq!(suspicion(&app, job).await, [format!("comment:{comment} added")]);
}

#[tokio::test]
async fn ten_events_of_one_issue_are_one_reading_and_of_a_foreign_issue_none() {
    let app = listening().await;
    let job = made(&app, STORY).await;
    for n in 0..10 {
        edit(&app, "summary", json!(format!("Attempt {n}")));
    }
    app.jira().edit("SHOP-9", |fields| drop(fields.insert("summary".into(), json!("Nobody asked for this one"))));
    assert_eq!(told(&app, "default").await, 11);
    let before = readings(&app);
    look(&app).await;
    assert_eq!(readings(&app) - before, 1);
    assert_eq!(suspicion(&app, job).await, ["summary changed"]);
    let told = outcomes(&app, "default").await;
    assert_eq!(
        (told.iter().filter(|outcome| *outcome == "suspect").count(), told.last().map(String::as_str)),
        (10, Some("not_ours"))
    );
}

#[tokio::test]
async fn a_result_that_is_on_its_way_while_its_story_changes_is_looked_at_when_it_is_there() {
    let app = listening().await;
    let job = app.asks(JobKind::FullPipeline, STORY).submit().await;
    let claimed = app.worker("slow").claims(job).await;
    edit(&app, "summary", json!("Changed while it was written"));
    told(&app, "default").await;
    look(&app).await;
    assert_eq!(outcomes(&app, "default").await, ["job.open"]);
    app.jobs.release(&claimed.fence).await.expect("an answer");
    app.run_jobs().await;
    app.succeeded(job).await;
    // It was read before, as far as is known.
    let stale = r#"{"summary":"another hash"}"#;
    let sql = Sql::new("UPDATE generation_history SET sources_json = ? WHERE job_id = ?").bind(stale).bind(job);
    app.jobs.db().execute(sql).await.expect("a result");
    app.seconds_later(31);
    look(&app).await;
    assert!(suspicion(&app, job).await.contains(&"summary changed".to_owned()));
    assert_eq!(outcomes(&app, "default").await, ["suspect"]);
}

#[tokio::test]
async fn jira_that_is_away_is_asked_again_and_given_up_after_some_tries() {
    let app = Setup::default().set("JQA_MAX_ATTEMPTS", "3").set("JQA_JIRA_TIMEOUT", "2s").start().await;
    app.jira().send_webhooks(Some(Webhook { url: None, secret: SECRET.into() }));
    let job = made(&app, STORY).await;
    edit(&app, "summary", json!("Something else"));
    told(&app, "default").await;
    app.jira().order(answer(429, ("retry-after", "120")).on("GET", "/rest/api/3/issue/"));
    look(&app).await;
    assert_eq!(outcomes(&app, "default").await, ["jira.rate_limited"]);
    app.seconds_later(119);
    look(&app).await;
    assert!(suspicion(&app, job).await.is_empty(), "it waits as long as Jira asks for");
    app.jira().faults().clear();
    app.seconds_later(2);
    look(&app).await;
    assert_eq!(suspicion(&app, job).await, ["summary changed"]);

    edit(&app, "labels", json!(["x"]));
    told(&app, "default").await;
    app.jira().order(sandbox::Fault::status(500).times(0));
    for _ in 0..3 {
        look(&app).await;
        app.seconds_later(400);
    }
    look(&app).await;
    assert_eq!(outcomes(&app, "default").await, ["suspect", "jira.unavailable"]);
    assert_eq!(app.count(Sql::new("SELECT COUNT(*) AS n FROM jira_events WHERE due_at IS NOT NULL")).await, 0);
}

#[tokio::test]
async fn a_label_starts_one_job_however_often_it_is_told_and_whoever_dies() {
    let app = with_rules().await;
    let owner = ruled(&app, Role::Qa, label_rule()).await;
    edit(&app, "labels", json!(["jqa"]));
    told(&app, "ruled").await;
    // A worker dies after it submitted the job and before it could say so.
    look(&app).await;
    assert_eq!(jobs(&app).await, 1);
    let again = "UPDATE jira_events SET due_at = received_at, outcome = NULL, done_at = NULL";
    app.jobs.db().execute(Sql::new(again)).await.expect("an event that nobody finished");
    look(&app).await;
    assert_eq!((jobs(&app).await, outcomes(&app, "ruled").await), (1, vec!["started".to_owned()]));
    // The same body under another name is another event, and the same change.
    let copy = "INSERT INTO jira_events (id, connection, dedupe_key, event, issue_id, issue_key, changes, received_at, due_at, epoch, attempts) \
                SELECT ?, connection, 'replayed', event, issue_id, issue_key, changes, received_at, received_at, 0, 0 FROM jira_events";
    app.jobs.db().execute(Sql::new(copy).bind(app.clock.new_id())).await.expect("a replay");
    look(&app).await;
    assert_eq!(jobs(&app).await, 1);

    #[derive(sea_orm::FromQueryResult)]
    struct Row {
        id: Uuid,
        owner_id: Uuid,
    }
    let rows: Vec<Row> = app.jobs.db().read_all(Sql::new("SELECT id, owner_id FROM jobs")).await.expect("jobs");
    assert_eq!(rows[0].owner_id, owner);
    let audit = Sql::new(
        "SELECT COUNT(*) AS n FROM audit_logs WHERE action = 'job.submit' AND details LIKE '%\"rule\":\"label: jqa\"%' \
         AND details LIKE '%\"event\":%'",
    );
    assert_eq!(app.count(audit).await, 1);
    app.run_jobs().await;
    app.succeeded(rows[0].id).await;

    edit(&app, "labels", json!(["jqa", "other"]));
    told(&app, "ruled").await;
    look(&app).await;
    assert_eq!(jobs(&app).await, 1, "it had the label already");
    edit(&app, "labels", json!([]));
    edit(&app, "labels", json!(["jqa"]));
    told(&app, "ruled").await;
    look(&app).await;
    assert_eq!(jobs(&app).await, 2, "it got the label anew");
}

#[tokio::test]
async fn a_status_starts_what_its_rule_says_in_its_project_alone() {
    let app = with_rules().await;
    let rule = |project: &str| json!({ "when": { "status": "In Progress" }, "kind": "full-pipeline", "project": project, "review": "required" });
    ruled(&app, Role::Qa, json!({ "rules": [rule("PAY"), rule("SHOP")] })).await;
    edit(&app, "status", json!("In Progress"));
    told(&app, "ruled").await;
    look(&app).await;
    assert_eq!(jobs(&app).await, 1);
    assert_eq!(app.count(Sql::new("SELECT COUNT(*) AS n FROM jobs WHERE kind = 'full-pipeline' AND lane = 'bulk'")).await, 1);
}

#[tokio::test]
async fn what_our_own_account_does_starts_nothing() {
    let app = with_rules().await;
    ruled(&app, Role::Qa, label_rule()).await;
    let url = format!("{}/rest/api/3/issue/{STORY}", app.site.url());
    let put = |account: &'static str, label: &'static str| {
        let body = json!({ "update": { "labels": [{ "add": label }] } });
        crate::support::client().put(&url).basic_auth(account, Some("sandbox")).json(&body).send()
    };
    assert_eq!(put("qa@example.org", "jqa").await.expect("an answer").status(), 204);
    told(&app, "ruled").await;
    look(&app).await;
    assert_eq!((jobs(&app).await, outcomes(&app, "ruled").await), (0, vec!["not_ours".to_owned()]));
    edit(&app, "labels", json!([]));
    assert_eq!(put("mara@example.org", "jqa").await.expect("an answer").status(), 204);
    told(&app, "ruled").await;
    look(&app).await;
    assert_eq!(jobs(&app).await, 1);
}

#[tokio::test]
async fn rules_of_somebody_who_may_not_any_more_start_nothing() {
    for (change, outcome) in [
        ("UPDATE users SET active = FALSE", "rule.owner_inactive"),
        ("UPDATE users SET role = 'po'", "rule.not_allowed"),
        ("UPDATE jira_configurations SET rules_by = NULL, version = version + 1", "rule.owner_inactive"),
    ] {
        let app = with_rules().await;
        ruled(&app, Role::Qa, json!({ "rules": [{ "when": { "label": "jqa" }, "kind": "full-pipeline" }] })).await;
        app.jobs.db().execute(Sql::new(change)).await.expect("a change");
        app.jobs.db().execute(Sql::new("UPDATE connection_defaults SET revision = revision + 1")).await.expect("a change");
        app.later(Duration::from_secs(6));
        edit(&app, "labels", json!(["jqa"]));
        told(&app, "ruled").await;
        look(&app).await;
        assert_eq!((jobs(&app).await, outcomes(&app, "ruled").await), (0, vec![outcome.to_owned()]), "{change}");
    }
}

#[tokio::test]
async fn who_changes_the_rules_answers_for_them_and_who_changes_the_rest_does_not() {
    let app = with_rules().await;
    ruled(&app, Role::Qa, label_rule()).await;
    let row = async || connection::all_jira(app.jobs.db()).await.expect("connections").remove(0);
    let admin = |id: u128| Actor { user_id: Some(Uuid::from_u128(id)), ..Actor::default() };
    app.jobs.db().execute(Sql::new("UPDATE users SET role = 'admin' WHERE id = ?").bind(PERSON)).await.expect("an administrator");
    let before = row().await.rules_by;
    let options: JiraOptions = serde_json::from_value(label_rule()).expect("options");
    let same = JiraChange { options: Some(JiraOptions { timeout_seconds: Some(5), ..options.clone() }), ..JiraChange::default() };
    app.vault.change_jira(&row().await, same, &admin(7)).await.expect("a change");
    assert_eq!(row().await.rules_by, before);
    let other = JiraChange { options: Some(JiraOptions { rules: Vec::new(), ..options }), ..JiraChange::default() };
    app.vault.change_jira(&row().await, other, &admin(7)).await.expect("a change");
    assert_eq!(row().await.rules_by, Some(PERSON));
}

#[tokio::test]
async fn polling_finds_what_webhooks_would_have_told_and_each_change_once() {
    let app = with_rules().await;
    let poll = json!({ "jql": "project = SHOP", "every_seconds": 60 });
    let mut options = label_rule();
    options["poll"] = poll;
    ruled(&app, Role::Qa, options).await;
    let job = {
        let id = app.asks(JobKind::FullPipeline, STORY).run().await;
        app.succeeded(id).await;
        // The story belongs to the connection that is polled.
        let sql = Sql::new("UPDATE generation_history SET connection = 'ruled'");
        app.jobs.db().execute(sql).await.expect("a result");
        id
    };
    edit(&app, "labels", json!(["jqa"]));
    look(&app).await;
    assert_eq!(jobs(&app).await, 1, "what happened before anybody asked starts nothing");
    drop(app.jira().take_webhooks());
    edit(&app, "labels", json!([]));
    edit(&app, "summary", json!("Something else is wanted"));
    edit(&app, "labels", json!(["jqa"]));
    look(&app).await;
    assert!(suspicion(&app, job).await.is_empty(), "it is not due yet");
    app.seconds_later(60);
    look(&app).await;
    assert_eq!(suspicion(&app, job).await, ["summary changed"]);
    assert_eq!(jobs(&app).await, 2, "the label was found in the changelog");
    let searched = last_search(&app);
    assert_eq!(searched.body["jql"], "(project = SHOP) AND updated >= \"-6m\" ORDER BY updated ASC");

    let events = outcomes(&app, "ruled").await.len();
    told(&app, "ruled").await;
    for _ in 0..3 {
        app.seconds_later(60);
        look(&app).await;
    }
    assert_eq!(jobs(&app).await, 2, "webhooks tell the same changes again");
    let polled = jira_event::latest(app.jobs.db(), "ruled", 100).await.expect("events");
    assert_eq!(polled.iter().filter(|event| event.event == "poll").count(), events, "what was found is not found again");
}

#[tokio::test]
async fn a_poll_that_fails_is_made_up_for_by_the_next() {
    let app = Setup::default().set("JQA_JIRA_POLL_JQL", "project = SHOP").set("JQA_JIRA_POLL_EVERY", "1m").start().await;
    let job = made(&app, STORY).await;
    look(&app).await;
    app.jira().order(sandbox::Fault::status(500).on("POST", "/rest/api/3/search/jql").times(0));
    app.seconds_later(60);
    look(&app).await;
    edit(&app, "summary", json!("Something else"));
    app.jira().faults().clear();
    app.seconds_later(60);
    look(&app).await;
    assert_eq!(suspicion(&app, job).await, ["summary changed"]);
    let searched = last_search(&app);
    assert!(
        searched.body["jql"].as_str().expect("a query").contains("\"-7m\""),
        "two minutes and the overlap: {}",
        searched.body
    );
}
