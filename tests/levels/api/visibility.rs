//! A developer sees their own jobs; what others own does not exist for them.

use serde_json::json;
use shared::domain::user::Role;
use tests::http_app::HttpApp;

#[tokio::test]
async fn a_developer_sees_their_own_jobs_and_results_and_nobody_elses() {
    let app = HttpApp::working().await;
    let (qa, developer, other) =
        (app.account(Role::Qa).await, app.account(Role::Developer).await, app.account(Role::Developer).await);
    let body = json!({ "issue_key": "SHOP-2" });
    let theirs = app.rested(&qa, "acceptance-criteria", body.clone()).await;
    let own = app.rested(&developer, "acceptance-criteria", body.clone()).await;
    app.rested(&other, "acceptance-criteria", body).await;

    for list in ["/jobs", "/history", "/jobs?issue_key=SHOP-2&status=succeeded", "/history?issue_key=SHOP-2"] {
        let items = app.get(list).by(&developer).await.json()["items"].clone();
        assert_eq!(items.as_array().unwrap().len(), 1, "{list}");
        let id = if list.starts_with("/jobs") { &items[0]["id"] } else { &items[0]["job_id"] };
        assert_eq!(id, &own["id"], "{list}");
        let all = app.get(list).by(&qa).await.json()["items"].as_array().unwrap().len();
        assert_eq!(all, 3, "{list}");
    }

    let path = theirs["links"]["self"].as_str().unwrap();
    let history = format!("/history/{}", theirs["history_id"].as_str().unwrap());
    let nothing = "019af000-0000-7000-8000-000000000000";
    for (method, path, absent) in [
        ("GET", path.to_owned(), format!("/jobs/{nothing}")),
        ("GET", format!("{path}?wait=30s"), format!("/jobs/{nothing}?wait=30s")),
        ("GET", format!("{path}/result"), format!("/jobs/{nothing}/result")),
        ("GET", format!("{path}/events"), format!("/jobs/{nothing}/events")),
        ("POST", format!("{path}/cancel"), format!("/jobs/{nothing}/cancel")),
        ("POST", format!("{path}/retry"), format!("/jobs/{nothing}/retry")),
        ("GET", history, format!("/history/{nothing}")),
    ] {
        let hidden = app.ask(method, &path).by(&developer).await;
        let absent = app.ask(method, &absent).by(&developer).await;
        assert_eq!((hidden.status, &hidden.text), (404, &absent.text), "{method} {path} differs from what does not exist");
    }
}

#[tokio::test]
async fn what_others_made_is_nothing_to_build_on_either() {
    let app = HttpApp::working().await;
    let (qa, developer) = (app.account(Role::Qa).await, app.account(Role::Developer).await);
    let theirs = app.rested(&qa, "acceptance-criteria", json!({ "issue_key": "SHOP-2" })).await;
    let scenarios = |from: &serde_json::Value| json!({ "issue_key": "SHOP-2", "criteria_from": from });
    for from in [&theirs["id"], &theirs["history_id"]] {
        let answer = app.post("/generate/test-scenarios").by(&developer).json(scenarios(from)).await;
        assert_eq!((answer.status, answer.fields()), (422, vec!["criteria_from".to_owned()]));
        assert!(answer.text.contains("neither a job nor a history entry that you may see"), "{}", answer.text);
        assert_eq!(app.post("/generate/test-scenarios").by(&qa).json(scenarios(from)).await.status, 202);
    }
}
