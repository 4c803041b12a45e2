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
    let every = form.pick(2_500..=5_000, 3_000..=7_000);
    let storm = Storm { when: KILLS, length: Duration::from_secs(form.pick(12, 60)), jobs, kill_every: Some(every) };
    storm.pass(&mut stand, &mut form.chance("embedded")).await;
    stand.all_end().await;
    let goal = form.lease() + Duration::from_secs(2);
    let longest = stand.losses.tell_recoveries(goal).await;
    assert!(longest.get(KILLS).is_none_or(|longest| *longest < goal), "a killed server's jobs ran again after {longest:?}");
    stand.kept_its_promises().await;
    stand.close().await;
}
