//! A doorbell that rings and then never again: workers listen where nobody rings any more, and find their jobs by looking.

use std::time::Duration;

use crate::form::Form;
use crate::plan::Plan;
use crate::servers::on_shared_servers;
use crate::stand::Stand;
use crate::waiting::lasts;

/// A worker looks for jobs that have been due for two seconds.
const GOAL: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doorbell_that_never_rings_again_costs_each_job_three_seconds_at_most() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let jobs = form.pick(5, 40);
        let plan = Plan { model_ms: 100, ..Plan::new("deaf", form, 2 * jobs) };
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        come_in(&mut stand, jobs).await;
        stand.all_end().await;
        let heard = starts(&stand, 0).await;
        stand.tell(&format!("while the doorbell rang, jobs started {}", in_order(&heard)));
        assert!(heard[heard.len() / 2] < GOAL - Duration::from_secs(1), "no bell rang: {heard:?}");

        for worker in 0..stand.workers.len() {
            stand.make_deaf(worker).await;
        }
        come_in(&mut stand, jobs).await;
        stand.all_end().await;
        let unheard = starts(&stand, jobs).await;
        stand.tell(&format!("since it never rang again, {}", in_order(&unheard)));
        assert!(unheard.iter().all(|wait| *wait <= GOAL), "{unheard:?}");
        stand.kept_its_promises().await;
        stand.close().await;
    })
    .await;
}

async fn come_in(stand: &mut Stand, jobs: usize) {
    for _ in 0..jobs {
        stand.submit(1).await;
        lasts(Duration::from_millis(stand.form.pick(100, 250))).await;
    }
}

/// How long each job waited for its start, in order; without those that were accepted before.
async fn starts(stand: &Stand, without: usize) -> Vec<Duration> {
    let jobs = stand.rows.jobs().await.expect("the jobs");
    let wait = |job: &crate::rows::JobRow| job.started_at.expect("a start") - job.created_at;
    let mut waits: Vec<Duration> =
        jobs[without..].iter().map(|job| Duration::from_millis(wait(job).try_into().expect("a wait"))).collect();
    waits.sort_unstable();
    waits
}

fn in_order(waits: &[Duration]) -> String {
    format!(
        "{:.2?} / {:.2?} / {:.2?} after they were accepted (min / median / max; goal {GOAL:.0?})",
        waits[0],
        waits[waits.len() / 2],
        waits[waits.len() - 1]
    )
}
