//! Batches at providers of models: looked after by one task, for as long as the worker has its lease.

use std::sync::Arc;

use super::Runner;

/// Looks now and then, until the process stops. A step that is under way then may end within the grace; what does not is found
/// by whoever looks next.
pub(super) async fn look_after(runner: Arc<Runner>) {
    loop {
        tokio::select! {
            () = runner.lifecycle.stop().cancelled() => return,
            () = tokio::time::sleep(runner.economy.tick()) => {}
        }
        if !runner.holds_a_lease() {
            continue;
        }
        tokio::select! {
            () = runner.economy.look(runner.owner()) => {}
            () = grace_is_over(&runner) => return,
        }
    }
}

async fn grace_is_over(runner: &Runner) {
    runner.lifecycle.stop().cancelled().await;
    tokio::time::sleep(runner.settings.grace).await;
}
