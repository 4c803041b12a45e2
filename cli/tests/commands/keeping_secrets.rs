//! What must never be in a log, whatever its level.

use serde_json::{Value, json};

use crate::installation::Installation;

const PASSWORD: &str = "violet-harbour-94-lamp";
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);
const MARK: &str = "canary7c1f";

/// Makes secrets of every kind that a process meets, each with the mark in it.
fn with_secrets() -> Installation {
    Installation::new()
        .set("JQA_ADMIN_EMAIL", "ada@example.com")
        .set("JQA_ADMIN_PASSWORD", PASSWORD)
        .set("JQA_SECRET_KEY", &format!("{MARK}-Zq0vT8s1Yb6Wm3Rk9Lx2Hc5Jd7Pf4Ng"))
        .set("JQA_JIRA_URL", "http://127.0.0.1:9")
        .set("JQA_JIRA_EMAIL", "bot@example.com")
        .set("JQA_JIRA_TOKEN", &format!("{MARK}-jira"))
        .set("JQA_LLM_PROVIDER", "openai_compatible")
        .set("JQA_LLM_BASE_URL", "http://127.0.0.1:9/v1")
        .set("JQA_LLM_MODEL", "m")
        .set("JQA_LLM_API_KEY", &format!("{MARK}-model"))
}

#[test]
fn no_secret_is_in_the_log_of_a_server_even_when_everything_is_logged() {
    let at = with_secrets();
    let server = at.serve();
    let given = tokio::runtime::Runtime::new().expect("a runtime").block_on(use_it(&server.url));
    let log = server.stop();
    assert!(log.lines().count() > 20 && log.contains("TRACE") && log.contains("jira.no_answer"), "it logs nothing:\n{log}");
    for secret in given.iter().map(String::as_str).chain([PASSWORD, MARK]) {
        assert!(!log.contains(secret), "{}", log.lines().find(|line| line.contains(secret)).unwrap_or_default());
    }
}

/// Does what meets secrets; answers those that it was given.
async fn use_it(url: &str) -> Vec<String> {
    let http = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
    let post = async |path: &str, token: Option<&str>, body: Value| -> Value {
        let request = http.post(format!("{url}/api/v1{path}")).json(&body);
        let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
        request.send().await.expect("an answer").json().await.unwrap_or_default()
    };
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("a secret should be in {value}")).to_owned();
    let wrong = json!({ "email": "ada@example.com", "password": format!("{MARK}-wrong") });
    assert_eq!(post("/auth/login", None, wrong).await["code"], "auth.bad_credentials");
    let login = post("/auth/login", None, json!({ "email": "ada@example.com", "password": PASSWORD })).await;
    let (access, refresh) = (text(&login["access_token"]), text(&login["refresh_token"]));
    let renewed = post("/auth/refresh", None, json!({ "refresh_token": refresh })).await;
    let successor = text(&renewed["refresh_token"]);
    let key = post("/api-keys", Some(&access), json!({ "name": "k" })).await;
    let invite = post("/invites", Some(&access), json!({ "email": "b@example.com", "role": "qa" })).await;
    let hook = json!({ "issue_key": "SHOP-1", "callback_url": format!("https://example.com/{MARK}-path?k={MARK}") });
    post("/generate/full-pipeline", Some(&access), hook).await;
    let story = json!({ "story": { "key": "SHOP-2", "summary": format!("{MARK}-summary"), "description": format!("* {MARK}-text is shown") } });
    post("/generate/full-pipeline", Some(&access), story).await;
    let connection =
        json!({ "name": "c", "base_url": "https://127.0.0.1", "email": "e@example.com", "token": format!("{MARK}-given") });
    post("/jira-configurations", Some(&access), connection).await;
    vec![access, refresh, successor, text(&key["key"]), text(&invite["token"])]
}
