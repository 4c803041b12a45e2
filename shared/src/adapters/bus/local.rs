//! Nudges within a process.

use tokio::sync::broadcast;

use crate::domain::event::Nudge;
use crate::ports::EventBus;

/// A listener that lags behind by more than this re-reads the database anyway.
const ROOM: usize = 4096;

/// See the module.
#[derive(Debug, Clone)]
pub struct LocalBus {
    nudges: broadcast::Sender<Nudge>,
}

impl Default for LocalBus {
    fn default() -> Self {
        Self { nudges: broadcast::channel(ROOM).0 }
    }
}

impl EventBus for LocalBus {
    fn nudge(&self, nudge: Nudge) {
        // Nobody listening is no failure.
        let _ = self.nudges.send(nudge);
    }

    fn listen(&self) -> broadcast::Receiver<Nudge> {
        self.nudges.subscribe()
    }
}
