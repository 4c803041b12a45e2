//! A process that starts just when PostgreSQL restarts.

use sea_orm::FromQueryResult;

use crate::form::Form;
use crate::plan::Plan;
use crate::rows::Rows;
use crate::servers::on_shared_servers;
use crate::stand::Stand;
use crate::waiting::until;

/// Held back at a statement: the sealer of `jqa api`, and the worker that starts.
const HELD_BACK: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_whose_connections_end_while_it_starts_goes_on_when_the_database_is_back() {
    let form = Form::of_this_run();
    on_shared_servers(async |database, redis| {
        let plan = Plan { workers: Vec::new(), ..Plan::new("starting", form, 1) };
        let mut stand = Stand::scaled(plan, &database, &redis).await;
        let held = stand.rows.hold("audit_head").await;
        stand.add_worker(Vec::new());
        until("the worker is in the middle of its start", form.patience(), async || {
            (waiting(&stand.rows).await.len() == HELD_BACK).then_some(())
        })
        .await;
        stand.tell("the connections of all who wait are ended");
        for backend in waiting(&stand.rows).await {
            stand.rows.run(&format!("SELECT pg_terminate_backend({})", backend.pid)).await;
        }
        held.rollback().await.expect("a lock that is given back");

        stand.has_joined(0).await;
        stand.submit(1).await;
        stand.all_end().await;
        stand.kept_its_promises().await;
        stand.close().await;
    })
    .await;
}

#[derive(FromQueryResult)]
struct Backend {
    pid: i32,
}

async fn waiting(rows: &Rows) -> Vec<Backend> {
    rows.all("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        .await
        .expect("who waits")
}
