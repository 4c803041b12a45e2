//! A worker that reaches Jira and the model, but not PostgreSQL.

use std::time::{Duration, Instant};

use rand::Rng;
use tests::{Proxy, Way};

use crate::form::Form;
use crate::plan::Plan;
use crate::servers::{address_of, on_shared_servers, through};
use crate::stand::Stand;
use crate::waiting::{lasts, until};

/// More than are needed.
const STORIES: usize = 500;

/// Submitted before each cut.
const JOBS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_cut_off_from_the_database_but_not_from_jira_writes_nothing_twice() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let mut chance = form.chance("cut off");
        let way = Proxy::to(address_of(&database)).await;
        let mut plan = Plan::new("cut off", form, STORIES);
        plan.workers[0].push(("JQA_DATABASE_URL", through(&way, &database)));
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        // Writes take a moment, so that some are under way.
        stand
            .sandbox
            .state()
            .order(sandbox::Fault::new(sandbox::Action::Delay { delay_ms: 400 }).on("POST", "/comment").times(0));

        for _ in 0..form.pick(2, 8) {
            stand.submit(JOBS).await;
            let pid = stand.workers[0].pid();
            let (stage, silent) = (["criteria", "scenarios", "publish"][chance.random_range(0..3)], chance.random_bool(0.5));
            is_at_work(&mut stand, pid, stage).await;
            way.set(if silent { Way::Stalled } else { Way::Refused });
            let held = stand.held_by(pid).await;
            let how = if silent { "silently" } else { "with a reset" };
            stand.tell(&format!("a worker with {} jobs, one at {stage}, is cut off {how}", held.len()));
            stand.losses.interrupted(&held);
            let cut = Instant::now();
            until("the other worker has taken its jobs", form.patience(), async || {
                let jobs = stand.rows.jobs().await.ok()?;
                jobs.iter().all(|job| job.has_ended() || !job.is_held_by(pid)).then_some(())
            })
            .await;
            stand.tell(&format!("after {:.2?} it holds none any more", cut.elapsed()));
            lasts(stand.lease / 2).await;
            way.set(Way::Open);
        }
        stand.all_end().await;

        // Whoever was cut off works again.
        let other = stand.workers.len() - 1;
        stand.workers[other].kill().await;
        stand.submit(1).await;
        stand.all_end().await;
        assert!(stand.workers[0].runs(), "the worker that was cut off has ended");
        stand.kept_its_promises().await;
        stand.close().await;
    })
    .await;
}

/// Work comes in until this worker is at this stage of a job.
async fn is_at_work(stand: &mut Stand, pid: u32, stage: &str) {
    loop {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(1) {
            if stand.held_by(pid).await.iter().any(|job| job.stage == stage) {
                return;
            }
            lasts(Duration::from_millis(20)).await;
        }
        assert!(stand.accepted.len() + 2 < STORIES, "the worker that is to be cut off was never at {stage}");
        // The other worker was faster with those before.
        stand.submit(2).await;
    }
}
