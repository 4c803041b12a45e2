//! The life of a process: tasks that are waited for, a soft and a hard stop.

use std::future::Future;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The only place that spawns tasks: nothing runs that nobody waits for.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    tracker: TaskTracker,
    stop: CancellationToken,
    hard_stop: CancellationToken,
}

impl Lifecycle {
    /// A process that has just begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the process should end: begin nothing new.
    #[must_use]
    pub fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Cancelled when it must end at once.
    #[must_use]
    pub fn hard_stop(&self) -> &CancellationToken {
        &self.hard_stop
    }

    /// Runs a task that the end of the process waits for.
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tracker.spawn(task)
    }

    /// Waits until every task has ended, or until the hard stop.
    pub async fn ended(&self) {
        self.tracker.close();
        tokio::select! {
            () = self.tracker.wait() => {}
            () = self.hard_stop.cancelled() => {}
        }
    }

    /// Turns SIGTERM and SIGINT into the soft stop, and a second one into the hard stop.
    pub async fn heed_signals(&self) {
        wait_for_signal().await;
        tracing::info!("stopping; a second signal ends at once");
        self.stop.cancel();
        tokio::select! {
            () = wait_for_signal() => {
                tracing::warn!("ending at once");
                self.hard_stop.cancel();
            }
            () = self.tracker.wait() => {}
        }
    }
}

async fn wait_for_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            // Without a handler the default action of SIGTERM ends the process, which is what it asks for.
            return wait_for_interrupt().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            () = wait_for_interrupt() => {}
        }
    }
    #[cfg(not(unix))]
    wait_for_interrupt().await;
}

async fn wait_for_interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
