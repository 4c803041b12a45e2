//! A job that ends the process of whoever runs it, among good ones.

use std::time::Duration;

use sandbox::{Action, Fault};

use crate::form::Form;
use crate::plan::Plan;
use crate::servers::on_shared_servers;
use crate::stand::Stand;
use crate::waiting::until;

const POISON: &str = "LOAD-7";

/// Nobody waits that long: whoever reads the poisoned story is dead before.
const FOR_EVER: u64 = 600_000;

/// Three crashes among neighbours, five alone.
const CRASHES: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b19_a_job_that_kills_its_worker_fails_and_its_neighbours_succeed() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let (jobs, first, each) = form.pick((15, 7, 1), (201, 67, 16));
        let plan = Plan { lease: Duration::from_secs(2), ..Plan::new("poison", form, jobs) };
        let plan = plan.with("JQA_RELAY_TICK", "100ms").with("JQA_RETRY_CAP", "500ms");
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        let deadly = Fault::new(Action::Delay { delay_ms: FOR_EVER }).on("GET", "/issue/").key(POISON).times(0);
        let deadly = stand.sandbox.state().order(deadly);
        stand.submit(first).await;
        let (mut kills, mut reads) = (0, 0);
        while let Some(worker) = reads_poison(&stand, deadly, reads).await {
            kills += 1;
            stand.tell(&format!("the poisoned job ends its worker, number {kills}"));
            stand.kill_worker(worker, "workers are killed by a poisoned job").await;
            reads = stand.sandbox.state().faults().used(deadly);
            // More work comes in meanwhile.
            stand.submit((jobs - stand.accepted.len()).min(each)).await;
        }
        stand.submit(jobs - stand.accepted.len()).await;
        stand.all_end().await;
        let poisoned = stand.sees("the poisoned job", |job| job.issue_key == POISON).await;
        assert_eq!(poisoned.error_code.as_deref(), Some("job.kills_worker"));
        // On a machine that is busy enough a worker may lose its lease, which is a crash too.
        assert!((CRASHES - 2..=CRASHES).contains(&kills), "{kills} workers were killed");
        // Its neighbours wait while it runs alone, so they are in no hurry.
        stand.tells_recoveries().await;
        stand.kept_its_promises_but_for(&[POISON]).await;
        stand.close().await;
    })
    .await;
}

/// Waits until somebody reads the poisoned story once more: that worker is about to die. `None` = the job has ended.
async fn reads_poison(stand: &Stand, deadly: u64, reads: u64) -> Option<usize> {
    until("the poisoned job runs or has ended", stand.form.patience(), async || {
        let is_read = stand.sandbox.state().faults().used(deadly) > reads;
        let job = stand.rows.jobs().await.ok()?.into_iter().find(|job| job.issue_key == POISON)?;
        if job.has_ended() {
            return Some(None);
        }
        stand.holder_of(&job).filter(|_| is_read).map(Some)
    })
    .await
}
