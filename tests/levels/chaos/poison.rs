//! A job that ends the process of whoever runs it, among good ones.

use std::time::Duration;

use sandbox::{Action, Fault};

use crate::form::{Form, say};
use crate::servers::on_shared_servers;
use crate::stand::{Plan, Stand};
use crate::waiting::until;

const POISON: &str = "LOAD-7";

/// Nobody waits that long: whoever reads the poisoned story is dead before.
const FOR_EVER: u64 = 600_000;

/// Three crashes among neighbours, five alone.
const CRASHES: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_kills_its_worker_fails_and_its_neighbours_succeed() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let jobs = form.pick(31, 201);
        let plan = Plan::new(form, jobs).with("JQA_REDIS_PREFIX", "poison").with("JQA_LEASE", "2s");
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        let deadly = Fault::new(Action::Delay { delay_ms: FOR_EVER }).on("GET", "/issue/").key(POISON).times(0);
        let deadly = stand.sandbox.state().order(deadly);
        stand.submit(jobs / 3).await;
        let mut crashes = 0;
        loop {
            let asks = until("the poisoned job runs or has ended", form.patience(), async || {
                let asked = stand.sandbox.state().faults().used(deadly);
                let job = stand.rows.jobs().await.ok()?.into_iter().find(|job| job.issue_key == POISON)?;
                if job.has_ended() {
                    return Some(None);
                }
                // The story was read once more, so whoever holds the job is the reader.
                let new = usize::try_from(asked).ok()? > crashes;
                let owner = (0..stand.workers.len()).find(|&worker| job.is_held_by(stand.workers[worker].pid()));
                owner.filter(|_| new).map(Some)
            })
            .await;
            let Some(worker) = asks else { break };
            crashes += 1;
            stand.kill_worker(worker, "a poisoned job").await;
            // More work comes in meanwhile.
            stand.submit((jobs - stand.accepted.len()).min(jobs / 12)).await;
        }
        stand.submit(jobs - stand.accepted.len()).await;
        stand.all_end().await;
        say(&format!("the poisoned job ended {crashes} workers"));
        assert_eq!(crashes, CRASHES);
        let poisoned = stand.sees("the poisoned job", |job| job.issue_key == POISON).await;
        assert_eq!(poisoned.error_code.as_deref(), Some("job.kills_worker"));
        stand.losses.tell_recoveries(Duration::from_secs(4)).await;
        stand.kept_its_promises_but_for(&[POISON]).await;
        stand.close().await;
    })
    .await;
}
