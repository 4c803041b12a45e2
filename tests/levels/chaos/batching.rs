//! A batch while Redis is away: it is paused, goes on and ends all the same.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::form::Form;
use crate::plan::Plan;
use crate::process::program;
use crate::servers::Servers;
use crate::stand::Stand;
use crate::waiting::until;

/// What a person waits at most until a batch is paused.
const GOAL: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_paused_resumed_and_ended_without_redis() {
    let form = Form::of_this_run();
    let (Some(_), Some(servers)) = (program(), Servers::new().await) else { return };
    let stories = form.pick(24, 300);
    let plan = Plan { model_ms: 200, ..Plan::new("batching", form, stories) };
    let mut stand = Stand::scaled(plan, &servers.postgres, &servers.redis).await;
    stand.tell("Redis stops");
    servers.tell("redis", "stop").await;
    let body = json!({ "jql": "project = LOAD", "concurrency": 4, "publish": [{ "mode": "comment" }] });
    let batch = stand.client.post("/batches", &body).await;
    let path = format!("/batches/{}", batch["id"].as_str().expect("an id"));
    stand.sees("a job of the batch that has ended", |job| job.status == "succeeded").await;

    let asked = Instant::now();
    let paused = stand.client.post(&format!("{path}/pause"), &json!({})).await;
    let took = asked.elapsed();
    let begun = begun(&stand).await;
    stand.tell(&format!("paused after {took:.2?}; {begun} of {stories} stories were begun"));
    assert_eq!(paused["status"], "paused");
    assert!(took <= GOAL, "{took:?}");
    assert!(begun < stories, "there was nothing to pause");
    until("what runs has ended", form.patience(), async || {
        let jobs = stand.rows.jobs().await.ok()?;
        jobs.iter().all(|job| job.has_ended() || job.status == "held").then_some(())
    })
    .await;
    assert_eq!(self::begun(&stand).await, begun, "nothing new was begun");

    stand.client.post(&format!("{path}/resume"), &json!({})).await;
    let ended: Value = until("the batch ends", form.patience(), async || {
        let batch = stand.client.get(&path).await;
        (batch["status"] == "completed").then_some(batch)
    })
    .await;
    stand.tell("all stories are done");
    assert_eq!(ended["counts"], json!({ "jobs": { "succeeded": stories }, "skipped": {} }));
    for n in 1..=stories {
        assert_eq!(stand.sandbox.state().comments(&format!("LOAD-{n}")).len(), 1, "LOAD-{n} has one comment");
    }
    stand.close().await;
}

/// How many stories somebody has begun.
async fn begun(stand: &Stand) -> usize {
    let jobs = stand.rows.jobs().await.expect("the jobs");
    jobs.iter().filter(|job| job.started_at.is_some()).count()
}
