//! A doorbell that nobody hears: each process rings where no other listens, so workers find their jobs by looking.

use std::time::Duration;

use crate::form::{Form, say};
use crate::servers::on_shared_servers;
use crate::stand::{Plan, Stand};
use crate::waiting::lasts;

/// A worker looks for jobs that have been due for two seconds.
const GOAL: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doorbell_that_never_rings_costs_each_job_three_seconds_at_most() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let jobs = form.pick(10, 40);
        let mut plan = Plan::new(form, jobs).with("JQA_REDIS_PREFIX", "deaf-api");
        plan.model_ms = 100;
        for (n, worker) in plan.workers.iter_mut().enumerate() {
            worker.push(("JQA_REDIS_PREFIX", format!("deaf-worker-{n}")));
        }
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        for _ in 0..jobs {
            stand.submit(1).await;
            lasts(Duration::from_millis(250)).await;
        }
        stand.all_end().await;
        let jobs = stand.rows.jobs().await.expect("the jobs");
        let mut waits: Vec<i64> = jobs.iter().map(|job| job.started_at.expect("a start") - job.created_at).collect();
        waits.sort_unstable();
        say(&format!(
            "with a deaf doorbell jobs started {} / {} / {} ms after they were accepted",
            waits[0],
            waits[waits.len() / 2],
            waits[waits.len() - 1]
        ));
        assert!(waits.iter().all(|wait| *wait <= i64::try_from(GOAL.as_millis()).expect("a few")), "{waits:?}");
        stand.kept_its_promises().await;
        stand.close().await;
    })
    .await;
}
