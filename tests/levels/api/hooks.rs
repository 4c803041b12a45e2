//! Webhooks of Jira over HTTP: who is believed, what is answered, and what is shown of results that are out of date.

use serde_json::{Value, json};
use shared::domain::jira_event::signature::sign;
use shared::domain::user::Role;
use shared::store::Sql;
use shared::store::jira_event;
use tests::app::Setup;
use tests::http_app::{Account, Answer, Ask, HttpApp};

const SECRET: &str = "c4nary-hook-Qw8Lm2Zx";

const HOOK: &str = "/hooks/jira/default";

async fn installation() -> HttpApp {
    HttpApp::of(Setup::default().set("JQA_JIRA_WEBHOOK_SECRET", SECRET).set("JQA_CONNECTIONS_ALLOW", "127.0.0.0/8")).await
}

fn updated(key: &str, id: &str) -> String {
    json!({
        "timestamp": 1, "webhookEvent": "jira:issue_updated", "user": { "accountId": "712020:ab" },
        "issue": { "id": id, "key": key, "fields": { "summary": "words of the webhook" } },
        "changelog": { "id": "9", "items": [{ "field": "summary", "fromString": "old", "toString": "words of the webhook" }] },
    })
    .to_string()
}

/// Sent as Jira does.
fn sent<'a>(app: &'a HttpApp, path: &str, identifier: &str, body: &str) -> Ask<'a> {
    let ask = app.post(path).header("x-hub-signature", &sign(SECRET, body.as_bytes())).body("application/json", body);
    if identifier.is_empty() { ask } else { ask.header("x-atlassian-webhook-identifier", identifier) }
}

async fn events(app: &HttpApp) -> usize {
    jira_event::latest(app.api.db(), "default", 100).await.unwrap().len()
}

async fn made(app: &HttpApp, by: &Account, body: Value) -> Answer {
    let mut all = json!({ "name": "acme", "base_url": app.site.url(), "email": "qa@example.org", "token": "sandbox" });
    all.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    app.post("/jira-configurations").by(by).json(all).await
}

#[tokio::test]
async fn a_signed_webhook_is_kept_once_however_often_it_comes() {
    let app = installation().await;
    let body = updated("SHOP-2", "10002");
    for _ in 0..3 {
        assert_eq!(sent(&app, HOOK, "one", &body).await.status, 202);
    }
    assert_eq!(events(&app).await, 1);
    assert_eq!(sent(&app, HOOK, "", &body).await.status, 202);
    assert_eq!(sent(&app, HOOK, "", &body).await.status, 202);
    assert_eq!(events(&app).await, 2, "without an identifier the body tells");
    let metrics = app.get("/metrics").await.text;
    assert!(metrics.contains("jqa_jira_events_total{result=\"duplicate\"} 3"), "{metrics}");
    let kept = Sql::new("SELECT COUNT(*) AS n FROM jira_events WHERE changes LIKE '%words%' OR changes LIKE '%old%'");
    assert_eq!(app.count(kept).await, 0, "no text is kept");
}

#[tokio::test]
async fn whoever_cannot_sign_is_refused_alike_and_nothing_is_kept() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    assert_eq!(made(&app, &admin, json!({})).await.status, 201, "a connection without a secret");
    let (body, good) = (updated("SHOP-2", "10002"), sign(SECRET, updated("SHOP-2", "10002").as_bytes()));
    let ask = |path: &str, signature: &str, body: &str| {
        app.post(path).header("x-hub-signature", signature).body("application/json", body.to_owned())
    };
    let nobodys = sign("nobody-signs-with-this-one-either", body.as_bytes());
    let sha1 = good.replace("sha256=", "sha1=");
    let mut told = Vec::new();
    for (path, signature, body) in [
        (HOOK, "", body.as_str()),
        (HOOK, "sha256=", &body),
        (HOOK, &sha1, &body),
        (HOOK, &good[7..], &body),
        (HOOK, &sign("another secret", body.as_bytes()), &body),
        (HOOK, &good, &format!("{body} ")),
        (HOOK, &good, ""),
        ("/hooks/jira/acme", &good, &body),
        ("/hooks/jira/acme", &sign("", body.as_bytes()), &body),
        ("/hooks/jira/acme", &nobodys, &body),
        ("/hooks/jira/nobody", &nobodys, &body),
        ("/hooks/jira/nobody", &good, &body),
        ("/hooks/jira/%00", &good, &body),
        ("/hooks/jira/%FF", &good, &body),
    ] {
        let answer = ask(path, signature, body).await;
        assert_eq!(answer.refusal(), (403, "hook.not_authentic".to_owned()), "{path} {signature}");
        told.push(answer.json());
    }
    told.dedup();
    assert_eq!(told.len(), 1, "the answers tell connections apart: {told:?}");
    assert_eq!(app.count(Sql::new("SELECT COUNT(*) AS n FROM jira_events")).await, 0);
    assert_eq!(app.post(HOOK).by(&admin).body("application/json", body).await.status, 403, "a token is no signature");
}

#[tokio::test]
async fn what_is_signed_and_no_event_of_an_issue_is_refused_for_good_or_taken_and_forgotten() {
    let app = installation().await;
    let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    for (body, status) in [("{", 400), ("", 400), (deep.as_str(), 400), ("[]", 202), ("{}", 202), ("null", 202)] {
        assert_eq!(sent(&app, HOOK, "x", body).await.status, status, "{body}");
    }
    let sprint = json!({ "webhookEvent": "sprint_started", "sprint": { "id": 1 } }).to_string();
    assert_eq!(sent(&app, HOOK, "y", &sprint).await.status, 202);
    let odd = updated("../../etc/passwd", "1 OR 1=1");
    assert_eq!(sent(&app, HOOK, "z", &odd).await.status, 202);
    assert_eq!(events(&app).await, 0);
}

#[tokio::test]
async fn a_webhook_that_is_too_large_or_one_too_many_is_refused() {
    let app = HttpApp::of(Setup::default().set("JQA_JIRA_WEBHOOK_SECRET", SECRET).set("JQA_LIMIT_HOOK", "2/1m")).await;
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
    assert_eq!(sent(&app, HOOK, "", &large).await.refusal(), (413, "request.too_large".to_owned()));
    let body = updated("SHOP-2", "10002");
    let statuses = [
        sent(&app, HOOK, "1", &body).from("203.0.113.7").await.status,
        sent(&app, HOOK, "2", &body).from("203.0.113.7").await.status,
        sent(&app, HOOK, "3", &body).from("203.0.113.7").await.status,
        sent(&app, HOOK, "4", &body).from("203.0.113.8").await.status,
    ];
    assert_eq!(statuses, [202, 202, 429, 202], "Jira repeats what was answered 429");
    let qa = app.account(Role::Qa).await;
    assert_eq!(app.get("/jobs").by(&qa).from("203.0.113.7").await.status, 200, "the budget is its own");
}

#[tokio::test]
async fn a_webhook_secret_is_sealed_changed_taken_away_and_never_shown() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let created = made(&app, &admin, json!({ "webhook_secret": SECRET })).await;
    assert_eq!((created.status, &created.json()["has_webhook_secret"]), (201, &json!(true)), "{}", created.text);
    let path = format!("/jira-configurations/{}", created.json()["id"].as_str().unwrap());
    let (hook, body) = ("/hooks/jira/acme", updated("SHOP-2", "10002"));
    assert_eq!(sent(&app, hook, "1", &body).await.status, 202);
    let change = async |body: Value| app.patch(&path).by(&admin).json(body).await;
    let mut told = created.text.clone();
    told += &change(json!({ "active": true })).await.text;
    assert_eq!(sent(&app, hook, "2", &body).await.status, 202, "it stays");
    told += &change(json!({ "webhook_secret": "another-secret-0123" })).await.text;
    assert_eq!(sent(&app, hook, "3", &body).await.status, 403);
    let gone = change(json!({ "webhook_secret": null })).await;
    assert_eq!(gone.json()["has_webhook_secret"], false);
    assert_eq!(change(json!({ "webhook_secret": "short" })).await.fields(), ["webhook_secret"]);
    change(json!({ "webhook_secret": SECRET })).await;
    told += &app.get("/jira-configurations").by(&admin).await.text;
    told += &app.get("/audit-logs").by(&admin).await.text;
    told += &format!("{:?} {:?}", app.connections, app.connections.now().await.unwrap().jira(Some("acme")).is_some());
    assert!(told.contains("webhook_secret") && !told.contains(SECRET), "{told}");
    let open = Sql::new("SELECT COUNT(*) AS n FROM jira_configurations WHERE webhook_secret_sealed LIKE '%c4nary%'");
    assert_eq!(app.count(open).await, 0);
    change(json!({ "active": false })).await;
    assert_eq!(sent(&app, hook, "5", &body).await.status, 403, "what was put away takes none");
}

#[tokio::test]
async fn everything_that_is_wrong_with_rules_and_polls_is_said_at_once() {
    let app = installation().await;
    let admin = app.account(Role::Admin).await;
    let rules = json!([
        { "when": { "label": "two words" }, "kind": "full-pipeline", "project": "shop" },
        { "when": { "status": " " }, "kind": "publication" },
        { "when": { "label": "jqa" }, "kind": "acceptance-criteria", "publish": [{ "mode": "comment", "what": "scenarios" }] },
        { "when": { "label": "x" }, "kind": "test-scenarios", "publish": [{ "mode": "comment" }, { "mode": "comment" }] },
    ]);
    let poll = json!({ "jql": "project = SHOP ORDER BY key", "every_seconds": 59 });
    let refused = made(&app, &admin, json!({ "options": { "rules": rules, "poll": poll } })).await;
    assert_eq!(
        (refused.status, refused.fields()),
        (
            422,
            [
                "options.rules[0].when.label",
                "options.rules[0].project",
                "options.rules[1].when.status",
                "options.rules[1].kind",
                "options.rules[2].publish[0].what",
                "options.rules[3].publish[1]",
                "options.poll.jql",
                "options.poll.every_seconds",
            ]
            .map(str::to_owned)
            .to_vec()
        )
    );
    for (rule, field) in [
        (json!({ "when": { "lable": "x" }, "kind": "full-pipeline" }), "options.rules[0].when"),
        (json!({ "when": { "label": "x" }, "kind": "full" }), "options.rules[0].kind"),
    ] {
        let refused = made(&app, &admin, json!({ "options": { "rules": [rule] } })).await;
        assert!(refused.fields()[0].starts_with(field), "{}", refused.text);
    }
    let good =
        json!([{ "when": { "status": "Ready for QA" }, "project": "SHOP", "kind": "full-pipeline", "review": "required" }]);
    let options = json!({ "rules": good, "poll": { "jql": "project = SHOP", "every_seconds": 60 } });
    let taken = made(&app, &admin, json!({ "options": options })).await;
    assert_eq!((taken.status, &taken.json()["options"]["rules"]), (201, &good), "{}", taken.text);
}

#[tokio::test]
async fn a_result_whose_story_changed_says_so_wherever_it_is_shown() {
    let app = installation().await;
    let qa = app.account(Role::Qa).await;
    app.jira().send_webhooks(Some(sandbox::Webhook { url: None, secret: SECRET.into() }));
    let job = app.submitted(&qa, "full-pipeline", json!({ "issue_key": "SHOP-2" })).await;
    app.run_jobs().await;
    let result = format!("{job}/result");
    assert_eq!(app.get(&result).by(&qa).await.json()["suspect"], Value::Null);
    assert_eq!(app.get("/history?suspect=true").by(&qa).await.json()["items"], json!([]));

    app.jira().edit("SHOP-2", |fields| drop(fields.insert("summary".into(), json!("Something else is wanted"))));
    for webhook in app.jira().take_webhooks() {
        let ask = app.post(HOOK).header("x-hub-signature", &webhook.signature);
        let ask = ask.header("x-atlassian-webhook-identifier", &webhook.identifier).body("application/json", webhook.body);
        assert_eq!(ask.await.status, 202);
    }
    app.inbound().look("w").await;
    let shown = app.get(&result).by(&qa).await.json();
    assert_eq!(shown["suspect"]["parts"], json!([{ "part": "summary", "change": "changed" }]), "{shown}");
    let list = app.get("/history?suspect=true").by(&qa).await.json();
    assert_eq!(list["items"][0]["suspect"], shown["suspect"]);
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(app.get(&format!("/history/{id}")).by(&qa).await.json()["suspect"], shown["suspect"]);
    assert_eq!(app.get("/history?suspect=false").by(&qa).await.json()["items"], json!([]));
    assert_eq!(app.get("/history?suspect=perhaps").by(&qa).await.status, 400);
    let other = app.account(Role::Developer).await;
    assert_eq!(app.get("/history?suspect=true").by(&other).await.json()["items"], json!([]), "others' results stay unseen");
}
