//! A worker that reaches Jira and the model, but not PostgreSQL.

use rand::Rng;
use tests::{Proxy, Way};

use crate::form::{Form, say};
use crate::servers::{address_of, on_shared_servers, through};
use crate::stand::{Plan, Stand};
use crate::waiting::{lasts, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_cut_off_from_the_database_but_not_from_jira_writes_nothing_twice() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let mut chance = form.chance("cut off");
        let way = Proxy::to(address_of(&database)).await;
        let jobs = form.pick(16, 60);
        let mut plan = Plan::new(form, jobs + 1).with("JQA_REDIS_PREFIX", "cut-off");
        plan.workers[0].push(("JQA_DATABASE_URL", through(&way, &database)));
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        // Writes take a moment, so that some are under way.
        stand
            .sandbox
            .state()
            .order(sandbox::Fault::new(sandbox::Action::Delay { delay_ms: 400 }).on("POST", "/comment").times(0));

        for round in 0..form.pick(2, 6) {
            stand.submit(jobs / form.pick(2, 6)).await;
            let pid = stand.workers[0].pid();
            let (stage, silent) = (["criteria", "scenarios", "publish"][chance.random_range(0..3)], chance.random_bool(0.5));
            stand
                .sees("a job at work in the worker that is to be cut off", |job| job.is_held_by(pid) && job.stage == stage)
                .await;
            way.set(if silent { Way::Stalled } else { Way::Refused });
            let held = stand.held_by(pid).await;
            say(&format!(
                "round {round}: a worker with {} jobs is cut off, {}",
                held.len(),
                if silent { "silently" } else { "with a reset" }
            ));
            stand.losses.interrupted(&held);
            until("the other worker has taken its jobs", form.patience(), async || {
                let jobs = stand.rows.jobs().await.ok()?;
                jobs.iter().all(|job| job.has_ended() || !job.is_held_by(pid)).then_some(())
            })
            .await;
            lasts(form.lease() / 2).await;
            way.set(Way::Open);
        }
        stand.all_end().await;

        // Whoever was cut off works again.
        let other = stand.workers.len() - 1;
        stand.workers[other].kill().await;
        stand.submit(jobs + 1 - stand.accepted.len()).await;
        stand.all_end().await;
        assert!(stand.workers[0].runs(), "the worker that was cut off has ended");
        stand.kept_its_promises().await;
        stand.close().await;
    })
    .await;
}
