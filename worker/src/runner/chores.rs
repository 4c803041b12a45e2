//! What is looked after now and then, for as long as the worker has its lease: batches at providers of models, what Jira
//! tells, and the stories of batches. Each has a task of its own.

use std::sync::Arc;
use std::time::Duration;

use super::Runner;

/// Batches at providers.
pub(super) async fn batches(runner: Arc<Runner>) {
    let tick = runner.economy.tick();
    look_after(&runner, tick, || runner.economy.look(runner.owner())).await;
}

/// Events of Jira, and polls.
pub(super) async fn events(runner: Arc<Runner>) {
    let tick = runner.inbound.tick();
    look_after(&runner, tick, || runner.inbound.look(runner.owner())).await;
}

/// Stories of batches.
pub(super) async fn stories(runner: Arc<Runner>) {
    let tick = runner.batches.tick();
    look_after(&runner, tick, || runner.batches.look(runner.owner())).await;
}

/// Looks until the process stops. A step that is under way then may end within the grace; what does not is found by whoever
/// looks next.
async fn look_after<F: Future<Output = ()>>(runner: &Runner, tick: Duration, look: impl Fn() -> F) {
    loop {
        tokio::select! {
            () = runner.lifecycle.stop().cancelled() => return,
            () = tokio::time::sleep(tick) => {}
        }
        if !runner.holds_a_lease() {
            continue;
        }
        tokio::select! {
            () = look() => {}
            () = grace_is_over(runner) => return,
        }
    }
}

async fn grace_is_over(runner: &Runner) {
    runner.lifecycle.stop().cancelled().await;
    tokio::time::sleep(runner.settings.grace).await;
}
