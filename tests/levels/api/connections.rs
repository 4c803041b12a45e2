//! Connections that administrators keep: made, used, changed, removed, and their secrets nowhere to be seen.

use std::sync::Arc;

use sandbox::Fault;
use serde_json::{Value, json};
use shared::adapters::connections::Connections;
use shared::adapters::pacer::LocalPacer;
use shared::domain::user::Role;
use shared::store::Sql;
use tests::Backend;
use tests::app::{Setup, Site};
use tests::http_app::{Account, Answer, HttpApp};

const CANARY: &str = "c4nary-jira-9f2Kx7Qm";
const KEY_CANARY: &str = "c4nary-model-Zp31vTt8";

/// An installation at which connections may lead to this machine, where the sandbox is.
async fn installation() -> HttpApp {
    HttpApp::of(Setup::default().set("JQA_CONNECTIONS_ALLOW", "127.0.0.0/8")).await
}

fn acme(app: &HttpApp) -> Value {
    json!({ "name": "acme", "base_url": app.site.url(), "email": "qa@example.org", "token": "sandbox" })
}

fn writer(app: &HttpApp) -> Value {
    let base_url = format!("{}/llm/v1", app.site.url());
    json!({ "name": "writer", "provider": "openai_compatible", "base_url": base_url, "model": "sandbox", "api_key": KEY_CANARY })
}

/// Makes a connection that must be accepted; answers its path.
async fn made(app: &HttpApp, by: &Account, kind: &str, body: Value) -> String {
    let answer = app.post(&format!("/{kind}-configurations")).by(by).json(body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    format!("/{kind}-configurations/{}", answer.json()["id"].as_str().unwrap())
}

fn fields(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 422, "{}", answer.text);
    answer.json()["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
}

async fn all_rows(app: &HttpApp, table: &'static str) -> String {
    use sea_orm::{ConnectionTrait, Statement};

    let db = app.api.db();
    let sql = match table {
        "audit" => "SELECT action || ' ' || details AS text FROM audit_logs ORDER BY id",
        "events" => "SELECT data AS text FROM job_events ORDER BY job_id, seq",
        "jira" => "SELECT base_url || ' ' || token_sealed || ' ' || COALESCE(test_result, '') AS text FROM jira_configurations",
        _ => {
            "SELECT base_url || ' ' || COALESCE(api_key_sealed, '-') || ' ' || COALESCE(test_result, '') AS text FROM llm_configurations"
        }
    };
    let rows = db.reader().query_all_raw(Statement::from_string(db.backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", "text").unwrap() + "\n").collect()
}

#[tokio::test]
async fn a_connection_is_used_by_its_name_and_its_token_is_never_shown() {
    let app = installation().await.with_worker();
    let admin = app.account(Role::Admin).await;
    let path = made(&app, &admin, "jira", acme(&app)).await;
    let shown = app.get(&path).by(&admin).await.json();
    assert_eq!((&shown["has_token"], &shown["source"], &shown["is_default"]), (&json!(true), &json!("database"), &json!(false)));
    assert!(shown.get("token").is_none());
    let story = app.get("/jira/story/SHOP-2?connection=acme").by(&admin).await;
    assert_eq!(story.status, 200, "{}", story.text);
    let job = app.rested(&admin, "acceptance-criteria", json!({ "issue_key": "SHOP-2", "connection": "acme" })).await;
    assert_eq!(job["status"], "succeeded", "{job}");
    let list = app.get("/jira-configurations").by(&admin).await.json();
    let names: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| (&item["name"], &item["source"])).collect();
    assert_eq!(names, [(&json!("default"), &json!("settings")), (&json!("acme"), &json!("database"))]);
    assert!(!list.to_string().contains("\"sandbox\""), "{list}");
}

#[tokio::test]
async fn a_model_writes_for_requests_that_name_it_or_none() {
    let app = installation().await.with_worker();
    let admin = app.account(Role::Admin).await;
    let path = made(&app, &admin, "llm", writer(&app)).await;
    let asked = json!({ "issue_key": "SHOP-2", "llm": { "provider": "writer" } });
    assert_eq!(app.rested(&admin, "acceptance-criteria", asked).await["status"], "succeeded");
    let calls = app.jira().llm_calls();
    assert!(calls > 0);
    app.rested(&admin, "acceptance-criteria", json!({ "issue_key": "SHOP-3" })).await;
    assert_eq!(app.jira().llm_calls(), calls, "the drafter is the default");
    assert_eq!(app.patch(&path).by(&admin).json(json!({ "is_default": true })).await.json()["is_default"], true);
    app.rested(&admin, "acceptance-criteria", json!({ "issue_key": "SHOP-4" })).await;
    assert!(app.jira().llm_calls() > calls, "the connection is the default");
}

#[tokio::test]
async fn a_provider_of_its_own_needs_no_address_and_no_model() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let made = |body: Value| app.post("/llm-configurations").by(&admin).json(body);
    let claude = made(json!({ "name": "writer", "provider": "anthropic", "api_key": KEY_CANARY })).await.json();
    assert_eq!(
        (&claude["provider"], &claude["base_url"], &claude["model"]),
        (&json!("claude"), &json!("https://api.anthropic.com/v1"), &json!("claude-sonnet-5-5"))
    );
    let wrong = json!({ "name": "other", "provider": "openai_compatible", "options": { "effort": "much", "server": "x" } });
    assert_eq!(made(wrong).await.fields(), ["base_url", "model", "options.effort", "options.server"]);
    let streams = json!({ "stream": "yes", "first_byte_timeout_seconds": 0, "idle_timeout_seconds": 1801 });
    let wrong = made(json!({ "name": "other", "provider": "claude", "options": streams })).await;
    let refused = ["options.stream", "options.first_byte_timeout_seconds", "options.idle_timeout_seconds"];
    assert_eq!(wrong.fields(), refused);
    let streams = json!({ "stream": "off", "first_byte_timeout_seconds": 90, "idle_timeout_seconds": 600 });
    let slow = made(json!({ "name": "slow", "provider": "gemini", "options": streams })).await;
    assert_eq!(slow.json()["options"], streams);
    let retired = made(json!({ "name": "old", "provider": "openai", "model": "gpt-4-turbo" })).await;
    assert_eq!(retired.fields(), ["model"]);
    assert!(retired.text.contains("take gpt-6.2-sol"), "{}", retired.text);
    let gateway = json!({ "name": "gateway", "provider": "openai_compatible", "base_url": "https://api.openai.com/v1", "model": "gpt-4-turbo" });
    assert_eq!(made(gateway).await.status, 201, "a gateway may call anything by any name");
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_new_connection_is_said_at_once() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let wrong = json!({ "name": "Acme Inc", "base_url": "x", "email": "", "token": "a b", "options": { "timeout_seconds": 31 }, "pin": 1 });
    let answer = app.post("/jira-configurations").by(&admin).json(wrong).await;
    assert_eq!(fields(&answer), ["name", "email", "token", "options.timeout_seconds", "pin"]);
    let taken = |name: &str| {
        let mut body = acme(&app);
        body["name"] = name.into();
        app.post("/jira-configurations").by(&admin).json(body)
    };
    assert_eq!(fields(&taken("default").await), ["name"], "it is the name of the settings' own");
    assert_eq!(taken("acme").await.status, 201);
    assert_eq!(fields(&taken("acme").await), ["name"]);
    let mut body = writer(&app);
    body["name"] = "offline".into();
    assert_eq!(fields(&app.post("/llm-configurations").by(&admin).json(body).await), ["name"]);
}

#[tokio::test]
async fn a_stored_secret_is_not_sent_to_another_address() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    for (kind, body, secret) in [("jira", acme(&app), "token"), ("llm", writer(&app), "api_key")] {
        let path = made(&app, &admin, kind, body).await;
        let elsewhere = "https://elsewhere.example";
        let refused = app.patch(&path).by(&admin).json(json!({ "base_url": elsewhere })).await;
        assert_eq!(fields(&refused), ["base_url"]);
        let moved = app.patch(&path).by(&admin).json(json!({ "base_url": elsewhere, secret: "another-one" })).await;
        assert_eq!(moved.json()["base_url"], elsewhere, "{}", moved.text);
    }
}

#[tokio::test]
async fn a_change_keeps_the_secret_replaces_it_or_removes_it() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let path = made(&app, &admin, "llm", writer(&app)).await;
    let sealed = all_rows(&app, "llm").await;
    let change = async |body: Value| app.patch(&path).by(&admin).json(body).await.json();
    assert_eq!(change(json!({ "model": "sandbox-429" })).await["has_api_key"], true);
    assert_eq!(all_rows(&app, "llm").await, sealed, "it stays as it was");
    change(json!({ "api_key": "another-one" })).await;
    assert_ne!(all_rows(&app, "llm").await, sealed);
    assert_eq!(change(json!({ "api_key": null })).await["has_api_key"], false);
    let audited = all_rows(&app, "audit").await;
    assert!(audited.contains(r#"connection.update {"name":"writer","changed":["api_key"]}"#), "{audited}");
}

#[tokio::test]
async fn there_is_one_default_and_it_is_not_removed() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let mut first = acme(&app);
    first["is_default"] = true.into();
    let first = made(&app, &admin, "jira", first).await;
    let mut second = acme(&app);
    (second["name"], second["is_default"]) = ("second".into(), true.into());
    let second = made(&app, &admin, "jira", second).await;
    let is_default = async |path: &str| app.get(path).by(&admin).await.json()["is_default"].clone();
    assert_eq!((is_default(&first).await, is_default(&second).await), (json!(false), json!(true)));
    assert_eq!(app.ask("DELETE", &second).by(&admin).await.refusal(), (409, "connection.is_default".to_owned()));
    assert_eq!(app.ask("DELETE", &first).by(&admin).await.status, 204);
    assert_eq!(app.get(&first).by(&admin).await.refusal(), (404, "connection.not_found".to_owned()));
    assert_eq!(app.patch(&second).by(&admin).json(json!({ "is_default": false })).await.json()["is_default"], false);
    assert_eq!(app.ask("DELETE", &second).by(&admin).await.status, 204);
}

#[tokio::test]
async fn what_open_jobs_use_is_not_removed_and_what_was_put_away_takes_no_new_ones() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let (jira, llm) = (made(&app, &admin, "jira", acme(&app)).await, made(&app, &admin, "llm", writer(&app)).await);
    let order = json!({ "issue_key": "SHOP-2", "connection": "acme", "llm": { "provider": "writer" } });
    let job = app.submitted(&admin, "acceptance-criteria", order.clone()).await;
    for path in [&jira, &llm] {
        assert_eq!(app.ask("DELETE", path).by(&admin).await.refusal(), (409, "connection.in_use".to_owned()));
        assert_eq!(app.patch(path).by(&admin).json(json!({ "active": false })).await.json()["active"], false);
    }
    let refused = app.post("/generate/acceptance-criteria").by(&admin).json(order).await;
    assert_eq!(fields(&refused), ["connection", "llm.provider"]);
    app.run_jobs().await;
    assert_eq!(app.at_rest(&admin, &job).await["status"], "succeeded", "what was accepted goes on");
    for path in [&jira, &llm] {
        assert_eq!(app.ask("DELETE", path).by(&admin).await.status, 204);
    }
}

#[tokio::test]
async fn another_process_sees_a_change_within_five_seconds() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let settings = &app.settings;
    let clock = app.api.db().clock().clone();
    let pacer = Arc::new(LocalPacer::new(clock.clone()));
    let other = Connections::of(settings, &app.metrics, pacer, clock).unwrap();
    let other = other.and_those_kept_in(app.api.db().clone(), app.vault.sealer().clone());
    assert!(other.now().await.unwrap().jira(Some("acme")).is_none());
    let path = made(&app, &admin, "jira", acme(&app)).await;
    assert!(other.now().await.unwrap().jira(Some("acme")).is_none(), "it looks every five seconds");
    app.seconds_later(5);
    let client = async || other.now().await.unwrap().jira(Some("acme")).unwrap().client().unwrap();
    let first = client().await;
    made(&app, &admin, "llm", writer(&app)).await;
    app.seconds_later(5);
    assert!(std::sync::Arc::ptr_eq(&first, &client().await), "what was not changed keeps its client");
    app.patch(&path).by(&admin).json(json!({ "token": "another-one" })).await;
    app.seconds_later(5);
    assert!(!std::sync::Arc::ptr_eq(&first, &client().await));
}

#[tokio::test]
async fn a_trial_says_in_plain_words_what_is_wrong() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let jira = made(&app, &admin, "jira", acme(&app)).await;
    let llm = made(&app, &admin, "llm", writer(&app)).await;
    let tried = async |path: &str| app.post(&format!("{path}/test")).by(&admin).await.json();
    let (jira_ok, llm_ok) = (tried(&jira).await, tried(&llm).await);
    assert!(jira_ok["ok"] == true && llm_ok["ok"] == true, "{jira_ok} {llm_ok}");
    app.jira().order(Fault::status(401).on("GET", "/rest/api/3/myself"));
    let refused = tried(&jira).await;
    assert_eq!((&refused["ok"], &refused["mend"]), (&json!(false), &json!("Check base_url, email, token and options.auth.")));
    app.patch(&llm).by(&admin).json(json!({ "model": "sandbax" })).await;
    let refused = tried(&llm).await;
    assert!(refused["detail"].as_str().unwrap().contains("does not list the model 'sandbax'"), "{refused}");
    assert_eq!(app.get(&llm).by(&admin).await.json()["tested"]["ok"], false);
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_unless_the_operator_lists_them() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    for url in [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://10.1.2.3",
        "https://100.64.0.1",
        "https://169.254.169.254/latest",
        "https://192.168.0.1",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.0.0.1./",
        "https://[::1]/",
        "https://[::ffff:7f00:1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fc00::1]/",
        "https://localhost/",
        "https://metadata.google.internal/",
        "https://good@127.0.0.1/",
        "https://me:pw@acme.atlassian.net/",
        "https://127。0。0。1/",
        "http://acme.atlassian.net/",
        "https://acme.atlassian.net:8443/",
        "https://acme.atlassian.net/?x=1",
        "file:///etc/passwd",
        "gopher://8.8.8.8/",
        "ftp://8.8.8.8/",
    ] {
        let body = json!({ "name": "acme", "base_url": url, "email": "qa@example.org", "token": CANARY });
        let answer = app.post("/jira-configurations").by(&admin).json(body).await;
        assert_eq!(fields(&answer), ["base_url"], "{url}");
        assert!(!answer.text.contains(CANARY), "{url}");
    }
    let body = json!({ "name": "acme", "base_url": "https://acme.atlassian.net", "email": "qa@example.org", "token": CANARY });
    assert_eq!(app.post("/jira-configurations").by(&admin).json(body).await.status, 201);
}

/// Makes both connections with canaries, drives them through success and failure, and looks for the canaries everywhere.
async fn canaries_stay_inside(url: String) {
    let setup = Setup::default().set("JQA_CONNECTIONS_ALLOW", "127.0.0.0/8").set("JQA_DATABASE_URL", &url);
    let app = HttpApp::of(setup).await;
    let admin = app.account(Role::Admin).await;
    let mut told = String::new();
    let mut jira_body = acme(&app);
    jira_body["token"] = CANARY.into();
    let jira = made(&app, &admin, "jira", jira_body).await;
    let llm = made(&app, &admin, "llm", writer(&app)).await;
    let order = json!({ "issue_key": "SHOP-2", "connection": "acme", "llm": { "provider": "writer" } });
    for fault in [None, Some(Fault::status(401).times(0)), Some(Fault::status(302).times(0)), Some(Fault::status(500).times(0))] {
        app.jira().faults().clear();
        if let Some(fault) = fault {
            app.jira().order(fault);
        }
        for path in [&jira, &llm] {
            told += &app.post(&format!("{path}/test")).by(&admin).await.text;
            told += &app.get(path).by(&admin).await.text;
        }
        told += &app.get("/jira/story/SHOP-2?connection=acme").by(&admin).await.text;
        let job = app.submitted(&admin, "acceptance-criteria", order.clone()).await;
        app.run_jobs().await;
        told += &app.get(&job).by(&admin).await.text;
    }
    app.jira().faults().clear();
    for (path, secret, canary) in [(&jira, "token", CANARY), (&llm, "api_key", KEY_CANARY)] {
        // Nobody listens there.
        let gone = app.patch(path).by(&admin).json(json!({ "base_url": "http://127.0.0.1:9", secret: canary })).await;
        assert_eq!(gone.status, 200, "{}", gone.text);
        let tried = app.post(&format!("{path}/test")).by(&admin).await;
        assert_eq!(tried.json()["ok"], false);
        told += &gone.text;
        told += &tried.text;
    }
    told += &app.get("/jira-configurations").by(&admin).await.text;
    told += &app.get("/llm-configurations").by(&admin).await.text;
    told += &app.get("/metrics").await.text;
    told += &format!("{:?} {:?} {:?}", app.connections, app.connections.now().await.unwrap(), app.vault);
    for table in ["audit", "events", "jira", "llm"] {
        told += &all_rows(&app, table).await;
    }
    assert!(told.contains("connection.create") && told.contains("v1."), "what was looked through holds what it should");
    for canary in [CANARY, KEY_CANARY] {
        assert!(!told.contains(canary), "{told}");
    }
}

#[tokio::test]
async fn no_secret_of_a_connection_is_seen_anywhere_on_sqlite() {
    Box::pin(Backend::Sqlite.with_url(canaries_stay_inside)).await;
}

#[tokio::test]
async fn no_secret_of_a_connection_is_seen_anywhere_on_postgres() {
    Box::pin(Backend::Postgres.with_url(canaries_stay_inside)).await;
}

#[tokio::test]
async fn the_secrets_of_tools_for_tests_are_sealed_changed_taken_away_and_never_shown() {
    const OURS: [&str; 2] = ["c4nary-of-xray", "c4nary-of-zephyr"];
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let body = json!({
        "name": "tools", "base_url": "https://acme.example", "email": "qa@acme.example", "token": "c4nary",
        "xray_client_secret": OURS[0], "zephyr_token": OURS[1],
        "options": { "xray": { "client_id": "ours", "all": { "test_type": "cucumber" } } },
    });
    let created = app.post("/jira-configurations").by(&admin).json(body).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let has = |answer: &Value| [answer["has_xray_client_secret"] == true, answer["has_zephyr_token"] == true];
    assert_eq!(has(&created.json()), [true, true]);
    let path = format!("/jira-configurations/{}", created.json()["id"].as_str().unwrap());
    let change = async |body: Value| app.patch(&path).by(&admin).json(body).await;
    let moved = json!({ "options": { "xray": { "client_id": "ours", "base_url": "https://eu.example/api/v2" } } });
    assert_eq!(change(moved.clone()).await.fields(), ["options.xray.base_url"], "whoever is there would get the secret");
    let away = json!({ "options": { "xray": { "client_id": "ours" }, "zephyr": { "base_url": "http://10.0.0.1/v2" } }, "zephyr_token": "x" });
    assert_eq!(change(away).await.fields(), ["options.zephyr.base_url"], "a network that connections may not lead to");
    let with_secret = json!({ "options": moved["options"], "xray_client_secret": "another" });
    assert_eq!(change(with_secret).await.status, 200);
    let gone = change(json!({ "zephyr_token": null })).await;
    assert_eq!(has(&gone.json()), [true, false], "{}", gone.text);
    let told = [&created.text, &gone.text, &app.get("/audit-logs").by(&admin).await.text].map(String::as_str).concat();
    assert!(told.contains("zephyr_token") && !OURS.iter().any(|secret| told.contains(secret)), "{told}");
    let open = "SELECT COUNT(*) AS n FROM jira_configurations WHERE xray_secret_sealed LIKE '%c4nary%' OR zephyr_token_sealed LIKE '%c4nary%'";
    assert_eq!(app.count(Sql::new(open)).await, 0);
}

#[tokio::test]
async fn trying_a_connection_says_what_it_can_be_used_for_and_what_is_missing() {
    for site in [Site::Cloud, Site::DataCenter] {
        let app = HttpApp::of(Setup::default().at(site).set("JQA_CONNECTIONS_ALLOW", "127.0.0.0/8")).await;
        let admin = app.account(Role::Admin).await;
        let tools = json!({
            "criteria_field": "Acceptance Criteria",
            "xray": { "client_id": "xray", "base_url": format!("{}/xray/api/v2", app.site.url()) },
            "zephyr": { "base_url": format!("{}/zephyr/v2", app.site.url()) },
        });
        let base_url = format!("{}{}", app.site.url(), app.site.context());
        let body = json!({
            "name": "acme", "base_url": base_url, "email": "qa@example.org", "token": "sandbox", "options": tools,
            "xray_client_secret": "xray", "zephyr_token": "wrong",
        });
        let path = made(&app, &admin, "jira", body).await;
        let tried = app.post(&format!("{path}/test")).by(&admin).await.json();
        assert_eq!(tried["ok"], true, "{tried}");
        let checks = tried["checks"].as_array().unwrap();
        let told: Vec<_> = checks.iter().map(|check| (check["name"].as_str().unwrap(), check["ok"] == true)).collect();
        let mut expected = vec![
            ("read", true),
            ("comment", true),
            ("description", true),
            ("create", true),
            ("criteria_field", true),
            ("subtask", true),
            ("xray", true),
        ];
        // In a data centre Zephyr has no token of its own.
        expected.extend((site == Site::Cloud).then_some(("zephyr", false)));
        assert_eq!(told, expected, "{tried:#}");
        let detail = |name: &str| checks.iter().find(|check| check["name"] == name).unwrap()["detail"].as_str().unwrap();
        assert!(detail("criteria_field").contains("'Acceptance Criteria' (customfield_10100)"));
        assert!(detail("subtask").contains("Sub"), "{}", detail("subtask"));
        if site == Site::Cloud {
            assert!(detail("zephyr").contains("set zephyr_token anew"), "{}", detail("zephyr"));
        }
        let kept = app.get(&path).by(&admin).await.json();
        assert_eq!(kept["tested"]["checks"], tried["checks"], "{kept}");
    }
}
