//! `jqa serve` on SQLite is killed again and again.

use std::time::Duration;

use crate::form::Form;
use crate::plan::Plan;
use crate::process::program;
use crate::stand::Stand;
use crate::storm::Storm;

const KILLS: &str = "jqa serve is killed at random";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_server_that_is_killed_again_and_again_loses_nothing() {
    let form = Form::of_this_run();
    let Some(_) = program() else { return };
    let jobs = form.pick(16, 300);
    let mut stand = Stand::embedded(Plan::new("embedded", form, jobs)).await;
    let every = form.pick(2_000..=4_000, 4_000..=8_000);
    let storm = Storm { name: KILLS, length: Duration::from_secs(form.pick(8, 90)), jobs, kill_every: every };
    storm.pass(&mut stand, &mut form.chance("embedded")).await;
    stand.all_end().await;
    stand.jobs_ran_again_in_time().await;
    stand.kept_its_promises().await;
    stand.close().await;
}
