//! `jqa serve` on SQLite is killed again and again.

use std::time::Duration;

use crate::form::Form;
use crate::process::program;
use crate::stand::{Plan, Stand};
use crate::storm::Storm;

const KILLS: &str = "jqa serve on SQLite killed at random";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_server_that_is_killed_again_and_again_loses_nothing() {
    let form = Form::of_this_run();
    let Some(_) = program() else { return };
    let jobs = form.pick(30, 150);
    let mut stand = Stand::embedded(Plan::new(form, jobs)).await;
    let every = form.pick(3_000..=6_000, 4_000..=8_000);
    let storm = Storm { when: KILLS, length: Duration::from_secs(form.pick(12, 60)), jobs, kill_every: every };
    storm.pass(&mut stand, &mut form.chance("embedded")).await;
    stand.all_end().await;
    let goal = form.lease() + Duration::from_secs(2);
    let longest = stand.losses.tell_recoveries(goal).await;
    let longest = longest.get(KILLS).expect("a kill that hit a job");
    assert!(*longest < goal, "a killed server's job ran again after {longest:?}");
    stand.kept_its_promises().await;
    stand.close().await;
}
