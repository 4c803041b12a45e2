//! Writes to Jira that somebody is torn out of.

use std::time::{Duration, Instant};

use rand::Rng;
use sandbox::{Action, Fault};
use sea_orm::FromQueryResult;
use tests::Proxy;

use crate::form::Form;
use crate::plan::Plan;
use crate::process::Signal;
use crate::servers::{address_of, on_shared_servers, through};
use crate::stand::Stand;
use crate::waiting::{lasts, until};

/// A comment that takes this long to be written, in milliseconds.
const SLOW: u64 = 1_000;

/// One lease is waited for twice, so it is short.
fn plan(name: &'static str, form: Form, stories: usize) -> Plan {
    Plan { lease: Duration::from_secs(form.pick(2, 4)), model_ms: 300, ..Plan::new(name, form, stories) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_freezes_in_the_middle_of_a_write_and_wakes_later_leaves_one_comment() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let mut stand = Stand::scaled(plan("frozen in a write", form, 2), &database, &redis).await;
        stand.sandbox.state().order(Fault::new(Action::Delay { delay_ms: SLOW }).on("POST", "/comment"));
        stand.submit(1).await;
        let job = until("a write is under way", form.patience(), async || {
            let job = stand.rows.jobs().await.ok()?.pop()?;
            (writes(&stand) == 1).then_some(job)
        })
        .await;
        let writer = stand.holder_of(&job).expect("a writer");
        freezes_for_two_leases(&mut stand, writer).await;
        all_is_settled(&mut stand, writer, 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_freezes_between_the_intent_and_the_write_sends_nothing_when_it_wakes() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let way = Proxy::to(address_of(&database)).await;
        let jobs = form.pick(6, 12);
        let mut plan = plan("frozen before a write", form, jobs + 1);
        plan.workers = vec![vec![("JQA_DATABASE_URL", through(&way, &database))]];
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        way.hold_answers_to_what_follows("INSERT INTO publications");
        stand.submit(jobs).await;
        until("each intent is stored, and the answer is on its way", form.patience(), async || {
            let intents = stand.rows.all::<State>("SELECT state FROM publications").await.ok()?;
            (intents.len() == jobs).then_some(())
        })
        .await;
        stand.workers[0].send(Signal::Stop).await;
        let frozen = Instant::now();
        stand.tell(&format!("a worker that is about to send {jobs} writes is frozen"));
        // The answers of the database are there when the worker wakes.
        way.release_answers();
        stand.add_worker(Vec::new());
        until("the other worker has published", form.patience(), async || (writes(&stand) >= jobs).then_some(())).await;
        lasts((stand.lease * 2).saturating_sub(frozen.elapsed())).await;
        stand.all_end().await;
        // On a machine that is busy the other worker may have had to send one twice.
        let sent = writes(&stand);
        stand.workers[0].send(Signal::Cont).await;
        stand.tell("it wakes");
        all_is_settled(&mut stand, 0, sent).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "only in the long form"]
async fn a_worker_that_freezes_at_any_moment_of_publishing_leaves_one_comment_of_each_story() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let mut chance = form.chance("frozen at any moment");
        let (rounds, jobs) = (8, 12);
        let plan = plan("frozen at any moment", form, rounds * jobs);
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        stand.sandbox.state().faults().set_latency(20);
        for _ in 0..rounds {
            stand.submit(jobs).await;
            let job = stand.sees("a job that is published", |job| job.stage == "publish" && job.status == "running").await;
            let Some(writer) = stand.holder_of(&job) else { continue };
            lasts(Duration::from_millis(chance.random_range(0..=200))).await;
            freezes_for_two_leases(&mut stand, writer).await;
            stand.all_end().await;
        }
        stand.kept_its_promises().await;
        stand.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_jira_applies_long_after_the_connection_was_lost_is_found_and_not_repeated() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let late = Duration::from_secs(form.pick(3, 20));
        let margin = format!("{}s", late.as_secs() + 1);
        let plan = plan("late write", form, 2).with("JQA_PUBLISH_MARGIN", margin);
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        let later = Action::DropThenApply { drop_then_apply_ms: u64::try_from(late.as_millis()).expect("a few") };
        stand.sandbox.state().order(Fault::new(later).on("POST", "/comment"));
        stand.tell(&format!("the connection of a write is lost, and Jira applies it {late:.0?} later"));
        stand.submit(1).await;
        stand.all_end().await;
        all_is_settled(&mut stand, 0, 1).await;
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

async fn freezes_for_two_leases(stand: &mut Stand, worker: usize) {
    let pid = stand.workers[worker].pid();
    stand.workers[worker].send(Signal::Stop).await;
    let held = stand.held_by(pid).await;
    stand.losses.interrupted(&held);
    stand.tell(&format!("a worker with {} jobs is frozen for two leases", held.len()));
    lasts(stand.lease * 2).await;
    until("its jobs are in other hands", stand.form.patience(), async || {
        let jobs = stand.rows.jobs().await.ok()?;
        held.iter().all(|old| jobs.iter().any(|job| job.id == old.id && (job.epoch > old.epoch || job.has_ended()))).then_some(())
    })
    .await;
    stand.workers[worker].send(Signal::Cont).await;
    stand.tell("it wakes");
}

/// One more job runs as usual, the worker in question ends what it has in its hands, and beside what was `sent` before nothing
/// was sent but the comment of that job.
async fn all_is_settled(stand: &mut Stand, worker: usize, sent: usize) {
    stand.submit(1).await;
    stand.all_end().await;
    stand.workers[worker].send(Signal::Term).await;
    let status = stand.workers[worker].ended(Duration::from_secs(35)).await.expect("a worker that stops within its grace");
    assert!(status.success(), "{status}");
    assert_eq!(writes(stand), sent + 1, "each comment was sent once");
    stand.kept_its_promises().await;
    stand.close().await;
}
