//! Closing what stands in Jira for items that a result does not have any more: on request, once, and never what is a person's.

use sandbox::{Action, Cut, Fault, JournalEntry};
use serde_json::{Value, json};
use shared::domain::job::JobKind;
use shared::domain::publish::{OnConflict, PlannedAction, PublishMode, PublishOutcome, PublishWhat, Published};
use shared::publishing::Wishes;
use shared::store::Sql;
use tests::app::{App, Setup, Site};
use tests::on_every_site;
use uuid::Uuid;

use crate::support::{STORY, made};

const MODES: [PublishMode; 3] = [PublishMode::Subtask, PublishMode::Xray, PublishMode::Zephyr];

/// Modes whose objects are issues with a workflow.
const ISSUES: [PublishMode; 2] = [PublishMode::Subtask, PublishMode::Xray];

const CLOSING: Wishes = Wishes { on_conflict: OnConflict::Keep, close_obsolete: true };

/// A connection with all three, of whose options these hold for all projects.
fn setup(site: Site, all: &Value) -> Setup {
    let options = json!({
        "subtasks": { "all": all },
        "xray": { "base_url": "{site}/xray/api/v2", "client_id": "xray", "all": all },
        "zephyr": { "base_url": "{site}/zephyr/v2", "all": all },
    });
    let keys = Setup::default().at(site).set("JQA_XRAY_CLIENT_SECRET", "xray").set("JQA_ZEPHYR_TOKEN", "zephyr");
    keys.jira_options(options)
}

/// An application where more stands in Jira than the result that is answered has.
async fn with_too_many(setup: Setup, mode: PublishMode) -> (App, Uuid) {
    let app = setup.start().await;
    let longer = made(&app, STORY).await;
    let id = order(&app, longer, mode, false).await;
    app.succeeded(id).await;
    app.jira().edit(STORY, |fields| drop(fields.insert("description".to_owned(), "- A parcel weighs at most 30 kg.".into())));
    let shorter = made(&app, STORY).await;
    (app, shorter)
}

async fn order(app: &App, from: Uuid, mode: PublishMode, closes: bool) -> Uuid {
    let order = app.asks(JobKind::Publication, STORY).from(from).with(mode, PublishWhat::Scenarios);
    if closes { order.closing_obsolete().run().await } else { order.run().await }
}

async fn published(app: &App, from: Uuid, mode: PublishMode, closes: bool) -> Published {
    let id = order(app, from, mode, closes).await;
    app.succeeded(id).await;
    app.published(id).await.remove(0)
}

fn having(published: &Published, outcome: PublishOutcome) -> Vec<&str> {
    let items = published.items.iter().filter(|item| item.outcome == outcome);
    items.map(|item| item.key.as_deref().expect("a key")).collect()
}

/// An object as it stands there, and its status.
fn object(app: &App, mode: PublishMode, key: &str) -> (Value, String) {
    let mut object = match mode {
        PublishMode::Zephyr => app.jira().test_cases().into_iter().find(|case| case["key"] == key).expect("a test case"),
        _ => app.jira().issue(key).expect("an issue"),
    };
    let status = if mode == PublishMode::Zephyr { object["status"].take() } else { object["fields"]["status"]["name"].take() };
    object["fields"]["status"] = Value::Null;
    object["fields"]["updated"] = Value::Null;
    (object, status.as_str().unwrap_or_default().to_owned())
}

fn status(app: &App, mode: PublishMode, key: &str) -> String {
    object(app, mode, key).1
}

const fn end(mode: PublishMode) -> &'static str {
    match mode {
        PublishMode::Zephyr => "Deprecated",
        _ => "Done",
    }
}

/// Requests that may change something.
fn writes(app: &App) -> Vec<String> {
    let is_read = |entry: &JournalEntry| {
        entry.method == "GET"
            || entry.body["query"].as_str().is_some_and(|query| query.starts_with("query"))
            || ["/bulkfetch", "/authenticate"].iter().any(|end| entry.path.ends_with(end))
    };
    let roots = ["/rest/api/", "/rest/raven/", "/rest/atm/", "/xray/api/", "/zephyr/v2/"];
    let ours = app.jira().journal().into_iter().filter(|entry| roots.iter().any(|root| entry.path.contains(root)));
    ours.filter(|entry| !is_read(entry)).map(|entry| format!("{} {}", entry.method, entry.path)).collect()
}

async fn what_nobody_needs_any_more_is_closed_on_request_and_once(site: Site) {
    for mode in MODES {
        let (app, job) = with_too_many(setup(site, &json!({})), mode).await;
        let told = published(&app, job, mode, false).await;
        let obsolete = having(&told, PublishOutcome::Obsolete);
        assert!(
            !obsolete.is_empty() && told.items.iter().any(|item| item.message.contains("close_obsolete")),
            "{mode}: {told:?}"
        );
        assert!(obsolete.iter().all(|key| status(&app, mode, key) != end(mode)), "{mode}: {told:?}");

        let plan = app.plans_with(job, mode, CLOSING).await;
        let planned: Vec<&str> = plan
            .iter()
            .filter(|plan| plan.action == PlannedAction::Close)
            .map(|plan| plan.remote_id.as_deref().expect("a key"))
            .collect();
        assert_eq!(planned, obsolete, "{mode}");

        let before: Vec<Value> = obsolete.iter().map(|key| object(&app, mode, key).0).collect();
        app.jira().clear_journal();
        let done = published(&app, job, mode, true).await;
        assert_eq!(having(&done, PublishOutcome::Closed), obsolete, "{mode}: {done:?}");
        assert_eq!(done.outcome, PublishOutcome::Closed, "{mode}: {done:?}");
        assert!(obsolete.iter().all(|key| status(&app, mode, key) == end(mode)), "{mode}");
        let after: Vec<Value> = obsolete.iter().map(|key| object(&app, mode, key).0).collect();
        assert_eq!(after, before, "{mode}: nothing but the status is touched");
        assert_eq!(writes(&app).len(), obsolete.len(), "{mode}: {:?}", writes(&app));
        assert!(app.jira().violations().is_empty(), "{mode}: {:?}", app.jira().violations());

        app.jira().clear_journal();
        for closes in [true, false] {
            let again = published(&app, job, mode, closes).await;
            assert_eq!(again.outcome, PublishOutcome::Unchanged, "{mode}: {again:?}");
            assert_eq!(again.items.len(), told.items.len() - obsolete.len(), "{mode}: what is closed is not told again");
        }
        assert_eq!(writes(&app), Vec::<String>::new(), "{mode}");
    }
}

async fn what_a_person_changed_is_never_closed(site: Site) {
    for mode in MODES {
        let (app, job) = with_too_many(setup(site, &json!({})), mode).await;
        let told = published(&app, job, mode, false).await;
        let theirs = having(&told, PublishOutcome::Obsolete)[0].to_owned();
        let is_changed = match mode {
            PublishMode::Zephyr => app.jira().edit_test_case(&theirs, &json!({ "objective": "We need this." })),
            _ => app.jira().edit(&theirs, |fields| drop(fields.insert("description".to_owned(), site.text("We need this.")))),
        };
        assert!(is_changed);
        let done = published(&app, job, mode, true).await;
        assert_eq!(having(&done, PublishOutcome::Obsolete), [theirs.as_str()], "{mode}: {done:?}");
        let item = done.items.iter().find(|item| item.key.as_deref() == Some(&theirs)).expect("an item");
        assert!(item.message.contains("a person changed it"), "{mode}: {item:?}");
        assert_ne!(status(&app, mode, &theirs), end(mode), "{mode}");
    }
}

async fn where_a_workflow_ends_in_several_it_is_asked_which(site: Site) {
    let both = |setup: Setup| setup.sandbox(|options| options.ends = vec!["Done".to_owned(), "Won't Do".to_owned()]);
    for mode in ISSUES {
        let (app, job) = with_too_many(both(setup(site, &json!({}))), mode).await;
        let done = published(&app, job, mode, true).await;
        let item = done.items.iter().find(|item| item.outcome == PublishOutcome::Obsolete).expect("an item");
        assert!(item.message.contains("'Done' and 'Won't Do'") && item.message.contains("close_status"), "{mode}: {item:?}");

        let (app, job) = with_too_many(both(setup(site, &json!({ "close_status": "won't do" }))), mode).await;
        let done = published(&app, job, mode, true).await;
        let closed = having(&done, PublishOutcome::Closed);
        assert!(!closed.is_empty() && closed.iter().all(|key| status(&app, mode, key) == "Won't Do"), "{mode}: {done:?}");
    }
}

async fn what_the_tool_does_not_let_us_do_is_said_and_left(site: Site) {
    let asks_more = |setup: Setup| setup.sandbox(|options| options.end_requires = Some("resolution".to_owned()));
    for mode in ISSUES {
        for (setup, word) in
            [(asks_more(setup(site, &json!({}))), "resolution"), (setup(site, &json!({ "close_status": "Gone" })), "'Gone'")]
        {
            let (app, job) = with_too_many(setup, mode).await;
            app.jira().clear_journal();
            let done = published(&app, job, mode, true).await;
            let item = done.items.iter().find(|item| item.outcome == PublishOutcome::Obsolete).expect("an item");
            assert!(item.message.contains(word), "{mode}: {item:?}");
            assert!(writes(&app).iter().all(|write| !write.contains("transitions")), "{mode}: {:?}", writes(&app));
        }
    }
}

#[tokio::test]
async fn a_status_that_zephyr_does_not_have_is_named() {
    let (app, job) = with_too_many(setup(Site::Cloud, &json!({ "close_status": "Gone" })), PublishMode::Zephyr).await;
    let done = published(&app, job, PublishMode::Zephyr, true).await;
    let item = done.items.iter().find(|item| item.outcome == PublishOutcome::Obsolete).expect("an item");
    assert!(item.message.contains("no status 'Gone'"), "{item:?}");
}

async fn a_closing_whose_answer_was_lost_is_found_and_not_repeated(site: Site) {
    for mode in MODES {
        for cut in [Cut::Before, Cut::After] {
            let (app, job) = with_too_many(setup(site, &json!({})), mode).await;
            let told = published(&app, job, mode, false).await;
            let obsolete = having(&told, PublishOutcome::Obsolete);
            let (method, path) = match (mode, site) {
                (PublishMode::Zephyr, Site::Cloud) => ("PUT", "*/testcases/*"),
                (PublishMode::Zephyr, Site::DataCenter) => ("PUT", "*/testcase/*"),
                _ => ("POST", "*/transitions"),
            };
            app.jira().clear_journal();
            app.jira().order(Fault::new(Action::Drop { drop: cut }).on(method, path));
            let id = order(&app, job, mode, true).await;
            assert_eq!(app.status(id).await, ("queued".to_owned(), "jira.no_answer".to_owned()), "{mode} {cut:?}");
            for _ in 0..2 {
                app.run_when_due(id).await;
            }
            app.succeeded(id).await;
            assert!(obsolete.iter().all(|key| status(&app, mode, key) == end(mode)), "{mode} {cut:?}");
            let sent = obsolete.len() + usize::from(cut == Cut::Before);
            assert_eq!(writes(&app).len(), sent, "{mode} {cut:?}: {:?}", writes(&app));
            let open = Sql::new("SELECT COUNT(*) AS n FROM publications WHERE state <> 'written'");
            assert_eq!(app.count(open).await, 0, "{mode} {cut:?}: of every write it is known what became of it");
        }
    }
}

on_every_site! {
    what_nobody_needs_any_more_is_closed_on_request_and_once,
    what_a_person_changed_is_never_closed,
    where_a_workflow_ends_in_several_it_is_asked_which,
    what_the_tool_does_not_let_us_do_is_said_and_left,
    a_closing_whose_answer_was_lost_is_found_and_not_repeated,
}
