//! Batches over HTTP: from 202 to the last story, steered meanwhile, by those who may.

use serde_json::{Value, json};
use shared::domain::user::Role;
use tests::http_app::{Account, HttpApp};

async fn submitted(app: &HttpApp, by: &Account, body: Value) -> Value {
    let answer = app.post("/batches").by(by).json(body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    answer.json()
}

fn path(batch: &Value) -> String {
    format!("/batches/{}", batch["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_batch_is_followed_from_202_to_its_last_story() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let body = json!({ "issue_keys": ["SHOP-2", "SHOP-3", "NONE-1", "SHOP-2"], "kind": "acceptance-criteria", "concurrency": 1 });
    let answer = app.post("/batches").by(&qa).json(body).await;
    let batch = answer.json();
    let links = json!({ "self": format!("/api/v1{}", path(&batch)), "items": format!("/api/v1{}/items", path(&batch)) });
    assert_eq!((answer.status, &batch["status"], &batch["links"]), (202, &json!("expanding"), &links));
    assert_eq!(answer.header("location"), batch["links"]["self"].as_str().unwrap());
    app.app.run_batches().await;
    let batch = app.get(&path(&batch)).by(&qa).await.json();
    assert_eq!((&batch["status"], &batch["found"], &batch["has_more"]), (&json!("completed"), &json!(3), &json!(false)));
    assert_eq!(batch["counts"], json!({ "jobs": { "succeeded": 2 }, "skipped": { "not_found": 1 } }));
    let items = app.get(&format!("{}/items", path(&batch))).by(&qa).await.json();
    let told: Vec<(&str, &Value, &Value)> = items["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["issue_key"].as_str().unwrap(), &item["status"], &item["skip"]))
        .collect();
    let (succeeded, not_found, nothing) = (json!("succeeded"), json!("not_found"), Value::Null);
    assert_eq!(told, [("SHOP-2", &succeeded, &nothing), ("SHOP-3", &succeeded, &nothing), ("NONE-1", &nothing, &not_found)]);
    let job = app.get(&format!("/jobs/{}", items["items"][0]["job_id"].as_str().unwrap())).by(&qa).await.json();
    assert_eq!((&job["status"], &job["lane"]), (&succeeded, &json!("bulk")));
    let again = submitted(&app, &qa, json!({ "issue_keys": ["SHOP-2"], "kind": "acceptance-criteria" })).await;
    app.app.run_batches().await;
    let again = app.get(&path(&again)).by(&qa).await.json();
    assert_eq!(again["counts"], json!({ "jobs": {}, "skipped": { "unchanged": 1 } }));
    let listed = app.get("/batches?limit=1").by(&qa).await.json();
    assert_eq!((&listed["items"][0]["id"], listed["items"].as_array().unwrap().len()), (&again["id"], 1));
    let rest = app.get(&format!("/batches?cursor={}", listed["next_cursor"].as_str().unwrap())).by(&qa).await.json();
    assert_eq!((&rest["items"][0]["id"], &rest["next_cursor"]), (&batch["id"], &nothing));
}

#[tokio::test]
async fn items_come_in_pages_and_by_state() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let batch =
        submitted(&app, &qa, json!({ "jql": "project = SHOP ORDER BY key", "kind": "acceptance-criteria", "max_issues": 3 }))
            .await;
    app.app.run_batches().await;
    let (mut numbers, mut cursor) = (Vec::new(), Some("0".to_owned()));
    while let Some(after) = cursor {
        let page = app.get(&format!("{}/items?limit=2&cursor={after}", path(&batch))).by(&qa).await.json();
        numbers.extend(page["items"].as_array().unwrap().iter().map(|item| item["number"].as_i64().unwrap()));
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    assert_eq!(numbers, [1, 2, 3]);
    let none = app.get(&format!("{}/items?status=failed", path(&batch))).by(&qa).await.json();
    assert_eq!(none["items"], json!([]));
    assert_eq!(app.get(&path(&batch)).by(&qa).await.json()["has_more"], true);
}

#[tokio::test]
async fn a_batch_is_paused_resumed_and_cancelled_and_says_when_that_cannot_be() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let batch = submitted(&app, &qa, json!({ "jql": "project = SHOP", "kind": "acceptance-criteria", "concurrency": 2 })).await;
    app.app.batches().look("w").await;
    let verb = async |verb: &str| {
        let answer = app.post(&format!("{}/{verb}", path(&batch))).by(&qa).await;
        if answer.status == 200 { answer.json()["status"].as_str().unwrap().to_owned() } else { answer.refusal().1 }
    };
    assert_eq!(verb("resume").await, "batch.not_paused");
    assert_eq!(verb("pause").await, "paused");
    app.app.run_batches().await;
    let counts = app.get(&path(&batch)).by(&qa).await.json()["counts"]["jobs"].clone();
    assert_eq!(counts.as_object().unwrap().keys().collect::<Vec<_>>(), ["held"], "nothing is begun");
    assert_eq!(verb("pause").await, "batch.not_running");
    assert_eq!(verb("retry-failed").await, "batch.nothing_failed");
    assert_eq!(verb("resume").await, "running");
    assert_eq!(verb("cancel").await, "cancelled");
    assert_eq!(verb("cancel").await, "batch.already_ended");
    let counts = app.get(&path(&batch)).by(&qa).await.json()["counts"]["jobs"].clone();
    assert_eq!(counts.as_object().unwrap().keys().collect::<Vec<_>>(), ["cancelled"]);
}

#[tokio::test]
async fn the_same_key_is_the_same_batch_and_another_body_is_refused() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let ask = async |keys: Value| {
        app.post("/batches").by(&qa).header("idempotency-key", "nightly").json(json!({ "issue_keys": keys })).await
    };
    let (first, again) = (ask(json!(["SHOP-2"])).await, ask(json!(["SHOP-2"])).await);
    assert_eq!((first.json()["id"].clone(), again.status), (again.json()["id"].clone(), 202));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(ask(json!(["SHOP-3"])).await.status, 422);
    assert_eq!(app.get("/batches").by(&qa).await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn all_that_is_wrong_with_a_batch_is_told_at_once() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let wrong = async |body: Value| {
        let answer = app.post("/batches").by(&qa).json(body).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        let mut fields = answer.fields();
        fields.sort();
        fields
    };
    assert_eq!(wrong(json!({})).await, ["jql"]);
    assert_eq!(wrong(json!({ "jql": "a", "issue_keys": ["SHOP-1"] })).await, ["issue_keys"]);
    let everything =
        json!({ "jql": " ", "kind": "publication", "concurrency": 0, "max_issues": 10_001, "max_cost_usd": -1, "priority": 11 });
    assert_eq!(wrong(everything).await, ["concurrency", "jql", "kind", "max_cost_usd", "max_issues", "priority"]);
    assert_eq!(wrong(json!({ "issue_keys": [] })).await, ["issue_keys"]);
    let meaning = json!({ "jql": "a", "connection": "other", "kind": "acceptance-criteria", "economy": true,
        "llm": { "provider": "oracle" }, "publish": [{ "mode": "comment", "what": "scenarios" }] });
    assert_eq!(wrong(meaning).await, ["connection", "economy", "llm.provider", "publish[0].what"]);
}

#[tokio::test]
async fn batches_of_others_are_seen_by_those_who_see_their_jobs_and_steered_by_those_who_answer_for_them() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    let batch = submitted(&app, &admin, json!({ "issue_keys": ["SHOP-2"] })).await;
    for (role, seen, paused) in [(Role::Developer, 404, 403), (Role::Po, 200, 403), (Role::Qa, 200, 200)] {
        let account = app.account(role).await;
        assert_eq!(app.get(&path(&batch)).by(&account).await.status, seen, "{role}");
        assert_eq!(app.get(&format!("{}/items", path(&batch))).by(&account).await.status, seen, "{role}");
        assert_eq!(app.post(&format!("{}/pause", path(&batch))).by(&account).await.status, paused, "{role}");
        let listed = app.get("/batches").by(&account).await.json()["items"].as_array().unwrap().len();
        assert_eq!(listed, usize::from(seen == 200), "{role}");
    }
}

#[tokio::test]
async fn results_come_one_story_a_line_also_while_the_batch_runs() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    let body = json!({ "issue_keys": ["SHOP-2", "NONE-1", "SHOP-3"], "kind": "acceptance-criteria" });
    let batch = submitted(&app, &qa, body).await;
    let lines = async || {
        let answer = app.get(&format!("{}/results.jsonl", path(&batch))).by(&qa).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/x-ndjson"));
        answer.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(lines().await, Vec::<Value>::new());
    app.app.batches().look("w").await;
    assert!(lines().await.iter().all(|line| line["result"].is_null()));
    app.app.run_batches().await;
    let all = lines().await;
    let keys: Vec<&str> = all.iter().map(|line| line["issue_key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["SHOP-2", "NONE-1", "SHOP-3"]);
    assert_eq!((&all[1]["skip"], &all[1]["result"]), (&json!("not_found"), &Value::Null));
    let alone = app.get(&format!("/jobs/{}/result", all[0]["job_id"].as_str().unwrap())).by(&qa).await.json();
    assert_eq!(all[0]["result"], alone);
}
