//! The audit log by API, and what gets into it.

use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use shared::domain::audit::{Action, AuditResult};
use shared::domain::user::Role;
use shared::ports::SystemClock;
use shared::store::audit::{self, Filter};
use shared::store::{Db, DbOptions};
use tests::Backend;
use tests::app::Setup;
use tests::http_app::{Account, HttpApp};

async fn entries(app: &HttpApp, admin: &Account, query: &str) -> Vec<Value> {
    let answer = app.get(&format!("/audit-logs?limit=100&{query}")).by(admin).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["items"].as_array().unwrap().clone()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_administrator_finds_entries_by_whatever_is_known_of_them() {
    let app = HttpApp::start().await;
    let (admin, qa) = (app.account(Role::Admin).await, app.account(Role::Qa).await);
    let submit = app.post("/generate/full-pipeline").by(&qa).header("user-agent", "a\ttab");
    let path = submit.json(json!({ "issue_key": "SHOP-2" })).await.header("location").to_owned();
    let id = path.rsplit('/').next().unwrap();
    app.submitted(&admin, "full-pipeline", json!({ "issue_key": "SHOP-1" })).await;
    for query in [
        format!("user_id={}&action=job.submit", qa.id),
        format!("resource_type=job&resource_id={id}"),
        format!("request_id=test-1&action=job.submit&resource_id={id}"),
        format!("action=job.submit&user_id={}&result=ok", qa.id),
    ] {
        let found = entries(&app, &admin, &query).await;
        assert_eq!(actions(&found), ["job.submit"], "{query}");
        let entry = &found[0];
        assert_eq!((&entry["resource_id"], &entry["user_id"]), (&json!(id), &json!(qa.id)));
        assert_eq!((&entry["user_agent"], &entry["result"]), (&json!("atab"), &json!("ok")));
    }
    let at = entries(&app, &admin, &format!("resource_id={id}")).await[0]["at"].as_str().unwrap().to_owned();
    assert_eq!(entries(&app, &admin, &format!("resource_id={id}&from={at}")).await.len(), 1);
    assert_eq!(entries(&app, &admin, &format!("resource_id={id}&until={at}")).await.len(), 0);
    assert_eq!(entries(&app, &admin, "action=job.submit").await.len(), 2);
    assert_eq!(app.get("/audit-logs?from=yesterday").by(&admin).await.fields(), ["from"]);
}

#[tokio::test]
async fn pages_and_lines_tell_the_same_and_reading_is_an_entry_too() {
    let app = HttpApp::start().await;
    let (admin, qa) = (app.account(Role::Admin).await, app.account(Role::Qa).await);
    for _ in 0..5 {
        app.submitted(&qa, "full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
    }
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/audit-logs?action=job.submit&limit=2{cursor}")).by(&admin).await.json();
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged.len(), 5);
    let lines = app.get("/audit-logs?action=job.submit").by(&admin).header("accept", "application/x-ndjson").await;
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> = lines.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, paged);
    let reads = entries(&app, &admin, "action=audit.read").await;
    assert_eq!(reads.len(), 5);
    assert_eq!((&reads[1]["details"]["export"], &reads[2]["details"]["export"]), (&json!(true), &json!(false)));
    assert_eq!(reads[1]["details"]["filter"], json!({ "action": "job.submit" }));
}

#[tokio::test]
async fn a_look_at_what_belongs_to_others_is_an_entry_and_one_at_ones_own_is_none() {
    let app = HttpApp::working().await;
    let (admin, qa) = (app.account(Role::Admin).await, app.account(Role::Qa).await);
    let developer = app.account(Role::Developer).await;
    let job = app.rested(&developer, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    let path = job["links"]["self"].as_str().unwrap();
    let history = format!("/history/{}", job["history_id"].as_str().unwrap());
    for by in [&developer, &qa] {
        for path in [path.to_owned(), format!("{path}/result"), format!("{path}/events"), history.clone()] {
            assert_eq!(app.get(&path).by(by).await.status, 200, "{path}");
        }
    }
    let found = entries(&app, &admin, &format!("user_id={}", qa.id)).await;
    let mut looked = actions(&found);
    looked.sort_unstable();
    assert_eq!(looked, ["auth.login", "history.read", "job.read", "job.watch", "result.read"]);
    let mut looks = found.iter().filter(|entry| entry["action"] != "auth.login");
    assert!(looks.all(|entry| entry["details"] == json!({ "owner_id": developer.id })));
    let own = entries(&app, &admin, &format!("user_id={}", developer.id)).await;
    assert_eq!(actions(&own), ["job.succeeded", "job.submit", "auth.login"]);
}

#[tokio::test]
async fn what_was_refused_is_an_entry_and_a_flood_of_it_is_not() {
    let app = HttpApp::start().await;
    let (admin, developer) = (app.account(Role::Admin).await, app.account(Role::Developer).await);
    for _ in 0..50 {
        assert_eq!(app.get("/audit-logs").by(&developer).await.status, 403);
    }
    let found = entries(&app, &admin, "result=refused").await;
    assert_eq!(found.len(), 20);
    let entry = &found[0];
    assert_eq!((&entry["action"], &entry["resource_id"]), (&json!("access.refused"), &json!("/api/v1/audit-logs")));
    assert_eq!((&entry["user_id"], &entry["details"]["code"]), (&json!(developer.id), &json!("auth.forbidden")));
    assert!(entry["details"]["why"].as_str().unwrap().contains("'administer'"));
    app.later(std::time::Duration::from_secs(60));
    app.get("/audit-logs").by(&developer).await;
    assert_eq!(entries(&app, &admin, "result=refused").await[0]["details"]["left_out"], 30);
    app.post("/auth/login").json(json!({ "email": "nobody@example.org", "password": "a wrong password" })).await;
    assert_eq!(actions(&entries(&app, &admin, "action=auth.login_failed&result=refused").await), ["auth.login_failed"]);
}

#[tokio::test]
async fn no_text_of_a_story_and_no_secret_is_in_any_entry() {
    let app = HttpApp::working().await;
    let qa = app.account(Role::Qa).await;
    let body =
        json!({ "issue_key": "SHOP-2", "publish": [{ "mode": "comment" }], "callback_url": "https://nobody.invalid/canary" });
    let job = app.rested(&qa, "full-pipeline", body).await;
    assert_eq!(job["status"], "succeeded", "{job}");
    let path = job["links"]["self"].as_str().unwrap();
    let result = app.get(&format!("{path}/result")).by(&qa).await.json();
    let story = app.get("/jira/story/SHOP-2").by(&qa).await.json();
    let mut texts = Vec::new();
    for value in [&result["criteria"], &result["suite"], &result["story"]["summary"], &story["description"], &story["summary"]] {
        sentences(value, &mut texts);
    }
    assert!(texts.len() > 10, "{texts:?}");
    let db = app.api.db().reader();
    let sql = "SELECT action, resource_id || details || COALESCE(user_agent, '') AS told FROM audit_logs";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    assert!(rows.len() >= 3);
    for row in rows {
        let (action, told): (String, String) = (row.try_get("", "action").unwrap(), row.try_get("", "told").unwrap());
        for text in texts.iter().map(String::as_str).chain([qa.token.as_str(), tests::http_app::SECRET_KEY, "canary"]) {
            assert!(!told.contains(text), "{action} tells '{text}': {told}");
        }
    }
}

/// Everything that is text and not a word or a name.
fn sentences(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::String(text) if text.split_whitespace().count() > 3 => all.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| sentences(item, all)),
        Value::Object(fields) => fields.values().for_each(|field| sentences(field, all)),
        _ => {}
    }
}

#[tokio::test]
async fn every_filter_goes_through_an_index() {
    Backend::Sqlite.with_url(goes_through_indexes).await;
    Backend::Postgres.with_url(goes_through_indexes).await;
}

async fn goes_through_indexes(url: String) {
    migration::migrate(&url).await.unwrap();
    let options = DbOptions { pool: 2, acquire_timeout: std::time::Duration::from_secs(10) };
    let db = Db::open(&url, options, std::sync::Arc::new(SystemClock)).await.unwrap();
    let id = uuid::Uuid::from_u128(7);
    let filters = [
        (Filter { user_id: Some(id), ..Filter::default() }, "audit_user"),
        (Filter { action: Some(Action::Submit), ..Filter::default() }, "audit_action"),
        (Filter { resource_type: Some("job".into()), resource_id: Some("7".into()), ..Filter::default() }, "audit_resource"),
        (Filter { request_id: Some("r".into()), ..Filter::default() }, "audit_request"),
        (Filter { result: Some(AuditResult::Refused), ..Filter::default() }, "audit_refused"),
    ];
    for (filter, index) in filters {
        let plans = audit::plan_of_list(&db, &filter, Some(id), 20).await.unwrap();
        assert!(plans.iter().all(|plan| plan.scanned().is_empty()), "{plans:?}");
        assert!(plans.iter().any(|plan| plan.to_string().contains(index)), "{index} in {plans:?}");
    }
    db.close().await;
}

#[tokio::test]
async fn looks_at_others_results_by_previews_and_dry_runs_are_in_the_audit_log() {
    let app = HttpApp::of(Setup::default().model("sandbox")).await.with_worker();
    let (admin, qa) = (app.account(Role::Admin).await, app.account(Role::Qa).await);
    let job = app.rested(&qa, "full-pipeline", json!({ "issue_key": "SHOP-2", "llm": { "provider": "offline" } })).await;
    let result = json!({ "issue_key": "SHOP-2", "criteria_from": job["id"] });
    let latest = json!({ "issue_key": "SHOP-2" });
    let dry = json!({ "from": job["id"], "publish": [{ "mode": "comment", "what": "criteria" }] });
    let looks = [
        ("/generate/test-scenarios?preview=true", &result),
        ("/generate/test-scenarios?preview=true", &latest),
        ("/jira/publish?dry_run=true", &dry),
    ];
    for (n, (path, body)) in looks.into_iter().enumerate() {
        for who in [&qa, &admin] {
            let answer = app.post(path).by(who).json(body.clone()).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        }
        let found = entries(&app, &admin, "action=history.read").await;
        assert_eq!(found.len(), n + 1, "{path}: of the one who does not own it, alone");
        assert_eq!((&found[0]["user_id"], &found[0]["details"]["owner_id"]), (&json!(admin.id), &json!(qa.id)));
    }
}
