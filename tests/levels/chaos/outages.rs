//! Workers are killed all the time while the servers come and go.

use std::ops::RangeInclusive;
use std::time::Duration;

use rand::rngs::StdRng;

use crate::form::Form;
use crate::plan::Plan;
use crate::process::{Signal, program};
use crate::servers::Servers;
use crate::stand::Stand;
use crate::storm::Storm;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_workers_and_lost_servers_lose_nothing_and_do_nothing_twice() {
    let form = Form::of_this_run();
    let (Some(_), Some(servers)) = (program(), Servers::new().await) else { return };
    let mut chance = form.chance("outages");
    let jobs = form.pick(30, 300);
    let plan = Plan::new("outages", form, jobs);
    let mut stand = Stand::scaled(plan, &servers.postgres, &servers.redis).await;

    let (first, each) = form.pick((10, 4), (120, 36));
    let calm = Duration::from_secs(form.pick(6, 75));
    passes("workers are killed at random", calm, first, &mut stand, &mut chance).await;

    stand.submit(each / 2).await;
    happens("Redis is emptied", &servers, "redis", "flush", &mut stand).await;
    passes("workers are killed after FLUSHALL", form.outage(), each / 2, &mut stand, &mut chance).await;

    happens("Redis stops", &servers, "redis", "stop", &mut stand).await;
    passes("workers are killed without Redis", form.outage(), each, &mut stand, &mut chance).await;
    happens("Redis starts", &servers, "redis", "start", &mut stand).await;

    happens("Redis freezes", &servers, "redis", "freeze", &mut stand).await;
    passes("workers are killed while Redis is frozen", form.outage(), each, &mut stand, &mut chance).await;
    happens("Redis goes on", &servers, "redis", "thaw", &mut stand).await;

    stand.submit(each).await;
    stand.sees("a job at work before PostgreSQL restarts", |job| job.status == "running").await;
    happens("PostgreSQL restarts", &servers, "postgres", "restart", &mut stand).await;
    stand.tell("PostgreSQL is back");

    stand.submit(each).await;
    one_worker_is_asked_to_stop(&mut stand).await;

    stand.submit(jobs - stand.accepted.len()).await;
    stand.all_end().await;
    stand.jobs_ran_again_in_time().await;
    stand.kept_its_promises().await;
    stand.close().await;
}

async fn happens(what: &str, servers: &Servers, server: &str, verb: &str, stand: &mut Stand) {
    stand.tell(what);
    stand.losses.disturbed();
    servers.tell(server, verb).await;
}

async fn passes(name: &'static str, length: Duration, jobs: usize, stand: &mut Stand, chance: &mut StdRng) {
    let kill_every: RangeInclusive<u64> = stand.form.pick(4_000..=7_000, 4_000..=8_000);
    Storm { name, length, jobs, kill_every }.pass(stand, chance).await;
}

/// SIGTERM during load: what is in flight may end, the rest is given back at once.
async fn one_worker_is_asked_to_stop(stand: &mut Stand) {
    let pid = stand.workers[0].pid();
    stand.sees("a job held by the worker that is asked to stop", |job| job.is_held_by(pid)).await;
    stand.tell(&format!("SIGTERM to a worker with {} jobs", stand.held_by(pid).await.len()));
    stand.workers[0].send(Signal::Term).await;
    let status = stand.workers[0].ended(Duration::from_secs(35)).await.expect("a worker that stops within its grace");
    assert!(status.success(), "{status}");
    assert_eq!(stand.held_by(pid).await.len(), 0, "a worker that stopped holds nothing");
    stand.tell("it has stopped");
    stand.workers[0].start_again();
}
