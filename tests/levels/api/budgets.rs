//! Budgets: made, shown with what was taken of them, changed, removed.

use serde_json::{Value, json};
use shared::domain::user::Role;
use shared::ports::Clock;
use shared::store::Sql;
use tests::http_app::{Account, HttpApp};

async fn call(app: &HttpApp, owner: &Account, state: &str, set_aside: i64, cost: Option<i64>) {
    let sql = Sql::new(
        "INSERT INTO llm_calls (id, job_id, stage, epoch, provider, model, state, reserved_tokens, reserved_nano_usd, cost_nano_usd, owner_id, \
         issue_key, created_at) VALUES (?, ?, 'criteria', 1, 'claude', 'sonnet', ?, 0, ?, ?, ?, 'SHOP-1', {now})",
    );
    let (id, job) = (app.clock.new_id(), app.clock.new_id());
    let sql = sql.bind(id).bind(job).bind(state.to_owned()).bind(set_aside).bind(cost).bind(owner.id);
    app.api.db().execute(sql).await.unwrap();
}

#[tokio::test]
async fn a_budget_tells_what_was_spent_what_is_set_aside_and_when_it_begins_anew() {
    let app = HttpApp::start().await;
    let (admin, qa) = (app.account(Role::Admin).await, app.account(Role::Qa).await);
    let new = json!({ "scope": "user", "user_id": qa.id, "period": "day", "max_usd": 12.5 });
    let made = app.post("/budgets").by(&admin).json(new).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_eq!((&made["max_usd"], &made["max_calls"], &made["allow_unknown_price"]), (&json!(12.5), &Value::Null, &json!(false)));

    call(&app, &qa, "settled", 2_000_000_000, Some(1_500_000_000)).await;
    call(&app, &qa, "unknown", 250_000_000, None).await;
    call(&app, &qa, "reserved", 1_000_000_000, None).await;
    call(&app, &qa, "free", 9_000_000_000, Some(0)).await;
    call(&app, &admin, "settled", 0, Some(7_000_000_000)).await;
    let listed = app.get("/budgets").by(&admin).await.json();
    let taken = &listed["items"][0]["taken"];
    assert_eq!((&taken["spent_usd"], &taken["set_aside_usd"], &taken["calls"]), (&json!(1.75), &json!(1.0), &json!(3)));
    assert!(taken["resets_at"].as_str().unwrap().ends_with("T00:00:00.000Z"), "{taken}");

    let path = format!("/budgets/{}", made["id"].as_str().unwrap());
    let changed = app.ask("PUT", &path).by(&admin).json(json!({ "max_calls": 5 })).await.json();
    assert_eq!((&changed["max_usd"], &changed["max_calls"]), (&Value::Null, &json!(5)), "all limits are replaced");
    assert_eq!(app.ask("DELETE", &path).by(&admin).await.status, 204);
    assert_eq!(app.ask("DELETE", &path).by(&admin).await.status, 404);
    assert_eq!(app.get("/budgets").by(&admin).await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_budget_of_each_account_shows_no_sum_of_one() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    let new = json!({ "scope": "user", "period": "month", "max_calls": 100 });
    assert_eq!(app.post("/budgets").by(&admin).json(new.clone()).await.json()["taken"], Value::Null);
    let again = app.post("/budgets").by(&admin).json(new).await;
    assert_eq!((again.status, again.json()["code"].as_str()), (409, Some("budget.exists")));
}

#[tokio::test]
async fn a_budget_that_limits_nothing_or_contradicts_itself_is_refused() {
    let app = HttpApp::start().await;
    let admin = app.account(Role::Admin).await;
    for (body, fields) in [
        (json!({ "scope": "instance", "period": "day" }), vec!["max_usd"]),
        (json!({ "scope": "instance", "period": "day", "max_usd": -1 }), vec!["max_usd"]),
        (json!({ "scope": "instance", "period": "day", "max_calls": -1 }), vec!["max_calls"]),
        (json!({ "scope": "instance", "period": "day", "max_calls": 1, "project": "SHOP" }), vec!["project"]),
        (json!({ "scope": "project", "period": "day", "max_calls": 1, "project": "no key" }), vec!["project"]),
        (json!({ "scope": "project", "period": "day", "max_calls": 1, "user_id": admin.id }), vec!["user_id"]),
        (json!({ "scope": "world", "period": "year", "max_calls": 1 }), vec!["scope", "period"]),
    ] {
        let answer = app.post("/budgets").by(&admin).json(body.clone()).await;
        assert_eq!(answer.fields(), fields, "{body}");
    }
}
