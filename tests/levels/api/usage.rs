//! What model calls cost.

use serde_json::{Value, json};
use shared::domain::user::Role;
use shared::ports::Clock;
use shared::store::Sql;
use tests::http_app::{Account, HttpApp};

const DAY: i64 = 24 * 3600 * 1000;

/// A call as the ledger keeps it; `cost` `None` = its price is not known.
async fn call(app: &HttpApp, owner: &Account, issue: &str, model: &str, days_ago: i64, cost: Option<i64>) {
    let sql = Sql::new(
        "INSERT INTO llm_calls (id, job_id, stage, epoch, provider, model, state, reserved_tokens, input_tokens, output_tokens, \
         cached_tokens, cache_write_tokens, reasoning_tokens, cost_nano_usd, owner_id, issue_key, created_at) \
         VALUES (?, ?, 'criteria', 1, 'claude', ?, 'settled', 0, 100, 10, 40, 0, 3, ?, ?, ?, {now} - ?)",
    );
    let (id, job) = (app.clock.new_id(), app.clock.new_id());
    let sql = sql.bind(id).bind(job).bind(model.to_owned()).bind(cost).bind(owner.id).bind(issue.to_owned()).bind(days_ago * DAY);
    app.api.db().execute(sql).await.unwrap();
}

fn groups(report: &Value) -> Vec<(String, i64, Value)> {
    let items = report["items"].as_array().unwrap().iter();
    items
        .map(|group| {
            let name = group["name"].as_str().unwrap().to_owned();
            (name, group["calls"].as_i64().unwrap(), group["usage"]["cost_nano_usd"].clone())
        })
        .collect()
}

#[tokio::test]
async fn usage_is_told_by_model_project_user_and_day_and_an_unknown_cost_is_not_nothing() {
    let app = HttpApp::start().await;
    let (admin, qa, po) = (app.account(Role::Admin).await, app.account(Role::Qa).await, app.account(Role::Po).await);
    call(&app, &qa, "SHOP-1", "sonnet", 0, Some(700)).await;
    call(&app, &qa, "SHOP-22", "sonnet", 2, Some(300)).await;
    call(&app, &qa, "PAY-1", "new", 0, None).await;
    call(&app, &po, "SHOP-3", "sonnet", 0, Some(50)).await;
    call(&app, &qa, "SHOP-1", "sonnet", 40, Some(9_999)).await;

    let report = async |query: &str| app.get(&format!("/usage?{query}")).by(&admin).await.json();
    let group = |name: &str, calls: i64, cost: Value| (name.to_owned(), calls, cost);
    assert_eq!(groups(&report("owner=all").await), [group("claude/sonnet", 3, json!(1050)), group("claude/new", 1, Value::Null)]);
    let by_project = report("owner=all&by=project").await;
    assert_eq!(groups(&by_project), [group("SHOP", 3, json!(1050)), group("PAY", 1, Value::Null)]);
    let total = &by_project["total"];
    assert_eq!(
        (&total["input_tokens"], &total["cached_tokens"], &total["reasoning_tokens"]),
        (&json!(400), &json!(160), &json!(12))
    );
    assert_eq!(total["cost_nano_usd"], Value::Null, "the sum of an unknown is unknown");
    assert_eq!(groups(&report(&format!("owner={}&by=user", po.id)).await), [group(&po.email, 1, json!(50))]);
    let days = groups(&report("owner=all&by=day").await);
    assert_eq!(days.iter().map(|(_, calls, _)| *calls).sum::<i64>(), 4);
    assert_eq!(days.len(), 2, "{days:?}");
    let mine = app.get("/usage").by(&qa).await.json();
    assert_eq!(
        groups(&mine),
        [group("claude/sonnet", 2, json!(1000)), group("claude/new", 1, Value::Null)],
        "thirty days, one's own"
    );
    assert_eq!(app.get("/usage?owner=all").by(&qa).await.status, 403);
    assert_eq!(app.get("/usage?by=week").by(&qa).await.fields(), ["by"]);
}
