//! Policies and the preview of what a model would be sent.

use sandbox::{Story, Text};
use serde_json::{Value, json};
use shared::domain::user::Role;
use tests::app::Setup;
use tests::http_app::HttpApp;

#[tokio::test]
async fn versions_of_a_policy_follow_each_other_and_stay() {
    let app = HttpApp::start().await;
    let (admin, developer) = (app.account(Role::Admin).await, app.account(Role::Developer).await);
    let write = async |project: &str, body: Value| app.ask("PUT", &format!("/policies/{project}")).by(&admin).json(body).await;
    let first = write("organization", json!({ "version": 0, "instructions": "British spelling.", "redact": true })).await;
    assert_eq!((first.status, &first.json()["version"]), (200, &json!(1)));
    assert_eq!(write("organization", json!({ "version": 1, "instructions": "American spelling." })).await.json()["version"], 2);
    let stale = write("organization", json!({ "version": 1, "instructions": "Both." })).await;
    assert_eq!((stale.status, stale.json()["code"].clone()), (409, json!("policy.changed")));
    assert_eq!(write("shop", json!({ "version": 0, "send_to_model": false })).await.json()["project"], "SHOP");

    let listed = app.get("/policies").by(&developer).await.json();
    let named: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| (&item["project"], &item["version"])).collect();
    assert_eq!(named, [(&json!("organization"), &json!(2)), (&json!("SHOP"), &json!(1))]);
    let old = app.get("/policies/organization?version=1").by(&developer).await.json();
    assert_eq!((&old["instructions"], &old["redact"]), (&json!("British spelling."), &json!(true)));
    assert_eq!(app.get("/policies/organization?version=9").by(&developer).await.status, 404);
}

#[tokio::test]
async fn a_policy_that_is_too_long_or_no_scenario_is_refused() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    for (body, field) in [
        (json!({ "version": 0, "instructions": "x".repeat(16_001) }), "instructions"),
        (json!({ "version": 0, "examples": vec!["Scenario: x"; 11] }), "examples"),
        (json!({ "version": 0, "examples": ["```gherkin\nScenario: x\n```"] }), "examples[0]"),
        (json!({ "version": -1 }), "version"),
    ] {
        assert_eq!(app.ask("PUT", "/policies/SHOP").by(&admin).json(body).await.fields(), [field]);
    }
    assert_eq!(app.ask("PUT", "/policies/no-key").by(&admin).json(json!({ "version": 0 })).await.fields(), ["project"]);
}

#[tokio::test]
async fn a_request_for_a_model_is_refused_where_the_policy_does_not_let_stories_out() {
    let app = HttpApp::of(Setup::default().model("sandbox")).await;
    let admin = app.account(Role::Admin).await;
    app.ask("PUT", "/policies/SHOP").by(&admin).json(json!({ "version": 0, "send_to_model": false })).await;
    let ask = async |body: Value| app.post("/generate/acceptance-criteria").by(&admin).json(body).await;
    assert_eq!(ask(json!({ "issue_key": "SHOP-2" })).await.fields(), ["llm.provider"]);
    assert_eq!(ask(json!({ "issue_key": "SHOP-2", "llm": { "provider": "offline" } })).await.status, 202);
}

#[tokio::test]
async fn a_preview_shows_what_would_be_sent_and_sends_and_keeps_nothing() {
    let app = HttpApp::of(Setup::default().model("sandbox")).await;
    let (admin, qa) = (app.account(Role::Admin).await, app.account(Role::Qa).await);
    app.ask("PUT", "/policies/SHOP").by(&admin).json(json!({ "version": 0, "instructions": "Two decimals." })).await;
    let preview = app.post("/generate/full-pipeline?preview=true").by(&qa).json(json!({ "issue_key": "SHOP-2" })).await;
    assert_eq!(preview.status, 200, "{}", preview.text);
    let preview = preview.json();
    assert_eq!((&preview["provider"], &preview["policies"]), (&json!("openai_compatible"), &json!(["SHOP@1"])));
    assert_eq!(preview["at_most_usd"], Value::Null, "nobody knows the price of this model");
    let calls = preview["calls"].as_array().unwrap();
    assert_eq!(calls.iter().map(|call| call["stage"].as_str().unwrap()).collect::<Vec<_>>(), ["criteria", "scenarios"]);
    assert!(calls.iter().all(|call| call["system"].as_str().unwrap().contains("Two decimals.")));
    assert_eq!(calls[0]["user"]["story"]["key"], "SHOP-2");
    assert!(calls[1]["user"]["criteria"][0]["id"].is_string());
    assert!(calls[0]["input_tokens"].as_i64().unwrap() > 500);
    assert_eq!(app.jira().llm_counts().total, 0);
    assert_eq!(app.get("/jobs").by(&qa).await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_preview_leaves_out_what_is_known_of_a_parent_of_a_closed_project() {
    let story = |key: &str, parent: Option<&str>| Story {
        key: key.to_owned(),
        summary: format!("Summary of {key}"),
        description: Text::Source("As a clerk I want at most 5 receipts, so that paper is spared.".to_owned()),
        parent: parent.map(str::to_owned),
        ..Story::default()
    };
    let setup = Setup::default().stories(vec![story("OPEN-1", Some("PRIV-1")), story("PRIV-1", None)]).model("sandbox");
    let app = HttpApp::of(setup).await;
    let admin = app.account(Role::Admin).await;
    let preview =
        async || app.post("/generate/acceptance-criteria?preview=true").by(&admin).json(json!({ "issue_key": "OPEN-1" })).await;
    assert!(preview().await.text.contains("Summary of PRIV-1"));
    app.ask("PUT", "/policies/PRIV").by(&admin).json(json!({ "version": 0, "send_to_model": false })).await;
    let left = preview().await;
    assert!(left.status == 200 && !left.text.contains("PRIV-1"), "{}", left.text);
}

#[tokio::test]
async fn a_preview_of_a_moved_story_that_a_policy_forbids_says_so() {
    let app = HttpApp::of(Setup::default().model("sandbox")).await;
    let admin = app.account(Role::Admin).await;
    app.ask("PUT", "/policies/NEW").by(&admin).json(json!({ "version": 0, "send_to_model": false })).await;
    assert!(app.jira().move_issue("SHOP-2", "NEW-7"));
    let refused = app.post("/generate/full-pipeline?preview=true").by(&admin).json(json!({ "issue_key": "SHOP-2" })).await;
    assert_eq!(refused.refusal(), (422, "policy.not_allowed".to_owned()), "{}", refused.text);
}

#[tokio::test]
async fn a_preview_of_the_drafter_sends_nothing_and_one_without_criteria_says_so() {
    let app = HttpApp::of(Setup::default().model("sandbox")).await;
    let qa = app.account(Role::Qa).await;
    let ask = async |path: &str, body: Value| app.post(&format!("/generate/{path}?preview=true")).by(&qa).json(body).await;
    let offline = ask("full-pipeline", json!({ "issue_key": "SHOP-2", "llm": { "provider": "offline" } })).await.json();
    assert_eq!((&offline["calls"], &offline["at_most_usd"]), (&json!([]), &json!(0.0)));
    let empty = ask("test-scenarios", json!({ "issue_key": "SHOP-13" })).await;
    assert!(empty.text.contains("no criteria"), "{}", empty.text);
}
