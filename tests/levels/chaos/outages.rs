//! Workers are killed all the time while the servers come and go.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::form::Form;
use crate::process::{Signal, program};
use crate::servers::Servers;
use crate::stand::{Plan, Stand};
use crate::storm::Storm;

const KILLS: &str = "workers killed at random";
const FLUSHED: &str = "and Redis emptied";
const STOPPED: &str = "and Redis stopped";
const FROZEN: &str = "and Redis frozen";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_workers_and_lost_servers_lose_nothing_and_do_nothing_twice() {
    let form = Form::of_this_run();
    let (Some(_), Some(servers)) = (program(), Servers::new().await) else { return };
    let mut chance = form.chance("outages");
    let jobs = form.pick(60, 300);
    let plan = Plan { model_ms: 1_200, ..Plan::new(form, jobs) };
    let mut stand = Stand::scaled(plan, &servers.postgres, &servers.redis).await;
    let every = form.pick(4_000..=7_000, 4_000..=8_000);

    let (first, each) = form.pick((20, 8), (120, 36));
    let storm = Storm { when: KILLS, length: Duration::from_secs(form.pick(10, 75)), jobs: first, kill_every: every.clone() };
    storm.pass(&mut stand, &mut chance).await;

    stand.submit(each / 2).await;
    servers.tell("redis", "flush").await;
    storm_of(FLUSHED, form, each / 2, every.clone()).pass(&mut stand, &mut chance).await;

    servers.tell("redis", "stop").await;
    storm_of(STOPPED, form, each, every.clone()).pass(&mut stand, &mut chance).await;
    servers.tell("redis", "start").await;

    servers.tell("redis", "freeze").await;
    storm_of(FROZEN, form, each, every).pass(&mut stand, &mut chance).await;
    servers.tell("redis", "thaw").await;

    stand.submit(each).await;
    stand.sees("a job at work before PostgreSQL restarts", |job| job.status == "running").await;
    servers.tell("postgres", "restart").await;

    stand.submit(each).await;
    one_worker_is_asked_to_stop(&mut stand).await;

    stand.submit(jobs - stand.accepted.len()).await;
    stand.all_end().await;
    let goal = form.lease() + Duration::from_secs(2);
    let longest = stand.losses.tell_recoveries(goal).await;
    let longest = longest.get(KILLS).expect("a kill that hit a job");
    assert!(*longest < goal, "a killed worker's job ran again after {longest:?}");
    stand.kept_its_promises().await;
    stand.close().await;
}

fn storm_of(when: &'static str, form: Form, jobs: usize, kill_every: RangeInclusive<u64>) -> Storm {
    Storm { when, length: form.outage(), jobs, kill_every }
}

/// SIGTERM during load: what is in flight may end, the rest is given back at once.
async fn one_worker_is_asked_to_stop(stand: &mut Stand) {
    let pid = stand.workers[0].pid();
    stand.sees("a job held by the worker that is asked to stop", |job| job.is_held_by(pid)).await;
    stand.workers[0].send(Signal::Term).await;
    let status = stand.workers[0].ended(Duration::from_secs(35)).await.expect("a worker that stops within its grace");
    assert!(status.success(), "{status}");
    assert_eq!(stand.held_by(pid).await.len(), 0, "a worker that stopped holds nothing");
    stand.workers[0].start_again();
}
