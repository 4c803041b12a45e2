//! What an operator is told: what waits, who works on it, what does not go as it should.

use serde_json::{Value, json};
use shared::domain::user::Role;
use shared::store::Sql;
use tests::http_app::HttpApp;

async fn queue(app: &HttpApp) -> Value {
    let admin = app.account(Role::Admin).await;
    let answer = app.get("/admin/queue").by(&admin).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn jobs_are_told_by_lane_and_those_that_were_tried_before_by_name() {
    let app = HttpApp::start().await;
    let qa = app.account(Role::Qa).await;
    for _ in 0..3 {
        let job = app.post("/generate/acceptance-criteria").by(&qa).json(json!({ "issue_key": "SHOP-2" })).await;
        assert_eq!(job.status, 202, "{}", job.text);
    }
    app.clock.advance(std::time::Duration::from_secs(30));
    let change = |text: &'static str| app.api.db().execute(Sql::new(text));
    change(
        "UPDATE jobs SET attempt = 2, error_code = 'jira.unavailable', due_at = {now} + 60000 WHERE id = (SELECT MAX(id) FROM jobs)",
    )
    .await
    .unwrap();
    change("INSERT INTO workers (id, lease_until, started_at, version) VALUES ('here', {now} + 15000, {now}, '9.9.9'), ('gone', 1, 0, NULL)")
        .await
        .unwrap();
    let queue = queue(&app).await;
    let lane = &queue["lanes"][0];
    assert_eq!(
        (&lane["lane"], &lane["due"], &lane["later"], &lane["running"]),
        (&json!("interactive"), &json!(2), &json!(1), &json!(0))
    );
    assert!(lane["oldest_due_seconds"].as_f64().unwrap() >= 30.0, "{lane}");
    let workers = queue["workers"].as_array().unwrap();
    let told: Vec<_> = workers.iter().map(|worker| (&worker["id"], &worker["alive"], &worker["version"])).collect();
    assert_eq!(told, [(&json!("gone"), &json!(false), &Value::Null), (&json!("here"), &json!(true), &json!("9.9.9"))]);
    let troubled = queue["troubled"].as_array().unwrap();
    assert_eq!(troubled.len(), 1);
    assert_eq!((&troubled[0]["attempts"], &troubled[0]["code"]), (&json!(2), &json!("jira.unavailable")));
    assert!(troubled[0]["next_at"].is_string());
}
