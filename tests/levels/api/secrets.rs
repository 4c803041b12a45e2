//! Secrets stay where they are. That none of the installation's is in any answer is checked wherever tests ask.

use serde_json::json;
use shared::domain::user::Role;
use tests::app::Setup;
use tests::http_app::HttpApp;

const SECRET: &str = "s3cr3t-that-nobody-sees";

#[tokio::test]
async fn credentials_that_do_not_work_are_not_shown() {
    let setup = Setup::default().model("sandbox").set("JQA_JIRA_TOKEN", SECRET).set("JQA_LLM_API_KEY", SECRET);
    let app = HttpApp::of(setup).await.with_worker();
    let qa = app.account(Role::Qa).await;
    let job = app.rested(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    assert_eq!((&job["status"], &job["error"]["code"]), (&json!("failed"), &json!("jira.unauthorized")));
    let mut told = job.to_string();
    for path in ["/jira/story/SHOP-2", "/jira/search?jql=project%20%3D%20SHOP", "/metrics", "/readyz"] {
        told += &app.get(path).by(&qa).await.text;
    }
    told += &app.get(job["links"]["events"].as_str().unwrap()).by(&qa).await.text;
    assert!(!told.contains(SECRET), "{told}");
}

#[tokio::test]
async fn what_a_caller_sends_as_a_secret_is_not_sent_back() {
    let app = HttpApp::start().await;
    let password_hash = app.api.passwords.hash("another").await.unwrap();
    let qa = app.account_with(Role::Qa, &password_hash).await;
    let login = app.post("/auth/login").json(json!({ "email": qa.email, "password": SECRET })).await;
    let numbers = app.post("/auth/login").json(json!({ "email": qa.email, "password": [SECRET] })).await;
    let url = format!("https://me:{SECRET}@ci.example.org/");
    let hook =
        app.post("/generate/acceptance-criteria").by(&qa).json(json!({ "issue_key": "SHOP-2", "callback_url": url })).await;
    let token = app.get("/jobs").header("authorization", &format!("Bearer {SECRET}")).await;
    for answer in [login, numbers, hook, token] {
        assert!(answer.status >= 400 && !answer.text.contains(SECRET), "{}", answer.text);
    }
    let misplaced = app.post("/auth/login").json(json!({ "email": qa.email, "password": { "value": SECRET } })).await;
    assert!(!misplaced.text.contains(SECRET), "{}", misplaced.text);
}
