//! Economy over HTTP: who may ask for it, what is said of a job that waits, and what a person decides about a lost batch.

use std::time::Duration;

use sandbox::{Action, Cut, Fault};
use serde_json::{Value, json};
use shared::domain::user::Role;
use tests::app::Setup;
use tests::http_app::HttpApp;

const BODY: fn() -> Value = || json!({ "issue_key": "SHOP-2", "economy": true });

#[tokio::test]
async fn economy_is_refused_where_the_model_takes_no_batches() {
    let offline = HttpApp::start().await;
    let compatible = HttpApp::of(Setup::default().model("sandbox")).await;
    for app in [&offline, &compatible] {
        let qa = app.account(Role::Qa).await;
        let refused = app.post("/generate/full-pipeline").by(&qa).json(BODY()).await;
        assert_eq!((refused.status, refused.fields()), (422, vec!["economy".to_owned()]));
    }
    let app = HttpApp::of(Setup::default().model("sandbox").set("JQA_LLM_PROVIDER", "gemini")).await;
    let qa = app.account(Role::Qa).await;
    assert_eq!(app.post("/generate/full-pipeline").by(&qa).json(BODY()).await.status, 202);
}

#[tokio::test]
async fn a_job_that_waits_for_a_batch_says_so_and_has_days() {
    let app = HttpApp::of(Setup::default().model("sandbox").set("JQA_LLM_PROVIDER", "openai")).await;
    let qa = app.account(Role::Qa).await;
    let path = app.submitted(&qa, "full-pipeline", BODY()).await;
    app.app.run_jobs().await;
    let job = app.get(&path).by(&qa).await.json();
    assert_eq!((&job["status"], &job["waiting_on"], &job["lane"]), (&json!("queued"), &json!("provider_batch"), &json!("bulk")));
    assert_eq!(job["error"]["code"], "llm.in_batch");
    let at = |name: &str| job[name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!((at("deadline_at") - at("created_at")).num_days(), 7, "{job}");
}

#[tokio::test]
async fn an_administrator_sees_a_lost_batch_and_decides_about_it_once() {
    let app = HttpApp::of(Setup::default().model("sandbox").set("JQA_LLM_PROVIDER", "claude")).await;
    let qa = app.account(Role::Qa).await;
    app.submitted(&qa, "acceptance-criteria", BODY()).await;
    app.app.run_jobs().await;
    app.app.jira().order(Fault::new(Action::Drop { drop: Cut::After }).on("POST", "/messages/batches"));
    for seconds in [301, 2200] {
        app.app.later(Duration::from_secs(seconds));
        let worker = app.app.worker("batcher");
        worker.beat().await;
        app.app.economy().look(worker.name()).await;
    }
    // Whoever logged in before has been logged out by now.
    let admin = app.account(Role::Admin).await;
    let listed = app.get("/provider-batches?state=unknown").by(&admin).await.json();
    let batch = &listed["items"][0];
    assert_eq!(
        (&batch["calls"], &batch["unanswered"], &batch["error"]["code"]),
        (&json!(1), &json!(1), &json!("llm.batch_unknown"))
    );
    assert_eq!(app.get("/provider-batches?state=ended").by(&admin).await.json()["items"], json!([]));

    let place = format!("/provider-batches/{}/decide", batch["id"].as_str().unwrap());
    let decide = async |body: Value| app.post(&place).by(&admin).json(body).await;
    assert_eq!(decide(json!({ "decision": "adopt" })).await.fields(), ["remote_id"]);
    assert_eq!(decide(json!({ "decision": "give_up", "remote_id": "x" })).await.fields(), ["remote_id"]);
    assert_eq!(decide(json!({ "decision": "wait" })).await.fields(), ["decision"]);
    let adopted = decide(json!({ "decision": "adopt", "remote_id": batch["candidates"][0] })).await;
    assert_eq!((adopted.status, &adopted.json()["state"]), (200, &json!("created")));
    let late = decide(json!({ "decision": "give_up" })).await;
    assert_eq!((late.status, &late.json()["code"]), (409, &json!("provider_batch.not_unknown")));
    let told = app.get("/audit-logs?action=provider_batch.decide").by(&admin).await.json();
    assert_eq!(told["items"].as_array().map(Vec::len), Some(1));
}
