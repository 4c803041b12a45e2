//! Shutdown: no new stage, calls in flight may end within the grace, then what is left is given back.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::Runner;

/// How often the end is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// A claim that is under way when the process stops ends within this.
const LAST_CLAIMS: Duration = Duration::from_secs(5);

pub(super) async fn finish_or_give_back(runner: &Arc<Runner>, ears: Vec<JoinHandle<()>>) {
    runner.running.stop();
    if tokio::time::timeout(LAST_CLAIMS, futures::future::join_all(ears)).await.is_err() {
        tracing::warn!("a queue worker did not end; what it claims now is reclaimed later");
    }
    let in_flight = runner.running.count();
    if in_flight > 0 {
        tracing::info!(in_flight, grace = ?runner.settings.grace, "calls in flight may end");
    }
    if tokio::time::timeout(runner.settings.grace, idle(runner)).await.is_err() {
        runner.running.end_grace();
        // What is left is a write to Jira, bounded by its own deadline, or a release.
        let write = runner.pipeline.longest_write() + Duration::from_secs(5);
        if tokio::time::timeout(write, idle(runner)).await.is_err() {
            tracing::warn!(in_flight = runner.running.count(), "some jobs could not be given back; they will be reclaimed");
        }
    }
}

async fn idle(runner: &Runner) {
    while runner.running.count() > 0 {
        tokio::time::sleep(LOOK).await;
    }
}
