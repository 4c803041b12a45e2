//! Webhook endpoints over HTTP: one's own, shown without their secret, tried, and told again.

use serde_json::{Value, json};
use shared::domain::user::Role;
use shared::store::Sql;
use tests::http_app::{Account, HttpApp};

const URL: &str = "https://ci.example.org/hooks/jqa?token=c4nary";

async fn made(app: &HttpApp, by: &Account, body: Value) -> Value {
    let answer = app.post("/webhooks").by(by).json(body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

fn path(endpoint: &Value) -> String {
    format!("/webhooks/{}", endpoint["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_secret_is_shown_when_it_is_made_and_when_it_is_rotated_and_never_else() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let endpoint = made(&app, &qa, json!({ "url": URL })).await;
    let first = endpoint["secret"].as_str().unwrap().to_owned();
    assert!(first.starts_with("whsec_"));
    assert_eq!((&endpoint["name"], &endpoint["enabled"]), (&json!("ci.example.org"), &json!(true)));
    assert_eq!(endpoint["events"].as_array().unwrap().len(), 6, "everything is told");
    let rotated = app.post(&format!("{}/rotate-secret", path(&endpoint))).by(&qa).await.json();
    assert_ne!(rotated["secret"], first.as_str());
    assert!(rotated["old_secret_until"].is_string());
    let shown = app.get("/webhooks").by(&qa).await.text + &app.get(&path(&endpoint)).by(&qa).await.text;
    assert!(!shown.contains("whsec_"), "{shown}");
    let kept = Sql::new(
        "SELECT COUNT(*) AS n FROM webhook_endpoints WHERE secret_sealed LIKE '%whsec%' OR old_secret_sealed LIKE '%whsec%'",
    );
    let told = Sql::new("SELECT COUNT(*) AS n FROM audit_logs WHERE details LIKE '%whsec%' OR details LIKE '%c4nary%'");
    assert_eq!((app.count(kept).await, app.count(told).await), (0, 0));
}

#[tokio::test]
async fn an_endpoint_is_its_owners_alone() {
    let app = HttpApp::start().await;
    let (qa, admin) = (app.account(Role::Qa).await, app.account(Role::Admin).await);
    let endpoint = made(&app, &qa, json!({ "url": URL })).await;
    let path = path(&endpoint);
    assert_eq!(app.get("/webhooks").by(&admin).await.json()["items"], json!([]));
    for call in
        [app.get(&path), app.ask("DELETE", &path), app.post(&format!("{path}/test")), app.get(&format!("{path}/deliveries"))]
    {
        let answer = call.by(&admin).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (404, Some("webhook.not_found")), "{}", answer.text);
    }
}

#[tokio::test]
async fn an_endpoint_is_changed_and_removed() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let endpoint = made(&app, &qa, json!({ "url": URL, "name": "ci", "events": ["job.failed"] })).await;
    let path = path(&endpoint);
    let change = json!({ "events": ["batch.completed", "batch.completed"], "enabled": false });
    let changed = app.ask("PATCH", &path).by(&qa).json(change).await.json();
    assert_eq!((&changed["events"], &changed["enabled"]), (&json!(["batch.completed"]), &json!(false)));
    assert_eq!((&changed["name"], &changed["url"]), (&json!("ci"), &json!(URL)));
    let again = app.post(&format!("{path}/redeliver")).by(&qa).json(json!({ "failed_since": "2026-01-01T00:00:00Z" })).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("webhook.disabled")));
    assert_eq!(app.ask("DELETE", &path).by(&qa).await.status, 204);
    assert_eq!(app.get(&path).by(&qa).await.status, 404);
}

#[tokio::test]
async fn what_cannot_be_told_is_refused_by_field() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let cases = [
        (json!({}), vec!["url"]),
        (json!({ "url": "http://169.254.169.254/latest" }), vec!["url"]),
        (json!({ "url": "https://user:secret@ci.example.org/" }), vec!["url"]),
        (json!({ "url": URL, "events": [], "name": "" }), vec!["name", "events"]),
        (json!({ "url": URL, "events": ["job.exploded"] }), vec!["events"]),
    ];
    for (body, fields) in cases {
        let answer = app.post("/webhooks").by(&qa).json(body.clone()).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text);
        let named: Vec<String> = answer.fields().iter().map(|field| field.split('[').next().unwrap_or("").to_owned()).collect();
        assert_eq!(named, fields, "{body}");
    }
}

#[tokio::test]
async fn the_eleventh_endpoint_is_refused() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    for _ in 0..10 {
        made(&app, &qa, json!({ "url": URL })).await;
    }
    let answer = app.post("/webhooks").by(&qa).json(json!({ "url": URL })).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (409, Some("webhook.too_many")));
}

#[tokio::test]
async fn a_test_stands_in_the_log_and_is_sent_again_only_once_it_has_ended() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let endpoint = made(&app, &qa, json!({ "url": URL })).await;
    let path = path(&endpoint);
    let sent = app.post(&format!("{path}/test")).by(&qa).await;
    assert_eq!(sent.status, 202, "{}", sent.text);
    let log = app.get(&format!("{path}/deliveries?status=queued")).by(&qa).await.json();
    let row = &log["items"][0];
    assert_eq!((&row["id"], &row["type"], &row["attempts"]), (&sent.json()["id"], &json!("webhook.test"), &json!(0)));
    assert_eq!(row["message_id"].as_str().unwrap(), format!("msg_{}", row["id"].as_str().unwrap().replace('-', "")));
    let again = format!("/deliveries/{}/redeliver", row["id"].as_str().unwrap());
    let early = app.post(&again).by(&qa).await;
    assert_eq!((early.status, early.json()["code"].as_str()), (409, Some("delivery.not_ended")));
    let ended = Sql::new("UPDATE webhook_deliveries SET status = 'failed', ended_at = {now}");
    app.api.db().execute(ended).await.unwrap();
    assert_eq!(app.post(&again).by(&app.account(Role::Qa).await).await.json()["code"], "delivery.not_found");
    assert_eq!(app.post(&again).by(&qa).await.status, 202);
    assert_eq!(app.get(&format!("{path}/deliveries?status=failed")).by(&qa).await.json()["items"], json!([]));
}
