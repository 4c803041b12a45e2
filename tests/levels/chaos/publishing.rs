//! Writes to Jira that somebody is torn out of.

use std::time::{Duration, Instant};

use sandbox::{Action, Fault};
use sea_orm::FromQueryResult;
use tests::{Proxy, Way};

use crate::form::Form;
use crate::process::Signal;
use crate::servers::{address_of, on_shared_servers, through};
use crate::stand::{Plan, Stand};
use crate::waiting::{lasts, until};

/// A comment that takes this long to be written, in milliseconds.
const SLOW: u64 = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_freezes_in_the_middle_of_a_write_and_wakes_later_leaves_one_comment() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let mut stand = Stand::scaled(Plan::new(form, 2).with("JQA_REDIS_PREFIX", "frozen"), &database, &redis).await;
        stand.sandbox.state().order(Fault::new(Action::Delay { delay_ms: SLOW }).on("POST", "/comment"));
        stand.submit(1).await;
        let job = until("a write is under way", form.patience(), async || {
            let job = stand.rows.jobs().await.ok()?.pop()?;
            (writes(&stand) == 1).then_some(job)
        })
        .await;
        let writer = (0..2).find(|&worker| job.is_held_by(stand.workers[worker].pid())).expect("a writer");
        stand.workers[writer].send(Signal::Stop).await;
        lasts(form.lease() * 2).await;
        stand.sees("the job in other hands", |job| job.epoch > 1).await;
        stand.workers[writer].send(Signal::Cont).await;
        all_is_settled(&mut stand, writer).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_freezes_between_the_intent_and_the_write_sends_nothing_when_it_wakes() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let way = Proxy::to(address_of(&database)).await;
        let mut plan = Plan::new(form, 2).with("JQA_REDIS_PREFIX", "between");
        plan.workers = vec![vec![("JQA_DATABASE_URL", through(&way, &database))]];
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        way.stall_after_what_follows("INSERT INTO publications");
        stand.submit(1).await;
        until("the intent is stored, and the answer is on its way", form.patience(), async || {
            let intents = stand.rows.all::<State>("SELECT state FROM publications").await.ok()?;
            (way.is_stalled() && intents.len() == 1).then_some(())
        })
        .await;
        stand.workers[0].send(Signal::Stop).await;
        let frozen = Instant::now();
        // The answer of the database is there when the worker wakes.
        way.set(Way::Open);
        stand.add_worker(Vec::new());
        until("the other worker has published", form.patience(), async || (writes(&stand) == 1).then_some(())).await;
        lasts((form.lease() * 2).saturating_sub(frozen.elapsed())).await;
        stand.workers[0].send(Signal::Cont).await;
        all_is_settled(&mut stand, 0).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_jira_applies_long_after_the_connection_was_lost_is_found_and_not_repeated() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let late = Duration::from_secs(form.pick(4, 20));
        let margin = format!("{}s", late.as_secs() + 1);
        let plan = Plan::new(form, 2).with("JQA_REDIS_PREFIX", "late").with("JQA_PUBLISH_MARGIN", margin);
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        let later = Action::DropThenApply { drop_then_apply_ms: u64::try_from(late.as_millis()).expect("a few") };
        stand.sandbox.state().order(Fault::new(later).on("POST", "/comment"));
        stand.submit(1).await;
        stand.all_end().await;
        all_is_settled(&mut stand, 0).await;
    })
    .await;
}

#[derive(FromQueryResult)]
struct State {
    #[expect(dead_code, reason = "only its presence counts")]
    state: String,
}

/// How many comments somebody began to write.
fn writes(stand: &Stand) -> usize {
    stand.sandbox.state().journal().iter().filter(|entry| entry.method == "POST" && entry.path.ends_with("/comment")).count()
}

/// One more job runs as usual, the worker in question ends what it has in its hands, and each comment was sent once.
async fn all_is_settled(stand: &mut Stand, worker: usize) {
    stand.submit(1).await;
    stand.all_end().await;
    stand.workers[worker].send(Signal::Term).await;
    let status = stand.workers[worker].ended(Duration::from_secs(35)).await.expect("a worker that stops within its grace");
    assert!(status.success(), "{status}");
    assert_eq!(writes(stand), 2, "each comment was sent once");
    stand.kept_its_promises().await;
    stand.close().await;
}
